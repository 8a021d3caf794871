"""The checks as a table: each looks at the findings of one file and says what it sees, with the clause it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labeling import provider_code
from labeling import record as records
from labeling.carriers.xmp import TC260
from labeling.containers.base import Anatomy, Block
from labeling.errors import LabelingError
from labeling.model import AigcRecord, Carrier, Check, Format, LabelValue, Outcome, VisibleFinding
from labeling.record import Remark
from labeling.sites import Findings, Found


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks look at."""

    anatomy: Anatomy
    findings: Findings
    visible: tuple[VisibleFinding, ...]


_REMARK_OUTCOMES: dict[str, tuple[str, Outcome, str]] = {
    Remark.NOT_JSON: ("record.json", Outcome.FAILURE, "the record is not a JSON object"),
    Remark.DUPLICATE_KEY: ("record.json", Outcome.FAILURE, "the record names a key twice"),
    Remark.NESTED_TOO_DEEP: ("record.json", Outcome.ERROR, "the record is nested too deeply to be read"),
    Remark.TOO_LONG: ("record.json", Outcome.ERROR, "the record is too long to be read"),
    Remark.MISSING_FIELD: ("record.fields", Outcome.FAILURE, "the record lacks a field"),
    Remark.MISSPELT_FIELD: ("record.fields", Outcome.WARNING, "a field is misspelt"),
    Remark.UNKNOWN_FIELD: ("record.fields", Outcome.NOTE, "the record has a further field"),
    Remark.NOT_A_STRING: ("record.fields", Outcome.WARNING, "a value is not a string"),
}


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Apply every check; all of them, whatever an earlier one found."""
    return tuple(
        [check for rule in _FILE_RULES for check in rule(evidence)]
        + [
            check
            for index, found in enumerate(evidence.findings.found)
            for rule in _RECORD_RULES
            for check in rule(found, index)
        ]
    )


def unreadable(error: LabelingError, block: Block | None = None) -> Check:
    """The check for bytes that could not be read: whether a label is there is not known."""
    where = {} if block is None else {"place": block.unit, "offset": block.start}
    return Check(
        "file.readable",
        Outcome.ERROR,
        "",
        f"could not be read: {error.detail}",
        params={"code": str(error.code), **where, **error.params},
    )


def _blocks_readable(evidence: Evidence) -> Iterator[Check]:
    for block, error in evidence.findings.unread:
        yield unreadable(error, block)


def _single(evidence: Evidence) -> Iterator[Check]:
    count = len(evidence.findings.found)
    if count > 1:
        yield _file_check("record.single", Outcome.FAILURE, "6.1 c)", f"the file holds {count} records", count=count)
    elif count == 1:
        yield _file_check("record.single", Outcome.PASS, "6.1 c)", "the file holds one record", count=1)


def _text_label(evidence: Evidence) -> Iterator[Check]:
    if evidence.anatomy.format is Format.PLAIN and evidence.visible:
        yield _file_check("text.visible_label", Outcome.PASS, "5.1", "the text carries a visible label")


_FILE_RULES: tuple[Callable[[Evidence], Iterator[Check]], ...] = (_blocks_readable, _single, _text_label)


def _readable(found: Found, index: int) -> Iterator[Check]:
    for remark, field in found.reading.remarks:
        check_id, outcome, detail = _REMARK_OUTCOMES[remark]
        params: dict[str, object] = {"remark": remark, "field": field} if field else {"remark": remark}
        yield Check(check_id, outcome, "Annex E b)", detail + (f": {field}" if field else ""), index, params)
    if not found.reading.remarks:
        yield Check("record.json", Outcome.PASS, "Annex E b)", "the record has the fields that it needs", index)


def _label(found: Found, index: int) -> Iterator[Check]:
    record = found.reading.record
    if record is None or (Remark.MISSING_FIELD, "Label") in found.reading.remarks:
        return
    known = record.label in [value.value for value in LabelValue]
    outcome = Outcome.PASS if known else Outcome.FAILURE
    detail = f"Label is {record.label}" if known else f"Label is {record.label!r}, not 1, 2 or 3"
    yield Check("record.label", outcome, "Annex E c)", detail, index, {"value": record.label})


def _names(found: Found, index: int) -> Iterator[Check]:
    """Producer elements are mandatory; empty propagator elements are common and only warned about."""
    record = found.reading.record
    if record is None:
        return
    missing = {field for remark, field in found.reading.remarks if remark == Remark.MISSING_FIELD}
    for attribute, outcome in _MAY_BE_EMPTY:
        name = records.FIELD_NAMES[attribute]
        if name not in missing and not getattr(record, attribute):
            yield Check("record.empty_field", outcome, "6.1 a)", f"{name} is empty", index, {"field": name})


_MAY_BE_EMPTY = (
    ("content_producer", Outcome.FAILURE),
    ("produce_id", Outcome.FAILURE),
    ("content_propagator", Outcome.WARNING),
    ("propagate_id", Outcome.WARNING),
)


def _charset(found: Found, index: int) -> Iterator[Check]:
    record = found.reading.record
    if record is None:
        return
    for attribute, name in records.FIELD_NAMES.items():
        at = records.outside_charset(getattr(record, attribute))
        if at is not None:
            params: dict[str, object] = {"field": name, "position": at}
            detail = f"{name} has a character outside the charset at position {at}"
            yield Check("record.charset", Outcome.WARNING, "Annex E j)", detail, index, params)


def _provider(found: Found, index: int) -> Iterator[Check]:
    record = found.reading.record
    if record is None:
        return
    for name, value in _providers(record).items():
        for notice in provider_code.check(value):
            params = {"field": name, "code": notice.code, **notice.params}
            yield Check(
                "record.provider_code", Outcome.WARNING, "TC260-PG-20252A", f"{name}: {notice.detail}", index, params
            )


def _providers(record: AigcRecord) -> dict[str, str]:
    """The two provider fields; one entry where they are equal."""
    pairs = {record.content_propagator: "ContentPropagator", record.content_producer: "ContentProducer"}
    return {name: value for value, name in pairs.items() if value}


def _key_word(found: Found, index: int) -> Iterator[Check]:
    """The XMP property must lie in the namespace of the guide; a missing slash is a slip, another one a mistake."""
    if found.site.carrier not in (Carrier.XMP, Carrier.XMP_ATTRIBUTE) or found.namespace == TC260:
        return
    slip = found.namespace.rstrip("/") == TC260.rstrip("/")
    outcome = Outcome.WARNING if slip else Outcome.FAILURE
    yield Check(
        "record.namespace",
        outcome,
        "TC260-PG-20259A",
        f"the property lies in the namespace {found.namespace!r}",
        index,
        {"namespace": found.namespace, "expected": TC260},
    )


def _placement(found: Found, index: int) -> Iterator[Check]:
    for note in found.block.notes:
        yield Check("record.placement", Outcome.NOTE, "TC260-PG-20259A", f"stored {note}", index, {"note": note})


_RECORD_RULES: tuple[Callable[[Found, int], Iterator[Check]], ...] = (
    _readable,
    _label,
    _names,
    _charset,
    _provider,
    _key_word,
    _placement,
)


def _file_check(check_id: str, outcome: Outcome, basis: str, detail: str, **params: object) -> Check:
    return Check(check_id, outcome, basis, detail, params=params)
