"""propagate(): what a platform does with content that it passes on (Labelling Measures, article 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from labeling import record as records
from labeling import security_data
from labeling._manifest import ManifestContent
from labeling._notices import credential_remarks, replaced_comment
from labeling.containers import container_for
from labeling.containers.base import Container
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import (
    AigcRecord,
    Carrier,
    ContentAction,
    Credential,
    Format,
    LabelValue,
    Notice,
    Platform,
    Propagated,
    RecordForm,
)
from labeling.produce_id import new_produce_id
from labeling.provider_code import examine_provider
from labeling.read_back import read_back
from labeling.record import Remark
from labeling.report import Article6, Check, Integrity, Outcome, Report, Site
from labeling.sniff import sniff
from labeling.splicing import Source, open_source, takes_credential, write_record
from labeling.trust import NO_TRUST, Trust
from labeling.verification import Recogniser, verify

if TYPE_CHECKING:
    from labeling.record_signing import RecordSigner
    from labeling.signing import Signer

#: The carriers of the form of Annex B (TC260-PG-20259A): a record there stays there.
_ANNEX_B = frozenset({Carrier.EXIF_USER_COMMENT, Carrier.PNG_TEXT})


def propagate(
    data: bytes,
    platform: Platform,
    *,
    signer: Signer | None,
    now: datetime,
    declared_ai: bool = False,
    suspected: bool = False,
    record_signer: RecordSigner | None = None,
    recogniser: Recogniser | None = None,
    trust: Trust = NO_TRUST,
    format: Format | None = None,  # noqa: A002
    limits: Limits = DEFAULT_LIMITS,
) -> Propagated:
    """Set the propagation elements of a file's record, or write the record that article 6 asks for where there is none.

    A record of the producer keeps its fields and its `Label`; only ContentPropagator, PropagateID and ReservedCode2
    become the platform's. Without one, `Label` is "2" where the user declared the content (`declared_ai`) and "3" where
    the platform suspects it: by traces in the file, by `recogniser`, or by a detector of its own (`suspected`). The
    file holds one record afterwards, and every other byte is as it was. `signer` continues the C2PA credential with the
    file as parent ingredient; `record_signer` fills ReservedCode2. The file is read back before it is returned.

    Raises MediaError (the bytes), SigningError, ConformityError, and DeclarationError: PROPAGATION_NOT_DUE where
    nothing speaks for generation, PROPAGATION_AMBIGUOUS for several records that differ, PROPAGATION_NOT_READABLE for a
    record that cannot be carried on, RECORD_UNSUPPORTED for a format without a place for one.
    """
    # 1. Recognise the file and find what it says already.
    notices = examine_provider(platform.propagator)
    fmt = sniff(data, limits, format)
    source = open_source(data, _container(fmt), limits)
    report = verify(
        data,
        format=format,
        trust=trust,
        declared_ai=declared_ai,
        recogniser=None if source.findings.found else recogniser,
        check_credential=source.has_credential and not source.findings.found,
        limits=limits,
    )
    # 2. The record: the producer's with new propagation elements, or a new one.
    earlier = _one_record(report)
    record = _fill(earlier or AigcRecord(_due_label(report.article6, suspected), "", ""), platform, now)
    if record_signer is not None:
        if record.reserved_code2:
            detail = "ReservedCode2 is given, and a record signer would fill it"
            raise DeclarationError(ErrorCode.DECLARATION_INVALID, detail, field="ReservedCode2")
        message = security_data.propagator_message(record.label, record.content_propagator, record.propagate_id)
        record = replace(record, reserved_code2=record_signer.security_data(message))
    # 3. Splice it in where the earlier one was, or in the format's first place.
    form = _form(source, report.sites)
    written = write_record(source, record, form, limits, source_type=None, strict=False)
    # 4. Continue the credential.
    credential = None
    if signer is not None and takes_credential(source.anatomy):
        written, credential = _sign(written, signer, source, record, now)
    # 5. Read back; hand out nothing that does not conform.
    read_back(written, fmt, record, limits, signed=None if record_signer is None else "ReservedCode2")
    notices += replaced_comment(source, form) + credential_remarks(source, signer)
    notices += _odd_values(record) + _remarks_on(report)
    return Propagated(written, fmt, record, earlier is not None, credential, notices)


def _container(fmt: Format) -> Container:
    container = container_for(fmt)
    if container is None:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{fmt} cannot be written yet", feature=str(fmt))
    if not container.forms:
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED,
            f"{fmt} has no place for a record, or none that is written yet",
            format=str(fmt),
        )
    return container


def _one_record(report: Report) -> AigcRecord | None:
    """The record that is carried on. Several that say the same are one."""
    if not report.sites:
        return None
    different = {site.record for site in report.sites}
    if len(different) > 1 and None not in different:
        raise DeclarationError(
            ErrorCode.PROPAGATION_AMBIGUOUS,
            f"the file holds {len(report.sites)} records that differ; somebody must say which one holds",
            records=len(report.sites),
        )
    faults = [check for check in report.checks if check.outcome in _FAULTS and not _is_mended(check)]
    record = report.sites[0].record
    if faults or record is None:
        raise DeclarationError(
            ErrorCode.PROPAGATION_NOT_READABLE,
            f"the record cannot be carried on: {faults[0].detail if faults else 'it is no record'}",
            checks=[check.id for check in faults],
        )
    return record


_FAULTS = frozenset({Outcome.FAILURE, Outcome.ERROR})
#: Failures that writing the record anew in its right place takes away.
_MENDED = frozenset({"record.single", "record.namespace", "record.placement"})
#: What the platform sets in any case.
_SET_HERE = frozenset({"ContentPropagator", "PropagateID"})


def _is_mended(check: Check) -> bool:
    return check.id in _MENDED or (check.id == "record.fields" and check.params.get("field") in _SET_HERE)


def _due_label(article6: Article6, suspected: bool) -> str:
    """Annex E c): the value for content without a record."""
    if article6.label is not None:
        return article6.label.value
    if suspected:
        return LabelValue.SUSPECTED.value
    raise DeclarationError(
        ErrorCode.PROPAGATION_NOT_DUE,
        "there is no record, the user declared nothing and nothing speaks for generation: there is nothing to write",
    )


def _fill(record: AigcRecord, platform: Platform, now: datetime) -> AigcRecord:
    """The record with the platform's propagation elements."""
    propagate_id = new_produce_id(now) if platform.propagate_id is None else platform.propagate_id
    if not propagate_id:
        raise DeclarationError(ErrorCode.PRODUCE_ID_EMPTY, "the PropagateID is empty", field="PropagateID")
    records.require_charset(propagate_id, "propagate_id")
    records.require_charset(platform.reserved_code2, "reserved_code2")
    return replace(
        record,
        content_propagator=platform.propagator,
        propagate_id=propagate_id,
        reserved_code2=platform.reserved_code2,
    )


