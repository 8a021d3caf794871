"""A bounded reader of TIFF structures: the header, the chain of image file directories, and the directories in them.

It serves EXIF blocks and TIFF files alike and never copies pixels. Source: TIFF 6.0, section 2; the BigTIFF design
(libtiff); Exif 3.0 (CIPA DC-008), 4.6.3 for the pointers to directories inside a directory.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

BYTE: Final = 1
ASCII: Final = 2
SHORT: Final = 3
LONG: Final = 4
UNDEFINED: Final = 7
IFD: Final = 13
LONG8: Final = 16
IFD8: Final = 18

EXIF_POINTER: Final = 0x8769
GPS_POINTER: Final = 0x8825
INTEROP_POINTER: Final = 0xA005
SUB_IFDS: Final = 0x014A

#: Tags whose value is the offset of another directory, and the name that directory gets here.
POINTERS: Final[Mapping[int, str]] = {
    EXIF_POINTER: "Exif",
    GPS_POINTER: "GPS",
    INTEROP_POINTER: "Interop",
    SUB_IFDS: "SubIFD",
}

#: Bytes of one value of each field type (129: UTF-8, Exif 3.0); a type that is not listed has values of unknown size.
TYPE_SIZES: Final[Mapping[int, int]] = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1,
}  # fmt: skip
#: `struct` letters of the unsigned integer types.
INTEGERS: Final[Mapping[int, str]] = {BYTE: "B", SHORT: "H", LONG: "I", IFD: "I", LONG8: "Q", IFD8: "Q"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Byte order and width of offsets: `II` or `MM`, classic TIFF or BigTIFF."""

    order: Literal["<", ">"]
    big: bool = False

    @property
    def word(self) -> str:
        """`struct` letter of an offset."""
        return "Q" if self.big else "I"

    @property
    def inline(self) -> int:
        """Bytes of a value that still fit into the entry itself."""
        return 8 if self.big else 4

    @property
    def header(self) -> bytes:
        """The first bytes of a structure, up to the offset of the first directory."""
        mark = b"II" if self.order == "<" else b"MM"
        return mark + (self.pack("HHH", 43, 8, 0) if self.big else self.pack("H", 42))

    @property
    def counter(self) -> struct.Struct:
        """The number of entries that opens a directory."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def entry(self) -> struct.Struct:
        """One entry: tag, type, count, and the value or its offset as bytes."""
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    def pack(self, letters: str, *values: int) -> bytes:
        """Integers in this byte order."""
        return struct.pack(self.order + letters, *values)

    def offset(self, value: int) -> bytes:
        """An offset as it is stored."""
        return self.pack(self.word, value)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory. `value_at` and `size` say where its value lies; neither is checked yet."""

    tag: int
    kind: int
    count: int
    #: Offset of the entry itself.
    at: int
    value_at: int
    #: Bytes of the value; 0 where the field type is unknown.
    size: int
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Ifd:
    """One directory. `name` is its way from the root: 'IFD0', 'IFD0/Exif', 'IFD1/SubIFD0'."""

    name: str
    at: int
    #: First byte after the table: after the offset of the next directory in the chain, else after the last entry.
    end: int
    #: Where the offset of this directory is stored, and its `struct` letter.
    pointer_at: int
    pointer_letter: str
    entries: tuple[Entry, ...]
    #: Offset of the next directory in the chain as stored, 0 at its end; None in a directory that is in no chain.
    next: int | None
    children: tuple[Ifd, ...] = ()

    def find(self, tag: int) -> Entry | None:
        """The first entry with `tag`."""
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def child(self, name: str) -> Ifd | None:
        """The directory inside this one that is called `name`: 'Exif', 'SubIFD0'."""
        return next((child for child in self.children if child.name == f"{self.name}/{name}"), None)

    def walk(self) -> Iterator[Ifd]:
        """The directory itself and all directories inside it, outer first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """A TIFF structure as read: the main chain, each directory with the ones inside it."""

    data: memoryview
    dialect: Dialect
    limits: Limits
    chain: tuple[Ifd, ...]

    def walk(self) -> Iterator[Ifd]:
        """Every directory, in the order of the chain, outer first."""
        for ifd in self.chain:
            yield from ifd.walk()

    def raw(self, entry: Entry) -> bytes:
        """The bytes of a value; MediaError (media.truncated) where they lie outside the data."""
        if entry.value_at + entry.size > len(self.data):
            raise outside(entry.tag, entry.value_at, entry.size, len(self.data))
        return bytes(self.data[entry.value_at : entry.value_at + entry.size])

    def integers(self, entry: Entry) -> tuple[int, ...]:
        """The values of an unsigned integer entry.

        MediaError where the type is another one or the values lie outside the data; LimitError above `Limits.items`.
        """
        letter = INTEGERS.get(entry.kind)
        if letter is None:
            raise malformed(f"tag {entry.tag:#06x} has the field type {entry.kind} and should be an integer")
        require_within(ErrorCode.LIMIT_ITEMS, entry.count, self.limits.items, f"the count of tag {entry.tag:#06x}")
        return struct.unpack(f"{self.dialect.order}{entry.count}{letter}", self.raw(entry))

    def numbers(self, ifd: Ifd, tag: int) -> tuple[int, ...]:
        """The values of `tag` in `ifd`, empty where it is absent; errors as `integers`."""
        entry = ifd.find(tag)
        return self.integers(entry) if entry else ()

    def number(self, ifd: Ifd, tag: int, default: int) -> int:
        """The first value of `tag` in `ifd`; errors as `integers`."""
        return next(iter(self.numbers(ifd, tag)), default)


def malformed(detail: str) -> MediaError:
    """The error for a structure that breaks TIFF's own rules."""
    return MediaError(ErrorCode.MEDIA_MALFORMED, detail)


