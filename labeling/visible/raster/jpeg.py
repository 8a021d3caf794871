"""Draw a stamp into a JPEG file: new scans in the source's coding, every other segment as it was."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from labeling.containers._jpeg_walk import APP0, APP15, COM, DHT, DRI, SOS, Walk, walk
from labeling.containers.base import Anatomy
from labeling.containers.jpeg import Edit, apply_edits
from labeling.limits import Limits
from labeling.model import Box, Format
from labeling.visible.raster._jpeg_chroma import Plane, samples, with_own_chroma, with_recovered_chroma
from labeling.visible.raster._jpeg_coding import Coding, JpegSpace, read_coding
from labeling.visible.raster._jpeg_decode import Coded, coded, one_scan
from labeling.visible.raster._jpeg_encode import encode_apart, encode_together, sampling, too_fine
from labeling.visible.raster._jpeg_trial import bears_rgb
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import ColourSpace, Pixels, Stamp

#: See `Painted.safe_contrast`; no such bound holds from this mean step of a luma table on.
_SAFE_CONTRAST = 7.0
_COARSE_STEP = 30
#: Pillow's mode for the components as they are stored.
_STORED_MODES = {
    JpegSpace.GREY: "L",
    JpegSpace.YCBCR: "YCbCr",
    JpegSpace.RGB: "RGB",
    JpegSpace.CMYK: "CMYK",
    JpegSpace.YCCK: "CMYK",
}


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp; quantisation, sampling, progression, restarts, colour space and all other segments stay.

    Outside the stamp (widened to whole coded units, and by the one pixel over which a decoder blends chroma) the
    picture keeps 48 dB, mostly far more. It does not where coarse tables (about quality 80 and less) make hard edges
    overshoot pure white, black or a pure colour: a decoder cuts that off before it can be coded again; 40 dB were seen.
    The file grows by what the label takes, and by up to a tenth more in 4:2:2 with the finest tables. Only the Huffman
    tables, the scan headers and the coded pixels are new. A layout that the encoder cannot interleave is written with
    one scan for each component.

    Raises MediaError where the pixels are damaged (MEDIA_MALFORMED) or cannot be coded again (MEDIA_UNSUPPORTED).
    """
    # 1. Learn how the pixels are coded, and whether that can be kept.
    walked = walk(data, limits, whole=True)
    coding = read_coding(data, walked)
    pixels = coded(data, walked, coding)
    if sampling(coding) is None:
        scans, contrast = _paint_apart(pixels, coding, stamp, one_scan=one_scan(walked))
    else:
        # 2. Decode, 3. draw, and 4. code again.
        image = _decoded(pixels, coding, one_scan=one_scan(walked))
        contrast = _draw(image, stamp, coding.space)
        scans = encode_together(image, coding, len(pixels.scans), sharpen=image.mode == "RGB")
    # 5. Put the new scans into the file.
    result = apply_edits(data, walked.segments, _edits(data, walked, scans))
    return Painted(result, contrast, safe_contrast=math.inf if _is_coarse(coding) else _SAFE_CONTRAST)


def _is_coarse(coding: Coding) -> bool:
    """Whether luma is quantised coarsely, in the mean of its table; quality 70 of libjpeg and less is."""
    return sum(coding.tables[0]) > _COARSE_STEP * len(coding.tables[0])


def _decoded(pixels: Coded, coding: Coding, *, one_scan: bool) -> Image.Image:
    """The picture in the mode in which it goes through the encoder.

    libjpeg converts RGB faster than it copies YCbCr, and one decoding is enough, so a picture that bears it takes that
    way. Others go as YCbCr with the chroma samples that the file holds.
    """
    if coding.space is not JpegSpace.YCBCR:
        return pixels.load_checked(_STORED_MODES[coding.space], one_scan=one_scan)
    mode = "L" if coding.factors[0] == (2, 2) else "YCbCr"
    if too_fine(coding):
        return _with_own_chroma(pixels.load_checked(mode, one_scan=one_scan), pixels, coding)
    image = pixels.load_checked("RGB", one_scan=one_scan)
    return image if bears_rgb(image, pixels, coding) else _with_own_chroma(pixels.load(mode), pixels, coding)


def _with_own_chroma(image: Image.Image, pixels: Coded, coding: Coding) -> Image.Image:
    """The picture in YCbCr with exact chroma, from its luma or from what libjpeg upsampled.

    A picture of half the size holds the samples of 4:2:0 as they are in the file.
    """
    if image.mode == "L":
        return with_own_chroma(image, pixels.load("YCbCr", 2).split()[1:])
    horizontal, vertical = coding.factors[0]
    return image if horizontal == vertical == 1 else with_recovered_chroma(image, horizontal, vertical)


