"""The pixels of a JPEG file as its components, as an encoder wants them back, or a refusal where they are damaged."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO, cast

from PIL import Image, ImageChops
from PIL.JpegImagePlugin import JpegImageFile

from labeling.containers._jpeg_walk import DHT, DRI, FRAME_HEADERS, SEQUENTIAL, SOS, Walk, malformed
from labeling.visible.raster._jpeg_coding import Coding, JpegSpace, Table, quantisation_segment, unsupported
from labeling.visible.raster._pillow_pixels import own_errors

#: Pillow's raw mode and libjpeg's name for what the file holds. Only `RGB` from YCbCr is a conversion; 'CMYK;I' turns
#: the samples over (255 - s), and the encoder turns them back.
_VIEWS = {
    (JpegSpace.GREY, "L"): ("L", "L"),
    (JpegSpace.YCBCR, "L"): ("L", "YCbCr"),
    (JpegSpace.YCBCR, "YCbCr"): ("YCbCr", "YCbCr"),
    (JpegSpace.YCBCR, "RGB"): ("RGB", "YCbCr"),
    (JpegSpace.RGB, "RGB"): ("RGB", "RGB"),
    (JpegSpace.CMYK, "CMYK"): ("CMYK;I", "CMYK"),
    (JpegSpace.YCCK, "CMYK"): ("CMYK;I", "CMYK"),
}
#: Bytes at the end of the coded pixels that a sound file cannot do without. Some encoders pad a byte or two.
_TAIL = 4
#: Stands for coded pixels where there are none; holds no marker, and no run of it decodes to flat grey.
_JUNK = bytes((0x5A, 0xC3, 0x17, 0x9E, 0x64, 0xB1, 0x2D, 0xF0)) * 64
#: libjpeg reads no larger pictures (`JPEG_MAX_DIMENSION`).
_LARGEST_SIDE = 65_500
_EOI = b"\xff\xd9"
_RESTART_MARKER = re.compile(rb"\xff([\xd0-\xd7])")


@dataclass(frozen=True, slots=True)
class Coded:
    """The part of a JPEG file that a decoder of samples needs: tables and frame header; the scans without EOI."""

    space: JpegSpace
    #: SOI and a quantisation table for each component.
    start: bytes
    #: Frame header and Huffman tables.
    head: bytes
    scans: memoryview
    #: Where the height lies in `head`.
    height_at: int
    #: Whether all pixels are coded in a single sequential scan.
    one_scan: bool

    def with_tables(self, tables: Sequence[Table]) -> Coded:
        """The same levels with other quantisation tables, one for each component."""
        return replace(self, start=_start(tables))

    def load(self, mode: str, scale: int = 1) -> Image.Image:
        """The picture, filled up to whole blocks, in `mode`, a key of `_VIEWS`; or 1/scale of it. Raises MediaError."""
        return self._load(_Stream(self.start, self.head, self.scans, _EOI), mode, scale)

    def load_checked(self, mode: str) -> Image.Image:
        """The same at full size, and a refusal where the coded pixels end too early or, in one scan, too late."""
        header = int.from_bytes(self.scans[2:4], "big") + 2
        tail = max(header, len(self.scans) - _TAIL)
        stream = _Stream(self.start, self.head, self.scans[:tail], self.scans[tail:], _EOI)
        image = self._load(stream, mode)
        if self.one_scan and stream.tell() <= len(self.start) + len(self.head) + tail:
            raise malformed("the coded pixels go on after the last of the picture")
        if _ends_in_grey(image):
            junk = _Stream(self.start, self.head, self.scans, _JUNK, _EOI)
            if _differ(image, self._load(junk, mode)):
                raise malformed("the coded pixels end before the picture does")
        return image

    def with_scans(self, size: tuple[int, int], scans: bytes) -> Coded:
        """Another picture with the same quantisation tables; its `scans` bring their own Huffman tables and EOI."""
        width, height = size
        at = self.height_at
        head = self.head[:at] + struct.pack(">HH", height, width) + self.head[at + 4 :]
        return replace(self, head=head, scans=memoryview(scans))

    def _load(self, stream: _Stream, mode: str, scale: int = 1) -> Image.Image:
        with own_errors("decoding the pixels"):
            image = JpegImageFile(cast("IO[bytes]", stream))
            image.draft(mode, (image.width // scale, image.height // scale))
            image.tile = [tile._replace(args=_VIEWS[self.space, mode]) for tile in image.tile]
            image.load()
        return image


class _Stream:
    """Pieces of a file as one, for a decoder that is content with less than it asked for; none is copied as a whole."""

    def __init__(self, *pieces: bytes | memoryview) -> None:
        self._pieces = pieces
        self._position = 0

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, size: int) -> bytes:
        """At most `size` bytes of the piece at the current position."""
        at = self._position
        for piece in self._pieces:
            if at < len(piece):
                found = bytes(piece[at : at + size])
                self._position += len(found)
                return found
            at -= len(piece)
        return b""


def coded(data: bytes, walked: Walk, coding: Coding) -> Coded:
    """The coded pixels of `data`, of which `walked` is the whole walk; restart markers are checked.

    libjpeg makes up for most damage without saying so. Found are an end that comes too early or too late, and wrong
    restart markers; a flipped bit that leaves the number of coded blocks as it was cannot be found in any JPEG file.
    Raises MediaError (MEDIA_MALFORMED, MEDIA_UNSUPPORTED).
    """
    header = next(segment for segment in walked.segments if segment.marker in FRAME_HEADERS)
    if data[header.body + 1 : header.body + 3] == b"\0\0":
        raise unsupported("its height in a DNL segment")
    first, end = walked.of(SOS)[0], walked.end
    single = _one_scan(walked)
    if coding.restart and single:
        _require_restarts(data, coding, first.end, end)
    head, height_at = _head(data, walked, coding)
    return Coded(coding.space, _start(coding.tables), head, memoryview(data)[first.start : end], height_at, single)


def _one_scan(walked: Walk) -> bool:
    """Whether all pixels are coded in a single sequential scan."""
    return walked.frame.marker in SEQUENTIAL and len(walked.of(SOS)) == 1


def _head(data: bytes, walked: Walk, coding: Coding) -> tuple[bytes, int]:
    """The segments before the first scan that a decoder of samples needs; and where the height lies in them.

    Each component has a quantisation table of its own, numbered as the component is.

    The size is given in whole blocks: an encoder fills the last ones up with pixels that no viewer shows, and only with
    all of them do the same coefficients come out again.
    """
    head = bytearray()
    height_at = 0
    for segment in walked.segments:
        if segment.marker == SOS:
            break
        if segment.marker in FRAME_HEADERS | {DHT, DRI}:
            if segment.marker in FRAME_HEADERS:
                height_at = len(head) + segment.body - segment.start + 1
            head += data[segment.start : segment.end]
    for number in range(len(coding.frame.components)):
        head[height_at + 7 + 3 * number] = number
    struct.pack_into(">HH", head, height_at, *_whole_blocks(coding, one_scan=_one_scan(walked)))
    return bytes(head), height_at


def _start(tables: Sequence[Table]) -> bytes:
    return b"\xff\xd8" + b"".join(quantisation_segment(number, table) for number, table in enumerate(tables))


def _whole_blocks(coding: Coding, *, one_scan: bool) -> tuple[int, int]:
    """Height and width, rounded up to what the scans hold: whole MCUs if the components share them, else blocks."""
    frame = coding.frame
    across, down = coding.unit if one_scan else (8, 8)
    padded = -(-frame.height // down) * down, -(-frame.width // across) * across
    return padded if max(padded) <= _LARGEST_SIDE else (frame.height, frame.width)


def _require_restarts(data: bytes, coding: Coding, start: int, end: int) -> None:
    """One restart marker between any two intervals, counting modulo 8 (T.81, E.1.4)."""
    found = b"".join(_RESTART_MARKER.findall(data, start, end))
    across, down = coding.unit
    units = -(-coding.frame.width // across) * -(-coding.frame.height // down)
    expected = -(-units // coding.restart) - 1
    cycle = bytes(range(0xD0, 0xD8))
    if found != (cycle * (expected // 8 + 1))[:expected]:
        raise malformed("restart markers are missing or out of order", expected=expected, actual=len(found))


def _ends_in_grey(image: Image.Image) -> bool:
    """Whether the last block is what a decoder puts where data is missing: the middle of the range in all bands."""
    width, height = image.size
    block = image.crop(((width - 1) & ~7, (height - 1) & ~7, width, height))
    missing = 127 if image.mode == "CMYK" else 128
    return all(block.getchannel(band).getextrema() == (missing, missing) for band in range(len(block.getbands())))


def _differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None
