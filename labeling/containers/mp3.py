"""MP3 (MPEG audio with ID3 tags): a TXXX frame of ID3v2 holds the record, as TC260-PG-202510A has it.

Units: the name of an ID3v2 frame ('TXXX', 'COMM', 'TSSE', 'PRIV', ...), 'ID3v2', 'ID3v1', 'APEv2'.
Notes: 'second-tag' (an ID3v2 tag behind the first), 'by-seek' (a tag to which a SEEK frame points), 'appended' (an
ID3v2 tag behind the sound), 'other-frame' (under the key word, and not in TXXX), 'several-values', 'utf-16',
'utf-8-as-latin-1', 'not-utf-8', 'unsynchronised', 'compressed', 'other-size-form' (sizes as another version of ID3 has
them), 'other-case', 'encrypted', 'truncated', 'unreadable'.

In a tag of version 2.2 or 2.3 that is unsynchronised a block's place is that of the whole tag.
"""

from __future__ import annotations

from labeling.containers._block_list import BlockList
from labeling.containers._id3 import Id3Reader
from labeling.containers._tail_tags import read_tail
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier, Format


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the tags in front of the sound, those to which they point, and those behind it; no frame of sound is read.

    Raises LimitError. A tag that is damaged or cut gives a block with the note 'unreadable'.
    """
    blocks = BlockList(limits)
    tags = Id3Reader(content, blocks, limits)
    start = tags.read_in_front()
    read_tail(content, start, tags, blocks, limits)
    return Anatomy(Format.MP3, blocks=blocks.blocks)


register(Reader(Format.MP3, parse, frozenset({Carrier.ID3_TXXX, Carrier.TRAILER, Carrier.XMP, Carrier.XMP_ATTRIBUTE})))
