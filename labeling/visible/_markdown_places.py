"""Labels in Markdown (CommonMark 0.31): a block quote of one line, or a mark in the first heading or paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from labeling.containers import _front_matter as front_matter
from labeling.containers._encoding import line_view
from labeling.containers._html_scan import unescaped
from labeling.limits import Limits
from labeling.model import TextPlace
from labeling.visible import _notice as notices
from labeling.visible._markdown_zones import Zones
from labeling.visible._notice import NOTICE_SOURCE
from labeling.visible._plain_places import corner_slot, with_suffix
from labeling.visible._text_places import (
    MAX_MIDDLE,
    Extent,
    Sighting,
    Slot,
    Survey,
    blank_around,
    extent,
    nearest_break,
    next_line,
    previous_line,
    reach,
    short_lines,
)

#: A blank line before a block that is a paragraph, a heading, fenced code or a thematic break of the text itself.
_BREAK = re.compile(r"\S[ \t\r]*+\n(?:[ \t\r]*+\n)++(?=[^\s>|<:{])(?![-+*][ \t]|\d{1,9}[.)][ \t]|\[[^\]\n]{1,99}\]:)")
#: The line above a break that must not be parted from what follows it.
_HOLDS_ON = re.compile(r"\s*(?:[<>]|\[[^\]\n]{1,99}\]:|#{1,6}(?:[ \t]|$)|[:{])")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?=\S)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t\r]*$")
#: Lines that begin something else than a paragraph.
_NO_PARAGRAPH = re.compile(
    r"\s*(?:[>|<:{!]|\$\$|`{3}|~{3}|[-+*][ \t\r\n]|[-+*]$|\d{1,9}[.)](?:[ \t]|$)|\[[^\]\n]{1,99}\]:"
    r"|#{1,6}(?:[ \t]|$)|([-*_])[ \t]*(?:\1[ \t]*){2,}$)|(?: {4}|\t)"
)
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\||$)")
#: What marks a line as a quote; a list item, a table row and a heading are never a label.
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_NO_LABEL = re.compile(r"(?: {4}|\t)|[ ]{0,3}(?:[-+*][ \t]|\d{1,9}[.)][ \t]|\||#{1,6}[ \t]|\[[^\]\n]{1,99}\]:)")
_HIDDEN = re.compile(r"hidden|display\s*:\s*none|<(?:!--|script|style|template|textarea|details|pre)", re.IGNORECASE)
_TAG = re.compile(r"(?<!\\)</?[A-Za-z][^<>]{0,200}>")
_EMPHASIS = re.compile(r"\A[*_~]+|(?<!\\)[*_~]+\Z")
#: Tags, emphasis and white space before the first visible character.
_LEAD = re.compile(r"(?:[\s*_~]|</?[A-Za-z][^<>]{0,200}>)*+")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
#: ASCII punctuation that could begin inline markup (CommonMark 6, GFM 6.5 and 6.10, mathematics).
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~$&]")
#: Characters that begin a list item or an underline at the start of a line.
_LEADING = re.compile(r"([-+=]|\d{1,9}(?=[.)]))")
_LOOK_BACK = 4096
_CORNER_LINE = 200
_CORNER_TAG = re.compile(r"<sup\b[^<>]{0,200}>\s*\[?(AI(?:生成|合成)?)\]?\s*</sup>", re.IGNORECASE)
#: Blocks that are looked at in search of the first heading or paragraph.
_CORNER_SEARCH = 200


def survey(text: str, limits: Limits) -> Survey:
    """The prompts and corner marks that a reader of the rendered text sees, and room for another."""
    view = line_view(text)
    front = front_matter.locate(view[: limits.front_matter_bytes + 4], limits)
    lines = extent(view, front.end if front else 0)
    zones = Zones(view, lines.start)
    return Survey(
        sightings=(*_corner(view, lines, zones), *with_suffix(view, lines, _prompts(view, lines, zones))),
        slot=partial(_slot, view, lines, zones),
        escaped=escaped,
    )


def _slot(view: str, lines: Extent, zones: Zones, place: TextPlace, newline: str) -> Slot:
    lead = _apart(view, lines.start, newline)
    if place is TextPlace.CORNER_MARK:
        index = _corner_index(view, lines, zones)
        return Slot(lines.start, lead + "【", "】" + newline * 2, place) if index is None else corner_slot(view, index)
    if lines.start == lines.end:
        return Slot(lines.start, lead + "> ", newline, TextPlace.START)
    if place is TextPlace.END:
        closer = zones.closer()
        return Slot(lines.end, (newline + closer if closer else "") + newline * 2 + "> ", "", place)
    middle = _middle(view, lines, zones) if place is TextPlace.MIDDLE else None
    if middle is not None:
        return Slot(middle, "> ", newline * 2, place)
    return Slot(lines.start, lead + "> ", newline * 2, TextPlace.START)


def escaped(words: str) -> str:
    """`words` so that they stand as they are in a paragraph: backslashes before what could be markup."""
    safe = _SPECIAL.sub(r"\\\g<0>", words)
    lead = _LEADING.match(safe)
    if lead:
        cut = lead.end() if lead[1].isdigit() else 0
        safe = f"{safe[:cut]}\\{safe[cut:]}"
    return safe


def shown(source: str) -> str:
    """What a reader sees of one line: without tags, escapes and emphasis around it, references decoded."""
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", unescaped(_TAG.sub("", source)).strip()).strip())


def _apart(view: str, index: int, newline: str) -> str:
    """A blank line between front matter and what begins at `index`, where there is none yet."""
    if not index:
        return ""
    return "" if view[:index].endswith(("\n\n", "\n\r\n")) else newline if view[index - 1] == "\n" else newline * 2


def _middle(view: str, lines: Extent, zones: Zones) -> int | None:
    def allowed(index: int) -> bool:
        above = view[max(lines.start, index - _LOOK_BACK) : index].rstrip().rpartition("\n")
        heading = _UNDERLINE.match(above[2]) and above[0].rpartition("\n")[2].strip()
        zone = zones.at(index)
        return (zone is None or zone.start == index) and not heading and not _HOLDS_ON.match(above[2])

    return nearest_break(view, lines, _BREAK, allowed)


def _prompts(view: str, lines: Extent, zones: Zones) -> Iterator[Sighting]:
    middle = 0
    for start, end in short_lines(view, lines):
        line = view[start:end]
        if _NO_LABEL.match(line) or _HIDDEN.search(line):
            continue
        quote = _QUOTE.match(line)
        words = shown(line[quote.end() :] if quote else line)
        if not notices.reads_as_notice(words):
            continue
        zone = zones.at(start)
        if zone and (zone.start, zone.end) != (start, end):
            continue
        place = _place(view, lines, start, end)
        middle += place is TextPlace.MIDDLE
        if place is None or (place is TextPlace.MIDDLE and middle > MAX_MIDDLE):
            continue
        lead = _LEAD.match(line, quote.end() if quote else 0)
        first = start + (lead.end() if lead else 0)
        own = quote is not None and first == start + quote.end() and notices.is_bare(words) and not _TAG.search(line)
        yield Sighting(words, place, first, start + len(line.rstrip()), reach(view, start, end), own)


def _place(view: str, lines: Extent, start: int, end: int) -> TextPlace | None:
    blank_above, blank_below = blank_around(view, start, end, lines.start)
    if not (blank_above or _HEADING.match(previous_line(view, start, lines.start))) or not blank_below:
        return None
    if start <= lines.start:
        return TextPlace.START
    if end >= lines.end:
        return TextPlace.END
    return TextPlace.START if _follows_heading(view, lines, start) else TextPlace.MIDDLE


def _follows_heading(view: str, lines: Extent, index: int) -> bool:
    """Say whether only blank lines lie between the heading that opens the text and `index`."""
    first = view[lines.start : lines.first_end]
    end = lines.first_end
    if not _HEADING.match(first[:NOTICE_SOURCE]):
        below = next_line(view, end)
        if not _UNDERLINE.match(below):
            return False
        end = view.find(below, end) + len(below)
    return index > end and index - end <= NOTICE_SOURCE and not view[end:index].strip()


def _corner_index(view: str, lines: Extent, zones: Zones) -> int | None:
    """Where the text of the first heading or paragraph begins."""
    at, fresh = lines.start, True
    for _ in range(_CORNER_SEARCH):
        if at >= lines.end:
            break
        zone = zones.at(at)
        line = view[at : min(at + NOTICE_SOURCE, _end(view, at))]
        heading = _HEADING.match(line)
        if zone is None and heading:
            return at + heading.end()
        if zone is None and fresh and _opens_paragraph(view, at, line):
            return at + len(line) - len(line.lstrip())
        fresh = not line.strip() or zone is not None
        at = (max(zone.end, at) if zone else _end(view, at)) + 1
    return None


def _opens_paragraph(view: str, at: int, line: str) -> bool:
    if not line.strip() or _NO_PARAGRAPH.match(line):
        return False
    return not ("|" in line and _TABLE_RULE.match(next_line(view, _end(view, at))))


def _end(view: str, at: int) -> int:
    end = view.find("\n", at)
    return len(view) if end < 0 else end


def _corner(view: str, lines: Extent, zones: Zones) -> Iterator[Sighting]:
    index = _corner_index(view, lines, zones)
    for at in {lines.start, lines.start if index is None else index}:
        head = view[at : at + _CORNER_LINE]
        tag = _CORNER_TAG.match(head)
        words = tag[1] if tag else notices.corner_words(head)
        if words:
            start = at + (tag.start(1) if tag else 1)
            yield Sighting(words, TextPlace.CORNER_MARK, start, start + len(words), (at, start + len(words) + 1))
