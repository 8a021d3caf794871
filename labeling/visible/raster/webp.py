"""The visible label on WebP pictures: only the coded picture is replaced, every other chunk stays as it is."""

from __future__ import annotations

from labeling.containers._riff import Chunk, assemble, chunk, kept
from labeling.containers._webp_structure import FLAG_ALPHA, FORM, Picture, Structure, read_structure
from labeling.containers.base import Anatomy
from labeling.limits import Limits, require_pixels
from labeling.model import Format
from labeling.visible.raster._webp_animation import Animation, Pieces
from labeling.visible.raster._webp_codec import encode
from labeling.visible.raster._webp_still import open_still
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Stamp

#: See `Painted.safe_contrast`; holds at every quality.
_SAFE_CONTRAST = 7.0


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp on a WebP picture, or on every displayed frame of an animation.

    Lossless pictures stay lossless and outside the box identical, under alpha 0 too. Lossy ones are coded with the
    quantisers that the source has; their alpha plane stays lossless. Raises MediaError (MEDIA_MALFORMED where pixels
    cannot be decoded, MEDIA_UNSUPPORTED above 16383 pixels a side) and LimitError.
    """
    require_pixels(anatomy.width, anatomy.height, limits, anatomy.frames)
    structure = read_structure(data, limits)
    if structure.picture is not None:
        return _paint_still(data, structure, structure.picture, stamp)
    return _paint_animation(data, structure, stamp)


def _paint_still(data: bytes, structure: Structure, picture: Picture, stamp: Stamp) -> Painted:
    still = open_still(data, picture)
    contrast = still.draw(stamp)
    coded = encode(still.save, (picture.bitstream.width, picture.bitstream.height), data, picture)
    # The pixels go before the file is put together.
    del still
    replaced: dict[Chunk, Pieces] = dict.fromkeys(picture.chunks, ()) | {picture.image: coded.chunks}
    return Painted(_rewrite(data, structure, replaced, alpha=coded.alpha), contrast, safe_contrast=_SAFE_CONTRAST)


def _paint_animation(data: bytes, structure: Structure, stamp: Stamp) -> Painted:
    redrawn = Animation(data, structure, stamp).redraw()
    replaced = {frame.chunk: new.pieces for frame, new in zip(structure.frames, redrawn, strict=True)}
    contrast = min(new.contrast for new in redrawn if new.contrast is not None)
    result = _rewrite(data, structure, replaced, alpha=any(new.alpha for new in redrawn))
    return Painted(result, contrast, len(redrawn), _SAFE_CONTRAST)


def _rewrite(data: bytes, structure: Structure, replaced: dict[Chunk, Pieces], *, alpha: bool) -> bytes:
    """The file with some chunks replaced; VP8X learns of alpha where there was none before."""
    replaced = dict(replaced)
    if structure.extended is not None and alpha and not structure.flags & FLAG_ALPHA:
        head = structure.extended.payload(data)
        replaced[structure.extended] = (chunk(b"VP8X", bytes([head[0] | FLAG_ALPHA]) + head[1:]),)
    pieces = [piece for one in structure.chunks for piece in (replaced[one] if one in replaced else kept(data, one))]
    return assemble(FORM, pieces, memoryview(data)[structure.end :])


register(Format.WEBP, paint)
