"""Finding and reading the lines of text in one view, in bounded time: the whole picture once, then line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image

from labeling.model import Box
from labeling.profiles import gb45438
from labeling.visible._seeing_grounds import grounds
from labeling.visible._seeing_look import look_of, same_look
from labeling.visible._seeing_models import DETECTOR_STEP, Models, Reading
from labeling.visible._seeing_picture import View
from labeling.visible._seeing_regions import Region, regions
from labeling.visible._seeing_words import Meaning, border_of_statement, cleaned, has_any_element, meaning

#: Shortest side that the detector is shown, in pixels: a label of 5 % is then 22 pixels high, one of 2 % still 9.
_SHORTEST = 448
#: Pixels that the detector is shown, some 0.4 s on one core, ...
_PIXELS = 400_000
#: ... and for long pictures, whose shortest side would fall below this, up to so many.
_LEAST_SHORTEST = 256
_MOST_PIXELS = 1_200_000

#: Times that a small picture is enlarged, and its least shortest side in pixels: no label can be read on a smaller one.
_MOST_ENLARGED = 4.0
_LEAST_SIDE = gb45438.LEGIBLE_INK_PIXELS

#: Lines that are read, and what they may be long together, in heights: some 2.5 ms each.
_MOST_LINES = 64
_MOST_LENGTH = 400
#: Times as wide as high, with the rim, from which a line is prose and not read: 22 Chinese characters make 13.
_PROSE = 18
#: A line whose height is within these shares of the middle one is like most of a page, and read after the others.
_COMMON = (0.8, 1.25)
#: Times as high as wide from which a line runs downwards.
_UPRIGHT = 1.5
#: Room around a line, as a share of its height, so that no stroke is cut.
_ROOM = 0.08
#: Least score of the reader for a line that is looked at further; below it the line may be several that lie close.
_LEGIBLE = 0.6
#: The same for a line with an element of a label.
_SURE = 0.85
#: Lines that are looked at a second time, as a picture of their own, and how much larger.
_SECOND_LOOKS = 4
_CLOSER = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as a viewer sees it; its box has some room around the ink."""

    box: Box
    reading: Reading
    #: How the part of the picture was turned so that it could be read; None where it stands upright.
    turn: Image.Transpose | None = None

    def part(self, view: View) -> Image.Image:
        """Its pixels, turned so that it can be read."""
        return _turned(view.part(self.box), self.turn)


def find_boxes(models: Models, view: View) -> list[Box]:
    """The boxes of all lines in the picture."""
    if view.shortest_side < _LEAST_SIDE:
        return []
    return _boxes(models, view, Box(0, 0, view.width, view.height), _scale(view.width, view.height))


def read_lines(models: Models, view: View, boxes: Sequence[Box]) -> Iterator[Line]:
    """Read the lines that can be a label, within the bounds: unusual ones and those next to the sides first."""
    closer, length = _SECOND_LOOKS, 0.0
    for box in _in_order(boxes, view)[:_MOST_LINES]:
        length += _proportion(box)
        if length > _MOST_LENGTH:
            return
        line = _read(models, view, box)
        said = has_any_element(cleaned(line.reading.words))
        if line.reading.score < (_SURE if said else _LEGIBLE) and closer:
            closer -= 1
            yield from _look_closer(models, view, box)
        if line.reading.score >= _LEGIBLE:
            yield from (_split(models, view, line) if said else []) or [line]


def _split(models: Models, view: View, line: Line) -> list[Line]:
    """The parts of a line that are set apart, where one of them is a label: by their grounds or by their looks."""
    if line.turn is not None or meaning(cleaned(line.reading.words)) is Meaning.NOTICE:
        return []
    for boxes in (_on_grounds(view, line.box), _by_words(view, line)):
        parts = [_read(models, view, box) for box in boxes]
        if any(meaning(cleaned(part.reading.words)) is Meaning.NOTICE for part in parts):
            return parts
    return []


