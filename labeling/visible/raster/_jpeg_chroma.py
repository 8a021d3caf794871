"""Subsampled chroma without loss: what libjpeg's upsampling does to it, and how to undo that.

A decoder does not hand out the chroma samples of the file but a smooth interpolation between them (a triangle filter,
libjpeg `jdsample.c`); an encoder averages that again. The round trip blurs each subsampled axis by (1, 6, 1)/8.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
_Wide = NDArray[Any]

_STRIP = 256


def samples(band: Plane, horizontal: int, vertical: int) -> Plane:
    """The samples of a component as the file has them, from a band that libjpeg upsampled by these factors.

    Shape (height, width) -> (ceil(height / vertical), ceil(width / horizontal)); each sample is off by at most one.
    """
    smooth = -(-band.shape[1] // horizontal) > 2 or horizontal == 1
    band = _in_strips(band) if vertical == 2 and horizontal <= 2 and smooth else band[::vertical]
    if horizontal == 2 and vertical <= 2 and smooth:
        return np.ascontiguousarray(_in_strips(band.T).T)
    return np.ascontiguousarray(band[:, ::horizontal])


def _in_strips(band: Plane) -> Plane:
    """`_without_triangle` on some columns at a time, so that the wide intermediate values stay small."""
    length, width = band.shape
    result = np.empty((-(-length // 2), width), np.uint8)
    for left in range(0, width, _STRIP):
        result[:, left : left + _STRIP] = _without_triangle(band[:, left : left + _STRIP])
    return result


def _without_triangle(band: Plane) -> Plane:
    """Undo the triangle filter along the first axis.

    With u[2i] = (3c[i] + c[i-1])/4 and u[2i+1] = (3c[i] + c[i+1])/4 the sample is
    c[i] = (3(u[2i] + u[2i+1]) - u[2i-1] - u[2i+2])/4. At the ends u[0] = c[0] and, where the length is even,
    u[2n-1] = c[n-1]; where it is odd c[n-1] = (3u[2n-2] - u[2n-3])/2.
    """
    if band.shape[0] == 1:
        return band
    even, odd = band[0::2].astype(np.int16), band[1::2].astype(np.int16)
    inner = min(len(even), len(odd))
    result = np.empty_like(even)
    result[0] = even[0]
    if len(even) > len(odd):
        result[-1] = (3 * even[-1] - odd[-1] + 1) >> 1
    elif inner > 1:
        result[-1] = odd[-1]
    last = len(even) - 1
    middle: _Wide = even[1:last] + odd[1:last]
    middle *= 3
    middle -= odd[0 : last - 1]
    middle -= even[2 : last + 1]
    middle += 2
    middle >>= 2
    result[1:last] = middle
    # Once more with the neighbours found, which halves the error: c[i] = (4(u[2i] + u[2i+1]) - c[i-1] - c[i+1])/6.
    middle = even[1:last] + odd[1:last]
    middle *= 4
    middle -= result[: last - 1]
    middle -= result[2:]
    middle += 3
    middle //= 6
    result[1:last] = middle
    return result.clip(0, 255).astype(np.uint8)
