"""WAV (RIFF, RIFX, RF64, BW64): the record has a chunk of its own, as TC260-PG-202510A has it.

Units: 'AIGC', 'LIST/INFO', '_PMX', 'C2PA', 'bext', 'id3 ' (further words of an ID3 tag: `labeling.containers.mp3`).
Notes: 'list-info' (the guide has no such clause), 'other-case', 'other-chunk-name' (XMP under WebP's name),
'outside-riff' (behind the end that the file announces), 'id3-chunk', 'utf-16', 'not-utf-8', 'truncated',
'unreadable'.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labeling.containers._block_list import TRUNCATED, BlockList
from labeling.containers._eight_bit import as_utf8
from labeling.containers._id3 import Id3Reader
from labeling.containers._riff import Chunk
from labeling.containers._riff_entries import RiffEntries
from labeling.containers._riff_stream import Form, Steps, has_unknown_size, require_form, walk, walk_behind
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier, Format

OUTSIDE: Final = "outside-riff"
_MEDIA = b"data"
_PLACEMENT = {Carrier.RIFF_INFO: ("list-info",)}
_TAGS = frozenset({b"id3 ", b"ID3 "})
_SHORTEST_TAG = 10
#: EBU Tech 3285: the description and the originator, each padded with NUL, at the beginning of 'bext'.
_BROADCAST = b"bext"
_BROADCAST_FIELDS = (("Description", 0, 256), ("Originator", 256, 288))


def parse(content: Content, limits: Limits) -> Anatomy:
    """Walk the chunks and step over the sound.

    A file that is cut gives what is there and a block with the notes 'truncated' and 'unreadable', unless it is the
    sound that is cut and nothing was to follow. Raises MediaError where there is no header, and LimitError.
    """
    form = require_form(content, b"WAVE")
    blocks, steps = BlockList(limits), Steps(limits)
    entries = RiffEntries(content, blocks, limits, form, placement=_PLACEMENT, steps=steps)
    tags = Id3Reader(content, blocks, limits)
    for chunk, notes in _chunks(content, form, steps, blocks):
        if chunk.fourcc in _TAGS and chunk.size >= _SHORTEST_TAG:
            tags.read_at(chunk.body, "id3-chunk")
        elif chunk.fourcc == _BROADCAST:
            _read_broadcast(content, chunk, blocks)
        else:
            entries.read(chunk, *notes)
    return Anatomy(Format.WAV, blocks=blocks.blocks)


def _chunks(content: Content, form: Form, steps: Steps, blocks: BlockList) -> Iterator[tuple[Chunk, tuple[str, ...]]]:
    """The chunks that lie wholly in the file, with notes on where; what is cut becomes a block."""
    reached, end = form.body, form.end(content)
    for chunk in walk(content, form.body, end, form, steps):
        reached = chunk.end
        sound = chunk.fourcc == _MEDIA
        if sound and form.announced is None and has_unknown_size(chunk):
            return
        if chunk.body + chunk.size > len(content):
            if not sound or form.misses_chunks(reached):
                blocks.unreadable("RIFF", (chunk.start, len(content)), TRUNCATED)
            return
        yield chunk, ()
    if form.misses_chunks(max(reached, end)):
        blocks.unreadable("RIFF", (reached, len(content)), TRUNCATED)
    for chunk in walk_behind(content, max(reached, end), form, steps):
        yield chunk, (OUTSIDE,)


def _read_broadcast(content: Content, chunk: Chunk, blocks: BlockList) -> None:
    head = content[chunk.body : chunk.body + min(chunk.size, _BROADCAST_FIELDS[-1][2])]
    for keyword, start, end in _BROADCAST_FIELDS:
        raw = head[start:end].partition(b"\0")[0]
        if raw:
            text, encoding = as_utf8(raw)
            blocks.text("bext", (chunk.start, chunk.end), keyword, text, Carrier.RIFF_CHUNK, *encoding)


register(
    Reader(
        Format.WAV,
        parse,
        frozenset({Carrier.RIFF_CHUNK, Carrier.RIFF_INFO, Carrier.ID3_TXXX, Carrier.XMP, Carrier.XMP_ATTRIBUTE}),
    )
)
