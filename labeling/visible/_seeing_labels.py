"""From the lines of one view to the labels in it, measured: what says something, and is not part of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from labeling.model import Box, Place
from labeling.profiles import gb45438
from labeling.report import SeenLabel
from labeling.visible._seeing_ink import Ink
from labeling.visible._seeing_lines import Line, find_boxes, read_lines
from labeling.visible._seeing_look import look_of, same_look
from labeling.visible._seeing_measure import measure
from labeling.visible._seeing_models import Models
from labeling.visible._seeing_picture import View
from labeling.visible._seeing_places import bounds, neighbours, place_of, stacked
from labeling.visible._seeing_words import (
    Meaning,
    cleaned,
    has_ai_element,
    has_any_element,
    has_generation_element,
    meaning,
)

#: Ours: a picture with this many lines of text is a page, a form, a screenshot. Words inside one are content.
_PAGE_LINES = 8
#: Lines that look just like the words in question: with so many the words are one of them, a menu or a paragraph; on a
#: page one is enough.
_CROWD = 2
#: Neighbours that are compared.
_COMPARED = 6

#: Least score of the reader. Half labels are short and common in other text, so they must be read without doubt.
_SCORES = {Meaning.NOTICE: 0.7, Meaning.HALF: 0.85, Meaning.LETTERS: 0.95}
_CORNERS = frozenset({Place.TOP_LEFT, Place.TOP_RIGHT, Place.BOTTOM_LEFT, Place.BOTTOM_RIGHT})

#: Share of a line's height, with the detector's rim, that its ink takes where it cannot be measured.
_INK_SHARE = 0.5
#: What cannot be told from its ground.
_NO_CONTRAST = 1.0


def labels_in(models: Models, view: View) -> list[SeenLabel]:
    """Every label in the view, in reading order of the lines next to the sides; an empty list where there is none.

    Words with both elements count wherever they stand by themselves, inside the picture only where it is no page; half
    labels ('AI绘画', 'Made with AI') at an edge or corner; the bare letters AI in a corner with nothing like them near.
    """
    boxes = find_boxes(models, view)
    lines = [line for line in read_lines(models, view, boxes) if line.reading.words]
    found = []
    everything = dict.fromkeys([*boxes, *(line.box for line in lines)])
    for candidate in _candidates(lines):
        others = [box for box in everything if not any(_overlap(box, line.box) for line in candidate.lines)]
        if not _is_part_of_page(view, candidate, others):
            label = _measured(models, view, candidate)
            if _may_stand(candidate, label, others):
                found.append(label)
    return found


def conforms(label: SeenLabel) -> bool:
    """Whether a label meets GB 45438-2025, 5.2, within the tolerance of the measurement: words, height, place."""
    least = gb45438.least_ink_height(label.shortest_side)
    both = label.has_ai_element and label.has_generation_element
    return both and label.ink_height >= least and label.place is not None and label.contrast > _NO_CONTRAST


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One line, or two that are stacked, that may be a label."""

    lines: tuple[Line, ...]
    words: str
    meaning: Meaning

    @property
    def score(self) -> float:
        return min(line.reading.score for line in self.lines)


def _candidates(lines: Sequence[Line]) -> Iterator[_Candidate]:
    """Stacked pairs first; a line is used once."""
    said = [(line, cleaned(line.reading.words)) for line in lines]
    said = [(line, words) for line, words in said if has_any_element(words)]
    used: set[int] = set()
    for upper, above in said:
        for lower, below in said:
            if not used & {id(upper), id(lower)} and stacked(upper.box, lower.box):
                words = _together(above, below)
                if meaning(words) is Meaning.NOTICE:
                    used |= {id(upper), id(lower)}
                    yield from _legible(_Candidate((upper, lower), words, Meaning.NOTICE))
    for line, words in said:
        if id(line) not in used:
            yield from _legible(_Candidate((line,), words, meaning(words)))


def _legible(candidate: _Candidate) -> Iterator[_Candidate]:
    if candidate.meaning in _SCORES and candidate.score >= _SCORES[candidate.meaning]:
        yield candidate


def _together(above: str, below: str) -> str:
    """Two lines as one; Chinese words are broken without a space."""
    return above + below if ord(above[-1]) > 0x2E80 and ord(below[0]) > 0x2E80 else f"{above} {below}"


def _measured(models: Models, view: View, candidate: _Candidate) -> SeenLabel:
    inks = [(line, measure(models, line.part(view), line.reading)) for line in candidate.lines]
    tallest = max((ink for _, ink in inks if ink is not None), key=lambda ink: ink.height, default=None)
    area = bounds(_ink_box(line, ink) for line, ink in inks)
    height = tallest.height if tallest else max(1, round(_thickness(candidate.lines[0]) * _INK_SHARE))
    return SeenLabel(
        words=candidate.words,
        box=area,
        ink_height=height,
        shortest_side=view.shortest_side,
        ink_ratio=height / view.shortest_side,
        place=place_of(area, view.width, view.height),
        contrast=round(tallest.contrast, 2) if tallest else _NO_CONTRAST,
        has_ai_element=has_ai_element(candidate.words),
        has_generation_element=has_generation_element(candidate.words),
        frame=view.frame,
    )


def _thickness(line: Line) -> int:
    return line.box.height if line.turn is None else line.box.width


def _ink_box(line: Line, ink: Ink | None) -> Box:
    """The ink of the whole line in the picture: rows as measured, columns from its first to its last character."""
    if ink is None:
        return line.box
    wide, high = line.box.width, line.box.height
    length = wide if line.turn is None else high
    half = ink.height / 2
    left = max(0, min(ink.left, round(line.reading.centres[0] * length - half)))
    right = min(length, max(ink.right, round(line.reading.centres[-1] * length + half)))
    x, y, width, height = left, ink.top, right - left, ink.bottom - ink.top
    if line.turn is Image.Transpose.ROTATE_90:
        x, y, width, height = wide - ink.bottom, left, height, width
    elif line.turn is Image.Transpose.ROTATE_270:
        x, y, width, height = ink.top, high - right, height, width
    return Box(line.box.x + x, line.box.y + y, width, height)


def _overlap(one: Box, other: Box) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _is_part_of_page(view: View, candidate: _Candidate, others: Sequence[Box]) -> bool:
    """Whether the words are one of several lines that look just like them: a menu, a paragraph, a list."""
    crowd = 1 if len(others) >= _PAGE_LINES else _CROWD
    near = [box for line in candidate.lines for box in neighbours(line.box, others)]
    if len(near) < crowd:
        return False
    if candidate.meaning is Meaning.LETTERS:
        return True
    look = look_of(view.part(candidate.lines[0].box))
    alike = sum(same_look(look_of(view.part(box)), look) for box in near[:_COMPARED])
    return look is None or alike >= crowd


def _may_stand(candidate: _Candidate, label: SeenLabel, others: Sequence[Box]) -> bool:
    """Whether words that mean this count at this place."""
    if candidate.meaning is Meaning.NOTICE:
        return label.place is not None or len(others) < _PAGE_LINES
    if candidate.meaning is Meaning.HALF:
        return label.place is not None
    return label.place in _CORNERS and len(others) < _PAGE_LINES