def _paint_apart(pixels: Coded, coding: Coding, stamp: Stamp, *, one_scan: bool) -> tuple[bytes, float]:
    """Scans of one component each, for a layout that the encoder cannot interleave; and the contrast."""
    image = pixels.load_checked(_STORED_MODES[coding.space], one_scan=one_scan)
    planes = list(_planes(image, coding))
    contrast = _draw(image, stamp, coding.space)
    _redraw(planes, image, stamp.box, coding)
    return encode_apart(planes, coding), contrast


def _draw(image: Image.Image, stamp: Stamp, space: JpegSpace) -> float:
    """Draw the stamp into the decoded components in place; returns the contrast that `Stamp.blend` measured."""
    box = stamp.box
    stored = np.asarray(image.crop((box.x, box.y, box.right, box.bottom)))
    stored = stored[..., None] if stored.ndim == 2 else stored
    pixels = _inks(stored) if space is JpegSpace.YCCK else stored
    drawn, contrast = stamp.blend(pixels, ColourSpace(image.mode))
    if space is JpegSpace.YCCK:
        drawn = np.where((drawn == pixels).all(axis=2, keepdims=True), stored, _coded(drawn))
    patch = Image.frombuffer(image.mode, (box.width, box.height), np.ascontiguousarray(drawn), "raw", image.mode, 0, 1)
    image.paste(patch, (box.x, box.y))
    return contrast


def _inks(stored: Pixels) -> Pixels:
    """Decoded YCCK (255 minus what the file holds) as inks, 0 for none.

    Y, Cb and Cr stand for R, G and B of the inks as Adobe stores them, inverted; so R is cyan's ink itself.
    """
    return np.dstack([_converted(255 - stored[..., :3], "YCbCr", "RGB"), stored[..., 3]])


def _coded(inks: Pixels) -> Pixels:
    """The inverse of `_inks`."""
    return np.dstack([255 - _converted(inks[..., :3], "RGB", "YCbCr"), inks[..., 3]])


def _converted(pixels: Pixels, mode: str, other: str) -> Pixels:
    height, width, _ = pixels.shape
    return np.asarray(Image.frombytes(mode, (width, height), pixels.tobytes()).convert(other))


def _planes(image: Image.Image, coding: Coding) -> Iterator[Plane]:
    """Each component at its own size."""
    for band, (horizontal, vertical) in enumerate(_cells(coding)):
        yield _stored(samples(np.asarray(image.getchannel(band)), horizontal, vertical), coding)


def _redraw(planes: list[Plane], image: Image.Image, box: Box, coding: Coding) -> None:
    """Average the drawn pixels into the samples whose cells the box touches."""
    for band, (horizontal, vertical) in enumerate(_cells(coding)):
        left, top = box.x // horizontal, box.y // vertical
        right, bottom = -(-box.right // horizontal), -(-box.bottom // vertical)
        area = (
            left * horizontal,
            top * vertical,
            min(right * horizontal, image.width),
            min(bottom * vertical, image.height),
        )
        size = (right - left, bottom - top)
        drawn = image.getchannel(band).crop(area).resize(size, Image.Resampling.BOX)
        planes[band][top:bottom, left:right] = _stored(np.asarray(drawn), coding)


def _stored(plane: Plane, coding: Coding) -> Plane:
    """What the file holds: the decoder turned CMYK and YCCK over, and an encoder of single planes does not do so."""
    return 255 - plane if coding.space in (JpegSpace.CMYK, JpegSpace.YCCK) else plane.copy()


def _cells(coding: Coding) -> list[tuple[int, int]]:
    """Pixels across and down that share a sample, for each component."""
    across = max(horizontal for horizontal, _ in coding.factors)
    down = max(vertical for _, vertical in coding.factors)
    return [(across // horizontal, down // vertical) for horizontal, vertical in coding.factors]


def _edits(data: bytes, walked: Walk, scans: bytes) -> list[Edit]:
    """Take out the old coding and put in the new; application segments between scans move before the first."""
    first = walked.of(SOS)[0].start
    end = (walked.end or len(data)) + 2
    late = b"".join(
        data[segment.start : segment.end]
        for segment in walked.segments
        if segment.start > first and (segment.marker == COM or APP0 <= segment.marker <= APP15)
    )
    old_tables = [part for part in walked.segments if part.marker in (DHT, DRI) and part.start < first]
    return [(part.start, part.end, b"") for part in old_tables] + [(first, end, late + scans)]


register(Format.JPEG, paint)