def read(
    data: bytes | memoryview, limits: Limits, *, follow: Collection[int] = tuple(POINTERS), chain: bool = True
) -> Tree:
    """Read the directories of a TIFF structure.

    `follow` names the pointer tags whose directories are read too. `chain=False` stops after the first directory and
    does not ask for the offset that should follow it, as cameras leave it out or wrong.
    Values are not looked at. Raises MediaError (media.malformed, media.truncated) for a structure that cannot be read
    or that reaches one directory twice, LimitError for more than `Limits.items` entries and directories, more than
    `Limits.frames` directories, in the chain or in others, or deeper nesting than `Limits.nesting`.
    """
    view = memoryview(data)
    dialect = read_dialect(view)
    reader = _Reader(view, dialect, limits, frozenset(follow))
    pointer_at = 8 if dialect.big else 4
    ifds: list[Ifd] = []
    at = reader.word(pointer_at)
    while at and (chain or not ifds):
        require_within(ErrorCode.LIMIT_FRAMES, len(ifds) + 1, limits.frames, "the number of directories in the chain")
        ifd = reader.directory(at, pointer_at, dialect.word, f"IFD{len(ifds)}", depth=1, chained=chain)
        ifds.append(ifd)
        at, pointer_at = ifd.next or 0, ifd.end - struct.calcsize(dialect.word)
    if not ifds:
        raise malformed("the TIFF structure has no directory")
    return Tree(view, dialect, limits, tuple(ifds))


def read_dialect(data: bytes | memoryview) -> Dialect:
    """Byte order and variant from the first bytes; MediaError (media.malformed) where they are no TIFF header."""
    head = bytes(data[:8])
    for order in ("<", ">"):
        for dialect in (Dialect(order), Dialect(order, big=True)):
            if head.startswith(dialect.header):
                return dialect
    raise malformed("a TIFF structure must start with II or MM and 42 or 43")


