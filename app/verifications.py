"""The verb of verifying: ask the library, sign the report, keep it where the caller wants that."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from app import clock, kept_reports, ledger, metrics
from app.database import reading, writing
from app.issued import Issued, look_up
from app.kept_reports import KeptReport
from app.problems import not_configured
from app.schemas.verifications import VerifyRequest
from app.service import Service
from labeling import verify
from labeling.verification.document import canonical, content_id, document
from labeling.verification.signed_report import ReportSigner


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification: the report, and what is said beside it."""

    #: The document in canonical form (RFC 8785), the same for the same bytes and settings; and read again from it.
    canonical: bytes
    report: dict[str, Any]
    #: Compact JWS with detached payload.
    signature: str | None
    issued: Issued
    #: None where it is not kept.
    kept: KeptReport | None


def verify_content(service: Service, request: VerifyRequest, api_key_id: str) -> Verification:
    """Verify one file.

    1. Refuse what the service has no key for.
    2. Ask the library and make a document of what it says.
    3. Sign the document and look into the ledger.
    4. Keep the report, and never the content, where the caller wants that.
    """
    # 1.
    signer = _signer(service, request.signed)
    # 2.
    written = canonical(_document(service, request))
    report = json.loads(written)
    # 3.
    now = clock.now()
    signature = None if signer is None else str(signer.sign(report, now)["signature"])
    with reading(service.engine) as connection:
        issued = look_up(connection, report)
    done = Verification(written, report, signature, issued, None)
    # 4.
    return _keep(service, done, clock.to_text(now), api_key_id) if request.keep else done


def find_kept(service: Service, public_id: str) -> Verification | None:
    """A kept report, with what the ledger knows now."""
    with reading(service.engine) as connection:
        kept = kept_reports.find(connection, public_id)
        if kept is None:
            return None
        report = json.loads(kept.report)
        return Verification(kept.report.encode(), report, kept.signature, look_up(connection, report), kept)


def _signer(service: Service, asked: bool | None) -> ReportSigner | None:
    signer = None if asked is False else service.report_signer.get()
    if asked and signer is None:
        raise not_configured("signed", "MINGBIAO_REPORT_KEY")
    return signer


def _document(service: Service, request: VerifyRequest) -> dict[str, Any]:
    """The report of the library as a document."""
    with metrics.VERIFICATION_SECONDS.time():
        report = verify(
            request.data,
            format=request.format,
            trust=service.trust.get(),
            declared_ai=request.declared_ai,
            recogniser=service.recogniser.get() if request.visible else None,
            limits=service.settings.limits,
        )
    metrics.VERIFICATIONS.labels(report.format or "unknown", report.verdict).inc()
    return document(report, content_id(request.data))


def _keep(service: Service, done: Verification, created_at: str, api_key_id: str) -> Verification:
    report = done.report
    kept = KeptReport(
        id=ledger.new_id(),
        created_at=created_at,
        api_key_id=api_key_id,
        sha256=report["input"]["sha256"],
        bytes=report["input"]["bytes"],
        verdict=report["verdict"],
        format=report["format"],
        article6=report["article6"]["kind"],
        report=done.canonical.decode(),
        signature=done.signature,
    )
    with writing(service.engine) as connection:
        kept_reports.keep(connection, kept)
    return replace(done, kept=kept)
