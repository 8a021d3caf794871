"""The visible label on PNG and APNG, of every colour type, depth and interlacing.

W3C PNG third edition. Only the rows under the label get new filtered bytes; the other rows keep theirs, so the cost is
that of inflating and deflating, and every sample outside the label stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labeling.containers._png_chunks import INDEXED, SIGNATURE, Chunk, Header, read_header, walk
from labeling.containers.base import Anatomy
from labeling.limits import Limits, require_pixels
from labeling.model import Box, Format
from labeling.visible.raster._png_animation import Drawn, Images, draw_images
from labeling.visible.raster._png_brush import SPACES, BlendingBrush, Brush, TwoValueBrush
from labeling.visible.raster._png_colours import background_entry, palette_chunks, read_key, read_palette
from labeling.visible.raster._png_frames import read_frames, write_frames
from labeling.visible.raster._png_palette import Palette, choose
from labeling.visible.raster._png_surface import Surface
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Stamp


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw `stamp` into every image of a PNG: the still, each frame of an animation, a hidden default image.

    Raises MEDIA_TRUNCATED, MEDIA_MALFORMED or LIMIT_INFLATED where the image data does not fit the header,
    LIMIT_PIXELS before anything is allocated, PALETTE_FULL where no two colours make the label legible, and
    MEDIA_UNSUPPORTED for an animation without alpha that shows transparent pixels around the label.
    """
    # 1. The structure, within the limits.
    chunks = walk(data, limits)
    header = read_header(data, chunks)
    require_pixels(header.width, header.height, limits, anatomy.frames)
    frames = read_frames(data, chunks, header)
    # 2. What the samples mean, and how to draw with them.
    images = Images(data, header, _surface(data, chunks, header), frames)
    brush, replacements = _brush(images, chunks, stamp)
    # 3. The label on every image.
    drawn = draw_images(images, brush)
    # 4. The file: new image data, new palette, all else as it was.
    return Painted(_assembled(data, chunks, drawn, replacements), drawn.contrast, anatomy.frames)


def _surface(data: bytes, chunks: tuple[Chunk, ...], header: Header) -> Surface:
    if header.colour_type != INDEXED:
        return Surface(header, read_key(data, chunks, header))
    alphas = np.full(256, 255, np.uint8)
    known = read_palette(data, chunks, header).alphas
    alphas[: len(known)] = known
    return Surface(header, alphas=alphas)


def _brush(images: Images, chunks: tuple[Chunk, ...], stamp: Stamp) -> tuple[Brush, dict[int, bytes]]:
    """The brush for the colour type, and the chunks that change when the palette gets new colours."""
    header = images.header
    if header.colour_type != INDEXED and header.depth >= 8:
        return BlendingBrush(stamp, SPACES[header.colour_type], (1 << header.depth) - 1, images.surface.key), {}
    palette = read_palette(images.data, chunks, header)

    def used() -> set[int]:
        return _used_entries(images, stamp) | background_entry(images.data, chunks)

    choice = choose(palette, stamp, used if header.colour_type == INDEXED else None)
    brush = TwoValueBrush(stamp, choice.ink, choice.plate, choice.contrast)
    return brush, _palette_changes(images, chunks, palette, choice.palette)


def _palette_changes(images: Images, chunks: tuple[Chunk, ...], old: Palette, new: Palette) -> dict[int, bytes]:
    return {} if new == old else palette_chunks(images.data, chunks, images.header, new)


def _used_entries(images: Images, stamp: Stamp) -> set[int]:
    """The stored values that any image has outside the label."""
    under = np.zeros((images.header.height, images.header.width), np.bool_)
    box = stamp.box
    under[box.y : box.bottom, box.x : box.right] = stamp.two_colour()[1].astype(bool)
    used: set[int] = set()
    for frame in images.frames:
        rectangle: Box = frame.box
        values = images.region(frame, rectangle).samples[..., 0]
        outside = ~under[rectangle.y : rectangle.bottom, rectangle.x : rectangle.right]
        used.update(np.unique(values[outside]).tolist())
    return used


def _assembled(data: bytes, chunks: tuple[Chunk, ...], drawn: Drawn, replacements: dict[int, bytes]) -> bytes:
    """The file with other image chunks and palette; every other chunk, and what follows IEND, byte for byte."""
    written = {chunk.start: parts for chunk, parts in write_frames(data, chunks, drawn.frames, drawn.streams)}
    view = memoryview(data)

    def parts() -> Iterator[bytes | memoryview]:
        yield SIGNATURE
        for chunk in chunks:
            if chunk.start in written:
                yield from written[chunk.start]
            else:
                yield replacements.get(chunk.start, view[chunk.start : chunk.end])
        yield view[chunks[-1].end :]

    return b"".join(parts())


register(Format.PNG, paint)
