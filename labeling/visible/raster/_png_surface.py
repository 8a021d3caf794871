"""What an APNG player has on its canvas, in the samples of the file (W3C PNG third edition, section 11.3.6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.containers._png_chunks import GREY_ALPHA, TRUECOLOUR_ALPHA, Header
from labeling.visible.raster._png_brush import Flags
from labeling.visible.raster._png_region import Samples


@dataclass(frozen=True, slots=True)
class Surface:
    """How the samples of one picture say 'transparent'."""

    header: Header
    #: The value of tRNS for grey and RGB, shape (channels,).
    key: NDArray[Any] | None = None
    #: Alpha of every stored value of a palette, shape (256,).
    alphas: NDArray[np.uint8] | None = None

    @property
    def has_alpha(self) -> bool:
        """True where each pixel has a sample of its own for alpha, the last one."""
        return self.header.colour_type in (GREY_ALPHA, TRUECOLOUR_ALPHA)

    def transparent(self, samples: Samples) -> Flags:
        """The pixels that show nothing, shape (height, width)."""
        if self.has_alpha:
            return np.asarray(samples[..., -1] == 0)
        if self.alphas is not None:
            return np.asarray(self.alphas[samples[..., 0]] == 0)
        if self.key is not None:
            return np.asarray((samples == self.key).all(axis=2))
        return np.zeros(samples.shape[:2], np.bool_)

    def clear_value(self) -> NDArray[Any] | None:
        """A transparent pixel, shape (channels,); None where no sample can say it."""
        if self.has_alpha:
            return np.zeros(self.header.channels, np.uint16)
        if self.alphas is None:
            return self.key
        clear = np.flatnonzero(self.alphas == 0)
        return clear[:1] if clear.size else None


@dataclass(frozen=True, slots=True)
class Canvas:
    """The pixels of a box on the player's canvas. `lost` marks those whose colour the samples cannot say."""

    surface: Surface
    samples: Samples
    lost: Flags

    @staticmethod
    def cleared(surface: Surface, height: int, width: int) -> Canvas:
        """A canvas of fully transparent black, as before the first frame."""
        samples = np.zeros(
            (height, width, surface.header.channels), np.uint16 if surface.header.depth == 16 else np.uint8
        )
        clear = surface.clear_value()
        if clear is not None:
            samples[:] = clear
        return Canvas(surface, samples, np.full((height, width), clear is None))

    @property
    def hidden(self) -> Flags:
        """The pixels through which one sees nothing of the picture."""
        return self.lost | self.surface.transparent(self.samples)

    def covered(self, place: tuple[slice, slice], above: Samples, *, over: bool) -> Canvas:
        """The canvas with `above` at `place`, composited by alpha where `over`, else simply put there."""
        samples, lost = self.samples.copy(), self.lost.copy()
        below = samples[place]
        if over:
            above, lost[place] = self._over(below, lost[place], above)
        else:
            lost[place] = False
        samples[place] = above
        return Canvas(self.surface, samples, lost)

    def wiped(self, place: tuple[slice, slice]) -> Canvas:
        """The canvas with fully transparent black at `place`."""
        empty = Canvas.cleared(self.surface, *self.lost[place].shape)
        samples, lost = self.samples.copy(), self.lost.copy()
        samples[place], lost[place] = empty.samples, empty.lost
        return Canvas(self.surface, samples, lost)

    def _over(self, below: Samples, lost: Flags, above: Samples) -> tuple[Samples, Flags]:
        if self.surface.has_alpha:
            return _composited(below, above, (1 << self.surface.header.depth) - 1), lost
        unseen = self.surface.transparent(above)
        mixed = self._mixed(above) & ~self.surface.transparent(below)
        return np.where(unseen[..., None], below, above), (lost & unseen) | mixed

    def _mixed(self, above: Samples) -> Flags:
        """Pixels of a palette that let something shine through: over another colour they make one of no entry."""
        if self.surface.alphas is None:
            return np.zeros(above.shape[:2], np.bool_)
        alphas = self.surface.alphas[above[..., 0]]
        return np.asarray((alphas > 0) & (alphas < 255))


def _composited(below: Samples, above: Samples, white: int) -> Samples:
    """Porter-Duff 'over' on samples whose last channel is alpha and whose colours are not premultiplied."""
    under, upper = below.astype(np.float64) / white, above.astype(np.float64) / white
    upper_alpha = upper[..., -1:]
    under_alpha = under[..., -1:] * (1 - upper_alpha)
    alpha = upper_alpha + under_alpha
    colour = (upper[..., :-1] * upper_alpha + under[..., :-1] * under_alpha) / np.where(alpha > 0, alpha, 1)
    mixed = np.rint(np.concatenate([colour, alpha], axis=2) * white).astype(above.dtype)
    # The rules of the format name these two cases apart, so that no rounding touches them.
    mixed = np.where(upper_alpha == 1, above, mixed)
    return np.where(upper_alpha == 0, below, mixed)
