"""The label on every image of a PNG: into the frames as they are, or, where that cannot hold, into frames made anew.

A frame of an APNG may cover a part of the canvas, let older frames shine through, or be wiped before the next one.
While every pixel of the label is either drawn by a frame or still there from an earlier one, only pixels of the label
change in the frames' own rectangles. Where a wiped rectangle takes a part of the label away that the next frame does
not cover, all frames are rewritten as plain replacements of the rectangle that differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from labeling.containers._png_chunks import Header
from labeling.errors import ErrorCode, MediaError
from labeling.model import Box
from labeling.visible.raster._png_brush import Brush, Flags
from labeling.visible.raster._png_frames import (
    BLEND_OVER,
    BLEND_SOURCE,
    DISPOSE_BACKGROUND,
    DISPOSE_NONE,
    DISPOSE_PREVIOUS,
    Frame,
)
from labeling.visible.raster._png_layout import lattices
from labeling.visible.raster._png_region import Region, Samples, filtered_picture, read_region
from labeling.visible.raster._png_stream import deflate, inflate
from labeling.visible.raster._png_surface import Canvas, Surface

Place = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one file."""

    data: bytes
    header: Header
    surface: Surface
    frames: tuple[Frame, ...]

    def region(self, frame: Frame, box: Box) -> Region:
        """The pixels of `box` (canvas coordinates, inside the frame) in the stream of `frame`."""
        size = lattices(self.header, frame.box.width, frame.box.height)[-1].end
        raw = inflate(frame.stream(self.data), size)
        own = Box(box.x - frame.box.x, box.y - frame.box.y, box.width, box.height)
        return read_region(raw, self.header, frame.box.width, frame.box.height, own)


@dataclass(slots=True)
class Drawn:
    """What came of the drawing: the frames, the new streams by index, the lowest contrast."""

    frames: list[Frame]
    streams: dict[int, bytes] = field(default_factory=dict)
    contrast: float = float("inf")

    def see(self, contrast: float) -> None:
        """Keep the lowest contrast."""
        self.contrast = min(self.contrast, contrast)


def draw_images(images: Images, brush: Brush) -> Drawn:
    """Draw into every image. Errors: those of the streams, and MEDIA_UNSUPPORTED of `_draw_anew`."""
    drawn = Drawn(list(images.frames))
    for index, frame in enumerate(images.frames):
        if frame.control is None:
            _draw_still(images, index, brush, drawn)
    if stays_whole(images.frames, brush):
        _draw_in_place(images, brush, drawn)
    else:
        _draw_anew(images, brush, drawn)
    return drawn


def stays_whole(frames: tuple[Frame, ...], brush: Brush) -> bool:
    """True when a label drawn inside the frames' own rectangles is complete on every displayed frame."""
    shown = np.zeros_like(brush.touched)
    for _, frame, dispose in _displayed(frames):
        place = _place(_overlap(frame.box, brush.box), brush.box)
        before = shown.copy()
        shown[place] = True
        if not shown[brush.touched].all():
            return False
        if dispose == DISPOSE_BACKGROUND:
            shown[place] = False
        elif dispose == DISPOSE_PREVIOUS:
            shown = before
    return True


def _draw_still(images: Images, index: int, brush: Brush, drawn: Drawn) -> None:
    frame = images.frames[index]
    region = images.region(frame, brush.box)
    samples, contrast = brush.draw(region.samples, images.surface.transparent(region.samples), opaque=False)
    drawn.streams[index] = _recoded(images, frame, region, samples)
    drawn.see(contrast)


def _draw_in_place(images: Images, brush: Brush, drawn: Drawn) -> None:
    box = brush.box
    for index, frame, region, canvas in _replay(images, box):
        opaque = frame.control is not None and frame.control.blend == BLEND_OVER
        label, contrast = brush.draw(canvas.samples, canvas.hidden, opaque=opaque)
        drawn.see(contrast)
        place = _place(_overlap(frame.box, box), box)
        touched = brush.touched[place]
        if region is not None and touched.any():
            samples = np.where(touched[..., None], label[place], region.samples)
            drawn.streams[index] = _recoded(images, frame, region, samples)