def _by_words(view: View, line: Line) -> list[Box]:
    """The statement at the end or the start of other words, and these, where they look different."""
    at = border_of_statement(line.reading.words)
    if at is None:
        return []
    cut = round((line.reading.centres[at - 1] + line.reading.centres[at]) / 2 * line.box.width)
    box = line.box
    parts = [Box(box.x, box.y, cut, box.height), Box(box.x + cut, box.y, box.width - cut, box.height)]
    return [] if same_look(*(look_of(view.part(part)) for part in parts)) else parts


def _on_grounds(view: View, box: Box) -> list[Box]:
    """The stretches of a line that stand on grounds of their own; none where it has one ground."""
    return [Box(box.x + left, box.y, right - left, box.height) for left, right in grounds(view.part(box))]


def _look_closer(models: Models, view: View, box: Box) -> Iterator[Line]:
    """The lines in a box that could not be read as one."""
    scale = min(_CLOSER * _scale(view.width, view.height), math.sqrt(_PIXELS / (box.width * box.height)))
    for part in _boxes(models, view, box, scale):
        if _can_be_label(part) and part != box:
            line = _read(models, view, part)
            if line.reading.score >= _LEGIBLE:
                yield line


def _scale(width: int, height: int) -> float:
    """Pixels that the detector is shown for each pixel of the picture."""
    shortest = min(width, height)
    scale = min(_SHORTEST / shortest, math.sqrt(_PIXELS / (width * height)))
    scale = min(max(scale, _LEAST_SHORTEST / shortest), math.sqrt(_MOST_PIXELS / (width * height)))
    return min(scale, _MOST_ENLARGED)


def _boxes(models: Models, view: View, area: Box, scale: float) -> list[Box]:
    """The boxes of the lines in an area of the picture, shown at this scale."""
    width, height = (max(1, round(side * scale / DETECTOR_STEP)) * DETECTOR_STEP for side in (area.width, area.height))
    if (area.width, area.height) == (view.width, view.height):
        shown = view.reduced(width, height)
    else:
        shown = view.part(area).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return [_box(region, area) for region in regions(models.find(shown))]


def _box(region: Region, area: Box) -> Box:
    """The region in pixels of the picture, with room around it, inside the area."""
    left, right = region.left * area.width, region.right * area.width
    top, bottom = region.top * area.height, region.bottom * area.height
    room = _ROOM * min(right - left, bottom - top)
    x, y = max(0, math.floor(left - room)), max(0, math.floor(top - room))
    beyond = min(area.width, math.ceil(right + room)), min(area.height, math.ceil(bottom + room))
    return Box(area.x + x, area.y + y, max(1, beyond[0] - x), max(1, beyond[1] - y))


def _in_order(boxes: Sequence[Box], view: View) -> list[Box]:
    """The boxes that can be a label, the likeliest first."""
    wanted = [part for box in boxes for part in ([box] if _can_be_label(box) else _on_grounds(view, box))]
    wanted = [box for box in wanted if _can_be_label(box)]
    middle = median([box.height for box in wanted]) if wanted else 0
    low, high = (share * middle for share in _COMMON)
    return sorted(wanted, key=lambda box: (low <= box.height <= high, _distance(box, view)))


def _can_be_label(box: Box) -> bool:
    return _proportion(box) < _PROSE


def _proportion(box: Box) -> float:
    """How many times a line is as long as high."""
    return max(box.width, box.height) / min(box.width, box.height)


def _distance(box: Box, view: View) -> int:
    """Pixels to the nearest side."""
    return min(box.x, box.y, view.width - box.right, view.height - box.bottom)


def _read(models: Models, view: View, box: Box) -> Line:
    """Read a box upright, or turned where it is higher than wide."""
    part = view.part(box)
    if box.height < _UPRIGHT * box.width:
        return Line(box, models.read(part))
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)
    turned = [Line(box, models.read(_turned(part, turn)), turn) for turn in turns]
    return max(turned, key=lambda line: line.reading.score)


def _turned(part: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return part if turn is None else part.transpose(turn)
