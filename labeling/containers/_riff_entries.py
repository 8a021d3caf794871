"""What the chunks of a WAV or AVI file say: the record's own chunk, LIST/INFO, XMP, C2PA.

Sources: Microsoft RIFF (1991) for LIST/INFO, XMP specification part 3 (2020) 3.1.2 and 3.1.3 for '_PMX', C2PA
specification A.3.3 for 'C2PA'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from labeling.containers._block_list import BlockList
from labeling.containers._eight_bit import as_utf8
from labeling.containers._key_word import occurs_in
from labeling.containers._pieces import Pieces
from labeling.containers._riff import HEADER, Chunk
from labeling.containers._riff_stream import LIST, Form, Steps, walk
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier
from labeling.profiles.gb45438 import KEY_WORD

INFO: Final = b"INFO"
INFO_UNIT: Final = "LIST/INFO"
#: Note of a chunk that `flac --keep-foreign-metadata` took over from a WAV file.
FOREIGN: Final = "foreign-metadata"
#: The name that WebP uses for XMP; WAV and AVI have '_PMX'.
OTHER_NAME: Final = "other-chunk-name"

_RECORD = KEY_WORD.encode()


class RiffEntries:
    """Reads chunks into a `BlockList`; `placement` says which notes a carrier gets in this kind of file."""

    def __init__(
        self,
        content: Content,
        blocks: BlockList,
        limits: Limits,
        form: Form,
        *,
        placement: Mapping[Carrier, tuple[str, ...]] | None = None,
        steps: Steps | None = None,
        offset: Callable[[int], int] = int,
    ) -> None:
        self._content = content
        self._blocks = blocks
        self._limits = limits
        self._form = form
        self._placement = placement or {}
        self._steps = steps or Steps(limits)
        self._offset = offset

    def read(self, chunk: Chunk, *notes: str) -> None:
        """One chunk that lies wholly in the file; one of another kind is passed over."""
        name = chunk.fourcc
        if name.upper() == _RECORD:
            self._text(chunk, name.decode("ascii"), Carrier.RIFF_CHUNK, *notes)
        elif name == LIST and self._content[chunk.body : chunk.body + 4] == INFO:
            self._info(chunk, *notes)
        elif name in (b"_PMX", b"XMP "):
            self._packet(chunk, *notes, *((OTHER_NAME,) if name == b"XMP " else ()))
        elif name == b"C2PA":
            self._blocks.credential("C2PA", self._span(chunk))

    def _info(self, parent: Chunk, *notes: str) -> None:
        end = parent.body + parent.size
        for chunk in walk(self._content, parent.body + 4, end, self._form, self._steps):
            if chunk.body + chunk.size > end:
                self._stray(chunk.start, end, *notes)
            else:
                self._text(chunk, INFO_UNIT, Carrier.RIFF_INFO, *notes)

    def _text(self, chunk: Chunk, unit: str, carrier: Carrier, *notes: str) -> None:
        keyword = chunk.fourcc.decode("latin-1")
        if self._blocks.admits(unit, keyword, chunk.size):
            text, encoding = as_utf8(self._content[chunk.body : chunk.body + chunk.size])
            notes = (*self._placement.get(carrier, ()), *notes, *encoding)
            self._blocks.text(unit, self._span(chunk), keyword, text, carrier, *notes)

    def _packet(self, chunk: Chunk, *notes: str) -> None:
        unit = chunk.fourcc.decode("ascii")
        self._blocks.require_packet(unit, chunk.size)
        packet = self._content[chunk.body : chunk.body + chunk.size]
        self._blocks.packet(unit, self._span(chunk), packet, *notes)

    def _stray(self, start: int, end: int, *notes: str) -> None:
        """The rest of a list whose sizes do not fit: unreadable where the key word stands in it."""
        if end - start > self._limits.record_bytes or occurs_in(self._content[start:end]):
            self._blocks.unreadable(INFO_UNIT, (self._offset(start), self._offset(end)), *notes)

    def _span(self, chunk: Chunk) -> tuple[int, int]:
        return self._offset(chunk.start), self._offset(chunk.end)


def read_foreign_chunk(body: Pieces, start: int, blocks: BlockList, limits: Limits, *notes: str) -> None:
    """The one RIFF chunk that lies in a block of FLAC from byte `start` on; a file header says nothing."""
    if len(body) - start < HEADER or body[start : start + 4] in (b"RIFF", b"RF64"):
        return
    form = Form("little", start, start, None)
    chunk = next(walk(body, start, len(body), form, Steps(limits)))
    if chunk.body + chunk.size > len(body):
        return  # A 'data' chunk is kept as its head alone.
    RiffEntries(body, blocks, limits, form, offset=body.offset).read(chunk, FOREIGN, *notes)
