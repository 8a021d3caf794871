"""The stamp on the samples of a TIFF page, in the page's own colour model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Colour
from labeling.profiles import gb45438
from labeling.visible.raster._tiff_page import COLOURS, Alpha, Page, Photometric
from labeling.visible.stamp import ColourSpace, Pixels, Stamp, luminance

#: By colour model and whether there is alpha.
_SPACES: Final = {
    (Photometric.WHITE_IS_ZERO, False): ColourSpace.GREY,
    (Photometric.WHITE_IS_ZERO, True): ColourSpace.GREY_ALPHA,
    (Photometric.BLACK_IS_ZERO, False): ColourSpace.GREY,
    (Photometric.BLACK_IS_ZERO, True): ColourSpace.GREY_ALPHA,
    (Photometric.RGB, False): ColourSpace.RGB,
    (Photometric.RGB, True): ColourSpace.RGBA,
    (Photometric.CMYK, False): ColourSpace.CMYK,
    (Photometric.YCBCR, False): ColourSpace.YCBCR,
}
#: Components of a ColorMap are 16 bits wide (TIFF 6.0, section 5).
_MAP_WHITE: Final = 65535


def draw(page: Page, region: Pixels, stamp: Stamp) -> tuple[Pixels, float]:
    """Draw into the samples of the stamp's box, shape (height, width, samples); returns them and the contrast.

    Extra samples that are no alpha stay. Not for palettes, which need `choose_entries` and `draw_entries`.
    """
    if page.bits == 1:
        return _draw_bilevel(page, region, stamp)
    colours = COLOURS[page.photometric]
    shown = region[..., : colours + (page.alpha is not Alpha.NONE)]
    space = _SPACES[page.photometric, page.alpha is not Alpha.NONE]
    pixels, contrast = stamp.blend(_plain(page, shown, colours), space, page.white)
    drawn = region.copy()
    drawn[..., : shown.shape[2]] = _stored(page, pixels, colours)
    untouched = (stamp.ink == 0) & (stamp.plate == 0)
    drawn[untouched] = region[untouched]
    return drawn, contrast


def _plain(page: Page, samples: Pixels, colours: int) -> Pixels:
    """Samples with 0 as black and alpha unassociated."""
    plain = samples.copy()
    if page.photometric is Photometric.WHITE_IS_ZERO:
        plain[..., :1] = page.white - plain[..., :1]
    if page.alpha is Alpha.ASSOCIATED:
        alpha = np.maximum(plain[..., colours:], 1).astype(np.float32)
        plain[..., :colours] = np.minimum(np.rint(plain[..., :colours] * (page.white / alpha)), page.white)
    return plain


def _stored(page: Page, plain: Pixels, colours: int) -> Pixels:
    """The inverse of `_plain`."""
    samples = plain.copy()
    if page.alpha is Alpha.ASSOCIATED:
        share = plain[..., colours:].astype(np.float32) / page.white
        samples[..., :colours] = np.rint(plain[..., :colours] * share)
    if page.photometric is Photometric.WHITE_IS_ZERO:
        samples[..., :1] = page.white - samples[..., :1]
    return samples


def _draw_bilevel(page: Page, region: Pixels, stamp: Stamp) -> tuple[Pixels, float]:
    """Black and white: the lighter of the two colours becomes white."""
    inverted = page.photometric is Photometric.WHITE_IS_ZERO
    lights = luminance(np.array([stamp.ink_colour, stamp.plate_colour], np.float32) / 255, ColourSpace.RGB)
    ink = int(lights[0] > lights[1])
    drawn = _two_values(stamp, region[..., 0], ink ^ inverted, (1 - ink) ^ inverted)[..., None]
    return drawn, stamp.contrast(drawn ^ np.uint8(inverted), ColourSpace.GREY, 1)


def _two_values(stamp: Stamp, region: Pixels, ink_value: int, plate_value: int) -> Pixels:
    ink, plate = stamp.two_colour()
    drawn = region.copy()
    if stamp.plate_opacity > 0:
        drawn[plate == 1] = plate_value
    drawn[ink == 1] = ink_value
    return drawn


@dataclass(frozen=True, slots=True)
class Entries:
    """The palette entries of the label, and the palette, shape (entries, 3)."""

    ink: int
    plate: int
    palette: Pixels
    #: True where unused entries were given the label's colours.
    changed: bool = False


def draw_entries(region: Pixels, stamp: Stamp, entries: Entries) -> tuple[Pixels, float]:
    """Draw into palette indexes, shape (height, width, 1); returns them and the contrast of their colours."""
    drawn = _two_values(stamp, region[..., 0], entries.ink, entries.plate)
    return drawn[..., None], stamp.contrast(entries.palette[drawn], ColourSpace.RGB, _MAP_WHITE)


def choose_entries(palette: Pixels, stamp: Stamp, unused: Sequence[int] | None = None) -> Entries | None:
    """The pair of entries nearest to the label's colours with enough contrast, None where there is none.

    `unused` entries may be given the label's own colours; without them only existing entries are taken.
    """
    best = _best_pair(palette, stamp)
    if best or unused is None:
        return best
    free = list(unused[:2])
    for colours in ((stamp.ink_colour,), (stamp.plate_colour,), (stamp.ink_colour, stamp.plate_colour)):
        if len(colours) <= len(free):
            trial = palette.copy()
            trial[free[: len(colours)]] = np.array(colours, np.uint16) * 257
            best = _best_pair(trial, stamp)
            if best:
                return replace(best, changed=True)
    return None


def require_entries(entries: Entries | None) -> Entries:
    """Refuse a palette that has no room for a legible label."""
    if entries is None:
        raise DeclarationError(
            ErrorCode.PALETTE_FULL,
            f"the palette has no two entries with a contrast of {gb45438.MINIMUM_CONTRAST}:1 and none to spare",
            minimum=gb45438.MINIMUM_CONTRAST,
        )
    return entries


def _best_pair(palette: Pixels, stamp: Stamp) -> Entries | None:
    colours = palette.astype(np.float32) / _MAP_WHITE
    light = luminance(colours, ColourSpace.RGB) + np.float32(0.05)
    ratio = np.maximum(light[:, None], light[None, :]) / np.minimum(light[:, None], light[None, :])
    cost = _distance(colours, stamp.ink_colour)[:, None] + _distance(colours, stamp.plate_colour)[None, :]
    cost[ratio < gb45438.MINIMUM_CONTRAST] = np.inf
    ink, plate = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return Entries(int(ink), int(plate), palette) if np.isfinite(cost[ink, plate]) else None


def _distance(colours: Pixels, wanted: Colour) -> Pixels:
    return np.asarray(((colours - np.array(wanted, np.float32) / 255) ** 2).sum(axis=1))
