"""`POST /api/v1/propagations`: what a platform passes on, and what the ledger says of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import create_app
from app.database import reading, writing
from app.keys import Scope
from app.ledger import LEDGER
from app.ledger_check import check_chain
from labeling import verify
from labeling.model import Format
from labeling.report import CredentialPresence, Integrity, Verdict, VisibleAnswer, VisibleLabels
from tests.app.entries import make_key, settings_of
from tests.app.key_material import private_file
from tests.app.pictures import HTML, MARKDOWN, picture
from tests.labeling.test_verification import png

LABELS, PROPAGATIONS = "/api/v1/labels", "/api/v1/propagations"
PRODUCER, PLATFORM = "Example-AI", "Example-Platform"

#: Reading pictures takes long and is tested where it is done.
BLIND = {"MINGBIAO_READ_VISIBLE": "off"}


@pytest.fixture
def app(app_with: Callable[..., Flask]) -> Flask:
    return app_with(**BLIND)


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on both databases."""
    application = create_app(settings_of(database_url, tmp_path) | BLIND)
    yield application
    application.extensions["mingbiao"].engine.dispose()


def key_of(app: Flask) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_key(app)}"}


def send(client: FlaskClient, headers: dict[str, str], name: str, data: bytes, **fields: str) -> TestResponse:
    form: dict[str, Any] = {"file": (io.BytesIO(data), name), **({"propagator": PLATFORM} | fields)}
    return client.post(PROPAGATIONS, data=form, headers=headers)


def labelled(client: FlaskClient, headers: dict[str, str], name: str, data: bytes, **fields: str) -> TestResponse:
    form = {"file": (io.BytesIO(data), name), "provider": PRODUCER, "produce_id": "made-1", **fields}
    return client.post(LABELS, data=form, headers=headers)


def rows(app: Flask) -> int:
    """How many rows the ledger has; its chain must hold."""
    with reading(app.extensions["mingbiao"].engine) as connection:
        assert check_chain(connection).broken is None
        return LEDGER.read_head(connection).seq


def problem(answer: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.data)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    return body


FILES = {
    "jpeg": ("a.jpg", picture("JPEG"), Format.JPEG, "image/jpeg"),
    "png": ("a.png", picture("PNG"), Format.PNG, "image/png"),
    "webp": ("a.webp", picture("WEBP"), Format.WEBP, "image/webp"),
    "gif": ("a.gif", picture("GIF"), Format.GIF, "image/gif"),
    "tiff": ("a.tiff", picture("TIFF"), Format.TIFF, "image/tiff"),
    "markdown": ("a.md", MARKDOWN.encode(), Format.MARKDOWN, "text/markdown"),
    "html": ("a.html", HTML.encode(), Format.HTML, "text/html"),
}


@pytest.mark.parametrize(("name", "data", "fmt", "media_type"), FILES.values(), ids=FILES)
def test_a_labelled_file_comes_back_with_the_platforms_elements(
    client: FlaskClient, authorised: dict[str, str], name: str, data: bytes, fmt: Format, media_type: str
) -> None:
    source = labelled(client, authorised, name, data)
    answer = send(client, authorised, name, source.data, propagate_id="passed-1")

    assert (answer.status_code, answer.headers["Content-Type"]) == (201, media_type)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Mingbiao-Propagate-Id"] == "passed-1"
    report = verify(answer.data, format=fmt)
    record = report.sites[0].record
    assert (report.verdict, len(report.sites)) == (Verdict.CONFORMANT, 1)
    assert record is not None
    assert (record.label, record.content_producer, record.produce_id) == ("1", PRODUCER, "made-1")
    assert (record.content_propagator, record.propagate_id) == (PLATFORM, "passed-1")


