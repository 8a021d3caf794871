"""A bounded walk over the boxes of ISO/IEC 14496-12, and a reader for the fields inside them.

Box headers are read and nothing else, so that a file may be as large as it likes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from labeling.containers._stepping import ReadAhead, Steps
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

#: 32-bit size and four characters.
HEADER = 8
#: The longest header: size, type, 64-bit size, extended type.
LONGEST_HEADER = 32
#: ISO/IEC 14496-12, 4.2: 1 stands for a 64-bit size behind the type, 0 for 'to the end of the file'.
SIZE_IS_64_BIT, SIZE_IS_REST = 1, 0
#: What `Fields.text` reads at once.
PIECE = 1024

_SIZE_AND_KIND = struct.Struct(">I4s")


class IsoBox(NamedTuple):
    """One box where it lies; offsets count from the first byte of the file."""

    kind: bytes
    start: int
    #: First byte behind size, type and, for `uuid`, the 16 bytes of the extended type.
    body: int
    end: int
    #: The extended type of a `uuid` box.
    uuid: bytes = b""


def walk(data: Content, start: int, end: int, limits: Limits) -> tuple[IsoBox, ...]:
    """The boxes between two offsets, in file order; what they hold is not looked into.

    Raises MediaError (MEDIA_TRUNCATED where a box runs past `end`, MEDIA_MALFORMED) and LimitError (LIMIT_ITEMS).
    """
    return tuple(_counted(data, start, end, limits))


def _counted(data: Content, start: int, end: int, limits: Limits) -> Iterator[IsoBox]:
    ahead = ReadAhead(data)
    count = 0
    while start < end:
        count += 1
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of boxes")
        box = box_within(ahead, start, end)
        yield box
        start = box.end


def children(ahead: ReadAhead, start: int, end: int, steps: Steps) -> Iterator[IsoBox]:
    """The boxes between two offsets one by one, counted by `steps`, which all walks over one file share.

    Fewer bytes than a header has at the end are padding: QuickTime ends its user data with four zero bytes.
    Raises as `walk` does.
    """
    while end - start >= HEADER:
        steps.take(start)
        box = box_within(ahead, start, end)
        yield box
        start = box.end


def box_within(ahead: ReadAhead, start: int, end: int) -> IsoBox:
    """The box at `start`, which must be over at `end`. Raises MediaError (MEDIA_TRUNCATED, MEDIA_MALFORMED)."""
    box = announced(ahead, start, end)
    if box.end > end:
        raise runs_past(box, end)
    return box


def announced(ahead: ReadAhead, start: int, end: int) -> IsoBox:
    """The box at `start` as its header has it; it may run past `end`.

    Raises MediaError (MEDIA_MALFORMED) where the header is cut or larger than the box.
    """
    left = end - start
    if left < HEADER:
        raise _cut(start)
    header = ahead.piece(start, LONGEST_HEADER)
    size, kind = _SIZE_AND_KIND.unpack_from(header)
    used = HEADER
    if size == SIZE_IS_64_BIT:
        size, used = int.from_bytes(header[8:16], "big"), 16
    elif size == SIZE_IS_REST:
        size = left
    uuid = b""
    if kind == b"uuid":
        uuid, used = header[used : used + 16], used + 16
    if left < used:
        raise _cut(start)
    if size < used:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the box at byte {start} is smaller than its header", offset=start)
    return IsoBox(kind, start, start + used, start + size, uuid)


def runs_past(box: IsoBox, end: int) -> MediaError:
    """The error for a box that is longer than what it lies in."""
    return MediaError(
        ErrorCode.MEDIA_TRUNCATED,
        f"the box at byte {box.start} runs past the end of its parent",
        offset=box.start,
        expected=box.end,
        actual=end,
    )


def _cut(at: int) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"a box ends inside a field at byte {at}", offset=at)


def one(boxes: tuple[IsoBox, ...], kind: bytes) -> IsoBox | None:
    """The first box of a kind, or None."""
    return next((box for box in boxes if box.kind == kind), None)


def full_box(data: Content, box: IsoBox) -> tuple[int, int, Fields]:
    """Version and flags of a FullBox (4.2), and a reader that stands behind them."""
    fields = Fields(data, box.body, box.end)
    return fields.number(1), fields.number(3), fields


class Fields:
    """Reads big-endian fields one after another; MediaError (MEDIA_MALFORMED) past the end."""

    def __init__(self, data: Content, at: int, end: int) -> None:
        self._data = data
        self.at = at
        self.end = end

    @property
    def left(self) -> int:
        """How many bytes there are still."""
        return self.end - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise _cut(self.at)
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, size: int) -> int:
        """The next unsigned number of `size` bytes; a number of no bytes is 0."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """The next zero-terminated string; the end of the box ends one, too."""
        raw = bytearray()
        while piece := self._data[self.at : min(self.at + PIECE, self.end)]:
            text, stop, _ = piece.partition(b"\0")
            raw += text
            self.at += len(text) + len(stop)
            if stop:
                break
        return raw.decode("utf-8", "replace")
