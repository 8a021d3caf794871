"""The checks that are made: each looks at what one file holds and says what it sees, in words of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from labeling import provider_code
from labeling import record as records
from labeling.carriers.xmp import TC260
from labeling.containers.base import Anatomy, Block
from labeling.errors import LabelingError
from labeling.model import AigcRecord, Carrier, Format, LabelValue
from labeling.profiles import gb45438
from labeling.profiles.guide_places import GUIDE_PLACES, MISPLACED, GuidePlace
from labeling.profiles.providers import PROVIDER_WORDS_ZH, known_provider
from labeling.record import Remark
from labeling.report import (
    Answer,
    Certificate,
    Check,
    CredentialReading,
    IntegrityReading,
    SeenLabel,
    VisibleAnswer,
    VisibleLabels,
)
from labeling.sites import Findings, Found
from labeling.verification._record_signatures import OF_PRODUCER
from labeling.verification.catalogue import said


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks look at."""

    anatomy: Anatomy
    findings: Findings
    visible: VisibleLabels
    integrity: tuple[IntegrityReading, ...] = ()
    credential: CredentialReading = field(default_factory=CredentialReading)


#: Records that are judged one by one; that there are more is a failure of its own (6.1 c).
_MOST_JUDGED = 50


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Apply every check; all of them, whatever an earlier one found. Of many records the first ones are looked at."""
    of_file = [check for rule in _FILE_RULES for check in rule(evidence)]
    of_records = [
        check
        for index, found in enumerate(evidence.findings.found[:_MOST_JUDGED])
        for rule in _RECORD_RULES
        for check in rule(found, index, evidence.anatomy.format)
    ]
    return (*of_file, *of_records)


def unreadable(error: LabelingError, block: Block | None = None) -> Check:
    """The check for bytes that could not be read: whether a label is there is not known."""
    where = {} if block is None else {"place": block.unit, "offset": block.start}
    return said("file.unreadable", **{**error.params, **where, "reason": error.detail, "error": str(error.code)})


def _blocks_readable(evidence: Evidence) -> Iterator[Check]:
    for block, error in evidence.findings.unread:
        yield unreadable(error, block)


def _searched(evidence: Evidence) -> Iterator[Check]:
    """What a container stepped over unseen, because there is too much of it."""
    for block in evidence.anatomy.blocks:
        if "not-searched" in block.notes:
            code = "file.part_not_searched" if evidence.findings.found else "file.searched_in_part"
            yield said(code, place=block.unit)


def _single(evidence: Evidence) -> Iterator[Check]:
    count = len(evidence.findings.found)
    if count:
        yield said("record.one" if count == 1 else "record.many", count=count)


def _text_label(evidence: Evidence) -> Iterator[Check]:
    if evidence.visible.in_text:
        yield said("text.labelled")


def _picture_label(evidence: Evidence) -> Iterator[Check]:
    if evidence.visible.answer is VisibleAnswer.CONFORMING and evidence.visible.in_picture:
        yield said("picture.labelled")
    elif evidence.visible.answer is VisibleAnswer.DEFICIENT:
        reasons = [check for seen in evidence.visible.in_picture for check in _deficiencies(seen)]
        yield from reasons or [said("picture.label_in_part")]


def _deficiencies(seen: SeenLabel) -> Iterator[Check]:
    """Why one label does not conform; one that does can still be missing in some frames."""
    if not (seen.has_ai_element and seen.has_generation_element):
        yield said("picture.label_elements", words=seen.words)
    if seen.ink_height < gb45438.least_ink_height(seen.shortest_side):
        yield said("picture.label_small", words=seen.words, ratio=seen.ink_ratio)
    if seen.place is None:
        yield said("picture.label_inside", words=seen.words)


def _integrity(evidence: Evidence) -> Iterator[Check]:
    for reading in evidence.integrity:
        code = f"integrity.{reading.result}"
        params = {"field": reading.field, "algorithm": reading.algorithm, "variant": reading.variant}
        covers = ", ".join(_COVERED[reading.variant.endswith(OF_PRODUCER) or reading.field == "ReservedCode1"])
        yield said(code, site=reading.site, covers=covers, **params)
        for note in reading.notes:
            if note in _INTEGRITY_NOTES:
                yield said(_INTEGRITY_NOTES[note], site=reading.site, field=reading.field)


#: The fields that a signature covers: the platform's, the producer's.
_COVERED = {
    False: ("Label", "ContentPropagator", "PropagateID"),
    True: ("Label", "ContentProducer", "ProduceID"),
}
_INTEGRITY_NOTES: dict[str, str] = {
    "other-key-than-pinned": "integrity.other_key",
    "content-binding": "integrity.content_binding",
    "not-all-tried": "integrity.not_all_tried",
}


_CERTIFICATES: dict[Certificate, str] = {
    Certificate.TRUSTED: "credential.trusted",
    Certificate.UNTRUSTED: "credential.untrusted",
    Certificate.EXPIRED: "credential.expired",
    Certificate.WRONG_USAGE: "credential.wrong_usage",
    Certificate.REVOKED: "credential.revoked",
    Certificate.INVALID: "credential.invalid",
}
_HASHES: dict[Answer, str] = {
    Answer.YES: "credential.intact",
    Answer.NO: "credential.changed",
    Answer.UNKNOWN: "credential.hash_unknown",
}
_SIGNATURES: dict[Answer, str] = {Answer.YES: "credential.signature_valid", Answer.NO: "credential.signature_invalid"}


#: Of an ingredient it only says that its issuer is not in a list here.
_UNTRUSTED = "signingCredential.untrusted"


def _credential(evidence: Evidence) -> Iterator[Check]:
    """The credential's answers one by one; none of them decides about the record."""
    reading = evidence.credential
    for address in reading.remote_addresses:
        yield said("credential.elsewhere", address=address)
    if reading.readable is Answer.NO:
        yield said("credential.unreadable", reason=reading.detail)
    elif reading.readable is Answer.UNKNOWN:
        yield said("credential.not_read", reason=reading.detail)
    if reading.hash_intact in _HASHES:
        yield said(_HASHES[reading.hash_intact])
    if reading.signature_valid in _SIGNATURES:
        yield said(_SIGNATURES[reading.signature_valid])
    if reading.certificate in _CERTIFICATES:
        yield said(_CERTIFICATES[reading.certificate])
    failed = [code for code in reading.ingredient_failures if code != _UNTRUSTED]
    if failed:
        yield said("credential.ingredient_failed", codes=", ".join(failed))


