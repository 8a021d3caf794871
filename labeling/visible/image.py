"""The visible label on a picture: lay it out as a viewer sees it, draw it where the pixels are, measure the result."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from labeling.containers._jpeg_walk import APP1, walk
from labeling.containers.base import Anatomy
from labeling.containers.jpeg import apply_edits
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Format, ImageMark, ImageNotice
from labeling.profiles import gb45438
from labeling.visible import raster
from labeling.visible.layout import Layout, lay_out
from labeling.visible.raster._pillow_pixels import own_errors
from labeling.visible.raster.base import Painted
from labeling.visible.stamp import ColourSpace, Stamp, require_contrast

#: Share of the ink, and of the pixels behind it, at either end that is left out of the final measure: ringing at edges.
_BLURRED = 0.05


def draw(
    data: bytes, anatomy: Anatomy, orientation: int, notice: ImageNotice, limits: Limits
) -> tuple[bytes, ImageMark]:
    """Draw the label on every frame; returns the new file and what was measured.

    `orientation` is the EXIF one (1..8). Raises DeclarationError where the words, the size, the contrast or the place
    would break a rule, MediaError where the pixels cannot be decoded or the format cannot be drawn on.
    """
    painter = raster.painter_for(anatomy.format)
    if painter is None:
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            f"a visible label cannot be drawn on {anatomy.format} yet",
            feature=f"visible label on {anatomy.format}",
        )
    # 1. Lay out as the viewer sees it, then turn to where the pixels are.
    turned = orientation >= 5
    width, height = (anatomy.height, anatomy.width) if turned else (anatomy.width, anatomy.height)
    layout = lay_out(width, height, notice)
    stamp = layout.stamp.oriented(orientation, anatomy.width, anatomy.height)
    # 2. Draw, and measure the contrast on the final pixels.
    drawn = painter(data, anatomy, stamp, limits)
    painted = _measured(drawn, anatomy.format, stamp, limits)
    # 3. Where coarse coding took the contrast, an opaque plate gives it more to begin with.
    if painted.contrast < gb45438.MINIMUM_CONTRAST <= drawn.contrast and 0 < stamp.plate_opacity < 1:
        stamp = replace(stamp, plate_opacity=1.0)
        painted = _measured(painter(data, anatomy, stamp, limits), anatomy.format, stamp, limits)
    require_contrast(painted.contrast)
    return painted.data, _mark(layout, notice, painted, width * height)


def _measured(painted: Painted, fmt: Format, stamp: Stamp, limits: Limits) -> Painted:
    """The same with the contrast of the decoded pixels, where coding may have taken too much of it."""
    if painted.contrast >= painted.safe_contrast:
        return painted
    box = stamp.box
    with own_errors("decoding the labelled picture"), _opened(painted.data, fmt, limits) as picture:
        region = picture.crop((box.x, box.y, box.right, box.bottom)).convert("RGB")
    final = stamp.contrast(np.asarray(region), ColourSpace.RGB, aside=_BLURRED)
    return replace(painted, contrast=min(painted.contrast, final))


def _opened(data: bytes, fmt: Format, limits: Limits) -> Image.Image:
    """The picture, without the EXIF block of a JPEG, which Pillow would look into and warn about."""
    if fmt is Format.JPEG:
        segments = walk(data, limits).segments
        data = apply_edits(data, segments, [(part.start, part.end, b"") for part in segments if part.marker == APP1])
    return Image.open(io.BytesIO(data))


def _mark(layout: Layout, notice: ImageNotice, painted: Painted, pixels: int) -> ImageMark:
    box = layout.stamp.box
    return ImageMark(
        words=notice.words,
        lines=layout.lines,
        place=notice.place,
        box=box,
        ink_height=layout.ink_height,
        shortest_side=layout.shortest_side,
        ink_ratio=layout.ink_height / layout.shortest_side,
        contrast=round(painted.contrast, 2),
        frames=painted.frames,
        covered_share=box.width * box.height / pixels,
    )
