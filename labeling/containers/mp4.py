"""MP4, MOV and M4A: where records lie in ISO base media files and QuickTime movies. Read only.

Places: `keys` and `ilst` in a `meta` box (ISO and QuickTime form), iTunes items, text atoms in user data, XMP and C2PA
boxes. Box headers are read, and the metadata; media data is stepped over.

Notes on blocks: 'not-under-udta' and 'file-level' (a `meta` elsewhere than the guide says, TC260-PG-20257A),
'not-whole-file' (of a track or a fragment), 'quicktime-form' (a `meta` that is no FullBox), 'keyless' (an item without
a key), 'freeform' (an iTunes `----` item), 'qualified-key' (a reverse-DNS key), 'second-value' (a further data atom of
one item), 'data-type' (a record under a type that is no text), 'utf-16', 'user-data' (a text atom outside `meta`),
'after-media-data' (at the top of the file; a movie header may well lie there), 'second-movie' (players use the first
`moov`), 'cut-media-data' (the file ends inside its media data), 'unreadable'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from labeling.containers._iso_places import METADATA, Track, read_places, tracks
from labeling.containers._iso_source import IsoSource, iso_source
from labeling.containers._isobmff import IsoBox, announced, runs_past
from labeling.containers._recognise import iso_format
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format

AFTER_MEDIA_DATA = "after-media-data"
SECOND_MOVIE = "second-movie"
CUT_MEDIA_DATA = "cut-media-data"

READS = frozenset({Carrier.MP4_KEYS, Carrier.MP4_ITEM, Carrier.XMP, Carrier.XMP_ATTRIBUTE})

#: Without either of them there is nothing to play.
_MOVIE = frozenset({b"moov", b"moof"})
#: A file that is cut in one of these may lack metadata.
_NEEDED = METADATA | {b"moov"}


def parse(content: Content, limits: Limits) -> Anatomy:
    """Walk the boxes of an MP4, MOV or M4A file: size of the first video track, metadata blocks.

    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED, MEDIA_UNSUPPORTED for a compressed movie header) and
    LimitError. Media data that is cut behind the movie header is no error: players show what there is.
    """
    source = iso_source(content, limits)
    top = _Top(source)
    picture: Track | None = None
    # 1. Step over the boxes at the top and read what may hold metadata.
    for box in top:
        # 2. The first movie says how large the picture is.
        if box.kind == b"moov" and top.movies == 1:
            picture = next((track for track in tracks(source, box) if track.handler == b"vide"), None)
        read_places(source, box, top.notes(box))
    # 3. Without a movie there may be one in what is missing.
    if not top.movies and not top.fragments:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is no movie header")
    # 4. What concerns all blocks alike.
    blocks = source.entries.blocks
    if top.cut:
        blocks = tuple(replace(block, notes=(*block.notes, CUT_MEDIA_DATA)) for block in blocks)
    return Anatomy(
        iso_format(content, limits) or Format.MP4,
        picture.width if picture else 0,
        picture.height if picture else 0,
        blocks=blocks,
    )


class _Top:
    """The boxes at the top of a file one by one, and what is known of the file so far."""

    def __init__(self, source: IsoSource) -> None:
        self._source = source
        self.movies = 0
        self.fragments = 0
        self.after_media = False
        self.cut = False

    def notes(self, box: IsoBox) -> tuple[str, ...]:
        """What is odd about the place of the present box; a movie header may stand behind the media data."""
        if box.kind == b"moov":
            return (SECOND_MOVIE,) if self.movies > 1 else ()
        return (AFTER_MEDIA_DATA,) if self.after_media else ()

    def __iter__(self) -> Iterator[IsoBox]:
        at, end = 0, len(self._source.content)
        while at < end:
            self._source.steps.take(at)
            box = self._box(at, end)
            if box is None:
                return
            self.movies += box.kind == b"moov"
            self.fragments += box.kind == b"moof"
            yield box
            self.after_media = self.after_media or box.kind == b"mdat"
            at = box.end

    def _box(self, at: int, end: int) -> IsoBox | None:
        """The box at `at`; None where the rest is no metadata: cut media data, or junk behind a movie."""
        complete = self.movies or self.fragments
        try:
            box = announced(self._source.ahead, at, end)
        except MediaError:
            if complete:
                return None
            raise
        if box.end <= end:
            return box
        if not complete or box.kind in _NEEDED:
            raise runs_past(box, end)
        self.cut = box.kind in (b"mdat", b"moof")
        return None


for _format in (Format.MP4, Format.MOV, Format.M4A):
    register(Reader(_format, parse, READS))
