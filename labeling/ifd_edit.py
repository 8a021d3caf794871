"""Changes to a TIFF structure that move nothing: values are overwritten where they lie or added at the end.

Every offset that is stored in the data stays valid, so MakerNotes, strips and tags that are not understood survive.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from labeling import ifd as tiff
from labeling.errors import ErrorCode, LimitError
from labeling.ifd import Dialect, Entry, Ifd, Tree, malformed

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a tag: field type, count, and its bytes in the structure's byte order."""

    kind: int
    count: int
    data: bytes


#: What is to become of the tags of one directory: a new value, or None to take the tag away.
TagChanges = Mapping[int, Value | None]


#: Bytes of the blocks in which a draft copies what it changes.
_BLOCK: Final = 16 * 1024


@dataclass(slots=True)
class Draft:
    """Data being edited: bytes are overwritten in place or added at the end, at even offsets (TIFF 6.0, section 2).

    Only the blocks that are written to are copied, so that the whole is copied once, when it is finished.
    """

    source: memoryview
    changed: dict[int, bytearray] = field(default_factory=dict)
    tail: list[bytes] = field(default_factory=list)
    length: int = 0

    def __post_init__(self) -> None:
        self.length = len(self.source)

    def append(self, data: bytes) -> int:
        """Add `data` at the end and return its offset."""
        if self.length % 2:
            self._extend(b"\0")
        at = self.length
        self._extend(data)
        return at

    def overwrite(self, at: int, data: bytes, size: int | None = None) -> None:
        """Write `data` at an offset of the original, followed by NULs up to `size` bytes."""
        padded = data if size is None else data.ljust(size, b"\0")
        for index, start, part in self._parts(at, len(padded)):
            if index not in self.changed:
                self.changed[index] = bytearray(self._original(index))
            offset = index * _BLOCK + start - at
            self.changed[index][start : start + part] = padded[offset : offset + part]

    def read(self, at: int, size: int) -> bytes:
        """Bytes of the original as they are now."""
        parts = ((self.changed.get(i, self._original(i)), start, part) for i, start, part in self._parts(at, size))
        return b"".join(block[start : start + part] for block, start, part in parts)

    def finish(self) -> bytes:
        """The result."""
        pieces: list[bytes | bytearray | memoryview] = []
        done = 0
        for index in sorted(self.changed):
            pieces += (self.source[done : index * _BLOCK], self.changed[index])
            done = (index + 1) * _BLOCK
        return b"".join((*pieces, self.source[done:], *self.tail))

    def _original(self, index: int) -> memoryview:
        return self.source[index * _BLOCK : (index + 1) * _BLOCK]

    def _parts(self, at: int, size: int) -> Iterator[tuple[int, int, int]]:
        """The blocks under a span: index, first byte in the block, number of bytes."""
        if at + size > len(self.source):
            raise ValueError("a draft is overwritten inside the original only")
        end = at + size
        while at < end:
            index, start = divmod(at, _BLOCK)
            part = min(end - at, _BLOCK - start)
            yield index, start, part
            at += part

    def _extend(self, data: bytes) -> None:
        self.tail.append(data)
        self.length += len(data)


class Occupancy:
    """Which bytes of a structure belong to something: answers whether a span belongs to one thing alone."""

    def __init__(self, spans: Iterable[Span]) -> None:
        used = [span for span in spans if span[0] < span[1]]
        self._starts = sorted(start for start, _ in used)
        self._ends = sorted(end for _, end in used)

    def alone(self, start: int, end: int) -> bool:
        """True where exactly one span touches [start, end)."""
        return bisect_left(self._starts, end) - bisect_right(self._ends, start) == 1


def table_spans(tree: Tree) -> Iterator[Span]:
    """The spans of the header, of every directory and of every value that lies outside its entry."""
    yield 0, len(tree.dialect.header) + struct.calcsize(tree.dialect.word)
    for ifd in tree.walk():
        yield ifd.at, ifd.end
        for entry in ifd.entries:
            if not entry.is_inline:
                yield entry.value_at, entry.value_at + entry.size


def rewrite(tree: Tree, changes: Mapping[str, TagChanges], occupancy: Occupancy | None = None) -> bytes:
    """The structure with tags set or taken away, keyed by the directory's name.

    A missing 'IFD0/Exif' is made. Old values are zeroed. Raises MediaError (media.malformed) where an old value shares
    its bytes with something else, media.truncated where it lies outside the data, LimitError where the result would
    need offsets that the structure cannot hold.
    """
    # 1. Directories later in the chain first and inner ones before outer ones, so that no pointer that is still to be
    #    patched lies in a table that has moved.
    draft = Draft(tree.data)
    used = occupancy or Occupancy(table_spans(tree))
    for ifd in reversed(list(tree.walk())):
        wanted = dict(changes.get(ifd.name, {}))
        # 2. A directory that is needed and missing is added at the end, and a pointer to it is one more change.
        if ifd.name == "IFD0" and ifd.child("Exif") is None:
            wanted |= _new_exif(draft, tree.dialect, changes.get("IFD0/Exif", {}))
        if wanted:
            amend(draft, tree.dialect, ifd, wanted, used)
    return draft.finish()


