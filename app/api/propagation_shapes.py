"""The shapes of a propagation's answers, for the API document."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.answers import NoticeShape
from app.api.report_shapes import FileDigest, Record, said
from labeling.model import Format

_STRING = {"type": "string"}

PASSED_ON_FILE: dict[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "content_type": "*/*",
    "description": "The file to pass on, of the format that was sent.",
    "headers": {
        "Location": {"description": "Address of the record in the ledger.", "schema": _STRING},
        "Mingbiao-Label-Id": {"description": "Id of the record in the ledger.", "schema": _STRING},
        "Mingbiao-Propagate-Id": {"description": "PropagateID as given or made.", "schema": _STRING},
        "Mingbiao-Notices": {"description": "Codes of notices, separated by commas.", "schema": _STRING},
    },
}


class PassedOnJson(Schema):
    """A file to pass on, as JSON."""

    id = fields.String(required=True, metadata=said("Id of the record in the ledger."))
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    propagate_id = fields.String(required=True, metadata=said("PropagateID as given or made."))
    format = fields.String(required=True, metadata={"enum": [value.value for value in Format]})
    media_type = fields.String(required=True)
    record = fields.Nested(Record, required=True)
    kept_record = fields.Boolean(
        required=True, metadata=said("True where the producer's elements were kept; false where there was no record.")
    )
    credential = fields.Dict(required=True, allow_none=True, metadata=said("The C2PA manifest that was added."))
    notices = fields.List(fields.Nested(NoticeShape), required=True)
    input = fields.Nested(FileDigest, required=True)
    output = fields.Nested(FileDigest, required=True)
    rule_set = fields.String(required=True)
    rule_set_version = fields.String(required=True)
    data = fields.String(required=True, metadata=said("The file to pass on, base64.", format="byte"))
