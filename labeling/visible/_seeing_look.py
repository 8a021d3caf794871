"""What a line of text looks like, roughly: whether two lines are set in the same type, size and colour."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from labeling.model import Colour
from labeling.visible._seeing_ink import by_light

#: Height in pixels at which lines are looked at.
_HEIGHT = 48
#: The same: ink heights no further apart than this share of the greater, each part of ink and ground colour no further
#: than this.
_HEIGHT_APART = 0.22
_COLOUR_APART = 60


@dataclass(frozen=True, slots=True)
class Look:
    """Ink height in pixels of the picture, and the two colours."""

    height: float
    ink: Colour
    ground: Colour


def look_of(part: Image.Image) -> Look | None:
    """What an upright line with its rim looks like; None where no ink is clear. The holes in ink are lower than ink."""
    width = max(1, round(part.width * _HEIGHT / part.height))
    inks = by_light(part.resize((width, _HEIGHT), reducing_gap=2.0), (0.0, 1.0))
    if not inks:
        return None
    ink = max(inks, key=lambda one: one.height)
    return Look(ink.height * part.height / _HEIGHT, ink.ink_colour, ink.ground_colour)


def same_look(one: Look | None, other: Look | None) -> bool:
    """Whether two lines look the same; a line without clear ink looks like no other."""
    if one is None or other is None:
        return False
    if abs(one.height - other.height) > _HEIGHT_APART * max(one.height, other.height):
        return False
    return _same_colour(one.ink, other.ink) and _same_colour(one.ground, other.ground)


def _same_colour(one: Colour, other: Colour) -> bool:
    return all(abs(part - like) <= _COLOUR_APART for part, like in zip(one, other, strict=True))