def test_the_ledger_says_what_was_passed_on(served: Flask) -> None:
    client, headers = served.test_client(), key_of(served)
    source = labelled(client, headers, "a.jpg", picture("JPEG"))
    answer = send(client, headers, "a.jpg", source.data, propagate_id="passed-1", declared_ai="true", c2pa="false")
    row = client.get(answer.headers["Location"], headers=headers).get_json()

    assert answer.headers["Location"] == f"{LABELS}/{answer.headers['Mingbiao-Label-Id']}"
    assert (row["kind"], row["seq"], row["label"], row["visible"]) == ("propagation", 2, "1", None)
    assert (row["provider"], row["produce_id"], row["propagate_id"]) == (PRODUCER, "made-1", "passed-1")
    assert row["record"]["ContentPropagator"] == PLATFORM
    assert row["options"] == {"c2pa": False, "declared_ai": True, "format": "jpeg", "propagator": PLATFORM}
    assert row["input"] == {"sha256": hashlib.sha256(source.data).hexdigest(), "bytes": len(source.data)}
    assert row["output"] == {"sha256": hashlib.sha256(answer.data).hexdigest(), "bytes": len(answer.data)}
    assert "credential.broken" in answer.headers["Mingbiao-Notices"]
    assert rows(served) == 2


def test_rows_are_found_by_what_was_done(served: Flask) -> None:
    client, headers = served.test_client(), key_of(served)
    made = labelled(client, headers, "a.md", MARKDOWN.encode())
    passed = send(client, headers, "a.md", made.data, propagate_id="passed-1")
    label_id, passed_id = made.headers["Mingbiao-Label-Id"], passed.headers["Mingbiao-Label-Id"]

    def found(**query: str) -> list[str]:
        page = client.get(LABELS, query_string=query, headers=headers).get_json()
        return [row["id"] for row in page["items"]]

    assert found(kind="labelling") == [label_id]
    assert found(kind="propagation") == [passed_id]
    assert found(produce_id="made-1") == [passed_id, label_id]
    assert found(produce_id="made-1", kind="labelling") == [label_id]
    assert found(propagate_id="passed-1") == [passed_id]
    assert client.get(made.headers["Location"], headers=headers).get_json()["kind"] == "labelling"
    wrong = problem(client.get(LABELS, query_string={"kind": "verification"}, headers=headers))
    assert [(one["field"], one["code"]) for one in wrong["errors"]] == [("kind", "field.choice")]


def test_a_file_may_come_as_base64_and_go_as_json(client: FlaskClient, authorised: dict[str, str]) -> None:
    source = labelled(client, authorised, "a.png", picture()).data
    for name in ("image", "b64_json"):
        asked = {name: base64.b64encode(source).decode(), "propagator": PLATFORM}
        answer = client.post(PROPAGATIONS, json=asked, headers=authorised | {"Accept": "application/json"})
        made = answer.get_json()
        passed_on = base64.b64decode(made["data"])

        assert (answer.status_code, made["format"], made["media_type"]) == (201, "png", "image/png")
        assert made["kept_record"] is True
        assert made["record"]["PropagateID"] == made["propagate_id"] == answer.headers["Mingbiao-Propagate-Id"]
        assert made["output"]["sha256"] == hashlib.sha256(passed_on).hexdigest()
        assert made["credential"]["has_parent"] is True
        assert "credential.development" in [notice["code"] for notice in made["notices"]]
        assert verify(passed_on).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(
    ("grounds", "label"),
    [({"declared_ai": True}, "2"), ({"suspected": True}, "3"), ({"declared_ai": True, "suspected": True}, "2")],
    ids=["declared", "suspected", "both"],
)
def test_a_text_without_a_record_gets_one_where_something_speaks_for_it(
    client: FlaskClient, authorised: dict[str, str], grounds: dict[str, bool], label: str
) -> None:
    asked = {"text": MARKDOWN, "format": "markdown", "propagator": PLATFORM, **grounds}
    answer = client.post(PROPAGATIONS, json=asked, headers=authorised | {"Accept": "application/json"})
    made = answer.get_json()
    assert (answer.status_code, made["record"]["Label"], made["kept_record"]) == (201, label, False)
    assert (made["record"]["ContentProducer"], made["record"]["ProduceID"]) == ("", "")
    row = client.get(answer.headers["Location"], headers=authorised).get_json()
    assert (row["provider"], row["produce_id"], row["label"]) == ("", "", label)


class Seeing:
    """Sees a label on every picture, and counts how often it looked."""

    def __init__(self) -> None:
        self.looked = 0

    def recognise(self, *_: object) -> VisibleLabels:
        self.looked += 1
        return VisibleLabels(VisibleAnswer.CONFORMING)


