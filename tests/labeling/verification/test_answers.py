"""Five answers and one sentence: each says what is known, and no more."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from labeling import Report, Verdict, security_data, verify
from labeling.record_signing import RsaRecordSigner
from labeling.report import Answer, Integrity, Outcome
from labeling.trust import NO_TRUST, PinnedKey, Trust
from tests.labeling.test_verification import GOOD, chunk, of, png


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pinned(provider: str, key: rsa.RSAPrivateKey) -> Trust:
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Trust(record_keys=(PinnedKey(provider, spki),))


def signed(key: rsa.RSAPrivateKey, **changes: str) -> dict[str, str]:
    """A record whose producer signed it; `changes` come after the signature."""
    message = security_data.producer_message(GOOD["Label"], GOOD["ContentProducer"], GOOD["ProduceID"])
    return GOOD | {"ReservedCode1": RsaRecordSigner(key).security_data(message)} | changes


def messages(report: Report) -> dict[object, Outcome]:
    return {check.params["code"]: check.outcome for check in report.checks}


def of_entries(*records: dict[str, str], trust: Trust = NO_TRUST) -> Report:
    return verify(png(*((b"AIGC", json.dumps(record).encode()) for record in records)), trust=trust)


def test_a_good_record_answers_yes_throughout() -> None:
    answers = of(GOOD).answers
    assert (answers.found, answers.parsed, answers.conforms, answers.placed) == (Answer.YES,) * 4
    assert answers.integrity is Integrity.ABSENT


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"a":1,"a":2}'])
def test_what_is_no_record_is_not_parsed(text: str) -> None:
    answers = of(text).answers
    assert (answers.found, answers.parsed, answers.conforms) == (Answer.YES, Answer.NO, Answer.NO)


def test_an_unreadable_file_answers_nothing() -> None:
    report = verify(png()[:40])
    answers = report.answers
    assert {answers.found, answers.parsed, answers.conforms, answers.placed} == {Answer.UNKNOWN}
    assert answers.integrity is Integrity.UNKNOWN
    assert report.article6.grounds == ("file.not_read",)


def test_a_record_in_a_file_that_could_not_be_read_completely_is_told() -> None:
    damaged = chunk(b"zTXt", b"AIGC\0\0not deflate")
    data = png((b"AIGC", json.dumps(GOOD).encode()))
    report = verify(data[:33] + damaged + data[33:])
    assert report.verdict is Verdict.INCONCLUSIVE
    assert (report.answers.found, report.answers.conforms) == (Answer.YES, Answer.UNKNOWN)
    assert "carries an implicit label" in report.summary.en


def test_a_key_that_does_not_hold_aigc_is_another_place() -> None:
    assert verify(png((b"Description", json.dumps({"AIGC": GOOD}).encode()))).answers.placed is Answer.NO
    report = verify(png((b"Comment", json.dumps(GOOD).encode())))
    assert report.answers.placed is Answer.NO
    assert messages(report)["record.bare_under_other_key"] is Outcome.WARNING


def test_a_pinned_producer_key_makes_authentic_and_another_key_warns(key: rsa.RSAPrivateKey) -> None:
    trust = pinned(GOOD["ContentProducer"], key)
    assert of_entries(signed(key), trust=trust).answers.integrity is Integrity.AUTHENTIC
    other = rsa.generate_private_key(65537, 2048)
    report = of_entries(signed(other), trust=trust)
    assert report.answers.integrity is Integrity.CONSISTENT
    assert messages(report)["integrity.other_key"] is Outcome.WARNING


def test_a_platforms_signature_does_not_vouch_for_the_producer(key: rsa.RSAPrivateKey) -> None:
    message = security_data.propagator_message("1", "platform", "p-1")
    code = RsaRecordSigner(key).security_data(message)
    record = GOOD | {"ContentPropagator": "platform", "PropagateID": "p-1", "ReservedCode2": code}
    report = of_entries(record, trust=pinned("platform", key))
    assert [reading.result for reading in report.integrity] == [Integrity.AUTHENTIC]
    assert report.answers.integrity is Integrity.ABSENT


def test_a_file_is_as_authentic_as_its_weakest_record(key: rsa.RSAPrivateKey) -> None:
    report = of_entries(signed(key), GOOD, trust=pinned(GOOD["ContentProducer"], key))
    assert report.answers.integrity is Integrity.ABSENT


def test_a_changed_signed_record_is_broken(key: rsa.RSAPrivateKey) -> None:
    report = of_entries(signed(key, Label="2"))
    assert report.answers.integrity is Integrity.BROKEN
    assert report.verdict is Verdict.CONFORMANT
    assert messages(report)["integrity.broken"] is Outcome.WARNING


def test_a_signature_without_a_fitting_key_is_not_checkable(key: rsa.RSAPrivateKey) -> None:
    record = signed(key)
    record["ReservedCode1"] = record["ReservedCode1"].replace(security_data.RSA_WITH_SHA256, security_data.SM2_WITH_SM3)
    assert of_entries(record).answers.integrity is Integrity.NOT_CHECKABLE


def test_the_sentence_never_denies_ai() -> None:
    for data in (png(), png((b"AIGC", json.dumps(GOOD).encode())), b"", png((b"AIGC", b"{"))):
        summary = verify(data).summary
        assert "is not AI" not in summary.en
        assert "不是" not in summary.zh


def test_a_missing_label_proves_nothing_and_says_so() -> None:
    report = verify(png())
    assert report.verdict is Verdict.NOT_FOUND
    assert "does not show that the content was not made by AI" in report.summary.en
    assert "不能据此认为" in report.summary.zh
