"""The marker walk of a JPEG file: which segments there are and what the frame header says (ITU-T T.81, Annex B)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_pixels, require_within

SOI = 0xD8
EOI = 0xD9
SOS = 0xDA
DQT = 0xDB
DNL = 0xDC
DHT = 0xC4
DRI = 0xDD
DAC = 0xCC
APP0 = 0xE0
APP1 = 0xE1
APP2 = 0xE2
APP11 = 0xEB
APP14 = 0xEE
APP15 = 0xEF
COM = 0xFE
#: C4 (DHT), C8 (reserved) and CC (DAC) lie in the same range and are no frame headers.
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, DAC}
#: Sequential frames: baseline, extended Huffman, extended arithmetic.
SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
RST0 = 0xD0

#: Codes that T.81, table B.1 reserves or keeps for hierarchical files; decoders stop at them, so no viewer would show
#: the picture.
_RESERVED = frozenset({0xC8, 0xDE, 0xDF, *range(0x02, 0xC0), *range(0xF0, 0xFE)})

#: Bytes that are searched for a marker at once: more and more, as long as they stay in the processor's cache.
_FIRST_BLOCK = 4 * 1024
_LARGEST_BLOCK = 64 * 1024
_TEM = 0x01
#: Fill bytes (or others) before a marker that are passed over; some decoders take them one by one.
_LONGEST_GAP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: `start` is its 0xFF, `body` the first byte after the length field, `end` the byte after it."""

    marker: int
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Component:
    """One component of the frame header (T.81, B.2.2): identifier, sampling factors, quantisation table."""

    id: int
    horizontal: int
    vertical: int
    table: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame header; `height` is 0 where a DNL segment gives it."""

    marker: int
    precision: int
    width: int
    height: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """All marker segments up to the end of the image, in file order, without SOI, EOI and entropy-coded bytes."""

    segments: tuple[Segment, ...]
    frame: Frame
    #: The offset of the EOI marker.
    end: int

    def of(self, marker: int) -> tuple[Segment, ...]:
        """The segments with one marker code, in file order."""
        return tuple(segment for segment in self.segments if segment.marker == marker)


def walk(data: bytes, limits: Limits) -> Walk:
    """Walk the segments of the first image in `data`, also those behind a scan; coded pixels are stepped over.

    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED) or LimitError. Source: ITU-T T.81, B.1.1 and B.2.
    """
    if data[:2] != bytes((0xFF, SOI)):
        raise malformed("the file does not start with SOI")
    segments: list[Segment] = []
    frame: Frame | None = None
    position = 2
    scanned = False
    while True:
        segment = _next_segment(data, position)
        if segment.marker == EOI:
            break
        require_within(ErrorCode.LIMIT_ITEMS, len(segments) + 1, limits.items, "the number of segments")
        if segment.start - position > _LONGEST_GAP and not scanned:
            raise malformed("too many bytes belong to no segment", offset=position)
        segments.append(segment)
        position = segment.end
        scanned = scanned or segment.marker == SOS
        if segment.marker in FRAME_HEADERS:
            frame = _only_frame(frame, data, segment)
    return Walk(tuple(segments), _checked(frame, segments, data, limits), segment.start)


def malformed(detail: str, **params: object) -> MediaError:
    """The error for bytes that no JPEG file holds."""
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"the JPEG file is damaged: {detail}", **params)


def truncated(detail: str) -> MediaError:
    """The error for a file that ends too early."""
    return MediaError(ErrorCode.MEDIA_TRUNCATED, f"the JPEG file is cut off: {detail}")


def _next_segment(data: bytes, position: int) -> Segment:
    """The next marker at or after `position`; bytes that belong to no segment are passed over, as decoders do."""
    start = _next_marker(data, position)
    marker = data[start + 1]
    if marker == SOI:
        raise malformed("a second SOI lies inside the image", offset=start)
    if marker in _RESERVED:
        raise malformed(f"the marker FF{marker:02X} means nothing", offset=start)
    if marker in (EOI, _TEM):
        return Segment(marker, start, start + 2, start + 2)
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    end = start + 2 + length
    if end > len(data) or start + 4 > len(data):
        raise truncated(f"the segment at {start} is longer than the file")
    if length < 2:
        raise malformed("a segment is shorter than its own length field", offset=start)
    return Segment(marker, start, start + 4, end)


def _next_marker(data: bytes, position: int) -> int:
    """The 0xFF before the next marker code; stuffed bytes (FF00), restart markers and fill bytes are passed over."""
    if data[position : position + 1] == b"\xff" and data[position + 1 : position + 2] not in _NO_CODES:
        return position
    content = np.frombuffer(data, np.uint8)
    size = _FIRST_BLOCK
    while position < len(data) - 1:
        block = content[position : position + size + 1]
        might = block[:-1] == 0xFF
        might &= block[1:] != 0
        if might[might.argmax()]:
            found = np.flatnonzero(might)
            codes = block[found + 1]
            found = found[(codes & 0xF8 != RST0) & (codes != 0xFF)]
            if found.size:
                return position + int(found[0])
        position, size = position + size, min(4 * size, _LARGEST_BLOCK)
    raise truncated("there is no EOI marker")


_NO_CODES = frozenset({b"", b"\0", b"\xff", *(bytes((code,)) for code in range(RST0, RST0 + 8))})


def _only_frame(earlier: Frame | None, data: bytes, segment: Segment) -> Frame:
    if earlier is not None:
        raise malformed("there is more than one frame header", offset=segment.start)
    return _read_frame(data, segment)


def _read_frame(data: bytes, segment: Segment) -> Frame:
    body = data[segment.body : segment.end]
    if len(body) < 6 or len(body) < 6 + 3 * body[5] or not body[5]:
        raise malformed("the frame header is too short", offset=segment.start)
    precision, height, width, count = struct.unpack_from(">BHHB", body)
    components = tuple(
        Component(body[at], body[at + 1] >> 4, body[at + 1] & 15, body[at + 2]) for at in range(6, 6 + 3 * count, 3)
    )
    if width == 0:
        raise malformed("the picture has no width")
    return Frame(segment.marker, precision, width, height, components)


def _checked(frame: Frame | None, segments: list[Segment], data: bytes, limits: Limits) -> Frame:
    """The frame with its height, once there is a scan to go with it and the canvas is within the limits."""
    if frame is None or not any(segment.marker == SOS for segment in segments):
        raise malformed("there is no frame header or no scan")
    if frame.height == 0:
        frame = Frame(frame.marker, frame.precision, frame.width, _number_of_lines(data, segments), frame.components)
    require_pixels(frame.width, frame.height, limits)
    return frame


def _number_of_lines(data: bytes, segments: list[Segment]) -> int:
    """The height from a DNL segment (T.81, B.2.5), for a frame header that leaves it open."""
    for segment in segments:
        lines = int.from_bytes(data[segment.body : segment.end], "big")
        if segment.marker == DNL and segment.end - segment.body == 2 and lines:
            return lines
    raise malformed("the picture has no height")
