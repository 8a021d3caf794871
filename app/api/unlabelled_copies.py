"""Unlabelled copies (Labelling Measures, article 9): record them before they are delivered, find and export them."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

from flask import Response, request, url_for
from flask_smorest import Blueprint

from app import copy_export, copy_log, ledger
from app.api import copy_shapes, document
from app.api.copy_shapes import copy_dict
from app.api.exchange import current_caller, dump, hand_out, json_response
from app.api.querying import QueryParser
from app.copies import record_once
from app.copy_log import Copy, Row, Search
from app.database import reading
from app.idempotency import KeptAnswer
from app.problems import RefusalError
from app.reading import JSON, read_body
from app.schemas.copies import CopiesOfLabelQuery, CopyExportQuery, CopyJson, CopyList, CopyQuery
from app.schemas.fields import cursor_after
from app.service import current_service
from app.written import find_row

_BODIES = {JSON: CopyJson()}
_EXPORTS = {form.media_type: form for form in copy_export.FORMS.values()}


class _CopyBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    ARGUMENTS_PARSER = QueryParser()


_DESCRIPTION = "Content given to a user without its visible label; the implicit label stays."
#: Below `/labels/{label_id}`.
of_label = _CopyBlueprint("unlabelled_copies_of_label", __name__, description=_DESCRIPTION)
blueprint = _CopyBlueprint("unlabelled_copies", __name__, description=_DESCRIPTION)
#: A blueprint of its own, for it has a scope of its own.
exports = _CopyBlueprint("unlabelled_copies_export", __name__, description=_DESCRIPTION)


@of_label.route("/<string:label_id>/unlabelled-copies", methods=["POST"])
@of_label.doc(**document.operation(400, 401, 403, 404, 409, 413, 415, 422, 500, 503, bodies=_BODIES, idempotent=True))
@of_label.response(201, copy_shapes.UnlabelledCopy, headers=copy_shapes.LOCATION)
def create_unlabelled_copy(label_id: str) -> Response:
    """Record that a user asked for a copy without the visible label, before it is delivered.

    Labelling Measures, article 9: such a copy may be delivered once the user agreement has fixed the labelling duty and
    the responsibility, and a log of it is kept for at least six months. This writes the log. It hands out no file and
    takes no label from any: the copy is the content labelled with `visible` false, and its implicit label stays.
    """
    caller = current_caller()
    asked = read_body(request, _BODIES)
    return hand_out(record_once(current_service(), label_id, asked, caller, _created))


@of_label.route("/<string:label_id>/unlabelled-copies", methods=["GET"])
@of_label.arguments(CopiesOfLabelQuery, location="query")
@of_label.doc(**document.operation(401, 403, 404, 422, 500, 503))
@of_label.response(200, copy_shapes.CopyPage)
def list_copies_of_label(asked: CopyList, label_id: str) -> Response:
    """Records of unlabelled copies of one labelling, newest first."""
    find_row(current_service(), label_id)
    return _page(replace(asked, search=replace(asked.search, label_id=label_id)))


@blueprint.route("", methods=["GET"])
@blueprint.arguments(CopyQuery, location="query")
@blueprint.doc(**document.operation(401, 403, 422, 500, 503))
@blueprint.response(200, copy_shapes.CopyPage)
def list_unlabelled_copies(asked: CopyList) -> Response:
    """Records of unlabelled copies, newest first.

    Pages do not shift when records are added meanwhile: give `next` of one page as `cursor` of the following.
    """
    return _page(asked)


@blueprint.route("/<string:copy_id>", methods=["GET"])
@blueprint.doc(**document.operation(401, 403, 404, 500, 503))
@blueprint.response(200, copy_shapes.CopyRow)
def read_unlabelled_copy(copy_id: str) -> Response:
    """One record of an unlabelled copy; there is none any more once it was purged."""
    row = None
    if ledger.is_id(copy_id):
        with reading(current_service().engine) as connection:
            row = copy_log.find(connection, copy_id)
    if row is None:
        raise RefusalError("copy.not_found", params={"id": copy_id})
    return json_response(_shown(row))


@exports.route("/export", methods=["GET"])
@exports.arguments(CopyExportQuery, location="query")
@exports.doc(**document.operation(401, 403, 422, 500, 503))
@exports.response(200, **copy_shapes.CSV_FILE)
@exports.alt_response(200, schema=copy_shapes.CopyLine, content_type=copy_export.JSON_LINES.media_type, success=True)
def export_unlabelled_copies(search: Search) -> Response:
    """The records for an inspection, oldest first, of one moment.

    CSV in UTF-8 with a byte order mark; a cell that a spreadsheet would take for a formula has a `'` before it, and so
    has one that begins with `'`. JSON lines hold the values exactly.
    """
    service = current_service()
    form = _EXPORTS[request.accept_mimetypes.best_match(_EXPORTS, copy_export.CSV.media_type)]
    pieces = copy_export.stream(service.engine, search, service.settings.copy_retention_days, form)
    # A database that refuses does so here, while the status can still say it.
    first = next(pieces, b"")
    response = Response(chain((first,), pieces), content_type=f"{form.media_type}; charset=utf-8")
    response.call_on_close(pieces.close)
    response.headers["Content-Disposition"] = f'attachment; filename="unlabelled-copies.{form.extension}"'
    return response


def _created(copy: Copy) -> KeptAnswer:
    location = url_for("unlabelled_copies.read_unlabelled_copy", copy_id=copy.id)
    return KeptAnswer(201, (("Content-Type", JSON), ("Location", location)), dump(_shown(copy)))


def _page(asked: CopyList) -> Response:
    with reading(current_service().engine) as connection:
        rows: list[Row] = copy_log.page(connection, asked.search, before=asked.before, size=asked.size + 1)
    shown = rows[: asked.size]
    following = cursor_after(shown[-1].seq) if len(rows) > asked.size else None
    return json_response({"items": [_shown(row) for row in shown], "next": following})


def _shown(copy: Copy) -> dict[str, Any]:
    return copy_dict(copy, current_service().settings.copy_retention_days)
