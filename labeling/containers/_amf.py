"""The strings in AMF0, the serialisation of ActionScript (Adobe, 'Action Message Format - AMF 0', 2007).

Values are walked with a stack of our own, bounded in depth and number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within

#: Values that are looked at one by one, some 5 µs each, without long arrays of numbers.
MOST_VALUES: Final = 10_000

_NUMBER, _BOOLEAN, _STRING, _OBJECT = 0, 1, 2, 3
_NULL, _UNDEFINED, _REFERENCE, _ECMA_ARRAY = 5, 6, 7, 8
_STRICT_ARRAY, _DATE, _LONG_STRING, _UNSUPPORTED, _XML, _TYPED_OBJECT = 10, 11, 12, 13, 15, 16

#: Bytes behind the marker of values that always take as many.
_WIDTHS = {_NUMBER: 8, _BOOLEAN: 1, _NULL: 0, _UNDEFINED: 0, _REFERENCE: 2, _DATE: 10, _UNSUPPORTED: 0}
#: Bytes of the length of a string.
_LENGTHS = {_STRING: 2, _LONG_STRING: 4, _XML: 4}
#: Markers of values that hold others. The count of an ECMA array is a hint; it ends as an object does.
_OPENERS = frozenset({_OBJECT, _ECMA_ARRAY, _STRICT_ARRAY, _TYPED_OBJECT})
_END = b"\0\0\x09"
_NUMBER_BYTES = 9


@dataclass(frozen=True, slots=True)
class AmfEntry:
    """One string, or one property of another kind, where it lies in the data."""

    #: Names of properties on the way to it; empty for a value that stands for itself.
    path: tuple[str, ...]
    #: None for a property that is no string.
    raw: bytes | None
    #: First byte of its property's name, or of its marker, and first byte behind it.
    start: int
    end: int


class AmfReader:
    """Reads the scripts of one file; all their values together are bounded by `MOST_VALUES` and `Limits.items`."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._values = 0

    def read(self, data: bytes) -> tuple[list[AmfEntry], bool]:
        """Every string and property in the values that follow one another in `data`, and whether all could be read.

        What cannot be read is damaged, or written in AMF3. A list of properties may end with the data instead of with
        its end marker, as some writers leave it. Raises LimitError: LIMIT_NESTING above `Limits.nesting`, LIMIT_ITEMS.
        """
        walk = _Walk(data, self)
        try:
            walk.run()
        except _AmfError:
            return walk.entries, False
        return walk.entries, True

    def count(self) -> None:
        """One more value."""
        self._values += 1
        most = min(self.limits.items, MOST_VALUES)
        require_within(ErrorCode.LIMIT_ITEMS, self._values, most, "the number of AMF values")


class _AmfError(Exception):
    """The bytes are no AMF0; it never leaves this module."""


@dataclass(slots=True)
class _Level:
    """A value that holds others."""

    path: tuple[str, ...]
    #: Elements of an array that are still to come; None for properties, which end with a marker.
    left: int | None


class _Walk:
    """Goes through the values one by one."""

    def __init__(self, data: bytes, reader: AmfReader) -> None:
        self.entries: list[AmfEntry] = []
        self._data = data
        self._reader = reader
        self._at = 0
        self._unscanned = 2 * len(data)
        self._levels: list[_Level] = []

    def run(self) -> None:
        """All values up to the end of the data."""
        while self._at < len(self._data):
            if not self._levels:
                self._value((), self._at)
            elif self._levels[-1].left is None:
                self._property(self._levels[-1])
            else:
                self._element(self._levels[-1])
        if any(level.left for level in self._levels):
            raise _AmfError

    def _property(self, level: _Level) -> None:
        start = self._at
        if self._data.startswith(_END, start):
            self._at += len(_END)
            self._levels.pop()
            return
        name = self._counted(2).decode("utf-8", "replace")
        self._value((*level.path, name), start, named=True)

    def _element(self, level: _Level) -> None:
        if not level.left:
            self._levels.pop()
            return
        level.left -= 1
        self._value(level.path, self._at)

    def _value(self, path: tuple[str, ...], start: int, *, named: bool = False) -> None:
        self._reader.count()
        marker = self._take(1)[0]
        raw = None
        if marker in _WIDTHS:
            self._take(_WIDTHS[marker])
        elif marker in _LENGTHS:
            raw = self._counted(_LENGTHS[marker])
        elif marker in _OPENERS:
            self._open(path, marker)
        else:
            raise _AmfError
        if named or raw is not None:
            self.entries.append(AmfEntry(path, raw, start, self._at))

    def _open(self, path: tuple[str, ...], marker: int) -> None:
        if marker == _TYPED_OBJECT:
            self._counted(2)
        count = int.from_bytes(self._take(4), "big") if marker in (_ECMA_ARRAY, _STRICT_ARRAY) else 0
        if marker == _STRICT_ARRAY:
            count -= self._skip_numbers(count)
        self._levels.append(_Level(path, count if marker == _STRICT_ARRAY else None))
        depth = len(self._levels)
        require_within(ErrorCode.LIMIT_NESTING, depth, self._reader.limits.nesting, "the nesting of AMF values")

    def _skip_numbers(self, count: int) -> int:
        """Pass at once over an array of nothing but numbers, and say how many: an index of key frames has thousands."""
        size = count * _NUMBER_BYTES
        self._unscanned -= size
        if self._unscanned < 0 or self._data[self._at : self._at + size : _NUMBER_BYTES] != bytes(count):
            return 0
        self._take(size)
        return count

    def _counted(self, width: int) -> bytes:
        return self._take(int.from_bytes(self._take(width), "big"))

    def _take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise _AmfError
        return self._data[start : self._at]
