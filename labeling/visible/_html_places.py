"""Labels in HTML: a paragraph between the blocks of the body, or a raised mark in the first heading or paragraph."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial

from labeling.containers._html_scan import MARKUP, unescaped
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits
from labeling.model import TextPlace
from labeling.visible import _notice as notices
from labeling.visible._html_page import Block, Page, breaks_near, measured
from labeling.visible._html_walk import OPEN, Walk
from labeling.visible._notice import NOTICE_SOURCE
from labeling.visible._text_places import MAX_MIDDLE, Sighting, Slot, Survey, reach

_CORNER_OPEN = '<sup class="aigc-label">'
_CORNER = re.compile(r"\s*(?:<[^<>]*>\s*)*?<sup\b[^<>]*>\s*[\[【]?(AI(?:生成|合成)?)[\]】]?\s*</sup>", re.IGNORECASE)
#: Tags and white space before the first visible character.
_LEAD = re.compile(r"(?:\s|<[^<>]*>)*+")
#: How far an empty element after a label may reach.
_NEAR = 4096
_LAST_NOTICE = re.compile(r"[（(【\[]([^（）()【】\[\]<>]{2,60})[）)】\]][。.]?\s*\Z")


def survey(text: str, limits: Limits) -> Survey:
    """The prompts and corner marks that a reader of the page sees (as far as the page itself says what it hides)."""
    page = Walk(text, limits).run()
    return Survey(
        sightings=(*_corner(text, page), *_prompts(text, page), *_suffix(text, page)),
        slot=partial(_slot, text, page),
        escaped=escaped,
    )


def _slot(text: str, page: Page, place: TextPlace, newline: str) -> Slot:
    if page.hidden:
        raise DeclarationError(ErrorCode.NO_ROOM, "the body of the page is hidden")
    if place is TextPlace.CORNER_MARK:
        if page.corner >= 0:
            return Slot(page.corner, _CORNER_OPEN, "</sup>", place)
        return Slot(page.start, f"<p>{_CORNER_OPEN}", f"</sup></p>{newline}", place)
    if place is TextPlace.END and page.blocks:
        closes = text[page.end : page.end + 1] == "<"
        seen = _place(page.blocks_before_end, page, page.blocks_before_end if page.end_is_last else -1)
        return Slot(page.end, OPEN if closes else newline + OPEN, "</p>" + (newline if closes else ""), seen)
    index = _middle(text, page) if place is TextPlace.MIDDLE else None
    if index is not None:
        after_tag = text[index - 1] == ">"
        return Slot(index, newline + OPEN if after_tag else OPEN, "</p>" if after_tag else f"</p>{newline}", place)
    opens_line = page.start > 0 and text[page.start - 1] == ">" and text[page.start : page.start + 1] in ("\r", "\n")
    before, after = (newline + OPEN, "</p>") if opens_line else (OPEN, f"</p>{newline}")
    return Slot(page.start, before, after, TextPlace.START)


def escaped(words: str) -> str:
    """`words` as character data (HTML Standard 13.1.3)."""
    return html.escape(words, quote=False)


def shown(source: str) -> str:
    """What a reader sees of a short piece of markup."""
    return " ".join(unescaped(MARKUP.sub("", source)).split())


def _middle(text: str, page: Page) -> int | None:
    """The break that has most nearly half of the visible characters before it, and some after it."""
    breaks, spans, visible = measured(text, page)
    middle = visible / 2
    right = bisect_left(breaks, middle, key=lambda point: point.seen)
    near = breaks[max(0, right - 1) : right + 1]
    number = bisect_right(spans, middle, key=lambda span: span.seen) - 1
    if number >= 0 and not spans[number].barred:
        near += breaks_near(text, spans[number], middle)
    inside = (point for point in near if 0 < point.seen < visible)
    best = min(inside, key=lambda point: abs(point.seen - middle), default=None)
    return best.at if best else None


def _prompts(text: str, page: Page) -> Iterator[Sighting]:
    middle = 0
    for number, block in page.candidates:
        place = _place(number, page, page.blocks - 1)
        if place is TextPlace.MIDDLE and middle >= MAX_MIDDLE:
            continue
        source = text[block.start : block.end]
        words = shown(source)
        if not notices.reads_as_notice(words):
            continue
        middle += place is TextPlace.MIDDLE
        lead = _LEAD.match(source)
        start = block.start + (lead.end() if lead else 0)
        end = max(start, block.start + len(source.rstrip()))
        own = block.own_form and "<" not in source
        yield Sighting(words, place, start, end, _reach(text, number, block, page), own)


def _reach(text: str, number: int, block: Block, page: Page) -> tuple[int, int]:
    start, end = reach(text, block.outer_start, block.outer_end)
    lead = _LEAD.match(text, end, end + _NEAR)
    end = lead.end() if lead else end
    return 0 if number == 0 else start, len(text) if number == page.blocks - 1 else end


def _place(number: int, page: Page, last: int) -> TextPlace:
    """Where a reader sees the block of that number, if the last has number `last`."""
    if number == 0:
        return TextPlace.START
    if number == last:
        return TextPlace.END
    follows_title = number == 1 and page.first is not None and page.first.heading
    return TextPlace.START if follows_title else TextPlace.MIDDLE


def _corner(text: str, page: Page) -> Iterator[Sighting]:
    """A mark that opens one of the first two blocks, or the first heading or paragraph."""
    starts = [block.start for block in (page.first, page.second) if block]
    for start in dict.fromkeys([*starts, page.corner]):
        found = _corner_at(text, start) if start >= 0 else None
        if found:
            yield found
            return


def _corner_at(text: str, start: int) -> Sighting | None:
    head = text[start : start + NOTICE_SOURCE]
    tag = _CORNER.match(head)
    words = tag[1] if tag else notices.corner_words(head.lstrip())
    if not words:
        return None
    at = start + (tag.start(1) if tag else head.find(words))
    return Sighting(words, TextPlace.CORNER_MARK, at, at + len(words), (at, at + len(words)))


def _suffix(text: str, page: Page) -> Iterator[Sighting]:
    """A notice in brackets at the end of the last paragraph."""
    block = page.last
    if block is None or not block.eligible:
        return
    found = _LAST_NOTICE.search(text, max(block.start, block.end - 100), block.end)
    if found and text[block.start : found.start()].strip() and notices.reads_as_notice(found[1]):
        yield Sighting(found[1], TextPlace.END, found.start(1), found.end(1), (found.start(), block.outer_end))
