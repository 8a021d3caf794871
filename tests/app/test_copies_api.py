"""Unlabelled copies over HTTP: recorded before they are delivered, found, exported; nothing personal in the log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import clock, copy_export, create_app
from app.copy_check import check_copies
from app.database import reading, writing
from app.keys import Scope
from app.observability import configure_logging
from app.retention import kept_until
from tests.app.entries import make_key, settings_of
from tests.app.pictures import MARKDOWN

LABELS, COPIES = "/api/v1/labels", "/api/v1/unlabelled-copies"
EXPORT = f"{COPIES}/export"
ASKED: dict[str, Any] = {
    "recipient": "张三（用户 4711）",
    "agreement_version": "2026-03",
    "agreed_at": "2026-03-02T10:15:00+08:00",
    "purpose": "演示文稿",
}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on both databases."""
    application = create_app(settings_of(database_url, tmp_path) | {"MINGBIAO_LOG_LEVEL": "warning"})
    yield application
    application.extensions["mingbiao"].engine.dispose()


@pytest.fixture
def label(client: FlaskClient, authorised: dict[str, str]) -> str:
    """The address of a labelling."""
    asked = {"text": MARKDOWN, "format": "markdown", "provider": "Example-AI", "produce_id": "made-1"}
    return str(client.post(f"{LABELS}/text", json=asked, headers=authorised).headers["Location"])


def record(client: FlaskClient, headers: dict[str, str], label: str, **changes: object) -> TestResponse:
    given = {name: value for name, value in (ASKED | changes).items() if value is not None}
    return client.post(f"{label}/unlabelled-copies", json=given, headers=headers)


def head(app: Flask) -> int:
    """How many copies were recorded; their chain must hold."""
    with reading(app.extensions["mingbiao"].engine) as connection:
        report = check_copies(connection)
    assert report.whole
    return report.copies.head.seq


def problem(answer: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.data)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    return body


def wrong(answer: TestResponse) -> dict[str, str]:
    return {one["field"]: one["code"] for one in problem(answer)["errors"]}


def test_a_copy_is_recorded(app: Flask, client: FlaskClient, authorised: dict[str, str], label: str) -> None:
    before = datetime.now(UTC)
    answer = record(client, authorised, label, note="渠道：邮件")
    made = answer.get_json()

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{COPIES}/{made['id']}"
    created = clock.from_text(made["created_at"])
    assert before <= created <= datetime.now(UTC)
    assert made["retained_until"] == clock.to_text(kept_until(created, 366))
    assert made["label_id"] == label.rpartition("/")[2]
    assert made["agreed_at"] == "2026-03-02T02:15:00.000000Z"
    assert (made["recipient"], made["purpose"], made["note"]) == (ASKED["recipient"], ASKED["purpose"], "渠道：邮件")
    assert made["api_key_id"] == authorised["Authorization"].split("_")[1]
    row = client.get(answer.headers["Location"], headers=authorised).get_json()
    assert {name: row[name] for name in made} == made
    assert (row["seq"], head(app)) == (1, 1)


def test_recording_hands_out_no_content(client: FlaskClient, authorised: dict[str, str], label: str) -> None:
    answer = record(client, authorised, label)
    assert answer.headers["Content-Type"] == "application/json"
    assert "data" not in answer.get_json()
    assert "Content-Disposition" not in answer.headers


def test_the_copy_itself_is_the_content_labelled_without_its_visible_label(
    client: FlaskClient, authorised: dict[str, str], label: str
) -> None:
    """The way that the document describes: record, then label the content again with the implicit label alone."""
    record(client, authorised, label)
    asked = {"text": MARKDOWN, "format": "markdown", "provider": "Example-AI", "produce_id": "made-1"}
    made = client.post(f"{LABELS}/text", json=asked | {"visible": False}, headers=authorised).get_json()
    assert (made["visible"], made["record"]["Label"], made["record"]["ProduceID"]) == (None, "1", "made-1")


@pytest.mark.parametrize("label_id", ["0" * 32, "0123", "%00", "%FF", "x" * 2000])
def test_an_unknown_label_is_not_found(
    app: Flask, client: FlaskClient, authorised: dict[str, str], label_id: str
) -> None:
    address = f"{LABELS}/{label_id}"
    for answer in (
        record(client, authorised, address),
        client.get(f"{address}/unlabelled-copies", headers=authorised),
    ):
        assert (answer.status_code, problem(answer)["code"]) == (404, "label.not_found")
    assert head(app) == 0


def test_a_propagation_has_no_unlabelled_copies(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"text": MARKDOWN, "format": "markdown", "propagator": "Example-Platform", "declared_ai": True}
    passed_on = client.post("/api/v1/propagations", json=asked, headers=authorised).headers["Location"]
    answer = record(client, authorised, passed_on)
    assert (answer.status_code, problem(answer)["code"]) == (409, "copy.not_a_labelling")
    assert client.get(f"{passed_on}/unlabelled-copies", headers=authorised).get_json() == {"items": [], "next": None}
    assert head(app) == 0


