"""`POST /api/v1/verifications`: the answer, its fields, its forms."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS30Validator
from werkzeug.test import TestResponse

from app.database import reading
from app.kept_reports import Search, page
from app.ledger import LEDGER
from labeling import verify
from labeling.errors import ErrorCode, ReportError
from labeling.model import Format
from labeling.report import SeenLabel, VisibleAnswer, VisibleLabels
from labeling.verification.document import canonical, content_id, document
from labeling.verification.signed_report import check_report
from labeling.visible.recognition import available
from tests.app.entries import make_key
from tests.app.key_material import private_file, public_pem, record_keys_file
from tests.app.pictures import MARKDOWN, picture

VERIFICATIONS = "/api/v1/verifications"
LABELS = "/api/v1/labels"
PROVIDER = "Example-AI"


@pytest.fixture
def signing(app_with: Callable[..., Flask], tmp_path: Path) -> Flask:
    """The application with a key for its reports."""
    return app_with(MINGBIAO_REPORT_KEY=private_file(tmp_path, "ed25519"))


def headers_of(app: Flask) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_key(app)}"}


def send(client: FlaskClient, headers: dict[str, str], data: bytes, name: str = "a", **fields: str) -> TestResponse:
    """Send a file; the visible label of pictures is not looked for unless that is what is asked."""
    form: dict[str, Any] = {"file": (io.BytesIO(data), name), "visible": "false", **fields}
    return client.post(VERIFICATIONS, data=form, headers=headers)


def labelled(client: FlaskClient, headers: dict[str, str], fmt: str = "PNG", **fields: str) -> bytes:
    form = {"file": (io.BytesIO(picture(fmt)), "a"), "provider": PROVIDER, **fields}
    answer = client.post(LABELS, data=form, headers=headers)
    assert answer.status_code == 201, answer.get_json()
    return answer.data


# What is answered.


def test_a_labelled_file_is_conformant(client: FlaskClient, authorised: dict[str, str]) -> None:
    data = labelled(client, authorised, "JPEG")
    answer = send(client, authorised, data)
    said = answer.get_json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Mingbiao-Verdict"] == said["report"]["verdict"] == "conformant"
    assert said["report"]["input"] == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert (said["signature"], said["id"]) == (None, None)


def test_the_report_is_the_library_s_document_byte_for_byte(client: FlaskClient, authorised: dict[str, str]) -> None:
    data = labelled(client, authorised)
    limits = client.application.extensions["mingbiao"].settings.limits
    expected = canonical(document(verify(data, limits=limits), content_id(data)))
    answer = send(client, authorised, data)
    assert answer.data.startswith(b'{"report":' + expected + b',"signature":')


def test_the_report_is_the_same_for_the_same_bytes_whoever_asks_and_whatever_is_kept(
    client: FlaskClient, authorised: dict[str, str], signing: Flask
) -> None:
    data = picture()
    as_json = {"image": base64.b64encode(data).decode(), "keep": True, "visible": False}
    other = {"Authorization": f"Bearer {make_key(signing)}"}
    answers = [
        send(client, authorised, data, "first.png"),
        send(client, authorised, data, "second.jpg", keep="true"),
        client.post(VERIFICATIONS, json=as_json, headers=authorised),
        send(signing.test_client(), other, data),
    ]
    assert len({answer.data.partition(b',"signature":')[0] for answer in answers}) == 1


def test_a_file_without_a_label_is_not_found(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"b64_json": base64.b64encode(picture()).decode(), "visible": False}
    answer = client.post(VERIFICATIONS, json=asked, headers=authorised)
    assert (answer.status_code, answer.get_json()["report"]["verdict"]) == (200, "not_found")


def test_a_text_is_verified_as_what_it_is_said_to_be(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"text": "# 标题\n\n本内容由AI生成\n", "format": "markdown"}
    report = client.post(VERIFICATIONS, json=asked, headers=authorised).get_json()["report"]
    assert report["format"] == "markdown"


def test_a_declaration_makes_content_possible(client: FlaskClient, authorised: dict[str, str]) -> None:
    said, unsaid = (
        send(client, authorised, picture(), declared_ai=word).get_json()["report"]["article6"]["kind"]
        for word in ("true", "false")
    )
    assert (said, unsaid) == ("possible", "none")


def test_one_content_is_needed(client: FlaskClient, authorised: dict[str, str]) -> None:
    answer = client.post(VERIFICATIONS, json={"text": "a", "image": ""}, headers=authorised)
    assert [(wrong["field"], wrong["code"]) for wrong in answer.get_json()["errors"]] == [("text", "field.exclusive")]


BAD_FIELDS = {
    "format": ({"format": "docm"}, "format", "field.choice"),
    "declared": ({"declared_ai": "perhaps"}, "declared_ai", "field.type"),
    "visible": ({"visible": "2"}, "visible", "field.type"),
    "keep": ({"keep": "for ever"}, "keep", "field.type"),
    "signed": ({"signed": "x"}, "signed", "field.type"),
    "no-key": ({"signed": "true"}, "signed", "field.not_configured"),
    "unknown": ({"provider": "x"}, "provider", "field.unknown"),
}


@pytest.mark.parametrize(("fields", "field", "code"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_a_bad_field_is_refused_by_name(
    client: FlaskClient, authorised: dict[str, str], fields: dict[str, str], field: str, code: str
) -> None:
    answer = send(client, authorised, picture(), **fields)
    assert answer.status_code == 422
    assert [(wrong["field"], wrong["code"]) for wrong in answer.get_json()["errors"]] == [(field, code)]


# What the document promises.


def follows_the_document(client: FlaskClient, path: str, method: str, answer: TestResponse) -> None:
    """The answer is of the shape that the API document describes for it."""
    described = client.get("/api/v1/openapi.json").get_json()
    responses = described["paths"][path][method]["responses"][str(answer.status_code)]
    schema = responses["content"][answer.mimetype]["schema"]
    validator = OAS30Validator(schema | {"components": described["components"]})
    assert list(validator.iter_errors(answer.get_json())) == []


def samples() -> dict[str, bytes]:
    return {
        "empty": b"",
        "text": "本内容由AI生成。\n正文。".encode(),
        "picture": picture(),
        "broken": picture()[:300],
        "unknown": b"\x00\x01\x02\x03" * 9,
        "two-records": b'---\nAIGC: {"Label": "1"}\naigc: "x"\n---\n',
    }


@pytest.mark.parametrize("data", samples().values(), ids=samples())
def test_an_answer_has_the_shape_that_the_document_describes(
    client: FlaskClient, authorised: dict[str, str], data: bytes
) -> None:
    follows_the_document(client, VERIFICATIONS, "post", send(client, authorised, data))
    follows_the_document(client, VERIFICATIONS, "post", send(client, authorised, data, "a.md", keep="true"))


def test_a_labelled_file_s_answer_has_the_shape_that_the_document_describes(
    client: FlaskClient, authorised: dict[str, str]
) -> None:
    answer = send(client, authorised, labelled(client, authorised))
    assert answer.get_json()["report"]["credential"]["presence"] == "embedded"
    follows_the_document(client, VERIFICATIONS, "post", answer)


# The signature.


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_an_answer_checks_offline_as_it_is(app_with: Callable[..., Flask], tmp_path: Path, kind: str) -> None:
    app = app_with(MINGBIAO_REPORT_KEY=private_file(tmp_path, kind))
    client = app.test_client()
    answer = send(client, headers_of(app), picture())
    published = client.get("/api/v1/report-keys")
    for keys in (published.data, public_pem(kind).encode()):
        checked = check_report(answer.data, keys)
        assert checked.report == answer.get_json()["report"]
    assert checked.algorithm == {"ed25519": "Ed25519", "p256": "ES256"}[kind]
    assert check_report(answer.data, published.data).key_id == published.get_json()["keys"][0]["kid"]


def test_an_answer_that_was_changed_does_not_check(signing: Flask) -> None:
    client = signing.test_client()
    answer = send(client, headers_of(signing), picture())
    forged = answer.data.replace(b'"verdict":"not_found"', b'"verdict":"conformant"')
    assert forged != answer.data
    with pytest.raises(ReportError) as error:
        check_report(forged, client.get("/api/v1/report-keys").data)
    assert error.value.code is ErrorCode.REPORT_SIGNATURE_INVALID


def test_a_report_need_not_be_signed(signing: Flask) -> None:
    said = send(signing.test_client(), headers_of(signing), picture(), signed="false").get_json()
    assert said["signature"] is None


def test_the_keys_are_public_and_nothing_else(signing: Flask) -> None:
    answer = signing.test_client().get("/api/v1/report-keys")
    (key,) = answer.get_json(force=True)["keys"]
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/jwk-set+json")
    assert (key["kty"], key["alg"], key["use"], "d" in key) == ("OKP", "Ed25519", "sig", False)


def test_a_service_that_signs_no_reports_publishes_no_keys(client: FlaskClient) -> None:
    assert client.get("/api/v1/report-keys").get_json(force=True) == {"keys": []}


# Trust and records.


def test_a_signed_record_is_consistent_and_with_its_key_pinned_authentic(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    key, pinned = private_file(tmp_path, "rsa"), record_keys_file(tmp_path, PROVIDER, "rsa")
    for settings, result in (({}, "internally_consistent"), ({"MINGBIAO_RECORD_KEYS": pinned}, "authentic")):
        app = app_with(MINGBIAO_RECORD_KEY=key, **settings)
        client, headers = app.test_client(), headers_of(app)
        report = send(client, headers, labelled(client, headers)).get_json()["report"]
        assert (report["verdict"], report["answers"]["integrity"]) == ("conformant", result)


def test_a_record_need_not_be_signed(app_with: Callable[..., Flask], tmp_path: Path) -> None:
    app = app_with(MINGBIAO_RECORD_KEY=private_file(tmp_path, "rsa"))
    client, headers = app.test_client(), headers_of(app)
    report = send(client, headers, labelled(client, headers, sign_record="false")).get_json()["report"]
    assert report["sites"][0]["record"]["ReservedCode1"] == ""


def test_a_record_cannot_be_signed_without_a_key(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"text": MARKDOWN, "format": "markdown", "provider": PROVIDER, "sign_record": True}
    wrong = client.post(f"{LABELS}/text", json=asked, headers=authorised).get_json()["errors"]
    assert [(one["field"], one["code"], one["params"]) for one in wrong] == [
        ("sign_record", "field.not_configured", {"setting": "MINGBIAO_RECORD_KEY"})
    ]


# The visible label of pictures.


class Eye:
    """Sees one label on every picture."""

    def recognise(self, *_: object) -> VisibleLabels:
        from labeling.model import Box, Place

        seen = SeenLabel("AI生成", Box(1, 2, 30, 14), 14, 240, 14 / 240, Place.BOTTOM, 12.5, True, True)
        return VisibleLabels(VisibleAnswer.CONFORMING, in_picture=(seen,), frames=(0,))


@pytest.fixture
def seeing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The application on a machine where the visible label is read."""
    recogniser = app.extensions["mingbiao"].recogniser
    monkeypatch.setattr(recogniser, "_build", Eye)
    return app.test_client()


