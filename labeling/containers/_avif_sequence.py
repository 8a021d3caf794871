"""The picture track of an AVIF or HEIC image sequence (ISO/IEC 14496-12, 8), as far as labelling needs."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.containers._isobmff import IsoBox, full_box, one, walk
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits

#: Handlers of tracks that are shown; alpha lies in a track of its own with 'auxv'.
SHOWN = frozenset({b"pict", b"vide"})


@dataclass(frozen=True, slots=True)
class Track:
    """One track of shown pictures."""

    frames: int
    width: int
    height: int
    #: The boxes that repeat or time the track, for those who write it.
    header: IsoBox
    edits: IsoBox | None
    #: The sample entry's boxes: av1C, colr ...
    entry: tuple[IsoBox, ...]


def read_track(data: bytes, boxes: tuple[IsoBox, ...], limits: Limits) -> Track | None:
    """The first track of shown pictures, or None for a file without one; raises MediaError and LimitError."""
    movie = one(boxes, b"moov")
    if movie is None:
        return None
    for track in (box for box in walk(data, movie.body, movie.end, limits) if box.kind == b"trak"):
        inner = walk(data, track.body, track.end, limits)
        media = _inside(data, inner, b"mdia", limits)
        handler = one(media, b"hdlr")
        if handler is not None and data[handler.body + 8 : handler.body + 12] in SHOWN:
            return _track(data, inner, media, limits)
    return None


def plays(data: bytes, track: Track) -> int | None:
    """How often the track is played; None for ever.

    ISO/IEC 23008-12, 9.6.1: with flag 1 the edit list is repeated until the duration in the track header is over.
    """
    if track.edits is None:
        return 1
    version, flags, fields = full_box(data, track.edits)
    fields.number(4)  # entry_count
    segment = fields.number(8 if version else 4)
    version, _, header = full_box(data, track.header)
    size = 8 if version else 4
    header.take(2 * size + 8)
    total = header.number(size)
    if not flags & 1 or not segment:
        return 1
    return None if total == (1 << 8 * size) - 1 else max(1, -(-total // segment))


def _track(data: bytes, inner: tuple[IsoBox, ...], media: tuple[IsoBox, ...], limits: Limits) -> Track:
    table = _inside(data, _inside(data, media, b"minf", limits), b"stbl", limits)
    header, sizes = one(inner, b"tkhd"), one(table, b"stsz")
    if header is None or sizes is None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the picture track has no header or no samples")
    fields = full_box(data, sizes)[2]
    fields.number(4)  # sample_size
    frames = fields.number(4)
    width, height = (int.from_bytes(data[header.end - back : header.end - back + 2], "big") for back in (8, 4))
    edits = one(_inside(data, inner, b"edts", limits), b"elst")
    return Track(max(1, frames), width, height, header, edits, _entry(data, table, limits))


def _entry(data: bytes, table: tuple[IsoBox, ...], limits: Limits) -> tuple[IsoBox, ...]:
    """The boxes behind the 78 bytes of a VisualSampleEntry (12.1.3)."""
    description = one(table, b"stsd")
    if description is None:
        return ()
    fields = full_box(data, description)[2]
    fields.number(4)  # entry_count
    entries = walk(data, fields.at, description.end, limits)
    if not entries or entries[0].body + 78 > entries[0].end:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the picture track has no sample description")
    return walk(data, entries[0].body + 78, entries[0].end, limits)


def _inside(data: bytes, boxes: tuple[IsoBox, ...], kind: bytes, limits: Limits) -> tuple[IsoBox, ...]:
    box = one(boxes, kind)
    return walk(data, box.body, box.end, limits) if box is not None else ()
