"""The shapes of the answers about unlabelled copies, for the API document, and how a row is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields

from app import copy_export
from app.api.report_shapes import said
from app.copy_log import Copy

_TIME = {"format": "date-time"}
_STRING = {"type": "string"}

LOCATION = {"Location": {"description": "Address of the record of the copy.", "schema": _STRING}}
CSV_FILE: dict[str, Any] = {
    "schema": _STRING,
    "content_type": copy_export.CSV.media_type,
    "description": "All records, oldest first; as JSON lines where `Accept` prefers `application/x-ndjson`.",
}


class UnlabelledCopy(Schema):
    """What was written down before a copy without the visible label might be delivered."""

    id = fields.String(required=True)
    created_at = fields.String(required=True, metadata=_TIME)
    api_key_id = fields.String(required=True, metadata=said("The key that asked, without its secret."))
    label_id = fields.String(required=True, metadata=said("Id of the labelling in the ledger."))
    recipient = fields.String(required=True, metadata=said("Who asked for the copy: personal data."))
    agreement_version = fields.String(required=True)
    agreed_at = fields.String(required=True, metadata=_TIME)
    purpose = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    retained_until = fields.String(
        required=True, metadata=said("It cannot be deleted before this time, six months away at least.", **_TIME)
    )


class CopyRow(UnlabelledCopy):
    """A record in its place in the chain."""

    seq = fields.Integer(required=True, metadata=said("Place in the chain, from 1."))
    previous_hash = fields.String(required=True)
    row_hash = fields.String(required=True)


class CopyPage(Schema):
    """One page of records."""

    items = fields.List(fields.Nested(CopyRow), required=True)
    next = fields.String(required=True, allow_none=True, metadata=said("`cursor` of the following page, if any."))


class CopyLine(CopyRow):
    """One line of an export, with what the ledger says of the content."""

    provider = fields.String(required=True)
    produce_id = fields.String(required=True)
    format = fields.String(required=True)
    output_sha256 = fields.String(required=True)


def copy_dict(copy: Copy, days: int) -> dict[str, Any]:
    """A copy as `UnlabelledCopy`, a row as `CopyRow`."""
    return asdict(copy) | {"retained_until": copy_export.retained_until(copy.created_at, days)}
