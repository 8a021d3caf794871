"""One walk over the tokens of a page: its blocks as a reader sees them, and where a paragraph may be put.

Follows the tree construction of the HTML Standard (13.2.6) only as far as end tags that may be left out for `p` and
`head`. Where it is in doubt it offers fewer places, never a wrong one.
"""

from __future__ import annotations

import re
from itertools import islice

from labeling.containers._html_scan import (
    BREAKOUT,
    RAW_TEXT,
    Kind,
    Token,
    attributes,
    bounded,
    tokens,
    tokens_and_runs,
    units,
)
from labeling.containers.html import HEAD_ELEMENTS
from labeling.limits import Limits
from labeling.visible._html_elements import BLOCKS, BREAKS, CLOSE_P, HEADINGS, LISTS, ONCE, VOID
from labeling.visible._html_page import TAG, Block, Page, Point, Span
from labeling.visible._html_runs import content_end, first_shown, is_blank, last_unit, may_be_notice, short_paragraphs
from labeling.visible._html_stack import Open, OpenElements
from labeling.visible._text_places import MAX_CANDIDATES

#: The paragraph that this package writes.
OPEN = '<p class="aigc-label">'

_MAY_HIDE = re.compile(r"hidden|style", re.IGNORECASE)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
_OPENING_BLOCKS = 2
_BLANK = "\t\n\f\r \ufeff"


