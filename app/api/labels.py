"""`/api/v1/labels`: label a picture or a text, and find what was labelled."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from flask import Response, request, url_for
from flask_smorest import Blueprint

from app import ledger
from app.api import answers, document
from app.api.querying import QueryParser
from app.auth import calling_key
from app.database import reading
from app.idempotency import LONGEST_KEY, KeptAnswer
from app.labelings import Caller, Labelling, label_once
from app.ledger import Row
from app.problems import RefusalError
from app.reading import JSON, MULTIPART, read_body
from app.schemas.fields import cursor_after
from app.schemas.labels import LabelForm, LabelJson, LabelQuery, LabelText, ListRequest
from app.service import current_service
from labeling.model import MEDIA_TYPES, Format
from labeling.report_json import labeled_to_dict

_PRINTABLE = re.compile(rf"[\x20-\x7E]{{1,{LONGEST_KEY}}}")
_LABEL_ID = re.compile(r"[0-9a-f]{32}")
_EXTENSIONS = {Format.JPEG: "jpg", Format.PLAIN: "txt", Format.MARKDOWN: "md"}
_BODIES = {MULTIPART: LabelForm(), JSON: LabelJson()}
_TEXT_BODIES = {JSON: LabelText()}
_LABEL_REFUSALS = (400, 401, 403, 409, 413, 415, 422, 500, 503)


class _LabelBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    ARGUMENTS_PARSER = QueryParser()


blueprint = _LabelBlueprint("labels", __name__, description="Label content and find what was labelled.")


@blueprint.route("", methods=["POST"])
@blueprint.doc(**document.operation(*_LABEL_REFUSALS, bodies=_BODIES, idempotent=True))
@blueprint.response(201, **document.LABELLED_FILE)
@blueprint.alt_response(201, schema=answers.LabelledJson, success=True)
def create_label() -> Response:
    """Label one file.

    Answers the labelled file, or JSON where `Accept` prefers `application/json`. The record of the labelling is at
    the address in `Location`.
    """
    return _label(_BODIES, _negotiated)


@blueprint.route("/text", methods=["POST"])
@blueprint.doc(**document.operation(*_LABEL_REFUSALS, bodies=_TEXT_BODIES, idempotent=True))
@blueprint.response(201, answers.LabelledText)
def create_text_label() -> Response:
    """Label one text, JSON in and out."""
    return _label(_TEXT_BODIES, _text_json)


@blueprint.route("/<string:label_id>", methods=["GET"])
@blueprint.doc(**document.operation(401, 403, 404, 500, 503))
@blueprint.response(200, answers.LabelRecord)
def read_label(label_id: str) -> Response:
    """The ledger's record of one labelling.

    A key with `labels:read` sees every record of the installation, whichever key made it.
    """
    row = _find(label_id) if _LABEL_ID.fullmatch(label_id) else None
    if row is None:
        raise RefusalError("label.not_found", params={"id": label_id})
    return _json_response(answers.record_dict(row))


@blueprint.route("", methods=["GET"])
@blueprint.arguments(LabelQuery, location="query")
@blueprint.doc(**document.operation(401, 403, 422, 500, 503))
@blueprint.response(200, answers.LabelPage)
def list_labels(asked: ListRequest) -> Response:
    """Records of labellings, newest first.

    Pages do not shift when records are added meanwhile: give `next` of one page as `cursor` of the following.
    """
    with reading(current_service().engine) as connection:
        rows = ledger.page(connection, asked.search, before=asked.before, size=asked.size + 1)
    shown = rows[: asked.size]
    following = cursor_after(shown[-1].seq) if len(rows) > asked.size else None
    return _json_response({"items": [answers.record_dict(row) for row in shown], "next": following})


def _find(label_id: str) -> Row | None:
    with reading(current_service().engine) as connection:
        return ledger.find(connection, label_id)


def _label(bodies: dict[str, Any], render: Any) -> Response:
    """Read the request, label once, answer."""
    service = current_service()
    caller = Caller(calling_key().id, request.path, _idempotency_key())
    asked = read_body(request, bodies, {"provider": service.settings.provider})
    kept = label_once(service, asked, caller, render)
    return Response(kept.body, kept.status, list(kept.headers))


def _idempotency_key() -> str | None:
    given = request.headers.get("Idempotency-Key")
    if given is not None and not _PRINTABLE.fullmatch(given):
        raise RefusalError("idempotency.key_invalid")
    return given


def _negotiated(done: Labelling) -> KeptAnswer:
    """The file itself, unless JSON is preferred."""
    media_type = MEDIA_TYPES[done.labeled.format]
    accept = request.accept_mimetypes
    if accept[JSON] > accept[media_type]:
        encoded = base64.b64encode(done.labeled.data).decode("ascii")
        return _kept(done, JSON, _dump(_summary(done) | {"data": encoded}))
    name = f"{done.entry.id}.{_EXTENSIONS.get(done.labeled.format, done.labeled.format.value)}"
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    return _kept(done, media_type, done.labeled.data, disposition)


def _text_json(done: Labelling) -> KeptAnswer:
    return _kept(done, JSON, _dump(_summary(done) | {"text": done.labeled.data.decode("utf-8")}))


def _summary(done: Labelling) -> dict[str, Any]:
    entry = done.entry
    return {
        "id": entry.id,
        "created_at": entry.created_at,
        "produce_id": entry.produce_id,
        "media_type": MEDIA_TYPES[done.labeled.format],
        **labeled_to_dict(done.labeled),
        "input": {"sha256": entry.input_sha256, "bytes": entry.input_bytes},
        "output": {"sha256": entry.output_sha256, "bytes": entry.output_bytes},
        "rule_set": entry.rule_set,
        "rule_set_version": entry.rule_set_version,
    }


def _kept(done: Labelling, media_type: str, body: bytes, *headers: tuple[str, str]) -> KeptAnswer:
    entry = done.entry
    ours = (
        ("Content-Type", media_type),
        ("Location", url_for("labels.read_label", label_id=entry.id)),
        ("Mingbiao-Label-Id", entry.id),
        ("Mingbiao-Produce-Id", entry.produce_id),
        ("Mingbiao-Notices", ", ".join(notice.code for notice in done.labeled.notices)),
    )
    return KeptAnswer(201, tuple(pair for pair in (*ours, *headers) if pair[1]), body)


def _dump(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _json_response(values: dict[str, Any]) -> Response:
    return Response(_dump(values), content_type=JSON)
