"""Draw a stamp into a JPEG file: new scans in the source's coding, every other segment as it was."""

from __future__ import annotations

import math

from labeling.containers._jpeg_walk import APP0, APP15, COM, DHT, DRI, SOS, Walk, walk
from labeling.containers.base import Anatomy
from labeling.containers.jpeg import Edit, apply_edits
from labeling.limits import Limits
from labeling.model import Format
from labeling.visible.raster._jpeg_coding import Coding, JpegSpace, read_coding
from labeling.visible.raster._jpeg_decode import Coded, coded
from labeling.visible.raster._jpeg_encode import encode_apart, encode_together, sampling
from labeling.visible.raster._jpeg_headroom import with_headroom
from labeling.visible.raster._jpeg_planes import checked_planes, picture
from labeling.visible.raster._jpeg_redraw import redraw
from labeling.visible.raster._jpeg_steps import sharpened
from labeling.visible.raster._jpeg_trial import bears_rgb
from labeling.visible.raster._pillow_pixels import draw
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Stamp

#: See `Painted.safe_contrast`; no such bound holds from this mean step of a luma table on.
_SAFE_CONTRAST = 7.0
_COARSE_STEP = 30


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp; quantisation, sampling, progression, restarts, colour space and all other segments stay.

    Outside the stamp, widened to whole coded units and by the one pixel over which a decoder blends chroma, a picture
    keeps its coefficients but for a rounding now and then. One that bears it (most photographs) goes through RGB, which
    is quicker and keeps 48 dB there. Only the Huffman tables, the scan headers and the coded pixels are new. A layout
    that the encoder cannot interleave is written with one scan for each component.

    Raises MediaError where the pixels are damaged (MEDIA_MALFORMED) or cannot be coded again (MEDIA_UNSUPPORTED).
    """
    # 1. Learn how the pixels are coded, and whether that can be kept.
    walked = walk(data, limits)
    coding = read_coding(data, walked)
    pixels = coded(data, walked, coding)
    # 2. Decode, draw and code again, by the quickest way that keeps what the file shows.
    scans, contrast = _paint_quickly(pixels, coding, stamp) or _paint_exactly(pixels, coding, stamp)
    # 3. Put the new scans into the file.
    result = apply_edits(data, walked.segments, _edits(data, walked, scans))
    return Painted(result, contrast, safe_contrast=math.inf if _is_coarse(coding) else _SAFE_CONTRAST)


def _is_coarse(coding: Coding) -> bool:
    """Whether luma is quantised coarsely, in the mean of its table; quality 70 of libjpeg and less is."""
    return sum(coding.tables[0]) > _COARSE_STEP * len(coding.tables[0])


def _paint_quickly(pixels: Coded, coding: Coding, stamp: Stamp) -> tuple[bytes, float] | None:
    """New scans by way of RGB, and the contrast; None where too much would be lost.

    libjpeg converts RGB faster than it copies YCbCr, and one decoding is enough.
    """
    if coding.space is not JpegSpace.YCBCR or sampling(coding) is None:
        return None
    horizontal, vertical = coding.factors[0]
    steps = sharpened(coding, horizontal=horizontal == 2, vertical=vertical == 2)
    pixels = pixels.with_tables(steps.read)
    image = pixels.load_checked("RGB")
    if not bears_rgb(image, pixels, coding, steps):
        return None
    contrast = draw(image, stamp)
    return encode_together(image, coding, steps.write, len(pixels.scans)), contrast


def _paint_exactly(pixels: Coded, coding: Coding, stamp: Stamp) -> tuple[bytes, float]:
    """New scans by way of the samples that the file holds, and the contrast."""
    planes = checked_planes(pixels, coding)
    steps = with_headroom(planes, pixels, coding)
    contrast = redraw(planes, coding, steps, stamp)
    if sampling(coding) is None:
        return encode_apart(planes, coding, steps.write), contrast
    image = picture(planes, coding)
    # The encoder needs as much again.
    planes.clear()
    return encode_together(image, coding, steps.write, len(pixels.scans)), contrast


def _edits(data: bytes, walked: Walk, scans: bytes) -> list[Edit]:
    """Take out the old coding and put in the new; application segments between scans move before the first."""
    first = walked.of(SOS)[0].start
    end = walked.end + 2
    late = b"".join(
        data[segment.start : segment.end]
        for segment in walked.segments
        if segment.start > first and (segment.marker == COM or APP0 <= segment.marker <= APP15)
    )
    old_tables = [part for part in walked.segments if part.marker in (DHT, DRI) and part.start < first]
    return [(part.start, part.end, b"") for part in old_tables] + [(first, end, late + scans)]


register(Format.JPEG, paint)
