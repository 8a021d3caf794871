"""One strip or tile, from stored bytes to samples and back; what is decoded is sized by the tags, never by the stream.

LZW, PackBits and CCITT go through libtiff (Pillow): the segment is wrapped as a TIFF file of one strip, for the byte
codecs as a grey picture whose pixels are the bytes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import Final

import numpy as np
from isal import isal_zlib
from PIL import Image, TiffImagePlugin, _imaging
from zlib_ng import zlib_ng

from labeling import ifd as tiff
from labeling.containers.tiff import STRIP_BYTE_COUNTS, STRIP_OFFSETS
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Dialect
from labeling.ifd_edit import encode_table
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster._pillow_pixels import own_errors
from labeling.visible.raster._tiff_jpeg import decode_jpeg, encode_jpeg
from labeling.visible.raster._tiff_page import FAX, Compression, Page, Segment
from labeling.visible.stamp import Pixels

#: Level of libtiff and of Pillow.
_DEFLATE_LEVEL: Final = 6
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_PILLOW_NAMES: Final[Mapping[Compression, str]] = {
    Compression.CCITT_RLE: "tiff_ccitt",
    Compression.CCITT_T4: "group3",
    Compression.CCITT_T6: "group4",
    Compression.LZW: "tiff_lzw",
    Compression.PACKBITS: "packbits",
}
#: Rows that are copied out of Pillow at once, so that a large strip is not held twice.
_BAND: Final = 64
_LITTLE: Final = Dialect("<")
_T4_OPTIONS: Final = 292


def decode(page: Page, segment: Segment, stored: bytes) -> Pixels:
    """The samples of a segment, shape (rows, columns, samples), to be changed in place.

    Columns include the padding of sub-byte rows. Raises MediaError (media.malformed) where the bytes do not decode to
    as much as the tags promise.
    """
    raw = stored.translate(_REVERSED) if page.reversed_bits else stored
    rows, row_bytes = segment.box.height, page.row_bytes(segment)
    plain = _DECODERS.get(page.compression, _through_libtiff)(page, segment, raw)
    if len(plain) < rows * row_bytes:
        raise _damaged(f"{len(plain)} bytes instead of {rows * row_bytes}")
    samples = _samples(page, np.frombuffer(plain, np.uint8, rows * row_bytes).reshape(rows, row_bytes))
    return np.cumsum(samples, axis=1, dtype=samples.dtype, out=samples) if page.predicted else samples


def encode(page: Page, segment: Segment, samples: Pixels, stored: bytes) -> bytes:
    """The stored form of a segment's samples, the inverse of `decode`; `stored` is what it was before."""
    packed = _packed(page, _differences(samples) if page.predicted else samples)
    if page.compression is Compression.JPEG:
        return encode_jpeg(page, segment, packed, stored)
    encoded = _ENCODERS.get(page.compression, _by_libtiff)(page, segment, packed)
    return encoded.translate(_REVERSED) if page.reversed_bits else encoded


def _samples(page: Page, rows: Pixels) -> Pixels:
    height = rows.shape[0]
    if page.bits == 16:
        return (
            rows.view(">u2" if page.big_endian else "<u2").reshape(height, -1, page.segment_samples).astype(np.uint16)
        )
    if page.bits == 8:
        return rows.reshape(height, -1, page.segment_samples)
    bits = np.unpackbits(rows, axis=1).reshape(height, -1, page.bits)
    return np.packbits(bits, axis=2) >> np.uint8(8 - page.bits)


def _differences(samples: Pixels) -> Pixels:
    """Horizontal differencing (TIFF 6.0, section 14)."""
    differences = samples.copy()
    np.subtract(samples[:, 1:], samples[:, :-1], out=differences[:, 1:])
    return differences


def _packed(page: Page, samples: Pixels) -> memoryview:
    if page.bits == 16:
        packed = samples.astype(">u2" if page.big_endian else "<u2").view(np.uint8)
    elif page.bits == 8:
        packed = np.ascontiguousarray(samples)
    else:
        bits = np.unpackbits(samples, axis=2)[:, :, 8 - page.bits :]
        packed = np.packbits(bits.reshape(samples.shape[0], -1), axis=1)
    return packed.reshape(-1).data