_FILE_RULES: tuple[Callable[[Evidence], Iterator[Check]], ...] = (
    _blocks_readable,
    _searched,
    _single,
    _text_label,
    _picture_label,
    _integrity,
    _credential,
)

_REMARKS: dict[str, str] = {
    Remark.NOT_JSON: "record.not_json",
    Remark.DUPLICATE_KEY: "record.duplicate_key",
    Remark.NESTED_TOO_DEEP: "record.nested_too_deep",
    Remark.TOO_LONG: "record.too_long",
    Remark.MISSING_FIELD: "record.missing_field",
    Remark.MISSPELT_FIELD: "record.misspelt_field",
    Remark.UNKNOWN_FIELD: "record.unknown_field",
    Remark.NOT_A_STRING: "record.not_a_string",
}
_RESERVED = frozenset({"ReservedCode1", "ReservedCode2"})


def _readable(found: Found, index: int, _format: Format) -> Iterator[Check]:
    for remark, name in found.reading.remarks:
        of_reserved = remark == Remark.NOT_A_STRING and name in _RESERVED
        code = "record.reserved_not_a_string" if of_reserved else _REMARKS[remark]
        yield said(code, site=index, remark=remark, field=name)
    if not found.reading.remarks:
        yield said("record.well_formed", site=index)


def _label(found: Found, index: int, _format: Format) -> Iterator[Check]:
    record = found.reading.record
    if record is None or (Remark.MISSING_FIELD, "Label") in found.reading.remarks:
        return
    known = record.label in [value.value for value in LabelValue]
    yield said("record.label_known" if known else "record.label_unknown", site=index, value=record.label)


def _names(found: Found, index: int, _format: Format) -> Iterator[Check]:
    """Producer elements are mandatory; empty propagator elements are common and only warned about.

    A platform that writes Label 2 or 3 (Labelling Measures, article 6) knows no producer.
    """
    record = found.reading.record
    if record is None:
        return
    by_platform = record.label in _OF_PLATFORMS and bool(record.content_propagator and record.propagate_id)
    missing = {field for remark, field in found.reading.remarks if remark == Remark.MISSING_FIELD}
    for attribute, code in _MAY_BE_EMPTY:
        name = records.FIELD_NAMES[attribute]
        if name not in missing and not getattr(record, attribute).strip():
            of_producer = code == "record.producer_empty"
            yield said("record.producer_unknown" if of_producer and by_platform else code, site=index, field=name)


