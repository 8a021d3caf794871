"""Room for what a decoder cuts off: ringing beyond black, white and pure colours, decoded at half its contrast.

Coarse quantisation makes hard edges overshoot. A decoder cuts that off at 0 and 255, and nobody can code it again as it
was. With half the quantisation steps the same levels fit into eight bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labeling.visible.raster._jpeg_chroma import Plane
from labeling.visible.raster._jpeg_coding import Coding
from labeling.visible.raster._jpeg_decode import Coded
from labeling.visible.raster._jpeg_planes import planes_of
from labeling.visible.raster._jpeg_steps import Steps, halved

#: Share of the samples of a component that may be black or white before it is given room.
_BEARABLE = 0.0005
#: Added to eighths before they are cut to whole numbers: each number from 0 to 7 once in a row and in a column, so
#: that the mean of a block is exact, and what else it adds is less than half of any step it meets.
_DITHER = np.array([[(0, 5, 2, 4, 7, 1, 3, 6)[(x + y) % 8] for x in range(8)] for y in range(8)])


def with_headroom(planes: list[Plane], pixels: Coded, coding: Coding) -> Steps:
    """Decode anew, with half steps, the components of which something is cut off; returns the steps of all.

    `planes` are decoded with the source's own steps; those that need it are replaced.
    """
    tables = [
        halved(table) if _is_cut_off(plane) else table for plane, table in zip(planes, coding.tables, strict=True)
    ]
    changed = [number for number, table in enumerate(tables) if table != coding.tables[number]]
    if changed:
        roomy = planes_of(pixels.with_tables(tables), coding, changed)
        for number, plane in zip(changed, roomy, strict=True):
            _keep_flat_blocks(plane, planes[number], coding.tables[number][0], tables[number][0])
            planes[number] = plane
    return Steps(tuple(tables), tuple(tables))


def _keep_flat_blocks(plane: Plane, own: Plane, step: int, half: int) -> None:
    """Put right the blocks of one colour in `plane`, decoded with half steps, by what they are in `own`.

    Half of a small DC step is less than what rounding does to a flat block. The first is told from `own`, decoded with
    the step of the source; and `plane` gets values whose mean is exact, so that the encoder finds it again.
    """
    height, width = (side // 8 * 8 for side in plane.shape)
    if not (height and width):
        return
    rows = _rows(np.ascontiguousarray(own[:height, :width]))
    flat = (rows == rows[:, :1]).all(axis=1)
    flat &= rows[:, 0] == _REPEATED[(rows[:, 0] & 255).astype(np.uint8)]
    colour = (rows[:, 0] & 255).astype(np.uint8)
    flat &= (colour > 0) & (colour < 255)
    kept = _rows(np.ascontiguousarray(plane[:height, :width]))
    kept.transpose(0, 2, 1)[flat] = _flat_blocks(step, half)[colour[flat]]
    plane[:height, :width] = kept.view(np.uint8).reshape(height, width)


def _is_cut_off(plane: Plane) -> bool:
    cut = np.count_nonzero(plane == 0) + np.count_nonzero(plane == 255)
    return bool(cut > _BEARABLE * plane.size)


def _rows(plane: Plane) -> NDArray[np.uint64]:
    """The rows of all blocks as numbers, shape (block rows, 8, blocks in a row)."""
    return plane.view(np.uint64).reshape(-1, 8, plane.shape[1] // 8)


#: Eight times the same byte.
_REPEATED = np.arange(256, dtype=np.uint64) * np.uint64(0x0101_0101_0101_0101)


def _flat_blocks(step: int, half: int) -> NDArray[np.uint64]:
    """The eight rows of a flat block for each colour that it has with `step`, as it is coded with `half`."""
    levels = np.rint((np.arange(256) - 128) * 8 / step).astype(int)
    eighths = levels[:, None, None] * half + _DITHER + 128 * 8
    rows: NDArray[np.uint64] = (eighths >> 3).clip(0, 255).astype(np.uint8).view(np.uint64)
    return rows[..., 0]
