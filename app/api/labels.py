"""`/api/v1/labels`: label a picture or a text, and find what was labelled or passed on."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from app import ledger
from app.api import answers, document
from app.api.exchange import current_caller, dump, hand_out, json_response
from app.api.querying import QueryParser
from app.api.written_files import Header, file_or_json, made, summarise
from app.database import reading
from app.idempotency import KeptAnswer
from app.labelings import label_once
from app.reading import JSON, MULTIPART, read_body
from app.schemas.fields import cursor_after
from app.schemas.labels import LabelForm, LabelJson, LabelQuery, LabelText, ListRequest
from app.service import current_service
from app.written import Written, find_row
from labeling.model import Labeled
from labeling.report_json import labeled_to_dict

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
    """The ledger's record of one file that was labelled or passed on.

    A key with `labels:read` sees every record of the installation, whichever key made it.
    """
    return json_response(answers.record_dict(find_row(current_service(), label_id)))


@blueprint.route("", methods=["GET"])
@blueprint.arguments(LabelQuery, location="query")
@blueprint.doc(**document.operation(401, 403, 422, 500, 503))
@blueprint.response(200, answers.LabelPage)
def list_labels(asked: ListRequest) -> Response:
    """Records of files that were labelled or passed on, newest first.

    Pages do not shift when records are added meanwhile: give `next` of one page as `cursor` of the following.
    """
    with reading(current_service().engine) as connection:
        rows = ledger.page(connection, asked.search, before=asked.before, size=asked.size + 1)
    shown = rows[: asked.size]
    following = cursor_after(shown[-1].seq) if len(rows) > asked.size else None
    return json_response({"items": [answers.record_dict(row) for row in shown], "next": following})


def _label(bodies: dict[str, Any], render: Any) -> Response:
    """Read the request, label once, answer."""
    service, caller = current_service(), current_caller()
    asked = read_body(request, bodies, {"provider": service.settings.provider})
    return hand_out(label_once(service, asked, caller, render))


def _negotiated(done: Written[Labeled]) -> KeptAnswer:
    return file_or_json(done, _summary(done), _produce_id(done))


def _text_json(done: Written[Labeled]) -> KeptAnswer:
    body = dump(_summary(done) | {"text": done.result.data.decode("utf-8")})
    return made(done, JSON, body, _produce_id(done))


def _summary(done: Written[Labeled]) -> dict[str, Any]:
    return summarise(done, {"produce_id": done.entry.produce_id, **labeled_to_dict(done.result)})


def _produce_id(done: Written[Labeled]) -> Header:
    return ("Mingbiao-Produce-Id", done.entry.produce_id)
