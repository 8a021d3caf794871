"""The shapes of the answers: schemas for the API document, and how a row of the ledger is shown."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import Schema, fields

from app.api.report_shapes import FileDigest, Record, Report, said
from app.ledger import Kind, Row
from app.problems import FIELD_PROBLEMS, LIBRARY_STATUS, PROBLEMS
from labeling.model import Format
from labeling.report import Article6Class, Verdict

CODES = sorted({*PROBLEMS, *(code.value for code in LIBRARY_STATUS)})
FIELD_CODES = sorted({*FIELD_PROBLEMS, *(code.value for code in LIBRARY_STATUS)})


class NoticeShape(Schema):
    """Something the caller should know that is no error."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    params = fields.Dict(required=True)


class Labelled(Schema):
    """What was put into the content."""

    id = fields.String(required=True, metadata=said("Id of the record in the ledger."))
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    produce_id = fields.String(required=True, metadata=said("ProduceID as given or made."))
    format = fields.String(required=True, metadata={"enum": [value.value for value in Format]})
    media_type = fields.String(required=True)
    record = fields.Nested(Record, required=True, allow_none=True, metadata=said("Null for plain text."))
    visible = fields.Dict(required=True, allow_none=True, metadata=said("The visible label with its measured numbers."))
    credential = fields.Dict(required=True, allow_none=True, metadata=said("The C2PA manifest that was added."))
    notices = fields.List(fields.Nested(NoticeShape), required=True)
    input = fields.Nested(FileDigest, required=True)
    output = fields.Nested(FileDigest, required=True)
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)


class LabelledJson(Labelled):
    """A labelled file as JSON."""

    data = fields.String(required=True, metadata=said("The labelled file, base64.", format="byte"))


class LabelledText(Labelled):
    """A labelled text."""

    text = fields.String(required=True, metadata=said("The labelled text."))


class LabelRecord(Schema):
    """One row of the ledger."""

    id = fields.String(required=True)
    seq = fields.Integer(required=True, metadata=said("Place in the chain, from 1."))
    kind = fields.String(required=True, metadata={"enum": [value.value for value in Kind]})
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    api_key_id = fields.String(required=True, metadata=said("The key that asked, without its secret."))
    provider = fields.String(required=True, metadata=said("Of the record, also where the file was passed on."))
    produce_id = fields.String(required=True)
    propagate_id = fields.String(
        required=True, allow_none=True, metadata=said("PropagateID; null where the file was labelled.")
    )
    label = fields.String(required=True, metadata={"enum": ["1", "2", "3"]})
    format = fields.String(required=True)
    record = fields.Nested(Record, required=True, allow_none=True)
    visible = fields.Dict(required=True, allow_none=True)
    options = fields.Dict(required=True, metadata=said("The options as they were given."))
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)
    input = fields.Nested(FileDigest, required=True)
    output = fields.Nested(FileDigest, required=True)
    previous_hash = fields.String(required=True)
    row_hash = fields.String(required=True)


class LabelPage(Schema):
    """One page of records."""

    items = fields.List(fields.Nested(LabelRecord), required=True)
    next = fields.String(required=True, allow_none=True, metadata=said("`cursor` of the following page, if any."))


class FromLedger(Schema):
    """Rows of the ledger that the file may come from, by id, newest first, 100 at most."""

    by_sha256 = fields.List(
        fields.String(), required=True, metadata=said("Those whose input or output is this file, byte for byte.")
    )
    by_produce_id = fields.List(
        fields.String(), required=True, metadata=said("Those whose provider and ProduceID are its record's.")
    )


class Verification(Schema):
    """A report, its signature, and what the ledger of this service says."""

    report = fields.Nested(Report, required=True)
    signature = fields.String(
        required=True,
        allow_none=True,
        metadata=said("JWS over the canonical report, payload detached (RFC 7515); null where it is not signed."),
    )
    id = fields.String(required=True, allow_none=True, metadata=said("Id of the kept report; null: not kept."))
    ledger = fields.Nested(FromLedger, required=True)
    issued_here = fields.Boolean(
        required=True,
        metadata=said("This service gave out the ProduceID, and the record is as it wrote it, in every field."),
    )


class KeptVerification(Verification):
    """A kept report."""

    created_at = fields.String(required=True, metadata={"format": "date-time"})
    api_key_id = fields.String(required=True, metadata=said("The key that asked, without its secret."))


class ListedVerification(Schema):
    """A kept report in a list."""

    id = fields.String(required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    api_key_id = fields.String(required=True, metadata=said("The key that asked, without its secret."))
    input = fields.Nested(FileDigest, required=True)
    verdict = fields.String(required=True, metadata={"enum": [value.value for value in Verdict]})
    format = fields.String(required=True, allow_none=True)
    article6 = fields.String(required=True, metadata={"enum": [value.value for value in Article6Class]})
    signed = fields.Boolean(required=True)


class VerificationPage(Schema):
    """One page of kept reports."""

    items = fields.List(fields.Nested(ListedVerification), required=True)
    next = fields.String(required=True, allow_none=True, metadata=said("`cursor` of the following page, if any."))


class JwkSet(Schema):
    """RFC 7517."""

    keys = fields.List(fields.Dict(), required=True, metadata=said("Public keys; `kid` is the RFC 7638 thumbprint."))


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
    code = fields.String(required=True, metadata=said("Stable; see docs/api.md.", enum=CODES))
    detail = fields.String(required=True)
    params = fields.Dict(metadata=said("What was given, allowed or found."))
    errors = fields.List(fields.Nested(FieldProblemShape), metadata=said("All problems of the fields at once."))
    incident = fields.String(metadata=said("Number of a failure in the service's log."))


def record_dict(row: Row) -> dict[str, Any]:
    """A row of the ledger as `LabelRecord`."""
    return {
        "id": row.id,
        "seq": row.seq,
        "kind": row.kind,
        "created_at": row.created_at,
        "api_key_id": row.api_key_id,
        "provider": row.provider,
        "produce_id": row.produce_id,
        "propagate_id": row.propagate_id,
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
