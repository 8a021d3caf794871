"""The stamp drawn into the coded units that it touches, as coefficients: all others keep theirs."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.model import Box
from labeling.visible.raster._jpeg_chroma import Plane
from labeling.visible.raster._jpeg_coding import Coding, JpegSpace, Table
from labeling.visible.raster._jpeg_planes import STORED_MODES, cells
from labeling.visible.raster._jpeg_steps import Steps
from labeling.visible.stamp import ColourSpace, Pixels, Stamp

_Real = NDArray[np.float32]

#: T.81, A.3.3: row k holds the k-th cosine.
_COSINES = np.array(
    [[cos((2 * n + 1) * k * pi / 16) * (0.5 if k else sqrt(1 / 8)) for n in range(8)] for k in range(8)], np.float32
)


def touched(box: Box, coding: Coding) -> Box:
    """The box widened to whole coded units."""
    across, down = coding.unit
    left, top = box.x // across * across, box.y // down * down
    return Box(left, top, -(-box.right // across) * across - left, -(-box.bottom // down) * down - top)


def redraw(planes: Sequence[Plane], coding: Coding, steps: Steps, stamp: Stamp) -> float:
    """Draw into the components in place, each at its own size and decoded with `steps`; returns the contrast."""
    area = touched(stamp.box, coding)
    views = [
        plane[area.y // down : area.bottom // down, area.x // across : area.right // across]
        for plane, (across, down) in zip(planes, cells(coding), strict=True)
    ]
    drawn, contrast = _redrawn(views, coding, steps, stamp)
    for view, plane in zip(views, drawn, strict=True):
        view[:] = plane
    return contrast


def _redrawn(planes: Sequence[Plane], coding: Coding, steps: Steps, stamp: Stamp) -> tuple[list[Plane], float]:
    """The samples of the touched units with the stamp on them, and the contrast that `Stamp.blend` measured.

    `planes` hold one component each, as decoded with `steps`; so does the result.
    """
    area = touched(stamp.box, coding)
    # 1. What the file shows there, with everything beyond black and white that its coefficients say.
    full = [
        _filling(_shown(_padded(plane, area, cell), read, own), cell)
        for plane, cell, read, own in zip(planes, cells(coding), steps.read, coding.tables, strict=True)
    ]
    # 2. Draw, on what a viewer sees of it. 3. Only what the stamp changed is new.
    box = stamp.box
    rows = slice(box.y - area.y, box.bottom - area.y)
    columns = slice(box.x - area.x, box.right - area.x)
    seen = np.dstack([_whole(plane[rows, columns]) for plane in full])
    drawn, contrast = blended(seen, stamp, coding.space)
    for band, plane in enumerate(full):
        np.copyto(plane[rows, columns], drawn[..., band], where=drawn[..., band] != seen[..., band])
    # 4. Back to samples, and to the steps of the decoded picture.
    averaged = [_averaged(plane, cell) for plane, cell in zip(full, cells(coding), strict=True)]
    coded = [_stepped(*parts) for parts in zip(averaged, coding.tables, steps.write, strict=True)]
    return [new[: old.shape[0], : old.shape[1]] for new, old in zip(coded, planes, strict=True)], contrast


def blended(stored: Pixels, stamp: Stamp, space: JpegSpace) -> tuple[Pixels, float]:
    """The stamp over the pixels of its box, shape (height, width, components), as the file holds them."""
    colours = ColourSpace(STORED_MODES[space])
    if space is JpegSpace.CMYK:
        drawn, contrast = stamp.blend(255 - stored, colours)
        return 255 - drawn, contrast
    if space is JpegSpace.YCCK:
        inks = _inks(stored)
        drawn, contrast = stamp.blend(inks, colours)
        return np.where((drawn == inks).all(axis=2, keepdims=True), stored, _coded(drawn)), contrast
    return stamp.blend(stored, colours)


def _inks(stored: Pixels) -> Pixels:
    """YCCK as inks, 0 for none.

    Y, Cb and Cr stand for R, G and B of the inks as Adobe stores them, inverted; so R is cyan's ink itself.
    """
    return np.dstack([_converted(stored[..., :3], "YCbCr", "RGB"), 255 - stored[..., 3]])


def _coded(inks: Pixels) -> Pixels:
    """The inverse of `_inks`."""
    return np.dstack([_converted(inks[..., :3], "RGB", "YCbCr"), 255 - inks[..., 3]])


def _converted(pixels: Pixels, mode: str, other: str) -> Pixels:
    height, width, _ = pixels.shape
    return np.asarray(Image.frombytes(mode, (width, height), pixels.tobytes()).convert(other))


def _padded(plane: Plane, area: Box, cell: tuple[int, int]) -> Plane:
    """The samples filled up to whole blocks as an encoder does it, with the last row and column."""
    height, width = area.height // cell[1], area.width // cell[0]
    return np.pad(plane, ((0, height - plane.shape[0]), (0, width - plane.shape[1])), mode="edge")


def _filling(plane: NDArray[Any], cell: tuple[int, int]) -> NDArray[Any]:
    across, down = cell
    return np.repeat(np.repeat(plane, down, axis=0), across, axis=1)


def _averaged(plane: _Real, cell: tuple[int, int]) -> _Real:
    across, down = cell
    if cell == (1, 1):
        return plane
    height, width = plane.shape
    means: _Real = plane.reshape(height // down, down, width // across, across).mean(axis=(1, 3))
    return means


def _shown(plane: Plane, read: Table, own: Table) -> _Real:
    """Samples decoded with the steps `read` as they are with `own`, not cut off at 0 and 255."""
    return _samples(_levels(plane.astype(np.float32), read), own)


def _stepped(plane: _Real, own: Table, write: Table) -> Plane:
    """The inverse of `_shown`: samples from which an encoder with the steps `write` makes the levels for `own`."""
    return _whole(_samples(_levels(plane, own), write))


def _levels(plane: _Real, table: Table) -> _Real:
    """Quantised coefficients, shape (block rows, 8, width): the forward transform of each block by `table`."""
    height, width = plane.shape
    rows = ((plane - 128).reshape(-1, 8) @ _COSINES.T).reshape(height // 8, 8, width)
    coefficients: _Real = _COSINES @ rows
    coefficients /= _spread(table, width)
    return np.rint(coefficients, out=coefficients)


def _samples(levels: _Real, table: Table) -> _Real:
    """The inverse transform."""
    columns = _COSINES.T @ (levels * _spread(table, levels.shape[2]))
    samples: _Real = (columns.reshape(-1, 8) @ _COSINES).reshape(-1, levels.shape[2])
    samples += 128
    return samples


def _spread(table: Table, width: int) -> _Real:
    return np.tile(np.array(table, np.float32).reshape(8, 8), (1, width // 8))


def _whole(samples: _Real) -> Plane:
    return np.rint(samples).clip(0, 255).astype(np.uint8)
