"""Which segments of a JPEG file make one metadata block together: XMP, extended XMP, Exif, C2PA, a bare record."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labeling.containers._jpeg_walk import APP0, APP1, APP11, APP15, COM, Segment
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.record_text import stretches

#: XMP specification part 3 (2020), 1.1.3.
XMP = b"http://ns.adobe.com/xap/1.0/\0"
#: The same, 1.1.3.1: signature, 32 characters of GUID, full length, offset of this portion.
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
#: CIPA DC-008 (Exif), 4.7.2.
EXIF = b"Exif\0\0"

_GUID = 32
_GUID_END = len(EXTENDED_XMP) + _GUID
_PORTION_NUMBERS = struct.Struct(">II")
_PORTION = _GUID_END + _PORTION_NUMBERS.size
#: JPEG XT (ISO/IEC 18477-3), B.2: 'JP', box instance, packet number; then the first bytes of the box.
_JUMBF_HEAD = 8
#: ISO/IEC 19566-5: superbox 'jumb', description box 'jumd', and the C2PA type (C2PA 2.2, 11.1.4.2).
_C2PA_BOX = re.compile(rb".{4}jumb.{4}jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq", re.DOTALL)
#: Note of a record that is only a part of what its segment holds.
EMBEDDED = "embedded"
#: Note of an extended packet to which the main packet does not point (xmpNote:HasExtendedXMP).
NOT_ANNOUNCED = "not-announced"
_AROUND = b"\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class JpegBlock:
    """A block and all the segments that it is stored in, in file order."""

    block: Block
    segments: tuple[Segment, ...]


def find_blocks(data: bytes, segments: Sequence[Segment], limits: Limits) -> tuple[JpegBlock, ...]:
    """The metadata blocks among `segments`, by the place of their first segment.

    Extended XMP that is spread over several APP1 is one block at the first of them, with the portions joined and the
    GUID as its keyword; the same holds for the APP11 packets of a C2PA manifest store.
    """
    groups: dict[tuple[BlockKind, bytes], list[Segment]] = {}
    for segment in segments:
        if segment.marker == COM or APP0 <= segment.marker <= APP15:
            key = _key(data, segment, limits)
            if key is not None:
                groups.setdefault(key, []).append(segment)
                require_within(ErrorCode.LIMIT_ITEMS, len(groups), limits.records, "the number of metadata blocks")
    blocks = [
        _block(data, kind, name, found, limits)
        for (kind, name), found in groups.items()
        if kind is not BlockKind.C2PA or _C2PA_BOX.match(data, found[0].body + _JUMBF_HEAD, found[0].end)
    ]
    return tuple(_announced(blocks))


def _key(data: bytes, segment: Segment, limits: Limits) -> tuple[BlockKind, bytes] | None:
    """What the segment belongs to: its kind, and a name that the other segments of the same block share."""
    alone = str(segment.start).encode()
    if segment.marker == APP1:
        if data.startswith(XMP, segment.body, segment.end):
            return BlockKind.XMP, alone
        if data.startswith(EXTENDED_XMP, segment.body, segment.end) and segment.end - segment.body >= _PORTION:
            guid = segment.body + len(EXTENDED_XMP)
            return BlockKind.XMP, b"extended " + data[guid : guid + _GUID]
        if data.startswith(EXIF, segment.body, segment.end):
            return BlockKind.EXIF, alone
    if segment.marker == APP11 and data.startswith(b"JP", segment.body, segment.end):
        return BlockKind.C2PA, data[segment.body + 2 : segment.body + 4]
    if data.find(b"{", segment.body, segment.end) < 0:
        return None
    holds_record = next(stretches(data[segment.body : segment.end], limits), None) is not None
    return (BlockKind.OTHER, alone) if holds_record else None


def _block(data: bytes, kind: BlockKind, name: bytes, segments: list[Segment], limits: Limits) -> JpegBlock:
    first = segments[0]
    unit = "COM" if first.marker == COM else f"APP{first.marker - APP0}"
    keyword, payload = "", b""
    notes: tuple[str, ...] = ()
    if name.startswith(b"extended "):
        keyword = name[len(b"extended ") :].decode("latin-1")
        notes, payload = _join(data, segments, limits)
    elif kind is not BlockKind.C2PA:
        payload = data[first.body + len(_SIGNATURES.get(kind, b"")) : first.end]
    if kind is BlockKind.OTHER and not _is_all_record(payload, limits):
        notes = (EMBEDDED,)
    block = Block(kind, unit, first.start, first.end, payload, keyword, notes)
    return JpegBlock(block, tuple(segments))


def _is_all_record(payload: bytes, limits: Limits) -> bool:
    """Whether a segment holds records and nothing else."""
    rest, at = b"", 0
    for one in stretches(payload, limits):
        rest += payload[at : one.start]
        at = one.end
    return not (rest + payload[at:]).strip(_AROUND)


def _join(data: bytes, segments: list[Segment], limits: Limits) -> tuple[tuple[str, ...], bytes]:
    """The portions of an extended packet in the order of their offsets, and what is to be said of them.

    A portion that is there twice counts once. Where they do not cover the whole packet, each byte once, the note
    'incomplete' is set and the payload is what there is; no XML parser will take that for a packet.
    """
    stored = sum(segment.end - segment.body for segment in segments)
    require_within(ErrorCode.LIMIT_METADATA, stored, limits.all_metadata_bytes, "the extended XMP packet as stored")
    portions = sorted(
        {
            (offset, full, data[segment.body + _PORTION : segment.end])
            for segment in segments
            for full, offset in [_PORTION_NUMBERS.unpack_from(data, segment.body + _GUID_END)]
        }
    )
    total = sum(len(portion) for _, _, portion in portions)
    require_within(ErrorCode.LIMIT_METADATA, total, limits.metadata_bytes, "the extended XMP packet")
    expected = 0
    complete = True
    for offset, full, portion in portions:
        complete = complete and offset == expected and full == total
        expected += len(portion)
    payload = b"".join(portion for _, _, portion in portions)
    return ("extended",) if complete else ("extended", "incomplete"), payload


def _announced(blocks: Sequence[JpegBlock]) -> Iterator[JpegBlock]:
    """The blocks, with extended packets to which no main packet points marked as such: readers pass them over."""
    main: set[bytes] = set()
    if any("extended" in item.block.notes for item in blocks):
        packets = (item.block.payload for item in blocks if item.block.kind is BlockKind.XMP and not item.block.notes)
        main = {name.upper() for packet in packets for name in _NAMED_PACKET.findall(packet)}
    for item in blocks:
        is_stray = "extended" in item.block.notes and item.block.keyword.upper().encode("latin-1") not in main
        notes = (*item.block.notes, NOT_ANNOUNCED) if is_stray else item.block.notes
        yield replace(item, block=replace(item.block, notes=notes)) if is_stray else item


#: xmpNote:HasExtendedXMP, as an attribute or an element.
_NAMED_PACKET = re.compile(rb"HasExtendedXMP\s*(?:=\s*[\"']|>)\s*([0-9A-Fa-f]{32})")
_SIGNATURES = {BlockKind.XMP: XMP, BlockKind.EXIF: EXIF}
