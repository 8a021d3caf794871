"""`POST /api/v1/labels` and what can be read of it afterwards, with the real engine."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.database import reading
from app.ledger import LEDGER
from app.ledger_check import check_chain
from labeling import verify
from labeling.model import Format
from labeling.report import CredentialPresence, Verdict
from tests.app.pictures import HTML, MARKDOWN, picture

LABELS = "/api/v1/labels"
PROVIDER = "Example-AI"

FILES = {
    "jpeg": ("a.jpg", picture("JPEG"), Format.JPEG, "image/jpeg"),
    "png": ("a.png", picture("PNG"), Format.PNG, "image/png"),
    "webp": ("a.webp", picture("WEBP"), Format.WEBP, "image/webp"),
    "gif": ("a.gif", picture("GIF"), Format.GIF, "image/gif"),
    "tiff": ("a.tiff", picture("TIFF"), Format.TIFF, "image/tiff"),
    "markdown": ("a.md", MARKDOWN.encode(), Format.MARKDOWN, "text/markdown"),
    "html": ("a.html", HTML.encode(), Format.HTML, "text/html"),
    "plain": ("a.txt", "正文。".encode("gb18030"), Format.PLAIN, "text/plain"),
}


def send(client: FlaskClient, headers: dict[str, str], name: str, data: bytes, **fields: str) -> TestResponse:
    form: dict[str, Any] = {"file": (io.BytesIO(data), name), **({"provider": PROVIDER} | fields)}
    return client.post(LABELS, data=form, headers=headers)


def rows(app: Flask) -> int:
    """How many rows the ledger has; its chain must hold."""
    with reading(app.extensions["mingbiao"].engine) as connection:
        assert check_chain(connection).broken is None
        return LEDGER.read_head(connection).seq


@pytest.mark.parametrize(("name", "data", "fmt", "media_type"), FILES.values(), ids=FILES)
def test_a_file_comes_back_labelled(
    client: FlaskClient, authorised: dict[str, str], name: str, data: bytes, fmt: Format, media_type: str
) -> None:
    answer = send(client, authorised, name, data)

    assert (answer.status_code, answer.headers["Content-Type"]) == (201, media_type)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert verify(answer.data, format=fmt).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(("name", "data", "fmt", "media_type"), FILES.values(), ids=FILES)
def test_the_ledger_says_what_was_labelled(
    client: FlaskClient, authorised: dict[str, str], name: str, data: bytes, fmt: Format, media_type: str
) -> None:
    answer = send(client, authorised, name, data, produce_id="p-1")
    record = client.get(answer.headers["Location"], headers=authorised).get_json()

    assert answer.headers["Location"] == f"{LABELS}/{answer.headers['Mingbiao-Label-Id']}"
    assert record["id"] == answer.headers["Mingbiao-Label-Id"]
    assert record["produce_id"] == answer.headers["Mingbiao-Produce-Id"] == "p-1"
    assert record["format"] == fmt
    assert record["input"] == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert record["output"] == {"sha256": hashlib.sha256(answer.data).hexdigest(), "bytes": len(answer.data)}
    if fmt is not Format.PLAIN:
        assert record["record"]["ProduceID"] == "p-1"


def test_a_picture_may_come_as_base64_and_go_as_json(client: FlaskClient, authorised: dict[str, str]) -> None:
    data = picture()
    encoded = base64.b64encode(data).decode()
    for body in ({"image": f"data:image/png;base64,{encoded}"}, {"b64_json": encoded}, {"image": f"{encoded}\n"}):
        asked = body | {"provider": PROVIDER, "label": 2}
        answer = client.post(LABELS, json=asked, headers=authorised | {"Accept": "application/json"})
        made = answer.get_json()
        labelled = base64.b64decode(made["data"])

        assert (answer.status_code, made["media_type"], made["record"]["Label"]) == (201, "image/png", "2")
        assert made["output"]["sha256"] == hashlib.sha256(labelled).hexdigest()
        assert made["visible"]["ink_ratio"] >= 0.05
        assert "credential.development" in [notice["code"] for notice in made["notices"]]
        assert verify(labelled).verdict is Verdict.CONFORMANT


ACCEPTS = {
    "nothing": (None, "image/png"),
    "anything": ("*/*", "image/png"),
    "images": ("image/*", "image/png"),
    "json": ("application/json", "application/json"),
    "json-first": ("application/json, image/png;q=0.5", "application/json"),
    "file-first": ("image/png, application/json;q=0.5", "image/png"),
}


@pytest.mark.parametrize(("accept", "media_type"), ACCEPTS.values(), ids=ACCEPTS)
def test_the_answer_is_of_the_type_that_is_preferred(
    client: FlaskClient, authorised: dict[str, str], accept: str | None, media_type: str
) -> None:
    answer = send(client, authorised | ({"Accept": accept} if accept else {}), "a.png", picture())
    assert answer.headers["Content-Type"] == media_type


def test_the_options_reach_the_picture_and_the_ledger(client: FlaskClient, authorised: dict[str, str]) -> None:
    options = {
        "words": "人工智能生成",
        "place": "top-left",
        "ink_ratio": "0.08",
        "ink_colour": "#ffff00",
        "plate_colour": "#000033",
        "plate_opacity": "1",
        "margin": "0.05",
        "source_type": "compositeWithTrainedAlgorithmicMedia",
        "action": "edited",
        "software_agent": "模型 9",
        "c2pa": "true",
    }
    answer = send(client, authorised, "a.png", picture(size=(900, 700)), **options)
    assert answer.status_code == 201, answer.get_json()
    record = client.get(answer.headers["Location"], headers=authorised).get_json()

    assert (record["visible"]["words"], record["visible"]["place"]) == ("人工智能生成", "top-left")
    assert record["visible"]["ink_ratio"] >= 0.08
    assert record["options"]["ink_colour"] == [255, 255, 0]
    assert record["options"]["software_agent"] == "模型 9"
    assert any(trace.text.endswith("compositeWithTrainedAlgorithmicMedia") for trace in verify(answer.data).traces)


def test_the_implicit_record_alone_leaves_the_pixels_alone(client: FlaskClient, authorised: dict[str, str]) -> None:
    from PIL import Image

    data = picture()
    answer = send(client, authorised, "a.png", data, visible="false", c2pa="no", form="annex-b")
    assert answer.status_code == 201, answer.get_json()
    assert Image.open(io.BytesIO(answer.data)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    report = verify(answer.data)
    assert (report.verdict, report.credential.presence) == (Verdict.CONFORMANT, CredentialPresence.ABSENT)


def test_a_provider_of_the_service_stands_in(sqlite_template: Any, tmp_path: Any) -> None:
    from app import create_app
    from tests.app.entries import make_key

    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_PROVIDER": "House-AI"})
    headers = {"Authorization": f"Bearer {make_key(app)}"}
    made = app.test_client().post(f"{LABELS}/text", json={"text": "正文。", "format": "markdown"}, headers=headers)
    assert made.get_json()["record"]["ContentProducer"] == "House-AI"
    app.extensions["mingbiao"].engine.dispose()


@pytest.mark.parametrize(
    ("fmt", "text"),
    [("plain", "第一段。\n"), ("markdown", MARKDOWN), ("html", HTML)],
    ids=["plain", "markdown", "html"],
)
def test_a_text_comes_back_labelled(client: FlaskClient, authorised: dict[str, str], fmt: str, text: str) -> None:
    asked = {"text": text, "format": fmt, "provider": PROVIDER, "place": "end", "produce_id": "t-1"}
    answer = client.post(f"{LABELS}/text", json=asked, headers=authorised)
    made = answer.get_json()

    assert (answer.status_code, made["visible"]["place"]) == (201, "end")
    assert "AI生成" in made["text"]
    assert verify(made["text"].encode(), format=Format(fmt)).verdict is Verdict.CONFORMANT
    record = client.get(answer.headers["Location"], headers=authorised).get_json()
    assert (record["produce_id"], record["output"]) == ("t-1", made["output"])


def problem(answer: TestResponse) -> dict[str, Any]:
    """The body of a refusal, whose form is checked."""
    body: dict[str, Any] = json.loads(answer.data)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    return body


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a.txt", "text")
    return stream.getvalue()


BAD_FILES = {
    "empty": ("a.png", b"", 400, "media.empty"),
    "unknown": ("a", b"\x00\x01\x02\x03" * 9, 415, "media.unrecognised"),
    "pdf": ("a", b"%PDF-1.7\n\x00", 415, "media.unsupported"),
    "truncated": ("a.png", picture()[:500], 422, "media.truncated"),
    "wrong-extension": ("a.jpg", picture(), 422, "media.format_mismatch"),
    "bad-text": ("a.txt", b"\xff\xff\xff", 422, "visible.text_encoding"),
    "polyglot": ("a.png", picture() + archive(), 422, "media.ambiguous"),
}


@pytest.mark.parametrize(("name", "data", "status", "code"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_and_not_written_down(
    app: Flask,
    client: FlaskClient,
    authorised: dict[str, str],
    name: str,
    data: bytes,
    status: int,
    code: str,
) -> None:
    body = problem(send(client, authorised, name, data))
    assert (body["status"], body["code"]) == (status, code)
    assert rows(app) == 0


BAD_FIELDS = {
    "provider": ({"provider": "有空格 "}, "provider", "declaration.provider_charset"),
    "produce-id": ({"produce_id": "a b"}, "produce_id", "declaration.produce_id_charset"),
    "label": ({"label": "4"}, "label", "field.choice"),
    "words": ({"words": "AI"}, "words", "visible.words_missing_element"),
    "control": ({"words": "AI生成\x00"}, "words", "field.characters"),
    "long": ({"software_agent": "x" * 300}, "software_agent", "field.length"),
    "flag": ({"visible": "perhaps"}, "visible", "field.type"),
    "ratio": ({"ink_ratio": "nan"}, "ink_ratio", "field.range"),
    "ratio-text": ({"ink_ratio": "tall"}, "ink_ratio", "field.type"),
    "small": ({"ink_ratio": "0.01"}, "ink_ratio", "visible.height_below_minimum"),
    "colour": ({"ink_colour": "red"}, "ink_colour", "field.colour"),
    "place": ({"place": "centre"}, "place", "field.choice"),
    "place-of-a-text": ({"place": "start"}, "place", "field.choice"),
    "unknown": ({"colour": "#ffffff"}, "colour", "field.unknown"),
    "format": ({"format": "bmp"}, "format", "field.choice"),
}


@pytest.mark.parametrize(("fields", "field", "code"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_a_bad_field_is_refused_by_name(
    app: Flask, client: FlaskClient, authorised: dict[str, str], fields: dict[str, str], field: str, code: str
) -> None:
    body = problem(send(client, authorised, "a.png", picture(), **fields))
    assert body["status"] == 422
    assert [(wrong["field"], wrong["code"]) for wrong in body["errors"]] == [(field, code)]
    assert rows(app) == 0


def test_all_bad_fields_are_told_at_once(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"image": "%%%", "words": "x", "ink_ratio": "2", "label": 9, "produce_id": " ", "colour": 1, "place": None}
    body = problem(client.post(LABELS, json=asked, headers=authorised))
    assert {wrong["field"]: wrong["code"] for wrong in body["errors"]} == {
        "image": "field.base64",
        "words": "visible.words_missing_element",
        "ink_ratio": "field.range",
        "label": "field.choice",
        "produce_id": "declaration.produce_id_charset",
        "colour": "field.unknown",
        "place": "field.null",
        "provider": "field.required",
    }
    assert all(wrong["detail"] for wrong in body["errors"])


BAD_BODIES = {
    "no-content": ({"json": {"provider": PROVIDER}}, 422, "image", "field.required"),
    "two-contents": ({"json": {"provider": "a", "image": "", "b64_json": ""}}, 422, "b64_json", "field.exclusive"),
    "no-file": ({"data": {"provider": PROVIDER}, "content_type": "multipart/form-data"}, 422, "file", "field.required"),
    "file-as-field": (
        {"data": {"provider": PROVIDER, "file": "text"}, "content_type": "multipart/form-data"},
        422,
        "file",
        "field.file",
    ),
}


@pytest.mark.parametrize(("body", "status", "field", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_without_one_content_is_refused(
    client: FlaskClient, authorised: dict[str, str], body: dict[str, Any], status: int, field: str, code: str
) -> None:
    answer = client.post(LABELS, headers=authorised, **body)
    assert [(wrong["field"], wrong["code"]) for wrong in problem(answer)["errors"]] == [(field, code)]
    assert answer.status_code == status


JSON = "application/json"
CUT_OFF = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture()
NOT_UTF8 = CUT_OFF.replace(b"a.png", "照片.png".encode("gb18030")) + b"\r\n--b--\r\n"

MALFORMED = {
    "not-json": (b"{", "application/json", 400, "request.malformed_json"),
    "not-an-object": (b"[]", "application/json", 400, "request.malformed_json"),
    "not-utf-8": (b'{"text": "\xff"}', "application/json", 400, "request.malformed_json"),
    "nested": (b"[" * 100_000, "application/json", 400, "request.malformed_json"),
    "long-number": (b'{"label": ' + b"1" * 10_000 + b"}", "application/json", 400, "request.malformed_json"),
    "not-a-number": (b'{"label": NaN}', "application/json", 400, "request.malformed_json"),
    "utf-16": ('{"label": 1}'.encode("utf-16"), "application/json", 400, "request.malformed_json"),
    "many-members": (json.dumps(dict.fromkeys(map(str, range(65)))).encode(), JSON, 400, "request.malformed_json"),
    "no-boundary": (b"x", "multipart/form-data", 400, "request.malformed"),
    "no-parts": (b"x", "multipart/form-data; boundary=b", 400, "request.malformed"),
    "cut-off": (CUT_OFF, "multipart/form-data; boundary=b", 400, "request.malformed"),
    "name-not-utf-8": (NOT_UTF8, "multipart/form-data; boundary=b", 400, "request.malformed"),
    "form": (b"a=b", "application/x-www-form-urlencoded", 415, "request.content_type"),
    "raw": (picture(), "image/png", 415, "request.content_type"),
    "nothing": (b"", "", 415, "request.content_type"),
}


@pytest.mark.parametrize(("data", "kind", "status", "code"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_refused(
    client: FlaskClient, authorised: dict[str, str], data: bytes, kind: str, status: int, code: str
) -> None:
    answer = client.post(LABELS, data=data, content_type=kind, headers=authorised)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


def test_a_field_given_twice_is_refused(client: FlaskClient, authorised: dict[str, str]) -> None:
    form = {"file": (io.BytesIO(picture()), "a.png"), "provider": ["a", "b"]}
    errors = problem(client.post(LABELS, data=form, headers=authorised))["errors"]
    assert [(wrong["field"], wrong["code"]) for wrong in errors] == [("provider", "field.repeated")]


def test_a_member_given_twice_is_refused(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = b'{"text": "a", "provider": "x", "provider": "y"}'
    answer = client.post(f"{LABELS}/text", data=asked, content_type=JSON, headers=authorised)
    errors = problem(answer)["errors"]
    assert [(wrong["field"], wrong["code"]) for wrong in errors] == [("provider", "field.repeated")]


def test_a_compressed_body_is_refused(client: FlaskClient, authorised: dict[str, str]) -> None:
    body = gzip.compress(b'{"text": "a", "provider": "x"}')
    headers = authorised | {"Content-Encoding": "gzip"}
    answer = client.post(f"{LABELS}/text", data=body, content_type=JSON, headers=headers)
    assert (answer.status_code, problem(answer)["code"]) == (415, "request.content_type")
    assert problem(answer)["params"] == {"content_encoding": "gzip"}


def test_a_name_of_megabytes_is_not_sent_back(client: FlaskClient, authorised: dict[str, str]) -> None:
    answer = client.post(f"{LABELS}/text", json={"k" * 1_000_000: 1}, headers=authorised)
    assert answer.status_code == 422
    assert len(answer.data) < 2_000


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\ufffd", "\x1b"], ids=["override", "isolate", "no-utf-8", "escape"]
)
def test_a_line_that_does_not_read_as_it_is_stored_is_refused(
    client: FlaskClient, authorised: dict[str, str], character: str
) -> None:
    asked = {"text": "a", "provider": PROVIDER, "words": f"AI生成{character}"}
    answer = client.post(f"{LABELS}/text", json=asked, headers=authorised)
    errors = problem(answer)["errors"]
    assert [(wrong["field"], wrong["code"]) for wrong in errors] == [("words", "field.characters")]


def test_a_field_of_another_charset_is_refused(client: FlaskClient, authorised: dict[str, str]) -> None:
    part = 'Content-Disposition: form-data; name="software_agent"\r\n\r\n模型'.encode("gb18030")
    body = CUT_OFF + b"\r\n--b\r\n" + part + b"\r\n--b--\r\n"
    answer = client.post(LABELS, data=body, content_type="multipart/form-data; boundary=b", headers=authorised)
    codes = {wrong["field"]: wrong["code"] for wrong in problem(answer)["errors"]}
    assert codes == {"software_agent": "field.characters", "provider": "field.required"}


def test_a_lone_surrogate_is_refused(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = b'{"text": "\\ud800", "provider": "a", "words": "AI\\udfff"}'
    answer = client.post(f"{LABELS}/text", data=asked, content_type="application/json", headers=authorised)
    codes = {wrong["field"]: wrong["code"] for wrong in problem(answer)["errors"]}
    assert codes == {"text": "field.characters", "words": "field.characters"}


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path: Any) -> None:
    from app import create_app
    from tests.app.entries import make_key

    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_MAX_FILE_BYTES": "2048"})
    headers = {"Authorization": f"Bearer {make_key(app)}"}
    client = app.test_client()
    over = send(client, headers, "a.txt", b"x" * 2049)
    far_over = client.post(LABELS, data=b"x" * (2 << 20), content_type="application/json", headers=headers)
    size = {"CONTENT_LENGTH": str(2 << 31)}
    declared = client.post(LABELS, headers=headers, content_type="application/json", environ_overrides=size)
    app.extensions["mingbiao"].engine.dispose()

    assert (over.status_code, problem(over)["code"]) == (413, "limit.bytes")
    assert (far_over.status_code, problem(far_over)["code"]) == (413, "request.too_large")
    assert (declared.status_code, problem(declared)["code"]) == (413, "request.too_large")


def test_records_are_listed_newest_first_page_by_page(client: FlaskClient, authorised: dict[str, str]) -> None:
    made = []
    for number in range(5):
        asked = {"text": f"第{number}段。", "provider": PROVIDER, "produce_id": f"p-{number}"}
        made.append(client.post(f"{LABELS}/text", json=asked, headers=authorised).get_json()["id"])

    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = client.get(LABELS, query_string=query, headers=authorised).get_json()
        seen += [record["id"] for record in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == (made[::-1], None)


def test_records_are_found_by_what_is_known_of_them(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"text": "正文。", "provider": PROVIDER}
    one, two = (client.post(f"{LABELS}/text", json=asked, headers=authorised).get_json() for _ in range(2))

    def found(**query: str) -> list[str]:
        page = client.get(LABELS, query_string=query, headers=authorised).get_json()
        return [record["id"] for record in page["items"]]

    assert found(produce_id=one["produce_id"]) == [one["id"]]
    assert found(input_sha256=one["input"]["sha256"].upper()) == [two["id"], one["id"]]
    assert found(output_sha256=two["output"]["sha256"])[0] == two["id"]
    assert found(**{"from": two["created_at"]}) == [two["id"]]
    assert found(to=two["created_at"]) == [one["id"]]
    assert found(to="2020-01-01T00:00:00+08:00") == []


BAD_QUERIES = {
    "repeated": ({"limit": ["1", "2"]}, "limit", "field.repeated"),
    "not-utf-8": ({"produce_id": "\ufffd"}, "produce_id", "field.characters"),
    "unknown": ({"producer": "x"}, "producer", "field.unknown"),
    "limit": ({"limit": "201"}, "limit", "field.range"),
    "limit-text": ({"limit": "all"}, "limit", "field.type"),
    "hash": ({"input_sha256": "abc"}, "input_sha256", "field.sha256"),
    "time": ({"from": "yesterday"}, "from", "field.time"),
    "cursor": ({"cursor": "***"}, "cursor", "field.cursor"),
    "forged-cursor": ({"cursor": "c2VxOi0x"}, "cursor", "field.cursor"),
}


@pytest.mark.parametrize(("query", "field", "code"), BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_bad_query_is_refused_by_name(
    client: FlaskClient, authorised: dict[str, str], query: dict[str, Any], field: str, code: str
) -> None:
    answer = client.get(LABELS, query_string=query, headers=authorised)
    assert [(wrong["field"], wrong["code"]) for wrong in problem(answer)["errors"]] == [(field, code)]


@pytest.mark.parametrize("label_id", ["0" * 32, "0123", "%00", "%FF", "x" * 2000])
def test_an_unknown_record_is_not_found(postgres_url: str, tmp_path: Any, label_id: str) -> None:
    from app import create_app
    from tests.app.entries import make_key, settings_of

    app = create_app(settings_of(postgres_url, tmp_path))
    headers = {"Authorization": f"Bearer {make_key(app)}"}
    answer = app.test_client().get(f"{LABELS}/{label_id}", headers=headers)
    app.extensions["mingbiao"].engine.dispose()
    assert (answer.status_code, problem(answer)["code"]) == (404, "label.not_found")


def test_nothing_is_handed_out_when_the_ledger_cannot_be_written(
    app: Flask, client: FlaskClient, authorised: dict[str, str]
) -> None:
    from sqlalchemy import text

    from app.database import writing

    with writing(app.extensions["mingbiao"].engine) as connection:
        connection.execute(
            text("CREATE TRIGGER broken BEFORE INSERT ON labelings BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        )
    answer = send(client, authorised, "a.png", picture())
    body = problem(answer)
    assert (answer.status_code, body["code"]) == (500, "service.failed")
    assert "disk" not in answer.get_data(as_text=True)
    assert len(body["incident"]) == 16
