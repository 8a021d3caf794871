"""What the API document says beyond what the schemas say by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify
from flask_smorest import Api
from marshmallow import Schema

from app.api.answers import Problem
from app.errors import MEDIA_TYPE as PROBLEM_TYPE
from app.keys import SCOPE_MEANINGS

OPENAPI_VERSION = "3.0.3"
SECURITY = "apiKey"

_STRING = {"type": "string"}
#: The smallest PNG, so that the examples can be tried as they are.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

EXAMPLES: dict[str, dict[str, Any]] = {
    "LabelJson": {"b64_json": _PIXEL, "provider": "Example-AI", "visible": False},
    "LabelText": {"text": "# 标题\n\n正文。\n", "format": "markdown", "provider": "Example-AI"},
    "CopyJson": {
        "recipient": "user-4711",
        "agreement_version": "2026-03",
        "agreed_at": "2026-03-02T10:15:00+08:00",
        "purpose": "演示文稿",
    },
    "PropagateJson": {
        "text": "# 标题\n\n正文。\n",
        "format": "markdown",
        "propagator": "Example-Platform",
        "declared_ai": True,
    },
    "VerifyJson": {"text": "（本内容由AI生成）正文。", "format": "plain"},
}
PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "code": "request.invalid",
    "detail": "Some fields cannot be used; `errors` lists all of them.",
    "errors": [
        {"field": "provider", "code": "field.required", "detail": "provider is needed", "params": {}},
        {"field": "colour", "code": "field.unknown", "detail": "colour is not a field of this request", "params": {}},
    ],
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 printable characters. The same key and request get the same answer, for 24 hours unless "
    "configured otherwise; so long the answer is kept, labelled content included.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

LABELLED_FILE: dict[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "content_type": "*/*",
    "description": "The labelled file, of the format that was sent.",
    "headers": {
        "Location": {"description": "Address of the record.", "schema": _STRING},
        "Mingbiao-Label-Id": {"description": "Id of the record.", "schema": _STRING},
        "Mingbiao-Produce-Id": {"description": "ProduceID as given or made.", "schema": _STRING},
        "Mingbiao-Notices": {"description": "Codes of notices, separated by commas.", "schema": _STRING},
    },
}

VERDICT_HEADER = {"Mingbiao-Verdict": {"description": "The verdict.", "schema": _STRING}}
KEPT_HEADERS = {"Location": {"description": "Address of the kept report.", "schema": _STRING}} | VERDICT_HEADER
REPORT_PAGE: dict[str, Any] = {
    "schema": _STRING,
    "content_type": "text/html",
    "description": "The report; as a page in English or Chinese where `Accept` prefers `text/html`.",
    "headers": VERDICT_HEADER,
}


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest for the document only: errors are answered by `app.errors`, the document by its own blueprint."""

    DEFAULT_ERROR_RESPONSE_NAME = ""
    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass


def operation(*refusals: int, bodies: Mapping[str, Schema] | None = None, idempotent: bool = False) -> dict[str, Any]:
    """What a route takes, one body for each media type, and the statuses with which it refuses."""
    body = (
        {"content": {kind: _content(schema) for kind, schema in bodies.items()}, "required": True} if bodies else None
    )
    return {
        "responses": {str(status): _refusal(status) for status in refusals},
        **({"requestBody": body} if body else {}),
        **({"parameters": [IDEMPOTENCY_KEY]} if idempotent else {}),
    }


def _content(schema: Schema) -> dict[str, Any]:
    example = EXAMPLES.get(type(schema).__name__)
    return {"schema": schema} | ({"example": example} if example else {})


def _refusal(status: int) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": Problem}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        content["example"] = PROBLEM_EXAMPLE
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_TYPE: content}}


def complete(api: Api) -> None:
    """Add what holds for the whole document: how to authenticate, and with which scopes."""
    scopes = "; ".join(f"`{scope}`: {meaning}" for scope, meaning in SCOPE_MEANINGS.items())
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "description": f"`mingbiao keys create` makes a key. Scopes: {scopes}.",
    }
    api.spec.components.security_scheme(SECURITY, scheme)
    api.spec.options["security"] = [{SECURITY: []}]
    api.spec.options["info"] = {
        "description": "Labels AI-generated content by GB 45438-2025: visible label, implicit record, C2PA credential.",
        "license": {"name": "Apache-2.0"},
    }


def document_blueprint(api: Api) -> Blueprint:
    """`/api/v1/openapi.json`."""
    blueprint = Blueprint("document", __name__)

    @blueprint.get("/openapi.json")
    def openapi_json() -> Response:
        return jsonify(api.spec.to_dict())

    return blueprint
