"""`POST /api/v1/verifications`."""

from __future__ import annotations

import base64
import hashlib
import io

from flask import Flask
from flask.testing import FlaskClient

from app.database import reading
from app.ledger import read_head
from labeling import verify
from labeling.report_json import report_to_dict
from tests.app.pictures import picture

VERIFICATIONS = "/api/v1/verifications"


def test_a_labelled_file_is_conformant(client: FlaskClient, authorised: dict[str, str]) -> None:
    form = {"file": (io.BytesIO(picture("JPEG")), "a.jpg"), "provider": "Example-AI"}
    labelled = client.post("/api/v1/labels", data=form, headers=authorised).data

    answer = client.post(VERIFICATIONS, data={"file": (io.BytesIO(labelled), "a.jpg")}, headers=authorised)
    digest = {"sha256": hashlib.sha256(labelled).hexdigest(), "bytes": len(labelled)}
    assert answer.get_json() == report_to_dict(verify(labelled)) | {"input": digest}
    assert answer.get_json()["verdict"] == "conformant"


def test_a_file_without_a_label_is_not_found(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"b64_json": base64.b64encode(picture()).decode()}
    answer = client.post(VERIFICATIONS, json=asked, headers=authorised)
    assert (answer.status_code, answer.get_json()["verdict"]) == (200, "not_found")


def test_a_text_is_verified_as_what_it_is_said_to_be(client: FlaskClient, authorised: dict[str, str]) -> None:
    asked = {"text": "# 标题\n\n本内容由AI生成\n", "format": "markdown"}
    report = client.post(VERIFICATIONS, json=asked, headers=authorised).get_json()
    assert report["format"] == "markdown"


def test_a_verification_is_not_written_down(app: Flask, client: FlaskClient, authorised: dict[str, str]) -> None:
    client.post(VERIFICATIONS, json={"text": "正文。"}, headers=authorised)
    with reading(app.extensions["mingbiao"].engine) as connection:
        assert read_head(connection).seq == 0


def test_one_content_is_needed(client: FlaskClient, authorised: dict[str, str]) -> None:
    answer = client.post(VERIFICATIONS, json={"text": "a", "image": ""}, headers=authorised)
    assert [(wrong["field"], wrong["code"]) for wrong in answer.get_json()["errors"]] == [("text", "field.exclusive")]
