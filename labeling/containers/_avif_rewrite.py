"""Metadata of an AVIF file overwritten where it lies: same length, same offsets."""

from __future__ import annotations

from collections.abc import Callable

from labeling.containers._trailer import UNIT
from labeling.containers.base import Block, BlockKind, Changes
from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Format

XPACKET_END = b"<?xpacket end="
#: An EXIF block without a single tag.
EMPTY_TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
EMPTY_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)
EMPTY = {BlockKind.XMP: EMPTY_PACKET, BlockKind.EXIF: EMPTY_TIFF}
#: XMP Specification Part 1, 7.3.2: padding is white space, a line feed now and then.
PADDING_LINE = b" " * 99 + b"\n"


def padded_packet(packet: bytes, size: int) -> bytes | None:
    """The XMP packet with its padding changed so that it takes exactly `size` bytes; None where it does not fit."""
    at = packet.rfind(XPACKET_END)
    body, end = (packet[:at], packet[at:].rstrip()) if at >= 0 else (packet, b"")
    body = body.rstrip()
    room = size - len(body) - len(end)
    if room < 0:
        return None
    return b"".join((body, (PADDING_LINE * (room // len(PADDING_LINE) + 1))[:room], end))


def overwrite(data: bytes, changes: Changes) -> bytes:
    """A copy of the file with the changes made in place.

    Each new payload goes into the first dropped block of its kind that has room; other dropped blocks are blanked.
    Raises DeclarationError (RECORD_UNSUPPORTED) where there is no room, or where a dropped block lies in pieces.
    """
    result = bytearray(data)
    taken: set[int] = set()
    for kind, payload in ((BlockKind.XMP, changes.xmp), (BlockKind.EXIF, changes.exif)):
        if payload is not None:
            taken.add(_put(result, changes, kind, payload))
    for block in changes.drop:
        if block.start not in taken:
            _blank(result, block)
    return bytes(result)


def _put(result: bytearray, changes: Changes, kind: BlockKind, payload: bytes) -> int:
    """Overwrite one block and return its start; the bytes in front of its payload stay."""
    candidates = [block for block in changes.drop if block.kind is kind and not block.notes]
    for block in candidates:
        fitted = FITTERS[kind](payload, len(block.payload))
        if fitted is not None:
            result[block.end - len(fitted) : block.end] = fitted
            return block.start
    raise DeclarationError(
        ErrorCode.RECORD_UNSUPPORTED,
        f"the file has no {kind.value} item with room for {len(payload)} bytes, and none can be added",
        format=Format.AVIF.value,
        needed=len(payload),
        room=max((len(block.payload) for block in candidates), default=0),
    )


def _blank(result: bytearray, block: Block) -> None:
    """Take the content of a block away: an empty packet, an empty EXIF block, spaces, a box that is free space."""
    if block.unit == UNIT:
        result[block.start : block.end] = b" " * (block.end - block.start)
        return
    if block.notes:
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED,
            f"the {block.kind.value} item lies in several pieces and cannot be replaced",
            format=Format.AVIF.value,
        )
    if block.kind is BlockKind.C2PA or block.unit == "uuid":
        result[block.start + 4 : block.start + 8] = b"free"
        return
    empty, size = EMPTY[block.kind], len(block.payload)
    result[block.end - size : block.end] = FITTERS[block.kind](empty, size) or b" " * size


def _fit_exif(payload: bytes, size: int) -> bytes | None:
    """Zeros behind the last IFD are nobody's."""
    return payload.ljust(size, b"\0") if len(payload) <= size else None


FITTERS: dict[BlockKind, Callable[[bytes, int], bytes | None]] = {
    BlockKind.XMP: padded_packet,
    BlockKind.EXIF: _fit_exif,
}
