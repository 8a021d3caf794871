"""The chunk layer of PNG: walk, check, build (W3C PNG third edition, section 5).

Nothing here reads what a chunk says, except IHDR, which everything else depends on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from struct import Struct
from typing import NamedTuple

from isal import isal_zlib

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: IHDR comes first and always has 13 bytes, so new chunks may always go in at this offset (sections 5.6, 11.2.1).
AFTER_HEADER = len(SIGNATURE) + 12 + 13
#: Section 5.3: a length does not exceed 2**31 - 1.
MAXIMUM_LENGTH = 2**31 - 1

_HEAD = Struct(">I4s")
_CRC = Struct(">I")
_IHDR = Struct(">IIBBBBB")

GREY, TRUECOLOUR, INDEXED, GREY_ALPHA, TRUECOLOUR_ALPHA = 0, 2, 3, 4, 6
#: Table 11.1: channels and permitted bit depths of each colour type.
CHANNELS = {GREY: 1, TRUECOLOUR: 3, INDEXED: 1, GREY_ALPHA: 2, TRUECOLOUR_ALPHA: 4}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    TRUECOLOUR: (8, 16),
    INDEXED: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    TRUECOLOUR_ALPHA: (8, 16),
}


class Chunk(NamedTuple):
    """One chunk where it lies in the file: `start` is its length field, `end` the byte after its CRC."""

    kind: bytes
    start: int
    end: int

    def body(self, data: bytes) -> memoryview:
        """The chunk's data, without copying."""
        return memoryview(data)[self.start + 8 : self.end - 4]


@dataclass(frozen=True, slots=True)
class Header:
    """What IHDR says (section 11.2.1)."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool

    @property
    def channels(self) -> int:
        """Samples of one pixel."""
        return CHANNELS[self.colour_type]

    @property
    def filter_distance(self) -> int:
        """Bytes from one pixel to the next for the filters: whole bytes, at least one (section 9.2)."""
        return max(1, self.channels * self.depth // 8)

    def row_bytes(self, width: int) -> int:
        """Bytes of one row of `width` pixels, without its filter byte."""
        return (width * self.channels * self.depth + 7) // 8


def walk(data: bytes, limits: Limits) -> tuple[Chunk, ...]:
    """All chunks from IHDR to IEND, each with a right CRC; bytes after IEND are not looked at.

    Raises MEDIA_UNRECOGNISED without the signature, MEDIA_TRUNCATED where the file ends before IEND, MEDIA_MALFORMED
    for a wrong CRC, a name that is no name, or a wrong order of IHDR and IDAT; LIMIT_ITEMS for too many chunks.

    An ancillary chunk with a wrong CRC is refused as well. A decoder may skip it (section 13.2), but then one reader
    sees a record where another sees none, and a file may hold only one.
    """
    if not data.startswith(SIGNATURE):
        raise MediaError(ErrorCode.MEDIA_UNRECOGNISED, "the PNG signature is missing")
    chunks = list(islice(_walk(data), limits.items + 1))
    require_within(ErrorCode.LIMIT_ITEMS, len(chunks), limits.items, "the number of PNG chunks")
    _require_order(chunks)
    return tuple(chunks)


def walk_on(data: bytes, start: int, limits: Limits) -> Iterator[Chunk]:
    """Further chunks from `start`, as far as there are any with a right CRC; not more than `Limits.items`."""
    view = memoryview(data)
    for _ in range(limits.items):
        if start + 12 > len(data):
            return
        length, kind = _HEAD.unpack_from(data, start)
        end = start + 12 + length
        if end > len(data) or not kind.isalpha():
            return
        if isal_zlib.crc32(view[start + 4 : end - 4]) != _CRC.unpack_from(data, end - 4)[0]:
            return
        yield Chunk(kind, start, end)
        start = end


def read_header(data: bytes, chunks: tuple[Chunk, ...]) -> Header:
    """The image header; raises MEDIA_MALFORMED where a field has a value that the specification does not define."""
    width, height, depth, colour_type, compression, filtering, interlace = _IHDR.unpack(chunks[0].body(data))
    sound = (
        0 < width <= MAXIMUM_LENGTH
        and 0 < height <= MAXIMUM_LENGTH
        and depth in DEPTHS.get(colour_type, ())
        and compression == filtering == 0
        and interlace in (0, 1)
    )
    if not sound:
        raise MediaError(
            ErrorCode.MEDIA_MALFORMED, "IHDR holds a value that PNG does not define", chunk="IHDR", offset=8
        )
    return Header(width, height, depth, colour_type, interlace == 1)


def build(kind: bytes, *parts: bytes | memoryview) -> bytes:
    """A whole chunk with its length and CRC."""
    crc = isal_zlib.crc32(kind)
    for part in parts:
        crc = isal_zlib.crc32(part, crc)
    return b"".join((_HEAD.pack(sum(map(len, parts)), kind), *parts, _CRC.pack(crc)))


def malformed(chunk: Chunk, why: str) -> MediaError:
    """The error for a chunk that cannot be what it says."""
    name = chunk.kind.decode("latin-1")
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"{name}: {why}", chunk=name, offset=chunk.start)


def _walk(data: bytes) -> Iterator[Chunk]:
    view = memoryview(data)
    start, size = len(SIGNATURE), len(data)
    kind = b""
    while kind != b"IEND":
        if start + 12 > size:
            raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends before IEND", offset=start)
        length, kind = _HEAD.unpack_from(data, start)
        end = start + 12 + length
        if length > MAXIMUM_LENGTH or not kind.isalpha():
            raise malformed(Chunk(kind, start, end), "no chunk starts here")
        if end > size:
            raise MediaError(ErrorCode.MEDIA_TRUNCATED, "a chunk is longer than the file", offset=start)
        if isal_zlib.crc32(view[start + 4 : end - 4]) != _CRC.unpack_from(data, end - 4)[0]:
            raise malformed(Chunk(kind, start, end), "the CRC is wrong")
        yield Chunk(kind, start, end)
        start = end


def _require_order(chunks: list[Chunk]) -> None:
    """IHDR once and first with 13 bytes, one unbroken run of IDAT, an empty IEND (section 5.6)."""
    first, last = chunks[0], chunks[-1]
    if first.kind != b"IHDR" or first.end != AFTER_HEADER:
        raise malformed(first, "the first chunk is not an IHDR of 13 bytes")
    if last.end - last.start != 12:
        raise malformed(last, "IEND is not empty")
    places = [index for index, chunk in enumerate(chunks) if chunk.kind == b"IDAT"]
    if not places:
        raise malformed(last, "there is no IDAT before it")
    if places[-1] - places[0] != len(places) - 1:
        raise malformed(chunks[places[-1]], "the IDAT chunks are not in one run")
    for chunk in chunks[1:]:
        if chunk.kind == b"IHDR":
            raise malformed(chunk, "there is a second IHDR")
