"""Bytes behind the end of a file proper: they belong to no part of it, and some tools append a record there.

Looked at are the first and the last 64 KiB of them. A picture or film that is appended is a file of its own, with
labels of its own, and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labeling.containers.base import Block, BlockKind
from labeling.limits import KIB, Limits
from labeling.model import Carrier
from labeling.record_text import stretches

UNIT = "trailer"
#: Note of what lies there.
TRAILER = "trailer"
_WINDOW = 64 * KIB
#: First bytes of a file of its own; a film says so behind its first size, which some phones put a name before.
_FILES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"%PDF-", b"PK\x03\x04", b"II*\0", b"MM\0*")
_FILM = b"ftyp"
_FILM_WITHIN = 64
_PACKET_OPENS, _PACKET_CLOSES = b"<x:xmpmeta", b"</x:xmpmeta>"
_KEY_WORD = b"aigc"


def trailer_blocks(data: bytes, start: int, limits: Limits) -> tuple[Block, ...]:
    """The records, bare or in an XMP packet, behind `start`, where the file proper ends."""
    head = data[start : start + _FILM_WITHIN]
    if not head or head.startswith(_FILES) or _FILM in head:
        return ()
    return tuple(block for window in _windows(start, len(data)) for block in _records(data, *window, limits))


def without(data: bytes, start: int, drop: Iterable[Block]) -> bytes:
    """The bytes behind `start` without the blocks of `drop` that lie there."""
    kept, at = [], start
    for block in sorted(drop, key=lambda dropped: dropped.start):
        if block.unit == UNIT:
            kept.append(data[at : block.start])
            at = block.end
    return b"".join([*kept, data[at:]])


def _windows(start: int, end: int) -> tuple[tuple[int, int], ...]:
    if end - start <= 2 * _WINDOW:
        return ((start, end),)
    return (start, start + _WINDOW), (end - _WINDOW, end)


def _records(data: bytes, start: int, end: int, limits: Limits) -> Iterator[Block]:
    raw = data[start:end]
    bare = bytearray(raw)
    for first, last in _packets(raw):
        if _KEY_WORD in raw[first:last].lower():
            yield _block(BlockKind.XMP, start + first, raw[first:last])
        bare[first:last] = bytes(last - first)
    for one in stretches(bytes(bare), limits):
        yield _block(BlockKind.OTHER, start + one.start, raw[one.start : one.end])


def _packets(raw: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while (first := raw.find(_PACKET_OPENS, at)) >= 0 and (last := raw.find(_PACKET_CLOSES, first)) >= 0:
        at = last + len(_PACKET_CLOSES)
        yield first, at


def _block(kind: BlockKind, start: int, payload: bytes) -> Block:
    carrier = Carrier.TRAILER if kind is BlockKind.OTHER else None
    return Block(kind, UNIT, start, start + len(payload), payload, notes=(TRAILER,), carrier=carrier)
