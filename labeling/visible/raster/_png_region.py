"""The pixels of a box in a filtered stream: read them, write them back, leave every other pixel's sample alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.containers._png_chunks import INDEXED, Header
from labeling.model import Box
from labeling.visible.raster._png_filter import ALL_FILTERS, NONE, SUB, Lines, filter_bytes, refilter, unfilter
from labeling.visible.raster._png_layout import Lattice, Window, lattices
from labeling.visible.raster._png_stream import Buffer

#: Stored samples, shape (height, width, channels), uint8 or (16 bit) uint16.
Samples = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Patch:
    """The unfiltered rows of one lattice around a window: those in it, one above and one below where they exist."""

    lattice: Lattice
    window: Window
    first: int
    lines: Lines


@dataclass(frozen=True, slots=True)
class Region:
    """The pixels of `box` in the filtered stream `raw`."""

    raw: bytes
    header: Header
    box: Box
    samples: Samples
    _patches: tuple[_Patch, ...]

    def replaced(self, samples: Samples) -> list[Buffer]:
        """The filtered stream, in parts, with `samples` in the box; unchanged rows are views of the old stream.

        Only the rows of the box, and the row below where its filter looks up, get new filtered bytes.
        """
        view = memoryview(self.raw)
        parts: list[Buffer] = []
        position = 0
        for patch in self._patches:
            start, end, rows = self._refiltered(patch, samples)
            parts += [view[position:start], rows]
            position = end
        return [*parts, view[position:]]

    def _refiltered(self, patch: _Patch, samples: Samples) -> tuple[int, int, bytes]:
        lattice, window = patch.lattice, patch.window
        lines = patch.lines.copy()
        top, bottom = window.first_row - patch.first, window.last_row - patch.first
        places = lattice.places(window, self.box)
        pack(lines[top:bottom], samples[places], window.first_column, self.header)
        last = window.last_row
        if last < lattice.height and self.raw[lattice.offset + last * lattice.stride] > SUB:
            last += 1
        above = lines[top - 1] if top else None
        rows = refilter(
            lines[top : last - patch.first], above, self.header.filter_distance, filter_choices(self.header)
        )
        offset, stride = lattice.offset, lattice.stride
        return offset + window.first_row * stride, offset + last * stride, rows


def read_region(raw: bytes, header: Header, width: int, height: int, box: Box) -> Region:
    """The region of `box`, which lies inside a picture of `width` x `height`; MEDIA_MALFORMED for a bad filter."""
    samples = np.empty((box.height, box.width, header.channels), np.uint16 if header.depth == 16 else np.uint8)
    patches = []
    for lattice in lattices(header, width, height):
        filter_bytes(raw, lattice)
        window = lattice.window(box)
        if window.empty:
            continue
        first, last = max(window.first_row - 1, 0), min(window.last_row + 1, lattice.height)
        patch = _Patch(lattice, window, first, unfilter(raw, lattice, first, last, header.filter_distance))
        rows = patch.lines[window.first_row - first : window.last_row - first]
        samples[lattice.places(window, box)] = unpack(rows, window.first_column, window.last_column, header)
        patches.append(patch)
    return Region(raw, header, box, samples, tuple(patches))


def filter_choices(header: Header) -> tuple[int, ...]:
    """Filters worth trying: none for palettes and for samples below a byte (section 12.7), else all five."""
    return (NONE,) if header.colour_type == INDEXED or header.depth < 8 else ALL_FILTERS


def filtered_picture(samples: Samples, header: Header) -> list[Buffer]:
    """The whole filtered stream of a picture, one part for each lattice."""
    height, width = samples.shape[:2]
    parts: list[Buffer] = []
    for lattice in lattices(header, width, height):
        lines = np.zeros((lattice.height, lattice.row_bytes), np.uint8)
        pack(lines, samples[lattice.y :: lattice.y_step, lattice.x :: lattice.x_step], 0, header)
        parts.append(refilter(lines, None, header.filter_distance, filter_choices(header)))
    return parts


def unpack(lines: Lines, first: int, last: int, header: Header) -> Samples:
    """The samples of the columns `first` to `last` (exclusive), shape (rows, columns, channels)."""
    if header.depth < 8:
        bits, skipped = _bits(lines, first, last, header.depth)
        values: Samples = (bits << _shifts(header.depth)).sum(axis=2, dtype=np.uint8)
        return values[:, first - skipped : last - skipped, None]
    return _wide(lines, header)[:, first:last]


def pack(lines: Lines, samples: Samples, first: int, header: Header) -> None:
    """Write `samples` into `lines` from column `first` on, in place."""
    last = first + samples.shape[1]
    if header.depth < 8:
        bits, skipped = _bits(lines, first, last, header.depth)
        bits[:, first - skipped : last - skipped] = samples >> _shifts(header.depth) & 1
        start = skipped * header.depth // 8
        packed = np.packbits(bits.reshape(len(bits), -1), axis=1)
        lines[:, start : start + packed.shape[1]] = packed
    else:
        _wide(lines, header)[:, first:last] = samples


def _wide(lines: Lines, header: Header) -> Samples:
    """Rows as a view of samples of one or two bytes; two bytes are big-endian (section 7.1)."""
    return lines.view(">u2" if header.depth == 16 else np.uint8).reshape(len(lines), -1, header.channels)


def _bits(lines: Lines, first: int, last: int, depth: int) -> tuple[Lines, int]:
    """The bits of the bytes that hold the columns, shape (rows, columns, depth), and the first column in them."""
    start, end = first * depth // 8, (last * depth + 7) // 8
    bits = np.unpackbits(lines[:, start:end], axis=1)
    return bits.reshape(len(lines), -1, depth), start * 8 // depth


def _shifts(depth: int) -> Lines:
    return np.arange(depth - 1, -1, -1, dtype=np.uint8)
