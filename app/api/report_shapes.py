"""The shape of a verification report (`labeling.verification.document`) for the API document."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.shapes import listed, nested, shape_of
from labeling.limits import Limits
from labeling.model import Format
from labeling.record import FIELD_NAMES
from labeling.report import (
    Answers,
    Article6,
    Check,
    CredentialReading,
    IntegrityReading,
    Site,
    Trace,
    Verdict,
    VisibleLabels,
    Words,
)
from labeling.verification.document import SCHEMA


def said(description: str, **more: Any) -> dict[str, Any]:
    """Metadata of a field: its description, and what else OpenAPI is to know."""
    return {"description": description, **more}


class FileDigest(Schema):
    """Hash and size of a file."""

    sha256 = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})
    bytes = fields.Integer(required=True)


#: The seven keys of GB 45438-2025, Annex E.
Record = Schema.from_dict({name: fields.String(required=True) for name in FIELD_NAMES.values()}, name="AigcRecord")


class FoundRecord(shape_of(Site)):  # type: ignore[misc]  # made from the library's type
    """One place where a record was found; the record under the keys of the standard."""

    record = fields.Nested(Record, required=True, allow_none=True, metadata=said("Null where the text is no record."))


_FORMATS = [*(value.value for value in Format), None]


class Report(Schema):
    """What a file carries: facts, checks, answers, one verdict. The same bytes for the same file and settings."""

    schema = fields.String(required=True, metadata=said("Name and version of this shape.", enum=[SCHEMA]))
    input = fields.Nested(FileDigest, required=True, metadata=said("Which bytes this is about."))
    format = fields.String(required=True, allow_none=True, metadata=said("Null where not known.", enum=_FORMATS))
    verdict = fields.String(required=True, metadata={"enum": [value.value for value in Verdict]})
    summary = nested(Words)
    answers = nested(Answers)
    visible = nested(VisibleLabels)
    article6 = nested(Article6)
    sites = fields.List(
        fields.Nested(FoundRecord), required=True, metadata=said("Every place where a record was found.")
    )
    integrity = listed(IntegrityReading)
    credential = nested(CredentialReading)
    traces = listed(Trace)
    checks = listed(Check)
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)
    limits = nested(Limits)
