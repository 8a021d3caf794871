"""Every failure leaves the service as `application/problem+json` (RFC 9457) with a stable code."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, json
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from app.problems import FIELD_OF_CODE, FIELD_PROBLEMS, LIBRARY_STATUS, PROBLEMS, FieldProblem, RefusalError
from labeling.errors import LabelingError

MEDIA_TYPE = "application/problem+json"

#: A request may be wrong in more ways than anybody wants to read, and name fields by the megabyte.
MOST_PROBLEMS = 100
LONGEST_NAME = 100

#: What the framework raises by itself -> our code; any other client error is a request that cannot be read.
FRAMEWORK_CODES = {
    404: "request.not_found",
    405: "request.method_not_allowed",
    413: "request.too_large",
    415: "request.content_type",
}

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Answer every kind of error; the most specific handler wins."""
    app.register_error_handler(RefusalError, answer_refusal)
    app.register_error_handler(LabelingError, answer_labeling_error)
    app.register_error_handler(HTTPException, answer_http_exception)
    app.register_error_handler(DBAPIError, answer_database_error)
    app.register_error_handler(PoolTimeoutError, answer_database_error)
    # These say something of what we sent, not of the state of the database.
    app.register_error_handler(DataError, answer_unexpected)
    app.register_error_handler(IntegrityError, answer_unexpected)
    app.register_error_handler(Exception, answer_unexpected)


def answer_refusal(refusal: RefusalError) -> Response:
    """A refusal of our own."""
    status, title = PROBLEMS[refusal.code]
    extra: dict[str, Any] = {"errors": [_field_dict(problem) for problem in refusal.errors]} if refusal.errors else {}
    return problem_response(refusal.code, status, title, refusal.headers, params=refusal.params, **extra)


def answer_labeling_error(error: LabelingError) -> Response:
    """An error of the library: its code, line and parameters, unless the fault is ours."""
    status = LIBRARY_STATUS[error.code]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _incident(error.code, error, status)
    name = error.params.get("option") or FIELD_OF_CODE.get(error.code)
    errors = [_field_dict(FieldProblem(name, error.code, error.params, error.detail))] if name else []
    return problem_response(error.code, status, error.detail, params=error.params, errors=errors)


def answer_http_exception(error: HTTPException) -> Response:
    """An error of the framework, with the headers that HTTP wants for it (`Allow` of a 405)."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _incident("service.failed", error, status)
    code = FRAMEWORK_CODES.get(status, "request.malformed")
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return problem_response(code, status, PROBLEMS[code][1], headers)


def answer_database_error(error: DBAPIError | PoolTimeoutError) -> Response:
    """The database is not there, full, read-only, locked for long, or its schema is behind: worth another try."""
    return _incident("service.not_ready", error, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})


def answer_unexpected(error: Exception) -> Response:
    """A fault of ours: nothing of it leaves the service but the number of the incident."""
    return _incident("service.failed", error, HTTPStatus.INTERNAL_SERVER_ERROR)


def invalid_fields(error: ValidationError) -> RefusalError:
    """All problems that a schema found, as one refusal."""
    return RefusalError("request.invalid", errors=flatten(error.messages)[:MOST_PROBLEMS])


def flatten(messages: Any, path: str = "") -> list[FieldProblem]:
    """The nested messages of marshmallow as a list; a leaf is a code, or `{"code": ..., "params": ...}`."""
    if isinstance(messages, Mapping):
        inner = ((f"{path}.{name}" if path else str(name), below) for name, below in messages.items())
        return [problem for name, below in inner for problem in flatten(below, name)]
    leaves = (leaf if isinstance(leaf, Mapping) else {"code": leaf} for leaf in messages)
    name = "" if path == "_schema" else path
    return [FieldProblem(name, leaf["code"], leaf.get("params", {}), leaf.get("detail", "")) for leaf in leaves]


def problem_response(
    code: str, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """Build the answer; members that are empty are left out."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": str(code),
        "detail": detail,
    }
    body |= {name: value for name, value in members.items() if value}
    g.problem_code = str(code)
    return Response(json.dumps(body), status, headers or {}, content_type=MEDIA_TYPE)


def _incident(code: str, error: Exception, status: int, headers: Mapping[str, str] | None = None) -> Response:
    incident = secrets.token_hex(8)
    log.error("incident", incident=incident, code=str(code), exc_info=error)
    # The library's own codes have no title: what they say to an operator is in the log.
    _, title = PROBLEMS.get(code, PROBLEMS["service.failed"])
    return problem_response(code, status, title, headers, incident=incident)


def _field_dict(problem: FieldProblem) -> dict[str, Any]:
    name = problem.field[:LONGEST_NAME]
    line = problem.detail or f"{name or 'the request'} {FIELD_PROBLEMS[problem.code]}"
    return {"field": name, "code": problem.code, "detail": line, "params": dict(problem.params)}
