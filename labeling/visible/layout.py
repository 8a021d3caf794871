"""Where the visible label of a picture goes and how large it is (GB 45438-2025, 5.2)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Box, ImageNotice, Place
from labeling.profiles import gb45438
from labeling.visible.glyphs import least_width, render
from labeling.visible.stamp import Mask, Stamp
from labeling.visible.wording import require_elements

#: Distance from the words to the plate's edge and the plate's corner radius, as shares of the ink height.
_PADDING = 0.4
_RADIUS = 0.3
#: Corners are drawn this many times larger and reduced, so that they are smooth.
_SMOOTHING = 4
#: Longest words that are still a label and not a text; keeps the mask small whatever is asked for.
_LONGEST_WORDS = 64

#: Largest ink, in pixels, and longest words of a layout that is kept: one takes at most 2 MB.
_KEPT_INK = 250
_KEPT_WORDS = 20

#: (horizontal, vertical) share of the free room that lies before the label.
_ANCHORS: dict[Place, tuple[float, float]] = {
    Place.TOP_LEFT: (0, 0),
    Place.TOP: (0.5, 0),
    Place.TOP_RIGHT: (1, 0),
    Place.LEFT: (0, 0.5),
    Place.RIGHT: (1, 0.5),
    Place.BOTTOM_LEFT: (0, 1),
    Place.BOTTOM: (0.5, 1),
    Place.BOTTOM_RIGHT: (1, 1),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A label that fits: the stamp in display coordinates and what was measured on its mask."""

    stamp: Stamp
    lines: int
    #: Pixels; ink of the tallest glyph.
    ink_height: int
    shortest_side: int


def lay_out(width: int, height: int, notice: ImageNotice) -> Layout:
    """Fit the label into a picture of this display size, in pixels.

    One line at the wished height, then two lines, then both again at the least height that the rule allows.
    Raises DeclarationError: words without both elements, options out of range, HEIGHT_BELOW_MINIMUM, or NO_ROOM
    with the smallest picture that would do. Layouts of ordinary size are kept: a service labels many pictures of
    few sizes.
    """
    if notice.ink_ratio * min(width, height) <= _KEPT_INK and len(notice.words) <= _KEPT_WORDS:
        return _kept_layout(width, height, notice)
    return _lay_out(width, height, notice)


def _lay_out(width: int, height: int, notice: ImageNotice) -> Layout:
    # 1. Refuse what would break a rule.
    _require_options(notice)
    # 2. Take the first arrangement that fits.
    shortest = min(width, height)
    for ink in _ink_heights(shortest, notice.ink_ratio):
        for lines in _arrangements(notice.words):
            # Words that are far too wide are not even drawn: their mask could fill the memory.
            if ink * len(lines) > height or least_width(lines, ink) > width:
                continue
            art = _art(lines, ink)
            art_height, art_width = art.ink.shape
            if art_width <= width and art_height <= height:
                # 3. Put it at its place, at the wished distance from the edge where there is room for it.
                box = _place(width, height, art_width, art_height, notice)
                return Layout(_stamp(art, box, notice), len(lines), art.ink_height, shortest)
    raise _no_room(width, height, notice)


@lru_cache(maxsize=64)
def _kept_layout(width: int, height: int, notice: ImageNotice) -> Layout:
    return _lay_out(width, height, notice)


@dataclass(frozen=True, slots=True)
class _Art:
    ink: Mask
    plate: Mask
    ink_height: int


def _art(lines: tuple[str, ...], target_ink: int) -> _Art:
    """The words in the middle of their plate; both masks have the plate's shape."""
    words, measured = render(lines, target_ink)
    padding = max(1, round(measured * _PADDING))
    ink = np.pad(words, padding)
    plate = _rounded(ink.shape[1], ink.shape[0], measured * _RADIUS)
    ink.setflags(write=False)
    plate.setflags(write=False)
    return _Art(ink, plate, measured)


