"""FLAC (RFC 9639): the Vorbis comment holds the record, as TC260-PG-202510A has it.

Units: 'VORBIS_COMMENT' (each entry, with its length field), 'APPLICATION', 'metadata block', those of a RIFF chunk
that was kept, and those of ID3 and APE tags around the stream.
Notes: 'second-block' (RFC 9639 wants one Vorbis comment), 'not-utf-8', 'no-separator', 'other-case', 'around-flac' (in
an ID3 or APE tag in front of or behind the stream), 'foreign-metadata' (a RIFF chunk that was kept from a WAV file),
'truncated', 'unreadable'; further those of ID3 tags (see `labeling.containers.mp3`).
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import TRUNCATED, BlockList, require_units
from labeling.containers._flac_metadata import FORBIDDEN, HEAD, LAST, STREAMINFO, FlacMetadata
from labeling.containers._id3 import Id3Reader
from labeling.containers._pieces import Pieces
from labeling.containers._tail_tags import read_tail
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format

SIGNATURE: Final = b"fLaC"
#: Note of a record in a tag that is not the stream's own.
AROUND: Final = "around-flac"
_UNIT = "metadata block"


def parse(content: Content, limits: Limits) -> Anatomy:
    """Walk the metadata blocks and the tags around the stream; no frame is read.

    Raises MediaError (MEDIA_MALFORMED without signature or STREAMINFO, MEDIA_TRUNCATED) and LimitError.
    """
    blocks = BlockList(limits)
    # 1. ID3 tags, which old taggers put in front.
    tags = Id3Reader(content, blocks, limits)
    start = tags.read_in_front(AROUND)
    # 2. The stream's own metadata.
    _read_stream(content, start, blocks, limits)
    # 3. What old taggers put behind the last frame.
    read_tail(content, start, tags, blocks, limits, AROUND)
    return Anatomy(Format.FLAC, blocks=blocks.blocks)


def _read_stream(content: Content, start: int, blocks: BlockList, limits: Limits) -> None:
    _require_beginning(content, start)
    metadata = FlacMetadata(blocks, limits)
    at, count, last = start + len(SIGNATURE), 0, False
    while not last:
        head = content[at : at + HEAD]
        kind, end = head[0] & ~LAST if head else FORBIDDEN, at + HEAD + int.from_bytes(head[1:], "big")
        if kind == FORBIDDEN and head[1:2] >= b"\xf8":
            # Some writers forget to mark the last block; a frame begins here.
            return
        if len(head) < HEAD or kind == FORBIDDEN or end > len(content):
            blocks.unreadable(_UNIT, (at, len(content)), TRUNCATED)
            return
        count += 1
        require_units(count, limits, "metadata blocks")
        metadata.read(kind, Pieces(content, [(at + HEAD, end)]))
        last, at = bool(head[0] & LAST), end


def _require_beginning(content: Content, start: int) -> None:
    head = content[start : start + len(SIGNATURE) + HEAD]
    if head[:4] != SIGNATURE:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is no FLAC signature", offset=start)
    if len(head) < len(SIGNATURE) + HEAD:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the FLAC stream ends behind its signature", offset=start)
    if head[4] & ~LAST != STREAMINFO:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the first metadata block is not STREAMINFO", offset=start)


register(
    Reader(
        Format.FLAC,
        parse,
        frozenset(
            {
                Carrier.VORBIS_COMMENT,
                Carrier.ID3_TXXX,
                Carrier.TRAILER,
                Carrier.RIFF_CHUNK,
                Carrier.RIFF_INFO,
                Carrier.XMP,
                Carrier.XMP_ATTRIBUTE,
            }
        ),
    )
)
