"""A bounded walk over the boxes of ISO/IEC 14496-12, and a reader for the fields inside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

#: 32-bit size and four characters.
HEADER = 8
#: ISO/IEC 14496-12, 4.2: 1 stands for a 64-bit size behind the type, 0 for 'to the end of the file'.
SIZE_IS_64_BIT, SIZE_IS_REST = 1, 0


@dataclass(frozen=True, slots=True)
class IsoBox:
    """One box where it lies; offsets count from the first byte of the file."""

    kind: bytes
    start: int
    #: First byte behind size, type and, for `uuid`, the 16 bytes of the extended type.
    body: int
    end: int
    #: The extended type of a `uuid` box.
    uuid: bytes = b""


def walk(data: bytes, start: int, end: int, limits: Limits) -> tuple[IsoBox, ...]:
    """The boxes between two offsets, in file order; what they hold is not looked into.

    Raises MediaError (MEDIA_TRUNCATED where a box runs past `end`, MEDIA_MALFORMED) and LimitError (LIMIT_ITEMS).
    """
    return tuple(_boxes(data, start, end, limits))


def _boxes(data: bytes, start: int, end: int, limits: Limits) -> Iterator[IsoBox]:
    count = 0
    while start < end:
        count += 1
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of boxes")
        box = _read_box(data, start, end)
        yield box
        start = box.end


def _read_box(data: bytes, start: int, end: int) -> IsoBox:
    fields = Fields(data, start, end)
    size, kind = fields.number(4), fields.take(4)
    if size == SIZE_IS_64_BIT:
        size = fields.number(8)
    elif size == SIZE_IS_REST:
        size = end - start
    uuid = fields.take(16) if kind == b"uuid" else b""
    if start + size > end:
        raise MediaError(
            ErrorCode.MEDIA_TRUNCATED,
            f"the box at byte {start} runs past the end of its parent",
            offset=start,
            expected=start + size,
            actual=end,
        )
    if size < fields.at - start:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the box at byte {start} is smaller than its header", offset=start)
    return IsoBox(kind, start, fields.at, start + size, uuid)


def one(boxes: tuple[IsoBox, ...], kind: bytes) -> IsoBox | None:
    """The first box of a kind, or None."""
    return next((box for box in boxes if box.kind == kind), None)


def full_box(data: bytes, box: IsoBox) -> tuple[int, int, Fields]:
    """Version and flags of a FullBox (4.2), and a reader that stands behind them."""
    fields = Fields(data, box.body, box.end)
    return fields.number(1), fields.number(3), fields


class Fields:
    """Reads big-endian fields one after another; MediaError (MEDIA_MALFORMED) past the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
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
            raise MediaError(ErrorCode.MEDIA_MALFORMED, f"a box ends inside a field at byte {self.at}", offset=self.at)
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, size: int) -> int:
        """The next unsigned number of `size` bytes; a number of no bytes is 0."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """The next zero-terminated string; the end of the box ends one, too."""
        stop = self._data.find(b"\0", self.at, self.end)
        raw = self.take((self.end if stop < 0 else stop) - self.at)
        self.at = min(self.at + 1, self.end)
        return raw.decode("utf-8", "replace")