def _form(source: Source, sites: tuple[Site, ...]) -> RecordForm:
    """The form of the earlier record where the format is written in it, else the standard one."""
    in_annex_b = bool(sites) and all(site.carrier in _ANNEX_B for site in sites)
    annex_b = RecordForm.ANNEX_B
    return annex_b if in_annex_b and annex_b in source.container.forms else RecordForm.STANDARD


def _sign(data: bytes, signer: Signer, source: Source, record: AigcRecord, now: datetime) -> tuple[bytes, Credential]:
    """Add the credential of the platform; the file as it came in is the parent."""
    content = ManifestContent(
        record=record, action=ContentAction.PUBLISHED, source_type=None, software_agent="", when=now
    )
    signed = signer.sign(data, source.anatomy.format, content, source.data)
    return signed.data, Credential(signed.manifest, signer.development, signed.has_parent)


def _remarks_on(report: Report) -> tuple[Notice, ...]:
    """What the earlier record had that the new one has not, and what it did not prove."""
    further = [check.params["field"] for check in report.checks if check.params.get("remark") == Remark.UNKNOWN_FIELD]
    notices = []
    if further:
        detail = "further fields of the earlier record were not carried on"
        notices.append(Notice("record.further_fields", detail, {"fields": further}))
    if report.answers.integrity is Integrity.BROKEN:
        notices.append(Notice("record.integrity_broken", "the producer's signature does not verify"))
    return tuple(notices)


def _odd_values(record: AigcRecord) -> tuple[Notice, ...]:
    """A producer's value outside the charset is carried on as it is, and said."""
    odd = [name for name, value in records.to_fields(record).items() if records.outside_charset(value) is not None]
    if not odd:
        return ()
    detail = f"carried on with characters outside Annex E j): {', '.join(odd)}"
    return (Notice("record.charset_kept", detail, {"fields": odd}),)
