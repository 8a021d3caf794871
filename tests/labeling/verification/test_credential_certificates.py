"""The certificate of a C2PA credential: what it may be used for, whose stamp counts, whom the operator trusts."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import c2pa
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import DEFAULT_LIMITS
from labeling.report import Certificate
from labeling.trust import C2PA_USAGES, NO_TRUST, Trust
from labeling.verification import _c2pa_contexts
from labeling.verification.credential import require_trust
from tests.labeling.chains import AUTHORITY, DAY, EMAIL, NOW, SIGNER, Made, make, root, signer
from tests.labeling.verification.credential_files import (
    LONG_AGO,
    STAMPED,
    UNKNOWN,
    YES,
    allowed,
    anchored,
    by,
    expired,
    first_version,
    intact,
    old_root,
    read,
    stamp,
    stapled,
    stranger,
    time_stamper,
    with_purposes,
)
from tests.labeling.verification.forged import (
    AI,
    Stamp,
    resigned,
    signed,
)

# --- wrong usage -----------------------------------------------------------------------------------------------------

CODE_SIGNING, TIME_STAMPING, OCSP_SIGNING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"
ANY_PURPOSE, DOCUMENTS, OWN = "2.5.29.37.0", C2PA_USAGES[1], C2PA_USAGES[0]


@pytest.mark.parametrize("trust", [NO_TRUST, anchored(root())], ids=["untrusted", "anchored"])
@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: with_purposes(CODE_SIGNING), "lacks a purpose"),
        (with_purposes, "lacks a purpose"),
        (lambda: with_purposes(EMAIL.dotted_string, ANY_PURPOSE), "anyExtendedKeyUsage"),
        (lambda: with_purposes(EMAIL.dotted_string, TIME_STAMPING), "mixes"),
        (lambda: by(usages=("key_encipherment",)), "digitalSignature"),
        (lambda: by(usages=("digital_signature", "key_cert_sign")), "keyCertSign"),
    ],
    ids=["code-signing", "no-purpose", "any-purpose", "mixed-with-time-stamping", "no-signing", "issuing"],
)
def test_a_certificate_for_something_else_is_wrong_usage(file: Callable[[], bytes], words: str, trust: Trust) -> None:
    reading = read(file(), trust)
    assert (reading.certificate, reading.hash_intact, reading.signature_valid) == (Certificate.WRONG_USAGE, YES, YES)
    assert words in reading.detail


@pytest.mark.parametrize("purpose", [TIME_STAMPING, OCSP_SIGNING], ids=["time-stamping", "ocsp"])
def test_an_anchored_authority_for_stamps_or_revocation_is_no_signer_though_c2pa_trusts_it(purpose: str) -> None:
    assert read(with_purposes(purpose), anchored(root())).certificate is Certificate.WRONG_USAGE


@pytest.mark.parametrize("purpose", [EMAIL.dotted_string, DOCUMENTS, OWN], ids=["e-mail", "documents", "c2pa"])
def test_the_purposes_of_c2pa_are_admitted(purpose: str) -> None:
    data = with_purposes(purpose)
    assert read(data).certificate is Certificate.UNTRUSTED
    assert read(data, anchored(root())).certificate is Certificate.TRUSTED


def test_the_operator_may_admit_fewer_purposes() -> None:
    trust = replace(anchored(root()), usages=(OWN,))
    assert read(intact(), trust).certificate is Certificate.WRONG_USAGE
    assert read(with_purposes(OWN), trust).certificate is Certificate.TRUSTED


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: resigned(intact(), expired(), old_root()), "expired on"),
        (lambda: by(start=NOW + DAY), "valid only from"),
        (lambda: by(authority_key_id=False), "authorityKeyIdentifier"),
        (lambda: resigned(intact(), signer(), root(), algorithm=-8), "does not match"),
        (lambda: stapled(ocsp.OCSPCertStatus.REVOKED), "revoked"),
    ],
    ids=["expired", "not-yet-valid", "no-identifier", "algorithm", "revoked"],
)
def test_the_detail_says_what_is_wrong_with_a_certificate(file: Callable[[], bytes], words: str) -> None:
    assert words in read(file(), anchored(root())).detail


# --- claims of version 1, whose time stamps c2pa trusts without asking -----------------------------------------------


def first_version_by(leaf: Made, issuer: Made, issuer_of_stamp: Callable[[], Made], **options: Any) -> bytes:
    return resigned(first_version(), leaf, issuer, stamp=stamp(issuer_of_stamp, **options))


def test_c2pa_itself_takes_an_expired_certificate_with_a_stamp_of_its_forger() -> None:
    """Without this the next tests would show nothing."""
    data = first_version_by(expired(), old_root(), stranger)
    with (
        _c2pa_contexts.make_context(anchored(old_root()), DEFAULT_LIMITS) as context,
        c2pa.Reader("image/jpeg", io.BytesIO(data), context=context) as reader,
    ):
        assert reader.get_validation_state() == "Trusted"


def test_an_expired_certificate_with_a_stamp_of_its_forger_is_expired() -> None:
    reading = read(first_version_by(expired(), old_root(), stranger), anchored(old_root()))
    assert (reading.certificate, reading.time_stamped) == (Certificate.EXPIRED, UNKNOWN)
    assert "time stamp" in reading.detail


def test_an_expired_certificate_in_the_allowed_list_with_a_stamp_of_its_forger_is_expired() -> None:
    reading = read(first_version_by(expired(), old_root(), stranger), allowed(expired()))
    assert reading.certificate is Certificate.EXPIRED


def test_an_expired_authority_is_not_revived_by_a_stamp_of_the_forger() -> None:
    gone = make(replace(AUTHORITY, subject="gone", authority_key_id=True, start=LONG_AGO, end=NOW - DAY), old_root())
    leaf = make(replace(SIGNER, start=LONG_AGO), gone)
    data = resigned(first_version(), leaf, gone, stamp=stamp(stranger))
    assert read(data, anchored(old_root())).certificate is Certificate.EXPIRED


def test_a_stamp_that_leads_to_an_anchor_counts() -> None:
    reading = read(first_version_by(expired(), old_root(), stranger), anchored(old_root(), stranger()))
    assert (reading.certificate, reading.time_stamped) == (Certificate.TRUSTED, YES)
    assert reading.signed_at == f"{STAMPED:%Y-%m-%dT%H:%M:%S}+00:00"


def test_a_stamp_with_a_true_chain_beside_the_forger_does_not_count() -> None:
    parents = (stranger(), time_stamper(old_root), old_root())
    data = resigned(first_version(), expired(), old_root(), stamp=Stamp(time_stamper(stranger), STAMPED, parents))
    assert read(data, anchored(old_root())).certificate is Certificate.EXPIRED


@pytest.mark.parametrize("file", [intact, first_version], ids=["version-2", "version-1"])
def test_a_certificate_of_an_anchored_signer_makes_no_stamp_that_counts(file: Callable[[], bytes]) -> None:
    """c2pa blames the signer's certificate for what is wrong with that of the stamp."""
    leaf = make(replace(SIGNER, subject="mail", start=LONG_AGO), old_root())
    data = resigned(file(), expired(), old_root(), stamp=Stamp(leaf, STAMPED, (old_root(),)))
    reading = read(data, anchored(old_root()))
    assert (reading.certificate, reading.time_stamped) == (Certificate.EXPIRED, UNKNOWN)


