"""What a walk over a page saw: its blocks, and the breaks between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from labeling.containers._html_scan import units, units_until
from labeling.visible._html_elements import BREAKS

#: A tag, as far as counting characters goes.
TAG = re.compile(r"<[^<>]*>")
_NEAR = 4096


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text between two block boundaries, as a reader sees one line or paragraph."""

    start: int
    end: int
    heading: bool
    #: Where the tag before it begins, and where the tag after it ends.
    outer_start: int
    outer_end: int
    #: True where its words may be a label: outside headings, lists, tables, code; nothing in it hidden.
    eligible: bool
    own_form: bool


class Point(NamedTuple):
    """An index with the visible characters before it."""

    at: int
    seen: int


class Span(NamedTuple):
    """A stretch of simple units that was taken as a whole, and the visible characters before it and in it."""

    start: int
    end: int
    seen: int
    #: True inside an element that may not hold a label.
    barred: bool
    visible: int = 0


@dataclass(slots=True)
class Page:
    """What the walk saw. Indexes are into the text; -1 is nowhere."""

    blocks: int = 0
    first: Block | None = None
    second: Block | None = None
    last: Block | None = None
    #: Short blocks that may be notices, with their numbers.
    candidates: list[tuple[int, Block]] = field(default_factory=list)
    #: Between two blocks of the body, and stretches with more breaks between their units. What is seen before them
    #: leaves the stretches out until `measured` counts those.
    breaks: list[Point] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    visible: int = 0
    #: Where a first and a last paragraph can stand, and how many blocks lie before the last.
    start: int = -1
    end: int = -1
    blocks_before_end: int = 0
    #: True where nothing visible follows `end`.
    end_is_last: bool = True
    #: True where the body itself is hidden.
    hidden: bool = False
    #: Where the text of the first heading or paragraph begins.
    corner: int = -1


def measured(text: str, page: Page) -> tuple[list[Point], list[Span], int]:
    """Breaks and spans with all the visible characters before them, and how many there are in all."""
    spans, extra, at = [], 0, 0
    breaks = []
    for span in page.spans:
        upto = bisect_right(page.breaks, span.start, at, key=lambda point: point.at)
        breaks += [Point(point.at, point.seen + extra) for point in page.breaks[at:upto]]
        visible = len(TAG.sub("", text[span.start : span.end]))
        spans.append(Span(span.start, span.end, span.seen + extra, span.barred, visible))
        extra, at = extra + visible, upto
    breaks += [Point(point.at, point.seen + extra) for point in page.breaks[at:]]
    return breaks, spans, page.visible + extra


def breaks_near(text: str, span: Span, seen: float) -> Iterator[Point]:
    """Breaks of a span around the point that has `seen` visible characters before it."""
    share = (seen - span.seen) / max(1, span.visible)
    step = max(_NEAR, (span.end - span.start) // 64)
    at = span.start + max(0, int((span.end - span.start) * share) - step)
    while True:
        at = units_until(text, span.start, at)
        before = span.seen + len(TAG.sub("", text[span.start : at]))
        if before <= seen or at <= span.start:
            break
        step *= 4
        at = max(span.start, at - step)
    for unit in units(text, at, span.end):
        before += len(TAG.sub("", text[at : unit.end]))
        at = unit.end
        if unit.name in BREAKS:
            yield Point(at, before)
            if before > seen:
                break
