"""A stream that counts what is read from it."""

from __future__ import annotations

import io
from typing import BinaryIO


class CountedStream(io.RawIOBase):
    """Passes everything on to another stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.bytes_read = 0
        self.reads = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.bytes_read += len(data)
        self.reads += 1
        return data