class Walk:
    """Follows the tokens of one text; `run` returns what was seen. Linear in the text."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.page = Page()
        self._limits = limits
        self._text = text
        self._elements = OpenElements()
        # The line of text that is open.
        self._line_start = self._line_visible = 0
        self._tainted = False
        self._opened: Token | None = None
        self._at = self._seen_before_end = 0
        self._raw = False

    def run(self) -> Page:
        """Walk the whole text."""
        for token in bounded(tokens_and_runs(self._text), self._limits):
            if token.kind is Kind.RUN:
                self._characters(self._at, token.start)
                self._run(token)
                self._at, self._raw = token.end, False
            elif token.kind is Kind.UNFINISHED:
                self._characters(self._at, token.start)
                return self._finish(token.start)
            else:
                self._take(token)
        self._characters(self._at, len(self._text))
        return self._finish(len(self._text))

    def _take(self, token: Token) -> None:
        self._characters(self._at, token.start)
        self._raw = False
        if token.kind is Kind.START:
            self._raw = token.name in RAW_TEXT
            self._start(token)
        elif token.kind is Kind.END:
            self._end(token)
        self._at = token.end

    def _characters(self, start: int, end: int) -> None:
        if start >= end or self._raw:
            return
        run = self._text[start:end]
        if not run.strip(_BLANK):
            return
        if self._elements.hidden:
            self._tainted = True
            return
        self._leave_head()
        if self.page.start < 0:
            self.page.start = start + len(run) - len(run.lstrip(_BLANK))
        self._line_visible += end - start
        self.page.visible += end - start

    def _leave_head(self) -> None:
        """Text and elements of the body end the head (13.2.6.4.4)."""
        if self._elements.holds("head"):
            self._elements.close("head")

    def _start(self, token: Token) -> None:
        name, page = token.name, self.page
        if name in BREAKOUT:
            self._elements.leave_foreign_content()
        if name in ONCE and (self._elements.holds(name) or (name == "head" and page.start >= 0)):
            return
        hides = name == "template" or (token.end - token.inner > 4 and self._hides(token))
        if name not in HEAD_ELEMENTS:
            self._leave_head()
            self._begin_body(token, hides)
        if name in BLOCKS:
            self._new_line(token)
            if page.corner < 0 and not self._elements.hidden and not hides and self._holds_text(name):
                page.corner = token.end
        if name in VOID:
            if name == "hr":
                self._break(token.end)
            return
        blocks_before = page.blocks + (self._line_visible > 0)
        self._elements.push(Open(name, token.start, hides, blocks_before, page.visible))

    def _begin_body(self, token: Token, hides: bool) -> None:
        page = self.page
        if token.name == "body" and not (page.blocks or self._line_visible or self._elements.barred):
            page.start = token.end
            page.hidden = bool(self._elements.hidden or hides)
        elif page.start < 0 and not self._elements.hidden:
            page.start = token.start

    def _holds_text(self, name: str) -> bool:
        return name in HEADINGS or (name == "p" and not self._elements.barred)

    def _new_line(self, token: Token) -> None:
        self._boundary(token.start, token.start)
        if token.name in CLOSE_P and self._elements.close("p"):
            self._break(token.start)
        self._line_start, self._opened = token.end, token

    def _end(self, token: Token) -> None:
        name = token.name
        if name in BLOCKS:
            self._boundary(token.start, token.end)
        if name in ("body", "html") and self.page.end < 0 and self._elements.holds(name):
            self._mark_end(token.start)
        if self._elements.close(name) and name in BREAKS:
            self._break(token.end)

    def _run(self, token: Token) -> None:
        """A run of units: the first ones and the last one by one, what lies between them at a stroke."""
        text, page = self._text, self.page
        self._elements.leave_foreign_content()
        # 1. Where everything is hidden, every token counts.
        if self._elements.hidden:
            for part in bounded(tokens(text, token.start, token.end), self._limits):
                self._take(part)
            return
        # 2. The blocks that open the page.
        at = token.start
        for unit in bounded(units(text, token.start, token.end), self._limits):
            if page.blocks >= _OPENING_BLOCKS and page.corner >= 0 and unit.start > token.start:
                break
            self._unit(unit)
            at = unit.end
        # 3. The bulk, 4. and its last unit, which may be the last of the page.
        last = last_unit(text, at, token.end)
        if last:
            self._bulk(at, last.start)
            self._unit(last)

    def _bulk(self, start: int, end: int) -> None:
        """The inner units of a run; they count as two blocks: the last that shows anything, and those before it."""
        page = self.page
        if is_blank(self._text, start, end):
            return
        page.spans.append(Span(start, end, page.visible, self._elements.barred > 0))
        if not self._elements.never:
            self._candidates(start, end)
        page.blocks += 2
        page.last = None

    def _candidates(self, start: int, end: int) -> None:
        page, text = self.page, self._text
        room = max(0, MAX_CANDIDATES - len(page.candidates))
        for unit in islice(short_paragraphs(text, start, end), room):
            number = page.blocks + is_blank(text, unit.end, end)
            page.candidates.append((number, self._block_of(unit)))

    def _block_of(self, unit: Token) -> Block:
        end = content_end(self._text, unit)
        own = self._text.startswith(OPEN, unit.start)
        return Block(unit.inner, end, False, unit.start, unit.end, eligible=True, own_form=own)

    def _unit(self, token: Token) -> None:
        """A whole `<p>...</p>`, in one step; a list shows itself by its first item."""
        page, text = self.page, self._text
        self._leave_head()
        if page.start < 0:
            page.start = token.start
        self._new_line(token)
        end = content_end(text, token)
        self._line_start = first_shown(text, token.inner, end) if token.name in LISTS else token.inner
        if page.corner < 0 and not self._elements.hidden and self._holds_text(token.name):
            page.corner = token.inner
        content = TAG.sub("", text[token.inner : end])
        if content.strip(_BLANK) and not self._elements.hidden:
            self._line_visible = len(content)
            page.visible += len(content)
        element = Open(token.name, token.start, False, page.blocks, page.visible)
        self._elements.count(element, 1)
        self._boundary(end, token.end)
        self._elements.count(element, -1)
        if token.name in BREAKS:
            self._break(token.end)

    def _boundary(self, end: int, outer_end: int) -> None:
        """Close the line of text that is open, if it shows anything."""
        if self._line_visible:
            self._record(end, outer_end)
        self._line_start, self._line_visible, self._tainted, self._opened = outer_end, 0, False, None

    def _record(self, end: int, outer_end: int) -> None:
        page, opened, start = self.page, self._opened, self._line_start
        block = Block(
            start=start,
            end=end,
            heading=self._elements.headings > 0,
            outer_start=opened.start if opened else start,
            outer_end=outer_end,
            eligible=not self._elements.never and not self._tainted,
            own_form=opened is not None and opened.name == "p" and self._text.startswith(OPEN, opened.start),
        )
        if page.blocks == 0:
            page.first = block
        elif page.blocks == 1:
            page.second = block
        page.last = block
        if block.eligible and may_be_notice(self._text, start, end):
            if len(page.candidates) > MAX_CANDIDATES:
                page.candidates.pop()
            page.candidates.append((page.blocks, block))
        page.blocks += 1

    def _break(self, index: int) -> None:
        page = self.page
        after_title = page.last is not None and page.last.heading
        if self._elements.barred or self._elements.hidden or not page.blocks or after_title:
            return
        page.breaks.append(Point(index, page.visible))

    def _hides(self, token: Token) -> bool:
        if not _MAY_HIDE.search(self._text, token.inner, token.end):
            return False
        given = attributes(self._text, token)
        return "hidden" in given or bool(_HIDING.search(given.get("style", "")))

    def _mark_end(self, index: int) -> None:
        """The last slot is at `index`, or before the outermost open element that must not hold a label."""
        page, barrier = self.page, self._elements.barrier()
        page.end = barrier.start if barrier else index
        page.blocks_before_end = barrier.blocks_before if barrier else page.blocks
        self._seen_before_end = barrier.seen_before if barrier else page.visible

    def _finish(self, index: int) -> Page:
        self._boundary(index, index)
        page = self.page
        if page.start < 0:
            barrier = self._elements.barrier()
            page.start = barrier.start if barrier else index
        if page.end < 0:
            self._mark_end(index)
            if page.end == index:
                page.end = len(self._text[:index].rstrip(_BLANK))
        page.end = max(page.end, page.start)
        behind = page.visible > self._seen_before_end or any(span.start >= page.end for span in page.spans[-1:])
        page.end_is_last = not behind
        return page
