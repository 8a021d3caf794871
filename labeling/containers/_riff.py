"""A bounded walk over RIFF chunks (Microsoft RIFF, 1991; RFC 9649, section 2.3), whatever the form type means."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

#: Four characters and a little-endian 32-bit size.
HEADER = 8
#: 'RIFF', its size and the form type.
FILE_HEADER = 12


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk where it lies in the file; offsets count from the first byte of the file."""

    fourcc: bytes
    #: First byte of the chunk's header.
    start: int
    #: Payload length in bytes, without header and padding.
    size: int
    #: First byte after the payload and its padding byte, where there is one.
    end: int

    @property
    def body(self) -> int:
        """First byte of the payload."""
        return self.start + HEADER

    def payload(self, data: bytes) -> bytes:
        """The payload as bytes of its own."""
        return data[self.body : self.body + self.size]


def form_end(data: bytes, form: bytes) -> int:
    """First byte after the RIFF chunk of type `form`; bytes behind it belong to nobody and are to be kept.

    Raises MediaError: MEDIA_MALFORMED for another signature, MEDIA_TRUNCATED where the file is shorter than it says.
    """
    if len(data) < FILE_HEADER and (data[:4] == b"RIFF"[: len(data)]):
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends inside the RIFF header", actual=len(data))
    if data[:4] != b"RIFF" or data[8:12] != form:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"no RIFF header of type {form.decode('latin-1')}")
    end = HEADER + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise MediaError(
            ErrorCode.MEDIA_TRUNCATED,
            f"the RIFF header announces {end} bytes, the file has {len(data)}",
            expected=end,
            actual=len(data),
        )
    if end < FILE_HEADER:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the RIFF size leaves no room for the form type", size=end)
    return end


def walk(data: bytes, start: int, end: int, limits: Limits) -> tuple[Chunk, ...]:
    """The chunks between two offsets, in file order.

    A missing padding byte at the very end is accepted, and so are fewer than 8 stray bytes, which are in no chunk.
    Raises MediaError (MEDIA_TRUNCATED) where a chunk runs past `end`, LimitError (LIMIT_ITEMS).
    """
    return tuple(_chunks(data, start, end, limits))


def _chunks(data: bytes, start: int, end: int, limits: Limits) -> Iterator[Chunk]:
    count = 0
    while end - start >= HEADER:
        fourcc, size = struct.unpack_from("<4sI", data, start)
        stop = start + HEADER + size
        if stop > end:
            raise MediaError(
                ErrorCode.MEDIA_TRUNCATED,
                f"the chunk at byte {start} runs past the end of its parent",
                offset=start,
                expected=stop,
                actual=end,
            )
        count += 1
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of chunks")
        chunk = Chunk(fourcc, start, size, min(stop + (size & 1), end))
        yield chunk
        start = chunk.end


def chunk(fourcc: bytes, payload: bytes) -> bytes:
    """One chunk as it is written: header, payload and the zero that makes it even."""
    return b"".join((struct.pack("<4sI", fourcc, len(payload)), payload, b"\0" * (len(payload) & 1)))


def kept(data: bytes, one: Chunk) -> tuple[bytes | memoryview, ...]:
    """The pieces of a chunk that is to be written unchanged; a padding byte that was missing is put in."""
    piece = memoryview(data)[one.start : one.end]
    return (piece,) if len(piece) % 2 == 0 else (piece, b"\0")


def assemble(form: bytes, pieces: list[bytes | memoryview], trailer: bytes | memoryview = b"") -> bytes:
    """A whole RIFF file from finished, even pieces, copied once; `trailer` lies behind the RIFF chunk."""
    size = len(form) + sum(len(piece) for piece in pieces)
    return b"".join((struct.pack("<4sI", b"RIFF", size), form, *pieces, trailer))
