"""The drawn label as masks, and the one place where it is blended into pixels.

A `Stamp` is made in display coordinates by `labeling.visible.layout`, turned into stored coordinates once, and then
applied by each raster module to the few rows under it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Box, Colour
from labeling.profiles import gb45438

Pixels = NDArray[Any]
Mask = NDArray[np.uint8]


class ColourSpace(StrEnum):
    """How the last axis of a pixel array is to be read."""

    GREY = "L"
    GREY_ALPHA = "LA"
    RGB = "RGB"
    RGBA = "RGBA"
    #: Full-range BT.601 as in JFIF.
    YCBCR = "YCbCr"
    #: 0 is no ink (as in TIFF); a JPEG with an Adobe marker stores the inverse.
    CMYK = "CMYK"


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """The visible label as it is to be drawn, in the coordinates of the stored pixels.

    `ink` and `plate` are coverage masks of equal shape (height, width), 0..255. Two stamps are equal when they are the
    same object, so that what follows from the masks is worked out once.
    """

    x: int
    y: int
    ink: Mask
    plate: Mask
    ink_colour: Colour
    plate_colour: Colour
    plate_opacity: float

    @property
    def box(self) -> Box:
        """The stored rectangle outside which no pixel may change."""
        height, width = self.ink.shape
        return Box(self.x, self.y, width, height)

    def oriented(self, orientation: int, stored_width: int, stored_height: int) -> Stamp:
        """The same stamp for pixels that a viewer turns by EXIF `orientation` (1..8; CIPA DC-008, tag 0x0112).

        `self` is in display coordinates; the result is in those of the stored picture, whose size is given.
        """
        if orientation == 1:
            return self
        display_width = stored_height if orientation >= 5 else stored_width
        display_height = stored_width if orientation >= 5 else stored_height
        box = self.box
        left, top = box.x, box.y
        right, bottom = display_width - box.right, display_height - box.bottom
        x, y = {
            2: (right, top),
            3: (right, bottom),
            4: (left, bottom),
            5: (top, left),
            6: (top, right),
            7: (bottom, right),
            8: (bottom, left),
        }[orientation]
        return replace(self, x=x, y=y, ink=_to_stored(self.ink, orientation), plate=_to_stored(self.plate, orientation))

    def blend(self, region: Pixels, space: ColourSpace, white: int = 255) -> tuple[Pixels, float]:
        """Draw the stamp over `region`, the pixels of exactly its box, shape (height, width, channels).

        Returns the new pixels (same shape and dtype) and the lowest contrast between ink and what lies behind it.
        Where the picture is transparent the plate becomes opaque, so that no page behind it can hide the words.
        """
        weights = self._weights_for(space, white)
        colours, alpha = _split_alpha(region, space)
        if alpha is not None:
            colours = _over(colours, alpha / np.float32(white), _in_space(self.plate_colour, space) * white)
        drawn = np.multiply(colours, weights.keep, dtype=np.float32)
        drawn += weights.add
        pixels = drawn.astype(region.dtype)
        if alpha is not None:
            pixels = np.concatenate([pixels, np.maximum(alpha, weights.opaque)], axis=2)
        rows, columns = weights.untouched
        pixels[rows, columns] = region[rows, columns]
        return pixels, self.contrast(pixels, space, white)

    def contrast(self, pixels: Pixels, space: ColourSpace, white: int = 255, *, aside: float = 0) -> float:
        """Lowest WCAG 2.2 contrast ratio between any full ink pixel and any pixel behind the ink, in `pixels`.

        `aside` is the share of either that is left out because a lossy coder has blurred it into its neighbours.
        """
        weights = self._weights_for(space, white)
        light = _luminance_of(pixels, space, white).ravel()
        return lowest_contrast(_trimmed(light[weights.full], aside), _trimmed(light[weights.behind], aside))

    def _weights_for(self, space: ColourSpace, white: int) -> _Weights:
        return (_kept_weights if self.ink.size <= _KEPT_PIXELS else _weights)(self, space, white)

    def two_colour(self) -> tuple[Mask, Mask]:
        """Hard-edged masks (values 0 and 1) of ink and plate, for palettes and bilevel pictures."""
        ink = (self.ink >= 128).astype(np.uint8)
        plate = ((self.plate >= 128) | (ink == 1)).astype(np.uint8)
        return ink, plate


@dataclass(frozen=True, slots=True)
class _Weights:
    """A stamp in one colour space and depth: the new pixel is `pixel * keep + add`, cut to an integer."""

    keep: Pixels
    #: One half included, so that cutting rounds.
    add: Pixels
    #: Least alpha, shape (height, width, 1), dtype of the pixels.
    opaque: Pixels
    #: Rows and columns of the pixels that may not change.
    untouched: tuple[Pixels, ...]
    #: Flat indices of the pixels that are ink through and through, and of those behind the ink.
    full: Pixels
    behind: Pixels


def _weights(stamp: Stamp, space: ColourSpace, white: int) -> _Weights:
    """The plate drawn with its opacity, then the ink over it, as one multiplication and one addition."""
    ink, plate = (mask[..., None] / np.float32(255) for mask in (stamp.ink, stamp.plate))
    ground = plate * np.float32(stamp.plate_opacity)
    add = _in_space(stamp.plate_colour, space) * ground * (1 - ink) + _in_space(stamp.ink_colour, space) * ink
    full = stamp.ink >= max(1, int(stamp.ink.max()) - 8)
    behind = (stamp.ink == 0) & (stamp.plate >= 250) if stamp.plate_opacity > 0 else stamp.ink == 0
    return _Weights(
        keep=(1 - ground) * (1 - ink),
        add=add * white + np.float32(0.5),
        opaque=np.rint(np.maximum(plate, ink) * white).astype(np.uint8 if white <= 255 else np.uint16),
        untouched=np.nonzero((stamp.ink == 0) & (stamp.plate == 0)),
        full=np.flatnonzero(full),
        behind=np.flatnonzero(behind),
    )


#: Largest stamp whose weights are kept, in pixels; they take some 40 bytes a pixel.
_KEPT_PIXELS = 500_000
_kept_weights = lru_cache(maxsize=4)(_weights)


def _over(colours: Pixels, alpha: Pixels, ground: Pixels) -> Pixels:
    """Colours composited over an opaque ground; `alpha` in 0..1."""
    composited: Pixels = colours * alpha + ground * (1 - alpha)
    return composited


def require_contrast(contrast: float) -> None:
    """Refuse a label that would not be legible, with the number.

    The ratio is our reading of 'clearly legible': WCAG 2.2, success criterion 1.4.3.
    """
    if contrast < gb45438.MINIMUM_CONTRAST:
        raise DeclarationError(
            ErrorCode.CONTRAST_BELOW_MINIMUM,
            f"the label would have a contrast of {contrast:.2f}:1, at least {gb45438.MINIMUM_CONTRAST}:1 is needed",
            contrast=round(contrast, 2),
            minimum=gb45438.MINIMUM_CONTRAST,
        )


def _trimmed(light: Pixels, aside: float) -> Pixels:
    """The luminances without the `aside` darkest and the `aside` lightest share of them."""
    cut = int(light.size * aside)
    return np.sort(light)[cut : light.size - cut] if cut else light


def lowest_contrast(ink: Pixels, behind: Pixels) -> float:
    """Worst pair of relative luminances between two sets of pixels; 1.0 where they overlap or one is empty."""
    if not ink.size or not behind.size:
        return 1.0
    lighter = (float(ink.min()) + 0.05) / (float(behind.max()) + 0.05)
    darker = (float(behind.min()) + 0.05) / (float(ink.max()) + 0.05)
    return max(1.0, lighter, darker)


def luminance(pixels: Pixels, space: ColourSpace) -> Pixels:
    """Relative luminance (WCAG 2.2) of pixels with components in 0..1, shape (..., channels) -> (...)."""
    linear = _linear(_to_rgb(pixels, space).clip(0, 1))
    light: Pixels = linear @ _LIGHT_OF_PART
    return light


def _luminance_of(pixels: Pixels, space: ColourSpace, white: int) -> Pixels:
    """Relative luminance of stored pixels; by table for the most common ones."""
    if pixels.dtype == np.uint8 and space in (ColourSpace.RGB, ColourSpace.RGBA):
        red, green, blue = (_LIGHT_OF_BYTE[part].take(pixels[..., part]) for part in range(3))
        light: Pixels = red + green + blue
        return light
    return luminance(pixels.astype(np.float32) / white, space)


def colour_contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""
    lights = luminance(np.array([one, other], dtype=np.float32) / 255, ColourSpace.RGB)
    return float((lights.max() + 0.05) / (lights.min() + 0.05))


def _linear(rgb: Pixels) -> Pixels:
    """Linear light of sRGB components in 0..1, from a table that is finer than any 8-bit picture needs."""
    steps = len(_LINEAR_LIGHT) - 1
    return _LINEAR_LIGHT[(rgb * np.float32(steps) + np.float32(0.5)).astype(np.uint16)]


def _linear_light(steps: int) -> NDArray[np.float32]:
    rgb = np.linspace(0, 1, steps + 1)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR_LIGHT = _linear_light(4080)
#: What red, green and blue add to the luminance (WCAG 2.2, relative luminance), and the same for each 8-bit value.
_LIGHT_OF_PART = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_LIGHT_OF_BYTE = _LIGHT_OF_PART[:, None] * _linear_light(255)


def _split_alpha(pixels: Pixels, space: ColourSpace) -> tuple[Pixels, Pixels | None]:
    if space in (ColourSpace.GREY_ALPHA, ColourSpace.RGBA):
        return pixels[..., :-1], pixels[..., -1:]
    return pixels, None


def _in_space(colour: Colour, space: ColourSpace) -> Pixels:
    red, green, blue = (component / 255 for component in colour)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    match space:
        case ColourSpace.GREY | ColourSpace.GREY_ALPHA:
            values = [luma]
        case ColourSpace.RGB | ColourSpace.RGBA:
            values = [red, green, blue]
        case ColourSpace.YCBCR:
            # JFIF (ITU-T T.871), section 7, with components scaled to 0..1.
            values = [luma, (blue - luma) / 1.772 + 128 / 255, (red - luma) / 1.402 + 128 / 255]
        case ColourSpace.CMYK:
            black = 1 - max(red, green, blue)
            chroma = 1 - black
            values = [(1 - part - black) / chroma if chroma else 0.0 for part in (red, green, blue)] + [black]
    return np.array(values, dtype=np.float32)


def _to_rgb(pixels: Pixels, space: ColourSpace) -> Pixels:
    match space:
        case ColourSpace.GREY | ColourSpace.GREY_ALPHA:
            return np.repeat(pixels[..., :1], 3, axis=-1)
        case ColourSpace.YCBCR:
            luma, blue, red = (pixels[..., i] for i in range(3))
            blue, red = blue - 128 / 255, red - 128 / 255
            return np.stack([luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue], axis=-1)
        case ColourSpace.CMYK:
            rgb: Pixels = (1 - pixels[..., :3]) * (1 - pixels[..., 3:4])
            return rgb
        case _:
            return pixels[..., :3]


#: What undoes the turn of a viewer, by EXIF orientation.
_UNTURN: dict[int, Callable[[Mask], Mask]] = {
    2: np.fliplr,
    3: lambda mask: np.rot90(mask, 2),
    4: np.flipud,
    5: np.transpose,
    6: np.rot90,
    7: lambda mask: np.rot90(mask, 2).T,
    8: lambda mask: np.rot90(mask, -1),
}


def _to_stored(mask: Mask, orientation: int) -> Mask:
    return np.ascontiguousarray(_UNTURN[orientation](mask))
