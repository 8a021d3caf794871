"""One coded WebP picture to pixels and back, in the kind (lossless, lossy) and fineness that it had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from labeling.containers._riff import assemble, chunk, kept
from labeling.containers._webp_structure import FLAG_ALPHA, FORM, PIXEL_CHUNKS, Picture, read_structure
from labeling.errors import ErrorCode, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster._pillow_pixels import open_image, own_errors
from labeling.visible.raster._webp_quantiser import matching_quality, read_quantisers

#: libwebp, encode.h: WEBP_MAX_DIMENSION. VP8L could store one more.
LONGEST_SIDE = 16383
#: libwebp's preset 3 for lossless pictures: on photographs and on drawings as small as its default, a fifth faster.
LOSSLESS = {"lossless": True, "method": 3, "quality": 30}
#: Six times faster in half the memory, and as small as a source that was made that way; tried first.
LOSSLESS_QUICK = {"lossless": True, "method": 0, "quality": 20}
LOSSY = {"lossless": False, "method": 4, "alpha_quality": 100}
#: Half the time of method 4 for 2 % more bytes.
LOSSY_QUICK = {"lossless": False, "method": 2, "alpha_quality": 100}
#: A quick result may be this much larger than the source before it is done again with care.
QUICK_GROWTH = 1.1
#: A second generation of a coarse picture is smaller than the first at the same setting. Going this share of the way
#: to quality 80 gives the size back as fineness.
FINER_BELOW, FINER_SHARE = 80.0, 0.2


#: Settings of libwebp's encoder, by their names in Pillow and in WebPConfig.
Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded picture: finished chunks (ALPH, VP8 or VP8L), and whether they carry alpha."""

    chunks: tuple[bytes | memoryview, ...]
    alpha: bool


def decode(data: bytes, picture: Picture) -> Image.Image:
    """The pixels of one coded picture of the file `data`, mode RGB or RGBA; raises MediaError."""
    with own_errors("decoding the picture"), open_image(alone(data, picture), "WEBP") as image:
        image.load()
    # Pillow's decoder holds two more canvases for as long as the opened image lives.
    return image.copy()


def encode(
    save: Callable[[Options], bytes], size: tuple[int, int], data: bytes, source: Picture, *, quick: bool = False
) -> Coded:
    """Code a picture of `size` as the picture `source` of the file `data` was coded; `save` makes a file of it.

    Lossless stays lossless; lossy takes the quality that `matching_quality` reads from the source, alpha is lossless.
    `quick` is for the many lossy frames of an animation. Raises MediaError (MEDIA_UNSUPPORTED) above 16383 pixels a
    side.
    """
    if max(size) > LONGEST_SIDE:
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            f"WebP pictures of more than {LONGEST_SIDE} pixels a side cannot be written",
            feature="side length",
            limit=LONGEST_SIDE,
            actual=max(size),
        )
    if not source.bitstream.lossless:
        return _coded(save((LOSSY_QUICK if quick else LOSSY) | {"quality": _quality(data, source)}))
    coded = save(LOSSLESS_QUICK)
    if len(coded) <= QUICK_GROWTH * source.image.size:
        return _coded(coded)
    return _coded(save(LOSSLESS))


def save(image: Image.Image, options: Options, *, exact: bool = True) -> bytes:
    """`image` as a WebP file of its own; `exact` keeps the colours under transparent pixels. Raises MediaError."""
    out = BytesIO()
    with own_errors("coding the picture"):
        image.save(out, "WEBP", exact=exact, **options)
    return out.getvalue()


def _coded(data: bytes) -> Coded:
    structure = read_structure(data, DEFAULT_LIMITS)
    pixels = (one for one in structure.chunks if one.fourcc in PIXEL_CHUNKS)
    return Coded(tuple(piece for one in pixels for piece in kept(data, one)), bool(structure.flags & FLAG_ALPHA))


def _quality(data: bytes, source: Picture) -> float:
    head = data[source.image.body : source.image.body + min(source.image.size, 256)]
    quality = matching_quality(read_quantisers(head))
    return quality + FINER_SHARE * max(0.0, FINER_BELOW - quality)


def alone(data: bytes, picture: Picture) -> bytes:
    """A still WebP file of one coded picture of the file `data` and nothing else."""
    pieces = [piece for one in picture.chunks for piece in kept(data, one)]
    if len(picture.chunks) > 1:
        size = b"".join(
            (side - 1).to_bytes(3, "little") for side in (picture.bitstream.width, picture.bitstream.height)
        )
        pieces.insert(0, chunk(b"VP8X", bytes([FLAG_ALPHA, 0, 0, 0]) + size))
    return assemble(FORM, pieces)
