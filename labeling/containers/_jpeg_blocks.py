"""Which segments of a JPEG file make one metadata block together: XMP, extended XMP, Exif, C2PA, a bare record."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from labeling.containers._jpeg_walk import APP0, APP1, APP11, APP15, COM, Segment
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within

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
#: A record that was put into a segment of its own, bare or wrapped.
_BARE_RECORD = re.compile(rb'[\s\0]*(?:\{\s*")?AIGC["\s\0]*[:=]?\s*\{', re.IGNORECASE)
#: The same without the key word: an object that names one of the fields of Annex E.
_OBJECT = re.compile(rb'[\s\0]*\{\s*"')
_FIELD = b'"ProduceID"'


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
            key = _key(data, segment)
            if key is not None:
                groups.setdefault(key, []).append(segment)
    return tuple(
        _block(data, kind, name, found, limits)
        for (kind, name), found in groups.items()
        if kind is not BlockKind.C2PA or _C2PA_BOX.match(data, found[0].body + _JUMBF_HEAD, found[0].end)
    )


def _key(data: bytes, segment: Segment) -> tuple[BlockKind, bytes] | None:
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
    return (BlockKind.OTHER, alone) if _may_be_record(data, segment) else None


def _may_be_record(data: bytes, segment: Segment) -> bool:
    span = segment.body, segment.end
    return bool(_BARE_RECORD.match(data, *span) or (_OBJECT.match(data, *span) and data.find(_FIELD, *span) >= 0))


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
    block = Block(kind, unit, first.start, first.end, payload, keyword, notes)
    return JpegBlock(block, tuple(segments))


def _join(data: bytes, segments: list[Segment], limits: Limits) -> tuple[tuple[str, ...], bytes]:
    """The portions of an extended packet in the order of their offsets, and what is to be said of them.

    Where they do not cover the whole packet, each byte once, the note 'incomplete' is set and the payload is what there
    is; no XML parser will take that for a packet.
    """
    portions = [(_PORTION_NUMBERS.unpack_from(data, segment.body + _GUID_END), segment) for segment in segments]
    portions.sort(key=lambda portion: portion[0][1])
    total = sum(segment.end - segment.body - _PORTION for segment in segments)
    require_within(ErrorCode.LIMIT_METADATA, total, limits.metadata_bytes, "the extended XMP packet")
    expected = 0
    complete = True
    for (full, offset), segment in portions:
        complete = complete and offset == expected and full == total
        expected += segment.end - segment.body - _PORTION
    payload = b"".join(data[segment.body + _PORTION : segment.end] for _, segment in portions)
    return ("extended",) if complete else ("extended", "incomplete"), payload


_SIGNATURES = {BlockKind.XMP: XMP, BlockKind.EXIF: EXIF}