def test_a_visible_label_that_is_seen_is_ground_enough(
    app_with: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing = Seeing()
    monkeypatch.setattr("app.service.make_recogniser", lambda _: seeing)
    app = app_with()
    client, headers = app.test_client(), key_of(app)
    seen = send(client, headers, "a.png", picture())
    unseen = send(client, headers, "a.png", picture(), visible="false")
    assert (seen.status_code, unseen.status_code, seeing.looked) == (201, 422, 1)
    assert client.get(seen.headers["Location"], headers=headers).get_json()["label"] == "3"
    assert problem(unseen)["code"] == "propagation.not_due"


def test_a_picture_is_looked_at_only_where_nothing_else_decides(
    app_with: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing = Seeing()
    monkeypatch.setattr("app.service.make_recogniser", lambda _: seeing)
    app = app_with()
    client, headers = app.test_client(), key_of(app)
    recorded = send(client, headers, "a.png", labelled(client, headers, "a.png", picture()).data)
    declared = send(client, headers, "a.png", picture(), declared_ai="true")
    suspected = send(client, headers, "a.png", picture(), suspected="true")
    broken = send(client, headers, "a.png", png((b"AIGC", b"{")))
    assert [answer.status_code for answer in (recorded, declared, suspected, broken)] == [201, 201, 201, 422]
    assert seeing.looked == 0


def test_the_credential_is_continued_or_left_out(client: FlaskClient, authorised: dict[str, str]) -> None:
    source = labelled(client, authorised, "a.jpg", picture("JPEG")).data
    continued = send(client, authorised, "a.jpg", source)
    assert verify(continued.data).credential.manifests == 2
    plain = labelled(client, authorised, "a.jpg", picture("JPEG"), c2pa="false").data
    without = send(client, authorised, "a.jpg", plain, c2pa="false")
    assert verify(without.data).credential.presence is CredentialPresence.ABSENT


def test_the_elements_are_signed_where_the_service_has_a_key(app_with: Callable[..., Flask], tmp_path: Path) -> None:
    app = app_with(MINGBIAO_RECORD_KEY=private_file(tmp_path, "rsa"), **BLIND)
    client, headers = app.test_client(), key_of(app)
    source = labelled(client, headers, "a.png", picture(), sign_record="false").data
    by_default, refused = (
        send(client, headers, "a.png", source),
        send(client, headers, "a.png", source, sign_record="no"),
    )
    signed = verify(by_default.data).integrity
    assert [(one.field, one.result) for one in signed] == [("ReservedCode2", Integrity.CONSISTENT)]
    assert refused.status_code == 201
    assert verify(refused.data).sites[0].record.reserved_code2 == ""  # type: ignore[union-attr]


def test_signing_without_a_key_is_refused_by_name(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    wrong = problem(send(client, authorised, "a.md", MARKDOWN.encode(), declared_ai="true", sign_record="true"))
    assert [(one["field"], one["code"]) for one in wrong["errors"]] == [("sign_record", "field.not_configured")]
    assert rows(app) == 0


def test_a_platform_of_the_service_stands_in(app_with: Callable[..., Flask]) -> None:
    app = app_with(MINGBIAO_PROPAGATOR="House-Platform", **BLIND)
    asked = {"text": MARKDOWN, "format": "markdown", "declared_ai": True}
    headers = key_of(app) | {"Accept": "application/json"}
    made = app.test_client().post(PROPAGATIONS, json=asked, headers=headers).get_json()
    assert made["record"]["ContentPropagator"] == "House-Platform"


def record(**changes: object) -> bytes:
    fields = {
        "Label": "1",
        "ContentProducer": PRODUCER,
        "ProduceID": "made-1",
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return json.dumps(fields | changes).encode()


REFUSED_FILES = {
    "not-due": ("a.png", picture(), {}, 422, "propagation.not_due"),
    "ambiguous": ("a.png", png((b"AIGC", record()), (b"AIGC", record(Label="2"))), {}, 409, "propagation.ambiguous"),
    "unreadable": ("a.png", png((b"AIGC", b"{")), {}, 422, "propagation.not_readable"),
    "surrogate": ("a.png", png((b"AIGC", record(ProduceID="made-\ud800"))), {}, 422, "propagation.not_readable"),
    "no-producer": ("a.png", png((b"AIGC", record(ContentProducer=""))), {}, 422, "propagation.not_readable"),
    "plain-text": ("a.txt", "正文".encode(), {"declared_ai": "true"}, 422, "declaration.record_unsupported"),
    "empty": ("a.png", b"", {}, 400, "media.empty"),
    "unknown": ("a", b"\x00\x01\x02\x03" * 9, {}, 415, "media.unrecognised"),
    "not-written-yet": ("a", b"%PDF-1.7\n\x00", {"declared_ai": "true"}, 415, "media.unsupported"),
    "truncated": ("a.png", picture()[:500], {"declared_ai": "true"}, 422, "media.truncated"),
    "wrong-extension": ("a.jpg", picture(), {"declared_ai": "true"}, 422, "media.format_mismatch"),
}


@pytest.mark.parametrize(("name", "data", "fields", "status", "code"), REFUSED_FILES.values(), ids=REFUSED_FILES)
def test_what_cannot_be_passed_on_is_refused_and_not_written_down(
    app: Flask,
    client: FlaskClient,
    authorised: dict[str, str],
    name: str,
    data: bytes,
    fields: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = send(client, authorised, name, data, **fields)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)
    assert rows(app) == 0


BAD_FIELDS = {
    "propagator": ({"propagator": "某某"}, "propagator", "declaration.provider_charset"),
    "propagate-id": ({"propagate_id": "a b"}, "propagate_id", "declaration.produce_id_charset"),
    "long": ({"propagate_id": "x" * 300}, "propagate_id", "field.length"),
    "declared": ({"declared_ai": "perhaps"}, "declared_ai", "field.type"),
    "suspected": ({"suspected": "2"}, "suspected", "field.type"),
    "unknown": ({"provider": "x"}, "provider", "field.unknown"),
    "format": ({"format": "pdf"}, "format", "field.choice"),
}


@pytest.mark.parametrize(("fields", "field", "code"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_a_bad_field_is_refused_by_name(
    app: Flask, client: FlaskClient, authorised: dict[str, str], fields: dict[str, str], field: str, code: str
) -> None:
    body = problem(send(client, authorised, "a.png", picture(), **fields))
    assert (body["status"], [(one["field"], one["code"]) for one in body["errors"]]) == (422, [(field, code)])
    assert rows(app) == 0


def test_all_bad_fields_are_told_at_once(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"image": "%%%", "text": "a", "propagate_id": "a b", "declared_ai": None, "colour": 1}
    body = problem(client.post(PROPAGATIONS, json=asked, headers=authorised))
    assert {one["field"]: one["code"] for one in body["errors"]} == {
        "image": "field.base64",
        "text": "field.exclusive",
        "propagate_id": "declaration.produce_id_charset",
        "declared_ai": "field.null",
        "colour": "field.unknown",
        "propagator": "field.required",
    }


HOSTILE = {
    "nul": {"ProduceID": "made\x00-1", "ContentProducer": "a\x00"},
    "line-break": {"ProduceID": "made\r\nSet-Cookie: a=b"},
    "long": {"ProduceID": "".join(f"{number:x}" for number in range(9000))},
    "chinese": {"ProduceID": "图/1", "ContentProducer": "某某科技有限公司"},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_producer_wrote_is_passed_on_and_written_down(served: Flask, changes: dict[str, str]) -> None:
    client, headers = served.test_client(), key_of(served)
    answer = send(client, headers, "a.png", png((b"AIGC", record(**changes))), c2pa="false")
    assert answer.status_code == 201, answer.get_json()
    assert "Set-Cookie" not in answer.headers
    row = client.get(answer.headers["Location"], headers=headers).get_json()
    assert {name: row["record"][name] for name in changes} == changes
    chinese = "图/1" in changes.values()
    assert (row["produce_id"], row["provider"]) == (
        (changes["ProduceID"], changes["ContentProducer"])
        if chinese
        else ("", "" if "ContentProducer" in changes else PRODUCER)
    )
    as_json = send(client, headers | {"Accept": "application/json"}, "a.png", png((b"AIGC", record(**changes))))
    assert as_json.get_json()["record"]["ProduceID"] == changes["ProduceID"]
    assert rows(served) == 2


def again(client: FlaskClient, headers: dict[str, str], key: str = "key-1", **fields: str) -> TestResponse:
    fields = {"declared_ai": "true"} | fields
    return send(client, headers | {"Idempotency-Key": key}, "a.md", MARKDOWN.encode(), **fields)


def test_the_same_request_gets_the_same_answer_and_one_row(served: Flask) -> None:
    client, headers = served.test_client(), key_of(served)
    first, second = again(client, headers), again(client, headers)
    assert (first.status_code, first.data, first.headers["Location"]) == (201, second.data, second.headers["Location"])
    assert rows(served) == 1
    other = again(client, headers, suspected="true")
    assert (other.status_code, problem(other)["code"]) == (409, "idempotency.key_reused")


def test_a_key_of_a_labelling_is_not_one_of_a_propagation(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    headers = authorised | {"Idempotency-Key": "key-1"}
    source = labelled(client, headers, "a.md", MARKDOWN.encode())
    assert source.status_code == 201
    answer = send(client, headers, "a.md", MARKDOWN.encode(), declared_ai="true")
    assert (answer.status_code, problem(answer)["code"]) == (409, "idempotency.key_reused")
    assert rows(app) == 1


def test_a_refused_request_does_not_use_up_its_key(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    assert again(client, authorised, declared_ai="false").status_code == 422
    assert again(client, authorised).status_code == 201
    assert rows(app) == 1


def test_requests_at_once_are_done_once(served: Flask) -> None:
    headers = key_of(served)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: again(served.test_client(), headers), range(4)))
    last = again(served.test_client(), headers)
    assert rows(served) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.data for answer in answers if answer.status_code == 201} == {last.data}


def test_threads_label_and_pass_on_without_losing_a_row(served: Flask) -> None:
    headers = key_of(served)

    def work(number: int) -> int:
        client = served.test_client()
        kind = send if number % 2 else labelled
        fields = {"declared_ai": "true"} if number % 2 else {}
        return kind(client, headers, "a.md", MARKDOWN.encode(), **fields).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(20))) == {201}
    assert rows(served) == 20
    with reading(served.extensions["mingbiao"].engine) as connection:
        kinds = connection.execute(text("SELECT kind, count(*) FROM labelings GROUP BY kind ORDER BY kind")).all()
    assert [tuple(kind) for kind in kinds] == [("labelling", 10), ("propagation", 10)]


def test_nothing_is_handed_out_when_the_ledger_cannot_be_written(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    with writing(app.extensions["mingbiao"].engine) as connection:
        connection.execute(
            text("CREATE TRIGGER broken BEFORE INSERT ON labelings BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        )
    answer = send(client, authorised, "a.md", MARKDOWN.encode(), declared_ai="true")
    assert (answer.status_code, problem(answer)["code"]) == (500, "service.failed")
    assert "disk" not in answer.get_data(as_text=True)


def test_passing_on_wants_its_own_scope(app: Flask, client: FlaskClient) -> None:
    own = {"Authorization": f"Bearer {make_key(app, Scope.PROPAGATIONS_WRITE)}"}
    other = {"Authorization": f"Bearer {make_key(app, Scope.LABELS_WRITE)}"}
    asked = {"text": MARKDOWN, "format": "markdown", "propagator": PLATFORM, "declared_ai": True}
    assert client.post(PROPAGATIONS, json=asked, headers=own).status_code == 201
    refused = client.post(PROPAGATIONS, json=asked, headers=other)
    assert (refused.status_code, problem(refused)["params"]) == (403, {"needed": "propagations:write"})


def test_propagations_are_counted(client: FlaskClient, authorised: dict[str, str]) -> None:
    def value(line: str) -> float:
        shown = client.get("/metrics", headers=authorised).get_data(as_text=True)
        return sum(float(found.split()[-1]) for found in shown.splitlines() if found.startswith(line))

    names = (
        'mingbiao_propagations_total{format="markdown",outcome="passed_on"}',
        'mingbiao_propagations_total{format="unknown",outcome="propagation.not_due"}',
        'mingbiao_propagation_seconds_count{format="markdown"}',
        "mingbiao_labelings_total",
    )
    before = [value(name) for name in names]
    send(client, authorised, "a.md", MARKDOWN.encode(), declared_ai="true")
    send(client, authorised, "a.md", MARKDOWN.encode())
    assert [value(name) - earlier for name, earlier in zip(names, before, strict=True)] == [1, 1, 1, 0]
