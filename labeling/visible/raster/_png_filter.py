"""The row filters of PNG (W3C PNG third edition, section 9): undone by Pillow's decoder, done again by numpy.

Undoing is sequential, so it is left to C. Any run of rows is a picture of its own for Pillow, whatever the samples
mean, as long as a pixel has as many bytes; strips keep the memory small.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.errors import ErrorCode, MediaError
from labeling.visible.raster._png_layout import Lattice

Lines = NDArray[np.uint8]

NONE, SUB, UP, AVERAGE, PAETH = range(5)
ALL_FILTERS = (NONE, SUB, UP, AVERAGE, PAETH)
STRIP_BYTES = 256 * 1024
_BLOCK_BYTES = 256 * 1024

#: Pillow mode and raw modes for each number of bytes in a pixel. Samples of 16 bits are read twice: 'B' takes the
#: first byte of each pair, 'L' the second.
_DISGUISES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("L", ("L",)),
    2: ("LA", ("LA",)),
    3: ("RGB", ("RGB",)),
    4: ("RGBA", ("RGBA",)),
    6: ("RGB", ("RGB;16B", "RGB;16L")),
    8: ("RGBA", ("RGBA;16B", "RGBA;16L")),
}


def filter_bytes(raw: bytes, lattice: Lattice) -> Lines:
    """The filter of each row, shape (height,); raises MEDIA_MALFORMED for one that PNG does not define."""
    filters = np.frombuffer(raw, np.uint8, lattice.end - lattice.offset, lattice.offset)[:: lattice.stride]
    if filters.max() > PAETH:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "a row has an undefined filter", filter=int(filters.max()))
    return filters


def unfilter(raw: bytes, lattice: Lattice, first: int, last: int, distance: int) -> Lines:
    """The bytes of the rows `first` to `last` (exclusive) without their filters, shape (rows, row_bytes).

    `distance` is the number of bytes in a pixel. Decoding starts at the nearest row that refers to none above it.
    """
    independent = np.flatnonzero(filter_bytes(raw, lattice)[: first + 1] <= SUB)
    start = int(independent[-1]) if independent.size else 0
    rows_a_strip = max(1, STRIP_BYTES // lattice.stride)
    above = bytes(lattice.row_bytes)
    kept = []
    view = memoryview(raw)
    for top in range(start, last, rows_a_strip):
        bottom = min(top + rows_a_strip, last)
        rows = view[lattice.offset + top * lattice.stride : lattice.offset + bottom * lattice.stride]
        keep = max(first, top) if bottom > first else bottom - 1
        lines = _decode(b"".join((b"\0", above, rows)), bottom - top + 1, keep - top + 1, lattice.row_bytes, distance)
        above = lines[-1].tobytes()
        if bottom > first:
            kept.append(lines)
    return np.concatenate(kept)


def refilter(lines: Lines, above: Lines | None, distance: int, choices: tuple[int, ...] = ALL_FILTERS) -> bytes:
    """Filtered rows with their filter bytes; of the `choices` each row takes the one with the smallest sum.

    The sum is that of the filtered bytes read as signed numbers, the heuristic of section 12.7. `above` is the row
    before the first one, None where that is the first of its picture.
    """
    rows_a_block = max(1, _BLOCK_BYTES // max(1, lines.shape[1]))
    before = np.zeros_like(lines[:1]) if above is None else above[None, :]
    blocks = []
    for top in range(0, len(lines), rows_a_block):
        block = lines[top : top + rows_a_block]
        blocks.append(_refilter_block(block, np.concatenate([before, block[:-1]]), distance, choices))
        before = block[-1:]
    return b"".join(blocks)


def _refilter_block(lines: Lines, above: Lines, distance: int, choices: tuple[int, ...]) -> bytes:
    result = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
    smallest = np.full(len(lines), np.iinfo(np.int64).max)
    left, corner = _shifted(lines, distance), _shifted(above, distance)
    for choice in choices:
        filtered = lines - _PREDICTORS[choice](left, above, corner)
        size = np.abs(filtered.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64)
        better = size < smallest
        smallest[better] = size[better]
        result[better, 0] = choice
        result[better, 1:] = filtered[better]
    return result.tobytes()


def _shifted(lines: Lines, distance: int) -> Lines:
    """Each row moved right by one pixel, zeros coming in."""
    moved = np.zeros_like(lines)
    moved[:, distance:] = lines[:, :-distance]
    return moved


def _average(left: Lines, above: Lines, _corner: Lines) -> Lines:
    return ((left.astype(np.uint16) + above) >> 1).astype(np.uint8)


def _paeth(left: Lines, above: Lines, corner: Lines) -> Lines:
    """Section 9.4: of the three neighbours the one nearest to left + above - corner, ties in that order."""
    to_left = above.astype(np.int16) - corner
    to_above = left.astype(np.int16) - corner
    to_corner = np.abs(to_left + to_above)
    to_left, to_above = np.abs(to_left), np.abs(to_above)
    nearest = np.where(to_above <= to_corner, above, corner)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, nearest)


_PREDICTORS: dict[int, Callable[[Lines, Lines, Lines], Lines]] = {
    NONE: lambda left, above, corner: np.zeros_like(left),
    SUB: lambda left, above, corner: left,
    UP: lambda left, above, corner: above,
    AVERAGE: _average,
    PAETH: _paeth,
}


def _decode(filtered: bytes, rows: int, first: int, row_bytes: int, distance: int) -> Lines:
    """The rows from `first` of a strip of `rows` filtered rows."""
    mode, raw_modes = _DISGUISES[distance]
    size = (row_bytes // distance, rows)
    # Level 0 stores: Pillow's decoder wants a zlib stream around the rows.
    stream = zlib.compress(filtered, 0)
    lines = np.empty((rows - first, row_bytes), np.uint8)
    for index, raw_mode in enumerate(raw_modes):
        try:
            strip = Image.frombytes(mode, size, stream, "zip", raw_mode)
        except (ValueError, OSError) as error:
            raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the rows cannot be decoded: {error}") from error
        lines[:, index :: len(raw_modes)] = np.asarray(strip.crop((0, first, *size))).reshape(rows - first, -1)
    return lines
