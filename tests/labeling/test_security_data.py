"""SecurityData as the guide has it and as real files have it; and what is none."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import security_data
from labeling.security_data import Signature
from tests.labeling.security_vectors import PUBLIC_KEY, VECTORS, reserved_code


def test_a_real_reserved_code_is_read() -> None:
    data = security_data.read(VECTORS[0].reserved_code)
    assert data is not None
    assert data.signatures == (Signature(security_data.SM2_WITH_SM3, VECTORS[0].signature, True),)
    assert data.keys == (PUBLIC_KEY,)
    assert data.notes == ("spelling",)


def test_what_is_written_reads_back_without_remark() -> None:
    text = security_data.write("1.2.3", b"sig", "1.2.4", b"key")
    data = security_data.read(text)
    assert data is not None
    assert (data.signatures, data.keys, data.notes) == ((Signature("1.2.3", b"sig", True),), (b"key",), ())
    assert " " not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "0123456789abcdef" * 2,
        '{"SecurityData":[]}',
        '{"Other":{}}',
        "[" * 3000,
        base64.b64encode(b"x").decode(),
    ],
    ids=["empty", "null", "list", "hex", "not-an-object", "other", "deep", "base64"],
)
def test_anything_else_is_no_security_data(text: str) -> None:
    assert security_data.read(text) is None


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"Type": " TC260PG"}, "spelling"),
        ({"PubSD": None, "PubSd": json.loads(reserved_code(b"s", b"k"))["SecurityData"]["PubSD"]}, "spelling"),
        ({"Bindings": [{"HashAlg": "SM3"}]}, "content-binding"),
        ({"PubSD": [{"Type": "Stamp"}]}, "unknown-entry"),
        ({"PubSD": [{"Type": "DS", "Signature": "nonsense!"}]}, "undecodable"),
    ],
    ids=["type", "pubsd", "binding", "entry", "value"],
)
def test_deviations_are_noted(change: dict[str, object], note: str) -> None:
    inner = json.loads(reserved_code(b"s", b"k"))["SecurityData"] | change
    data = security_data.read(json.dumps({"SecurityData": {key: value for key, value in inner.items() if value}}))
    assert data is not None
    assert note in data.notes


def test_base64_and_certificates_are_read() -> None:
    entries = [
        {"Type": "DS", "AlgID": "1", "TBSData": {"Type": "Md"}, "Signature": base64.b64encode(b"sig!").decode()},
        {"Type": "Cert", "CertValue": b"cert".hex()},
    ]
    data = security_data.read(json.dumps({"SecurityData": {"Type": "TC260PG", "PubSD": entries}}))
    assert data is not None
    assert data.signatures[0].value == b"sig!"
    assert data.certificates == (b"cert",)


def test_a_thousand_entries_are_not_all_read() -> None:
    entries = [{"Type": "PubKey", "KeyValue": "00"}] * 1000
    data = security_data.read(json.dumps({"SecurityData": {"Type": "TC260PG", "PubSD": entries}}))
    assert data is not None
    assert len(data.keys) < 20


def test_the_message_has_neither_braces_nor_spaces() -> None:
    assert security_data.producer_message("1", "P", "id-1") == b'"Label":"1","ContentProducer":"P","ProduceID":"id-1"'
    assert security_data.propagator_message("2", "Q", "x") == b'"Label":"2","ContentPropagator":"Q","PropagateID":"x"'


_KEYS = ["SecurityData", "Type", "PubSD", "PubSd", "TBSData", "AlgID", "Signature", "KeyValue", "Bindings", "DS"]
values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_reading_never_raises(inner: object) -> None:
    security_data.read(json.dumps({"SecurityData": inner}))
    security_data.read(json.dumps({"SecurityData": {"PubSD": [inner]}}))