_OF_PLATFORMS = frozenset({LabelValue.POSSIBLE, LabelValue.SUSPECTED})
_MAY_BE_EMPTY = (
    ("content_producer", "record.producer_empty"),
    ("produce_id", "record.producer_empty"),
    ("content_propagator", "record.propagator_empty"),
    ("propagate_id", "record.propagator_empty"),
)


def _charset(found: Found, index: int, _format: Format) -> Iterator[Check]:
    record = found.reading.record
    if record is None:
        return
    for attribute, name in records.FIELD_NAMES.items():
        at = records.outside_charset(getattr(record, attribute))
        if at is not None:
            yield said("record.outside_charset", site=index, field=name, position=at)


def _first_write(found: Found, index: int, _format: Format) -> Iterator[Check]:
    """Note 1 of Annex E: at the first write the propagation elements are those of the producer."""
    record = found.reading.record
    if record is None or not record.propagate_id:
        return
    if record.content_propagator == record.content_producer and record.propagate_id != record.produce_id:
        yield said("record.propagation_differs", site=index)


def _provider(found: Found, index: int, _format: Format) -> Iterator[Check]:
    record = found.reading.record
    if record is None:
        return
    for name, value in _providers(record).items():
        for notice in provider_code.check(value):
            reasons = {"reason": notice.detail, "reason_zh": PROVIDER_WORDS_ZH[notice.code]}
            yield said(
                "record.provider_odd", site=index, **{**notice.params, **reasons, "field": name, "notice": notice.code}
            )
        known = known_provider(value)
        if known is not None:
            yield said("record.provider_named", site=index, field=name, product=known.product, source=known.source)


def _providers(record: AigcRecord) -> dict[str, str]:
    """The two provider fields; one entry where they are equal."""
    pairs = {record.content_propagator: "ContentPropagator", record.content_producer: "ContentProducer"}
    return {name: value for value, name in pairs.items() if value}


def _key_word(found: Found, index: int, _format: Format) -> Iterator[Check]:
    """Annex E a): the name of the field, or the key word of the wrapped form, holds AIGC."""
    if found.keyword is not None and gb45438.KEY_WORD not in found.keyword.upper() and not found.reading.wrapped:
        yield said("record.bare_under_other_key", site=index, keyword=found.keyword)


def _namespace(found: Found, index: int, _format: Format) -> Iterator[Check]:
    """The XMP property must lie in the namespace of the guide; a missing slash is a slip, another one a mistake."""
    if found.site.carrier not in (Carrier.XMP, Carrier.XMP_ATTRIBUTE) or found.namespace == TC260:
        return
    slip = found.namespace.rstrip("/") == TC260.rstrip("/")
    code = "record.namespace_slip" if slip else "record.namespace_other"
    yield said(code, site=index, namespace=found.namespace, expected=TC260)


def _placement(found: Found, index: int, fmt: Format) -> Iterator[Check]:
    guide = GUIDE_PLACES.get(fmt)
    params = {"format": str(fmt), "carrier": str(found.site.carrier)}
    if guide is None:
        yield said("record.place_undefined", site=index, **params)
    else:
        placed = _stands_where_guide_says(found, guide)
        code = "record.place_of_guide" if placed else "record.place_other"
        yield said(code, site=index, basis=guide.guide, guide=guide.guide, **params)
    for note in found.block.notes:
        yield said("record.stored", site=index, note=note)


def _stands_where_guide_says(found: Found, guide: GuidePlace) -> bool:
    """Whether carrier, place, key and namespace are those that the guide of the format names."""
    if found.site.carrier not in guide.carriers or MISPLACED & set(found.block.notes):
        return False
    if found.site.carrier in (Carrier.XMP, Carrier.XMP_ATTRIBUTE):
        return found.namespace.rstrip("/") == TC260.rstrip("/")
    return found.keyword is None or gb45438.KEY_WORD in found.keyword.upper()


_RECORD_RULES: tuple[Callable[[Found, int, Format], Iterator[Check]], ...] = (
    _readable,
    _label,
    _names,
    _charset,
    _first_write,
    _provider,
    _key_word,
    _namespace,
    _placement,
)
