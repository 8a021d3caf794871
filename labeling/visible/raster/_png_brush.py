"""How the stamp changes samples: blended into them, or as two values of a palette or a short scale of greys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labeling.containers._png_chunks import GREY, GREY_ALPHA, TRUECOLOUR, TRUECOLOUR_ALPHA
from labeling.model import Box
from labeling.visible.raster._png_region import Samples
from labeling.visible.stamp import ColourSpace, Stamp

Flags = NDArray[np.bool_]

#: How the stamp reads each colour type whose samples it can blend into.
SPACES = {
    GREY: ColourSpace.GREY,
    TRUECOLOUR: ColourSpace.RGB,
    GREY_ALPHA: ColourSpace.GREY_ALPHA,
    TRUECOLOUR_ALPHA: ColourSpace.RGBA,
}
_WITH_ALPHA = {ColourSpace.GREY: ColourSpace.GREY_ALPHA, ColourSpace.RGB: ColourSpace.RGBA}


class Brush(Protocol):
    """Draws the stamp over samples of its box."""

    @property
    def box(self) -> Box:
        """The box of the stamp on the canvas."""

    @property
    def touched(self) -> Flags:
        """The pixels of the box that it draws, shape (height, width)."""

    def draw(self, samples: Samples, clear: Flags, *, opaque: bool) -> tuple[Samples, float]:
        """New samples and the contrast; `clear` marks pixels through which one sees nothing of the picture.

        `opaque` demands that no drawn pixel lets anything shine through.
        """


@dataclass(frozen=True, slots=True)
class BlendingBrush:
    """For grey, RGB and their forms with alpha, at 8 or 16 bits."""

    stamp: Stamp
    space: ColourSpace
    white: int
    #: The value that tRNS makes transparent (W3C PNG, section 11.3.1.1), which no drawn pixel may take.
    key: NDArray[Any] | None = None

    @property
    def box(self) -> Box:
        """The box of the stamp on the canvas."""
        return self.stamp.box

    @property
    def touched(self) -> Flags:
        """The pixels under ink or plate."""
        return (self.stamp.ink > 0) | (self.stamp.plate > 0)

    def draw(self, samples: Samples, clear: Flags, *, opaque: bool) -> tuple[Samples, float]:
        """Blend; where only a key can say 'transparent', every drawn pixel becomes opaque."""
        has_alpha = self.space not in _WITH_ALPHA
        if has_alpha or not clear.any():
            drawn, contrast = self.stamp.blend(samples, self.space, self.white)
        else:
            alpha = np.where(clear, 0, self.white).astype(samples.dtype)[..., None]
            veiled = np.concatenate([samples, alpha], axis=2)
            drawn, contrast = self.stamp.blend(veiled, _WITH_ALPHA[self.space], self.white)
            drawn = drawn[..., :-1]
        if has_alpha and opaque:
            drawn[..., -1][self.touched] = self.white
        return self._off_key(drawn), contrast

    def _off_key(self, drawn: Samples) -> Samples:
        """Move drawn pixels that happen to have the key's value by one step of the last channel."""
        if self.key is not None:
            hits = (drawn == self.key).all(axis=2) & self.touched
            last = int(self.key[-1])
            drawn[..., -1][hits] = last - 1 if last else 1
        return drawn


@dataclass(frozen=True, slots=True)
class TwoValueBrush:
    """For palettes and for greys of 1, 2 or 4 bits: hard edges, an opaque plate, two stored values."""

    stamp: Stamp
    ink: int
    plate: int
    contrast: float

    @property
    def box(self) -> Box:
        """The box of the stamp on the canvas."""
        return self.stamp.box

    @property
    def touched(self) -> Flags:
        """The pixels under the hard-edged plate."""
        return self.stamp.two_colour()[1].astype(bool)

    def draw(self, samples: Samples, clear: Flags, *, opaque: bool) -> tuple[Samples, float]:
        """Set the two values; both are opaque, so the flags do not matter."""
        ink, plate = (mask.astype(bool) for mask in self.stamp.two_colour())
        drawn = samples.copy()
        drawn[plate] = self.plate
        drawn[ink] = self.ink
        return drawn, self.contrast
