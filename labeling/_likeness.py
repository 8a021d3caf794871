"""A file in memory that mostly repeats another one and holds only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedRandom, RawIOBase
from typing import Final

#: Bytes that are held together where one of them differs.
_BLOCK: Final = 16 * 1024
#: Bytes that are read and written at once by those who take a little at a time.
_BUFFER: Final = 16 * _BLOCK


class Likeness(RawIOBase):
    """A file that is like `origin` at the same offsets but for some blocks, and may be longer or shorter.

    It begins with the bytes `start` and may be written, read and sought in as any file.
    """

    def __init__(self, origin: bytes, start: bytes = b"") -> None:
        self.origin = origin
        #: The blocks that differ, by their index.
        self._own: dict[int, bytes] = {}
        self._length = 0
        self._at = 0
        for at in range(0, len(start), _BUFFER):
            self._put(at, start[at : at + _BUFFER])
        self._length = len(start)

    def readable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        """As every file; places before the first byte are the first byte."""
        self._at = max(0, offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._length}[whence])
        return self._at

    def write(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # what `io` gives a raw file
        """As every file; a gap reads as zeros."""
        data = bytes(buffer)
        if not data:
            return 0
        if self._at > self._length:
            self._put(self._length, bytes(self._at - self._length))
        self._put(self._at, data)
        self._at += len(data)
        self._length = max(self._length, self._at)
        return len(data)

    def readinto(self, target: memoryview, /) -> int:  # type: ignore[override]  # as `write`
        """As every file."""
        found = self._read(self._at, len(target))
        target[: len(found)] = found
        self._at += len(found)
        return len(found)

    def __contains__(self, sought: bytes) -> bool:
        return any(sought in self._read(at, _BUFFER + len(sought) - 1) for at in range(0, self._length, _BUFFER))

    def buffered(self) -> BufferedRandom:
        """The file for one who reads or writes a little at a time and flushes at the end; it closes this as it goes."""
        return BufferedRandom(self, _BUFFER)

    def getvalue(self) -> bytes:
        """The whole file, put together now."""
        whole, done = memoryview(self.origin), 0
        pieces: list[bytes | memoryview] = []
        for index, block in sorted(self._own.items()):
            start = index * _BLOCK
            pieces += (whole[done:start], block)
            done = start + _BLOCK
        pieces.append(whole[done : self._length])
        joined = b"".join(pieces)
        return joined if len(joined) == self._length else joined[: self._length]

    def _read(self, start: int, size: int) -> bytes:
        size = min(size, max(0, self._length - start))
        if self._is_origin(start, size):
            return self.origin[start : start + size]
        return b"".join(self._block(index)[first:last] for _, index, first, last in _parts(start, size))

    def _put(self, start: int, data: bytes) -> None:
        if self._is_origin(start, len(data)) and self._is_there(start, data):
            return
        for at, index, first, last in _parts(start, len(data)):
            new = data[at : at + last - first]
            if index in self._own or not self._is_there(start + at, new):
                old = self._block(index)
                self._own[index] = b"".join((old[:first], new, old[last:]))

    def _is_origin(self, start: int, size: int) -> bool:
        """Whether a span lies inside the origin and touches no block of the file's own."""
        touched = range(start // _BLOCK, -(-(start + size) // _BLOCK))
        return start + size <= len(self.origin) and self._own.keys().isdisjoint(touched)

    def _is_there(self, start: int, data: bytes) -> bool:
        return self.origin[start : start + len(data)] == data

    def _block(self, index: int) -> bytes:
        own = self._own.get(index)
        return self.origin[index * _BLOCK : (index + 1) * _BLOCK] if own is None else own


def _parts(start: int, size: int) -> Iterator[tuple[int, int, int, int]]:
    """The blocks under a span: how far into the span, the block's index, first byte in it, first byte behind it."""
    done = 0
    while done < size:
        index, first = divmod(start + done, _BLOCK)
        last = min(first + size - done, _BLOCK)
        yield done, index, first, last
        done += last - first
