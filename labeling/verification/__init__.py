"""From bytes to a report: facts, checks, answers, verdict. Nothing here raises for what a file holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

from labeling.containers import reader_for
from labeling.containers.base import Anatomy, BlockKind, Container
from labeling.content import Content, StreamContent, as_content, whole
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import IMAGE_FORMATS, STREAMED_FORMATS, TEXT_FORMATS, Format
from labeling.profiles import gb45438
from labeling.report import (
    Check,
    CredentialPresence,
    CredentialReading,
    IntegrityReading,
    Outcome,
    Report,
    Site,
    Trace,
    VisibleAnswer,
    VisibleLabels,
)
from labeling.sites import Findings, find_records
from labeling.sniff import sniff
from labeling.trust import NO_TRUST, Trust
from labeling.verification.answers import answers, summary, verdict
from labeling.verification.article6 import classify
from labeling.verification.checks import Evidence, run_checks, unreadable
from labeling.verification.credential import read_credential
from labeling.verification.integrity import read_integrity
from labeling.verification.traces import find_traces
from labeling.visible import text as visible_text


class Recogniser(Protocol):
    """What reads the visible label on a picture; `labeling.visible.recognition` has one."""

    def recognise(self, data: bytes, anatomy: Anatomy, orientation: int, limits: Limits) -> VisibleLabels:
        """The labels that a viewer sees. Raises LabelingError only."""
        ...


def verify(
    data: bytes | BinaryIO,
    *,
    format: Format | None = None,  # noqa: A002
    trust: Trust = NO_TRUST,
    declared_ai: bool = False,
    recogniser: Recogniser | None = None,
    check_credential: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> Report:
    """Say what labels a file carries, whether its record conforms to GB 45438-2025, and what a platform has to do.

    `data` is the file, or a seekable binary stream; audio and video are read by seeking. `format` tells the text
    formats apart; for all others the content decides. `trust` says which certificates and keys count. `declared_ai`:
    the user who published the content declared it (Labelling Measures, article 6 (2)). `recogniser` looks for the
    visible label of pictures, whose pixels are not read otherwise. `check_credential=False` only says whether there is
    a C2PA credential, which spares hashing the file.

    No network. Never raises for what the bytes are: what cannot be read is `inconclusive`, with the reason as a check.
    """
    fmt = None
    try:
        # 1. What is it, and where are its blocks?
        content = as_content(data)
        fmt = sniff(content, limits, format if format in TEXT_FORMATS else None)
        content = content if fmt in STREAMED_FORMATS else whole(content, limits)
        anatomy = _anatomy(content, fmt, limits)
        # 2. Which records does it hold, and what do they prove?
        findings = find_records(anatomy, limits)
        evidence = Evidence(anatomy, findings, _visible(content, anatomy, findings, recogniser, limits))
    except LabelingError as error:
        return inconclusive(error, fmt, declared_ai=declared_ai, limits=limits)
    # 3. What do its credential and the reserved codes prove?
    sites = tuple(found.site for found in findings.found)
    stores, elsewhere = anatomy.of(BlockKind.C2PA), findings.remote_manifests
    credential = _presence(embedded=bool(stores), elsewhere=elsewhere)
    if check_credential and credential.presence is not CredentialPresence.ABSENT:
        credential = read_credential(
            content,
            fmt,
            embedded=bool(stores),
            remote_addresses=elsewhere,
            trust=trust,
            limits=limits,
            store_bytes=sum(block.end - block.start for block in stores),
        )
    evidence = replace(evidence, credential=credential, integrity=read_integrity(sites, trust))
    # 4. What else speaks for generation?
    facts = _Facts(
        fmt,
        sites,
        evidence.visible,
        credential,
        evidence.integrity,
        find_traces(anatomy, findings, credential, limits),
        declared_ai,
    )
    # 5. What do the rules say, and what follows?
    return _judge(facts, run_checks(evidence), limits)


def inconclusive(
    error: LabelingError,
    fmt: Format | None = None,
    *,
    declared_ai: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Report:
    """The report of a file that could not be read: no statement about labels at all."""
    return _judge(_Facts(fmt, declared_ai=declared_ai), (unreadable(error),), limits)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was found, before anything is said of it."""

    format: Format | None
    sites: tuple[Site, ...] = ()
    visible: VisibleLabels = field(default_factory=VisibleLabels)
    credential: CredentialReading = field(default_factory=CredentialReading)
    integrity: tuple[IntegrityReading, ...] = ()
    traces: tuple[Trace, ...] = ()
    declared_ai: bool = False


def _judge(facts: _Facts, checks: tuple[Check, ...], limits: Limits) -> Report:
    fmt, seen = facts.format, facts.visible.answer
    unread = any(check.outcome is Outcome.ERROR for check in checks)
    result = verdict(fmt, checks, has_record=bool(facts.sites), has_visible=bool(facts.visible.in_text))
    return Report(
        format=fmt,
        sites=facts.sites,
        visible=facts.visible,
        credential=facts.credential,
        integrity=facts.integrity,
        traces=facts.traces,
        checks=checks,
        answers=answers(fmt, checks, facts.sites, facts.integrity),
        verdict=result,
        article6=classify(facts.sites, facts.integrity, facts.traces, seen, declared=facts.declared_ai, unread=unread),
        summary=summary(fmt, result, seen, has_record=bool(facts.sites)),
        rule_set=gb45438.RULE_SET,
        rule_set_version=gb45438.RULE_SET_VERSION,
        limits=limits,
    )


def _presence(*, embedded: bool, elsewhere: tuple[str, ...]) -> CredentialReading:
    """Where there is a credential, when nobody looks into it."""
    if embedded:
        return CredentialReading(CredentialPresence.EMBEDDED, remote_addresses=elsewhere)
    presence = CredentialPresence.REMOTE if elsewhere else CredentialPresence.ABSENT
    return CredentialReading(presence, remote_addresses=elsewhere)


def _anatomy(content: Content, fmt: Format, limits: Limits) -> Anatomy:
    container = reader_for(fmt)
    if container is None:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{fmt} cannot be read yet", feature=str(fmt))
    if isinstance(container, Container):
        return container.parse(whole(content, limits), limits)
    return container.parse(content, limits)


def _visible(
    content: bytes | StreamContent,
    anatomy: Anatomy,
    findings: Findings,
    recogniser: Recogniser | None,
    limits: Limits,
) -> VisibleLabels:
    """The visible label of a text as its reader sees it; of a picture where there is somebody to look."""
    if not isinstance(content, bytes):
        return VisibleLabels()
    if anatomy.format in TEXT_FORMATS:
        found = visible_text.find(content, anatomy, limits)
        return VisibleLabels(VisibleAnswer.CONFORMING if found else VisibleAnswer.NOT_SEEN, in_text=found)
    if recogniser is None or anatomy.format not in IMAGE_FORMATS:
        return VisibleLabels()
    return recogniser.recognise(content, anatomy, anatomy.orientation or findings.orientation, limits)
