"""From checks to judgement: five answers, one verdict, one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from labeling.model import Format
from labeling.profiles.guide_places import GUIDE_PLACES
from labeling.report import (
    Answer,
    Answers,
    Check,
    Integrity,
    IntegrityReading,
    Outcome,
    Site,
    Verdict,
    VisibleAnswer,
    Words,
)

#: Checks on what Annex E of GB 45438-2025 and 6.1 ask of a record.
_ANNEX_E = frozenset(
    {
        "record.single",
        "record.json",
        "record.fields",
        "record.label",
        "record.empty_field",
        "record.charset",
        "record.key_word",
    }
)
#: From weak to strong: a file is as good as its weakest record.
_INTEGRITY_ORDER = (
    Integrity.BROKEN,
    Integrity.ABSENT,
    Integrity.NOT_CHECKABLE,
    Integrity.CONSISTENT,
    Integrity.AUTHENTIC,
)
_PRODUCERS_CODE = "ReservedCode1"


def verdict(fmt: Format | None, checks: tuple[Check, ...], *, has_record: bool, has_visible: bool) -> Verdict:
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


def answers(
    fmt: Format | None,
    checks: tuple[Check, ...],
    sites: tuple[Site, ...],
    integrity: tuple[IntegrityReading, ...],
) -> Answers:
    """Found, parsed, conforms, placed, integrity: each for itself."""
    if not sites:
        unread = any(check.outcome is Outcome.ERROR for check in checks)
        nothing = Answer.UNKNOWN if unread else Answer.NOT_APPLICABLE
        found, proves = (Answer.UNKNOWN, Integrity.UNKNOWN) if unread else (Answer.NO, Integrity.ABSENT)
        return Answers(found, nothing, nothing, nothing, proves)
    return Answers(
        found=Answer.YES,
        parsed=Answer.YES if all(site.record is not None for site in sites) else Answer.NO,
        conforms=_conforms(checks),
        placed=_placed(fmt, checks),
        integrity=_integrity(len(sites), integrity),
    )


def _conforms(checks: Iterable[Check]) -> Answer:
    """A failure is one whatever else could not be read; without one, what could not be read leaves it open."""
    checks = tuple(checks)
    if any(check.id in _ANNEX_E and check.outcome is Outcome.FAILURE for check in checks):
        return Answer.NO
    return Answer.UNKNOWN if any(check.outcome is Outcome.ERROR for check in checks) else Answer.YES


def _placed(fmt: Format | None, checks: Iterable[Check]) -> Answer:
    if fmt not in GUIDE_PLACES:
        return Answer.UNKNOWN
    elsewhere = any(check.id == "record.placement" and check.outcome is Outcome.WARNING for check in checks)
    return Answer.NO if elsewhere else Answer.YES


def _integrity(records: int, readings: tuple[IntegrityReading, ...]) -> Integrity:
    """What the producers' codes prove; a platform's own signature says nothing about the producer's fields."""
    if any(reading.result is Integrity.BROKEN for reading in readings):
        return Integrity.BROKEN
    by_record = {reading.site: reading.result for reading in readings if reading.field == _PRODUCERS_CODE}
    return min((by_record.get(index, Integrity.ABSENT) for index in range(records)), key=_INTEGRITY_ORDER.index)


_RECORD_WORDS: dict[Verdict, Words] = {
    Verdict.CONFORMANT: Words("The file carries a conforming implicit label", "文件带有符合要求的隐式标识"),
    Verdict.NONCONFORMANT: Words(
        "The file carries an implicit label that does not conform", "文件带有隐式标识，但不符合要求"
    ),
    Verdict.NOT_FOUND: Words(
        "No implicit label was found, which does not show that the content was not made by AI",
        "未发现隐式标识，但不能据此认为内容并非由人工智能生成",
    ),
    Verdict.INCONCLUSIVE: Words(
        "The file could not be read completely, so whether it carries an implicit label is not known",
        "文件无法完整读取，不能判断是否带有隐式标识",
    ),
}
_TEXT_WORDS: dict[Verdict, Words] = _RECORD_WORDS | {
    Verdict.CONFORMANT: Words(
        "The text, which has no place for an implicit label, carries a visible one",
        "纯文本无隐式标识的位置，带有显式标识",
    ),
    Verdict.NOT_FOUND: Words(
        "The text carries no visible label, which does not show that it was not made by AI",
        "文本未见显式标识，但不能据此认为内容并非由人工智能生成",
    ),
}
_VISIBLE_WORDS: dict[VisibleAnswer, Words] = {
    VisibleAnswer.CONFORMING: Words("its visible label conforms", "显式标识符合要求"),
    VisibleAnswer.DEFICIENT: Words("its visible label is deficient", "显式标识不符合要求"),
    VisibleAnswer.NOT_SEEN: Words("no visible label was seen", "未见显式标识"),
    VisibleAnswer.NOT_CHECKED: Words("the visible label was not checked", "未检查显式标识"),
}


_FOUND_AND_INCONCLUSIVE = Words(
    "The file carries an implicit label and could not be read completely, so whether it conforms is not known",
    "文件带有隐式标识，但文件无法完整读取，不能判断是否符合要求",
)


def summary(fmt: Format | None, result: Verdict, visible: VisibleAnswer, *, has_record: bool) -> Words:
    """One sentence for a person; a plain text's visible label is its verdict already."""
    if fmt is Format.PLAIN:
        said = _TEXT_WORDS[result]
        return Words(f"{said.en}.", f"{said.zh}。")
    inconclusive = has_record and result is Verdict.INCONCLUSIVE
    record, seen = _FOUND_AND_INCONCLUSIVE if inconclusive else _RECORD_WORDS[result], _VISIBLE_WORDS[visible]
    return Words(f"{record.en}; {seen.en}.", f"{record.zh}；{seen.zh}。")
