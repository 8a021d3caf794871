"""Reports and results as plain JSON values: the one shape that the command, the API and the pages share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from labeling.errors import LabelingError
from labeling.model import Check, Labeled, Notice, Report, Site
from labeling.record import to_fields


def report_to_dict(report: Report) -> dict[str, Any]:
    """A verification report; keys are stable, values are JSON values."""
    return {
        "format": None if report.format is None else str(report.format),
        "verdict": str(report.verdict),
        "sites": [_site(site) for site in report.sites],
        "visible": [
            {"words": found.words, "place": str(found.place), "offset": found.offset} for found in report.visible
        ],
        "source_types": list(report.source_types),
        "has_credential": report.has_credential,
        "checks": [_check(check) for check in report.checks],
        "rule_set": report.rule_set,
        "rule_set_version": report.rule_set_version,
    }


def labeled_to_dict(labeled: Labeled) -> dict[str, Any]:
    """What was put into a labelled file, without its bytes."""
    return {
        "format": str(labeled.format),
        "record": None if labeled.record is None else to_fields(labeled.record),
        "visible": None if labeled.visible is None else asdict(labeled.visible),
        "credential": None if labeled.credential is None else asdict(labeled.credential),
        "notices": [_notice(notice) for notice in labeled.notices],
    }


def error_to_dict(error: LabelingError) -> dict[str, Any]:
    """An error's stable code, its English line and its parameters."""
    return {"code": str(error.code), "detail": error.detail, "params": error.params}


def _site(site: Site) -> dict[str, Any]:
    return {
        "carrier": str(site.carrier),
        "place": site.place,
        "offset": site.offset,
        "length": site.length,
        "text": site.text,
        "wrapped": site.wrapped,
        "record": None if site.record is None else to_fields(site.record),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "outcome": str(check.outcome),
        "basis": check.basis,
        "detail": check.detail,
        "site": check.site,
        "params": check.params,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"code": notice.code, "detail": notice.detail, "params": notice.params}
