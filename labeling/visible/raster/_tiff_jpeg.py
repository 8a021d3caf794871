"""Strips and tiles of JPEG inside TIFF: components as they are stored, with the stream's own tables and sampling.

Source: TIFF Technical Note 2 (JPEG in TIFF); ITU-T T.872, 6.5.3 for the Adobe marker, which tells a decoder whether
three components are RGB.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, JpegImagePlugin

from labeling.ifd import malformed
from labeling.visible.raster._pillow_pixels import own_errors
from labeling.visible.raster._tiff_page import Page, Photometric, Segment, unsupported

_SOI: Final = b"\xff\xd8"
_JFIF: Final = b"\xff\xe0"
_ADOBE: Final = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"

#: Pillow's mode and the transform of the Adobe marker under which libjpeg converts nothing.
_MODES: Final = {
    Photometric.WHITE_IS_ZERO: ("L", 0),
    Photometric.BLACK_IS_ZERO: ("L", 0),
    Photometric.RGB: ("RGB", 0),
    Photometric.YCBCR: ("YCbCr", 1),
}


def decode_jpeg(page: Page, segment: Segment, data: bytes) -> bytearray:
    """The components of a segment, interleaved, one byte each.

    Raises MediaError: media.unsupported for a colour model or sampling that would not survive, media.malformed for a
    stream that does not decode or has another size than the tags say.
    """
    with own_errors("decoding a JPEG strip or tile"):
        return bytearray(_opened(page, segment, data).tobytes())


def encode_jpeg(page: Page, segment: Segment, data: memoryview, original: bytes) -> bytes:
    """A stream of its own with the tables, sampling and coding of `original`; errors as `decode_jpeg`."""
    mode, _ = _mode(page)
    with own_errors("encoding a JPEG strip or tile"):
        source = _opened(page, segment, original)
        out = BytesIO()
        Image.frombytes(mode, (segment.box.width, segment.box.height), bytes(data)).save(
            out,
            "JPEG",
            qtables=source.quantization,
            subsampling=_sampling(source, mode),
            progressive="progressive" in source.info,
            optimize=True,
            keep_rgb=mode == "RGB",
        )
    return _without_jfif(out.getvalue())


def _opened(page: Page, segment: Segment, data: bytes) -> JpegImagePlugin.JpegImageFile:
    """The stream with its tables in front, opened so that its components come out as they are stored."""
    mode, transform = _mode(page)
    if not data.startswith(_SOI):
        raise malformed("a JPEG strip or tile does not start with SOI")
    tables = page.jpeg_tables[2:-2] if page.jpeg_tables.startswith(_SOI) else b""
    image = JpegImagePlugin.JpegImageFile(BytesIO(_SOI + _ADOBE + bytes([transform]) + tables + data[2:]))
    if image.size != (segment.box.width, segment.box.height):
        raise malformed(f"a JPEG of {image.size} in a strip or tile of {segment.box.width} x {segment.box.height}")
    image.draft(mode, image.size)
    if image.mode != mode:
        raise unsupported(f"JPEG components as {image.mode}")
    return image


def _mode(page: Page) -> tuple[str, int]:
    if page.photometric not in _MODES or page.bits != 8 or page.planar or page.samples not in (1, 3):
        raise unsupported(f"JPEG in {page.photometric.name} of {page.samples} samples")
    return _MODES[page.photometric]


def _sampling(image: JpegImagePlugin.JpegImageFile, mode: str) -> int:
    """Pillow's number for the chroma sampling: 4:4:4, 4:2:2 or 4:2:0."""
    if mode != "YCbCr":
        return 0
    sampling = JpegImagePlugin.get_sampling(image)
    if sampling < 0:
        raise unsupported("JPEG of an unusual chroma sampling")
    return sampling


def _without_jfif(stream: bytes) -> bytes:
    """The stream without the JFIF segment that Technical Note 2 has no place for."""
    if stream[2:4] != _JFIF:
        return stream
    return _SOI + stream[4 + int.from_bytes(stream[4:6], "big") :]
