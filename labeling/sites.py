"""Where the records of a file are: from the blocks of a container, through the carriers, to records.

The engine asks to know what it must replace, the verifier to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labeling import record as records
from labeling.carriers import exif, xmp
from labeling.containers.base import Anatomy, Block, BlockKind
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Site
from labeling.profiles import gb45438
from labeling.record import RecordReading

#: A comment or a description that means to be a record names the key word or at least two of the fields.
_FIELD = re.compile("|".join(f'"{name}"' for name in records.FIELD_NAMES.values()))
_KEY = re.compile(rf'["\s{{]*{gb45438.KEY_WORD}\b', re.IGNORECASE)

#: `AIGC{...}`, `AIGC={...}` or the wrapped object, as some writers put it into a segment of its own.
_BARE = re.compile(rb'[\s\0]*(?:\{\s*")?AIGC["\s\0]*[:=]?\s*\{', re.IGNORECASE)
#: Keywords of text entries that may be a record; an unreadable keyword is given as the empty string.
_MAY_HOLD_A_RECORD = frozenset({"", gb45438.KEY_WORD.casefold(), "xml:com.adobe.xmp"})

#: Blocks that cost a parser of their own each.
_PACKETS = frozenset({BlockKind.XMP, BlockKind.EXIF})

_TEXT_CARRIERS = {
    "front matter": Carrier.FRONT_MATTER,
    "meta": Carrier.HTML_META,
    "comment": Carrier.HTML_COMMENT,
    "comment extension": Carrier.APP_SEGMENT,
}
_OF_PICTURES = frozenset({Carrier.PNG_TEXT, Carrier.APP_SEGMENT})


@dataclass(frozen=True, slots=True)
class Found:
    """One record where it was found."""

    block: Block
    site: Site
    reading: RecordReading
    #: Namespace of an XMP property; empty for other carriers.
    namespace: str = ""


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
            count += len(said[-1].found)
            require_within(ErrorCode.LIMIT_ITEMS, count, limits.records, "the number of records")
    return Findings(
        found=tuple(found for part in said for found in part.found),
        source_types=tuple(dict.fromkeys(name for part in said for name in part.source_types)),
        remote_manifests=tuple(dict.fromkeys(name for part in said for name in part.remote_manifests)),
        orientation=next((part.orientation for part in said if part.orientation is not None), 1),
        comments=tuple(text for part in said for text in part.comments),
        unread=tuple(unread),
    )


def _from_xmp(block: Block, limits: Limits) -> _Said:
    if not block.payload:
        return _Said()
    reading = xmp.read(block.payload, limits)
    require_within(ErrorCode.LIMIT_ITEMS, len(reading.properties), limits.records, "the number of records in a packet")
    found = (_found(block, item.carrier, item.text, limits, namespace=item.namespace) for item in reading.properties)
    return _Said(tuple(found), reading.source_types, reading.remote_manifests)


def _from_exif(block: Block, limits: Limits) -> _Said:
    reading = exif.read(block.payload, limits)
    found = (
        _found(block, carrier, text, limits, place=f"{block.unit}/{place}")
        for carrier, place, text in reading.comments
        if _means_a_record(text)
    )
    plain = tuple(
        text
        for carrier, _, text in reading.comments
        if carrier is Carrier.EXIF_USER_COMMENT and not _means_a_record(text)
    )
    return _Said(tuple(found), orientation=reading.orientation, comments=plain)


def _from_text(block: Block, limits: Limits) -> _Said:
    carrier = _TEXT_CARRIERS.get(block.unit, Carrier.PNG_TEXT)
    if block.keyword.casefold() != gb45438.KEY_WORD.casefold():
        # Under another key, such as Comment, a record in a picture is known by what it says.
        return _bare(block, carrier, limits) if carrier in _OF_PICTURES else _Said()
    return _Said((_found(block, carrier, _decode(block.payload), limits),))


def _from_other(block: Block, limits: Limits) -> _Said:
    """A bare `AIGC{...}`; a segment of any other application says nothing.

    Raises MediaError for a text entry that cannot be read and that may be a record: what it holds is not known.
    """
    if "unreadable" in block.notes and block.keyword.casefold() in _MAY_HOLD_A_RECORD:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the {block.unit} entry cannot be read", what=block.unit)
    return _bare(block, Carrier.APP_SEGMENT, limits)


def _bare(block: Block, carrier: Carrier, limits: Limits) -> _Said:
    """A record in a place that is made for anything: `AIGC{...}`, or an object with the fields of a record."""
    text = _decode(block.payload).strip("\0 \r\n\t")
    if not _BARE.match(block.payload) and not (text.startswith("{") and _means_a_record(text)):
        return _Said()
    text = text[text.index("{") :]
    return _Said((_found(block, carrier, text, limits),))


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
    block: Block, carrier: Carrier, text: str, limits: Limits, *, namespace: str = "", place: str | None = None
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
    return Found(block, site, reading, namespace)


def _means_a_record(text: str) -> bool:
    return bool(_KEY.match(text)) or len(set(_FIELD.findall(text))) >= 2


def _decode(payload: bytes) -> str:
    return payload.decode("utf-8", "replace")


def blocks_with_records(findings: Findings) -> Iterator[Block]:
    """The blocks that hold at least one record, in file order, each once."""
    yield from dict.fromkeys(found.block for found in findings.found)
