"""The report as a document, signed, and as a page."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from labeling import ErrorCode, ReportError, verify
from labeling.model import AigcRecord
from labeling.record import to_json
from labeling.verification.document import canonical, content_id, document
from labeling.verification.page import Language, render_page
from labeling.verification.page_words import WORDS
from labeling.verification.signed_report import check_report, report_signer
from tests.labeling.test_verification import png

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LABELLED = png((b"AIGC", to_json(AigcRecord("1", "p", "i", "", "p", "i", "")).encode()))
KEYS = {"ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "Ed25519": ed25519.Ed25519PrivateKey.generate}


def made(data: bytes) -> dict[str, object]:
    return document(verify(data), content_id(data))


def pem(key: object) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined,no-any-return]


def public_pem(key: object) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def test_the_same_bytes_give_the_same_document() -> None:
    assert canonical(made(LABELLED)) == canonical(made(bytes(bytearray(LABELLED))))


def test_a_document_is_canonical_json() -> None:
    text = canonical(made(LABELLED))
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == text


def test_a_stream_has_the_same_identity_as_its_bytes() -> None:
    assert content_id(io.BytesIO(LABELLED)) == content_id(LABELLED)


def test_the_document_echoes_the_limits() -> None:
    limits = made(LABELLED)["limits"]
    assert isinstance(limits, dict)
    assert limits["record_bytes"] == 64 * 1024


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_signed_report_checks_with_its_key_alone(algorithm: str) -> None:
    key, other = KEYS[algorithm](), KEYS[algorithm]()
    signer = report_signer(pem(key))
    signed = json.dumps(signer.sign(made(LABELLED), NOW)).encode()
    for keys in (public_pem(key), json.dumps(signer.public_keys()).encode()):
        checked = check_report(signed, keys)
        assert (checked.algorithm, checked.signed_at, checked.key_id) == (algorithm, NOW, signer.key_id)
        assert checked.report == made(LABELLED)
    with pytest.raises(ReportError) as caught:
        check_report(signed, public_pem(other))
    assert caught.value.code is ErrorCode.REPORT_SIGNATURE_INVALID


def test_a_changed_report_does_not_check() -> None:
    key = KEYS["Ed25519"]()
    signed = report_signer(pem(key)).sign(made(LABELLED), NOW)
    signed["report"]["verdict"] = "not_found"
    with pytest.raises(ReportError) as caught:
        check_report(json.dumps(signed).encode(), public_pem(key))
    assert caught.value.code is ErrorCode.REPORT_SIGNATURE_INVALID


@pytest.mark.parametrize(
    "signed",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"report":{},"signature":1}',
        b'{"report":{},"signature":"x"}',
        b'{"report":{},"report":{},"signature":"a..b"}',
        b"[" * 100_000,
    ],
    ids=["empty", "bare", "list", "null", "number", "short", "twice", "deep"],
)
def test_what_is_no_signed_report_is_named(signed: bytes) -> None:
    with pytest.raises(ReportError) as caught:
        check_report(signed, public_pem(KEYS["Ed25519"]()))
    assert caught.value.code is ErrorCode.REPORT_MALFORMED


def test_a_signature_that_brings_its_own_payload_does_not_vouch_for_another_report() -> None:
    key = KEYS["Ed25519"]()
    signed = report_signer(pem(key)).sign(made(LABELLED), NOW)
    header, _, value = signed["signature"].split(".")
    payload = base64.urlsafe_b64encode(canonical(made(LABELLED))).rstrip(b"=").decode()
    forged = {"report": {"verdict": "not_found"}, "signature": f"{header}.{payload}.{value}"}
    with pytest.raises(ReportError) as caught:
        check_report(json.dumps(forged).encode(), public_pem(key))
    assert caught.value.code is ErrorCode.REPORT_MALFORMED


@pytest.mark.parametrize("signature", ["a..b", "..", "eyJhbGciOiJub25lIn0..", "eyJhbGciOiJIUzI1NiJ9..AA", "é..x"])
def test_no_other_algorithm_is_accepted(signature: str) -> None:
    signed = json.dumps({"report": made(LABELLED), "signature": signature}).encode()
    with pytest.raises(ReportError) as caught:
        check_report(signed, public_pem(KEYS["ES256"]()))
    assert caught.value.code is ErrorCode.REPORT_SIGNATURE_INVALID


@pytest.mark.parametrize(
    "keys", [b"", b"{}", b'{"keys":[]}', b'{"keys":1}', b"-----BEGIN PUBLIC KEY-----", b'{"kty":"oct","k":"AA"}']
)
def test_keys_that_are_none_are_named(keys: bytes) -> None:
    signed = json.dumps(report_signer(pem(KEYS["ES256"]())).sign(made(LABELLED), NOW)).encode()
    with pytest.raises(ReportError) as caught:
        check_report(signed, keys)
    assert caught.value.code in (ErrorCode.REPORT_KEY_UNREADABLE, ErrorCode.REPORT_SIGNATURE_INVALID)


@pytest.mark.parametrize(
    "key",
    [b"", b"nonsense", pem(ec.generate_private_key(ec.SECP384R1())), pem(rsa.generate_private_key(65537, 2048))],
    ids=["empty", "nonsense", "p-384", "rsa"],
)
def test_a_key_that_cannot_sign_reports_is_refused(key: bytes) -> None:
    with pytest.raises(ReportError) as caught:
        report_signer(key)
    assert caught.value.code is ErrorCode.REPORT_KEY_UNREADABLE


class Tags(HTMLParser):
    """Names of the elements of a page, and where it would load something from."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


@pytest.mark.parametrize("language", Language)
def test_the_page_loads_nothing_and_runs_nothing(language: Language) -> None:
    tags = Tags()
    tags.feed(render_page(made(LABELLED), language, "a.png"))
    assert tags.addresses == []
    assert not {"script", "iframe", "img", "link", "object"} & set(tags.names)


def test_what_a_file_says_is_escaped() -> None:
    evil = '<script>alert("x")</script>'
    record = json.dumps({"Label": evil, "ContentProducer": evil, "ProduceID": evil})
    page = render_page(made(png((b"AIGC", record.encode()))), Language.CHINESE, evil)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("data", [LABELLED, png(), b"", b"plain text", png((b"AIGC", b"{"))])
def test_every_kind_of_report_has_a_page(data: bytes) -> None:
    english, chinese = (render_page(made(data), language) for language in Language)
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_the_page_has_words_in_both_languages() -> None:
    for words in WORDS.values():
        assert re.search(r"[\u4e00-\u9fff]", words["zh"])
        assert not re.search(r"[\u4e00-\u9fff]", words["en"])
