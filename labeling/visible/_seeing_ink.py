"""Measuring the ink of a line on the picture's own pixels: height of the tallest glyph, bounds, contrast.

1. The ground under the ink is what is left when everything narrower than a stroke is taken away (a morphological
   opening for light ink, a closing for dark ink). A pixel is ink where it is nearer to the ink's level than to the
   ground's: coverage of one half, as `labeling.visible.glyphs` counts it.
2. Connected ink makes glyphs; pieces that are the rim, a plate or the outline of one are left out. The tallest counts.
3. Contrast is that of the medians of ink and of what lies around it (WCAG 2.2 relative luminance), so a single pixel
   of a photograph decides nothing; where `labeling` draws a label it reports the worst pair, which is lower.

What comes out are candidates: `labeling.visible._seeing_measure` lets the reader say which of them are the words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.model import Colour
from labeling.visible._seeing_grounds import two_levels
from labeling.visible._seeing_regions import Piece, pieces
from labeling.visible.stamp import ColourSpace, luminance

#: Window that takes strokes away, as a share of the line's height with its rim; strokes take up to a sixth of the ink.
_WINDOW = 0.28
#: Width of what is looked at around the ink, as a share of its height.
_RIM = 0.12
#: The rim is like the ink where it is nearer to it than this share of the distance from ink to ground.
_ALIKE = 0.35
#: Ink is at least this clear, as a share of how clear the clearer of the two is (contrast above 1).
_CLEAR = 0.15
#: Least and greatest height of the tallest glyph, as shares of the line's height with its rim; it is a half as a rule.
_TALL = (0.3, 0.85)
#: Rows in the middle of a line that every glyph has ink in, as shares.
_CORE = (0.35, 0.65)
#: Rows in which the levels of ink and ground are looked for, as shares.
_MIDDLE = (0.2, 0.8)
#: Least difference between ink and ground, of 255, that can be measured at all.
_LEAST_DIFFERENCE = 24
#: Least area of a piece of ink, as a share of the square of the line's height: less is grain.
_GRAIN = 0.002
#: Pieces of ink that are looked at, the largest ones; a label has some four a character.
_MOST_PIECES = 400
#: Pieces that lie above each other and no further apart than this, as a share of the line's height, are one glyph.
_GAP = 0.14
#: A piece with this many others inside its bounds is a frame: no glyph of a label has three parts inside another.
_FRAMED = 3
#: A piece this many times as wide as high whose ink fills more than this share of its bounds is a plate, no glyph.
_WIDE = 1.5
_DENSE = 0.55
#: Colours that a part is reduced to: ink, outline, ground, and what lies between them.
_COLOURS = 4
#: White around the glyphs that the reader is shown, as a share of their height.
_PAPER = 0.25
#: Height of a line, in pixels, up to which its ground is worked out pixel by pixel.
_GROUND_HEIGHT = 96
#: Share of the narrower piece that must lie under the other for that.
_OVERLAP = 0.5

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_Grey = NDArray[np.float32]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """One reading of what is ink in a part of a picture, measured in pixels of that part."""

    #: Of the tallest glyph.
    height: int
    left: int
    top: int
    right: int
    bottom: int
    contrast: float
    #: Medians, 0..255.
    ink_colour: Colour
    ground_colour: Colour
    #: Its glyphs, black on white, for the reader.
    shown: Image.Image

    def enlarged(self, times: int) -> Ink:
        """The same in pixels of a part so many times as large."""
        values = (self.height, self.left, self.top, self.right, self.bottom)
        height, left, top, right, bottom = (value * times for value in values)
        return replace(self, height=height, left=left, top=top, right=right, bottom=bottom)


def by_light(part: Image.Image, span: tuple[float, float]) -> list[Ink]:
    """Light ink and dark ink between two columns (shares of the width) of an upright line with its rim; none to two."""
    pixels = np.asarray(part, dtype=np.float32)
    grey: _Grey = pixels @ _LUMA
    masks = (_ink_mask(sign * grey, span) for sign in (1, -1))
    found = [ink for mask in masks if mask is not None and (ink := _measured(pixels, mask, span)) is not None]
    clearest = max((ink.contrast for ink in found), default=1.0)
    found = [ink for ink in found if ink.contrast - 1 >= _CLEAR * (clearest - 1)]
    return [ink for ink in found if not _like_rim(ink, grey, found)]


def by_colour(part: Image.Image, span: tuple[float, float]) -> list[Ink]:
    """The same for each of the few colours that the part mostly has: outlined words, or as light as their ground."""
    pixels = np.asarray(part, dtype=np.float32)
    nearest = np.asarray(part.quantize(_COLOURS, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE))
    masks = (nearest == index for index in range(_COLOURS))
    return [ink for mask in masks if (ink := _measured(pixels, mask, span)) is not None]


def _measured(pixels: NDArray[np.float32], mask: _Mask, span: tuple[float, float]) -> Ink | None:
    glyphs = _glyphs(mask, span)
    height = max((glyph.bottom - glyph.top for glyph in glyphs), default=0)
    if not _TALL[0] * len(mask) <= height <= _TALL[1] * len(mask):
        return None
    left, top = min(glyph.left for glyph in glyphs), min(glyph.top for glyph in glyphs)
    right, bottom = max(glyph.right for glyph in glyphs), max(glyph.bottom for glyph in glyphs)
    area = (slice(top, bottom), slice(left, right))
    ink, ground = _colours(pixels[area], mask[area])
    lights = luminance(np.array([ink, ground], dtype=np.float32) / 255, ColourSpace.RGB)
    contrast = float((lights.max() + 0.05) / (lights.min() + 0.05))
    return Ink(height, left, top, right, bottom, contrast, ink, ground, _shown(mask, glyphs, area))


def _shown(mask: _Mask, glyphs: list[Piece], area: tuple[slice, slice]) -> Image.Image:
    """The glyphs alone, black on white, with some white around them."""
    kept = np.zeros(mask.shape, dtype=bool)
    for glyph in glyphs:
        kept[glyph.top : glyph.bottom, glyph.left : glyph.right] = True
    paper = np.where((mask & kept)[area], np.uint8(0), np.uint8(255))
    room = max(2, round(len(paper) * _PAPER))
    return Image.fromarray(np.pad(paper, room, constant_values=255)).convert("RGB")


def _ink_mask(grey: _Grey, span: tuple[float, float]) -> _Mask | None:
    """Where light ink is."""
    height, width = grey.shape
    lift = grey - _ground(grey)
    middle = lift[
        slice(*(round(height * share) for share in _MIDDLE)),
        slice(max(0, round(width * span[0])), max(1, round(width * span[1]))),
    ]
    ground, ink = two_levels(middle)
    if ink - ground < _LEAST_DIFFERENCE:
        return None
    mask: _Mask = lift >= (ink + ground) / 2
    return mask


def _ground(grey: _Grey) -> _Grey:
    """What lies behind light ink; of large lines it is worked out on a smaller copy."""
    height, width = grey.shape
    shrink = max(1, height // _GROUND_HEIGHT)
    image = Image.fromarray(grey)
    small = image.resize((max(1, width // shrink), height // shrink), Image.Resampling.BOX) if shrink > 1 else image
    ground = _opened(np.asarray(small), max(3, round(small.height * _WINDOW)) | 1)
    return np.asarray(Image.fromarray(ground).resize((width, height), Image.Resampling.BILINEAR))


def _like_rim(ink: Ink, grey: _Grey, found: list[Ink]) -> bool:
    """Whether the pixels close around everything that was found have the colour of this ink."""
    rim = max(1, round(max(one.height for one in found) * _RIM))
    left, top = min(one.left for one in found), min(one.top for one in found)
    right, bottom = max(one.right for one in found), max(one.bottom for one in found)
    around = np.zeros(grey.shape, dtype=bool)
    around[max(0, top - rim) : bottom + rim, max(0, left - rim) : right + rim] = True
    around[top:bottom, left:right] = False
    if not around.any():
        return False
    seen = float(np.median(grey[around]))
    one, other = (float(np.array(colour, dtype=np.float32) @ _LUMA) for colour in (ink.ink_colour, ink.ground_colour))
    return abs(seen - one) < _ALIKE * abs(other - one)


def _opened(grey: _Grey, window: int) -> _Grey:
    """Without everything light that is narrower than the window in both directions."""
    return -_least(-_least(grey, window), window)


def _least(grey: _Grey, window: int) -> _Grey:
    """The least value in a square window around each pixel."""
    half = window // 2
    for axis in (0, 1):
        room = [(half, half) if index == axis else (0, 0) for index in (0, 1)]
        padded = np.pad(grey, room, mode="edge")
        grey = np.lib.stride_tricks.sliding_window_view(padded, window, axis=axis).min(axis=-1)
    return grey


def _glyphs(mask: _Mask, span: tuple[float, float]) -> list[Piece]:
    """The glyphs whose middle lies in the span and which have ink in the middle rows."""
    height, width = mask.shape
    grain = max(2, _GRAIN * height * height)
    parts = [piece for piece in pieces(mask, mask.astype(np.float32)) if piece.area >= grain]
    parts = sorted(parts, key=lambda piece: -piece.area)[:_MOST_PIECES]
    # What touches the rim belongs to the next line, or is the edge of a plate.
    whole = [piece for piece in parts if piece.left and piece.top and piece.right < width and piece.bottom < height]
    parts = _without_plates(whole or parts)
    low, high = (share * height for share in _CORE)
    glyphs = [piece for piece in parts if piece.top < high and piece.bottom > low]
    glyphs = _joined(glyphs, parts, _GAP * height)
    first, last = (share * width for share in span)
    return [glyph for glyph in glyphs if first <= (glyph.left + glyph.right) / 2 <= last]


def _without_plates(parts: list[Piece]) -> list[Piece]:
    """The pieces without plates, whose words are holes in them, and without the outlines of plates."""
    return [part for part in parts if not _is_plate(part) and sum(_inside(other, part) for other in parts) < _FRAMED]


def _is_plate(part: Piece) -> bool:
    wide, high = part.right - part.left, part.bottom - part.top
    return wide > _WIDE * high and part.area > _DENSE * wide * high


def _inside(part: Piece, other: Piece) -> bool:
    return part.left > other.left and part.right < other.right and part.top > other.top and part.bottom < other.bottom


def _joined(glyphs: list[Piece], parts: list[Piece], gap: float) -> list[Piece]:
    """Glyphs with the parts, dots and strokes above and below them; some come out twice."""
    result = []
    for glyph in glyphs:
        whole = glyph
        for part in parts:
            if part is not glyph and _belongs(part, whole, gap):
                whole = Piece(
                    min(whole.left, part.left),
                    min(whole.top, part.top),
                    max(whole.right, part.right),
                    max(whole.bottom, part.bottom),
                    whole.weight + part.weight,
                    whole.area + part.area,
                )
        result.append(whole)
    return result


def _belongs(part: Piece, glyph: Piece, gap: float) -> bool:
    shared = min(part.right, glyph.right) - max(part.left, glyph.left)
    apart = max(part.top, glyph.top) - min(part.bottom, glyph.bottom)
    return apart <= gap and shared >= _OVERLAP * min(part.right - part.left, glyph.right - glyph.left)


def _colours(pixels: NDArray[np.float32], ink: _Mask) -> tuple[Colour, Colour]:
    """Medians of the inner ink and of what lies around it."""
    inner = ink & _eroded(ink)
    outer = ~ink & _eroded(~ink)
    return _median(pixels[inner if inner.any() else ink]), _median(pixels[outer if outer.any() else ~ink])


def _eroded(mask: _Mask) -> _Mask:
    padded = np.pad(mask, 1, constant_values=True)
    return padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _median(colours: NDArray[np.float32]) -> Colour:
    if not colours.size:
        return 0, 0, 0
    red, green, blue = (round(float(value)) for value in np.median(colours, axis=0))
    return red, green, blue
