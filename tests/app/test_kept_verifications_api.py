"""Reports that are kept: by choice, without the content, found again."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.database import reading, writing
from labeling.verification.signed_report import check_report
from tests.app.entries import make_key, settings_of
from tests.app.key_material import private_file
from tests.app.pictures import picture
from tests.app.test_verifications_api import follows_the_document

VERIFICATIONS = "/api/v1/verifications"


def keep(client: FlaskClient, headers: dict[str, str], words: str) -> dict[str, Any]:
    answer = client.post(VERIFICATIONS, json={"text": words, "keep": True}, headers=headers)
    assert answer.status_code == 201, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def listed(client: FlaskClient, headers: dict[str, str], **query: str) -> list[str]:
    found = client.get(VERIFICATIONS, query_string=query, headers=headers).get_json()
    return [item["id"] for item in found["items"]]


def test_a_kept_report_is_at_its_address(app_with: Callable[..., Flask], tmp_path: Path) -> None:
    app = app_with(MINGBIAO_REPORT_KEY=private_file(tmp_path, "ed25519"))
    client, headers = app.test_client(), {"Authorization": f"Bearer {make_key(app)}"}
    form = {"file": (io.BytesIO(picture()), "a.png"), "keep": "true", "visible": "false"}
    made = client.post(VERIFICATIONS, data=form, headers=headers)
    found = client.get(made.headers["Location"], headers=headers)

    assert made.status_code == 201
    assert made.headers["Location"] == f"{VERIFICATIONS}/{made.get_json()['id']}"
    assert (found.status_code, found.data) == (200, made.data)
    assert found.headers["Mingbiao-Verdict"] == "not_found"
    check_report(found.data, client.get("/api/v1/report-keys").data)
    for answer, path, method in ((made, VERIFICATIONS, "post"), (found, f"{VERIFICATIONS}/{{verification_id}}", "get")):
        follows_the_document(client, path, method, answer)


def test_a_kept_report_says_who_asked_and_when(client: FlaskClient, authorised: dict[str, str]) -> None:
    made = keep(client, authorised, "正文。")
    assert made["api_key_id"] == authorised["Authorization"].split("_")[1]
    assert made["created_at"].endswith("Z")


def test_the_content_is_not_kept(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    marker = "独一无二的正文"
    keep(client, authorised, f"{marker}。")
    with reading(app.extensions["mingbiao"].engine) as connection:
        (row,) = connection.execute(text("SELECT * FROM verifications")).all()
    assert marker not in str(row)


def test_the_ledger_is_asked_anew_for_a_kept_report(client: FlaskClient, authorised: dict[str, str]) -> None:
    made = keep(client, authorised, "正文。")
    asked = {"text": "正文。", "provider": "Example-AI"}
    label = client.post("/api/v1/labels/text", json=asked, headers=authorised).get_json()
    found = client.get(f"{VERIFICATIONS}/{made['id']}", headers=authorised).get_json()
    assert (made["ledger"]["by_sha256"], found["ledger"]["by_sha256"]) == ([], [label["id"]])
    assert made["report"] == found["report"]


def test_reports_are_listed_newest_first_page_by_page(client: FlaskClient, authorised: dict[str, str]) -> None:
    made = [keep(client, authorised, f"第{number}段。")["id"] for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(VERIFICATIONS, query_string=query, headers=authorised)
        follows_the_document(client, VERIFICATIONS, "get", answer)
        found = answer.get_json()
        seen += [item["id"] for item in found["items"]]
        cursor = found["next"]
    assert (seen, cursor) == (made[::-1], None)


def test_reports_are_found_by_what_is_known_of_them(client: FlaskClient, authorised: dict[str, str]) -> None:
    one, two = keep(client, authorised, "正文。"), keep(client, authorised, "（本内容由AI生成）正文。")
    assert listed(client, authorised, sha256=one["report"]["input"]["sha256"].upper()) == [one["id"]]
    assert listed(client, authorised, verdict="conformant") == [two["id"]]
    assert listed(client, authorised, verdict="inconclusive") == []
    assert listed(client, authorised, **{"from": two["created_at"]}) == [two["id"]]
    assert listed(client, authorised, to=two["created_at"]) == [one["id"]]


def test_a_list_has_no_reports_in_it(client: FlaskClient, authorised: dict[str, str]) -> None:
    made = keep(client, authorised, "正文。")
    (item,) = client.get(VERIFICATIONS, headers=authorised).get_json()["items"]
    assert item == {
        "id": made["id"],
        "created_at": made["created_at"],
        "api_key_id": made["api_key_id"],
        "input": made["report"]["input"],
        "verdict": "not_found",
        "format": "plain",
        "article6": "none",
        "signed": False,
    }


BAD_QUERIES = {
    "verdict": ({"verdict": "good"}, "verdict", "field.choice"),
    "hash": ({"sha256": "abc"}, "sha256", "field.sha256"),
    "cursor": ({"cursor": "***"}, "cursor", "field.cursor"),
    "unknown": ({"format": "png"}, "format", "field.unknown"),
    "repeated": ({"limit": ["1", "2"]}, "limit", "field.repeated"),
}


@pytest.mark.parametrize(("query", "field", "code"), BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_bad_query_is_refused_by_name(
    client: FlaskClient, authorised: dict[str, str], query: dict[str, Any], field: str, code: str
) -> None:
    answer = client.get(VERIFICATIONS, query_string=query, headers=authorised)
    assert [(wrong["field"], wrong["code"]) for wrong in answer.get_json()["errors"]] == [(field, code)]


@pytest.mark.parametrize("report_id", ["0" * 32, "0123", "%00", "%FF", "x" * 2000])
def test_an_unknown_report_is_not_found(client: FlaskClient, authorised: dict[str, str], report_id: str) -> None:
    answer = client.get(f"{VERIFICATIONS}/{report_id}", headers=authorised)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "verification.not_found")


def test_a_report_that_cannot_be_kept_is_not_handed_out(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    refusal = "CREATE TRIGGER broken BEFORE INSERT ON verifications BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    with writing(app.extensions["mingbiao"].engine) as connection:
        connection.execute(text(refusal))
    answer = client.post(VERIFICATIONS, json={"text": "正文。", "keep": True}, headers=authorised)
    assert (answer.status_code, answer.get_json()["code"]) == (500, "service.failed")


def test_reports_are_kept_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    from app import create_app

    app = create_app(settings_of(postgres_url, tmp_path))
    client, headers = app.test_client(), {"Authorization": f"Bearer {make_key(app)}"}
    hostile = '---\nAIGC: \'{"Label":"1","ContentProducer":"a","ProduceID":"\\u0000"}\'\n---\n'
    made = client.post(VERIFICATIONS, json={"text": hostile, "format": "markdown", "keep": True}, headers=headers)
    found = client.get(made.headers["Location"], headers=headers)
    ids = listed(client, headers, verdict=made.headers["Mingbiao-Verdict"])
    app.extensions["mingbiao"].engine.dispose()
    assert found.data == made.data
    assert found.get_json()["report"]["sites"][0]["record"]["ProduceID"] == "\0"
    assert ids == [made.get_json()["id"]]