def _draw_anew(images: Images, brush: Brush, drawn: Drawn) -> None:
    """Replace every frame by the rectangle in which its display differs from the one before, wiping nothing.

    Raises MEDIA_UNSUPPORTED where the display holds colours that the samples of the file cannot say (a transparent
    pixel without alpha, a mixture of palette entries).
    """
    whole = Box(0, 0, images.header.width, images.header.height)
    place = _place(brush.box, whole)
    before: Samples | None = None
    for index, frame, _, canvas in _replay(images, whole):
        label, contrast = brush.draw(canvas.samples[place], canvas.hidden[place], opaque=False)
        drawn.see(contrast)
        samples, lost = canvas.samples.copy(), canvas.lost.copy()
        samples[place][brush.touched] = label[brush.touched]
        lost[place][brush.touched] = False
        changed = whole if before is None else _bounds((samples != before).any(axis=2) | lost)
        if lost[_place(changed, whole)].any():
            raise MediaError(
                ErrorCode.MEDIA_UNSUPPORTED,
                f"frame {index} shows colours under no label that its samples cannot hold",
                frame=index,
            )
        parts = filtered_picture(samples[_place(changed, whole)], images.header)
        drawn.streams[index] = deflate(parts, sum(map(len, parts)))
        drawn.frames[index] = _replacing(frame, changed)
        before = samples


def _replay(images: Images, box: Box) -> Iterator[tuple[int, Frame, Region | None, Canvas]]:
    """Each displayed frame with its own pixels in `box` and what the player shows there."""
    canvas = Canvas.cleared(images.surface, box.height, box.width)
    for index, frame, dispose in _displayed(images.frames):
        overlap = _overlap(frame.box, box)
        place = _place(overlap, box)
        before, region = canvas, None
        if overlap.width:
            region = images.region(frame, overlap)
            over = frame.control is not None and frame.control.blend == BLEND_OVER
            canvas = canvas.covered(place, region.samples, over=over)
        yield index, frame, region, canvas
        if dispose == DISPOSE_BACKGROUND:
            canvas = canvas.wiped(place)
        elif dispose == DISPOSE_PREVIOUS:
            canvas = before


def _displayed(frames: tuple[Frame, ...]) -> Iterator[tuple[int, Frame, int]]:
    """The frames of the animation with their index and how they go.

    Before the first frame there is nothing to go back to, so it is wiped instead (section 11.3.6.2).
    """
    first = True
    for index, frame in enumerate(frames):
        if frame.control is not None:
            dispose = frame.control.dispose
            yield index, frame, DISPOSE_BACKGROUND if first and dispose == DISPOSE_PREVIOUS else dispose
            first = False


def _recoded(images: Images, frame: Frame, region: Region, samples: Samples) -> bytes:
    return deflate(region.replaced(samples), len(frame.stream(images.data)))


def _replacing(frame: Frame, box: Box) -> Frame:
    if frame.control is None:
        return frame
    control = replace(frame.control, box=box, dispose=DISPOSE_NONE, blend=BLEND_SOURCE)
    return replace(frame, control=control, box=box)


def _overlap(one: Box, other: Box) -> Box:
    """The common part of two boxes; without one, an empty box at a corner of `other`."""
    left, top = max(one.x, other.x), max(one.y, other.y)
    right, bottom = min(one.right, other.right), min(one.bottom, other.bottom)
    if right <= left or bottom <= top:
        return Box(other.x, other.y, 0, 0)
    return Box(left, top, right - left, bottom - top)


def _place(box: Box, outer: Box) -> Place:
    """Where the pixels of `box` stand in an array of those of `outer`."""
    top, left = box.y - outer.y, box.x - outer.x
    return slice(top, top + box.height), slice(left, left + box.width)


def _bounds(flags: Flags) -> Box:
    """The smallest box around all set flags; one pixel where none is set, since a frame cannot be empty."""
    rows, columns = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
    if not rows.size:
        return Box(0, 0, 1, 1)
    top, left = int(rows[0]), int(columns[0])
    return Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
