"""From bytes to a report: sites, checks, verdict. Nothing here raises for what a file holds."""

from __future__ import annotations

from labeling.containers import container_for
from labeling.containers.base import Anatomy, BlockKind
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import TEXT_FORMATS, Check, Format, Outcome, Report, Site, Verdict, VisibleFinding
from labeling.profiles import gb45438
from labeling.sites import find_records
from labeling.sniff import sniff
from labeling.verification.checks import Evidence, run_checks, unreadable
from labeling.visible import text as visible_text


def verify(data: bytes, *, format: Format | None = None, limits: Limits = DEFAULT_LIMITS) -> Report:  # noqa: A002
    """Say what labels a file carries and whether its record conforms to GB 45438-2025.

    `format` tells the text formats apart; for all others the content decides. Reads metadata only, never pixels.
    Never raises for what the bytes are: what cannot be read is `inconclusive`, with the reason as a check.
    """
    # 1. What is it, and where are its blocks?
    fmt = None
    try:
        fmt = sniff(data, limits, format if format in TEXT_FORMATS else None)
        anatomy = _anatomy(data, fmt, limits)
        # 2. Which records and visible labels does it hold?
        findings = find_records(anatomy, limits)
        visible = _visible(data, anatomy, limits)
    except LabelingError as error:
        return inconclusive(error, fmt)
    # 3. What do the rules say of them?
    checks = run_checks(Evidence(anatomy, findings, visible))
    # 4. One verdict.
    return _report(
        fmt,
        checks,
        sites=tuple(found.site for found in findings.found),
        visible=visible,
        source_types=findings.source_types,
        has_credential=bool(anatomy.of(BlockKind.C2PA)),
    )


def inconclusive(error: LabelingError, fmt: Format | None = None) -> Report:
    """The report of a file that could not be read: no statement about labels at all."""
    return _report(fmt, checks=(unreadable(error),))


def _anatomy(data: bytes, fmt: Format, limits: Limits) -> Anatomy:
    container = container_for(fmt)
    if container is None:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{fmt} cannot be read yet", feature=str(fmt))
    return container.parse(data, limits)


def _visible(data: bytes, anatomy: Anatomy, limits: Limits) -> tuple[VisibleFinding, ...]:
    return visible_text.find(data, anatomy, limits) if anatomy.format in TEXT_FORMATS else ()


def _report(
    fmt: Format | None,
    checks: tuple[Check, ...],
    *,
    sites: tuple[Site, ...] = (),
    visible: tuple[VisibleFinding, ...] = (),
    source_types: tuple[str, ...] = (),
    has_credential: bool = False,
) -> Report:
    return Report(
        format=fmt,
        verdict=_verdict(fmt, checks, bool(sites), bool(visible)),
        sites=sites,
        checks=checks,
        visible=visible,
        source_types=source_types,
        has_credential=has_credential,
        rule_set=gb45438.RULE_SET,
        rule_set_version=gb45438.RULE_SET_VERSION,
    )


def _verdict(fmt: Format | None, checks: tuple[Check, ...], has_record: bool, has_visible: bool) -> Verdict:
    """Any error is inconclusive, else any failure nonconformant, else a record conformant, else not found.

    Plain text has no place for a record: there the visible label decides.
    """
    outcomes = {check.outcome for check in checks}
    if Outcome.ERROR in outcomes:
        return Verdict.INCONCLUSIVE
    if Outcome.FAILURE in outcomes:
        return Verdict.NONCONFORMANT
    labelled = has_visible if fmt is Format.PLAIN else has_record
    return Verdict.CONFORMANT if labelled else Verdict.NOT_FOUND
