"""Where the objects of a PDF lie: cross-reference tables and streams, newest first (ISO 32000-2, 7.5.4 and 7.5.8).

Tables are not read entry by entry: a section knows where its runs of entries begin and looks one up when it is asked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from labeling.containers._pdf_syntax import (
    Allowance,
    Dictionary,
    Indirect,
    Value,
    malformed,
    parse_indirect,
    parse_value,
)
from labeling.errors import ErrorCode, MediaError
from labeling.limits import require_within

#: Revisions of one file that are looked through for an object, some 20 µs each.
_MOST_SECTIONS: Final = 1_000
_START: Final = re.compile(rb"startxref[\0\t\n\f\r ]*+(\d{1,12})")
_OBJECT: Final = re.compile(rb"\d[\0\t\n\f\r ]{1,9}obj(?![A-Za-z])")
_TABLE: Final = re.compile(rb"[\0\t\n\f\r ]*+xref(?=[\0\t\n\f\r ])")
_RUN: Final = re.compile(rb"[\0\t\n\f\r ]*+(\d{1,10})[\0\t\n\f\r ]++(\d{1,10})[\0\t\n\f\r ]*+")
_TRAILER: Final = re.compile(rb"[\0\t\n\f\r ]*+trailer")
#: 20 bytes by the rules; some writers end lines with one byte, or with three.
_TABLE_ENTRY: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])[\r\n ]{0,3}")


class Location(NamedTuple):
    """Where an object is: at `offset`, or at `place` in the object stream `container`, or nowhere (free)."""

    offset: int = 0
    container: int = 0
    place: int = 0


FREE: Final = Location()


class Section(Protocol):
    """What knows where objects lie: a table, a stream that stands for one, or all of them."""

    def find(self, number: int) -> Location | None:
        """Where the object is; None where the section does not speak of it."""


class _Run(NamedTuple):
    """Entries of `length` objects from `first` on, each `width` bytes, from `at` on."""

    first: int
    length: int
    at: int
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A cross-reference table and, in a hybrid file, the stream that fills it up (7.5.8.4)."""

    source: bytes
    runs: tuple[_Run, ...]
    filled_by: Section | None = None

    def find(self, number: int) -> Location | None:
        """The entry of an object; MediaError where it is no entry."""
        own = self._own(number)
        return self.filled_by.find(number) if own is None and self.filled_by is not None else own

    def _own(self, number: int) -> Location | None:
        run = _run_of(self.runs, number)
        if run is None:
            return None
        at = run.at + (number - run.first) * run.width
        entry = _TABLE_ENTRY.match(self.source, at)
        if entry is None:
            raise malformed("an entry of the cross-reference table is none", at)
        offset = int(entry[1])
        return Location(offset) if entry[3] == b"n" and offset else FREE


@dataclass(frozen=True, slots=True)
class TableStream:
    """A cross-reference stream, decoded."""

    rows: bytes
    runs: tuple[_Run, ...]
    #: Widths of the three fields (7.5.8.2).
    widths: tuple[int, int, int]

    def find(self, number: int) -> Location | None:
        """The entry of an object; types that do not exist are null to every reader (7.5.8.3)."""
        run = _run_of(self.runs, number)
        if run is None:
            return None
        at = run.at + (number - run.first) * run.width
        kind, second, third = self._fields(at)
        if kind == 1 and second:
            return Location(second)
        return Location(container=second, place=third) if kind == 2 else FREE

    def _fields(self, at: int) -> tuple[int, int, int]:
        one, two, three = self.widths
        kind, second, third = (
            int.from_bytes(self.rows[start : start + width], "big")
            for start, width in ((at, one), (at + one, two), (at + one + two, three))
        )
        return kind if one else 1, second, third


#: Decodes the data of a cross-reference stream.
Decode = Callable[[Indirect], bytes]


class Tables:
    """All sections of a file, newest first, each read when no newer one speaks of an object that is asked for."""

    def __init__(self, newest_first: Iterator[tuple[Section, Dictionary]]) -> None:
        self._unread = newest_first
        section, self.trailer = next(newest_first)
        self._read = [section]

    def find(self, number: int) -> Location | None:
        """Where the object is in its newest revision; None where no section speaks of it."""
        for section in self._read:
            location = section.find(number)
            if location is not None:
                return location
        for section, _ in self._unread:
            self._read.append(section)
            location = section.find(number)
            if location is not None:
                return location
        return None