def test_the_visible_label_is_looked_for_where_it_can_be_read(seeing: FlaskClient, authorised: dict[str, str]) -> None:
    answer = send(seeing, authorised, picture(), visible="true")
    visible = answer.get_json()["report"]["visible"]
    assert (visible["answer"], visible["in_picture"][0]["words"]) == ("present_conforming", "AI生成")
    follows_the_document(seeing, VERIFICATIONS, "post", answer)


def test_the_visible_label_is_not_looked_for_when_it_is_not_wanted(
    seeing: FlaskClient, authorised: dict[str, str]
) -> None:
    report = send(seeing, authorised, picture(), visible="false").get_json()["report"]
    assert report["visible"]["answer"] == "not_checked"


@pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed")
def test_a_label_of_ours_is_seen_on_its_picture(client: FlaskClient, authorised: dict[str, str]) -> None:
    for data, answer in ((labelled(client, authorised), "present_conforming"), (picture(), "not_seen")):
        asked = {"image": base64.b64encode(data).decode()}
        report = client.post(VERIFICATIONS, json=asked, headers=authorised).get_json()["report"]
        assert report["visible"]["answer"] == answer


def test_reading_can_be_switched_off(app_with: Callable[..., Flask]) -> None:
    app = app_with(MINGBIAO_READ_VISIBLE="off")
    report = send(app.test_client(), headers_of(app), picture(), visible="true").get_json()["report"]
    assert app.extensions["mingbiao"].recogniser.get() is None
    assert report["visible"]["answer"] == "not_checked"


