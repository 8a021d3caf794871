"""The label on every displayed frame of an animated WebP, with as few frames coded anew as that takes.

A frame that leaves the label alone keeps its bytes. One that covers the label's box gets the label drawn in. One that
disturbs the label without covering its box grows to the smallest rectangle that holds both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image

from labeling.containers._riff import chunk, kept
from labeling.containers._webp_structure import Frame, Structure
from labeling.model import Box
from labeling.visible.raster._pillow_pixels import open_image, own_errors, patched
from labeling.visible.raster._webp_codec import decode, encode, save
from labeling.visible.stamp import Stamp

Pieces = tuple[bytes | memoryview, ...]


@dataclass(frozen=True, slots=True)
class Redrawn:
    """One frame of the result: its ANMF chunk, and what the next frame has to know."""

    pieces: Pieces
    alpha: bool = False
    contrast: float | None = None
    #: The rectangle that the result clears after this frame.
    cleared: Box | None = None
    #: The rectangle that the source clears after this frame and the result does not: the next frame must paint it.
    owed: Box | None = None


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The pixels to be coded for one frame, where they lie, and how they are put on the canvas."""

    image: Image.Image
    box: Box
    blend: bool
    dispose: bool


class Animation:
    """Walks the frames of one animation in order; the displayed frames are decoded only where they are needed."""

    def __init__(self, data: bytes, structure: Structure, stamp: Stamp) -> None:
        self._data = data
        self._structure = structure
        self._stamp = stamp
        self._displayed = open_image(data, "WEBP")
        coverage = np.maximum(stamp.ink, stamp.plate) > 0
        self._mask = Image.fromarray(coverage.astype(np.uint8) * 255)

    def redraw(self) -> list[Redrawn]:
        """Every frame of the result, in order. Raises MediaError where a frame cannot be decoded."""
        done: list[Redrawn] = []
        for index, frame in enumerate(self._structure.frames):
            done.append(self._redraw(index, frame, done[-1] if done else None))
        return done

    def _redraw(self, index: int, frame: Frame, before: Redrawn | None) -> Redrawn:
        # 1. Nothing to do where neither this frame nor the clearing after the last one comes near the label.
        intact = before is not None and before.owed is None and not _overlap(before.cleared, self._stamp.box)
        if intact and not _overlap(_box(frame), self._stamp.box):
            return _unchanged(self._data, frame)
        # 2. Nothing to do where the frame is transparent over the label.
        displayed = self._display(index)
        own = self._own_pixels(frame, displayed)
        if intact and self._clear_over_label(frame, own):
            return _unchanged(self._data, frame)
        # 3. The label over what is displayed now.
        patch, contrast = patched(displayed, self._stamp)
        # 4. The smallest rectangle that puts it there, coded as the frame was.
        owed = before.owed if before is not None else None
        canvas = self._canvas(frame, displayed, own, owed)
        canvas.image.paste(patch, (self._stamp.x - canvas.box.x, self._stamp.y - canvas.box.y), self._mask)
        exact = frame.picture.bitstream.lossless or canvas.box == _box(frame)
        coded = encode(
            partial(save, canvas.image, exact=exact), canvas.image.size, self._data, frame.picture, quick=True
        )
        body = (_header(frame, canvas), *coded.chunks, *_others(self._data, frame))
        return Redrawn(
            (chunk(b"ANMF", b"".join(body)),),
            coded.alpha,
            contrast,
            cleared=canvas.box if canvas.dispose else None,
            owed=_box(frame) if frame.dispose and not canvas.dispose else None,
        )

    def _display(self, index: int) -> Image.Image:
        with own_errors(f"decoding frame {index}"):
            self._displayed.seek(index)
            self._displayed.load()
        return self._displayed

    def _own_pixels(self, frame: Frame, displayed: Image.Image) -> Image.Image:
        """The frame's own pixels; where it is not blended they are those that are displayed."""
        if frame.blend and frame.picture.alpha:
            return decode(self._data, frame.picture)
        return displayed.crop(_edges(_box(frame)))

    def _clear_over_label(self, frame: Frame, own: Image.Image) -> bool:
        if not frame.blend or own.mode != "RGBA":
            return False
        label = self._stamp.box
        shifted = replace(label, x=label.x - frame.x, y=label.y - frame.y)
        return own.getchannel("A").crop(_edges(_common(shifted, Box(0, 0, *own.size)))).getextrema() == (0, 0)

    def _canvas(self, frame: Frame, displayed: Image.Image, own: Image.Image, owed: Box | None) -> _Canvas:
        box = _box(frame)
        room = _aligned(_union(_union(box, self._stamp.box), owed))
        if room == box and (owed is None or not frame.blend or _opaque(own)):
            return _Canvas(own, box, frame.blend, frame.dispose)
        dispose = frame.dispose and _nothing_around(displayed.crop(_edges(room)), box, room)
        if owed is None and (frame.blend or _opaque(own)):
            image = Image.new("RGBA", (room.width, room.height))
            image.paste(own, (box.x - room.x, box.y - room.y))
            return _Canvas(image, room, blend=True, dispose=dispose)
        return _Canvas(displayed.crop(_edges(room)), room, blend=False, dispose=dispose)


def _unchanged(data: bytes, frame: Frame) -> Redrawn:
    return Redrawn(kept(data, frame.chunk), cleared=_box(frame) if frame.dispose else None)


def _header(frame: Frame, canvas: _Canvas) -> bytes:
    """RFC 9649, section 2.7.1.1: 24-bit numbers, offsets halved, sizes less one, then two flags."""
    box = canvas.box
    numbers = (box.x // 2, box.y // 2, box.width - 1, box.height - 1, frame.duration)
    flags = (0 if canvas.blend else 2) | (1 if canvas.dispose else 0)
    return b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags])


def _others(data: bytes, frame: Frame) -> Pieces:
    return tuple(piece for one in frame.others for piece in kept(data, one))


def _opaque(image: Image.Image) -> bool:
    return image.mode != "RGBA" or image.getchannel("A").getextrema()[0] == 255


def _nothing_around(shown: Image.Image, box: Box, room: Box) -> bool:
    """True where all that is displayed in `room` outside `box` is transparent, so that clearing it changes nothing."""
    if shown.mode != "RGBA":
        return False
    alpha = np.array(shown.getchannel("A"))
    alpha[box.y - room.y : box.bottom - room.y, box.x - room.x : box.right - room.x] = 0
    return not alpha.any()


def _box(frame: Frame) -> Box:
    return Box(frame.x, frame.y, frame.picture.bitstream.width, frame.picture.bitstream.height)


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, box.right, box.bottom


def _common(one: Box, other: Box) -> Box:
    x, y = max(one.x, other.x), max(one.y, other.y)
    return Box(x, y, min(one.right, other.right) - x, min(one.bottom, other.bottom) - y)


def _overlap(one: Box | None, other: Box) -> bool:
    if one is None:
        return False
    common = _common(one, other)
    return common.width > 0 and common.height > 0


def _union(one: Box, other: Box | None) -> Box:
    if other is None:
        return one
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Box(x, y, max(one.right, other.right) - x, max(one.bottom, other.bottom) - y)


def _aligned(box: Box) -> Box:
    """The box with even offsets, which is all that ANMF can store."""
    x, y = box.x & ~1, box.y & ~1
    return Box(x, y, box.right - x, box.bottom - y)
