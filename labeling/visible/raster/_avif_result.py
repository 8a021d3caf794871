"""Puts into a freshly coded AVIF file what the encoder would not take: EXIF as it was, colour description, loops."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import ExifTags, Image

from labeling.containers._avif_rewrite import EMPTY_TIFF, overwrite
from labeling.containers._avif_sequence import Track, read_track
from labeling.containers._heif import read_heif
from labeling.containers._isobmff import one
from labeling.containers.avif import parse
from labeling.containers.base import BlockKind, Changes
from labeling.limits import Limits
from labeling.visible.raster._avif_source import Source

#: TIFF header, IFD with one entry, link to the next IFD: what Pillow writes around the bytes of one tag.
ONE_TAG = 8 + 2 + 12 + 4
#: Values of up to four bytes lie inside the entry, so that a block of 27 to 30 bytes cannot be made exactly.
INLINE_VALUE = 4
FILLER_TAG = 0xC000


@dataclass(frozen=True, slots=True)
class ExifRoom:
    """An EXIF block of the length of the source's, and the turn that Pillow makes irot and imir of.

    The block itself goes in afterwards: Pillow would write it in its own order and without the orientation tag.
    """

    size: int
    orientation: int

    def placeholder(self) -> Image.Exif | bytes:
        """The value for Pillow's `exif` argument."""
        if self.orientation == 1:
            return EMPTY_TIFF.ljust(self.size, b"\0") if self.size else b""
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = self.orientation
        if self.size:
            outside = max(self.size - ONE_TAG, INLINE_VALUE + 1) if self.size > ONE_TAG else INLINE_VALUE
            exif[FILLER_TAG] = b"\0" * outside
        return exif


def finish(coded: bytes, source: Source, exif: bytes, limits: Limits) -> bytes:
    """The coded file with the source's EXIF bytes, colour primaries and transfer, and number of plays."""
    # 1. EXIF into the room that was left for it.
    if exif:
        blocks = parse(coded, limits).of(BlockKind.EXIF)
        coded = overwrite(coded, Changes(drop=blocks, exif=exif))
    result = bytearray(coded)
    heif = read_heif(coded, limits)
    track = read_track(coded, heif.boxes, limits)
    # 2. The colour description, wherever it stands.
    for box in (*heif.properties, *(track.entry if track else ())):
        if source.colour is not None and box.kind == b"colr" and coded[box.body : box.body + 4] == b"nclx":
            result[box.body + 4 : box.body + 8] = source.colour
    # 3. The number of plays; Pillow writes 'for ever'.
    movie = one(heif.boxes, b"moov")
    if track is not None and movie is not None and source.plays is not None:
        _set_plays(result, track, movie.body, source.plays)
    return bytes(result)


def _set_plays(result: bytearray, track: Track, movie: int, plays: int) -> None:
    """ISO/IEC 14496-12, 8.2.2, 8.3.2 and 8.6.6: an edit list that repeats until the duration is over."""
    if track.edits is None:
        return
    flags, segment = track.edits.body + 1, track.edits.body + 8
    (length,) = struct.unpack_from(">Q", result, segment)
    result[flags : flags + 3] = (1 if plays > 1 else 0).to_bytes(3, "big")
    # mvhd is the first box of moov; both headers are of version 1, with times of 64 bits.
    for duration in (movie + 8 + 24, track.header.body + 28):
        struct.pack_into(">Q", result, duration, length * plays)
