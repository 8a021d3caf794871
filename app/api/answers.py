"""The shapes of the answers: schemas for the API document, and how a row of the ledger is shown."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import Schema, fields

from app.ledger import Row
from app.problems import FIELD_PROBLEMS, LIBRARY_STATUS, PROBLEMS
from labeling.model import Format, Verdict
from labeling.record import FIELD_NAMES

CODES = sorted({*PROBLEMS, *(code.value for code in LIBRARY_STATUS)})
FIELD_CODES = sorted({*FIELD_PROBLEMS, *(code.value for code in LIBRARY_STATUS)})


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, **more}


class FileDigest(Schema):
    """Hash and size of a file."""

    sha256 = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})
    bytes = fields.Integer(required=True)


#: The seven keys of GB 45438-2025, Annex E.
Record = Schema.from_dict({name: fields.String(required=True) for name in FIELD_NAMES.values()}, name="AigcRecord")


class NoticeShape(Schema):
    """Something the caller should know that is no error."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    params = fields.Dict(required=True)


class Labelled(Schema):
    """What was put into the content."""

    id = fields.String(required=True, metadata=_said("Id of the record in the ledger."))
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    produce_id = fields.String(required=True, metadata=_said("ProduceID as given or made."))
    format = fields.String(required=True, metadata={"enum": [value.value for value in Format]})
    media_type = fields.String(required=True)
    record = fields.Nested(Record, required=True, allow_none=True, metadata=_said("Null for plain text."))
    visible = fields.Dict(
        required=True, allow_none=True, metadata=_said("The visible label with its measured numbers.")
    )
    credential = fields.Dict(required=True, allow_none=True, metadata=_said("The C2PA manifest that was added."))
    notices = fields.List(fields.Nested(NoticeShape), required=True)
    input = fields.Nested(FileDigest, required=True)
    output = fields.Nested(FileDigest, required=True)
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)


class LabelledJson(Labelled):
    """A labelled file as JSON."""

    data = fields.String(required=True, metadata=_said("The labelled file, base64.", format="byte"))


class LabelledText(Labelled):
    """A labelled text."""

    text = fields.String(required=True, metadata=_said("The labelled text."))


class LabelRecord(Schema):
    """One row of the ledger."""

    id = fields.String(required=True)
    seq = fields.Integer(required=True, metadata=_said("Place in the chain, from 1."))
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    api_key_id = fields.String(required=True, metadata=_said("The key that asked, without its secret."))
    provider = fields.String(required=True)
    produce_id = fields.String(required=True)
    label = fields.String(required=True, metadata={"enum": ["1", "2", "3"]})
    format = fields.String(required=True)
    record = fields.Nested(Record, required=True, allow_none=True)
    visible = fields.Dict(required=True, allow_none=True)
    options = fields.Dict(required=True, metadata=_said("The options as they were given."))
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)
    input = fields.Nested(FileDigest, required=True)
    output = fields.Nested(FileDigest, required=True)
    previous_hash = fields.String(required=True)
    row_hash = fields.String(required=True)


class LabelPage(Schema):
    """One page of records."""

    items = fields.List(fields.Nested(LabelRecord), required=True)
    next = fields.String(required=True, allow_none=True, metadata=_said("`cursor` of the following page, if any."))


class VerificationReport(Schema):
    """What a file carries: facts, checks, one verdict."""

    format = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True, metadata={"enum": [value.value for value in Verdict]})
    sites = fields.List(fields.Dict(), required=True, metadata=_said("Every place where a record was found."))
    visible = fields.List(fields.Dict(), required=True, metadata=_said("Visible labels seen in a text."))
    source_types = fields.List(fields.String(), required=True)
    has_credential = fields.Boolean(required=True)
    checks = fields.List(fields.Dict(), required=True, metadata=_said("Each rule with its outcome and its basis."))
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)
    input = fields.Nested(FileDigest, required=True)


class FieldProblemShape(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    code = fields.String(required=True, metadata={"enum": FIELD_CODES})
    detail = fields.String(required=True)
    params = fields.Dict(required=True)


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata=_said("Stable; see docs/api.md.", enum=CODES))
    detail = fields.String(required=True)
    params = fields.Dict(metadata=_said("What was given, allowed or found."))
    errors = fields.List(fields.Nested(FieldProblemShape), metadata=_said("All problems of the fields at once."))
    incident = fields.String(metadata=_said("Number of a failure in the service's log."))


def record_dict(row: Row) -> dict[str, Any]:
    """A row of the ledger as `LabelRecord`."""
    return {
        "id": row.id,
        "seq": row.seq,
        "created_at": row.created_at,
        "api_key_id": row.api_key_id,
        "provider": row.provider,
        "produce_id": row.produce_id,
        "label": row.label,
        "format": row.format,
        "record": json.loads(row.record) if row.record else None,
        "visible": json.loads(row.visible) if row.visible else None,
        "options": json.loads(row.options),
        "rule_set": row.rule_set,
        "rule_set_version": row.rule_set_version,
        "input": {"sha256": row.input_sha256, "bytes": row.input_bytes},
        "output": {"sha256": row.output_sha256, "bytes": row.output_bytes},
        "previous_hash": row.previous_hash,
        "row_hash": row.row_hash,
    }
