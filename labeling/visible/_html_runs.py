"""What is looked for in a run of simple elements: short paragraphs that may be notices, and its last element."""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge

from labeling.containers._html_scan import Token, units, units_until
from labeling.visible._html_page import TAG
from labeling.visible._notice import NOTICE_SOURCE
from labeling.visible._text_places import NOTICE_LINE

#: The second element of a label ('生成', '合成'), or a character reference that may stand for it.
_MADE = re.compile("[生合]成|&#")
#: The same, each led by one character, which is searched for much quicker.
_MADE_LED = (re.compile("成(?<=[生合]成)"), re.compile("&(?=#)"))
_BLANK = re.compile(r"(?:[\t\n\f\r \ufeff]++|<[^<>]*>)*+")
_UNIT_OPEN = re.compile(r"<(?:p|li|td|th|dt|dd|h[1-6]|ul|ol|table)(?=[\t\n\f\r />])")


def short_paragraphs(text: str, start: int, end: int) -> Iterator[Token]:
    """The paragraphs of a run that may be notices, led by the words that few hold; linear in the run."""
    seen = start
    for made in merge(*(word.finditer(text, start, end) for word in _MADE_LED), key=re.Match.start):
        if made.start() < seen:
            continue
        if text.rfind("<p", seen, made.start()) < 0:
            seen = made.end()
            continue
        unit = next(units(text, units_until(text, start, made.start()), end), None)
        if unit is None:
            return
        start = seen = unit.end
        if unit.name == "p" and may_be_notice(text, unit.inner, content_end(text, unit)):
            yield unit


def content_end(text: str, unit: Token) -> int:
    """Where the end tag of a unit begins."""
    return text.rindex("<", unit.inner, unit.end)


def may_be_notice(text: str, start: int, end: int) -> bool:
    """Say whether the block of that extent is short and holds the second element of a label."""
    return end - start <= NOTICE_SOURCE and bool(_MADE.search(text, start, end)) and _is_short(text[start:end])


def first_shown(text: str, start: int, end: int) -> int:
    """Where the first visible character of a part of a run stands; `end` where there is none."""
    blank = _BLANK.match(text, start, end)
    return blank.end() if blank else start


def is_blank(text: str, start: int, end: int) -> bool:
    """Say whether a part of a run shows nothing."""
    return first_shown(text, start, end) == end


def last_unit(text: str, start: int, end: int) -> Token | None:
    """The last unit of a run between `start` and `end`."""
    width = NOTICE_SOURCE
    while start < end:
        opening = [found.start() for found in _UNIT_OPEN.finditer(text, max(start, end - width), end)]
        for index in reversed(opening):
            last = next(units(text, index, end), None)
            if last and last.start == index and not text[last.end : end].strip():
                return last
        if end - width <= start:
            break
        width *= 8
    return None


def _is_short(source: str) -> bool:
    """Say whether what a reader sees of `source` can be a notice."""
    return len(source) <= NOTICE_LINE or "&" in source or len(TAG.sub("", source)) <= NOTICE_LINE
