"""AVI (RIFF, with the further RIFF chunks of OpenDML): LIST/INFO holds the record, as TC260-PG-20257A has it.

Units: 'LIST/INFO', 'AIGC', '_PMX', 'C2PA'. Notes: 'top-level-chunk' (a chunk AIGC, which the guide does not have),
'inside-hdrl' (the list lies among the headers), 'further-riff' (in a RIFF chunk that follows the first),
'outside-riff', 'other-case', 'other-chunk-name', 'utf-16', 'not-utf-8', 'truncated', 'unreadable'.
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import TRUNCATED, BlockList
from labeling.containers._riff import Chunk
from labeling.containers._riff_entries import RiffEntries
from labeling.containers._riff_stream import (
    LIST,
    Form,
    Steps,
    form_at,
    has_unknown_size,
    require_form,
    walk,
    walk_behind,
)
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier, Format

INSIDE_HEADERS: Final = "inside-hdrl"
FURTHER: Final = "further-riff"
OUTSIDE: Final = "outside-riff"
_PLACEMENT = {Carrier.RIFF_CHUNK: ("top-level-chunk",)}
_MEDIA = b"movi"
#: Lists of headers, which may hold further lists; of one stream, of OpenDML.
_HEADERS = frozenset({b"hdrl", b"strl", b"odml"})
#: OpenDML 1.02: the type of each RIFF chunk after the first.
_FURTHER = b"AVIX"


def parse(content: Content, limits: Limits) -> Anatomy:
    """Walk the lists and step over the pictures and sounds and their index.

    A file that is cut gives what is there and a block with the notes 'truncated' and 'unreadable', unless it is the
    media data that is cut and nothing was to follow. Raises MediaError where there is no header, and LimitError.
    """
    walker = _Walker(content, limits)
    form: Form | None = require_form(content, b"AVI ")
    notes: tuple[str, ...] = ()
    while form is not None:
        reached = walker.read_form(form, *notes)
        form, notes = form_at(content, reached, _FURTHER), (FURTHER,)
    walker.read_behind(reached)
    return Anatomy(Format.AVI, blocks=walker.blocks.blocks)


class _Walker:
    """Reads RIFF chunk after RIFF chunk into one list of blocks."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.blocks = BlockList(limits)
        self._content = content
        self._limits = limits
        self._steps = Steps(limits)

    def read_form(self, form: Form, *notes: str) -> int:
        """One RIFF chunk; returns where it ends, the end of the file where that is not known."""
        self._steps.count()
        entries = self._entries(form)
        reached, end = form.body, form.end(self._content)
        for chunk in walk(self._content, form.body, end, form, self._steps):
            reached = chunk.end
            media = self._list_type(chunk) == _MEDIA
            if media and form.announced is None and has_unknown_size(chunk):
                return len(self._content)
            if chunk.body + chunk.size > len(self._content):
                if not media or form.misses_chunks(reached):
                    self.blocks.unreadable("RIFF", (chunk.start, len(self._content)), TRUNCATED)
                return len(self._content)
            self._read(chunk, form, entries, *notes)
        if form.misses_chunks(max(reached, end)):
            self.blocks.unreadable("RIFF", (reached, len(self._content)), TRUNCATED)
        return max(reached, end)

    def read_behind(self, start: int) -> None:
        """Chunks behind the last RIFF chunk."""
        form = Form("little", start, start, None)
        entries = self._entries(form)
        for chunk in walk_behind(self._content, start, form, self._steps):
            entries.read(chunk, OUTSIDE)

    def _read(self, chunk: Chunk, form: Form, entries: RiffEntries, *notes: str) -> None:
        """A chunk, and what is in it where it is a list of headers."""
        pending = [(chunk, notes)]
        while pending:
            one, said = pending.pop()
            if self._list_type(one) not in _HEADERS:
                entries.read(one, *said)
                continue
            end = one.body + one.size
            inner = [*walk(self._content, one.body + 4, end, form, self._steps)]
            if inner and inner[-1].body + inner[-1].size > end:
                self.blocks.unreadable("hdrl", (inner.pop().start, end), *said)
            pending += [(child, (*notes, INSIDE_HEADERS)) for child in reversed(inner)]

    def _entries(self, form: Form) -> RiffEntries:
        return RiffEntries(self._content, self.blocks, self._limits, form, placement=_PLACEMENT, steps=self._steps)

    def _list_type(self, chunk: Chunk) -> bytes:
        """The type of a list; empty for any other chunk."""
        return self._content[chunk.body : chunk.body + 4] if chunk.fourcc == LIST else b""


register(
    Reader(Format.AVI, parse, frozenset({Carrier.RIFF_INFO, Carrier.RIFF_CHUNK, Carrier.XMP, Carrier.XMP_ATTRIBUTE}))
)