BAD_FIELDS: dict[str, tuple[dict[str, object], str, str]] = {
    "empty": ({"recipient": ""}, "recipient", "field.length"),
    "blank": ({"recipient": " \u3000"}, "recipient", "field.blank"),
    "punctuation": ({"agreement_version": "--"}, "agreement_version", "field.blank"),
    "long": ({"recipient": "x" * 257}, "recipient", "field.length"),
    "long-purpose": ({"purpose": "x" * 1001}, "purpose", "field.length"),
    "lines": ({"note": "a\nb"}, "note", "field.characters"),
    "nul": ({"recipient": "a\x00"}, "recipient", "field.characters"),
    "surrogate": ({"recipient": "a\ud800"}, "recipient", "field.characters"),
    "turned-around": ({"recipient": "a\u202eb"}, "recipient", "field.characters"),
    "number": ({"agreement_version": 3}, "agreement_version", "field.type"),
    "list": ({"recipient": ["a"]}, "recipient", "field.type"),
    "no-time": ({"agreed_at": "yesterday"}, "agreed_at", "field.time"),
    "number-as-time": ({"agreed_at": 1772417700}, "agreed_at", "field.time"),
    "no-such-day": ({"agreed_at": "2026-02-29"}, "agreed_at", "field.time"),
    "before-time": ({"agreed_at": "0001-01-01T00:00:00+08:00"}, "agreed_at", "field.time"),
    "unknown": ({"recipient_name": "x"}, "recipient_name", "field.unknown"),
}


