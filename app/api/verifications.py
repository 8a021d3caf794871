"""`/api/v1/verifications`: say what labels a file carries, and find the reports that were kept."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from flask_smorest import Blueprint

from app import kept_reports
from app.api import answers, document
from app.api.exchange import dump, json_response
from app.api.querying import QueryParser
from app.api.report_page import report_page, wants_page
from app.auth import calling_key
from app.database import reading
from app.ledger import is_id
from app.problems import RefusalError
from app.reading import JSON, MULTIPART, read_body
from app.schemas.fields import cursor_after
from app.schemas.verifications import VerificationList, VerificationQuery, VerifyForm, VerifyJson
from app.service import current_service
from app.verifications import Verification, find_kept, verify_content

_BODIES = {MULTIPART: VerifyForm(), JSON: VerifyJson()}


class _VerificationBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    ARGUMENTS_PARSER = QueryParser()


blueprint = _VerificationBlueprint("verifications", __name__, description="Verify content and find kept reports.")


@blueprint.route("", methods=["POST"])
@blueprint.doc(**document.operation(400, 401, 403, 413, 415, 422, 500, 503, bodies=_BODIES))
@blueprint.response(200, answers.Verification, headers=document.VERDICT_HEADER)
@blueprint.alt_response(200, success=True, **document.REPORT_PAGE)
@blueprint.alt_response(201, schema=answers.KeptVerification, success=True, headers=document.KEPT_HEADERS)
@blueprint.alt_response(201, success=True, **document.REPORT_PAGE)
def create_verification() -> Response:
    """Verify one file or text.

    Nothing is kept unless `keep` is true, and the content never. `not_found` does not prove that the content was not
    made by an AI. Answers a page to read and to print where `Accept` prefers `text/html`.
    """
    asked = read_body(request, _BODIES)
    done = verify_content(current_service(), asked, calling_key().id)
    return _answer(done, 200 if done.kept is None else 201)


@blueprint.route("/<string:verification_id>", methods=["GET"])
@blueprint.doc(**document.operation(401, 403, 404, 500, 503))
@blueprint.response(200, answers.KeptVerification, headers=document.VERDICT_HEADER)
@blueprint.alt_response(200, success=True, **document.REPORT_PAGE)
def read_verification(verification_id: str) -> Response:
    """One kept report, as JSON or as a page.

    A key with `verifications:read` sees every kept report of the installation, whichever key made it.
    """
    found = find_kept(current_service(), verification_id) if is_id(verification_id) else None
    if found is None:
        raise RefusalError("verification.not_found", params={"id": verification_id})
    return _answer(found, 200)


@blueprint.route("", methods=["GET"])
@blueprint.arguments(VerificationQuery, location="query")
@blueprint.doc(**document.operation(401, 403, 422, 500, 503))
@blueprint.response(200, answers.VerificationPage)
def list_verifications(asked: VerificationList) -> Response:
    """Kept reports, newest first, without the reports themselves.

    Pages do not shift when reports are added meanwhile: give `next` of one page as `cursor` of the following.
    """
    with reading(current_service().engine) as connection:
        rows = kept_reports.page(connection, asked.search, before=asked.before, size=asked.size + 1)
    shown = rows[: asked.size]
    following = cursor_after(shown[-1].seq) if len(rows) > asked.size else None
    return json_response({"items": [_item(row) for row in shown], "next": following})


def _answer(done: Verification, status: int) -> Response:
    """A page where that is preferred, else JSON; the verdict in a header of both."""
    if wants_page(JSON):
        response = report_page(done.report, status)
    else:
        response = Response(_body(done), status, content_type=JSON)
    response.headers["Mingbiao-Verdict"] = done.report["verdict"]
    response.headers["Vary"] = "Accept, Accept-Language"
    if status == 201 and done.kept is not None:
        response.headers["Location"] = url_for("verifications.read_verification", verification_id=done.kept.id)
    return response


def _body(done: Verification) -> bytes:
    """The report in its canonical form, byte for byte, and what is said beside it."""
    kept, issued = done.kept, done.issued
    beside: dict[str, Any] = {
        "signature": done.signature,
        "id": None if kept is None else kept.id,
        "ledger": {"by_sha256": issued.by_sha256, "by_produce_id": issued.by_produce_id},
        "issued_here": issued.here,
    }
    if kept is not None:
        beside |= {"created_at": kept.created_at, "api_key_id": kept.api_key_id}
    return b'{"report":' + done.canonical + b"," + dump(beside)[1:]


def _item(row: kept_reports.Listed) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "api_key_id": row.api_key_id,
        "input": {"sha256": row.sha256, "bytes": row.bytes},
        "verdict": row.verdict,
        "format": row.format,
        "article6": row.article6,
        "signed": row.signed,
    }
