"""Markdown: the record is the AIGC key of the YAML front matter (TC260-PG-20258A).

Notes: 'other-case' (the key in other letters), 'other-key' (a key that only contains the key word), 'nested' (below
another key), 'string' (a string that should be a mapping), 'unquoted' (values that are no strings to YAML, taken as
they are written), 'repeated', 'malformed'; 'alias', 'complex-key' and 'toml', which are 'unreadable' as well: what they
say stands elsewhere, or is not read.
"""

from __future__ import annotations

from labeling.containers import _front_matter as front_matter
from labeling.containers._encoding import SourceText, line_view, read_text
from labeling.containers._key_word import case_notes
from labeling.containers._yaml_entries import Entry
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format, RecordForm
from labeling.profiles.gb45438 import KEY_WORD

UNIT = "front matter"


def parse(data: bytes, limits: Limits) -> Anatomy:
    """One TEXT block for each AIGC key of the front matter; its payload is JSON.

    Scalars are strings as they are written, an empty one is null, a key that occurs twice stands twice. A value that
    cannot be rebuilt is an OTHER block with the note 'unreadable'. Raises
    MediaError (see `_encoding.read_text`), LimitError(LIMIT_NESTING).
    """
    source = read_text(data, limits)
    front = front_matter.locate(_head(source, limits), limits)
    if front is None:
        return Anatomy(Format.MARKDOWN, text=source)
    found = front_matter.entries(source.text, front, KEY_WORD, limits)
    repeated = ("repeated",) if len(found) > 1 else ()
    return Anatomy(Format.MARKDOWN, blocks=tuple(_block(source, entry, repeated) for entry in found), text=source)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Write or drop the AIGC key by lines of the front matter; everything else stays byte for byte.

    A file without front matter gets one. Raises MediaError(MEDIA_UNSUPPORTED) for TOML front matter,
    MediaError(MEDIA_MALFORMED) for broken YAML, DeclarationError(RECORD_UNSUPPORTED) for XMP and EXIF.
    """
    if changes.xmp is not None or changes.exif is not None:
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED, "Markdown carries the record in its front matter", format=str(anatomy.format)
        )
    source = anatomy.text or read_text(data, limits)
    front = front_matter.locate(_head(source, limits), limits)
    if changes.text is not None:
        key, payload = changes.text
        edits = front_matter.edits_to_write(source.text, front, key, payload, source.newline, limits)
    elif front is not None and changes.drop:
        starts = {block.start for block in changes.drop}
        found = front_matter.entries(source.text, front, KEY_WORD, limits)
        wanted = frozenset(entry.start for entry in found if source.offset(entry.start) in starts)
        edits = front_matter.edits_to_drop(source.text, front, KEY_WORD, wanted, limits)
    else:
        return data
    return _checked(source.spliced(data, edits), changes, limits)


def _checked(result: bytes, changes: Changes, limits: Limits) -> bytes:
    """Read the result again: an odd layout (an anchor in the old record, say) must not leave broken YAML behind."""
    blocks = parse(result, limits).blocks
    if any(front_matter.MALFORMED in block.notes for block in blocks) or (changes.text and len(blocks) != 1):
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED, "the front matter cannot be edited", feature="front matter layout"
        )
    return result


def _head(source: SourceText, limits: Limits) -> str:
    return line_view(source.text[: limits.front_matter_bytes + 4])


def _block(source: SourceText, entry: Entry, notes: tuple[str, ...]) -> Block:
    unreadable = not entry.is_resolved or front_matter.TOML in entry.notes
    notes = (*entry.notes, *case_notes(entry.key), *notes, *(("unreadable",) if unreadable else ()))
    return Block(
        kind=BlockKind.OTHER if unreadable else BlockKind.TEXT,
        unit=UNIT,
        start=source.offset(entry.start),
        end=source.offset(entry.end),
        payload=entry.payload,
        keyword=entry.key,
        notes=notes,
        carrier=Carrier.FRONT_MATTER,
    )


register(
    Container(
        Format.MARKDOWN,
        parse,
        splice,
        {RecordForm.STANDARD: BlockKind.TEXT},
        reads=frozenset({Carrier.FRONT_MATTER}),
    )
)