@pytest.mark.parametrize(("changes", "field", "code"), BAD_FIELDS.values(), ids=BAD_FIELDS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_field_is_refused_by_name(
    app: Flask,
    client: FlaskClient,
    authorised: dict[str, str],
    label: str,
    changes: dict[str, object],
    field: str,
    code: str,
) -> None:
    answer = record(client, authorised, label, **changes)
    assert (answer.status_code, wrong(answer)) == (422, {field: code})
    assert head(app) == 0


def test_all_bad_fields_are_told_at_once(client: FlaskClient, authorised: dict[str, str], label: str) -> None:
    answer = client.post(f"{label}/unlabelled-copies", json={"note": None, "colour": 1}, headers=authorised)
    assert wrong(answer) == {
        "recipient": "field.required",
        "agreement_version": "field.required",
        "agreed_at": "field.required",
        "purpose": "field.required",
        "note": "field.null",
        "colour": "field.unknown",
    }


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(minutes=6), timedelta(days=365)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_has_agreed_in_the_future(
    client: FlaskClient, authorised: dict[str, str], label: str, ahead: timedelta
) -> None:
    answer = record(client, authorised, label, agreed_at=(datetime.now(UTC) + ahead).isoformat())
    if ahead < timedelta(minutes=5):
        assert answer.status_code == 201
    else:
        assert wrong(answer) == {"agreed_at": "field.future"}


BODIES = {
    "form": ({"data": {"recipient": "x"}}, 415, "request.content_type"),
    "not-json": ({"data": b"{", "content_type": "application/json"}, 400, "request.malformed_json"),
    "not-an-object": ({"json": []}, 400, "request.malformed_json"),
    "twice": (
        {"data": b'{"note": "a", "note": "b"}', "content_type": "application/json"},
        422,
        "request.invalid",
    ),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_body_that_is_none_is_refused(
    client: FlaskClient, authorised: dict[str, str], label: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"{label}/unlabelled-copies", headers=authorised, **body)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


def test_the_same_request_is_recorded_once(
    app: Flask, client: FlaskClient, authorised: dict[str, str], label: str
) -> None:
    headers = authorised | {"Idempotency-Key": "key-1"}
    first, second = record(client, headers, label), record(client, headers, label)
    assert (first.status_code, first.data, first.headers["Location"]) == (201, second.data, second.headers["Location"])
    other = record(client, headers, label, recipient="李四")
    assert (other.status_code, problem(other)["code"]) == (409, "idempotency.key_reused")
    assert record(client, authorised, label).status_code == 201
    assert head(app) == 2


def test_the_same_key_for_another_label_conflicts(
    app: Flask, client: FlaskClient, authorised: dict[str, str], label: str
) -> None:
    asked = {"text": "正文。", "provider": "Example-AI"}
    second = client.post(f"{LABELS}/text", json=asked, headers=authorised).headers["Location"]
    headers = authorised | {"Idempotency-Key": "key-1"}
    assert record(client, headers, label).status_code == 201
    assert problem(record(client, headers, second))["code"] == "idempotency.key_reused"
    assert head(app) == 1


def test_requests_at_once_are_recorded_once(app: Flask, authorised: dict[str, str], label: str) -> None:
    headers = authorised | {"Idempotency-Key": "key-1"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: record(app.test_client(), headers, label), range(4)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    last = record(app.test_client(), headers, label)
    assert {answer.data for answer in answers if answer.status_code == 201} == {last.data}
    assert head(app) == 1


def test_threads_record_without_losing_a_row(app: Flask, authorised: dict[str, str], label: str) -> None:
    def work(number: int) -> str:
        answer = record(app.test_client(), authorised, label, recipient=f"用户 {number}")
        assert answer.status_code == 201
        return str(answer.get_json()["id"])

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(work, range(24)))
    assert (len(made), head(app)) == (24, 24)


def test_records_are_listed_newest_first_page_by_page(
    client: FlaskClient, authorised: dict[str, str], label: str
) -> None:
    made = [record(client, authorised, label, recipient=f"用户 {number}").get_json()["id"] for number in range(5)]
    for address in (COPIES, f"{label}/unlabelled-copies"):
        seen: list[str] = []
        cursor = None
        for _ in range(3):
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = client.get(address, query_string=query, headers=authorised).get_json()
            seen += [row["id"] for row in page["items"]]
            cursor = page["next"]
        assert (seen, cursor) == (made[::-1], None)


def test_records_are_found_by_what_is_known_of_them(
    client: FlaskClient, authorised: dict[str, str], label: str
) -> None:
    asked = {"text": "正文。", "provider": "Example-AI"}
    second = client.post(f"{LABELS}/text", json=asked, headers=authorised).headers["Location"]
    one, two = (record(client, authorised, address).get_json() for address in (label, second))
    other = record(client, authorised, label, recipient="李四").get_json()

    def found(address: str = COPIES, **query: str) -> list[str]:
        page = client.get(address, query_string=query, headers=authorised).get_json()
        exported = client.get(EXPORT, query_string=query, headers=authorised | {"Accept": "application/x-ndjson"})
        if address == COPIES:
            lines = [json.loads(line)["id"] for line in exported.data.splitlines()]
            assert lines == [row["id"] for row in page["items"]][::-1]
        return [row["id"] for row in page["items"]]

    assert found(label_id=second.rpartition("/")[2]) == [two["id"]]
    assert found(recipient="李四") == [other["id"]]
    assert found(recipient=ASKED["recipient"], label_id=label.rpartition("/")[2]) == [one["id"]]
    assert found(**{"from": two["created_at"]}) == [other["id"], two["id"]]
    assert found(to=two["created_at"]) == [one["id"]]
    assert found(to="2020-01-01") == []
    assert found(f"{label}/unlabelled-copies") == [other["id"], one["id"]]
    assert found(f"{label}/unlabelled-copies", recipient="李四") == [other["id"]]


BAD_QUERIES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "unknown": (COPIES, {"label": "x"}, {"label": "field.unknown"}),
    "repeated": (COPIES, {"recipient": ["a", "b"]}, {"recipient": "field.repeated"}),
    "time": (COPIES, {"from": "yesterday"}, {"from": "field.time"}),
    "limit": (COPIES, {"limit": "201"}, {"limit": "field.range"}),
    "cursor": (COPIES, {"cursor": "***"}, {"cursor": "field.cursor"}),
    "nul": (COPIES, {"recipient": "a\x00"}, {"recipient": "field.characters"}),
    "pages-of-an-export": (
        EXPORT,
        {"limit": "2", "cursor": "x"},
        {"limit": "field.unknown", "cursor": "field.unknown"},
    ),
    "export-time": (EXPORT, {"to": "2026-13-01"}, {"to": "field.time"}),
}


@pytest.mark.parametrize(("address", "query", "expected"), BAD_QUERIES.values(), ids=BAD_QUERIES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_query_is_refused_by_name(
    client: FlaskClient, authorised: dict[str, str], address: str, query: dict[str, Any], expected: dict[str, str]
) -> None:
    assert wrong(client.get(address, query_string=query, headers=authorised)) == expected


@pytest.mark.parametrize("copy_id", ["0" * 32, "0123", "%00", "x" * 2000])
def test_an_unknown_copy_is_not_found(client: FlaskClient, authorised: dict[str, str], copy_id: str) -> None:
    answer = client.get(f"{COPIES}/{copy_id}", headers=authorised)
    assert (answer.status_code, problem(answer)["code"]) == (404, "copy.not_found")


def test_the_export_is_a_file_for_a_spreadsheet(client: FlaskClient, authorised: dict[str, str], label: str) -> None:
    made = record(client, authorised, label, note="=cmd|'/c calc'!A0").get_json()
    answer = client.get(EXPORT, headers=authorised)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="unlabelled-copies.csv"'
    assert "Content-Length" not in answer.headers
    assert answer.data.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert tuple(row) == copy_export.COLUMNS
    assert row["note"] == "'=cmd|'/c calc'!A0"
    assert {name: row[name] for name in ("id", "recipient", "purpose", "retained_until")} == {
        name: made[name] for name in ("id", "recipient", "purpose", "retained_until")
    }
    assert (row["produce_id"], row["provider"], row["format"]) == ("made-1", "Example-AI", "markdown")


ACCEPTS = {
    "nothing": ("", "text/csv"),
    "anything": ("*/*", "text/csv"),
    "csv": ("text/csv", "text/csv"),
    "lines": ("application/x-ndjson", "application/x-ndjson"),
    "lines-first": ("text/csv;q=0.5, application/x-ndjson", "application/x-ndjson"),
    "other": ("application/json", "text/csv"),
}


@pytest.mark.parametrize(("accept", "kind"), ACCEPTS.values(), ids=ACCEPTS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_export_is_of_the_type_that_is_preferred(
    client: FlaskClient, authorised: dict[str, str], accept: str, kind: str
) -> None:
    answer = client.get(EXPORT, headers=authorised | {"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    assert answer.data == (copy_export.CSV.head if kind == "text/csv" else b"")
    assert client.head(EXPORT, headers=authorised | {"Accept": accept}).status_code == 200


def test_the_export_is_sent_in_pieces_and_gives_its_connection_back(
    app: Flask, client: FlaskClient, authorised: dict[str, str], label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.copy_log.BATCH", 2)
    for number in range(5):
        record(client, authorised, label, recipient=f"用户 {number}")
    pool = app.extensions["mingbiao"].engine.pool
    answer = client.get(EXPORT, headers=authorised, buffered=False)
    pieces = iter(answer.response)
    assert next(pieces).count(b"\r\n") == 3
    assert pool.checkedout() == 1
    answer.close()
    assert pool.checkedout() == 0
    whole = client.get(EXPORT, headers=authorised, buffered=False)
    assert [piece.count(b"\r\n") for piece in whole.response] == [3, 2, 1]
    whole.close()
    assert pool.checkedout() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_that_the_database_refuses_says_so(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    with writing(app.extensions["mingbiao"].engine) as connection:
        connection.execute(text("DROP TABLE unlabelled_copies"))
    answer = client.get(EXPORT, headers=authorised)
    assert (answer.status_code, problem(answer)["code"]) == (503, "service.not_ready")


def scope_routes(label: str) -> dict[str, tuple[str, str]]:
    return {
        "copies:write": ("POST", f"{label}/unlabelled-copies"),
        "copies:read": ("GET", COPIES),
        "copies:export": ("GET", EXPORT),
    }


@pytest.mark.parametrize("scope", [Scope.COPIES_WRITE, Scope.COPIES_READ, Scope.COPIES_EXPORT])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writing_reading_and_exporting_are_three_scopes(
    app: Flask, client: FlaskClient, label: str, scope: Scope
) -> None:
    headers = {"Authorization": f"Bearer {make_key(app, scope)}"}
    for needed, (method, path) in scope_routes(label).items():
        body = {"json": ASKED} if method == "POST" else {}
        answer = client.open(path, method=method, headers=headers, **body)
        assert (answer.status_code < 300) is (needed == scope), (needed, answer.status_code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_recorded_when_the_log_cannot_be_written(
    app: Flask, client: FlaskClient, authorised: dict[str, str], label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(app.extensions["mingbiao"].engine) as connection:
        statement = "CREATE TRIGGER broken BEFORE INSERT ON unlabelled_copies BEGIN SELECT RAISE(ABORT, 'full'); END"
        connection.execute(text(statement))
    configure_logging("info")
    answer = record(client, authorised, label)
    assert (answer.status_code, problem(answer)["code"]) == (500, "service.failed")
    assert "张三" not in capsys.readouterr().err
    assert head(app) == 0


def test_the_log_of_the_service_has_nothing_personal(
    client: FlaskClient, authorised: dict[str, str], label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("debug")
    headers = authorised | {"Idempotency-Key": "key-1"}
    copy = record(client, headers, label).headers["Location"]
    record(client, headers, label, purpose="geheim")
    record(client, authorised, label, note="geheim\n")
    for address in (COPIES, f"{label}/unlabelled-copies", copy, EXPORT):
        client.get(address, query_string={"recipient": ASKED["recipient"]}, headers=authorised)
    logged = capsys.readouterr().err
    assert logged.count('"event": "request"') == 7
    assert not any(word in logged for word in ("张三", "4711", "geheim", "演示"))
    assert not any(word.encode("unicode_escape").decode() in logged for word in ("张三", "演示"))
