"""What stands on a viewer's canvas between two frames: of the label, and of the source's own pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.model import Box
from labeling.visible.raster._gif_colours import Pair
from labeling.visible.raster._gif_frames import CLEAR, RESTORE, Frame, Indices
from labeling.visible.stamp import Stamp

#: Booleans of shape (height, width).
Area = NDArray[np.bool_]
Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """The stamp as two hard-edged areas of its box."""

    box: Box
    ink: Area
    #: Every pixel that the label covers, ink included.
    area: Area

    @classmethod
    def of(cls, stamp: Stamp) -> Label:
        """The stamp in two colours. Without a plate the whole box becomes one: a colour table cannot blend."""
        ink, plate = (mask.astype(bool) for mask in stamp.two_colour())
        if (plate == ink).all():
            plate = np.ones_like(ink)
        return cls(stamp.box, ink, plate)

    def window(self, box: Box) -> tuple[Slices, Slices]:
        """Where the label's box and `box` meet: as slices of the label's areas, and of the pixels of `box`."""
        left, top = max(box.x, self.box.x), max(box.y, self.box.y)
        right = max(left, min(box.right, self.box.right))
        bottom = max(top, min(box.bottom, self.box.bottom))
        return (
            (slice(top - self.box.y, bottom - self.box.y), slice(left - self.box.x, right - self.box.x)),
            (slice(top - box.y, bottom - box.y), slice(left - box.x, right - box.x)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class LabelState:
    """How much of the label a viewer has on the canvas before a frame is drawn."""

    #: Pixels of the label's area that do not show it.
    missing: Area
    #: The colours of the pixels that do.
    colours: Pair | None = None

    def after(self, label: Label, box: Box, disposal: int, colours: Pair | None) -> LabelState:
        """The state once a frame of `box`, on which the label is whole, has been shown and disposed of."""
        if disposal == RESTORE:
            return self
        missing = np.zeros_like(self.missing)
        if disposal == CLEAR:
            ours, _ = label.window(box)
            missing[ours] = label.area[ours]
        return LabelState(missing, colours)


class Coverage:
    """Which pixels of the source's canvas are not transparent; kept only where a frame clears its rectangle."""

    def __init__(self, canvas: Box) -> None:
        self._shown: Area = np.zeros((canvas.height, canvas.width), dtype=bool)

    def shown(self, box: Box) -> Area:
        """A copy of the part that lies in `box`."""
        return self._shown[box.y : box.bottom, box.x : box.right].copy()

    def draw(self, frame: Frame, indices: Indices) -> None:
        """Follow the source through one frame and its disposal."""
        if frame.disposal == RESTORE:
            return
        box = frame.box
        region = self._shown[box.y : box.bottom, box.x : box.right]
        height, width = region.shape
        if frame.disposal == CLEAR:
            region[...] = False
        elif frame.transparent is None:
            region[...] = True
        else:
            region |= indices[:height, :width] != frame.transparent


def disposal_when_grown(coverage: Coverage, frame: Frame, grown: Box, label: Label) -> int | None:
    """How a frame that clears its rectangle can go on doing so when that rectangle becomes `grown`.

    None where no disposal leaves the canvas as the source does: 'clear' would take away what stands in the added
    part, 'restore' would bring back what stood in the frame's own.
    """
    added = coverage.shown(grown)
    added[within(frame.box, grown)] = False
    added[within(label.box, grown)] &= ~label.area
    if not added.any():
        return CLEAR
    return None if coverage.shown(frame.box).any() else RESTORE


def hull(one: Box, other: Box) -> Box:
    """The smallest rectangle that holds both; an empty one counts for nothing."""
    if not (one.width and one.height):
        return other
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Box(x, y, max(one.right, other.right) - x, max(one.bottom, other.bottom) - y)


def clipped(box: Box, canvas: Box) -> Box:
    """The part of `box` that lies on the canvas, whose origin is 0; of size 0 where there is none."""
    if box.x >= canvas.width or box.y >= canvas.height:
        return Box(0, 0, 0, 0)
    return Box(box.x, box.y, min(box.right, canvas.width) - box.x, min(box.bottom, canvas.height) - box.y)


def within(inner: Box, outer: Box) -> Slices:
    """Where `inner` lies in the pixels of `outer`; empty slices for an empty one."""
    x, y = max(inner.x - outer.x, 0), max(inner.y - outer.y, 0)
    return slice(y, y + inner.height), slice(x, x + inner.width)
