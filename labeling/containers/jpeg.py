"""JPEG: XMP and Exif in APP1, C2PA in APP11, spliced between the other segments (ITU-T T.81; XMP part 3, 1.1.3).

Notes: 'extended' (an extended packet), 'incomplete' (parts of it are missing), 'not-announced' (the main packet does
not point to it), 'embedded' (a record inside a segment of another application), 'trailer' (behind EOI).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from labeling.containers._jpeg_blocks import EMBEDDED, EXIF, XMP, JpegBlock, find_blocks
from labeling.containers._jpeg_mpf import SIGNATURE as MPF
from labeling.containers._jpeg_mpf import shifted_index
from labeling.containers._jpeg_walk import APP0, APP1, APP2, APP15, COM, Segment, walk
from labeling.containers._trailer import TRAILER, trailer_blocks
from labeling.containers._trailer import UNIT as TRAILER_UNIT
from labeling.containers.base import Anatomy, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format, RecordForm

#: The length field counts itself: T.81, B.1.1.4.
_LARGEST_BODY = 65_533
_AFTER_SOI = 2
_EOI_BYTES = 2
#: The white space that XMP leaves for editing in place, and the end of the packet (XMP part 1, 7.3).
_PADDING = re.compile(rb"\s+(?=<\?xpacket end=)")

#: Bytes from the first offset up to the second are replaced by these.
Edit = tuple[int, int, bytes]


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk the segments of a JPEG and name the metadata blocks.

    Every frame type is accepted, also those that cannot be painted. An image without EOI is refused as truncated: the
    files seen in the wild that lack it were cut off, and a label must not make them look whole. What follows EOI is
    kept; of further images and films nothing is looked at. Raises MediaError or LimitError.

    Extended XMP is one block per GUID (keyword), noted 'extended', with `start` and `end` of its first segment; it is
    dropped as a whole. The same holds for a C2PA manifest store in several APP11.
    """
    found = walk(data, limits)
    blocks = tuple(item.block for item in find_blocks(data, found.segments, limits))
    behind = trailer_blocks(data, found.end + _EOI_BYTES, limits)
    return Anatomy(Format.JPEG, found.frame.width, found.frame.height, blocks=blocks + behind)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Drop blocks and put an XMP packet or an Exif block in; every other byte is kept.

    New payloads take the place of the first dropped block of their kind; otherwise Exif goes after JFIF, and XMP after
    JFIF and Exif. The index of a multi-picture file is moved along. Raises DeclarationError for a text entry, which has
    no place in JPEG, and where a record cannot be taken out without harm; LimitError (LIMIT_METADATA) where a payload
    does not fit in one segment even without its padding: to split a packet in two means to move properties between
    them, which a container cannot judge.
    """
    # 1. Refuse what the format cannot hold, and what cannot be done without harm.
    if changes.text is not None:
        raise DeclarationError(ErrorCode.RECORD_FORM_UNSUPPORTED, "JPEG has no text entry for a record")
    segments = walk(data, limits).segments
    _require_removable(data, segments, changes)
    # 2. Take out what is dropped.
    starts = {block.start for block in changes.drop}
    dropped = [item for item in find_blocks(data, segments, limits) if item.block.start in starts]
    edits: list[Edit] = [(part.start, part.end, b"") for item in dropped for part in item.segments]
    edits += [(block.start, block.end, b"") for block in changes.drop if block.unit == TRAILER_UNIT]
    # 3. Put in what is new.
    if changes.exif is not None:
        place = _place(BlockKind.EXIF, dropped, _end_of_jfif(segments))
        edits.append((place, place, _segment(EXIF, changes.exif)))
    if changes.xmp is not None:
        place = _place(BlockKind.XMP, dropped, _end_of_exif(data, segments))
        edits.append((place, place, _segment(XMP, _fitting(changes.xmp))))
    # 4. Move the offsets of the other pictures along.
    return apply_edits(data, segments, edits)


def _require_removable(data: bytes, segments: tuple[Segment, ...], changes: Changes) -> None:
    """Refuse to cut into what another application wrote, or behind the first picture of several."""
    notes = {note for block in changes.drop for note in block.notes}
    several = any(segment.marker == APP2 and data.startswith(MPF, segment.body, segment.end) for segment in segments)
    if EMBEDDED in notes:
        reason = "a record lies inside a segment of another application"
    elif TRAILER in notes and several:
        reason = "a record lies behind the first of several pictures"
    else:
        return
    raise DeclarationError(ErrorCode.RECORD_UNSUPPORTED, f"{reason} and cannot be taken out", format=Format.JPEG.value)


def apply_edits(data: bytes, segments: tuple[Segment, ...], edits: list[Edit]) -> bytes:
    """The file with all edits made, in one copy; they must not overlap and lie in the first image.

    Insertions at the same place keep their order, and come before a removal that starts there. The index of a
    multi-picture file follows: offsets count from its own header, so only what changes behind it counts.
    """
    edits = sorted(edits + list(_index_edits(data, segments, edits)), key=lambda edit: (edit[0], edit[1]))
    parts: list[bytes | memoryview] = []
    view = memoryview(data)
    position = 0
    for start, end, new in edits:
        parts += (view[position:start], new)
        position = end
    parts.append(view[position:])
    return b"".join(parts)


def _index_edits(data: bytes, segments: tuple[Segment, ...], edits: list[Edit]) -> Iterator[Edit]:
    growth = sum(len(new) - (end - start) for start, end, new in edits)
    for segment in segments:
        if segment.marker == APP2 and data.startswith(MPF, segment.body, segment.end):
            behind = sum(len(new) - (end - start) for start, end, new in edits if start >= segment.end)
            body = data[segment.body : segment.end]
            moved = shifted_index(body, first_image=growth, others=behind)
            if moved != body:
                yield segment.body, segment.end, moved


def _place(kind: BlockKind, dropped: list[JpegBlock], otherwise: int) -> int:
    return next((item.block.start for item in dropped if item.block.kind is kind), otherwise)


def _end_of_jfif(segments: tuple[Segment, ...]) -> int:
    """JFIF and its extension come directly after SOI (ITU-T T.871, 10.1)."""
    return max((segment.end for segment in _head(segments) if segment.marker == APP0), default=_AFTER_SOI)


def _end_of_exif(data: bytes, segments: tuple[Segment, ...]) -> int:
    leaders = (segment.end for segment in _head(segments) if segment.marker == APP0 or _is_exif(data, segment))
    return max(leaders, default=_AFTER_SOI)


def _head(segments: tuple[Segment, ...]) -> Iterator[Segment]:
    """The application segments and comments before the first table or frame header."""
    return takewhile(lambda segment: segment.marker == COM or APP0 <= segment.marker <= APP15, segments)


def _is_exif(data: bytes, segment: Segment) -> bool:
    return segment.marker == APP1 and data.startswith(EXIF, segment.body, segment.end)


def _fitting(packet: bytes) -> bytes:
    """The packet, without its padding where it would not fit in one segment."""
    if len(XMP) + len(packet) <= _LARGEST_BODY:
        return packet
    return _PADDING.sub(b"", packet)


def _segment(signature: bytes, payload: bytes) -> bytes:
    size = len(signature) + len(payload)
    require_within(ErrorCode.LIMIT_METADATA, size, _LARGEST_BODY, "the size of an APP1 segment")
    return bytes((0xFF, APP1)) + (size + 2).to_bytes(2, "big") + signature + payload


register(
    Container(
        format=Format.JPEG,
        parse=parse,
        splice=splice,
        forms={RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF},
        reads=frozenset(
            {
                Carrier.XMP,
                Carrier.XMP_ATTRIBUTE,
                Carrier.EXIF_USER_COMMENT,
                Carrier.EXIF_IMAGE_DESCRIPTION,
                Carrier.APP_SEGMENT,
                Carrier.TRAILER,
            }
        ),
    )
)
