"""A PDF as its newest trailer and the objects that are asked for.

Nothing else is read, so that a page tree of any depth or shape costs nothing. What a stream needs of other objects
(its length, its filter) is looked up only outside of object streams: ISO 32000-2, 7.5.7 wants it so for the length,
and no chain of streams can be built in which each waits for the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labeling.containers._pdf_filters import Budget
from labeling.containers._pdf_search import search
from labeling.containers._pdf_syntax import (
    Allowance,
    Dictionary,
    Indirect,
    Reference,
    Value,
    malformed,
    parse_indirect,
    parse_value,
    stream_end,
)
from labeling.containers._pdf_xref import FREE, Location, Section, Tables, find_start, sections
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and where the object lies that is this value: 0, 0 where it is part of another one, or in a stream."""

    value: Value
    start: int = 0
    end: int = 0
    #: First byte of the data of a stream.
    data: int | None = None

    @property
    def dictionary(self) -> Dictionary:
        """The value as a dictionary; an empty one where it is none."""
        return self.value if isinstance(self.value, Dictionary) else Dictionary(())


class Document:
    """The objects of one PDF. Its methods raise MediaError for what is damaged and LimitError at a bound."""

    def __init__(
        self,
        source: bytes,
        trailer: Dictionary,
        lookup: Section,
        structure: Budget,
        allowance: Allowance,
        limits: Limits,
    ) -> None:
        self.trailer = trailer
        self._source = source
        self._lookup = lookup
        self._structure = structure
        self._packets = Budget(limits.inflated_metadata_bytes)
        self._allowance = allowance
        self._limits = limits
        self._found: dict[int, Found] = {}
        self._object_streams: dict[int, _ObjectStream] = {}

    def resolve(self, value: Value) -> Found:
        """What a value stands for: itself, or the object to which it refers.

        A reference to nothing is null (7.3.10); the generation of a reference is not looked at.
        """
        found = Found(value)
        for _ in range(self._limits.nesting):
            if not isinstance(found.value, Reference):
                return found
            found = self._object(found.value.number)
        raise malformed("references lead in a circle")

    def stream(self, found: Found) -> bytes:
        """The decoded data of a stream that carries metadata; `Limits.inflated_metadata_bytes` for all of them."""
        if found.data is None:
            raise malformed("there is no stream where there should be one", found.start)
        return self._decoded(found.dictionary, found.data, self._packets)

    def end_of(self, found: Found) -> int:
        """Where the object ends, with the data of a stream."""
        if found.data is None:
            return found.end
        return stream_end(self._source, found.data, self._length(found.dictionary))

    def _object(self, number: int) -> Found:
        if number not in self._found:
            self._found[number] = self._read(number, self._lookup.find(number) or FREE)
        return self._found[number]

    def _read(self, number: int, location: Location) -> Found:
        if location.container:
            return Found(self._object_stream(location.container).read(number, location.place, self._allowance))
        return self._direct(number, location) if location.offset else Found(None)

    def _direct(self, number: int, location: Location) -> Found:
        found = parse_indirect(self._source, location.offset, self._allowance)
        if found.number != number:
            raise malformed(f"object {number} is not where the table says", location.offset)
        return Found(found.value, found.start, found.end, found.data)

    def _outside(self, value: Value) -> Value:
        """The value, or the object to which it refers if that lies outside of object streams; else null."""
        if not isinstance(value, Reference):
            return value
        location = self._lookup.find(value.number) or FREE
        return self._direct(value.number, location).value if location.offset else None

    def _object_stream(self, number: int) -> _ObjectStream:
        if number not in self._object_streams:
            location = self._lookup.find(number) or FREE
            found = self._direct(number, location) if location.offset else Found(None)
            if found.data is None:
                raise malformed(f"there is no object stream {number}", found.start)
            data = self._decoded(found.dictionary, found.data, self._structure)
            self._object_streams[number] = _read_object_stream(data, found.dictionary, self._limits)
        return self._object_streams[number]

    def _length(self, dictionary: Dictionary) -> int | None:
        length = self._outside(dictionary.get("Length"))
        return length if isinstance(length, int) else None

    def _decoded(self, dictionary: Dictionary, start: int, budget: Budget) -> bytes:
        encoding = Dictionary(tuple((key, self._outside(dictionary.get(key))) for key in ("Filter", "DecodeParms")))
        end = stream_end(self._source, start, self._length(dictionary))
        return _decoded(self._source, start, end, encoding, budget)


@dataclass(frozen=True, slots=True)
class _ObjectStream:
    """An object stream, inflated: number of each object and where it begins (7.5.7)."""

    data: bytes
    objects: tuple[tuple[int, int], ...]

    def read(self, number: int, place: int, allowance: Allowance) -> Value:
        """The object of that number, at that place where it is there, as tables may be wrong about it."""
        candidates = (*self.objects[place : place + 1], *self.objects)
        at = next((start for found, start in candidates if found == number), None)
        if at is None:
            raise malformed(f"object {number} is not in the object stream where the table says")
        return parse_value(self.data, at, allowance)[0]


def open_document(source: bytes, allowance: Allowance, limits: Limits) -> Document:
    """The document as its cross-reference tables describe it; tables are read as far as they are needed."""
    structure = Budget(limits.all_metadata_bytes)
    tables = Tables(sections(source, find_start(source), _table_decoder(source, structure), allowance))
    return Document(source, tables.trailer, tables, structure, allowance, limits)


def recover_document(source: bytes, allowance: Allowance, limits: Limits) -> Document:
    """The document as far as its objects can be found without tables."""
    structure = Budget(limits.all_metadata_bytes)
    lookup, trailer = search(source, _table_decoder(source, structure), allowance, limits)
    return Document(source, trailer, lookup, structure, allowance, limits)


def _table_decoder(source: bytes, budget: Budget) -> Callable[[Indirect], bytes]:
    """Decodes cross-reference streams, whose dictionaries hold no references (7.5.8.2)."""

    def decode(found: Indirect) -> bytes:
        dictionary = found.value if isinstance(found.value, Dictionary) else Dictionary(())
        length = dictionary.get("Length")
        start = found.data or found.end
        end = stream_end(source, start, length if isinstance(length, int) else None)
        return _decoded(source, start, end, dictionary, budget)

    return decode


def _decoded(source: bytes, start: int, end: int, encoding: Dictionary, budget: Budget) -> bytes:
    budget.require_room(end - start)
    return budget.decode(source[start:end], encoding)


def _read_object_stream(data: bytes, dictionary: Dictionary, limits: Limits) -> _ObjectStream:
    count, first = dictionary.get("N"), dictionary.get("First")
    if not isinstance(count, int) or not isinstance(first, int) or count < 0 or not 0 <= first <= len(data):
        raise malformed("an object stream does not say what is in it")
    require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of objects in an object stream")
    try:
        numbers = [int(number) for number in data[:first].replace(b"\0", b" ").split(None, 2 * count)[: 2 * count]]
    except ValueError:
        raise malformed("an object stream does not begin with numbers") from None
    if len(numbers) != 2 * count or min(numbers, default=0) < 0:
        raise malformed("an object stream does not list as many objects as it says")
    return _ObjectStream(data, tuple(zip(numbers[::2], (first + start for start in numbers[1::2]), strict=True)))
