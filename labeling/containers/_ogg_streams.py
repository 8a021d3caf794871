"""The header packets of the logical bitstreams of an Ogg file, and the comments in them.

Sources: Vorbis I, section 4.2; RFC 7845, section 5 (Opus); Theora specification, section 6; Speex manual, section 8;
the Ogg mappings of FLAC (RFC 9639, section 10.1) and VP8; C2PA specification, A.3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from labeling.containers._block_list import MOST_UNITS, TRUNCATED, BlockList
from labeling.containers._flac_metadata import FORBIDDEN, LAST, FlacMetadata
from labeling.containers._flac_metadata import HEAD as BLOCK_HEAD
from labeling.containers._ogg_pages import FIRST, Page, is_intact
from labeling.containers._pieces import Pieces
from labeling.containers._vorbis_comment import UNIT, read_comments
from labeling.content import Content
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within

#: Streams side by side; a film has a picture, some sounds, some subtitles.
MOST_STREAMS: Final = 256
#: Note of comments in a page whose checksum is wrong; whether they are what was written is not known.
BAD_CHECKSUM: Final = "bad-checksum"
#: Note of comments in another stream than the first that has some.
OTHER_STREAM: Final = "other-stream"
HEADERS_UNIT: Final = "header packets"

_FLAC = b"\x7fFLAC"
_OLD_FLAC = b"fLaC"
#: Behind the signature: two bytes of version, then how many header packets follow; 0 where that is not known.
_FLAC_COUNT = slice(7, 9)
_CREDENTIAL = b"\0c2pa"
_LONGEST_NAME = 16


@dataclass(frozen=True, slots=True)
class _Codec:
    """A codec whose second packet is a Vorbis comment behind some bytes of its own."""

    prefix: bytes
    unit: str = UNIT
    #: Whether every stream has such a packet.
    required: bool = True


#: By what the first packet begins with.
_CODECS = {
    b"\x01vorbis": _Codec(b"\x03vorbis"),
    b"OpusHead": _Codec(b"OpusTags", "OpusTags"),
    b"\x80theora": _Codec(b"\x81theora"),
    b"Speex   ": _Codec(b""),
    b"OVP80": _Codec(b"OVP80\x02\x20", required=False),
}


class Link:
    """The logical bitstreams that run side by side; a chained file has several links, one after another."""

    def __init__(self, content: Content, blocks: BlockList, limits: Limits, *notes: str) -> None:
        self.content = content
        self.blocks = blocks
        self.limits = limits
        self._notes = notes
        self._unchecked = limits.all_metadata_bytes
        self._streams: dict[int, _Stream] = {}
        self._started = False
        self._commented = False

    @property
    def serials(self) -> frozenset[int]:
        """The serial numbers of the streams."""
        return frozenset(self._streams)

    def ends_before(self, page: Page) -> bool:
        """Whether `page` begins the next link: a first page behind others that are none."""
        return bool(page.flags & FIRST) and self._started

    def feed(self, page: Page) -> None:
        """The next page of the link."""
        if page.flags & FIRST:
            self._streams[page.serial] = _Stream(self, page)
            require_within(
                ErrorCode.LIMIT_ITEMS, len(self._streams), MOST_STREAMS, "the number of streams side by side"
            )
        else:
            self._started = True
        stream = self._streams.get(page.serial)
        if stream is not None and stream.pending:
            stream.feed(page)

    def close(self, end: int) -> None:
        """Say which streams have not shown all their headers by the end of the link."""
        for stream in self._streams.values():
            if stream.pending:
                stream.give_up()
                self.blocks.unreadable(HEADERS_UNIT, (stream.start, end), *self._notes, TRUNCATED)

    def is_intact(self, page: Page) -> bool:
        """Whether the checksum is right, as long as not too much has been checked."""
        self._unchecked -= page.end - page.start
        return self._unchecked < 0 or is_intact(self.content, page)

    def notes_of_comments(self) -> tuple[str, ...]:
        """Notes on the comments of a stream: which link it is, and whether another stream of it had some before."""
        before, self._commented = self._commented, True
        return (*self._notes, OTHER_STREAM) if before else self._notes


class _Stream:
    """One logical bitstream up to its last header packet."""

    def __init__(self, link: Link, first: Page) -> None:
        self._link = link
        self.start = first.start
        self._headers = _headers_of(link, first)
        self._spans: list[tuple[int, int]] = []
        self._intact = True

    @property
    def pending(self) -> bool:
        """Whether header packets are yet to come; never so for a stream that can hold nothing of interest."""
        return self._headers is not None

    def feed(self, page: Page) -> None:
        """The segments of a page: some end a packet, the last one may go on in the next page."""
        if page.end > len(self._link.content) or self._headers is None:
            return
        if self._headers.checked and not self._link.is_intact(page):
            self._intact = False
        begin = at = page.body
        for size in page.lacing:
            at += size
            if size < 255:
                self._spans.append((begin, at))
                self._end_packet()
                begin = at
                if not self.pending:
                    return
        if at > begin:
            self._spans.append((begin, at))

    def give_up(self) -> None:
        """Wait for no further packets."""
        self._headers = None

    def _end_packet(self) -> None:
        packet, self._spans = Pieces(self._link.content, self._spans), []
        if self._headers is None or self._headers.read(packet, () if self._intact else (BAD_CHECKSUM,)):
            return
        if not self._intact:
            self._link.blocks.unreadable(HEADERS_UNIT, (self.start, packet.offset(len(packet))), BAD_CHECKSUM)
        self.give_up()


class _Headers(Protocol):
    """Reads the header packets of one stream."""

    #: Whether the checksums of its pages are worth checking.
    checked: bool

    def read(self, packet: Pieces, notes: tuple[str, ...]) -> bool:
        """The next packet; False where it was the last one of interest."""


class _CommentHeaders:
    """A packet that says what the stream is, then one with comments."""

    checked = True

    def __init__(self, link: Link, codec: _Codec) -> None:
        self._link = link
        self._codec = codec
        self._first = True

    def read(self, packet: Pieces, notes: tuple[str, ...]) -> bool:
        if self._first:
            self._first = False
            return True
        codec, blocks = self._codec, self._link.blocks
        notes = (*self._link.notes_of_comments(), *notes)
        if packet[0 : len(codec.prefix)] == codec.prefix:
            read_comments(packet, len(codec.prefix), blocks, *notes, unit=codec.unit)
        elif codec.required:
            blocks.unreadable(codec.unit, (packet.offset(0), packet.offset(len(packet))), *notes)
        return False


class _FlacHeaders:
    """The signature, then one metadata block in each packet."""

    checked = True

    def __init__(self, link: Link, head: bytes) -> None:
        self._left = int.from_bytes(head[_FLAC_COUNT], "big") or MOST_UNITS
        self._metadata = FlacMetadata(link.blocks, link.limits, *link.notes_of_comments())
        self._first = True

    def read(self, packet: Pieces, notes: tuple[str, ...]) -> bool:
        if self._first:
            self._first = False
            return True
        head = packet[0:BLOCK_HEAD]
        if len(head) == BLOCK_HEAD and head[0] & ~LAST != FORBIDDEN:
            self._metadata.read(head[0] & ~LAST, packet.behind(BLOCK_HEAD), *notes)
        self._left -= 1
        return self._left > 0 and bool(head) and head[0] < LAST


class _CredentialHeaders:
    """One packet, which is a C2PA manifest store behind its signature."""

    checked = False

    def __init__(self, link: Link) -> None:
        self._link = link

    def read(self, packet: Pieces, _notes: tuple[str, ...]) -> bool:
        span = packet.offset(len(_CREDENTIAL)), packet.offset(len(packet))
        self._link.blocks.credential("c2pa", span)
        return False


def _headers_of(link: Link, first: Page) -> _Headers | None:
    """What reads a stream, by the beginning of its first page, which holds no packet but the first."""
    head = link.content[first.body : first.body + _LONGEST_NAME]
    for name, codec in _CODECS.items():
        if head.startswith(name):
            return _CommentHeaders(link, codec)
    if head.startswith(_FLAC):
        return _FlacHeaders(link, head)
    if first.lacing == bytes((len(_OLD_FLAC),)) and head.startswith(_OLD_FLAC):
        return _FlacHeaders(link, b"")
    return _CredentialHeaders(link) if head.startswith(_CREDENTIAL) else None
