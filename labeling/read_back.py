"""Nothing is handed out that does not read back as what was meant."""

from __future__ import annotations

from labeling.errors import ConformityError, ErrorCode
from labeling.limits import Limits
from labeling.model import TEXT_FORMATS, AigcRecord, Format, TextPlace
from labeling.report import Integrity, Outcome, Report, Verdict
from labeling.verification import verify


def read_back(
    data: bytes,
    fmt: Format,
    record: AigcRecord | None,
    limits: Limits,
    *,
    place: TextPlace | None = None,
    signed: str | None = None,
) -> None:
    """Verify a file that was just written: exactly this record, conformant, and a text's label at its place.

    `signed`: the reserved code that was filled ('ReservedCode1'), which must verify, too.
    Raises ConformityError(READ_BACK_FAILED).
    """
    report = verify(data, format=fmt if fmt in TEXT_FORMATS else None, check_credential=False, limits=limits)
    found = [site.record for site in report.sites]
    wanted = [] if record is None else [record]
    sees_mark = place is None or any(seen.place is place for seen in report.visible.in_text)
    verifies = signed is None or _verifies(report, signed)
    if report.verdict is Verdict.CONFORMANT and found == wanted and sees_mark and verifies:
        return
    failed = [check.id for check in report.checks if check.outcome in (Outcome.FAILURE, Outcome.ERROR)]
    raise ConformityError(
        ErrorCode.READ_BACK_FAILED,
        f"the labelled file reads back as {report.verdict}",
        verdict=str(report.verdict),
        records=len(found),
        checks=failed,
        visible_label_found=sees_mark,
        record_signature_verifies=verifies,
    )


def _verifies(report: Report, field: str) -> bool:
    return any(reading.field == field and reading.result is Integrity.CONSISTENT for reading in report.integrity)
