"""Which of the formats made of boxes or of EBML elements a file is, by its first parts."""

from __future__ import annotations

from labeling.containers._ebml import EBML, read_document
from labeling.containers._iso_places import tracks
from labeling.containers._iso_source import iso_source
from labeling.containers._isobmff import HEADER
from labeling.content import Content
from labeling.errors import MediaError
from labeling.limits import Limits
from labeling.model import Format

#: DocType of RFC 9559 and of the WebM Container Guidelines.
DOCUMENT_TYPES: dict[str, Format] = {"matroska": Format.MKV, "webm": Format.WEBM}

#: Major brands of files that are made of boxes and are no video: pictures, raw photographs, JPEG 2000, JPEG XL.
_NO_VIDEO = frozenset(
    brand.ljust(4).encode()
    for brand in "avif avis heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1 miaf "
    "jpeg jpgs j2ki j2is jp2 jpx jpm jph jxl crx".split()
)
_QUICKTIME = b"qt  "
_AUDIO = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})
#: Handlers of tracks that are seen: film, auxiliary pictures, picture sequences.
_SEEN = frozenset({b"vide", b"auxv", b"pict"})
_HEARD = b"soun"
#: First boxes of files without a file type: QuickTime before 2001, and fragments of a stream.
_WITHOUT_TYPE: dict[bytes, Format] = {
    **dict.fromkeys((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"), Format.MOV),
    **dict.fromkeys((b"styp", b"sidx", b"moof"), Format.MP4),
}
#: Boxes that are looked at to find the tracks; past these the brand decides.
_BOXES = 10_000


def iso_format(content: Content, limits: Limits) -> Format | None:
    """MP4, MOV or M4A by brand and tracks, or None for anything else; a damaged file is told by its brand.

    An unusual brand means MP4, sound without pictures M4A, the brand 'qt  ' or no brand at all MOV.
    """
    head = content[0 : 2 * HEADER]
    size, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if kind != b"ftyp":
        return _WITHOUT_TYPE.get(kind) if _is_plausible(size, len(content)) else None
    brand = head[8:12]
    if brand in _NO_VIDEO:
        return None
    if brand == _QUICKTIME:
        return Format.MOV
    is_audio = brand in _AUDIO or _has_only_sound(content, limits)
    return Format.M4A if is_audio else Format.MP4


def matroska_format(content: Content, limits: Limits) -> Format | None:
    """MKV or WebM by the type of the EBML document, None for anything else; a header that is cut counts as MKV."""
    if content[0:4] != EBML.to_bytes(4, "big"):
        return None
    try:
        return DOCUMENT_TYPES.get(read_document(content).type)
    except MediaError:
        return Format.MKV


def _is_plausible(size: int, length: int) -> bool:
    """Whether a first size can be one: in a text the four bytes are printable, which makes a huge number."""
    return size in (0, 1) or HEADER <= size <= length or HEADER <= size < 1 << 27


def _has_only_sound(content: Content, limits: Limits) -> bool:
    source = iso_source(content, limits, _BOXES)
    try:
        movie = next((box for box in source.boxes(0, len(content)) if box.kind == b"moov"), None)
        handlers = {track.handler for track in tracks(source, movie)} if movie else set()
    except MediaError:
        return False
    return _HEARD in handlers and not handlers & _SEEN
