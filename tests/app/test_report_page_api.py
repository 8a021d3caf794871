"""The report as a page: whom it is shown to, in which language, under which policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

VERIFICATIONS = "/api/v1/verifications"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def ask(client: FlaskClient, headers: dict[str, str], text: str = "正文。", **more: object) -> TestResponse:
    return client.post(VERIFICATIONS, json={"text": text, **more}, headers=headers)


ACCEPTS = {
    "nothing": (None, "application/json"),
    "anything": ("*/*", "application/json"),
    "json": ("application/json", "application/json"),
    "page": ("text/html", "text/html"),
    "browser": (BROWSER, "text/html"),
    "json-first": ("application/json, text/html;q=0.5", "application/json"),
    "other": ("image/png", "application/json"),
}


@pytest.mark.parametrize(("accept", "kind"), ACCEPTS.values(), ids=ACCEPTS)
def test_a_page_is_for_those_who_prefer_one(
    client: FlaskClient, authorised: dict[str, str], accept: str | None, kind: str
) -> None:
    answer = ask(client, authorised | ({"Accept": accept} if accept else {}))
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["Mingbiao-Verdict"] == "not_found"
    assert "Accept" in answer.headers["Vary"]


LANGUAGES = {
    "nothing": (None, "en", "Verification report"),
    "chinese": ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "标识核验报告"),
    "any-chinese": ("zh-Hans-SG", "zh-CN", "标识核验报告"),
    "english": ("en-GB", "en", "Verification report"),
    "other": ("fr", "en", "Verification report"),
    "other-then-chinese": ("fr, zh;q=0.3", "zh-CN", "标识核验报告"),
    "nonsense": (";;;=,", "en", "Verification report"),
}


@pytest.mark.parametrize(("accept", "language", "title"), LANGUAGES.values(), ids=LANGUAGES)
def test_a_page_is_in_the_reader_s_language(
    client: FlaskClient, authorised: dict[str, str], accept: str | None, language: str, title: str
) -> None:
    wanted = {"Accept": "text/html"} | ({"Accept-Language": accept} if accept else {})
    answer = ask(client, authorised | wanted)
    assert f'<html lang="{language}">' in answer.text
    assert f"<title>{title}" in answer.text
    assert answer.headers["Content-Language"] == language[:2]


def test_a_page_may_load_nothing_and_its_style_is_named_by_its_hash(
    client: FlaskClient, authorised: dict[str, str]
) -> None:
    answer = ask(client, authorised | {"Accept": "text/html"})
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "sandbox": "",
    }
    assert answer.headers.getlist("Content-Security-Policy") == [answer.headers["Content-Security-Policy"]]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text
    assert "<script" not in answer.text


HOSTILE = '"><script>alert(1)</script><style>*{display:none}</style>'


def test_what_a_file_says_stays_text(client: FlaskClient, authorised: dict[str, str]) -> None:
    record = json.dumps({"Label": "1", "ContentProducer": HOSTILE, "ProduceID": "x"})
    headers = authorised | {"Accept": "text/html"}
    page = ask(client, headers, f"<!-- AIGC: {record} -->\n<p>a</p>{HOSTILE}", format="html").text
    unread = ask(client, headers, f"---\nAIGC: '{HOSTILE}'\n---\n", format="markdown").text
    for shown in (page, unread):
        assert "<script" not in shown
        assert shown.count("<style") == 1
    assert "&lt;script&gt;" in unread


def test_a_kept_report_can_be_read_as_a_page(client: FlaskClient, authorised: dict[str, str]) -> None:
    wanted = {"Accept": "text/html", "Accept-Language": "zh"}
    made = ask(client, authorised | wanted, keep=True)
    found = client.get(made.headers["Location"], headers=authorised | wanted)
    assert (made.status_code, found.status_code) == (201, 200)
    assert made.text == found.text
    assert "标识核验报告" in found.text
    assert found.headers["Content-Disposition"].startswith('inline; filename="report-')


def test_a_refusal_is_no_page(client: FlaskClient, authorised: dict[str, str]) -> None:
    answer = client.get(f"{VERIFICATIONS}/{'0' * 32}", headers=authorised | {"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
