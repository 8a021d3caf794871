"""Where the records of a file are: from the blocks of a container, through the carriers, to records.

The engine asks to know what it must replace, the verifier to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from labeling import record as records
from labeling.carriers import exif, xmp
from labeling.containers.base import Anatomy, Block, BlockKind
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Notice
from labeling.profiles import gb45438
from labeling.record import RecordReading
from labeling.record_text import means_a_record, object_text, stretches
from labeling.report import Site

#: Names of metadata that hold a record as a part: an XMP packet, EXIF, and both as ImageMagick writes them into a PNG.
_PACKET_NAMES = ("xml:com.adobe.xmp", "raw profile type xmp", "raw profile type app1", "raw profile type exif")
#: Keywords of entries that may be, or hold, a record; an unreadable keyword is given as the empty string.
_MAY_HOLD_A_RECORD = frozenset({"", *_PACKET_NAMES})
#: What parts a qualified name.
_LAST_PART = re.compile(r"[.:/]")

#: Blocks that cost a parser of their own each.
_PACKETS = frozenset({BlockKind.XMP, BlockKind.EXIF})

#: Carriers with entries of any name.
_KEYED = frozenset(
    {
        Carrier.PNG_TEXT,
        Carrier.OOXML_PROPERTY,
        Carrier.PDF_INFO,
        Carrier.ID3_TXXX,
        Carrier.VORBIS_COMMENT,
        Carrier.RIFF_INFO,
        Carrier.MP4_KEYS,
        Carrier.MATROSKA_TAG,
        Carrier.FLV_METADATA,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """One record where it was found."""

    block: Block
    site: Site
    reading: RecordReading
    #: Namespace of an XMP property; empty for other carriers.
    namespace: str = ""
    #: The key that it stands under, where the carrier has keys of any name; the empty one where it has lost its own.
    keyword: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the carriers of one file say."""

    found: tuple[Found, ...]
    source_types: tuple[str, ...]
    #: Addresses of C2PA manifests outside the file.
    remote_manifests: tuple[str, ...]
    #: EXIF orientation, 1..8.
    orientation: int
    #: User comments of EXIF that are no records.
    comments: tuple[str, ...]
    #: (place, key, text) of what XMP and EXIF say besides, in which generators name themselves.
    texts: tuple[tuple[str, str, str], ...]
    #: Blocks that could not be read, with the reason. Whether they hold a record is not known.
    unread: tuple[tuple[Block, LabelingError], ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one block says."""

    found: tuple[Found, ...] = ()
    source_types: tuple[str, ...] = ()
    remote_manifests: tuple[str, ...] = ()
    orientation: int | None = None
    comments: tuple[str, ...] = ()
    texts: tuple[tuple[str, str, str], ...] = ()
    #: What in the block could not be read, although the block as a whole could.
    unread: tuple[LabelingError, ...] = ()


def find_records(anatomy: Anatomy, limits: Limits) -> Findings:
    """Read every block of `anatomy`; a block that cannot be read is reported, never passed over.

    Raises LimitError: LIMIT_ITEMS above `Limits.records` records, or as many XMP packets and EXIF blocks;
    LIMIT_METADATA where these are larger than `Limits.all_metadata_bytes` together.
    """
    packets = [len(block.payload) for block in anatomy.blocks if block.kind in _PACKETS]
    require_within(ErrorCode.LIMIT_ITEMS, len(packets), limits.records, "the number of XMP packets and EXIF blocks")
    require_within(ErrorCode.LIMIT_METADATA, sum(packets), limits.all_metadata_bytes, "XMP and EXIF together")
    said: list[_Said] = []
    unread: list[tuple[Block, LabelingError]] = []
    count = 0
    for block in anatomy.blocks:
        try:
            said.append(_READERS[block.kind](block, limits))
        except LabelingError as error:
            unread.append((block, error))
        else:
            unread += [(block, error) for error in said[-1].unread]
            count += len(said[-1].found)
            require_within(ErrorCode.LIMIT_ITEMS, count, limits.records, "the number of records")
    return Findings(
        found=tuple(found for part in said for found in part.found),
        source_types=tuple(dict.fromkeys(name for part in said for name in part.source_types)),
        remote_manifests=tuple(dict.fromkeys(name for part in said for name in part.remote_manifests)),
        orientation=next((part.orientation for part in said if part.orientation is not None), 1),
        comments=tuple(text for part in said for text in part.comments),
        texts=tuple(text for part in said for text in part.texts),
        unread=tuple(unread),
    )


def _from_xmp(block: Block, limits: Limits) -> _Said:
    if not block.payload:
        return _Said()
    reading = xmp.read(block.payload, limits)
    found = (_from_property(block, item, limits) for item in reading.properties)
    texts = tuple(("XMP", name, text) for name, text in reading.statements)
    return _Said(tuple(found), reading.source_types, reading.remote_manifests, texts=texts)


def _from_property(block: Block, item: xmp.Property, limits: Limits) -> Found:
    found = _found(block, item.carrier, item.text, limits, namespace=item.namespace)
    if not item.fields:
        return found
    reading = records.from_fields(dict(item.fields))
    return replace(found, reading=reading, site=replace(found.site, record=reading.record))


def _from_exif(block: Block, limits: Limits) -> _Said:
    reading = exif.read(block.payload, limits)
    found = [comment for comment in reading.comments if means_a_record(comment.text)]
    others = [comment for comment in reading.comments if not means_a_record(comment.text)]
    return _Said(
        tuple(
            _found(block, one.carrier, object_text(one.text), limits, place=f"{block.unit}/{one.place}")
            for one in found
        ),
        orientation=reading.orientation,
        comments=tuple(comment.text for comment in others if comment.carrier is Carrier.EXIF_USER_COMMENT),
        texts=(
            *(("EXIF", _EXIF_KEYS[carrier], text) for carrier, _, text in others),
            ("EXIF", "Software", reading.software),
        ),
        unread=tuple(_unreadable(note) for note in reading.notes if note.code == exif.UNREADABLE),
    )


_EXIF_KEYS = {Carrier.EXIF_USER_COMMENT: "UserComment", Carrier.EXIF_IMAGE_DESCRIPTION: "ImageDescription"}


def _unreadable(note: Notice) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, note.detail, what="EXIF", **note.params)


def _from_text(block: Block, limits: Limits) -> _Said:
    text = _decode(block.payload)
    if _is_key(block.keyword):
        return _Said((_of_entry(block, text, limits),))
    # Under another key, such as Comment, a record is known by what it says.
    return _Said((_of_entry(block, object_text(text), limits),)) if means_a_record(text) else _Said()


def _of_entry(block: Block, text: str, limits: Limits) -> Found:
    carrier = block.carrier or Carrier.APP_SEGMENT
    return _found(block, carrier, text, limits, keyword=block.keyword if carrier in _KEYED else None)


def _is_key(keyword: str) -> bool:
    """The key word alone, in any case, or as the last part of a qualified name ('com.example.aigc', 'TC260:AIGC')."""
    return _LAST_PART.split(keyword.strip(" \0").casefold())[-1] == gb45438.KEY_WORD.casefold()


def _from_other(block: Block, limits: Limits) -> _Said:
    """Records among bytes of any kind, `AIGC{...}` or an object with the fields of one.

    Raises MediaError for an entry that cannot be read and that may be a record: what it holds is not known.
    """
    may_hold_one = block.keyword.casefold() in _MAY_HOLD_A_RECORD or _is_key(block.keyword)
    if "unreadable" in block.notes and may_hold_one:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the {block.unit} entry cannot be read", what=block.unit)
    texts = (_decode(block.payload[one.object_start : one.end]) for one in stretches(block.payload, limits))
    return _Said(tuple(_of_entry(block, text, limits) for text in texts))


def _from_credential(_block: Block, _limits: Limits) -> _Said:
    return _Said()


_READERS: dict[BlockKind, Callable[[Block, Limits], _Said]] = {
    BlockKind.XMP: _from_xmp,
    BlockKind.EXIF: _from_exif,
    BlockKind.TEXT: _from_text,
    BlockKind.OTHER: _from_other,
    BlockKind.C2PA: _from_credential,
}


def _found(
    block: Block,
    carrier: Carrier,
    text: str,
    limits: Limits,
    *,
    namespace: str = "",
    place: str | None = None,
    keyword: str | None = None,
) -> Found:
    reading = records.parse(text, limits)
    site = Site(
        carrier=carrier,
        place=place or block.unit,
        offset=block.start,
        length=block.end - block.start,
        text=text[: limits.record_bytes],
        record=reading.record,
        wrapped=reading.wrapped,
    )
    return Found(block, site, reading, namespace, keyword)


def _decode(payload: bytes) -> str:
    return payload.decode("utf-8", "replace")


def blocks_with_records(findings: Findings) -> Iterator[Block]:
    """The blocks that hold at least one record, in file order, each once."""
    yield from dict.fromkeys(found.block for found in findings.found)
