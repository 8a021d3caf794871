"""label(): from content and a declaration to lawfully labelled content, or an error; never anything in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from labeling import record as records
from labeling import security_data
from labeling._likeness import Likeness
from labeling._manifest import ManifestContent
from labeling._notices import credential_remarks, replaced_comment, replaced_record
from labeling.containers import container_for
from labeling.containers.base import Anatomy, Container
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
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
    RecordForm,
    TextMark,
    VisibleOptions,
)
from labeling.produce_id import new_produce_id, require_produce_id
from labeling.provider_code import examine_provider
from labeling.read_back import read_back
from labeling.sniff import sniff
from labeling.splicing import Source, open_source, takes_credential, write_record
from labeling.visible import image as visible_image
from labeling.visible import text as visible_text

if TYPE_CHECKING:
    # The signer brings c2pa along, which is slow to load and not needed by those who only verify.
    from labeling.record_signing import RecordSigner
    from labeling.signing import Signer

_DEFAULT_VISIBLE = VisibleOptions()
#: Formats in which label, record and credential leave everything else at its offset.
_NOTHING_MOVES = frozenset({Format.TIFF})


def label(
    data: bytes,
    declaration: Declaration,
    *,
    signer: Signer | None,
    now: datetime,
    visible: VisibleOptions | None = _DEFAULT_VISIBLE,
    form: RecordForm = RecordForm.STANDARD,
    format: Format | None = None,  # noqa: A002
    record_signer: RecordSigner | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Labeled:
    """Label one file: visible label, implicit record, IPTC source type, C2PA credential; nothing else changes.

    `visible=None` writes the implicit label only and never touches pixels. `signer=None` adds no credential.
    `now` (aware) goes into a generated ProduceID and the credential. `format` tells text formats apart, and must agree
    with the content for all others. `record_signer` fills ReservedCode1 (TC260-PG-202511A). The file is read back
    before it is returned.

    Raises MediaError (the bytes), DeclarationError (the request), SigningError, or ConformityError where the result
    does not read back as conformant. Source: GB 45438-2025, 5.1, 5.2, 6.1, Annex E; order of steps: C2PA 2.2, 9
    (a hard binding breaks with any later change).
    """
    # 1. Recognise the file and find what it says already.
    fmt = sniff(data, limits, format)
    source = open_source(data, _container(fmt, form, visible), limits)
    # 2. Make the record.
    record, notices = _make_record(declaration, record_signer, now)
    plan = _Plan(record, declaration, form, now)
    mark: ImageMark | TextMark | None
    # 3. Put the visible label on and 4. splice the record in (in texts the other way round: the mark's offset counts).
    if fmt in TEXT_FORMATS:
        labelled, mark = _label_text(source, plan, visible, limits)
    else:
        labelled, mark = _label_image(source, plan, visible, limits)
    # 5. Sign last.
    credential = None
    if signer is not None and takes_credential(source.anatomy):
        # What a large file has in common with its source is held once while c2pa makes two copies of its own.
        unsigned = Likeness(data, labelled) if fmt in _NOTHING_MOVES else labelled
        del labelled
        labelled, credential = _sign(unsigned, signer, plan, source)
        del unsigned
    # 6. Read back; hand out nothing that does not conform.
    written = record if source.container.forms else None
    place = mark.place if isinstance(mark, TextMark) else None
    signed = "ReservedCode1" if record_signer is not None and written is not None else None
    read_back(labelled, fmt, written, limits, place=place, signed=signed)
    notices += replaced_record(source, declaration) + replaced_comment(source, form)
    notices += credential_remarks(source, signer)
    return Labeled(labelled, fmt, written, mark, credential, notices)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written."""

    record: AigcRecord
    declaration: Declaration
    form: RecordForm
    now: datetime


def _label_image(
    source: Source, plan: _Plan, visible: VisibleOptions | None, limits: Limits
) -> tuple[bytes, ImageMark | None]:
    mark = None
    if visible is not None:
        orientation = source.anatomy.orientation or source.findings.orientation
        drawn, mark = visible_image.draw(source.data, source.anatomy, orientation, visible.image, limits)
        source = open_source(drawn, source.container, limits)
    return _write(source, plan, limits), mark


def _write(source: Source, plan: _Plan, limits: Limits) -> bytes:
    return write_record(source, plan.record, plan.form, limits, source_type=plan.declaration.source_type)


def _label_text(
    source: Source, plan: _Plan, visible: VisibleOptions | None, limits: Limits
) -> tuple[bytes, TextMark | None]:
    data, anatomy = source.data, source.anatomy
    if source.container.forms:
        data, anatomy = _write(source, plan, limits), Anatomy(anatomy.format)
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


def _make_record(
    declaration: Declaration, signer: RecordSigner | None, now: datetime
) -> tuple[AigcRecord, tuple[Notice, ...]]:
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
    return record if signer is None else _signed_record(record, signer), notices


def _signed_record(record: AigcRecord, signer: RecordSigner) -> AigcRecord:
    if record.reserved_code1:
        raise DeclarationError(
            ErrorCode.DECLARATION_INVALID,
            "ReservedCode1 is given, and a record signer would fill it",
            field="ReservedCode1",
        )
    message = security_data.producer_message(record.label, record.content_producer, record.produce_id)
    return replace(record, reserved_code1=signer.security_data(message))


def _sign(data: bytes | Likeness, signer: Signer, plan: _Plan, source: Source) -> tuple[bytes, Credential]:
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
