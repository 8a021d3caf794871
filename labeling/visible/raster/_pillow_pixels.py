"""Pillow at arm's length: open bounded bytes, draw a stamp into an image, own errors only."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image

from labeling.errors import ErrorCode, MediaError
from labeling.visible.stamp import ColourSpace, Pixels, Stamp

#: What Pillow and the codecs below it raise for damaged files.
PILLOW_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    SystemError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
)


@contextmanager
def own_errors(what: str) -> Iterator[None]:
    """Turn Pillow's exceptions into MediaError (MEDIA_MALFORMED); `what` names the step in English."""
    try:
        yield
    except PILLOW_ERRORS as error:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"{what} failed: {error}") from error


def open_image(data: bytes, plugin: str) -> Image.Image:
    """Open bytes with one Pillow plugin, no pixels decoded yet; the caller has checked the size. Raises MediaError."""
    with own_errors("opening the picture"):
        return Image.open(BytesIO(data), formats=(plugin,))


def draw(image: Image.Image, stamp: Stamp) -> float:
    """Draw the stamp into an L, RGB or RGBA image in place; returns the contrast that `Stamp.blend` measured."""
    patch, contrast = patched(image, stamp)
    image.paste(patch, (stamp.x, stamp.y))
    return contrast


def patched(image: Image.Image, stamp: Stamp) -> tuple[Image.Image, float]:
    """The pixels of the stamp's box with the stamp drawn on them, as an image of its own, and the contrast."""
    region = _region(image, stamp)
    pixels, contrast = stamp.blend(region, ColourSpace(image.mode))
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels), contrast


def _region(image: Image.Image, stamp: Stamp) -> Pixels:
    box = stamp.box
    region = np.asarray(image.crop((box.x, box.y, box.right, box.bottom)))
    return region[..., None] if region.ndim == 2 else region
