"""A ZIP archive in memory: its directory, and one entry inflated at a time, all of it bounded.

Whatever two readers could take for two different archives is refused: entries that share bytes or a name, a directory
that is not where the end record says, a name in the local header that is not the one in the directory. Sizes are
measured while an entry is inflated; what the headers say of them is only compared.

Source: PKWARE APPNOTE 6.3 (the numbers of its clauses are in the code).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits, require_within

#: 4.3.16: disks, entries on this disk and in all, size and offset of the directory, length of the comment.
_END = Struct("<4sHHHHIIH")
#: 4.3.12: versions, flags, method, time, CRC-32, sizes, lengths of name, extra field and comment, disk, attributes,
#: offset of the local header.
_ENTRY = Struct("<4s4xHHxxxxIIIHHHH6xI")
#: 4.3.7: flags to sizes are repeated from the directory, so only the lengths of name and extra field count.
_LOCAL = Struct("<4s22xHH")
_END_SIGNATURE, _ENTRY_SIGNATURE, _LOCAL_SIGNATURE = b"PK\5\6", b"PK\1\2", b"PK\3\4"
#: 4.3.15, the locator of a zip64 end record lies directly before the end record.
_ZIP64_LOCATOR, _ZIP64_LOCATOR_SIZE = b"PK\6\7", 20
_MOST_COMMENT = 65_535
#: 4.4.4: bit 0 and bit 6 say that the entry is encrypted, bit 11 that its name is UTF-8.
_ENCRYPTED, _UTF8 = 0x41, 0x800
#: 4.4.5.
_STORED, _DEFLATED = 0, 8

#: Names that lead nowhere, to another place of the machine, or out of the archive.
_ODD_NAME = re.compile(r"\Z|/|[A-Za-z]:|.*[\0-\x1f\x7f]|(?:.*/)?\.\.(?:/|\Z)", re.DOTALL)


class Entry(NamedTuple):
    """One entry as the directory has it."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    #: Bytes in the archive, and bytes when inflated, as the directory says.
    packed: int
    size: int
    #: Offset of the local header.
    start: int


@dataclass(frozen=True, slots=True)
class _Directory:
    start: int
    end: int
    entries: int


@dataclass(frozen=True, slots=True)
class Archive:
    """The entries of an archive by their folded names (ISO/IEC 29500-2, 6.2.2.3: names differ in more than case)."""

    _data: bytes
    _entries: dict[str, Entry]
    _limits: Limits

    def names(self) -> Iterator[str]:
        """The names of all entries as they are written, in the order of the directory."""
        return (entry.name for entry in self._entries.values())

    def find(self, name: str) -> Entry | None:
        """The entry of that name, in any case; None where there is none."""
        return self._entries.get(_folded(name))

    def span(self, entry: Entry) -> tuple[int, int]:
        """First byte of the local header and first byte behind the content."""
        return entry.start, _content_start(self._data, entry.start) + entry.packed

    def read(self, entry: Entry) -> bytes:
        """The content of an entry, inflated.

        Raises LimitError(LIMIT_INFLATED) above `Limits.archive_part_bytes`, before more than that is inflated, and
        MediaError: MEDIA_MALFORMED for a damaged entry, MEDIA_UNSUPPORTED for another compression than deflate.
        """
        start = _content_start(self._data, entry.start)
        _require_same_name(self._data, entry)
        content = _inflated(memoryview(self._data)[start : start + entry.packed], entry, self._limits)
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise _malformed(f"the entry {entry.name!r} is not as long as it says, or its checksum is wrong")
        return content


def open_archive(data: bytes, limits: Limits) -> Archive:
    """Read the directory of a ZIP archive and refuse what is ambiguous; nothing is inflated.

    Raises MediaError: MEDIA_TRUNCATED without an end record, MEDIA_MALFORMED for a directory or names that no reader
    should accept, MEDIA_ENCRYPTED, MEDIA_UNSUPPORTED for zip64 and split archives; LimitError(LIMIT_ITEMS) above
    `Limits.archive_entries`.
    """
    # 1. The end record, and through it the directory.
    directory = _find_directory(data)
    require_within(ErrorCode.LIMIT_ITEMS, directory.entries, limits.archive_entries, "the number of archive entries")
    entries = tuple(_walk(data, directory))
    # 2. Every entry can be opened by its name, and under one name only.
    by_name = _by_name(entries)
    # 3. No entry shares bytes with another.
    _require_apart(data, entries, directory.start)
    return Archive(data, by_name, limits)


def lists_entry(data: bytes, name: str) -> bool:
    """Whether the directory seems to name such an entry, in any case: a quick look before the archive is opened.

    Raises MediaError where there is no directory.
    """
    directory = _find_directory(data)
    pattern = re.compile(re.escape(name.encode("ascii")), re.IGNORECASE)
    return pattern.search(data, directory.start, directory.end) is not None


