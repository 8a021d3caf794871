"""The Vorbis comment, which FLAC, Vorbis, Opus, Theora and Speex share (Vorbis I, section 5; RFC 9639, 8.6).

All sizes are little-endian. Field names are ASCII whose case does not matter, values UTF-8.
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import BlockList
from labeling.containers._eight_bit import as_utf8
from labeling.containers._pieces import Pieces
from labeling.content import Content
from labeling.limits import KIB
from labeling.model import Carrier

UNIT: Final = "VORBIS_COMMENT"
#: The name under which the vendor string is handed out: it names the encoder.
VENDOR: Final = "vendor"
#: An entry without '=' has no name; it is handed out whole.
NO_SEPARATOR: Final = "no-separator"

#: Pictures in Base64, which are large and hold nothing else.
_PICTURES = frozenset({"metadata_block_picture", "coverart"})
#: A name that is longer than this is no name.
_LONGEST_NAME = 256
_LENGTH = 4
#: A comment up to this size is read at once, a larger one entry by entry.
_READ_AT_ONCE = 64 * KIB


class _MisfitError(Exception):
    """A length runs past the end of the comment; it never leaves this module."""


def read_comments(packet: Pieces, start: int, blocks: BlockList, *notes: str, unit: str = UNIT) -> None:
    """Put every entry of the comment that begins at byte `start` of `packet` into `blocks`, one block for each.

    Offsets of a block are those of the entry with its length field. A comment that is cut or whose lengths do not fit
    gives the entries up to there and a block with the note 'unreadable'. What lies behind the last entry (a framing
    bit, padding) is not looked at.
    """
    comment = _Comment(packet, start, blocks, unit, notes)
    try:
        comment.add_vendor()
        for _ in range(comment.number()):
            comment.add_entry()
    except _MisfitError:
        blocks.unreadable(unit, (packet.offset(comment.entry), packet.offset(len(packet))), *notes)


class _Comment:
    """Steps through the strings of a comment."""

    def __init__(self, packet: Pieces, start: int, blocks: BlockList, unit: str, notes: tuple[str, ...]) -> None:
        self._packet = packet
        self._size = len(packet)
        self._source: Content = packet[0 : self._size] if self._size <= _READ_AT_ONCE else packet
        self._at = start
        self._blocks = blocks
        self._unit = unit
        self._notes = notes
        #: Where the string that was read last begins, with its length field.
        self.entry = start

    def number(self) -> int:
        """The number at the place that was reached."""
        self.entry = self._at
        self._at += _LENGTH
        if self._at > self._size:
            raise _MisfitError
        return int.from_bytes(self._source[self.entry : self._at], "little")

    def add_vendor(self) -> None:
        """Hand out the vendor string."""
        start, end = self._string()
        if start < end and self._blocks.admits(self._unit, VENDOR, end - start):
            self._add(VENDOR, start, end)

    def add_entry(self) -> None:
        """Hand out the next entry, if it is not a picture."""
        start, end = self._string()
        name, separator, _ = self._source[start : min(end, start + _LONGEST_NAME)].partition(b"=")
        if not separator:
            name = b""
        keyword = name.decode("ascii", "replace")
        if keyword.lower() in _PICTURES or not self._blocks.admits(self._unit, keyword, end - start):
            return
        self._add(keyword, start + len(name + separator), end, *(() if separator else (NO_SEPARATOR,)))

    def _string(self) -> tuple[int, int]:
        """Start and end of the next string, which is not read."""
        length = self.number()
        start, self._at = self._at, self._at + length
        if self._at > self._size:
            raise _MisfitError
        return start, self._at

    def _add(self, keyword: str, start: int, end: int, *notes: str) -> None:
        text, encoding = as_utf8(self._source[start:end])
        place = self._packet.offset(self.entry), self._packet.offset(end - 1) + 1
        self._blocks.text(self._unit, place, keyword, text, Carrier.VORBIS_COMMENT, *self._notes, *encoding, *notes)
