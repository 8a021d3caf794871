"""Changed and hostile files: never an exception, never a crash, never for long."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.model import MEDIA_TYPES, Format
from labeling.report import Answer, Certificate, CredentialPresence, CredentialReading
from labeling.trust import NO_TRUST, Trust
from tests.labeling.chains import root
from tests.labeling.verification.credential_files import anchored, old_root, read, stamp, stranger
from tests.labeling.verification.credential_files import expired as expired_signer
from tests.labeling.verification.forged import content_of, picture, resigned, signed

LONGEST_SECONDS = 2.0


@cache
def with_ingredient() -> bytes:
    return signed(ingredients=(("componentOf", signed(claim_version=1)),))


@cache
def stamped() -> bytes:
    return resigned(signed(claim_version=1), expired_signer(), old_root(), stamp=stamp(stranger))


@cache
def in_png() -> bytes:
    return signed(picture("PNG"), media_type=MEDIA_TYPES[Format.PNG])


SUBJECTS = {
    "ingredient": (with_ingredient, Format.JPEG),
    "stamped": (stamped, Format.JPEG),
    "png": (in_png, Format.PNG),
}
TRUSTS = {"none": NO_TRUST, "anchors": anchored(root(), old_root(), stranger())}


def check(reading: CredentialReading, seconds: float) -> None:
    assert reading.presence is CredentialPresence.EMBEDDED
    assert reading.readable in (Answer.YES, Answer.NO)
    assert reading.certificate is not None
    assert seconds < LONGEST_SECONDS


@pytest.mark.parametrize("trust", TRUSTS)
@pytest.mark.parametrize("subject", SUBJECTS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_file_is_read_or_unreadable(subject: str, trust: str, data: st.DataObject) -> None:
    make_file, fmt = SUBJECTS[subject]
    changed = bytearray(make_file())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    started = time.perf_counter()
    reading = read(bytes(changed[: data.draw(st.integers(0, len(changed)))]), TRUSTS[trust], fmt)
    check(reading, time.perf_counter() - started)


@given(st.binary(max_size=500), st.sampled_from(sorted(Format)))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_unreadable_or_unknown(data: bytes, fmt: Format) -> None:
    assert read(data, fmt=fmt).readable in (Answer.NO, Answer.UNKNOWN)


@pytest.mark.parametrize("filling", [b"\x81", b"\xa1\x61a", b"\xc1", b"\x9f"], ids=["lists", "maps", "tags", "endless"])
@pytest.mark.parametrize("label", ["org.example.note", "c2pa.signature"])
def test_deep_nesting_is_no_crash(label: str, filling: bytes) -> None:
    note = {"label": "org.example.note", "data": {"text": "x" * 30_000}, "created": True}
    data = signed(assertions=(note,))
    start, end = content_of(data, label.encode())
    size = end - start
    started = time.perf_counter()
    reading = read(data[:start] + (filling * size)[:size] + data[end:], TRUSTS["anchors"])
    check(reading, time.perf_counter() - started)
    assert reading.readable is Answer.NO


def test_deeply_nested_boxes_are_no_crash() -> None:
    note = {"label": "org.example.note", "data": {"text": "x" * 30_000}, "created": True}
    data = signed(assertions=(note,))
    start, end = content_of(data, b"org.example.note")
    description = (
        (8 + 16 + 1 + 2).to_bytes(4, "big") + b"jumdc2as" + bytes.fromhex("00110010800000AA00389B71") + b"\x03a\0"
    )
    nested, left = b"", end - start
    while left > 60:
        nested += left.to_bytes(4, "big") + b"jumb" + description
        left -= 8 + len(description)
    reading = read(data[: start - 4] + b"jumb" + description + nested[len(description) :] + bytes(left) + data[end:])
    assert reading.readable is Answer.NO


def test_a_changed_file_is_never_trusted_whole() -> None:
    """One bit anywhere in the store or the picture: some answer is no longer yes, or it was padding."""
    data, trust = signed(), anchored(root())
    start, end = content_of(data, b"c2pa.signature")
    padding = data.index(b"cpad", start) + 7 if b"cpad" in data[start:end] else end
    wrong = []
    for at in range(40, len(data), 97):
        if padding <= at < end - 66:
            continue
        reading = read(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :], trust)
        sound = (reading.readable, reading.hash_intact, reading.signature_valid) == (Answer.YES,) * 3
        if sound and reading.certificate is Certificate.TRUSTED:
            wrong.append(at)
    assert wrong == []


def test_trust_that_was_never_checked_is_no_exception() -> None:
    assert read(signed(), Trust(anchors_pem=b"garbage")).readable is Answer.NO
