"""The decoded picture as a viewer sees it: frames, the ground under transparency, EXIF orientation; all bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image

from labeling.containers._avif_rewrite import overwrite
from labeling.containers._jpeg_walk import APP1, walk
from labeling.containers.base import Anatomy, BlockKind, Changes
from labeling.containers.jpeg import apply_edits
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_pixels, require_within
from labeling.model import Box, Format
from labeling.visible.raster._pillow_pixels import open_image, own_errors

_PLUGINS: dict[Format, str] = {
    Format.JPEG: "JPEG",
    Format.PNG: "PNG",
    Format.WEBP: "WEBP",
    Format.GIF: "GIF",
    Format.TIFF: "TIFF",
    Format.AVIF: "AVIF",
    Format.BMP: "BMP",
}
#: What pages show behind a transparent picture: a label must be seen on the lightest and on the darkest.
_GROUNDS = ((255, 255, 255), (0, 0, 0))
#: TIFF 6.0, NewSubfileType: bit 0 marks a smaller copy of another page, bit 2 a mask.
_NEW_SUBFILE_TYPE = 254
_NO_PAGE = 0b101

_Method = Image.Transpose
#: What a viewer does to the stored picture, by EXIF orientation.
_TURNS: dict[int, Image.Transpose] = {
    2: _Method.FLIP_LEFT_RIGHT,
    3: _Method.ROTATE_180,
    4: _Method.FLIP_TOP_BOTTOM,
    5: _Method.TRANSPOSE,
    6: _Method.ROTATE_270,
    7: _Method.TRANSVERSE,
    8: _Method.ROTATE_90,
}


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One frame over one ground. Boxes and sizes are as a viewer sees them; the pixels are never turned as a whole."""

    #: RGB, as stored.
    pixels: Image.Image
    orientation: int
    #: 0-based.
    frame: int

    @property
    def width(self) -> int:
        """Pixels, as a viewer sees it."""
        return self.pixels.height if self.orientation >= 5 else self.pixels.width

    @property
    def height(self) -> int:
        """Pixels, as a viewer sees it."""
        return self.pixels.width if self.orientation >= 5 else self.pixels.height

    @property
    def shortest_side(self) -> int:
        """Pixels."""
        return min(self.pixels.size)

    def part(self, box: Box) -> Image.Image:
        """The pixels of a box that lies inside the picture, upright."""
        left, top, right, bottom = self._stored(box)
        return self._turned(self.pixels.crop((left, top, right, bottom)))

    def reduced(self, width: int, height: int) -> Image.Image:
        """The whole picture at another size, upright."""
        size = (height, width) if self.orientation >= 5 else (width, height)
        return self._turned(self.pixels.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))

    def _turned(self, image: Image.Image) -> Image.Image:
        turn = _TURNS.get(self.orientation)
        return image if turn is None else image.transpose(turn)

    def _stored(self, box: Box) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a box in the stored picture."""
        columns, rows = (box.x, box.right), (box.y, box.bottom)
        if self.orientation in (2, 3, 6, 7):
            columns = (self.width - box.right, self.width - box.x)
        if self.orientation in (3, 4, 7, 8):
            rows = (self.height - box.bottom, self.height - box.y)
        if self.orientation >= 5:
            columns, rows = rows, columns
        return columns[0], rows[0], columns[1], rows[1]


def can_decode(fmt: Format) -> bool:
    """Whether pictures of this format can be looked at."""
    return fmt in _PLUGINS


def views(data: bytes, anatomy: Anatomy, orientation: int, limits: Limits) -> Iterator[View]:
    """Every frame that is to be looked at; twice where it is transparent, over white and over black.

    At most `Limits.seen_frames` frames of an animation, or pages of a TIFF file, spread evenly, the first and the last
    among them. Raises MediaError for pixels that cannot be decoded, LimitError for too many of them.
    """
    require_pixels(anatomy.width, anatomy.height, limits, anatomy.frames)
    # Pillow turns the pages of a TIFF file by itself.
    orientation = 1 if anatomy.format is Format.TIFF else orientation
    with _opened(_without_exif(data, anatomy, limits), anatomy.format) as image:
        for frame in _spread(_frames(image, anatomy, limits), limits.seen_frames):
            for pixels in _decoded(image, frame, limits):
                yield View(pixels, orientation, frame)
                del pixels


def _frames(image: Image.Image, anatomy: Anatomy, limits: Limits) -> list[int]:
    """The frames that a viewer shows; of a TIFF file the pages without smaller copies and masks of them."""
    with _own_errors("counting the frames"):
        count = int(getattr(image, "n_frames", 1))
        if anatomy.format is not Format.TIFF:
            require_pixels(*image.size, limits, count)
            return list(range(count))
        require_within(ErrorCode.LIMIT_FRAMES, count, limits.frames, "the number of pages")
        return [frame for frame in range(count) if not _is_copy(image, frame)]


def _spread(frames: list[int], most: int) -> list[int]:
    """At most `most` of them, evenly spread."""
    if len(frames) <= most:
        return frames
    last = len(frames) - 1
    return [frames[round(index * last / max(1, most - 1))] for index in range(most)]


def _decoded(image: Image.Image, frame: int, limits: Limits) -> Iterator[Image.Image]:
    """One frame over each ground that matters, one after the other: a large picture takes 256 MB."""
    with _own_errors(f"decoding frame {frame}"):
        image.seek(frame)
        require_pixels(*image.size, limits)
        image.load()
        grounds = _GROUNDS if _transparent(image) else _GROUNDS[:1]
    for ground in grounds:
        with _own_errors(f"decoding frame {frame}"):
            pixels = _flat(image, ground) if len(grounds) > 1 else _rgb(image)
        yield pixels
        del pixels


def _without_exif(data: bytes, anatomy: Anatomy, limits: Limits) -> bytes:
    """The file without an EXIF block where Pillow would look into it when it opens the picture."""
    if anatomy.format is Format.JPEG:
        segments = walk(data, limits).segments
        return apply_edits(data, segments, [(part.start, part.end, b"") for part in segments if part.marker == APP1])
    if anatomy.format is Format.AVIF and anatomy.of(BlockKind.EXIF):
        return overwrite(data, Changes(drop=anatomy.of(BlockKind.EXIF)))
    return data


@contextmanager
def _own_errors(what: str) -> Iterator[None]:
    """As `own_errors`; a warning that the process turns into an error says as well that a file is damaged."""
    try:
        with own_errors(what):
            yield
    except Warning as warning:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"{what} failed: {warning}") from warning


def _opened(data: bytes, fmt: Format) -> Image.Image:
    with _own_errors("opening the picture"):
        return open_image(data, _PLUGINS[fmt])


def _is_copy(image: Image.Image, frame: int) -> bool:
    image.seek(frame)
    kind = getattr(image, "tag_v2", {}).get(_NEW_SUBFILE_TYPE, 0)
    return isinstance(kind, int) and bool(kind & _NO_PAGE)


def _transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    lowest, _ = _with_alpha(image).getchannel("A").getextrema()
    return isinstance(lowest, (int, float)) and lowest < 255


def _with_alpha(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _flat(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    """The picture over an opaque ground."""
    coloured = _with_alpha(image)
    flat = Image.new("RGB", image.size, ground)
    flat.paste(coloured, mask=coloured.getchannel("A"))
    return flat


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    if image.has_transparency_data:
        image = _with_alpha(image)
    if image.mode != "RGB":
        return image.convert("RGB")
    # A frame changes under us when the next one is decoded; a large still picture need not be there twice.
    return image.copy() if getattr(image, "n_frames", 1) > 1 else image


def _eight_bit(image: Image.Image) -> Image.Image:
    """A grey picture of more than eight bits, or of floating point numbers, at eight bits."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    highest = float(values.max(initial=0))
    white = next((white for white in (1, 255, 65_535) if highest <= white), highest)
    return Image.fromarray((values.clip(0) * np.float32(255 / white)).astype(np.uint8))