def find_start(source: bytes) -> int:
    """Where the newest section begins, by the last `startxref` (7.5.5).

    Raises MediaError: MEDIA_TRUNCATED where there is none; MEDIA_MALFORMED where objects follow it, as an update that
    was cut off before its own table leaves them.
    """
    found = _START.match(source, max(0, source.rfind(b"startxref")))
    if found is None:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the PDF does not end as a PDF should", what="pdf")
    if _OBJECT.search(source, found.end()):
        raise malformed("objects follow the last cross-reference table", found.end())
    return int(found[1])


def sections(source: bytes, start: int, decode: Decode, allowance: Allowance) -> Iterator[tuple[Section, Dictionary]]:
    """Each section with its trailer, newest first; read one by one as they are asked for.

    Raises MediaError for a section that is none, a loop; LimitError as the values do.
    """
    seen: set[int] = set()
    at: Value = start
    while at is not None:
        if not isinstance(at, int) or at in seen:
            raise malformed("the cross-reference tables do not lead to an end")
        seen.add(at)
        require_within(ErrorCode.LIMIT_ITEMS, len(seen), _MOST_SECTIONS, "the number of revisions of the PDF")
        section, trailer = _read_section(source, at, decode, allowance)
        yield section, trailer
        at = trailer.get("Prev")


def read_table_stream(found: Indirect, decode: Decode) -> tuple[TableStream, Dictionary]:
    """A cross-reference stream (7.5.8); MediaError where `found` is none."""
    trailer = found.value
    if found.data is None or not isinstance(trailer, Dictionary):
        raise malformed("there is no cross-reference table", found.start)
    widths = _numbers(trailer.get("W"))
    size = sum(widths)
    if len(widths) != 3 or not size or max(widths) > 8:
        raise malformed("a cross-reference stream has no widths", found.start)
    spans = _numbers(trailer.get("Index")) or _numbers((0, trailer.get("Size")))
    if len(spans) % 2:
        raise malformed("a cross-reference stream has half a run", found.start)
    rows = decode(found)
    runs: list[_Run] = []
    at = 0
    for first, count in zip(spans[::2], spans[1::2], strict=True):
        runs.append(_Run(first, count, at, size))
        at += count * size
    if at > len(rows):
        raise malformed("a cross-reference stream is shorter than it says", found.start)
    return TableStream(rows, _in_order(runs), (widths[0], widths[1], widths[2])), trailer


def _read_section(source: bytes, at: int, decode: Decode, allowance: Allowance) -> tuple[Section, Dictionary]:
    keyword = _TABLE.match(source, at)
    if keyword is None:
        return read_table_stream(parse_indirect(source, at, allowance), decode)
    runs, at = _runs(source, keyword.end(), allowance)
    trailer, _ = parse_value(source, at, allowance)
    if not isinstance(trailer, Dictionary):
        raise malformed("the trailer is no dictionary", at)
    filler = trailer.get("XRefStm")
    if not isinstance(filler, int):
        return Table(source, runs), trailer
    filled_by, _ = read_table_stream(parse_indirect(source, filler, allowance), decode)
    return Table(source, runs, filled_by), trailer


def _runs(source: bytes, at: int, allowance: Allowance) -> tuple[tuple[_Run, ...], int]:
    """The runs of a table and the position behind the keyword `trailer`."""
    runs: list[_Run] = []
    while (trailer := _TRAILER.match(source, at)) is None:
        header = _RUN.match(source, at)
        if header is None:
            raise malformed("the cross-reference table does not end in a trailer", at)
        entry = _TABLE_ENTRY.match(source, header.end())
        count = int(header[2])
        width = entry.end() - entry.start() if entry and count else 0
        if count and not width:
            raise malformed("the cross-reference table has no entries where it should", at)
        runs.append(_Run(int(header[1]), count, header.end(), width))
        allowance.spend()
        at = header.end() + count * width
    return _in_order(runs), trailer.end()


def _in_order(runs: list[_Run]) -> tuple[_Run, ...]:
    """The runs by object number; MediaError where two speak of one object, as readers would not agree on it."""
    ordered = sorted(run for run in runs if run.length)
    if any(one.first + one.length > two.first for one, two in pairwise(ordered)):
        raise malformed("two runs of a cross-reference table speak of one object")
    return tuple(ordered)


def _run_of(runs: tuple[_Run, ...], number: int) -> _Run | None:
    index = bisect_right(runs, number, key=_first) - 1
    return runs[index] if index >= 0 and number < runs[index].first + runs[index].length else None


def _first(run: _Run) -> int:
    return run.first


def _numbers(value: Value) -> tuple[int, ...]:
    """An array of natural numbers; empty for anything else."""
    items = value if isinstance(value, tuple) else ()
    numbers = tuple(item for item in items if isinstance(item, int) and item >= 0)
    return numbers if len(numbers) == len(items) else ()
