"""One still WebP picture between decoding and coding: drawn into in the form in which it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from PIL import Image

from labeling.containers._webp_structure import Picture
from labeling.model import Box
from labeling.visible.raster import _pillow_pixels as pillow
from labeling.visible.raster._libwebp import (
    Planes,
    decode_packed,
    decode_planes,
    encode_packed,
    encode_planes,
    library,
)
from labeling.visible.raster._webp_codec import Options, alone, decode, save
from labeling.visible.stamp import ColourSpace, Pixels, Stamp

#: ITU-T T.871, section 7, over 224 and 219 of 255 steps (RFC 6386, section 9.2, ITU-R BT.601): planes of RGB 0..255.
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_PLANES_OF_RGB: Final = np.stack(
    [
        _LUMA * np.float32(219 / 255),
        (np.array([0, 0, 1], np.float32) - _LUMA) * np.float32(224 / 255 / 1.772),
        (np.array([1, 0, 0], np.float32) - _LUMA) * np.float32(224 / 255 / 1.402),
    ],
    axis=1,
)
_RGB_OF_PLANES: Final = np.linalg.inv(_PLANES_OF_RGB)
_ZERO: Final = np.array([16, 128, 128], np.float32)


class Still(Protocol):
    """The pixels of a picture."""

    def draw(self, stamp: Stamp) -> float:
        """Draw the stamp in place; returns the contrast that `Stamp.blend` measured."""

    def save(self, options: Options) -> bytes:
        """Code the picture as a WebP file of its own, colours under transparent pixels too; raises MediaError."""


def open_still(data: bytes, picture: Picture) -> Still:
    """Decode one coded picture of the file `data`; raises MediaError."""
    if library() is None:
        return Opened(decode(data, picture))
    head, coded = picture.bitstream, _coded(data, picture)
    if head.lossless:
        pixels = decode_packed(coded, head.width, head.height)
        if not head.alpha:
            # Whatever the stream says of it: RFC 9649, section 3.4, alpha_is_used.
            pixels[..., 3] = 255
        return Lossless(pixels, head.alpha)
    return Lossy(decode_planes(coded, head.width, head.height, alpha=picture.alpha))


def _coded(data: bytes, picture: Picture) -> Pixels:
    """What libwebp needs to see of the file: the one chunk where it lies, or a copy of the two."""
    if len(picture.chunks) > 1:
        return np.frombuffer(alone(data, picture), np.uint8)
    return np.frombuffer(data, np.uint8, picture.image.end - picture.image.start, picture.image.start)


@dataclass(frozen=True, slots=True)
class Opened:
    """The picture as Pillow decodes and codes it."""

    image: Image.Image

    def draw(self, stamp: Stamp) -> float:
        """See `Still`."""
        return pillow.draw(self.image, stamp)

    def save(self, options: Options) -> bytes:
        """See `Still`."""
        return save(self.image, options)


@dataclass(frozen=True, slots=True)
class Lossless:
    """Blue, green, red and alpha, shape (height, width, 4)."""

    pixels: Pixels
    alpha: bool

    def draw(self, stamp: Stamp) -> float:
        """See `Still`."""
        box = stamp.box
        region = self.pixels[box.y : box.bottom, box.x : box.right]
        space, order = (ColourSpace.RGBA, [2, 1, 0, 3]) if self.alpha else (ColourSpace.RGB, [2, 1, 0])
        drawn, contrast = stamp.blend(region[..., order], space)
        region[..., order] = drawn
        return contrast

    def save(self, options: Options) -> bytes:
        """See `Still`."""
        return encode_packed(self.pixels, options | _EXACT)


@dataclass(frozen=True, slots=True)
class Lossy:
    """Luma, chroma and alpha planes; those samples that the label does not touch stay what they are."""

    planes: Planes

    def draw(self, stamp: Stamp) -> float:
        """See `Still`."""
        box, alpha = stamp.box, self.planes.alpha
        # 1. The pixels of the box, and of the chroma samples that it touches, as a viewer shows them.
        room = _even(box, self.planes.luma)
        luma, chroma = self._views(room)
        wide = chroma.repeat(2, axis=1).repeat(2, axis=2)[:, : room.height, : room.width]
        rgb = np.rint((np.stack([luma, *wide], axis=2) - _ZERO) @ _RGB_OF_PLANES).clip(0, 255).astype(np.uint8)
        # 2. The label on those of the box.
        inner = np.s_[box.y - room.y : box.bottom - room.y, box.x - room.x : box.right - room.x]
        if alpha is None:
            rgb[inner], contrast = stamp.blend(rgb[inner], ColourSpace.RGB)
        else:
            own = alpha[box.y : box.bottom, box.x : box.right]
            drawn, contrast = stamp.blend(np.dstack([rgb[inner], own]), ColourSpace.RGBA)
            rgb[inner], own[...] = drawn[..., :3], drawn[..., 3]
        # 3. Back into the samples under it.
        touched = np.zeros(luma.shape, bool)
        touched[inner] = (stamp.ink > 0) | (stamp.plate > 0)
        self._put(room, rgb, touched)
        return contrast

    def save(self, options: Options) -> bytes:
        """See `Still`."""
        return encode_planes(self.planes, options | _EXACT)

    def _views(self, room: Box) -> tuple[Pixels, Pixels]:
        luma = self.planes.luma[room.y : room.bottom, room.x : room.right]
        chroma = self.planes.chroma[:, room.y // 2 : (room.bottom + 1) // 2, room.x // 2 : (room.right + 1) // 2]
        return luma, chroma

    def _put(self, room: Box, rgb: Pixels, touched: Pixels) -> None:
        luma, chroma = self._views(room)
        new = rgb @ _PLANES_OF_RGB
        np.copyto(luma, _samples(new[..., 0] + _ZERO[0]), where=touched)
        means = _blocks(new[..., 1:]).mean(axis=(1, 3))
        np.copyto(chroma, _samples(means.transpose(2, 0, 1) + _ZERO[1]), where=_blocks(touched).any(axis=(1, 3)))


_EXACT: Final[dict[str, Any]] = {"exact": True}


def _even(box: Box, luma: Pixels) -> Box:
    """The pixels of the chroma samples that a box touches."""
    left, top = box.x & ~1, box.y & ~1
    right, bottom = min(box.right + (box.right & 1), luma.shape[1]), min(box.bottom + (box.bottom & 1), luma.shape[0])
    return Box(left, top, right - left, bottom - top)


def _blocks(pixels: Pixels) -> Pixels:
    """Split into the pixels of each chroma sample: (rows, columns, ...) to (rows / 2, 2, columns / 2, 2, ...)."""
    odd = [(0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), *[(0, 0)] * (pixels.ndim - 2)]
    even = np.pad(pixels, odd, mode="edge")
    return even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2, *pixels.shape[2:])


def _samples(values: Pixels) -> Pixels:
    samples: Pixels = np.rint(values).clip(0, 255).astype(np.uint8)
    return samples
