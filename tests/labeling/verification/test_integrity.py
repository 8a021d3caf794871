"""What reserved codes prove: nothing beyond their key, unless the operator pinned it."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from labeling import _sm2, security_data
from labeling.model import AigcRecord, Carrier
from labeling.record_signing import RsaRecordSigner, Sm2RecordSigner
from labeling.report import Article6Class, Integrity, IntegrityReading, Site, VisibleAnswer
from labeling.trust import NO_TRUST, PinnedKey, Trust
from labeling.verification.article6 import classify
from labeling.verification.integrity import read_integrity
from tests.labeling.security_vectors import PRODUCER, PUBLIC_KEY, VECTORS, Vector, reserved_code

RECORD = AigcRecord("1", "producer", "id-1", "", "platform", "p-1", "")


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def spki(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def read(record: AigcRecord, trust: Trust = NO_TRUST) -> tuple[IntegrityReading, ...]:
    return read_integrity((Site(Carrier.XMP, "", 0, 0, "", record),), trust)


def pinned(provider: str, key: bytes) -> Trust:
    return Trust(record_keys=(PinnedKey(provider, key),))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.produce_id)
def test_a_real_label_is_consistent_and_with_its_key_pinned_authentic(vector: Vector) -> None:
    [reading] = read(vector.record)
    assert (reading.result, reading.variant, reading.algorithm) == (Integrity.CONSISTENT, "digest", "SM2 with SM3")
    assert reading.key_sha256 == hashlib.sha256(PUBLIC_KEY).hexdigest()
    for provider in (PRODUCER, PRODUCER[:22]):
        assert read(vector.record, pinned(provider, PUBLIC_KEY))[0].result is Integrity.AUTHENTIC


@pytest.mark.parametrize(
    "change", [{"label": "2"}, {"produce_id": "142569260085903361"}, {"content_producer": "other"}]
)
def test_a_changed_label_is_broken(change: dict[str, str]) -> None:
    assert read(replace(VECTORS[0].record, **change))[0].result is Integrity.BROKEN  # type: ignore[arg-type]


def test_another_key_than_the_pinned_one_is_not_authentic() -> None:
    other = _sm2.Sm2PrivateKey.generate().public_key.spki
    [reading] = read(VECTORS[0].record, pinned(PRODUCER, other))
    assert reading.result is Integrity.CONSISTENT
    assert "other-key-than-pinned" in reading.notes


def test_a_key_pinned_for_somebody_else_proves_nothing() -> None:
    assert read(VECTORS[0].record, pinned("somebody else", PUBLIC_KEY))[0].result is Integrity.CONSISTENT


def test_a_pinned_key_serves_where_the_file_has_none() -> None:
    text = reserved_code(VECTORS[0].signature, b"")
    record = replace(VECTORS[0].record, reserved_code1=text)
    assert read(record)[0].result is Integrity.NOT_CHECKABLE
    assert read(record, pinned(PRODUCER, PUBLIC_KEY))[0].result is Integrity.AUTHENTIC


@pytest.mark.parametrize("text", ["0123456789abcdef", "a" * 280, "null", '{"SecurityData":{"PubSD":[]}}'])
def test_what_nobody_can_check_is_never_broken(text: str) -> None:
    readings = read(replace(RECORD, reserved_code1=text, reserved_code2=text))
    assert [reading.field for reading in readings] == ["ReservedCode1", "ReservedCode2"]
    assert {reading.result for reading in readings} == {Integrity.NOT_CHECKABLE}


def test_empty_codes_say_nothing() -> None:
    assert read(RECORD) == ()


def test_sm2_over_the_message_itself_verifies() -> None:
    signer = Sm2RecordSigner(_sm2.Sm2PrivateKey.generate())
    text = signer.security_data(security_data.producer_message("1", "producer", "id-1"))
    [reading] = read(replace(RECORD, reserved_code1=text))
    assert (reading.result, reading.variant, reading.notes) == (Integrity.CONSISTENT, "message", ())


def test_rsa_verifies_in_both_variants(rsa_key: rsa.RSAPrivateKey) -> None:
    message = security_data.producer_message("1", "producer", "id-1")
    plain = RsaRecordSigner(rsa_key).security_data(message)
    assert read(replace(RECORD, reserved_code1=plain))[0].variant == "message"
    # As one producer has it: the padded block holds the digest and no DigestInfo.
    numbers = rsa_key.private_numbers()
    size = rsa_key.key_size // 8
    digest = hashlib.sha256(message).digest()
    block = b"\0\x01" + b"\xff" * (size - 35) + b"\0" + digest
    bare = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    text = reserved_code(bare, spki(rsa_key), algorithm=security_data.RSA_WITH_SHA256)
    assert read(replace(RECORD, reserved_code1=text))[0].variant == "bare-digest"
    assert read(replace(RECORD, reserved_code1=text, produce_id="x"))[0].result is Integrity.BROKEN


def test_a_platforms_code_verifies_and_an_unknown_one_is_not_broken(rsa_key: rsa.RSAPrivateKey) -> None:
    signer = RsaRecordSigner(rsa_key)
    ours = signer.security_data(security_data.propagator_message("1", "platform", "p-1"))
    assert read(replace(RECORD, reserved_code2=ours))[0].result is Integrity.CONSISTENT
    unknown = signer.security_data(b"who knows")
    assert read(replace(RECORD, reserved_code2=unknown))[0].result is Integrity.NOT_CHECKABLE
    as_producer = signer.security_data(security_data.producer_message("1", "producer", "id-1"))
    assert read(replace(RECORD, reserved_code2=as_producer))[0].variant == "message-of-producer"


def test_a_signature_of_something_else_is_not_checkable(rsa_key: rsa.RSAPrivateKey) -> None:
    signature = rsa_key.sign(b"content", padding.PKCS1v15(), hashes.SHA256())
    text = reserved_code(signature, spki(rsa_key), algorithm=security_data.RSA_WITH_SHA256).replace(
        "LabelMataData", "Bnd"
    )
    assert read(replace(RECORD, reserved_code1=text))[0].result is Integrity.NOT_CHECKABLE


def test_a_thousand_signed_records_are_read_in_bounded_time() -> None:
    sites = tuple(
        Site(Carrier.XMP, "", 0, 0, "", replace(VECTORS[0].record, label="2", produce_id=str(n))) for n in range(1000)
    )
    started = time.process_time()
    readings = read_integrity(sites, NO_TRUST)
    assert time.process_time() - started < 8
    assert readings[0].result is Integrity.BROKEN
    assert len(readings) < 100
    assert "not-all-tried" in readings[-1].notes


def test_a_producers_signature_in_the_platforms_code_is_never_authentic() -> None:
    vector = VECTORS[0]
    replayed = replace(vector.record, propagate_id="evil", reserved_code2=vector.reserved_code)
    first, second = read(replayed, pinned(PRODUCER, PUBLIC_KEY))
    assert first.result is Integrity.AUTHENTIC
    assert (second.result, second.variant) == (Integrity.CONSISTENT, "digest-of-producer")


def entries(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text)["SecurityData"]["PubSD"]
    return found


def with_entries(*more: dict[str, object]) -> str:
    inner = json.loads(VECTORS[0].reserved_code)
    inner["SecurityData"]["PubSD"] = [*more, *inner["SecurityData"]["PubSD"]]
    return json.dumps(inner)


def test_malformed_signatures_in_front_do_not_hide_the_good_one() -> None:
    [bad, _] = entries(VECTORS[0].reserved_code)
    decoys = [bad | {"Signature": "3006020100020101"}, bad | {"Signature": "00" * 64}, bad | {"Signature": "FF" * 70}]
    record = replace(VECTORS[0].record, reserved_code1=with_entries(*decoys, *decoys[:1]))
    assert read(record, pinned(PRODUCER, PUBLIC_KEY))[0].result is Integrity.AUTHENTIC


def test_decoy_keys_do_not_make_a_broken_label_confirmed() -> None:
    decoys = [{"Type": "PubKey", "KeyValue": _sm2.Sm2PrivateKey.generate().public_key.spki.hex()} for _ in range(4)]
    record = replace(VECTORS[0].record, label="2", reserved_code1=with_entries(*decoys))
    [reading] = read(record)
    assert "not-all-tried" in reading.notes
    site = Site(Carrier.XMP, "", 0, 0, "", record)
    found = classify((site,), (reading,), (), VisibleAnswer.NOT_CHECKED, declared=False)
    assert found.kind is Article6Class.SUSPECTED


def test_many_keys_cost_no_more_than_a_few() -> None:
    keys = [{"Type": "PubKey", "KeyValue": f"{n:064x}"} for n in range(7)]
    record = replace(VECTORS[0].record, reserved_code1=with_entries(*keys), reserved_code2=with_entries(*keys))
    sites = tuple(Site(Carrier.XMP, "", 0, 0, "", replace(record, produce_id=str(n))) for n in range(450))
    started = time.process_time()
    read_integrity(sites, NO_TRUST)
    assert time.process_time() - started < 6
