"""Which two entries of a palette, or levels of a short grey scale, the label is drawn with.

W3C PNG third edition, sections 11.2.2 (PLTE), 11.3.1.1 (tRNS), 11.3.4.1 (bKGD) and 11.3.4.2 (hIST).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Colour
from labeling.profiles import gb45438
from labeling.visible.stamp import ColourSpace, Stamp, colour_contrast, luminance

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours that a stored value can mean, in order, and the alpha of each (255 where tRNS says nothing)."""

    colours: tuple[Colour, ...]
    alphas: tuple[int, ...]
    #: The most entries that the bit depth and the kind of picture allow.
    room: int

    @property
    def opaque(self) -> list[int]:
        """The entries that can be drawn with."""
        return [index for index, alpha in enumerate(self.alphas) if alpha == 255]

    def with_entry(self, index: int, colour: Colour) -> Palette:
        """The palette with an opaque `colour` at `index`, which may be the one after the last."""
        return replace(
            self,
            colours=(*self.colours[:index], colour, *self.colours[index + 1 :]),
            alphas=(*self.alphas[:index], 255, *self.alphas[index + 1 :]),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """The entries for ink and plate, and the palette that holds them."""

    ink: int
    plate: int
    palette: Palette

    @property
    def contrast(self) -> float:
        """WCAG 2.2 contrast ratio of the two colours."""
        return colour_contrast(self.palette.colours[self.ink], self.palette.colours[self.plate])


def grey_scale(depth: int, key: int | None) -> Palette:
    """The levels of a grey picture of less than 8 bits; the one that tRNS makes transparent is `key`."""
    count = 1 << depth
    levels = [value * 255 // (count - 1) for value in range(count)]
    alphas = tuple(0 if value == key else 255 for value in range(count))
    return Palette(tuple((level, level, level) for level in levels), alphas, count)


def choose(palette: Palette, stamp: Stamp, used: Callable[[], set[int]] | None) -> Choice:
    """Two opaque entries with enough contrast, with as little change to the palette as possible.

    `used` tells which entries are needed outside the label (asked only when nothing else helps); None where the values
    are no palette. Raises PALETTE_FULL.
    """
    # 1. Entries that are there: the nearest to the stamp's colours, else the lightest and the darkest.
    existing = [*_nearest(palette, stamp), *_extremes(palette, stamp)]
    for choice in existing:
        if choice.contrast >= gb45438.MINIMUM_CONTRAST:
            return choice
    if used is not None:
        # 2. New entries behind the last one. 3. Entries that nothing outside the label needs.
        new = list(range(len(palette.colours), palette.room))
        choices = _recoloured(palette, stamp, new)
        if not choices:
            idle = sorted(set(range(len(palette.colours))) - used())
            choices = _recoloured(palette, stamp, new + idle)
        if choices:
            return choices[0]
    raise DeclarationError(
        ErrorCode.PALETTE_FULL,
        "the palette has no two colours that make the label legible, and no room for new ones",
        entries=len(palette.colours),
        room=palette.room,
        minimum=gb45438.MINIMUM_CONTRAST,
    )


def _nearest(palette: Palette, stamp: Stamp) -> list[Choice]:
    opaque = palette.opaque
    if not opaque:
        return []
    colours = np.array([palette.colours[index] for index in opaque], np.int64)
    ink, plate = (
        opaque[int(((colours - wanted) ** 2).sum(axis=1).argmin())] for wanted in (stamp.ink_colour, stamp.plate_colour)
    )
    return [Choice(ink, plate, palette)]


def _extremes(palette: Palette, stamp: Stamp) -> list[Choice]:
    """The lightest and the darkest entry, the way round that the stamp has them."""
    opaque = sorted(palette.opaque, key=lambda index: _light(palette.colours[index]))
    if not opaque:
        return []
    darkest, lightest = opaque[0], opaque[-1]
    if _light(stamp.ink_colour) >= _light(stamp.plate_colour):
        return [Choice(lightest, darkest, palette)]
    return [Choice(darkest, lightest, palette)]


def _recoloured(palette: Palette, stamp: Stamp, slots: list[int]) -> list[Choice]:
    """The stamp's own colours in two slots; with one slot, white or black beside an entry that stays."""
    if len(slots) > 1:
        ink, plate = slots[:2]
        return [Choice(ink, plate, palette.with_entry(ink, stamp.ink_colour).with_entry(plate, stamp.plate_colour))]
    choices = [
        found
        for slot in slots
        for colour in (stamp.ink_colour, stamp.plate_colour, WHITE, BLACK)
        for found in _extremes(palette.with_entry(slot, colour), stamp)
    ]
    return [choice for choice in choices if choice.contrast >= gb45438.MINIMUM_CONTRAST]


def _light(colour: Colour) -> float:
    return float(luminance(np.array(colour, np.float32) / 255, ColourSpace.RGB))