def _find_directory(data: bytes) -> _Directory:
    end = data.rfind(_END_SIGNATURE, max(0, len(data) - _END.size - _MOST_COMMENT))
    if end < 0 or len(data) - end < _END.size:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the archive has no end record", what="zip")
    _, disk, first_disk, here, entries, size, offset, _ = _END.unpack_from(data, end)
    if _has_zip64(data, end) or 0xFFFF in (here, entries) or 0xFFFFFFFF in (size, offset):
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, "a zip64 archive is not handled", feature="zip64")
    if disk or first_disk or here != entries:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, "a split archive is not handled", feature="split archive")
    if offset + size != end:
        raise _malformed("the directory is not where the end record says")
    return _Directory(offset, end, entries)


def _has_zip64(data: bytes, end: int) -> bool:
    return data[max(0, end - _ZIP64_LOCATOR_SIZE) : end].startswith(_ZIP64_LOCATOR)


def _walk(data: bytes, directory: _Directory) -> Iterator[Entry]:
    """The entries of the directory; as many as the end record says, and not a byte more or less."""
    at = directory.start
    for _ in range(directory.entries):
        if directory.end - at < _ENTRY.size:
            raise _malformed("the directory ends inside an entry")
        signature, flags, method, crc, packed, size, name, extra, comment, disk, start = _ENTRY.unpack_from(data, at)
        if signature != _ENTRY_SIGNATURE or disk:
            raise _malformed("the directory holds something else than entries of this archive")
        raw_name = data[at + _ENTRY.size : at + _ENTRY.size + name]
        yield Entry(_decoded(raw_name, flags), raw_name, flags, method, crc, packed, size, start)
        at += _ENTRY.size + name + extra + comment
    if at != directory.end:
        raise _malformed("the directory is longer or shorter than its entries")


def _decoded(name: bytes, flags: int) -> str:
    """Appendix D: UTF-8 where the flag says so, else code page 437."""
    try:
        return name.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError:
        raise _malformed("the name of an entry is not UTF-8") from None


def _folded(name: str) -> str:
    """A name as it is compared; some writers separate folders as Windows does."""
    return name.replace("\\", "/").casefold()


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        name = _folded(entry.name)
        if _ODD_NAME.match(name):
            raise _malformed(f"an entry has the name {entry.name[:100]!r}")
        if name in found:
            raise _malformed(f"two entries have the name {entry.name[:100]!r}")
        if entry.flags & _ENCRYPTED:
            raise MediaError(ErrorCode.MEDIA_ENCRYPTED, f"the entry {entry.name[:100]!r} is encrypted", what="zip")
        found[name] = entry
    return found


def _require_apart(data: bytes, entries: Iterable[Entry], directory: int) -> None:
    spans = sorted((entry.start, entry.packed) for entry in entries)
    for (start, packed), (following, _) in pairwise([*spans, (directory, 0)]):
        if following - start < _LOCAL.size or _content_start(data, start) + packed > following:
            raise _malformed("entries of the archive share bytes")


def _content_start(data: bytes, start: int) -> int:
    """Where the content of an entry begins; its local header must lie wholly in `data`."""
    signature, name, extra = _LOCAL.unpack_from(data, start)
    if signature != _LOCAL_SIGNATURE:
        raise _malformed("an entry does not begin with a local header")
    return start + _LOCAL.size + int(name) + int(extra)


def _require_same_name(data: bytes, entry: Entry) -> None:
    name = entry.start + _LOCAL.size
    _, length, _ = _LOCAL.unpack_from(data, entry.start)
    if data[name : name + length] != entry.raw_name:
        raise _malformed(f"the entry {entry.name!r} has another name in its local header")


def _inflated(packed: memoryview, entry: Entry, limits: Limits) -> bytes:
    limit, what = limits.archive_part_bytes, f"the part {entry.name!r}"
    if entry.method == _STORED:
        require_within(ErrorCode.LIMIT_INFLATED, len(packed), limit, what)
        return bytes(packed)
    if entry.method != _DEFLATED:
        feature = f"ZIP compression method {entry.method}"
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{feature} is not handled", feature=feature)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = stream.decompress(packed, limit + 1)
    except zlib.error:
        raise _malformed(f"the entry {entry.name!r} cannot be inflated") from None
    if len(content) > limit:
        raise LimitError(ErrorCode.LIMIT_INFLATED, f"{what} inflates past {limit} bytes", limit=limit, what=what)
    if not stream.eof:
        raise _malformed(f"the entry {entry.name!r} ends too early")
    return content


def _malformed(detail: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, detail, what="zip")
