"""The components of a JPEG file, each at its own size, as the file holds them; and a picture of them to encode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from labeling.visible.raster._jpeg_chroma import Plane, samples
from labeling.visible.raster._jpeg_coding import Coding, JpegSpace
from labeling.visible.raster._jpeg_decode import Coded

#: Pillow's mode for the components as they are stored, which names their colour space too.
STORED_MODES = {
    JpegSpace.GREY: "L",
    JpegSpace.YCBCR: "YCbCr",
    JpegSpace.RGB: "RGB",
    JpegSpace.CMYK: "CMYK",
    JpegSpace.YCCK: "CMYK",
}
#: Pillow decodes and encodes these turned over, 255 minus what the file holds.
_TURNED = frozenset({JpegSpace.CMYK, JpegSpace.YCCK})
#: Rows that are copied at a time, so that no second copy of a large picture is needed; a multiple of every cell.
_STRIP = 192
_HALVED_TWICE = ((2, 2), (1, 1), (1, 1))


def cells(coding: Coding) -> list[tuple[int, int]]:
    """Pixels across and down that share a sample, for each component."""
    across = max(horizontal for horizontal, _ in coding.factors)
    down = max(vertical for _, vertical in coding.factors)
    return [(across // horizontal, down // vertical) for horizontal, vertical in coding.factors]


def checked_planes(pixels: Coded, coding: Coding) -> list[Plane]:
    """All components, and a refusal where the coded pixels are damaged (MEDIA_MALFORMED)."""
    return list(_planes(pixels, coding, range(len(coding.factors)), pixels.load_checked))


def planes_of(pixels: Coded, coding: Coding, wanted: Sequence[int]) -> Iterator[Plane]:
    """Some components, by their numbers in rising order."""
    return _planes(pixels, coding, wanted, pixels.load)


def picture(planes: Sequence[Plane], coding: Coding) -> Image.Image:
    """The components as an encoder wants them: each sample fills its cell, so that averaging gives it back."""
    filled = [(plane.shape[1] * cell[0], plane.shape[0] * cell[1]) for plane, cell in _with_cells(planes, coding)]
    width, height = (min(sides) for sides in zip(*filled, strict=True))
    image = Image.new(STORED_MODES[coding.space], (width, height), None)
    for top in range(0, height, _STRIP):
        size = width, min(_STRIP, height - top)
        bands = [_band(plane, cell, top, size, coding) for plane, cell in _with_cells(planes, coding)]
        image.paste(Image.merge(image.mode, bands), (0, top))
    return image


def _band(plane: Plane, cell: tuple[int, int], top: int, size: tuple[int, int], coding: Coding) -> Image.Image:
    """Some rows of one component at full size."""
    across, down = cell
    width, height = size
    rows = plane[top // down : -(-(top + height) // down)]
    band = Image.fromarray(255 - rows if coding.space in _TURNED else rows)
    if cell != (1, 1):
        band = band.resize((band.width * across, band.height * down), Image.Resampling.NEAREST)
    return band if band.size == size else band.crop((0, 0, width, height))


def _planes(
    pixels: Coded, coding: Coding, wanted: Sequence[int], load: Callable[[str], Image.Image]
) -> Iterator[Plane]:
    """The components with the numbers `wanted`; the first picture comes from `load`.

    A picture of half the size holds the chroma samples of 4:2:0 as they are in the file. Others have to be found
    between what libjpeg made of them, and may be off by one.
    """
    luma_alone = coding.space is JpegSpace.YCBCR and cells(coding)[0] == (1, 1) and wanted[0] == 0
    halved = coding.space is JpegSpace.YCBCR and coding.factors == _HALVED_TWICE
    if luma_alone and (halved or len(wanted) == 1):
        yield _samples(load("L"), 0)
        wanted, load = wanted[1:], pixels.load
    if halved and wanted:
        image = pixels.load("YCbCr", 2)
        yield from (_samples(image, number) for number in wanted)
    elif wanted:
        image = load(STORED_MODES[coding.space])
        for number in wanted:
            found = samples(_samples(image, number), *cells(coding)[number])
            yield 255 - found if coding.space in _TURNED else found


def _samples(image: Image.Image, number: int) -> Plane:
    """One band, some rows at a time, since Pillow hands out its pixels by way of a copy."""
    found = np.empty((image.height, image.width), np.uint8)
    for top in range(0, image.height, _STRIP):
        rows = image.crop((0, top, image.width, min(top + _STRIP, image.height)))
        found[top : top + _STRIP] = np.asarray(rows.getchannel(number))
    return found


def _with_cells(planes: Sequence[Plane], coding: Coding) -> Iterator[tuple[Plane, tuple[int, int]]]:
    return zip(planes, cells(coding), strict=True)
