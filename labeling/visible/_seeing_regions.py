"""From the detector's map to the boxes of lines: connected regions, grown by what the detector leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.visible._seeing_models import Map

#: Probability from which a pixel counts as the core of a line, and the least mean of a line's pixels.
_PIXEL = 0.3
_LINE = 0.5
#: Least side of a core, in pixels of the map.
_LEAST_SIDE = 3
#: The detector learnt cores that lie inside their line by about area / perimeter; this undoes it with some room.
_GROWTH = 1.6

_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """A line of text in the map, as shares of its width and height, cut at its rim."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A connected set of pixels: its bounds (the last two lie beyond it), its weight and its number of pixels."""

    left: int
    top: int
    right: int
    bottom: int
    weight: float
    area: int


def regions(probability: Map) -> list[Region]:
    """The boxes of all lines in the map."""
    height, width = probability.shape
    found = []
    for piece in pieces(probability > _PIXEL, probability):
        left, top, right, bottom = piece.left, piece.top, piece.right, piece.bottom
        wide, high = right - left, bottom - top
        if min(wide, high) < _LEAST_SIDE or piece.weight / piece.area < _LINE:
            continue
        grown = _GROWTH * wide * high / (2 * (wide + high))
        found.append(
            Region(
                max(0.0, (left - grown) / width),
                max(0.0, (top - grown) / height),
                min(1.0, (right + grown) / width),
                min(1.0, (bottom + grown) / height),
            )
        )
    return found


def pieces(mask: NDArray[np.bool_], weights: Map) -> list[Piece]:
    """The connected sets of a mask (4 neighbours), in reading order of their first pixels; `weights` are summed up."""
    runs = _runs(mask, weights)
    order, region = np.unique(_roots(runs), return_inverse=True)
    count = len(order)
    bounds = np.full((2, count), np.iinfo(np.int64).max)
    beyond = np.zeros((3, count), dtype=np.int64)
    weight = np.zeros(count)
    for least, values in zip(bounds, (runs.start, runs.row), strict=True):
        np.minimum.at(least, region, values)
    for most, values in zip(beyond, (runs.end, runs.row + 1), strict=False):
        np.maximum.at(most, region, values)
    np.add.at(beyond[2], region, runs.end - runs.start)
    np.add.at(weight, region, runs.weight)
    columns = (*bounds.tolist(), *beyond[:2].tolist(), weight.tolist(), beyond[2].tolist())
    return [Piece(*values) for values in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches of set pixels in one row, in reading order; `end` is the first column beyond."""

    row: _Numbers
    start: _Numbers
    end: _Numbers
    weight: NDArray[np.float64]


def _runs(mask: NDArray[np.bool_], weights: Map) -> _Runs:
    change = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    sums = np.pad(weights.cumsum(axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    return _Runs(row, start, end, sums[row, end] - sums[row, start])


def _roots(runs: _Runs) -> _Numbers:
    """For each run the first run of its piece; runs of neighbouring rows that share a column belong together."""
    parent = list(range(len(runs.row)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    rows, starts, ends = runs.row.tolist(), runs.start.tolist(), runs.end.tolist()
    above = 0
    for index, row in enumerate(rows):
        # `above` walks the row before; a run that reaches beyond this one may touch the next as well.
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] <= starts[index]):
            above += 1
        at = above
        while at < index and rows[at] == row - 1 and starts[at] < ends[index]:
            one, other = root(at), root(index)
            parent[max(one, other)] = min(one, other)
            at += 1
    return np.array([root(index) for index in range(len(parent))], dtype=np.int64)
