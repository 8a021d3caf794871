"""What holds for every route: authentication, headers, problems, probes, metrics, the document, the log."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from app import create_app
from app.auth import NOTHING, STATEMENTS, requires
from app.keys import Scope
from app.observability import configure_logging
from app.problems import LIBRARY_STATUS
from labeling.errors import ErrorCode
from tests.app.entries import make_key, settings_of
from tests.app.pictures import MARKDOWN

#: Every route with what it requires: a change here is a change of who may do what.
ROUTES = {
    "GET /": None,
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /docs/": None,
    "GET /docs/<path:path>": None,
    "GET /api/v1/openapi.json": None,
    "GET /metrics": "metrics:read",
    "POST /api/v1/labels": "labels:write",
    "POST /api/v1/labels/text": "labels:write",
    "GET /api/v1/labels": "labels:read",
    "GET /api/v1/labels/<string:label_id>": "labels:read",
    "POST /api/v1/propagations": "propagations:write",
    "POST /api/v1/labels/<string:label_id>/unlabelled-copies": "copies:write",
    "GET /api/v1/labels/<string:label_id>/unlabelled-copies": "copies:read",
    "GET /api/v1/unlabelled-copies": "copies:read",
    "GET /api/v1/unlabelled-copies/<string:copy_id>": "copies:read",
    "GET /api/v1/unlabelled-copies/export": "copies:export",
    "POST /api/v1/verifications": "verifications:write",
    "GET /api/v1/verifications": "verifications:read",
    "GET /api/v1/verifications/<string:verification_id>": "verifications:read",
    "GET /api/v1/report-keys": None,
}
_ARGUMENT = re.compile(r"<string:(\w+)>")


def test_every_route_says_what_it_requires(app: Flask) -> None:
    found = {}
    for rule in app.url_map.iter_rules():
        statement = app.extensions[STATEMENTS][rule.endpoint.rpartition(".")[0]]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found[f"{method} {rule.rule}"] = None if statement is NOTHING else statement.scopes[method]
    assert found == ROUTES


@pytest.mark.parametrize("route", [route for route, scope in ROUTES.items() if scope], ids=lambda route: route)
def test_a_route_that_requires_a_scope_refuses_without_it(app: Flask, client: FlaskClient, route: str) -> None:
    method, path = _ARGUMENT.sub("x", route).split()
    needed = ROUTES[route]
    others = make_key(app, *(scope for scope in Scope if scope != needed))

    nobody = client.open(path, method=method)
    stranger = client.open(path, method=method, headers={"Authorization": "Bearer mbk_000000000000_x"})
    basic = client.open(path, method=method, headers={"Authorization": "Basic eDp5"})
    other = client.open(path, method=method, headers={"Authorization": f"Bearer {others}"})

    assert [(answer.status_code, answer.get_json()["code"]) for answer in (nobody, stranger, basic, other)] == [
        (401, "auth.missing"),
        (401, "auth.invalid"),
        (401, "auth.missing"),
        (403, "auth.scope"),
    ]
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in (nobody, stranger, basic, other))
    assert other.get_json()["params"] == {"needed": needed}


def test_a_blueprint_without_a_statement_is_closed(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    headers = {"Authorization": f"Bearer {make_key(app)}"}
    assert app.test_client().get("/forgotten").status_code == 401
    assert app.test_client().get("/forgotten", headers=headers).status_code == 403


def test_anybody_may_ask_for_the_methods_of_an_address(client: FlaskClient) -> None:
    answer = client.options("/api/v1/labels")
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_an_expired_key_is_refused(app: Flask, client: FlaskClient) -> None:
    text = make_key(app, Scope.LABELS_READ, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert client.get("/api/v1/labels", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_a_statement_names_a_scope_for_each_method() -> None:
    assert requires(GET=Scope.LABELS_READ).scopes == {"GET": Scope.LABELS_READ}


REFUSALS = {
    "unknown": ("GET", "/nothing", 404, "request.not_found"),
    "nul": ("GET", "/%00", 404, "request.not_found"),
    "method": ("DELETE", "/api/v1/labels", 405, "request.method_not_allowed"),
    "strange-method": ("BREW", "/api/v1/labels", 405, "request.method_not_allowed"),
}


@pytest.mark.parametrize(("method", "path", "status", "code"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_framework_refuses_is_a_problem_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    body = json.loads(answer.data)
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Allow" in answer.headers) == (status == 405)


def test_an_unexpected_failure_tells_its_number_and_nothing_else(
    capsys: pytest.CaptureFixture[str], app: Flask
) -> None:
    from flask import Blueprint

    from app.auth import state

    broken = Blueprint("broken", __name__)

    @broken.get("/broken")
    def fail() -> str:
        raise RuntimeError("the secret of the house")

    state(app, broken, NOTHING)
    app.register_blueprint(broken)
    configure_logging("info")
    answer = app.test_client().get("/broken")
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (500, "service.failed")
    assert "secret" not in answer.get_data(as_text=True)
    incident = next(line for line in logged(capsys) if line["event"] == "incident")
    assert incident["incident"] == body["incident"]
    assert "RuntimeError: the secret of the house" in incident["exception"]


def test_every_code_of_the_library_has_a_status() -> None:
    assert set(LIBRARY_STATUS) == set(ErrorCode)
    assert set(LIBRARY_STATUS.values()) <= {400, 409, 413, 415, 422, 500}
    assert LIBRARY_STATUS[ErrorCode.READ_BACK_FAILED] == 500


def test_every_answer_has_the_headers(client: FlaskClient) -> None:
    for path in ("/", "/nothing", "/api/v1/labels", "/docs/", "/healthz"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src" in headers["Content-Security-Policy"]
        assert headers["X-Request-Id"]
    assert client.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1", True), ("a" * 65, False), ('x"y', False)], ids=["kept", "long", "quote"]
)
def test_a_request_keeps_the_number_of_its_caller(client: FlaskClient, given: str, kept: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept


def test_the_service_is_ready_when_database_and_signer_are(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "signer": "ok"}},
    )


def test_a_service_on_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"})
    answer = app.test_client().get("/readyz")
    app.extensions["mingbiao"].engine.dispose()
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"] == "the schema is behind: run `mingbiao db upgrade`"


def test_a_service_without_its_database_is_alive_and_not_ready(tmp_path: Path) -> None:
    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").get_json()["checks"]["database"] == "the database cannot be reached"
    answer = client.get("/api/v1/labels", headers={"Authorization": "Bearer mbk_000000000000_x"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "service.not_ready")
    assert answer.headers["Retry-After"] == "5"
    app.extensions["mingbiao"].engine.dispose()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"])
def test_a_service_whose_schema_is_behind_refuses_and_can_be_asked_again(
    request: pytest.FixtureRequest, tmp_path: Path, url: str
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    database = empty if url == "sqlite" else request.getfixturevalue("bare_postgres_url")
    app = create_app(settings_of(database, tmp_path))
    headers = {"Authorization": "Bearer mbk_000000000000_x"}
    answer = app.test_client().post("/api/v1/labels/text", json={"text": "a", "provider": "x"}, headers=headers)
    app.extensions["mingbiao"].engine.dispose()
    assert (answer.status_code, answer.get_json()["code"]) == (503, "service.not_ready")


def test_a_database_that_cannot_be_written_to_serves_reading_alone(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(settings_of(sqlite_url, tmp_path))
    headers = {"Authorization": f"Bearer {make_key(app)}"}
    app.extensions["mingbiao"].engine.dispose()
    read_only = sqlite_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    app = create_app(settings_of(read_only, tmp_path))
    client = app.test_client()
    label = client.post("/api/v1/labels/text", json={"text": "正文", "provider": "x"}, headers=headers)
    again = headers | {"Idempotency-Key": "1"}
    kept = client.post("/api/v1/labels/text", json={"text": "正文", "provider": "x"}, headers=again)
    read = client.get("/api/v1/labels", headers=headers)
    ready = client.get("/readyz")
    app.extensions["mingbiao"].engine.dispose()

    assert [answer.status_code for answer in (label, kept, read, ready)] == [503, 503, 200, 503]
    assert label.get_json()["code"] == "service.not_ready"
    assert read.get_json()["items"] == []
    assert ready.get_json()["checks"]["database"] == "the database cannot be written to"


def test_a_service_whose_certificate_is_unreadable_is_not_ready(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    config = {"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_C2PA_CHAIN": missing, "MINGBIAO_C2PA_KEY": missing}
    app = create_app(config)
    answer = app.test_client().get("/readyz")
    app.extensions["mingbiao"].engine.dispose()
    assert answer.status_code == 503
    assert "signing." in answer.get_json()["checks"]["signer"]


def test_metrics_count_what_was_done(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    def value(line: str) -> float:
        text = client.get("/metrics", headers=authorised).get_data(as_text=True)
        return sum(float(found.split()[-1]) for found in text.splitlines() if found.startswith(line))

    names = (
        'mingbiao_labelings_total{format="markdown",outcome="labelled"}',
        'mingbiao_labelings_total{format="unknown",outcome="media.empty"}',
        'mingbiao_verifications_total{format="markdown",verdict="conformant"}',
    )
    before = [value(name) for name in names]
    asked = {"text": MARKDOWN, "format": "markdown", "provider": "Example-AI"}
    made = client.post("/api/v1/labels/text", json=asked, headers=authorised).get_json()
    client.post("/api/v1/labels/text", json=asked | {"text": ""}, headers=authorised)
    again = {"text": made["text"], "format": "markdown"}
    client.post("/api/v1/verifications", json=again, headers=authorised)
    assert [value(name) - earlier for name, earlier in zip(names, before, strict=True)] == [1, 1, 1]


def test_metrics_may_be_opened(tmp_path: Path) -> None:
    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_METRICS_OPEN": "true"})
    assert app.test_client().get("/metrics").status_code == 200
    app.extensions["mingbiao"].engine.dispose()


def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").get_json()
    return found


def test_the_document_says_which_addresses_need_no_key(client: FlaskClient) -> None:
    open_to_all = {
        f"{method.upper()} {path}"
        for path, operations in document(client)["paths"].items()
        for method, operation in operations.items()
        if method != "parameters" and operation.get("security") == []
    }
    assert open_to_all == {"GET /api/v1/report-keys"}


def test_the_document_is_valid_openapi(client: FlaskClient) -> None:
    validate(document(client), cls=OpenAPIV30SpecValidator)


def test_the_document_has_every_route_of_the_api(client: FlaskClient) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in document(client)["paths"].items()
        for method in operations
        if method != "parameters"
    }
    api = {_ARGUMENT.sub(r"{\1}", route) for route in ROUTES if "/api/v1/" in route}
    assert described == api - {"GET /api/v1/openapi.json"}


def test_the_document_has_both_bodies_and_all_refusals_of_a_labelling(client: FlaskClient) -> None:
    operation = document(client)["paths"]["/api/v1/labels"]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert set(operation["responses"]["201"]["content"]) == {"*/*", "application/json"}
    for status in ("400", "401", "403", "409", "413", "415", "422", "500", "503"):
        assert "application/problem+json" in operation["responses"][status]["content"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]


EXAMPLES = (
    "/api/v1/labels",
    "/api/v1/labels/text",
    "/api/v1/labels/{label_id}/unlabelled-copies",
    "/api/v1/propagations",
    "/api/v1/verifications",
)


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_examples_of_the_document_work(client: FlaskClient, authorised: dict[str, str], path: str) -> None:
    body = document(client)["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    label = client.post("/api/v1/labels/text", json={"text": "a", "provider": "Example-AI"}, headers=authorised)
    answer = client.post(path.format(label_id=label.get_json()["id"]), json=body["example"], headers=authorised)
    assert answer.status_code in (200, 201), answer.get_json()


def test_swagger_ui_comes_from_this_server_alone(client: FlaskClient) -> None:
    page = client.get("/docs/").get_data(as_text=True)
    assert "/api/v1/openapi.json" in page
    assert "//cdn" not in page
    with client.get("/docs/swagger-ui-bundle.js") as script:
        assert script.status_code == 200
    assert "default-src 'self'" in client.get("/docs/").headers["Content-Security-Policy"]
    assert '"validatorUrl": null' in page


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the log; each is JSON."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_the_log_has_a_line_for_a_request_and_nothing_personal(
    capsys: pytest.CaptureFixture[str], app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    configure_logging("info")
    client.get("/api/v1/labels?produce_id=geheim", headers=authorised)
    lines = logged(capsys)
    line = next(line for line in lines if line["event"] == "request")
    secret = authorised["Authorization"].split("_", 2)[2]
    assert (line["route"], line["status"], line["method"]) == ("/api/v1/labels", 200, "GET")
    assert line["key"] == authorised["Authorization"].split("_")[1]
    assert "geheim" not in str(lines)
    assert secret not in str(lines)
