"""Labels in plain text: a line of its own with blank lines around it, or a mark before the first line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from labeling.containers._encoding import line_view
from labeling.limits import Limits
from labeling.model import TextPlace
from labeling.visible import _notice as notices
from labeling.visible._notice import NOTICE_SOURCE
from labeling.visible._text_places import (
    MAX_MIDDLE,
    SENTENCE_END,
    Extent,
    Sighting,
    Slot,
    Survey,
    blank_around,
    extent,
    is_title,
    nearest_break,
    previous_line,
    reach,
    short_lines,
)

#: Blank lines between two paragraphs; each match begins at a visible character, so a run is looked at once.
_BLANK = re.compile(r"\S[ \t\u3000\r]*+\n(?:[ \t\u3000\r]*+\n)++(?=[ \t\u3000]*+\S)")
#: A line end after a sentence, for texts that have one paragraph a line and no blank lines.
_SENTENCE = re.compile(rf"[{re.escape(SENTENCE_END)}]\r?\n(?=[ \t\u3000]*+\S)")
#: A notice in brackets at the end of the last line.
_SUFFIX = re.compile(r"[（(【\[]([^（）()【】\[\]]{2,60})[）)】\]][。.]?\s*\Z")


def survey(text: str, _limits: Limits) -> Survey:
    """The prompts and corner marks that a reader of plain text sees, and room for another."""
    view = line_view(text)
    lines = extent(view, 0)
    return Survey(
        sightings=(*_corner(view, lines), *with_suffix(view, lines, _prompts(view, lines))),
        slot=partial(_slot, view, lines),
        escaped=str,
    )


def _slot(view: str, lines: Extent, place: TextPlace, newline: str) -> Slot:
    if place is TextPlace.CORNER_MARK:
        return corner_slot(view, _corner_index(view, lines))
    if lines.start == lines.end:
        return Slot(lines.start, "", newline, TextPlace.START)
    if place is TextPlace.END:
        return Slot(lines.end, newline * 2, "", place)
    middle = _middle(view, lines, newline) if place is TextPlace.MIDDLE else None
    return middle or Slot(lines.start, "", newline * 2, TextPlace.START)


def corner_slot(view: str, index: int) -> Slot:
    """A corner mark before the text at `index`; a space keeps it off Latin text, links and emphasis."""
    follows = view[index : index + 1]
    gap = " " if follows.isascii() and not follows.isspace() else ""
    return Slot(index, "【", f"】{gap}" if follows else "】", TextPlace.CORNER_MARK)


def with_suffix(view: str, lines: Extent, prompts: Iterable[Sighting]) -> Iterator[Sighting]:
    """The prompts, and a notice in brackets at the very end of the text in place of the line that it ends."""
    found = _SUFFIX.search(view, max(lines.last_start, lines.end - 100), lines.end)
    follows = found and view[lines.last_start : found.start()].strip(" \t\u3000>*_#")
    at = found.start(1) if found and follows and notices.reads_as_notice(found[1]) else -1
    yield from (one for one in prompts if not one.start <= at < one.end)
    if found and at >= 0:
        yield Sighting(found[1], TextPlace.END, at, found.end(1), (at, lines.end))


def _corner_index(view: str, lines: Extent) -> int:
    return lines.start + len(view[lines.start : lines.first_end]) - len(view[lines.start : lines.first_end].lstrip())


def _corner(view: str, lines: Extent) -> Iterator[Sighting]:
    index = _corner_index(view, lines)
    words = notices.corner_words(view[index : index + 12])
    if words:
        start = index + 1
        yield Sighting(words, TextPlace.CORNER_MARK, start, start + len(words), (index, start + len(words) + 1))


def _prompts(view: str, lines: Extent) -> Iterator[Sighting]:
    middle = 0
    for start, end in short_lines(view, lines):
        place = _place(view, lines, start, end)
        line = view[start:end].strip()
        if place is None or not notices.reads_as_notice(line):
            continue
        middle += place is TextPlace.MIDDLE
        if place is TextPlace.MIDDLE and middle > MAX_MIDDLE:
            continue
        first = view.find(line, start)
        around = reach(view, start, end)
        yield Sighting(line, place, first, first + len(line), around, _own_form(view, lines, start, end))


def _place(view: str, lines: Extent, start: int, end: int) -> TextPlace | None:
    """Where a line stands for a reader; None where it is part of a paragraph."""
    if start <= lines.start:
        return TextPlace.START
    above = previous_line(view, start, lines.start)
    blank_above, blank_below = blank_around(view, start, end, lines.start)
    if end >= lines.end:
        return TextPlace.END if blank_above or above[-1] in SENTENCE_END else None
    if not (blank_below if blank_above else above[-1] in SENTENCE_END):
        return None
    return TextPlace.START if _follows_title(view, lines, start) else TextPlace.MIDDLE


def _own_form(view: str, lines: Extent, start: int, end: int) -> bool:
    line = view[start:end]
    return notices.is_bare(line) and blank_around(view, start, end, lines.start) == (True, True)


def _middle(view: str, lines: Extent, newline: str) -> Slot | None:
    """A break between paragraphs or sentences; one below the title only where there is no other."""

    def inside(index: int) -> bool:
        return not _follows_title(view, lines, index)

    for allowed in (inside, lambda _index: True):
        for pattern, before in ((_BLANK, ""), (_SENTENCE, newline)):
            index = nearest_break(view, lines, pattern, allowed)
            if index is not None:
                seen = TextPlace.MIDDLE if inside(index) else TextPlace.START
                return Slot(index, before, newline * 2, seen)
    return None


def _follows_title(view: str, lines: Extent, index: int) -> bool:
    """Say whether only blank lines lie between a title on the first line and `index`."""
    between = view[lines.first_end : min(index, lines.first_end + NOTICE_SOURCE)]
    return (
        not between.strip()
        and index > lines.first_end
        and is_title(view[lines.start : lines.first_end][:NOTICE_SOURCE])
    )
