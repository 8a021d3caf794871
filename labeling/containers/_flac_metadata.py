"""The metadata blocks of FLAC (RFC 9639, section 8), in a file of its own or as packets of an Ogg stream.

Each has a byte with the type (its top bit: the last one) and a length of three bytes, big-endian.
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import BlockList
from labeling.containers._pieces import Pieces
from labeling.containers._riff_entries import read_foreign_chunk
from labeling.containers._vorbis_comment import read_comments
from labeling.limits import Limits

HEAD: Final = 4
LAST: Final = 0x80
STREAMINFO: Final = 0
APPLICATION: Final = 2
VORBIS_COMMENT: Final = 4
#: Section 8.1: a type that no block may have, so that the sync code of a frame is never taken for a block.
FORBIDDEN: Final = 127

SECOND_BLOCK: Final = "second-block"

_ID = 4
#: What `flac --keep-foreign-metadata` keeps of a WAV file: one RIFF chunk in each block.
_FOREIGN = b"riff"
#: Early C2PA writers; the specification has a GEOB frame in an ID3 tag (C2PA 2.3, A.3.4).
_CREDENTIALS = frozenset({b"c2pa", b"C2PA"})


class FlacMetadata:
    """Reads the blocks of one stream, one after another, into a `BlockList`."""

    def __init__(self, blocks: BlockList, limits: Limits, *notes: str) -> None:
        self._blocks = blocks
        self._limits = limits
        self._notes = notes
        self._comments = 0

    def read(self, kind: int, body: Pieces, *notes: str) -> None:
        """One block by its type; `body` is what follows its head. Types that hold no text are passed over."""
        notes = (*self._notes, *notes)
        if kind == VORBIS_COMMENT:
            self._comments += 1
            second = () if self._comments == 1 else (SECOND_BLOCK,)
            read_comments(body, 0, self._blocks, *notes, *second)
        elif kind == APPLICATION:
            self._read_application(body, *notes)

    def _read_application(self, body: Pieces, *notes: str) -> None:
        name = body[0:_ID]
        if name in _CREDENTIALS:
            self._blocks.credential("APPLICATION", (body.offset(0), body.offset(len(body))))
        elif name == _FOREIGN:
            read_foreign_chunk(body, _ID, self._blocks, self._limits, *notes)
