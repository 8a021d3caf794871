"""The stretches of a Markdown text that blank lines do not end, so that nothing may be put into them.

CommonMark 0.31: fenced code (4.5) and HTML blocks (4.6); besides display mathematics between `$$`, and HTML elements
that are left open over several blocks, which a browser closes only at their end tag.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Elements that hold blocks; what stands in them is not between two paragraphs of the text.
_HOLDERS = (
    "details|div|table|section|article|aside|ul|ol|dl|figure|picture|svg|math|template|center|blockquote|form|select"
    "|button|video|audio|object|nav|header|footer|main"
)
#: The other elements whose tag begins an HTML block that a blank line ends (CommonMark 4.6, kind 6).
_OTHERS = (
    "address|base|basefont|body|caption|col|colgroup|dd|dir|dt|fieldset|figcaption|frame|frameset|h[1-6]|head|hr|html"
    "|iframe|legend|li|link|menu|menuitem|noframes|optgroup|option|p|param|search|summary|tbody|td|tfoot|th|thead|title"
    "|tr|track"
)
_OPENING = (
    r" {0,3}(?:(?P<fence>`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,})|(?P<math>\$\$)"
    r"|<(?:(?P<mark>!--|\?|!\[CDATA\[|![A-Za-z])"
    rf"|(?P<raw>[sS][cC][rR][iI][pP][tT]|pre|PRE|style|STYLE|textarea|TEXTAREA)(?=[\s>])|(?P<holder>(?i:{_HOLDERS}))(?=[\s/>]|\Z)"
    rf"|(?P<block>/?(?i:{_HOLDERS}|{_OTHERS})(?=[\s/>]|\Z))"
    r"|(?P<alone>/?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>\n]*)?>[ \t\r]*(?=\n|\Z))))"
)
_OPENER_AT = re.compile(_OPENING)
_OPENER = re.compile(rf"\n{_OPENING}")
_FENCE = re.compile(r"\n {0,3}(`{3,}|~{3,})[ \t\r]*(?=\n|\Z)")
_ENDS = {"!--": "-->", "?": "?>", "![CDATA[": "]]>"}
_HOLDER_TAG = {name: re.compile(rf"<(/?){name}(?=[\s/>])", re.IGNORECASE) for name in _HOLDERS.split("|")}
_BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n|\Z)")
_LINE = re.compile(r"[^\n]*")
_LIST_ITEM = re.compile(r" *(?:[-+*]|\d{1,9}[.)])(?: {1,4}(?! )| )")
_LOOK_BACK = 2_000


class Zone(NamedTuple):
    """A stretch that nothing may be put into; `closer` ends it where the text does not."""

    start: int
    end: int
    closer: str = ""


class Zones:
    """The zones of a text, in order; looked for only as far as somebody asks."""

    def __init__(self, view: str, body: int) -> None:
        self._walk = _walk(view, body)
        self._zones: list[Zone] = []
        self._starts: list[int] = []

    def _look(self, index: int) -> None:
        """Go on until a zone begins beyond `index`: those before it are whole then."""
        while not self._starts or self._starts[-1] <= index:
            zone = next(self._walk, None)
            if zone is None:
                return
            self._add(zone)

    def _add(self, zone: Zone) -> None:
        last = self._zones[-1] if self._zones else None
        if last is None or zone.start >= last.end:
            self._zones.append(zone)
            self._starts.append(zone.start)
        elif zone.end >= last.end:
            self._zones[-1] = Zone(last.start, zone.end, zone.closer)

    def at(self, index: int) -> Zone | None:
        """The zone that holds the character at `index`."""
        self._look(index)
        near = bisect_right(self._starts, index) - 1
        zone = self._zones[near] if near >= 0 else None
        return zone if zone and index < zone.end else None

    def closer(self) -> str:
        """What must be written to end a zone that is open at the end of the text; '' where none is."""
        self._look(sys.maxsize)
        return self._zones[-1].closer if self._zones else ""


def _walk(view: str, body: int) -> Iterator[Zone]:
    """The zones in order; those inside an open element are looked for as well, for a fence may outlast it."""
    unbalanced, held_until = set[str](), 0
    found = _OPENER_AT.match(view, body) or _OPENER.search(view, body)
    while found:
        kind, name = found.lastgroup or "", (found["holder"] or "").lower()
        zone = None
        if kind != "holder":
            zone = _ZONES[kind](view, found)
        elif name not in unbalanced and found.start() >= held_until:
            held = _held(view, found)
            if held:
                held_until = held.end
                yield held
            else:
                unbalanced.add(name)
        if kind == "holder":
            zone = _html_block(view, found)
        at = found.end()
        if zone:
            yield zone
            at = max(at, zone.end - (view[zone.end - 1 : zone.end] == "\n"))
        found = _OPENER.search(view, at)


def _start(found: re.Match[str]) -> int:
    """Where the line of an opener begins."""
    return found.start() + found[0].startswith("\n")


def _fenced(view: str, found: re.Match[str]) -> Zone:
    fence = found["fence"]
    limit = _list_item_end(view, found)
    for closing in _FENCE.finditer(view, found.end(), len(view) if limit is None else limit):
        if closing[1].startswith(fence):
            return Zone(_start(found), closing.end())
    if limit is None:
        return Zone(_start(found), len(view), view[_start(found) : found.end("fence")])
    return Zone(_start(found), limit)


def _list_item_end(view: str, found: re.Match[str]) -> int | None:
    """Where the list item ends that a fence is in, and the fence with it (CommonMark 5.2); None outside lists."""
    indent = found.start("fence") - _start(found)
    if indent < 2:
        return None
    lines = view[max(0, found.start() - _LOOK_BACK) : found.start()].split("\n")
    item = next((line for line in _owners(lines, indent) if _LIST_ITEM.match(line)), None)
    if item is None:
        return None
    outside = re.compile(rf"^ {{0,{indent - 1}}}[^\s]", re.MULTILINE).search(view, found.end())
    return outside.start() if outside else len(view)


def _owners(lines: list[str], indent: int) -> Iterator[str]:
    """The lines above a fence, from below, that may begin the list item it is in: content no deeper than `indent`."""
    left = False
    for line in reversed(lines):
        if not line.strip():
            if left:
                return
            continue
        item = _LIST_ITEM.match(line)
        if item and item.end() <= indent:
            yield line
        # A line further left belongs to the item only if it goes on with a paragraph of it.
        left = left or len(line) - len(line.lstrip(" ")) < indent


def _html_block(view: str, found: re.Match[str]) -> Zone:
    """An HTML block that a blank line ends."""
    blank = _BLANK_LINE.search(view, found.end())
    return Zone(_start(found), blank.start() if blank else len(view))


def _alone(view: str, found: re.Match[str]) -> Zone | None:
    """A tag alone on its line begins an HTML block, unless it goes on with a paragraph (CommonMark 4.6, kind 7)."""
    start = _start(found)
    above = view[max(0, start - _LOOK_BACK) : max(0, start - 1)].rpartition("\n")[2]
    return None if above.strip() else _html_block(view, found)


def _mathematics(view: str, found: re.Match[str]) -> Zone | None:
    end = view.find("$$", found.end())
    return None if end < 0 else Zone(_start(found), _line_end(view, end))


def _marked(view: str, found: re.Match[str]) -> Zone:
    ending = _ENDS.get(found["mark"], ">")
    end = view.find(ending, found.end())
    return Zone(_start(found), len(view), ending) if end < 0 else Zone(_start(found), _line_end(view, end))


def _raw(view: str, found: re.Match[str]) -> Zone:
    ending = f"</{found['raw'].lower()}>"
    end = re.compile(re.escape(ending), re.IGNORECASE).search(view, found.end())
    return Zone(_start(found), _line_end(view, end.end()) if end else len(view), "" if end else ending)


def _held(view: str, found: re.Match[str]) -> Zone | None:
    """The element to its own end tag; None where it has none, and is then an HTML block that a blank line ends."""
    depth = 1
    for tag in _HOLDER_TAG[found["holder"].lower()].finditer(view, found.end()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return Zone(_start(found), _line_end(view, tag.end()))
    return None


def _line_end(view: str, index: int) -> int:
    found = _LINE.match(view, index)
    return found.end() if found else index


_ZONES: dict[str, Callable[[str, re.Match[str]], Zone | None]] = {
    "fence": _fenced,
    "math": _mathematics,
    "mark": _marked,
    "raw": _raw,
    "block": _html_block,
    "alone": _alone,
}
