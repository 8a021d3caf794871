"""New scans for the pixels of a JPEG file, in the source's coding: tables, sampling, progression, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from io import BytesIO

from PIL import Image

from labeling.containers._jpeg_walk import DHT, FRAME_HEADERS, SOS, Walk, walk
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster._jpeg_chroma import Plane
from labeling.visible.raster._jpeg_coding import (
    CodeLengths,
    Coding,
    JpegSpace,
    Table,
    luma_code_lengths,
    unsupported,
)
from labeling.visible.raster._pillow_pixels import own_errors

#: Pillow's number for the samplings that it can write, by the factors of all components.
_SAMPLINGS = {
    ((1, 1), (1, 1), (1, 1)): 0,
    ((2, 1), (1, 1), (1, 1)): 1,
    ((2, 2), (1, 1), (1, 1)): 2,
    ((1, 1), (1, 1), (1, 1), (1, 1)): 0,
}
#: Own Huffman tables cost a second pass over all blocks. Do without where the common ones add less than this.
_BEARABLE_GROWTH = 1.04
#: Pillow gives an encoder that works in two passes a buffer of two bytes for each pixel, at least 64 KiB.
_BUFFER_PER_PIXEL = 2
_SMALLEST_BUFFER = 65_536
#: What of it the source may fill, so that the result has room to grow.
_FILLED = 0.92
_EOI = b"\xff\xd9"


def sampling(coding: Coding) -> int | None:
    """Pillow's sampling number, or None for a layout that has to be written one component at a time."""
    if coding.space is JpegSpace.GREY:
        return 0
    number = _SAMPLINGS.get(coding.factors)
    return None if number and coding.space is not JpegSpace.YCBCR else number


def encode_together(image: Image.Image, coding: Coding, tables: Sequence[Table], size: int) -> bytes:
    """Scans with all components, as `sampling` allows; DHT, DRI, SOS and the coded pixels up to and with EOI.

    `tables` are the quantisation steps to divide by, one table for each component. `size` is the number of coded bytes
    of the source: a guess at that of the result. Raises MediaError (MEDIA_UNSUPPORTED) for a progressive file of nearly
    two bytes a pixel, which the encoder's buffer cannot hold.
    """
    fits = size <= max(_SMALLEST_BUFFER, _BUFFER_PER_PIXEL * image.width * image.height) * _FILLED
    if coding.progressive and not fits:
        raise unsupported("nearly two bytes a pixel in progressive scans")
    optimise = fits and _growth(coding.lengths) > _BEARABLE_GROWTH
    encoded = _encode(image, tables, coding, sampling(coding) or 0, optimise=optimise)
    return _scans(encoded, [component.id for component in coding.frame.components])


def encode_apart(planes: Sequence[Plane], coding: Coding, tables: Sequence[Table]) -> bytes:
    """The same as scans with one component each (T.81, A.2.2)."""
    parts = []
    for plane, table, component in zip(planes, tables, coding.frame.components, strict=True):
        encoded = _encode(Image.fromarray(plane), [table], coding, optimise=True)
        parts.append(_scans(encoded, [component.id]).removesuffix(_EOI))
    return b"".join(parts) + _EOI


def _encode(
    image: Image.Image, tables: Sequence[Table], coding: Coding, subsampling: int = 0, *, optimise: bool
) -> bytes:
    """A JPEG file of its own."""
    target = BytesIO()
    with own_errors("encoding the pixels"):
        image.save(
            target,
            format="JPEG",
            qtables=[list(table) for table in tables],
            subsampling=subsampling,
            progressive=coding.progressive,
            optimize=optimise,
            keep_rgb=coding.space is JpegSpace.RGB,
            restart_marker_blocks=coding.restart,
            comment=None,
        )
    return target.getvalue()


def _scans(encoded: bytes, ids: Sequence[int]) -> bytes:
    """What follows the frame header, EOI included, with the source's component identifiers in the scan headers."""
    walked = walk(encoded, DEFAULT_LIMITS)
    header = next(segment for segment in walked.segments if segment.marker in FRAME_HEADERS)
    names = {component.id: name for component, name in zip(walked.frame.components, ids, strict=True)}
    if all(old == new for old, new in names.items()):
        return encoded[header.end :]
    scans = bytearray(encoded[header.end :])
    for at in _selectors(encoded, walked):
        scans[at - header.end] = names[encoded[at]]
    return bytes(scans)


def _selectors(encoded: bytes, walked: Walk) -> list[int]:
    """Where the scan headers name a component (T.81, B.2.3)."""
    scans = walked.of(SOS)
    return [scan.body + 1 + 2 * number for scan in scans for number in range(encoded[scan.body])]


@lru_cache(maxsize=256)
def _growth(lengths: CodeLengths) -> float:
    """How much longer luma's AC coefficients get with the encoder's own tables than with the source's.

    A code of n bits was made for a symbol that comes up about once in 2**n; the low four bits of a symbol count the
    bits that follow it as they are (T.81, F.1.2.2.1).
    """
    if not lengths:
        return 1.0
    common = dict(_common_lengths())
    before = sum((bits + (symbol & 15)) * 2.0**-bits for symbol, bits in lengths)
    after = sum((common.get(symbol, 16) + (symbol & 15)) * 2.0**-bits for symbol, bits in lengths)
    return after / before


@cache
def _common_lengths() -> CodeLengths:
    """Luma's AC code lengths as the encoder writes them unasked (T.81, table K.5)."""
    target = BytesIO()
    Image.new("L", (8, 8)).save(target, format="JPEG")
    encoded = target.getvalue()
    return luma_code_lengths(encoded, list(walk(encoded, DEFAULT_LIMITS).of(DHT)))
