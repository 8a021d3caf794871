"""The bytes of a file, in memory or read piece by piece: what parsers slice."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within


class Content(Protocol):
    """A file as its length and its slices; `bytes` is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, piece: slice, /) -> bytes: ...


class StreamContent:
    """A seekable binary stream as `Content`: each slice seeks and reads that much, and no more.

    Only plain slices (no step, no negative index) are allowed. A stream that becomes shorter while it is read gives
    MediaError(MEDIA_TRUNCATED), one that cannot be read or sought in MediaError(MEDIA_UNREADABLE).
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        with _own_errors():
            self._size = max(0, stream.seek(0, io.SEEK_END))
        #: A file is read past the stream's buffer, which would fetch more than was asked for.
        self._descriptor = _descriptor(stream)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, piece: slice, /) -> bytes:
        start = min(piece.start or 0, self._size)
        stop = self._size if piece.stop is None else min(piece.stop, self._size)
        if stop <= start:
            return b""
        with _own_errors():
            read = self._read(start, stop - start)
        if not isinstance(read, bytes) or len(read) != stop - start:
            raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file became shorter while it was read", offset=start)
        return read

    def _read(self, start: int, size: int) -> bytes:
        if self._descriptor is not None:
            return os.pread(self._descriptor, size, start)
        self._stream.seek(start)
        return self._stream.read(size)

    @property
    def stream(self) -> BinaryIO:
        """The stream itself, at no particular position."""
        return self._stream


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise MediaError(ErrorCode.MEDIA_UNREADABLE, f"the stream cannot be read: {error}") from error


def _descriptor(stream: BinaryIO) -> int | None:
    if not hasattr(os, "pread") or not isinstance(stream, io.BufferedReader | io.FileIO):
        return None
    try:
        return stream.fileno()
    except OSError:
        return None


def as_content(data: bytes | bytearray | memoryview | BinaryIO) -> bytes | StreamContent:
    """What the caller gave as something to slice. Raises TypeError for anything that is neither bytes nor a stream."""
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if isinstance(data, io.TextIOBase) or not hasattr(data, "seek"):
        raise TypeError(f"bytes or a seekable binary stream is needed, not {type(data).__name__}")
    return StreamContent(data)


def whole(content: Content, limits: Limits) -> bytes:
    """All of it as bytes. Raises LimitError(LIMIT_BYTES) above `Limits.file_bytes`, before anything is read."""
    require_within(ErrorCode.LIMIT_BYTES, len(content), limits.file_bytes, "the size in bytes")
    return content if isinstance(content, bytes) else content[0 : len(content)]
