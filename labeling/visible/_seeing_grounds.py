"""Light and dark in a line of text: the two levels of its values, and stretches that stand on grounds of their own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_Levels = NDArray[np.float32]

#: Most steps of the search for two levels; it ends by itself after a few.
_ROUNDS = 12
#: Height at which the ground of a line is looked at, in pixels.
_HEIGHT = 32
#: Least difference of two grounds, of 255: a plate of 70 % on a white page makes 178.
_DIFFERENCE = 60
#: Shortest stretch, as a share of the line's height: a label of two characters.
_SHORTEST = 1.0
#: Most stretches; more is a pattern.
_MOST = 5


def two_levels(values: _Levels) -> tuple[float, float]:
    """The medians of the lower and the upper of the two classes into which values fall; found by iteration."""
    if not values.size:
        return 0.0, 0.0
    low, high = float(values.min()), float(values.max())
    for _ in range(_ROUNDS):
        upper = values >= (low + high) / 2
        before = low, high
        low, high = float(np.median(values[~upper])) if not upper.all() else low, float(np.median(values[upper]))
        if (low, high) == before:
            break
    return low, high


def grounds(part: Image.Image) -> list[tuple[int, int]]:
    """The stretches of columns of a line (first, first beyond) whose grounds differ; empty where there is only one."""
    width = max(1, round(part.width * _HEIGHT / part.height))
    small = np.asarray(part.convert("L").resize((width, _HEIGHT), Image.Resampling.BOX), dtype=np.float32)
    # 1. The ground of a column is its median, and that of its neighbours: strokes are narrower than half a line.
    level = _smooth(np.median(small, axis=0).astype(np.float32), _HEIGHT // 2)
    low, high = two_levels(level)
    if high - low < _DIFFERENCE:
        return []
    # 2. Stretches of one side, without the short ones.
    light = level >= (low + high) / 2
    borders = [0, *(int(at) + 1 for at in np.flatnonzero(light[1:] != light[:-1])), width]
    long = [(a, b) for a, b in pairwise(borders) if b - a >= _SHORTEST * _HEIGHT]
    if not long or len(long) > _MOST or len(borders) == 2:
        return []
    return [(a * part.width // width, b * part.width // width) for a, b in long]


def _smooth(values: _Levels, reach: int) -> _Levels:
    """The running median over `reach` values to either side."""
    padded = np.pad(values, reach, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=-1).astype(np.float32)
