"""What has to be known of an AVIF file to code it anew alike, and what is refused because it would be lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from labeling.containers._avif_sequence import Track, plays, read_track
from labeling.containers._heif import Heif, extents_of, read_heif
from labeling.containers._isobmff import Fields, IsoBox
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.visible.raster._av1_header import read_base_quantiser

#: Properties and items that Pillow ignores or that coding anew would drop, though a viewer acts on them.
REFUSED_PROPERTIES = {b"clap": "clean aperture", b"a1op": "operating point", b"lsel": "layer selection"}
REFUSED_ITEMS = {b"tmap": "gain map"}
#: base_q_idx that libaom 3.14 gives pictures at libavif quality 0, 5, 10 .. 100; it does not depend on the picture.
STILL_QUANTISERS = (
    255, 249, 236, 228, 216, 208, 196, 184, 172, 160, 148, 136, 120, 108, 92, 76, 60, 48, 32, 16, 0,
)  # fmt: skip
#: The same for the first frame of a sequence at quality 0, 10, 20 .. 100.
SEQUENCE_QUANTISERS = (239, 196, 166, 146, 122, 101, 74, 57, 40, 18, 0)
#: Where the header cannot be followed.
FALLBACK_QUALITY = 85
#: By monochrome, chroma_subsampling_x and chroma_subsampling_y of av1C (AV1 Codec ISO Media File Format, 2.3.3).
SUBSAMPLINGS = {0b000: "4:4:4", 0b010: "4:2:2", 0b011: "4:2:0", 0b111: "4:0:0"}


@dataclass(frozen=True, slots=True)
class Source:
    """How a picture or sequence was coded."""

    #: libavif quality, 0..100.
    quality: int
    subsampling: str
    icc_profile: bytes
    premultiplied: bool
    #: colour_primaries and transfer_characteristics (ITU-T H.273) as four bytes, where they are given.
    colour: bytes | None
    #: How often a sequence is played; None for ever.
    plays: int | None


def read_source(data: bytes, limits: Limits) -> Source:
    """Read how the primary picture or the picture track is coded.

    Raises MediaError (MEDIA_UNSUPPORTED with `feature`) for more than 8 bits and for features that would be lost.
    """
    heif = read_heif(data, limits)
    track = read_track(data, heif.boxes, limits)
    _require_supported(data, heif, track)
    boxes = (*heif.properties_of(_coded_item(heif)), *heif.properties_of(heif.primary), *(track.entry if track else ()))
    colours = [data[box.body : box.end] for box in boxes if box.kind == b"colr"]
    return Source(
        _quality(data, heif, track),
        _subsampling(data, boxes),
        next((colour[4:] for colour in colours if colour[:4] in (b"prof", b"rICC")), b""),
        b"prem" in heif.references,
        next((colour[4:8] for colour in colours if colour[:4] == b"nclx" and len(colour) >= 8), None),
        plays(data, track) if track else None,
    )


def _require_supported(data: bytes, heif: Heif, track: Track | None) -> None:
    for box in (*heif.properties, *(track.entry if track else ())):
        if box.kind == b"av1C" and _av1c(data, box) & 0x40:
            raise _unsupported("bit depth")
    for box in heif.properties_of(heif.primary):
        if box.kind in REFUSED_PROPERTIES:
            raise _unsupported(REFUSED_PROPERTIES[box.kind])
        if box.kind == b"pasp" and len(set(_pair(data, box))) > 1:
            raise _unsupported("pixel aspect ratio")
    for item in heif.items.values():
        if item.kind in REFUSED_ITEMS:
            raise _unsupported(REFUSED_ITEMS[item.kind])


def _unsupported(feature: str) -> MediaError:
    detail = f"an AVIF picture with this feature cannot be labelled without loss: {feature}"
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, detail, feature=feature)


def _pair(data: bytes, box: IsoBox) -> tuple[int, int]:
    fields = Fields(data, box.body, box.end)
    return fields.number(4), fields.number(4)


def _av1c(data: bytes, box: IsoBox) -> int:
    """The third byte of av1C: tier, depth, monochrome and subsampling flags."""
    return Fields(data, box.body, box.end).take(4)[2]


def _subsampling(data: bytes, boxes: tuple[IsoBox, ...]) -> str:
    flags = next((_av1c(data, box) >> 2 & 7 for box in boxes if box.kind == b"av1C"), 0b011)
    return SUBSAMPLINGS.get(flags, "4:2:0")


def _coded_item(heif: Heif) -> int | None:
    """The primary item, or the first tile where that is a grid."""
    coded = [item.id for item in heif.items.values() if item.kind == b"av01"]
    return heif.primary if heif.primary in coded else next(iter(coded), None)


def _quality(data: bytes, heif: Heif, track: Track | None) -> int:
    """The quality at which Pillow quantises as the source does, rounded to the finer side."""
    item = _coded_item(heif)
    if item is None:
        return FALLBACK_QUALITY
    start = extents_of(data, heif, item)[0].start
    index = read_base_quantiser(data[start : start + 512])
    if index is None:
        return FALLBACK_QUALITY
    table = SEQUENCE_QUANTISERS if track is not None else STILL_QUANTISERS
    qualities = np.linspace(100, 0, len(table))
    return min(100, math.ceil(float(np.interp(index, table[::-1], qualities))))
