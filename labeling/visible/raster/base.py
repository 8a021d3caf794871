"""What every raster module offers: draw a stamp into one picture format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labeling.containers.base import Anatomy
from labeling.limits import Limits
from labeling.model import Format
from labeling.visible.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture with the stamp drawn on every frame; all metadata as it was."""

    data: bytes
    #: Lowest contrast over all frames, from `Stamp.blend` or `Stamp.contrast`.
    contrast: float
    frames: int = 1
    #: Drawn contrast from which lossy coding leaves enough; below it the final pixels must be measured. 0 for lossless
    #: coding, infinity for coding that can take any contrast away.
    safe_contrast: float = 0.0


#: paint(data, anatomy, stamp, limits): the stamp is in stored coordinates and lies inside the canvas.
#: Raises MediaError where the pixels cannot be decoded (truncated, damaged), DeclarationError where the label cannot
#: be drawn by the rules.
Painter = Callable[[bytes, Anatomy, Stamp, Limits], Painted]

_REGISTRY: dict[Format, Painter] = {}


def register(fmt: Format, painter: Painter) -> None:
    """Make a painter known; called once at the foot of each raster module."""
    _REGISTRY[fmt] = painter


def painter_for(fmt: Format) -> Painter | None:
    """The painter of a format, or None where the visible label cannot be drawn yet."""
    return _REGISTRY.get(fmt)