@pytest.mark.parametrize("file", [intact, first_version], ids=["version-2", "version-1"])
def test_a_true_authority_before_the_forger_in_a_stamp_does_not_count(file: Callable[[], bytes]) -> None:
    forged = Stamp(time_stamper(stranger), STAMPED, (stranger(),), first=(time_stamper(old_root),))
    reading = read(resigned(file(), expired(), old_root(), stamp=forged), anchored(old_root()))
    assert (reading.certificate, reading.time_stamped) == (Certificate.EXPIRED, UNKNOWN)


def test_a_valid_certificate_needs_no_stamp() -> None:
    data = resigned(first_version(), signer(), root(), stamp=Stamp(time_stamper(stranger), NOW, (stranger(),)))
    assert read(data, anchored(root())).certificate is Certificate.TRUSTED
    assert read(data, allowed(signer())).certificate is Certificate.TRUSTED


# --- certificates that cannot be seen --------------------------------------------------------------------------------


def test_a_second_chain_in_the_signature_is_never_trusted() -> None:
    """c2pa takes one of them and does not say which."""
    decoy = [make(SIGNER, root()).certificate.public_bytes(Encoding.DER)]
    reading = read(resigned(intact(), signer(), root(), unprotected={33: decoy}), anchored(root()))
    assert reading.certificate is Certificate.NOT_CHECKED
    assert "could not be read" in reading.detail


def test_the_chain_may_stand_under_its_old_name() -> None:
    chain = [made.certificate.public_bytes(Encoding.DER) for made in (signer(), root())]
    data = resigned(intact(), signer(), root(), protected={1: -7, "x5chain": chain})
    assert read(data, anchored(root())).certificate is Certificate.TRUSTED


def test_a_compressed_manifest_hides_its_certificate_and_so_is_never_trusted() -> None:
    compressed = signed(settings={"core": {"prefer_compress_manifests": True}})
    assert read(compressed).certificate is Certificate.UNTRUSTED
    reading = read(compressed, anchored(root()))
    assert (reading.certificate, reading.hash_intact) == (Certificate.NOT_CHECKED, YES)
    assert reading.source_types == (AI,)


# --- the operator's lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trust",
    [NO_TRUST, anchored(root()), anchored(root(), stranger()), allowed(signer()), replace(NO_TRUST, usages=())],
    ids=["none", "anchor", "two-anchors", "allowed", "no-usages"],
)
def test_readable_trust_lists_pass(trust: Trust) -> None:
    require_trust(trust)


BROKEN = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("trust", "params"),
    [
        (Trust(anchors_pem=b"garbage"), {"list": "anchors"}),
        (Trust(anchors_pem=b"\n"), {"list": "anchors"}),
        (Trust(anchors_pem=BROKEN), {"list": "anchors"}),
        (Trust(anchors_pem=b"\xff\xfe"), {"list": "anchors"}),
        (Trust(allowed_pem=b"garbage"), {"list": "allowed"}),
        (Trust(usages=("emailProtection",)), {"list": "usages", "value": "emailProtection"}),
        (Trust(usages=("1.2.3\n1.2.4",)), {"list": "usages", "value": "1.2.3\n1.2.4"}),
    ],
    ids=["no-pem", "blank", "no-certificate", "no-text", "allowed", "usage-by-name", "usage-with-a-line"],
)
def test_unreadable_trust_lists_are_refused(trust: Trust, params: dict[str, str]) -> None:
    with pytest.raises(DeclarationError) as caught:
        require_trust(trust)
    assert caught.value.code is ErrorCode.TRUST_UNREADABLE
    assert caught.value.params == params


def test_a_list_with_one_broken_certificate_is_refused() -> None:
    with pytest.raises(DeclarationError):
        require_trust(Trust(anchors_pem=root().pem + BROKEN))
