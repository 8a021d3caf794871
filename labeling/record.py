"""The implicit record of GB 45438-2025, Annex E: its JSON text, strict when writing, lenient when reading."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits
from labeling.model import AigcRecord, LabelValue
from labeling.profiles import gb45438

#: The keys of Annex E b) in the order of its example, by attribute of `AigcRecord`.
FIELD_NAMES: dict[str, str] = {
    "label": "Label",
    "content_producer": "ContentProducer",
    "produce_id": "ProduceID",
    "reserved_code1": "ReservedCode1",
    "content_propagator": "ContentPropagator",
    "propagate_id": "PropagateID",
    "reserved_code2": "ReservedCode2",
}

#: Further fields and repeated keys that are named one by one; a record with more of them is not worth a longer report.
_MOST_REMARKS = 32
_FOLDED_KEY_WORD = gb45438.KEY_WORD.casefold()
#: What is not part of a text, at either end.
_AROUND = "\ufeff\0 \t\r\n"
_ATTRIBUTES = {name: attribute for attribute, name in FIELD_NAMES.items()}
#: 6.1 a): the elements that a record must name; the reserved codes may be absent.
_MANDATORY = ("Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")
#: Keys that real files misspell, as seen in the wild.
_MISSPELT = {"ReserveCode1": "ReservedCode1", "ReserveCode2": "ReservedCode2"}
#: A string (closed or not) or a bracket; possessive, so that an unclosed string is not tried again from each quote.
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
#: Annex E j) on the value itself: a quote is admitted because its JSON source is the escape \".
_ADMITTED = re.compile(r"[\x21-\x5B\x5D-\x7E]*")


class Remark:
    """Codes of what `parse` found odd about a record's text."""

    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    NESTED_TOO_DEEP = "nested_too_deep"
    TOO_LONG = "too_long"
    MISSING_FIELD = "missing_field"
    MISSPELT_FIELD = "misspelt_field"
    UNKNOWN_FIELD = "unknown_field"
    NOT_A_STRING = "not_a_string"


@dataclass(frozen=True, slots=True)
class RecordReading:
    """What the text of a record says: the record where there is one, and every oddity as (code, field)."""

    record: AigcRecord | None
    wrapped: bool = False
    remarks: tuple[tuple[str, str], ...] = ()


class RecordSchema(Schema):
    """The record where it meets the outside: the keys of Annex E, strings inside the charset of Annex E j)."""

    class Meta:
        """Unknown keys are refused when a record is loaded to be written."""

        unknown = RAISE

    Label = fields.String(required=True, validate=validate.OneOf([value.value for value in LabelValue]))
    ContentProducer = fields.String(required=True, validate=validate.Length(min=1))
    ProduceID = fields.String(required=True, validate=validate.Length(min=1))
    ReservedCode1 = fields.String(load_default="")
    ContentPropagator = fields.String(required=True, validate=validate.Length(min=1))
    PropagateID = fields.String(required=True, validate=validate.Length(min=1))
    ReservedCode2 = fields.String(load_default="")

    @post_load
    def _to_record(self, data: dict[str, str], **_: Any) -> AigcRecord:
        wrong = {name: ["outside_charset"] for name, value in data.items() if outside_charset(value) is not None}
        if wrong:
            raise ValidationError(wrong)
        return AigcRecord(**{_ATTRIBUTES[name]: value for name, value in data.items()})


def to_fields(record: AigcRecord) -> dict[str, str]:
    """The record as the seven keys of Annex E, in order."""
    return {name: getattr(record, attribute) for attribute, name in FIELD_NAMES.items()}


def to_json(record: AigcRecord, *, wrapped: bool = False, strict: bool = True) -> str:
    """The record's JSON text, ASCII, compact; `wrapped` puts it under the key AIGC (Annex E b; the EXIF form).

    Raises DeclarationError where a value leaves the charset of Annex E j). `strict=False` writes such values as
    escapes: whoever carries another's record on must not change it.
    """
    for attribute in FIELD_NAMES if strict else ():
        require_charset(getattr(record, attribute), attribute)
    bare = to_fields(record)
    return json.dumps({gb45438.KEY_WORD: bare} if wrapped else bare, ensure_ascii=True, separators=(",", ":"))


def outside_charset(value: str) -> int | None:
    """Index of the first character whose JSON source leaves Annex E j), or None."""
    end = _ADMITTED.match(value).end()  # type: ignore[union-attr]  # matches the empty string at least
    return None if end == len(value) else end


