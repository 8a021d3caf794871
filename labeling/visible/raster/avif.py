"""The visible label on AVIF pictures: decoded, drawn on, coded anew, with the metadata carried over.

AVIF is the one format here that is coded anew as a whole: its prediction runs through the entire picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from labeling.containers._avif_rewrite import EMPTY_PACKET, overwrite, padded_packet
from labeling.containers.base import Anatomy, BlockKind, Changes
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_pixels, require_within
from labeling.model import Format
from labeling.visible.raster._avif_result import ExifRoom, finish
from labeling.visible.raster._avif_source import Source, read_source
from labeling.visible.raster._pillow_pixels import draw, open_image, own_errors
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Stamp

#: White space in the XMP item, so that a record can be put into it later without moving anything.
XMP_ROOM = 8 * 1024


@dataclass(frozen=True, slots=True)
class _Frames:
    """The drawn frames in order, their durations in milliseconds, the lowest contrast."""

    images: list[Image.Image]
    durations: list[int]
    contrast: float


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp on an AVIF picture, or on every frame of a sequence, and code it anew at the source's fineness.

    ICC profile, EXIF, XMP, colour description, orientation, subsampling, durations and loops are kept; the XMP item
    gets 8 KiB of padding, and an empty packet where there was none. Thumbnails and C2PA boxes go, because they speak
    of the old pixels. Raises MediaError (MEDIA_UNSUPPORTED for more than 8 bits and for features that coding anew
    would lose; MEDIA_MALFORMED where pixels cannot be decoded) and LimitError.
    """
    # 1. Refuse what could not be kept.
    require_pixels(anatomy.width, anatomy.height, limits, anatomy.frames)
    total = anatomy.width * anatomy.height * anatomy.frames
    require_within(ErrorCode.LIMIT_PIXELS, total, limits.pixels, "the number of pixels in all frames")
    source = read_source(data, limits)
    # 2. Decode and draw. Pillow gets to see an empty EXIF block instead of the foreign one.
    exif = anatomy.of(BlockKind.EXIF)
    frames = _draw(overwrite(data, Changes(drop=exif)), anatomy, stamp)
    # 3. Code, with room for EXIF and XMP.
    room = ExifRoom(len(exif[0].payload) if exif else 0, anatomy.orientation or 1)
    coded = _encode(frames, source, room, _packet(anatomy))
    # 4. Put back what Pillow cannot write.
    result = finish(coded, source, exif[0].payload if exif else b"", limits)
    return Painted(result, frames.contrast, len(frames.images), safe_contrast=math.inf)


def _draw(data: bytes, anatomy: Anatomy, stamp: Stamp) -> _Frames:
    images, durations, contrasts = [], [], []
    with open_image(data, "AVIF") as image:
        if image.size != (anatomy.width, anatomy.height):
            raise MediaError(ErrorCode.MEDIA_MALFORMED, "the coded picture has another size than the file says")
        for index in range(anatomy.frames):
            with own_errors(f"decoding frame {index}"):
                image.seek(index)
                image.load()
            frame = image.copy()
            contrasts.append(draw(frame, stamp))
            images.append(frame)
            durations.append(image.info["duration"])
    return _Frames(images, durations, min(contrasts))


def _packet(anatomy: Anatomy) -> bytes:
    blocks = anatomy.of(BlockKind.XMP)
    packet = blocks[0].payload if blocks else EMPTY_PACKET
    return padded_packet(packet, len(packet) + XMP_ROOM) or packet


def _encode(frames: _Frames, source: Source, room: ExifRoom, packet: bytes) -> bytes:
    first, *rest = frames.images
    out = BytesIO()
    with own_errors("coding the picture"):
        first.save(
            out,
            "AVIF",
            quality=source.quality,
            subsampling=source.subsampling,
            icc_profile=source.icc_profile,
            exif=room.placeholder(),
            xmp=packet,
            alpha_premultiplied=source.premultiplied,
            **({"save_all": True, "append_images": rest, "duration": frames.durations} if rest else {}),
        )
    return out.getvalue()


register(Format.AVIF, paint)