def amend(draft: Draft, dialect: Dialect, ifd: Ifd, changes: TagChanges, used: Occupancy) -> None:
    """Change the tags of one directory in `draft`; errors as `rewrite`."""
    # 1. Old values go, and new ones take their room where they fit.
    cells: dict[int, bytes] = {}
    for tag, value in changes.items():
        room = _cleared(draft, [entry for entry in ifd.entries if entry.tag == tag], used)
        if value is not None:
            cells[tag] = _placed(draft, dialect, tag, value, room)
    # 2. The table keeps its other entries as they are.
    kept = [(e.tag, draft.read(e.at, dialect.entry.size)) for e in ifd.entries if e.tag not in changes]
    if not cells and len(kept) == len(ifd.entries):
        return
    table, following = encode_table(dialect, _merged(kept, cells)), _following(draft, dialect, ifd)
    in_place = table if following is None else table + following
    # 3. It is written over the old one, or at the end with the pointer patched.
    if len(in_place) <= ifd.end - ifd.at:
        _require_alone(used, (ifd.at, ifd.end), f"the directory {ifd.name}")
        draft.overwrite(ifd.at, in_place, ifd.end - ifd.at)
        return
    _require_alone(used, (ifd.pointer_at, ifd.pointer_at + struct.calcsize(ifd.pointer_letter)), "a pointer")
    at = _require_offset(dialect, draft.append(table + (following or dialect.offset(0))))
    draft.overwrite(ifd.pointer_at, dialect.pack(ifd.pointer_letter, at))


def encode_table(dialect: Dialect, cells: Iterable[bytes]) -> bytes:
    """A directory of entries that are encoded already, up to the offset of the next one."""
    rows = list(cells)
    if not dialect.big and len(rows) > 0xFFFF:
        raise malformed(f"a directory cannot hold {len(rows)} entries")
    return dialect.counter.pack(len(rows)) + b"".join(rows)


def build(dialect: Dialect, main: Mapping[int, Value], exif: Mapping[int, Value]) -> bytes:
    """A structure of its own with the tags of IFD0 and, where there are any, of its Exif directory."""
    draft = Draft(memoryview(dialect.header + dialect.offset(0)))
    wanted = {**main, **_new_exif(draft, dialect, exif)}
    cells = [_placed(draft, dialect, tag, value, None) for tag, value in sorted(wanted.items())]
    table_at = draft.append(encode_table(dialect, cells) + dialect.offset(0))
    draft.overwrite(len(dialect.header), dialect.offset(table_at))
    return draft.finish()


def integers(dialect: Dialect, kind: int, values: Iterable[int]) -> Value:
    """A `Value` of unsigned integers."""
    numbers = list(values)
    return Value(kind, len(numbers), dialect.pack(f"{len(numbers)}{tiff.INTEGERS[kind]}", *numbers))


def _new_exif(draft: Draft, dialect: Dialect, changes: TagChanges) -> dict[int, Value]:
    """The pointer to a new Exif directory, or nothing where no tag is to be set in it."""
    wanted = {tag: value for tag, value in changes.items() if value is not None}
    if not wanted:
        return {}
    cells = [_placed(draft, dialect, tag, value, None) for tag, value in sorted(wanted.items())]
    at = _require_offset(dialect, draft.append(encode_table(dialect, cells) + dialect.offset(0)))
    return {tiff.EXIF_POINTER: integers(dialect, tiff.LONG8 if dialect.big else tiff.LONG, [at])}


def _cleared(draft: Draft, entries: list[Entry], used: Occupancy) -> Span | None:
    """Zero the values of `entries`; the span of the last one that lies outside its entry may be used again."""
    room: Span | None = None
    for entry in entries:
        span = (entry.value_at, entry.value_at + entry.size)
        if entry.is_inline or not entry.size:
            continue
        if span[1] > len(draft.source):
            raise tiff.outside(entry.tag, entry.value_at, entry.size, len(draft.source))
        _require_alone(used, span, f"the value of tag {entry.tag:#06x}")
        draft.overwrite(span[0], b"", entry.size)
        room = span
    return room


def _placed(draft: Draft, dialect: Dialect, tag: int, value: Value, room: Span | None) -> bytes:
    """Put a value into its entry, into `room` or at the end, and return the encoded entry."""
    if len(value.data) <= dialect.inline:
        return dialect.entry.pack(tag, value.kind, value.count, value.data.ljust(dialect.inline, b"\0"))
    if room and len(value.data) <= room[1] - room[0]:
        at = room[0]
        draft.overwrite(at, value.data)
    else:
        at = _require_offset(dialect, draft.append(value.data))
    return dialect.entry.pack(tag, value.kind, value.count, dialect.offset(at))


def _following(draft: Draft, dialect: Dialect, ifd: Ifd) -> bytes | None:
    """The stored offset of the next directory as it is now, None for a directory that is in no chain."""
    size = struct.calcsize(dialect.word)
    return None if ifd.next is None else draft.read(ifd.end - size, size)


def _merged(kept: list[tuple[int, bytes]], added: Mapping[int, bytes]) -> list[bytes]:
    """All entries by tag; a directory that was sorted stays sorted, and equal tags keep their order."""
    return [cell for _, cell in sorted([*kept, *added.items()], key=lambda row: row[0])]


def _require_alone(used: Occupancy, span: Span, what: str) -> None:
    if not used.alone(*span):
        raise malformed(f"{what} shares its bytes with another part of the structure")


def _require_offset(dialect: Dialect, at: int) -> int:
    if not dialect.big and at > 0xFFFFFFFF:
        raise LimitError(
            ErrorCode.LIMIT_BYTES, "the result needs offsets above 4 GiB", actual=at, limit=0xFFFFFFFF, what="offsets"
        )
    return at
