"""Idempotency-Key over HTTP: one row in the ledger, one answer, across threads and applications."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, update
from werkzeug.test import TestResponse

from app import create_app, ledger
from app.database import reading
from app.keys import Scope
from app.ledger import LEDGER
from app.tables import idempotent_answers
from tests.app.entries import make_key, settings_of
from tests.app.pictures import picture

LABELS = "/api/v1/labels"
#: Headers that belong to one exchange and not to the answer.
OF_THE_EXCHANGE = {"X-Request-Id", "Date"}


def send(
    client: FlaskClient, headers: dict[str, str], key: str = "key-1", data: bytes | None = None, **fields: str
) -> TestResponse:
    content = data or picture()
    form: dict[str, Any] = {"file": (io.BytesIO(content), "a.png"), **({"provider": "Example-AI"} | fields)}
    return client.post(LABELS, data=form, headers=headers | {"Idempotency-Key": key})


def rows(app: Flask) -> int:
    with reading(app.extensions["mingbiao"].engine) as connection:
        return LEDGER.read_head(connection).seq


def lasting(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_EXCHANGE}


def test_the_same_request_gets_the_same_answer_and_one_row(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    first, second = send(client, authorised), send(client, authorised)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert lasting(first) == lasting(second)
    assert rows(app) == 1


def test_without_the_header_each_request_is_its_own(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    asked = {"text": "正文。", "provider": "Example-AI"}
    made = [client.post(f"{LABELS}/text", json=asked, headers=authorised).get_json()["id"] for _ in range(2)]
    assert made[0] != made[1]
    assert rows(app) == 2


OTHERS: dict[str, dict[str, Any]] = {"file": {"data": picture(shade=9)}, "field": {"words": "人工智能生成"}}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_request_with_the_same_key_conflicts(
    app: Flask, client: FlaskClient, authorised: dict[str, str], other: dict[str, Any]
) -> None:
    send(client, authorised)
    answer = send(client, authorised, **other)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "idempotency.key_reused")
    assert rows(app) == 1


def test_the_same_key_of_two_api_keys_is_two(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    other = {"Authorization": f"Bearer {make_key(app, Scope.LABELS_WRITE)}"}
    assert send(client, authorised).data != send(client, other, data=picture(shade=1)).data
    assert rows(app) == 2


def test_the_same_content_at_another_address_conflicts(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    headers = authorised | {"Idempotency-Key": "key-1"}
    form = {"file": (io.BytesIO("正文。".encode()), "a.txt"), "provider": "Example-AI"}
    assert client.post(LABELS, data=form, headers=headers).status_code == 201
    answer = client.post(f"{LABELS}/text", json={"text": "正文。", "provider": "Example-AI"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "idempotency.key_reused")
    assert rows(app) == 1


def test_an_answer_whose_lease_was_taken_over_is_not_handed_out(
    app: Flask, client: FlaskClient, authorised: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    append = ledger.append

    def lose_the_lease(connection: Connection, entry: ledger.Entry) -> ledger.Row:
        connection.execute(update(idempotent_answers).values(owner="another"))
        return append(connection, entry)

    monkeypatch.setattr(ledger, "append", lose_the_lease)
    answer = send(client, authorised)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "idempotency.in_progress")
    assert rows(app) == 0


def test_a_refused_request_does_not_use_up_its_key(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    bad = {"file": (io.BytesIO(picture()[:300]), "a.png"), "provider": "Example-AI"}
    refused = client.post(LABELS, data=bad, headers=authorised | {"Idempotency-Key": "key-1"})
    assert refused.status_code == 422
    assert send(client, authorised).status_code == 201
    assert rows(app) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"], ids=["empty", "long", "not-ascii", "control"])
def test_a_key_that_cannot_be_one_is_refused(client: FlaskClient, authorised: dict[str, str], key: str) -> None:
    answer = send(client, authorised, key=key)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency.key_invalid")


def test_requests_at_once_on_two_machines_are_done_once(database_url: str, tmp_path: Path) -> None:
    # Two applications share the database as two machines would; the data folder is each one's own.
    apps = [create_app(settings_of(database_url, tmp_path / name)) for name in "ab"]
    headers = {"Authorization": f"Bearer {make_key(apps[0], Scope.LABELS_WRITE)}"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(apps[number % 2].test_client(), headers), range(8)))
    last = send(apps[1].test_client(), headers)

    assert rows(apps[0]) == 1
    for app in apps:
        app.extensions["mingbiao"].engine.dispose()
    done = [answer for answer in answers if answer.status_code == 201]
    held = [answer for answer in answers if answer.status_code != 201]
    assert done
    assert {answer.data for answer in done} == {last.data}
    assert all(answer.get_json()["code"] == "idempotency.in_progress" for answer in held)
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in held)


def test_a_kept_answer_survives_a_restart(tmp_path: Path) -> None:
    headers: dict[str, str] = {}
    bodies = []
    for _ in range(2):
        app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_LOG_LEVEL": "error"})
        headers = headers or {"Authorization": f"Bearer {make_key(app, Scope.LABELS_WRITE)}"}
        bodies.append(send(app.test_client(), headers).data)
        app.extensions["mingbiao"].engine.dispose()
    assert bodies[0] == bodies[1]
