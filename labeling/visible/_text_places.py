"""What the three text formats share: labels that were seen, slots for a new one, and the search around the middle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from labeling.limits import Limits
from labeling.model import TextPlace
from labeling.visible._notice import NOTICE_COLUMNS, NOTICE_SOURCE, columns

#: Ours: labels in the middle that are reported; more say nothing new, and each costs a pass for its offset.
MAX_MIDDLE = 8
#: Ours: short lines that are judged; a text of nothing but such lines is hostile.
MAX_CANDIDATES = 2_000
#: Widest line, in half-width columns, that counts as a title, and what ends a sentence but no title.
_TITLE_COLUMNS = 60
SENTENCE_END = "。！？…；：.!?;:”』」）)》"

#: Characters of a line that can still be a notice, with brackets and escapes: half as many again as its columns.
NOTICE_LINE = NOTICE_COLUMNS * 3 // 2
_GENERATION_ELEMENTS = ("生成", "合成")
_AI_ELEMENT = re.compile("[AaＡａ][IiＩｉ]|人工智能")
_VISIBLE = re.compile(r"\S")
_WHITE_SPACE = 4096
#: What a pattern may have to see of the line after a break.
_LOOK_AHEAD = 256
_FIRST_WINDOW = 1 << 14


@dataclass(frozen=True, slots=True)
class Sighting:
    """A visible label as a reader sees it. `start` and `end` are the indexes of its words in the source."""

    words: str
    place: TextPlace
    start: int
    end: int
    #: From the visible character before the label to the one after it: a slot in there is where the label stands.
    reach: tuple[int, int]
    #: True where it has the form that this package writes, so that other words may take its place.
    own_form: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a label goes, what stands between it and its neighbours, and where a reader will see it."""

    index: int
    before: str
    after: str
    place: TextPlace


@dataclass(frozen=True, slots=True)
class Survey:
    """What one text format says of one text.

    `slot(place, newline)` is room for a label as near to `place` as the text allows; `escaped(words)` makes words safe
    in that slot.
    """

    sightings: tuple[Sighting, ...]
    slot: Callable[[TextPlace, str], Slot]
    escaped: Callable[[str], str]


#: survey(text, limits) looks at a text of one format, once.
Surveyor = Callable[[str, Limits], Survey]


@dataclass(frozen=True, slots=True)
class Extent:
    """First and last visible lines of a text, as indexes; `start == end` where there is nothing to see."""

    #: Start of the first line that is not blank, and its end.
    start: int
    first_end: int
    #: Start of the last line that is not blank, and its end.
    last_start: int
    end: int


def extent(view: str, body: int) -> Extent:
    """The extent of `view` from `body` on (`view` comes from `line_view`)."""
    found = _VISIBLE.search(view, body)
    if not found:
        return Extent(body, body, body, body)
    first, last = found.start(), _last_visible(view)
    start = max(view.rfind("\n", 0, first) + 1, body)
    return Extent(start, line_end(view, first), max(view.rfind("\n", 0, last) + 1, body), line_end(view, last))


def line_end(view: str, index: int) -> int:
    """Where the line of `index` ends, before its LF or CRLF."""
    end = view.find("\n", index)
    if end < 0:
        return len(view)
    return end - 1 if end > index and view[end - 1] == "\r" else end


def blank_around(view: str, start: int, end: int, floor: int) -> tuple[bool, bool]:
    """Say whether the line above `start` and the one below `end` are blank or missing."""
    return not previous_line(view, start, floor).strip(), not next_line(view, end)


def short_lines(view: str, lines: Extent) -> Iterator[tuple[int, int]]:
    """The lines that hold both elements and are short enough for a notice, as (start, end); first and last always.

    After `MAX_CANDIDATES` of them only the last line is still looked at.
    """
    if lines.first_end - lines.start <= NOTICE_SOURCE:
        yield lines.start, lines.first_end
    yield from islice(_inner_lines(view, lines.first_end, lines.last_start), MAX_CANDIDATES)
    if lines.last_start > lines.start and lines.end - lines.last_start <= NOTICE_SOURCE:
        yield lines.last_start, lines.end


def _inner_lines(view: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The same for the whole lines between `start` and `stop`, led by the words that few lines hold."""
    ahead = [view.find(element, start, stop) for element in _GENERATION_ELEMENTS]
    while (at := min((place for place in ahead if place >= 0), default=-1)) >= 0:
        left = view.rfind("\n", max(start, at - NOTICE_LINE), at)
        done = view.find("\n", at, min(stop, at + NOTICE_LINE + 1))
        if left < 0 or not 0 <= done - left - 1 <= NOTICE_LINE:
            done = max(done, at + 1)
        elif _AI_ELEMENT.search(view, left + 1, done):
            yield left + 1, line_end(view, left + 1)
        for index, element in enumerate(_GENERATION_ELEMENTS):
            if 0 <= ahead[index] < done:
                ahead[index] = view.find(element, done, stop)


def _last_visible(view: str) -> int:
    """The index after the last visible character."""
    width = _WHITE_SPACE
    while True:
        tail = view[-width:].rstrip()
        if tail or width >= len(view):
            return max(0, len(view) - width) + len(tail)
        width *= 8


def previous_line(view: str, start: int, floor: int) -> str:
    """The line before the one that begins at `start`, shortened to its end; '' above the first."""
    if start <= floor:
        return ""
    first = max(view.rfind("\n", floor, start - 1) + 1, floor)
    return view[max(first, start - NOTICE_SOURCE) : start - 1].rstrip()


def next_line(view: str, end: int) -> str:
    """The line after the one that ends at `end`, shortened; '' below the last."""
    start = view.find("\n", end) + 1
    if not start:
        return ""
    last = view.find("\n", start, start + NOTICE_SOURCE)
    return view[start : last if last >= 0 else start + NOTICE_SOURCE].strip()


def reach(view: str, start: int, end: int) -> tuple[int, int]:
    """`start`..`end` with the white space around it, as far as that is worth looking."""
    before = view[max(0, start - _WHITE_SPACE) : start]
    after = view[end : end + _WHITE_SPACE]
    return start - len(before) + len(before.rstrip()), end + len(after) - len(after.lstrip())


def is_title(line: str) -> bool:
    """Say whether a first line that stands alone reads as a title rather than as a sentence."""
    stripped = line.strip()
    return bool(stripped) and stripped[-1] not in SENTENCE_END and columns(stripped) <= _TITLE_COLUMNS


def nearest_break(view: str, lines: Extent, pattern: re.Pattern[str], allowed: Callable[[int], bool]) -> int | None:
    """The end of the match of `pattern` that is nearest to the middle of the text and `allowed`, or None.

    Looks at windows that grow, so that a long text is not searched as a whole.
    """
    first, last = lines.start, lines.last_start + 1
    middle, width = (lines.start + lines.end) // 2, _FIRST_WINDOW
    while True:
        low, high = max(first, middle - width), min(last, middle + width)
        matches = pattern.finditer(view, low, min(len(view), high + _LOOK_AHEAD))
        ends = sorted((found.end() for found in matches), key=lambda end: abs(end - middle))
        best = next((end for end in ends if first < end < last and allowed(end)), None)
        if best is not None or (low <= first and high >= last):
            return best
        width *= 4