def _unpack(_page: Page, _segment: Segment, data: bytes) -> bytearray:
    return bytearray(data)


def _pack(_page: Page, _segment: Segment, data: memoryview) -> bytes:
    return bytes(data)


def _inflate(page: Page, segment: Segment, data: bytes) -> bytearray:
    try:
        plain = isal_zlib.decompressobj().decompress(data, page.row_bytes(segment) * segment.box.height)
    except isal_zlib.error as error:  # type: ignore[misc]  # the stub declares an instance
        raise _damaged(str(error)) from error
    return bytearray(plain)


def _deflate(_page: Page, _segment: Segment, data: memoryview) -> bytes:
    return zlib_ng.compress(data, _DEFLATE_LEVEL)


def _through_libtiff(page: Page, segment: Segment, data: bytes) -> bytearray:
    _quieten_libtiff()
    wrapped = BytesIO(_one_strip(page, segment, data))
    plain = bytearray()
    with own_errors("decoding a strip or tile"):
        # Not Image.open: its own bound on pixels would count the bytes of a segment as pixels.
        image = TiffImagePlugin.TiffImageFile(wrapped)
        image.load()
        for y in range(0, image.height, _BAND):
            plain += image.crop((0, y, image.width, min(y + _BAND, image.height))).tobytes()
    return plain


@cache
def _quieten_libtiff() -> None:
    """Keep libtiff from writing a line to the process's stderr for every damaged row; Pillow reports errors anyway.

    Pillow does the same with libtiff's warnings. Where the library cannot be reached, nothing changes.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


def _by_libtiff(page: Page, segment: Segment, data: memoryview) -> bytes:
    mode, size = _wrapped_as(page, segment)
    out = BytesIO()
    options = {_T4_OPTIONS: page.t4_options} if page.compression is Compression.CCITT_T4 else {}
    with own_errors("encoding a strip or tile"):
        Image.frombuffer(mode, size, np.asarray(data), "raw", mode, 0, 1).save(
            out, "TIFF", compression=_PILLOW_NAMES[page.compression], strip_size=len(data), tiffinfo=options
        )
    wrapped = out.getbuffer()
    tree = tiff.read(wrapped, DEFAULT_LIMITS)
    at, count = (tree.number(tree.chain[0], tag, 0) for tag in (STRIP_OFFSETS, STRIP_BYTE_COUNTS))
    return bytes(wrapped[at : at + count])


def _wrapped_as(page: Page, segment: Segment) -> tuple[str, tuple[int, int]]:
    """The Pillow mode and size under which libtiff sees exactly the bytes of the segment."""
    if page.compression in FAX:
        return "1", (segment.box.width, segment.box.height)
    return "L", (page.row_bytes(segment), segment.box.height)


def _one_strip(page: Page, segment: Segment, data: bytes) -> bytes:
    mode, (width, height) = _wrapped_as(page, segment)
    start = len(_LITTLE.header) + 4
    padding = len(data) % 2
    tags = {
        256: width,
        257: height,
        258: 1 if mode == "1" else 8,
        259: page.compression,
        262: 1,
        STRIP_OFFSETS: start,
        277: 1,
        278: height,
        STRIP_BYTE_COUNTS: len(data),
        _T4_OPTIONS: page.t4_options,
    }
    cells = [_LITTLE.entry.pack(tag, tiff.LONG, 1, _LITTLE.offset(value)) for tag, value in tags.items()]
    table = encode_table(_LITTLE, cells) + _LITTLE.offset(0)
    return b"".join((_LITTLE.header, _LITTLE.offset(start + len(data) + padding), data, b"\0" * padding, table))


def _damaged(detail: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"a strip or tile does not decode: {detail}")


_DECODERS: Final[Mapping[Compression, Callable[[Page, Segment, bytes], bytearray]]] = {
    Compression.NONE: _unpack,
    Compression.DEFLATE: _inflate,
    Compression.DEFLATE_OLD: _inflate,
    Compression.JPEG: decode_jpeg,
}
_ENCODERS: Final[Mapping[Compression, Callable[[Page, Segment, memoryview], bytes]]] = {
    Compression.NONE: _pack,
    Compression.DEFLATE: _deflate,
    Compression.DEFLATE_OLD: _deflate,
}
