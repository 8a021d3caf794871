"""The record's JSON text: strict when written, lenient when read."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import AigcRecord
from labeling.record import FIELD_NAMES, RecordSchema, Remark, outside_charset, parse, to_fields, to_json

RECORD = AigcRecord("1", "001191110102MACQD9K64010000", "p-1", "", "001191110102MACQD9K64010000", "p-1", "")
admitted = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), min_size=1)


def test_json_is_compact_and_in_the_order_of_annex_e() -> None:
    assert to_json(RECORD) == (
        '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"p-1","ReservedCode1":"",'
        '"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"p-1","ReservedCode2":""}'
    )


def test_wrapped_form_holds_the_bare_one_under_the_key_word() -> None:
    assert json.loads(to_json(RECORD, wrapped=True)) == {"AIGC": to_fields(RECORD)}


@given(st.lists(admitted, min_size=7, max_size=7), st.booleans())
def test_what_is_written_reads_back_equal(values: list[str], wrapped: bool) -> None:
    record = AigcRecord(*values)
    reading = parse(to_json(record, wrapped=wrapped), DEFAULT_LIMITS)
    assert (reading.record, reading.wrapped, reading.remarks) == (record, wrapped, ())


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("plain", None),
        ('quote"inside', None),
        ("a b", 1),
        ("a\\b", 1),
        ("中文", 0),
        ("\x7f", 0),
        ("", None),
        ("~!#[]", None),
    ],
)
def test_charset_of_annex_e_j(value: str, at: int | None) -> None:
    assert outside_charset(value) == at


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ("content_producer", ErrorCode.PROVIDER_CHARSET),
        ("produce_id", ErrorCode.PRODUCE_ID_CHARSET),
        ("reserved_code1", ErrorCode.RESERVED_CODE_CHARSET),
    ],
)
def test_writing_outside_the_charset_is_refused_with_its_place(attribute: str, code: ErrorCode) -> None:
    values = {"label": "1", "content_producer": "x", "produce_id": "y", attribute: "ab 中"}
    with pytest.raises(DeclarationError) as caught:
        to_json(AigcRecord(**values))
    assert caught.value.code is code
    assert caught.value.params["position"] == 2
    assert caught.value.params["field"] == FIELD_NAMES[attribute]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("not json", Remark.NOT_JSON),
        ("[]", Remark.NOT_JSON),
        ('"text"', Remark.NOT_JSON),
        ('{"AIGC":"text"}', Remark.NOT_JSON),
        ('{"Label":"1","Label":"2"}', Remark.DUPLICATE_KEY),
        ('{"AIGC":{"Label":"1","Label":"2"}}', Remark.DUPLICATE_KEY),
        ('{"a":' * 40 + "1" + "}" * 40, Remark.NESTED_TOO_DEEP),
        ("[" * 60_000, Remark.NESTED_TOO_DEEP),
        ('{"a":"' + "x" * 70_000 + '"}', Remark.TOO_LONG),
    ],
    ids=["text", "array", "string", "wrapped-string", "twice", "twice-inside", "deep", "very-deep", "long"],
)
def test_what_is_no_record_is_said_and_not_raised(text: str, remark: str) -> None:
    reading = parse(text, DEFAULT_LIMITS)
    assert reading.record is None
    assert reading.remarks[0][0] == remark


def test_numbers_stay_the_digits_that_they_are() -> None:
    reading = parse('{"Label":1,"ContentProducer":11911101020000000000001,"ProduceID":1.50,"X":NaN}', DEFAULT_LIMITS)
    assert reading.record is not None
    assert (reading.record.label, reading.record.content_producer) == ("1", "11911101020000000000001")
    assert reading.record.produce_id == "1.50"
    assert (Remark.NOT_A_STRING, "Label") in reading.remarks


def test_null_and_nested_reserved_codes_are_read() -> None:
    text = json.dumps(
        to_fields(RECORD) | {"ReservedCode1": {"SecurityData": {"Type": "TC260PG"}}, "ReservedCode2": None}
    )
    reading = parse(text, DEFAULT_LIMITS)
    assert reading.record is not None
    assert json.loads(reading.record.reserved_code1) == {"SecurityData": {"Type": "TC260PG"}}
    assert reading.record.reserved_code2 == ""


def test_a_misspelt_key_is_understood_and_noted() -> None:
    fields = to_fields(RECORD)
    fields["ReserveCode1"] = fields.pop("ReservedCode1") + "abc"
    reading = parse(json.dumps(fields), DEFAULT_LIMITS)
    assert reading.record is not None
    assert reading.record.reserved_code1 == "abc"
    assert reading.remarks == ((Remark.MISSPELT_FIELD, "ReserveCode1"),)


@pytest.mark.parametrize("hostile", ['\\"' * 30_000, '"' * 60_000, "{" * 30_000 + '"', '"\\' * 30_000])
def test_hostile_text_is_refused_in_linear_time(hostile: str) -> None:
    started = time.perf_counter()
    parse(hostile, Limits(record_bytes=100_000))
    assert time.perf_counter() - started < 2


@settings(max_examples=200, deadline=None)
@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_parse_never_raises(text: str) -> None:
    parse(text, DEFAULT_LIMITS)


def test_schema_loads_annex_e_keys() -> None:
    assert RecordSchema().load(to_fields(RECORD)) == RECORD


def test_schema_reports_all_problems_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        RecordSchema().load({"Label": "4", "ContentProducer": "", "Other": "x"})
    assert set(caught.value.messages_dict) == {
        "Label",
        "ContentProducer",
        "ProduceID",
        "ContentPropagator",
        "PropagateID",
        "Other",
    }


def test_schema_keeps_the_charset() -> None:
    with pytest.raises(ValidationError) as caught:
        RecordSchema().load(to_fields(RECORD) | {"ProduceID": "with space"})
    assert caught.value.messages_dict == {"ProduceID": ["outside_charset"]}
