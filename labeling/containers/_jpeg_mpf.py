"""Multi-picture files: keep the index right when bytes are added or taken away (CIPA DC-007, 5.2)."""

from __future__ import annotations

import struct

SIGNATURE = b"MPF\0"

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_MP_ENTRY = 0xB002
_ENTRY_SIZE = 16


def shifted_index(body: bytes, *, first_image: int, others: int) -> bytes:
    """The body of an MPF segment (signature first) with its numbers moved; the same bytes where it is not understood.

    `first_image` is added to the size of the first image, `others` to the offset of each further image. Offsets count
    from the byte order mark inside the segment (CIPA DC-007, 5.2.3.3), so `others` is what was added after that mark.
    """
    order = _ORDERS.get(body[4:8])
    if order is None:
        return body
    span = _entries(body, order)
    if span is None:
        return body
    result = bytearray(body)
    for number, at in enumerate(range(span.start, span.stop, _ENTRY_SIZE)):
        size, offset = struct.unpack_from(order + "II", body, at + 4)
        moved = (size + first_image, offset) if number == 0 else (size, offset + others)
        if min(moved) < 0 or max(moved) > 0xFFFFFFFF:
            return body
        struct.pack_into(order + "II", result, at + 4, *moved)
    return bytes(result)


def _entries(body: bytes, order: str) -> range | None:
    """Where the MP entries lie in `body`: the value of tag 0xB002 of the first IFD."""
    try:
        (ifd,) = struct.unpack_from(order + "I", body, 8)
        (count,) = struct.unpack_from(order + "H", body, 4 + ifd)
        for at in range(6 + ifd, 6 + ifd + 12 * count, 12):
            tag, _, size, offset = struct.unpack_from(order + "HHII", body, at)
            if tag == _MP_ENTRY and size % _ENTRY_SIZE == 0 and 4 + offset + size <= len(body):
                return range(4 + offset, 4 + offset + size)
    except struct.error:
        pass
    return None
