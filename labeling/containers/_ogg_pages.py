"""The page layer of Ogg (RFC 3533, section 6): find pages, step over them, check them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from labeling.content import Content

CAPTURE: Final = b"OggS"
#: Flag of the first page of a logical bitstream.
FIRST: Final = 0x02
#: The longest page: its header, 255 segments, 255 bytes each.
LONGEST: Final = 27 + 255 + 255 * 255

#: A page without segments.
SHORTEST: Final = 27
_LONGEST_HEADER = SHORTEST + 255
_FLAGS = 0x07
_MOST_CAPTURES = 256
#: Capture pattern, version, flags, granule position, serial number, sequence number, checksum, number of segments.
_FIELDS = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
#: The bits of each byte the other way round: Ogg's checksum is that of zlib in a mirror.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """One page where it lies in the file."""

    start: int
    #: First byte of its first segment.
    body: int
    #: First byte behind it; behind the end of the file where it is cut.
    end: int
    flags: int
    serial: int
    #: The length of each segment; one of less than 255 bytes ends a packet.
    lacing: bytes


def page_at(content: Content, at: int) -> Page | None:
    """The page whose header stands whole at `at`; None where there is none."""
    head = content[at : at + _LONGEST_HEADER]
    if len(head) < SHORTEST or head[:4] != CAPTURE:
        return None
    _, version, flags, _, serial, _, _, count = _FIELDS.unpack_from(head)
    lacing = head[SHORTEST : SHORTEST + count]
    if version or flags > _FLAGS or len(lacing) < count:
        return None
    body = at + SHORTEST + count
    return Page(at, body, body + sum(lacing), flags, serial, lacing)


def page_after(content: Content, at: int) -> Page | None:
    """The first sound page at or behind `at`: one that ends where another begins, or the file ends.

    At most two of the longest pages are searched, so only noise can hide one.
    """
    window = content[at : at + 2 * LONGEST]
    for place in _captures(window):
        page = page_at(content, at + place)
        if page is not None and (page.end >= len(content) or content[page.end : page.end + 4] == CAPTURE):
            return page
    return None


def last_page(content: Content) -> Page | None:
    """The last page of the file, whole or cut; None where the file ends in something else."""
    start = max(0, len(content) - 2 * LONGEST)
    window = content[start : len(content)]
    for place in _captures_from_the_end(window):
        page = page_at(content, start + place)
        if page is not None:
            return page
    return None


def is_intact(content: Content, page: Page) -> bool:
    """Whether the checksum of a page is right: CRC-32 of polynomial 0x04C11DB7 from 0 on, its own field as zero."""
    raw = bytearray(content[page.start : page.end])
    announced = int.from_bytes(raw[_CHECKSUM], "little")
    raw[_CHECKSUM] = bytes(4)
    mirrored = zlib.crc32(raw.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2) == announced


def _captures(window: bytes) -> Iterator[int]:
    """Where pages may begin; so many of them that only noise made for it has more."""
    at = -1
    for _ in range(_MOST_CAPTURES):
        at = window.find(CAPTURE, at + 1)
        if at < 0:
            return
        yield at


def _captures_from_the_end(window: bytes) -> Iterator[int]:
    at = len(window)
    for _ in range(_MOST_CAPTURES):
        at = window.rfind(CAPTURE, 0, at)
        if at < 0:
            return
        yield at