def _rounded(width: int, height: int, radius: float) -> Mask:
    """A filled rectangle with round corners as a coverage mask; only the corners are drawn, once each."""
    plate = np.full((height, width), 255, dtype=np.uint8)
    side = min(math.ceil(radius), width // 2, height // 2)
    if side < 1:
        return plate
    large = Image.new("L", (side * _SMOOTHING, side * _SMOOTHING))
    ImageDraw.Draw(large).ellipse((0, 0, 2 * side * _SMOOTHING, 2 * side * _SMOOTHING), fill=255)
    corner = np.array(large.reduce(_SMOOTHING))
    for rows, vertical in ((slice(None, side), corner), (slice(-side, None), corner[::-1])):
        plate[rows, :side] = vertical
        plate[rows, -side:] = vertical[:, ::-1]
    return plate


def _ink_heights(shortest: int, ratio: float) -> Iterator[int]:
    """Ink heights to try, in pixels: the wished one, then the least that the rule and legibility allow."""
    wished, least = (
        max(math.ceil(round(share * shortest, 6)), gb45438.LEGIBLE_INK_PIXELS)
        for share in (ratio, gb45438.MINIMUM_INK_RATIO)
    )
    yield wished
    if least < wished:
        yield least


def _arrangements(words: str) -> Iterator[tuple[str, ...]]:
    """One line, then two lines broken where they are most even, at a space if there is one."""
    yield (words,)
    middle = len(words) / 2
    spaces = [index for index, character in enumerate(words) if character == " "]
    breaks = spaces or range(1, len(words))
    if breaks:
        at = min(breaks, key=lambda index: abs(index - middle))
        yield words[:at].strip(), words[at:].strip()


def _place(width: int, height: int, art_width: int, art_height: int, notice: ImageNotice) -> Box:
    margin = round(notice.margin * min(width, height))
    horizontal, vertical = _ANCHORS[notice.place]
    return Box(
        _before(width - art_width, margin, horizontal),
        _before(height - art_height, margin, vertical),
        art_width,
        art_height,
    )


def _before(free: int, margin: int, share: float) -> int:
    """Pixels before the label: `share` of what is left inside the margins, which shrink where room is short."""
    margin = min(margin, free // 2)
    return margin + round((free - 2 * margin) * share)


def _stamp(art: _Art, box: Box, notice: ImageNotice) -> Stamp:
    return Stamp(box.x, box.y, art.ink, art.plate, notice.ink_colour, notice.plate_colour, notice.plate_opacity)


def _require_options(notice: ImageNotice) -> None:
    require_elements(notice.words)
    if len(notice.words) > _LONGEST_WORDS:
        raise _out_of_range("words", len(notice.words), 1, _LONGEST_WORDS)
    if notice.ink_ratio < gb45438.MINIMUM_INK_RATIO:
        raise DeclarationError(
            ErrorCode.HEIGHT_BELOW_MINIMUM,
            f"an ink height of {notice.ink_ratio:.4g} of the shortest side is below {gb45438.MINIMUM_INK_RATIO}",
            ink_ratio=notice.ink_ratio,
            minimum=gb45438.MINIMUM_INK_RATIO,
        )
    for name, value, low, high in (
        ("ink_ratio", notice.ink_ratio, gb45438.MINIMUM_INK_RATIO, 0.2),
        ("plate_opacity", notice.plate_opacity, 0, 1),
        ("margin", notice.margin, 0, 0.25),
        *(("ink_colour", part, 0, 255) for part in notice.ink_colour),
        *(("plate_colour", part, 0, 255) for part in notice.plate_colour),
    ):
        if not low <= value <= high:
            raise _out_of_range(name, value, low, high)


def _out_of_range(name: str, value: float, low: float, high: float) -> DeclarationError:
    return DeclarationError(
        ErrorCode.OPTION_OUT_OF_RANGE,
        f"{name} is {value}, it must lie between {low} and {high}",
        option=name,
        value=value,
        minimum=low,
        maximum=high,
    )


def _no_room(width: int, height: int, notice: ImageNotice) -> DeclarationError:
    smallest = _smallest(width, height, notice.words)
    return DeclarationError(
        ErrorCode.NO_ROOM,
        f"the label does not fit into {width} x {height} pixels; {smallest.width} x {smallest.height} is the smallest "
        "picture of this kind that holds it",
        width=width,
        height=height,
        minimum_width=smallest.width,
        minimum_height=smallest.height,
    )


def _smallest(width: int, height: int, words: str) -> Box:
    """The smallest canvas, not smaller than the given one in any direction, that holds an arrangement.

    Growing the shorter side can raise the height that the rule demands, so the size is found by iteration.
    """
    candidates = []
    for lines in _arrangements(words):
        box = Box(0, 0, width, height)
        while True:
            ink = max(math.ceil(min(box.width, box.height) * gb45438.MINIMUM_INK_RATIO), gb45438.LEGIBLE_INK_PIXELS)
            art_height, art_width = _art(lines, ink).ink.shape
            if art_width <= box.width and art_height <= box.height:
                break
            box = Box(0, 0, max(box.width, art_width), max(box.height, art_height))
        candidates.append(box)
    return min(candidates, key=lambda box: box.width * box.height)
