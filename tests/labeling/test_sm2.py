"""SM2 against signatures of real labels, and against keys and signatures that are none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import _sm2
from tests.labeling import security_vectors as vectors


@pytest.mark.parametrize("vector", vectors.VECTORS, ids=lambda vector: vector.produce_id)
def test_signatures_of_real_labels_verify_over_the_digest_alone(vector: vectors.Vector) -> None:
    [key] = _sm2.read_public_keys(vectors.PUBLIC_KEY)
    assert _sm2.verify(key, vector.signature, _sm2.message_digest(key, _sm2.sm3(vector.message)))
    assert not _sm2.verify(key, vector.signature, _sm2.message_digest(key, vector.message))


def test_sm3_of_the_standards_example() -> None:
    wanted = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert _sm2.sm3(b"a", b"bc").hex() == wanted


def test_a_signature_verifies_with_its_key_and_message_alone() -> None:
    key, other = _sm2.Sm2PrivateKey.generate(), _sm2.Sm2PrivateKey.generate().public_key
    public = key.public_key
    signature = key.sign(_sm2.message_digest(public, b"message"))
    assert _sm2.verify(public, signature, _sm2.message_digest(public, b"message"))
    assert not _sm2.verify(public, signature, _sm2.message_digest(public, b"messagf"))
    assert not _sm2.verify(other, signature, _sm2.message_digest(other, b"message"))


@pytest.mark.parametrize("encode", [lambda key: key.spki, lambda key: b"\x04" + key.point, lambda key: key.point])
def test_a_key_is_read_in_each_encoding(encode: object) -> None:
    key = _sm2.Sm2PrivateKey.generate().public_key
    assert _sm2.read_public_keys(encode(key)) == (key,)  # type: ignore[operator]


def test_x_alone_stands_for_two_keys() -> None:
    key = _sm2.Sm2PrivateKey.generate().public_key
    found = _sm2.read_public_keys(key.point[:32])
    assert key in found
    assert len(found) == 2


@pytest.mark.parametrize(
    "encoded", [b"", b"\x04", bytes(64), b"\x04" + bytes(64), b"\xff" * 64, b"\xff" * 32, bytes(31), b"0" * 91]
)
def test_what_is_no_point_of_the_curve_is_no_key(encoded: bytes) -> None:
    assert _sm2.read_public_keys(encoded) == ()


@pytest.mark.parametrize("secret", [11, 225, 307])
def test_a_point_whose_hex_begins_with_04_verifies(secret: int) -> None:
    private = _sm2.Sm2PrivateKey(secret)
    public = private.public_key
    assert public.point.hex().startswith("04")
    digest = _sm2.message_digest(public, b"x")
    assert _sm2.verify(public, private.sign(digest), digest)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_are_a_signature_by_chance(signature: bytes) -> None:
    [key] = _sm2.read_public_keys(vectors.PUBLIC_KEY)
    assert not _sm2.verify(key, signature, bytes(32))


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (1, _sm2.order() - 1), (_sm2.order(), 1)])
def test_numbers_out_of_range_are_no_signature(r: int, s: int) -> None:
    [key] = _sm2.read_public_keys(vectors.PUBLIC_KEY)
    assert not _sm2.verify(key, encode_dss_signature(r, s), bytes(32))
