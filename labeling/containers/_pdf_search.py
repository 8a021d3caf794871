"""Where the objects of a PDF lie when its tables are broken: everything in the file that looks like an object."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labeling.containers._pdf_syntax import Allowance, Dictionary, find_objects, malformed, parse_indirect, parse_value
from labeling.containers._pdf_xref import Decode, Location, TableStream, read_table_stream
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits

#: Trailers that are tried, the last ones first.
_MOST_TRAILERS: Final = 64
_TRAILER: Final = re.compile(rb"trailer(?=[\0\t\n\f\r <])")
_TABLE_STREAM: Final = re.compile(rb"/XRef(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class _Trailer:
    """A trailer, or a cross-reference stream that is one as well, where it lies."""

    at: int
    #: None where it cannot be read.
    dictionary: Dictionary | None
    table: TableStream | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """The last object of each number, and the streams that say what lies in object streams, newest first."""

    objects: dict[int, int]
    tables: tuple[TableStream, ...]

    def find(self, number: int) -> Location | None:
        """Where the object seems to be; what the tables say of objects outside of object streams is not believed."""
        named = next((found for table in self.tables if (found := table.find(number)) is not None), None)
        if named is not None and named.container:
            return named
        return Location(self.objects[number]) if number in self.objects else None


def search(source: bytes, decode: Decode, allowance: Allowance, limits: Limits) -> tuple[Searched, Dictionary]:
    """All objects of a damaged file and its last trailer that names a catalogue.

    Raises MediaError: MEDIA_TRUNCATED where there is no such trailer, MEDIA_MALFORMED where one behind it cannot be
    read, since an older revision says nothing of the newest; LimitError(LIMIT_ITEMS) above `Limits.items` objects, and
    as the values do.
    """
    objects = tuple(find_objects(source, limits))
    positions = [at for _, at in objects]
    trailers = [*_trailers(source, allowance), *_table_streams(source, positions, decode, allowance)]
    trailers.sort(key=lambda trailer: trailer.at, reverse=True)
    tables = tuple(trailer.table for trailer in trailers if trailer.table is not None)
    for trailer in trailers:
        if trailer.dictionary is None:
            raise malformed("the last trailer cannot be read", trailer.at)
        if trailer.dictionary.get("Root") is not None:
            return Searched(dict(objects), tables), trailer.dictionary
    raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the PDF has no trailer", what="pdf")


def _trailers(source: bytes, allowance: Allowance) -> Iterator[_Trailer]:
    positions = [keyword.end() for keyword in _TRAILER.finditer(source)]
    for at in positions[-_MOST_TRAILERS:]:
        try:
            value, _ = parse_value(source, at, allowance)
        except LimitError:
            raise
        except MediaError:
            value = None
        yield _Trailer(at, value if isinstance(value, Dictionary) else None)


def _table_streams(source: bytes, objects: list[int], decode: Decode, allowance: Allowance) -> Iterator[_Trailer]:
    mentions = [name.start() for name in _TABLE_STREAM.finditer(source)]
    starts = {bisect_right(objects, at) - 1 for at in mentions[-_MOST_TRAILERS:]} - {-1}
    for start in sorted(objects[index] for index in starts):
        try:
            table, trailer = read_table_stream(parse_indirect(source, start, allowance), decode)
        except LimitError:
            raise
        except MediaError:
            yield _Trailer(start, None)
        else:
            yield _Trailer(start, trailer, table)
