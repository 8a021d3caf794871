"""Where the pixels of a PNG lie in its filtered stream: as one picture, or as the seven passes of Adam7.

W3C PNG third edition, sections 7.2 (scanlines), 8 (interlacing) and 9 (filter byte in front of each scanline).
"""

from __future__ import annotations

from dataclasses import dataclass

from labeling.containers._png_chunks import Header
from labeling.model import Box

#: Section 8.2: first column and row of each pass, and the steps to the next ones.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
ONE_PASS = ((0, 0, 1, 1),)


@dataclass(frozen=True, slots=True)
class Window:
    """The rows and columns of a lattice that lie in a box; `last` values are exclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def empty(self) -> bool:
        """True where the lattice has no pixel in the box."""
        return self.first_row >= self.last_row or self.first_column >= self.last_column


@dataclass(frozen=True, slots=True)
class Lattice:
    """The pixels (x + i * x_step, y + j * y_step) of a picture, stored as a picture of their own."""

    x: int
    y: int
    x_step: int
    y_step: int
    width: int
    height: int
    #: Bytes of one row without its filter byte.
    row_bytes: int
    #: First byte in the stream.
    offset: int

    @property
    def stride(self) -> int:
        """Bytes of one row with its filter byte."""
        return self.row_bytes + 1

    @property
    def end(self) -> int:
        """First byte of the stream after this lattice."""
        return self.offset + self.stride * self.height

    def window(self, box: Box) -> Window:
        """The part of the lattice that lies in `box`."""
        return Window(
            _steps(box.y - self.y, self.y_step, self.height),
            _steps(box.bottom - self.y, self.y_step, self.height),
            _steps(box.x - self.x, self.x_step, self.width),
            _steps(box.right - self.x, self.x_step, self.width),
        )

    def places(self, window: Window, box: Box) -> tuple[slice, slice]:
        """Where the pixels of `window` stand in an array of the pixels of `box` (rows, columns)."""
        top = self.y + window.first_row * self.y_step - box.y
        left = self.x + window.first_column * self.x_step - box.x
        return slice(top, None, self.y_step), slice(left, None, self.x_step)


def lattices(header: Header, width: int, height: int) -> tuple[Lattice, ...]:
    """The lattices of a picture of `width` x `height` in the order of the stream; empty passes are left out."""
    found: list[Lattice] = []
    for x, y, x_step, y_step in ADAM7 if header.interlaced else ONE_PASS:
        columns, rows = _ceil(width - x, x_step), _ceil(height - y, y_step)
        if columns > 0 and rows > 0:
            offset = found[-1].end if found else 0
            found.append(Lattice(x, y, x_step, y_step, columns, rows, header.row_bytes(columns), offset))
    return tuple(found)


def _ceil(number: int, divisor: int) -> int:
    return -(-number // divisor)


def _steps(distance: int, step: int, count: int) -> int:
    """How many of `count` places, `step` apart, lie before `distance`."""
    return min(max(_ceil(distance, step), 0), count)
