"""A file with what its carriers say, and the writing of one record into it: what labelling and propagating share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labeling import record as records
from labeling.carriers import exif, xmp
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container
from labeling.limits import Limits, require_pixels
from labeling.model import TEXT_FORMATS, AigcRecord, Format, RecordForm, SourceType
from labeling.profiles import gb45438
from labeling.sites import Findings, blocks_with_records, find_records

#: Notes of packets that are not the file's own main one.
_ELSEWHERE = frozenset({"extended", "not-the-first-page"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file, what its container says of it, and what its carriers say."""

    data: bytes
    container: Container
    anatomy: Anatomy
    findings: Findings

    @property
    def has_credential(self) -> bool:
        """Whether there is a C2PA manifest, in the file or elsewhere."""
        return bool(self.anatomy.of(BlockKind.C2PA) or self.findings.remote_manifests)


def open_source(data: bytes, container: Container, limits: Limits) -> Source:
    """Walk the file; a block that cannot be read could hold a second record, so it stops the labelling."""
    anatomy = container.parse(data, limits)
    findings = find_records(anatomy, limits)
    for _, error in findings.unread:
        raise error
    require_pixels(anatomy.width, anatomy.height, limits, anatomy.frames)
    return Source(data, container, anatomy, findings)


def write_record(
    source: Source,
    record: AigcRecord,
    form: RecordForm,
    limits: Limits,
    *,
    source_type: SourceType | None,
    strict: bool = True,
) -> bytes:
    """Splice the record in and every earlier one out, in whatever carrier it lay (6.1 c).

    `source_type` is written beside it; None leaves what the file says. `strict=False` lets values of an earlier record
    leave the charset of Annex E j). Raises MediaError, DeclarationError.
    """
    kind = source.container.forms[form]
    earlier = set(blocks_with_records(source.findings))
    drop = {block for block in earlier if block.kind in (BlockKind.TEXT, BlockKind.OTHER)}
    changes = Changes()
    # 1. The XMP packet: the source type where there is one to write, the record where the form says so.
    bare = records.to_json(record, strict=strict) if kind is BlockKind.XMP else None
    changes_xmp = bare is not None or source_type is not None or any(block.kind is BlockKind.XMP for block in earlier)
    if changes_xmp and source.container.format not in TEXT_FORMATS:
        packets = _packets(source.anatomy, earlier)
        drop.update(packets)
        payloads = [block.payload for block in packets if block.payload]
        changes = replace(changes, xmp=xmp.write(payloads, bare, source_type, limits))
    # 2. The EXIF block: an earlier record taken out, the new one put in where the form says so.
    comment = records.to_json(record, wrapped=True, strict=strict) if kind is BlockKind.EXIF else None
    drop.update(block for block in earlier if block.kind is BlockKind.EXIF)
    main = next(iter(source.anatomy.of(BlockKind.EXIF)), None)
    if comment is not None or main in earlier:
        changes = replace(changes, exif=_exif(main, source.findings, comment, limits))
        drop.update([] if main is None else [main])
    # 3. A text entry.
    if kind is BlockKind.TEXT:
        changes = replace(changes, text=(gb45438.KEY_WORD, records.to_json(record, strict=strict).encode("ascii")))
    in_file_order = tuple(sorted(drop, key=lambda dropped: dropped.start))
    return source.container.splice(source.data, source.anatomy, replace(changes, drop=in_file_order), limits)


def _exif(block: Block | None, findings: Findings, comment: str | None, limits: Limits) -> bytes | None:
    """The EXIF block without its earlier records and, where there is one, with the new comment."""
    payload = None if block is None else block.payload
    for carrier in {found.site.carrier for found in findings.found if found.block == block}:
        payload = payload and exif.without_record(payload, carrier, limits)
    return payload if comment is None else exif.write(payload, comment, limits)


def _packets(anatomy: Anatomy, earlier: set[Block]) -> list[Block]:
    """The XMP blocks that make the new packet: the main one, and any other that holds a record."""
    blocks = anatomy.of(BlockKind.XMP)
    main = [block for block in blocks if not _ELSEWHERE & set(block.notes)][:1]
    return main + [block for block in blocks if block in earlier and block not in main]


def takes_credential(anatomy: Anatomy) -> bool:
    """Whether a credential can be added without damage.

    c2pa appends a directory without a picture to a TIFF of several pages, on which common readers stumble.
    """
    several_pages = anatomy.format is Format.TIFF and anatomy.frames > 1
    return anatomy.format not in TEXT_FORMATS and not several_pages