_CHARSET_CODES = {
    "content_producer": ErrorCode.PROVIDER_CHARSET,
    "content_propagator": ErrorCode.PROVIDER_CHARSET,
    "produce_id": ErrorCode.PRODUCE_ID_CHARSET,
    "propagate_id": ErrorCode.PRODUCE_ID_CHARSET,
}


def require_charset(value: str, attribute: str) -> None:
    """Refuse a value that Annex E j) does not admit; the error names the character and its place."""
    index = outside_charset(value)
    if index is not None:
        code = _CHARSET_CODES.get(attribute, ErrorCode.RESERVED_CODE_CHARSET)
        name = FIELD_NAMES[attribute]
        raise DeclarationError(
            code,
            f"{name} holds {value[index]!r} at position {index}; Annex E j) wants printable ASCII, no space, no \\",
            field=name,
            character=value[index],
            position=index,
        )


def parse(text: str, limits: Limits) -> RecordReading:
    """Read a record's text as real files have it: wrapped or bare, values of other types, keys missing or misspelt.

    Never raises. Values stay the strings that they are; other JSON values are kept as their JSON text. White space,
    zeros and a byte order mark around the text are not looked at.
    """
    text = text.strip(_AROUND)
    if len(text) > limits.record_bytes:
        return RecordReading(None, remarks=((Remark.TOO_LONG, ""),))
    if _depth(text) > limits.nesting:
        return RecordReading(None, remarks=((Remark.NESTED_TOO_DEEP, ""),))
    duplicates: list[str] = []
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique(pairs, duplicates),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
        # RFC 8259, 8.2: an escape can name half of a surrogate pair, which is no text and has no UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return RecordReading(None, remarks=((Remark.NOT_JSON, ""),))
    if duplicates:
        return RecordReading(None, remarks=tuple((Remark.DUPLICATE_KEY, key) for key in duplicates[:_MOST_REMARKS]))
    inner, key, beside = _unwrapped(value)
    if not isinstance(inner, dict):
        return RecordReading(None, bool(key), ((Remark.NOT_JSON, ""),))
    return _from_object(inner, bool(key), beside)


def from_fields(fields: Mapping[str, str]) -> RecordReading:
    """A record whose fields stand one by one where its JSON object should be."""
    reading = _from_object(dict(fields), wrapped=False, remarks=())
    return replace(reading, remarks=((Remark.NOT_JSON, ""), *reading.remarks))


class _Number(str):
    """A JSON number kept as it is written."""

    __slots__ = ()


def _unwrapped(value: Any) -> tuple[Any, str, tuple[tuple[str, str], ...]]:
    """What the record is, the key that it is wrapped under, and remarks on that key and on what stands beside it."""
    named = [key for key in value if key.casefold() == _FOLDED_KEY_WORD] if isinstance(value, dict) else []
    if len(named) != 1 or _ATTRIBUTES.keys() & value.keys():
        return value, "", ()
    key = named[0]
    remarks = [] if key == gb45438.KEY_WORD else [(Remark.MISSPELT_FIELD, key)]
    remarks += [(Remark.UNKNOWN_FIELD, other) for other in value if other != key]
    return value[key], key, tuple(remarks[:_MOST_REMARKS])


def _from_object(inner: dict[str, Any], wrapped: bool, remarks: tuple[tuple[str, str], ...]) -> RecordReading:
    odd = list(remarks)
    values: dict[str, str] = {}
    for key, value in inner.items():
        name = _MISSPELT.get(key, key)
        if name != key:
            odd.append((Remark.MISSPELT_FIELD, key))
        if name not in _ATTRIBUTES or (name != key and name in inner):
            if len(odd) < _MOST_REMARKS:
                odd.append((Remark.UNKNOWN_FIELD, key))
            continue
        if isinstance(value, _Number) or not isinstance(value, str):
            odd.append((Remark.NOT_A_STRING, name))
        values[_ATTRIBUTES[name]] = _as_text(value)
    odd += [(Remark.MISSING_FIELD, name) for name in _MANDATORY if _ATTRIBUTES[name] not in values]
    if not values:
        return RecordReading(None, wrapped, tuple(odd))
    complete = {attribute: values.get(attribute, "") for attribute in FIELD_NAMES}
    return RecordReading(AigcRecord(**complete), wrapped, tuple(odd))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    return "" if value is None else _json_text(value)


def _json_text(value: Any) -> str:
    """A nested value as compact JSON, its numbers as they were written. The nesting is bounded before."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_text(key)}:{_json_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _unique(pairs: list[tuple[str, Any]], duplicates: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            duplicates.append(key)
        result[key] = value
    return result


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings; linear, so that the JSON parser need not recurse to find out."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        bracket = match.group()
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest
