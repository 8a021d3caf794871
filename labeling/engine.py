"""label(): from content and a declaration to lawfully labelled content, or an error; never anything in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from labeling import record as records
from labeling._manifest import ManifestContent
from labeling.carriers import exif, xmp
from labeling.containers import container_for
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container
from labeling.errors import ConformityError, DeclarationError, ErrorCode, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits, require_pixels
from labeling.model import (
    TEXT_FORMATS,
    AigcRecord,
    ContentAction,
    Credential,
    Declaration,
    Format,
    ImageMark,
    Labeled,
    Notice,
    Outcome,
    RecordForm,
    TextMark,
    Verdict,
    VisibleOptions,
)
from labeling.produce_id import new_produce_id, require_produce_id
from labeling.profiles import gb45438
from labeling.provider_code import examine_provider
from labeling.sites import Findings, blocks_with_records, find_records
from labeling.sniff import sniff
from labeling.verification import verify
from labeling.visible import image as visible_image
from labeling.visible import text as visible_text

if TYPE_CHECKING:
    # The signer brings c2pa along, which is slow to load and not needed by those who only verify.
    from labeling.signing import Signer

#: Notes of packets that are not the file's own main one.
_ELSEWHERE = frozenset({"extended", "not-the-first-page"})
_DEFAULT_VISIBLE = VisibleOptions()


def label(
    data: bytes,
    declaration: Declaration,
    *,
    signer: Signer | None,
    now: datetime,
    visible: VisibleOptions | None = _DEFAULT_VISIBLE,
    form: RecordForm = RecordForm.STANDARD,
    format: Format | None = None,  # noqa: A002
    limits: Limits = DEFAULT_LIMITS,
) -> Labeled:
    """Label one file: visible label, implicit record, IPTC source type, C2PA credential; nothing else changes.

    `visible=None` writes the implicit label only and never touches pixels. `signer=None` adds no credential.
    `now` (aware) goes into a generated ProduceID and the credential. `format` tells text formats apart, and must agree
    with the content for all others. The file is read back before it is returned.

    Raises MediaError (the bytes), DeclarationError (the request), SigningError, or ConformityError where the result
    does not read back as conformant. Source: GB 45438-2025, 5.1, 5.2, 6.1, Annex E; order of steps: C2PA 2.2, 9
    (a hard binding breaks with any later change).
    """
    # 1. Recognise the file and find what it says already.
    fmt = sniff(data, limits, format)
    source = _open(data, _container(fmt, form, visible), limits)
    # 2. Make the record.
    record, notices = _make_record(declaration, now)
    plan = _Plan(record, declaration, form, now)
    mark: ImageMark | TextMark | None
    # 3. Put the visible label on and 4. splice the record in (in texts the other way round: the mark's offset counts).
    if fmt in TEXT_FORMATS:
        labelled, mark = _label_text(source, plan, visible, limits)
    else:
        labelled, mark = _label_image(source, plan, visible, limits)
    # 5. Sign last.
    credential = None
    if signer is not None and _takes_credential(source.anatomy):
        labelled, credential = _sign(labelled, signer, plan, source)
    # 6. Read back; hand out nothing that does not conform.
    written = record if source.container.forms else None
    _require_conformant(labelled, fmt, written, mark, limits)
    notices += _remarks(source, signer, form)
    return Labeled(labelled, fmt, written, mark, credential, notices)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, what its container says of it, and what its carriers say."""

    data: bytes
    container: Container
    anatomy: Anatomy
    findings: Findings

    @property
    def has_credential(self) -> bool:
        """Whether there is a C2PA manifest, in the file or elsewhere."""
        return bool(self.anatomy.of(BlockKind.C2PA) or self.findings.remote_manifests)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written."""

    record: AigcRecord
    declaration: Declaration
    form: RecordForm
    now: datetime


def _open(data: bytes, container: Container, limits: Limits) -> _Source:
    """Walk the file; a block that cannot be read could hold a second record, so it stops the labelling."""
    anatomy = container.parse(data, limits)
    findings = find_records(anatomy, limits)
    for _, error in findings.unread:
        raise error
    require_pixels(anatomy.width, anatomy.height, limits, anatomy.frames)
    return _Source(data, container, anatomy, findings)


def _label_image(
    source: _Source, plan: _Plan, visible: VisibleOptions | None, limits: Limits
) -> tuple[bytes, ImageMark | None]:
    mark = None
    if visible is not None:
        orientation = source.anatomy.orientation or source.findings.orientation
        drawn, mark = visible_image.draw(source.data, source.anatomy, orientation, visible.image, limits)
        source = _open(drawn, source.container, limits)
    return _write_record(source, plan, limits), mark


def _label_text(
    source: _Source, plan: _Plan, visible: VisibleOptions | None, limits: Limits
) -> tuple[bytes, TextMark | None]:
    data, anatomy = source.data, source.anatomy
    if source.container.forms:
        data, anatomy = _write_record(source, plan, limits), Anatomy(anatomy.format)
    if visible is None:
        return data, None
    placed = visible_text.place(data, anatomy, visible.text, limits)
    return placed.data, placed.mark


def _container(fmt: Format, form: RecordForm, visible: VisibleOptions | None) -> Container:
    """The container, once it is clear that it can take what is asked for."""
    container = container_for(fmt)
    if container is None:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{fmt} cannot be labelled yet", feature=str(fmt))
    if fmt is Format.PLAIN:
        if visible is None:
            raise DeclarationError(
                ErrorCode.NOTHING_TO_WRITE, "plain text has no place for a record, only for a visible label"
            )
    elif not container.forms:
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED, f"a record cannot be written into {fmt} yet", format=str(fmt)
        )
    elif form not in container.forms:
        raise DeclarationError(
            ErrorCode.RECORD_FORM_UNSUPPORTED,
            f"{fmt} has no place for a record in the form {form}",
            format=str(fmt),
            form=str(form),
            allowed=[str(known) for known in container.forms],
        )
    return container


def _make_record(declaration: Declaration, now: datetime) -> tuple[AigcRecord, tuple[Notice, ...]]:
    """The seven fields; at the first write the propagator is the producer (Annex E, note 1)."""
    notices = examine_provider(declaration.provider)
    given = declaration.produce_id
    produce_id = new_produce_id(now) if given is None else require_produce_id(given)
    records.require_charset(declaration.reserved_code1, "reserved_code1")
    record = AigcRecord(
        label=declaration.label.value,
        content_producer=declaration.provider,
        produce_id=produce_id,
        reserved_code1=declaration.reserved_code1,
        content_propagator=declaration.provider,
        propagate_id=produce_id,
    )
    return record, notices


def _write_record(source: _Source, plan: _Plan, limits: Limits) -> bytes:
    """Splice the record in and every earlier one out, in whatever carrier it lay (6.1 c)."""
    kind = source.container.forms[plan.form]
    earlier = set(blocks_with_records(source.findings))
    drop = {block for block in earlier if block.kind in (BlockKind.TEXT, BlockKind.OTHER)}
    changes = Changes()
    # 1. The XMP packet: the source type always, the record where the form says so.
    if source.container.format not in TEXT_FORMATS:
        packets = _packets(source.anatomy, earlier)
        drop.update(packets)
        bare = records.to_json(plan.record) if kind is BlockKind.XMP else None
        payloads = [block.payload for block in packets if block.payload]
        changes = replace(changes, xmp=xmp.write(payloads, bare, plan.declaration.source_type, limits))
    # 2. The EXIF block: an earlier record taken out, the new one put in where the form says so.
    comment = records.to_json(plan.record, wrapped=True) if kind is BlockKind.EXIF else None
    drop.update(block for block in earlier if block.kind is BlockKind.EXIF)
    main = next(iter(source.anatomy.of(BlockKind.EXIF)), None)
    if comment is not None or main in earlier:
        changes = replace(changes, exif=_exif(main, source.findings, comment, limits))
        drop.update([] if main is None else [main])
    # 3. A text entry.
    if kind is BlockKind.TEXT:
        changes = replace(changes, text=(gb45438.KEY_WORD, records.to_json(plan.record).encode("ascii")))
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


def _takes_credential(anatomy: Anatomy) -> bool:
    """Whether a credential can be added without damage.

    c2pa appends a directory without a picture to a TIFF of several pages, on which common readers stumble.
    """
    several_pages = anatomy.format is Format.TIFF and anatomy.frames > 1
    return anatomy.format not in TEXT_FORMATS and not several_pages


def _sign(data: bytes, signer: Signer, plan: _Plan, source: _Source) -> tuple[bytes, Credential]:
    """Add the credential; an earlier one of the source stays as its parent."""
    content = ManifestContent(
        record=plan.record,
        action=plan.declaration.action,
        source_type=plan.declaration.source_type,
        software_agent=plan.declaration.software_agent,
        when=plan.now,
    )
    continues = source.has_credential or plan.declaration.action is ContentAction.EDITED
    parent = source.data if continues else None
    signed = signer.sign(data, source.anatomy.format, content, parent)
    return signed.data, Credential(signed.manifest, signer.development, signed.has_parent)


def _require_conformant(
    data: bytes, fmt: Format, record: AigcRecord | None, mark: ImageMark | TextMark | None, limits: Limits
) -> None:
    report = verify(data, format=fmt if fmt in TEXT_FORMATS else None, limits=limits)
    found = [site.record for site in report.sites]
    wanted = [] if record is None else [record]
    sees_mark = not isinstance(mark, TextMark) or any(seen.place is mark.place for seen in report.visible)
    if report.verdict is Verdict.CONFORMANT and found == wanted and sees_mark:
        return
    failed = [check.id for check in report.checks if check.outcome in (Outcome.FAILURE, Outcome.ERROR)]
    raise ConformityError(
        ErrorCode.READ_BACK_FAILED,
        f"the labelled file reads back as {report.verdict}",
        verdict=str(report.verdict),
        records=len(found),
        checks=failed,
        visible_label_found=sees_mark,
    )


def _remarks(source: _Source, signer: Signer | None, form: RecordForm) -> tuple[Notice, ...]:
    """What the caller should know about what was there before, and about the credential."""
    return _replaced_comment(source, form) + _credential_remarks(source, signer)


def _replaced_comment(source: _Source, form: RecordForm) -> tuple[Notice, ...]:
    """In the EXIF form the record takes the place of a comment; a person's words there are handed back."""
    if source.container.forms.get(form) is not BlockKind.EXIF:
        return ()
    return tuple(
        Notice("record.comment_replaced", "the record took the place of a user comment", {"comment": text})
        for text in source.findings.comments
    )


def _credential_remarks(source: _Source, signer: Signer | None) -> tuple[Notice, ...]:
    fmt = source.anatomy.format
    if signer is not None and fmt in TEXT_FORMATS:
        return (Notice("credential.not_for_text", f"a C2PA credential is not written into {fmt}"),)
    if signer is not None and not _takes_credential(source.anatomy):
        return (Notice("credential.not_for_pages", "a C2PA credential is not written into a TIFF of several pages"),)
    if signer is not None and signer.development:
        return (Notice("credential.development", "signed with a development certificate that nobody trusts"),)
    if signer is None and source.has_credential:
        return (Notice("credential.broken", "the file's C2PA credential no longer matches, and no new one was added"),)
    return ()
