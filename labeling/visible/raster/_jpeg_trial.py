"""Whether a picture bears the quick way through RGB: a trial on a sample of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from PIL import Image

from labeling.visible.raster._jpeg_coding import Coding
from labeling.visible.raster._jpeg_decode import Coded
from labeling.visible.raster._jpeg_encode import encode_together
from labeling.visible.raster._jpeg_steps import Steps

#: A tile is a whole number of coded units; its outermost pixels are blended with the neighbours' chroma.
_TILE = 32
_MARGIN = 2
#: One tile for so many pixels, within these bounds.
_PIXELS_PER_TILE = 1 << 16
_FEWEST, _MOST = 16, 64
#: Mean square error at 48 dB, the least that is asked for outside the label.
_BEARABLE = 255**2 / 10**4.8
#: Steps of the R2 sequence, which covers a square evenly: 1/p and 1/p**2 for the real root p of x**3 = x + 1.
_STEPS = 0.7548776662466927, 0.5698402909980532


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Where the sample is taken, in whole tiles side by side."""

    places: tuple[tuple[int, int], ...]

    def cut(self, image: Image.Image) -> Image.Image:
        sample = Image.new(image.mode, (_TILE * len(self.places), _TILE))
        for number, (x, y) in enumerate(self.places):
            sample.paste(image.crop((x, y, x + _TILE, y + _TILE)), (number * _TILE, 0))
        return sample


def bears_rgb(image: Image.Image, pixels: Coded, coding: Coding, steps: Steps) -> bool:
    """Whether `image`, the picture in RGB as decoded with `steps`, keeps 48 dB when it is coded again.

    That is judged by a sample of its tiles; `pixels` are told `steps.read`.
    Photographs mostly do, saturated graphics do not. The mean error of the sample plus twice its standard error
    counts, so a picture with uneven tiles has to be better. One too small for a sample is said not to bear it.
    """
    if min(image.size) < _TILE or image.width * image.height < _FEWEST * _TILE**2:
        return False
    sample = _places(image).cut(image)
    scans = encode_together(sample, replace(coding, restart=0), steps.write, 0)
    again = pixels.with_scans(sample.size, scans).load("RGB")
    errors = _errors(sample, again)
    return float(errors.mean() + 2 * errors.std() / sqrt(errors.size)) <= _BEARABLE


def _places(image: Image.Image) -> _Tiles:
    count = min(_MOST, max(_FEWEST, image.width * image.height // _PIXELS_PER_TILE))
    rooms = [side - _TILE for side in image.size]
    return _Tiles(
        tuple(
            (int(number * _STEPS[0] % 1 * (rooms[0] + 1)) & ~15, int(number * _STEPS[1] % 1 * (rooms[1] + 1)) & ~15)
            for number in range(1, count + 1)
        )
    )


def _errors(one: Image.Image, other: Image.Image) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Mean square error of each tile, without its margin."""
    difference = np.asarray(one).astype(np.int16) - np.asarray(other)
    tiles = difference.reshape(_TILE, -1, _TILE, 3)[_MARGIN:-_MARGIN, :, _MARGIN:-_MARGIN]
    squares = np.einsum("ytxc,ytxc->t", tiles, tiles, dtype=np.int64)
    means: np.ndarray[tuple[int], np.dtype[np.float64]] = squares / (tiles.size / tiles.shape[1])
    return means
