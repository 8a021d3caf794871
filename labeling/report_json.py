"""Reports and results as plain JSON values: the one shape that the command, the API and the pages share."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Any

from labeling.errors import LabelingError
from labeling.model import Labeled, Notice, Propagated
from labeling.record import to_fields
from labeling.report import Check, Report, Site


def report_to_dict(report: Report) -> dict[str, Any]:
    """A verification report: facts, then judgement; keys are stable, values are JSON values."""
    return {
        "format": None if report.format is None else str(report.format),
        "verdict": str(report.verdict),
        "summary": _plain(report.summary),
        "answers": _plain(report.answers),
        "visible": _plain(report.visible),
        "article6": _plain(report.article6),
        "sites": [_site(site) for site in report.sites],
        "integrity": [_plain(reading) for reading in report.integrity],
        "credential": _plain(report.credential),
        "traces": [_plain(trace) for trace in report.traces],
        "checks": [_check(check) for check in report.checks],
        "rule_set": report.rule_set,
        "rule_set_version": report.rule_set_version,
        "limits": asdict(report.limits),
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


def propagated_to_dict(propagated: Propagated) -> dict[str, Any]:
    """What was put into a file that a platform passes on, without its bytes."""
    return {
        "format": str(propagated.format),
        "record": to_fields(propagated.record),
        "kept_record": propagated.kept_record,
        "credential": None if propagated.credential is None else asdict(propagated.credential),
        "notices": [_notice(notice) for notice in propagated.notices],
    }


def error_to_dict(error: LabelingError) -> dict[str, Any]:
    """An error's stable code, its English line and its parameters."""
    return {"code": str(error.code), "detail": error.detail, "params": error.params}


def _plain(value: Any) -> dict[str, Any]:
    """A frozen value as JSON has it: enums as strings, tuples as lists."""
    return asdict(value, dict_factory=lambda pairs: {name: _json_value(one) for name, one in pairs})


def _json_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json_value(one) for one in value]
    return str(value) if isinstance(value, StrEnum) else value


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
        "detail_zh": check.detail_zh,
        "site": check.site,
        "params": check.params,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"code": notice.code, "detail": notice.detail, "params": notice.params}