@dataclass(slots=True)
class _Reader:
    """Reads directories of one structure and counts what it has read."""

    data: memoryview
    dialect: Dialect
    limits: Limits
    follow: frozenset[int]
    seen: set[int] = field(default_factory=set)
    items: int = 0

    def word(self, at: int) -> int:
        size = struct.calcsize(self.dialect.word)
        _require_span(at, size, len(self.data), "an offset")
        return int.from_bytes(self.data[at : at + size], "little" if self.dialect.order == "<" else "big")

    def directory(self, at: int, pointer_at: int, letter: str, name: str, depth: int, *, chained: bool) -> Ifd:
        require_within(ErrorCode.LIMIT_NESTING, depth, self.limits.nesting, "the nesting of directories")
        if at in self.seen:
            raise malformed(f"the directory at {at} is reached twice")
        self.seen.add(at)
        require_within(ErrorCode.LIMIT_FRAMES, len(self.seen), self.limits.frames, "the number of directories")
        entries, end = self._table(at)
        following = self.word(end) if chained else None
        end += struct.calcsize(self.dialect.word) if chained else 0
        ifd = Ifd(name, at, end, pointer_at, letter, entries, following)
        return replace(ifd, children=tuple(self._children(ifd, depth)))

    def _table(self, at: int) -> tuple[tuple[Entry, ...], int]:
        """The entries and where they end."""
        counter, entry = self.dialect.counter, self.dialect.entry
        _require_span(at, counter.size, len(self.data), "a directory")
        count: int = counter.unpack_from(self.data, at)[0]
        self._count(count + 1)
        start = at + counter.size
        end = start + count * entry.size
        _require_span(start, end - start, len(self.data), "a directory")
        entries = tuple(
            self._entry(start + i * entry.size, *fields)
            for i, fields in enumerate(entry.iter_unpack(self.data[start:end]))
        )
        return entries, end

    def _entry(self, at: int, tag: int, kind: int, count: int, value: bytes) -> Entry:
        size = TYPE_SIZES.get(kind, 0) * count
        inline = size <= self.dialect.inline
        value_at = at + self.dialect.entry.size - self.dialect.inline if inline else self._offset(value)
        return Entry(tag, kind, count, at, value_at, size, inline)

    def _offset(self, value: bytes) -> int:
        return int.from_bytes(value, "little" if self.dialect.order == "<" else "big")

    def _children(self, ifd: Ifd, depth: int) -> Iterator[Ifd]:
        tree = Tree(self.data, self.dialect, self.limits, ())
        pointers = [entry for entry in ifd.entries if entry.tag in self.follow]
        if len({entry.tag for entry in pointers}) < len(pointers):
            raise malformed(f"{ifd.name} has the same pointer twice")
        for entry in pointers:
            if entry.kind not in (LONG, IFD, LONG8, IFD8):
                raise malformed(f"the pointer {entry.tag:#06x} has the field type {entry.kind}")
            self._count(entry.count)
            letter = INTEGERS[entry.kind]
            for i, at in enumerate(tree.integers(entry)):
                name = POINTERS[entry.tag] + (str(i) if entry.tag == SUB_IFDS else "")
                pointer_at = entry.value_at + i * struct.calcsize(letter)
                yield self.directory(at, pointer_at, letter, f"{ifd.name}/{name}", depth + 1, chained=False)

    def _count(self, more: int) -> None:
        self.items += more
        require_within(ErrorCode.LIMIT_ITEMS, self.items, self.limits.items, "the number of directory entries")


def outside(tag: int, start: int, size: int, total: int) -> MediaError:
    """The error for a value that does not lie inside the data."""
    return _truncated(f"the value of tag {tag:#06x}", start, size, total)


def _truncated(what: str, start: int, size: int, total: int) -> MediaError:
    detail = f"{what} lies at {start} and needs {size} bytes; there are {total}"
    return MediaError(ErrorCode.MEDIA_TRUNCATED, detail, offset=start)


def _require_span(start: int, size: int, total: int, what: str) -> None:
    if start + size > total:
        raise _truncated(what, start, size, total)