def test_without_the_extra_the_visible_label_is_not_checked(
    app: Flask, client: FlaskClient, authorised: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.seeing.available", lambda: False)
    report = send(client, authorised, picture(), visible="true").get_json()["report"]
    assert report["visible"]["answer"] == "not_checked"


def test_nothing_is_loaded_before_a_picture_is_to_be_looked_at(app: Flask, authorised: dict[str, str]) -> None:
    app.test_client().post(VERIFICATIONS, json={"text": "正文。", "visible": False}, headers=authorised)
    assert app.extensions["mingbiao"].recogniser._built is None


# Whose label it is.


def test_a_file_that_was_labelled_here_is_recognised(client: FlaskClient, authorised: dict[str, str]) -> None:
    data = labelled(client, authorised)
    said = send(client, authorised, data).get_json()
    (row,) = client.get(LABELS, headers=authorised).get_json()["items"]
    assert said["issued_here"] is True
    assert said["ledger"] == {"by_sha256": [row["id"]], "by_produce_id": [row["id"]]}


def test_what_was_sent_to_be_labelled_is_recognised_by_its_hash_alone(
    client: FlaskClient, authorised: dict[str, str]
) -> None:
    labelled(client, authorised)
    said = send(client, authorised, picture()).get_json()
    assert (said["issued_here"], len(said["ledger"]["by_sha256"]), said["ledger"]["by_produce_id"]) == (False, 1, [])


def text_of(**record: str) -> str:
    return f"---\nAIGC: '{json.dumps(record)}'\n---\n\n正文。\n"


def record_of(client: FlaskClient, authorised: dict[str, str]) -> dict[str, str]:
    """The record of a text that was labelled here."""
    asked = {"text": "正文。\n", "format": "markdown", "provider": PROVIDER, "produce_id": "p-1"}
    made: dict[str, str] = client.post(f"{LABELS}/text", json=asked, headers=authorised).get_json()["record"]
    return made


ALTERED = {
    "as-written": ({}, True, 1),
    "label": ({"Label": "3"}, False, 1),
    "propagator": ({"ContentPropagator": "Other"}, False, 1),
    "reserved": ({"ReservedCode1": "x"}, False, 1),
    "producer": ({"ContentProducer": "Other-AI"}, False, 0),
    "number": ({"ProduceID": "p-2"}, False, 0),
    "nul": ({"ProduceID": "\0"}, False, 0),
}


@pytest.mark.parametrize(("changes", "here", "known"), ALTERED.values(), ids=ALTERED)
def test_only_the_record_as_it_was_written_was_issued_here(
    client: FlaskClient, authorised: dict[str, str], changes: dict[str, str], here: bool, known: int
) -> None:
    asked = {"text": text_of(**(record_of(client, authorised) | changes)), "format": "markdown"}
    said = client.post(VERIFICATIONS, json=asked, headers=authorised).get_json()
    assert (said["issued_here"], len(said["ledger"]["by_produce_id"])) == (here, known)


def test_a_file_with_a_second_record_was_not_issued_here(client: FlaskClient, authorised: dict[str, str]) -> None:
    record = record_of(client, authorised)
    own, other = (json.dumps(record | extra) for extra in ({}, {"Label": "2"}))
    page_ = f"<html><head><meta name='AIGC' content='{own}'><meta name='AIGC' content='{other}'></head></html>"
    said = client.post(VERIFICATIONS, json={"text": page_, "format": "html"}, headers=authorised).get_json()
    assert len(said["report"]["sites"]) == 2
    assert said["issued_here"] is False
    assert len(said["ledger"]["by_produce_id"]) == 1


def test_ids_are_bounded(client: FlaskClient, authorised: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.issued.MOST_IDS", 3)
    for _ in range(4):
        record = record_of(client, authorised)
    asked = {"text": text_of(**record), "format": "markdown"}
    known = client.post(VERIFICATIONS, json=asked, headers=authorised).get_json()["ledger"]
    newest = [row["id"] for row in client.get(LABELS, headers=authorised).get_json()["items"][:3]]
    assert known["by_produce_id"] == newest


# What is written down.


def test_a_verification_is_not_written_down(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    client.post(VERIFICATIONS, json={"text": "正文。"}, headers=authorised)
    with reading(app.extensions["mingbiao"].engine) as connection:
        assert LEDGER.read_head(connection).seq == 0
        assert page(connection, Search(), before=None, size=1) == []


def test_a_text_named_as_one_is_read_as_one(client: FlaskClient, authorised: dict[str, str]) -> None:
    data = text_of(Label="1").encode()
    formats = [send(client, authorised, data, name).get_json()["report"]["format"] for name in ("a.md", "a.txt")]
    assert formats == [Format.MARKDOWN, Format.PLAIN]
