"""What is said of a signing certificate, beside what c2pa makes of the same one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.errors import ErrorCode, SigningError
from labeling.model import SourceType
from labeling.signing import ProblemCode, callback_signer, check_chain, pem_signer
from tests.labeling import chains
from tests.labeling.chains import AUTHORITY, DAY, EMAIL, NOW, SIGNER, Made, chain, defective, make, root, signer

#: What c2pa does with the same chain and key: refuses it, or lets a defect pass that we name.
REFUSED, INVALID, LETS_PASS = "refused", "invalid", "lets pass"

Case = tuple[bytes, Made]


def jpeg() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (32, 32), "teal").save(stream, "JPEG")
    return stream.getvalue()


def what_c2pa_does(chain_pem: bytes, key_pem: bytes, algorithm: str) -> str:
    created = {"action": "c2pa.created", "digitalSourceType": SourceType.ALGORITHMIC_MEDIA.value}
    definition = {
        "claim_generator_info": [{"name": "test"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }
    plain = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
    output = BytesIO()
    try:
        native = c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, chain_pem, key_pem, None))
        with c2pa.Context.from_dict(plain) as context:
            c2pa.Builder(definition, context).sign(native, "image/jpeg", BytesIO(jpeg()), output)
    except c2pa.C2paError:
        return REFUSED
    return LETS_PASS if chains.read_manifests(output.getvalue())["validation_state"] == "Valid" else INVALID


def under_root(made: Made) -> Case:
    return chain(made, root()), made


def with_purposes(*oids: str) -> Case:
    return under_root(defective(purposes=tuple(x509.ObjectIdentifier(oid) for oid in oids)))


def with_key(key: object) -> Case:
    return under_root(make(SIGNER, root(), key))


def through_intermediate(**changes: object) -> Case:
    middle = make(replace(AUTHORITY, subject="middle", authority_key_id=True, **changes), root())
    leaf = make(SIGNER, middle)
    return chain(leaf, middle, root()), leaf


def with_foreign_key() -> Case:
    return chain(signer(), root()), Made(signer().certificate, ec.generate_private_key(ec.SECP256R1()))


def with_forged_issuer() -> Case:
    leaf = make(SIGNER, make(AUTHORITY))  # another root of the same name
    return chain(leaf, root()), leaf


def with_other_issuer() -> Case:
    leaf = make(SIGNER, root(), issuer_name="somebody else")
    return chain(leaf, root()), leaf


def self_signed(**changes: object) -> Case:
    leaf = make(replace(SIGNER, **changes))
    return leaf.pem, leaf


C2PA_PURPOSE, DOCUMENT_PURPOSE = "1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.36"
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING.dotted_string
ANY_PURPOSE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING.dotted_string

DEFECTS: dict[str, tuple[Callable[[], Case], set[ProblemCode], str]] = {
    "expired": (lambda: under_root(defective(start=NOW - 3 * DAY, end=NOW - DAY)), {ProblemCode.EXPIRED}, REFUSED),
    "not-yet-valid": (lambda: under_root(defective(start=NOW + DAY)), {ProblemCode.NOT_YET_VALID}, REFUSED),
    "leaf-is-ca": (
        lambda: under_root(defective(ca=True, usages=("digital_signature", "key_cert_sign"))),
        {ProblemCode.LEAF_IS_CA},
        REFUSED,
    ),
    "no-key-usage": (lambda: under_root(defective(usages=None)), {ProblemCode.NO_DIGITAL_SIGNATURE}, REFUSED),
    "other-key-usage": (
        lambda: under_root(defective(usages=("key_encipherment",))),
        {ProblemCode.NO_DIGITAL_SIGNATURE},
        REFUSED,
    ),
    "non-repudiation-only": (
        lambda: under_root(defective(usages=("content_commitment",))),
        {ProblemCode.NO_DIGITAL_SIGNATURE},
        LETS_PASS,
    ),
    "cert-sign-on-leaf": (
        lambda: under_root(defective(usages=("digital_signature", "key_cert_sign"))),
        {ProblemCode.CERT_SIGN_ON_LEAF},
        REFUSED,
    ),
    "no-purpose": (lambda: under_root(defective(purposes=None)), {ProblemCode.NO_ALLOWED_EKU}, REFUSED),
    "wrong-purpose": (lambda: with_purposes(CODE_SIGNING), {ProblemCode.NO_ALLOWED_EKU}, REFUSED),
    "time-stamping-purpose": (lambda: with_purposes(TIME_STAMPING), {ProblemCode.NO_ALLOWED_EKU}, LETS_PASS),
    "any-purpose": (lambda: with_purposes(EMAIL.dotted_string, ANY_PURPOSE), {ProblemCode.EKU_ANY}, REFUSED),
    "mixed-purposes": (lambda: with_purposes(EMAIL.dotted_string, TIME_STAMPING), {ProblemCode.EKU_MIXED}, REFUSED),
    "document-signing": (lambda: with_purposes(DOCUMENT_PURPOSE), {ProblemCode.EKU_NEEDS_TRUST_LIST}, INVALID),
    "c2pa-purpose": (lambda: with_purposes(C2PA_PURPOSE), {ProblemCode.EKU_NEEDS_TRUST_LIST}, INVALID),
    "no-authority-key-id": (
        lambda: under_root(defective(authority_key_id=False)),
        {ProblemCode.NO_AUTHORITY_KEY_ID},
        REFUSED,
    ),
    "no-subject-key-id": (
        lambda: under_root(defective(subject_key_id=False)),
        {ProblemCode.NO_SUBJECT_KEY_ID},
        LETS_PASS,
    ),
    "unknown-critical-extension": (
        lambda: under_root(defective(critical="1.2.3.4")),
        {ProblemCode.CRITICAL_EXTENSION_UNKNOWN},
        REFUSED,
    ),
    "self-signed": (self_signed, {ProblemCode.SELF_SIGNED}, LETS_PASS),
    "self-signed-ca": (
        lambda: self_signed(ca=True, usages=("digital_signature", "key_cert_sign")),
        {ProblemCode.SELF_SIGNED, ProblemCode.LEAF_IS_CA},
        REFUSED,
    ),
    "root-first": (lambda: (chain(root(), signer()), signer()), {ProblemCode.WRONG_ORDER}, REFUSED),
    "other-issuer": (with_other_issuer, {ProblemCode.ISSUER_MISMATCH}, LETS_PASS),
    "forged-issuer": (with_forged_issuer, {ProblemCode.LINK_SIGNATURE}, LETS_PASS),
    "issuer-not-ca": (lambda: through_intermediate(ca=False), {ProblemCode.ISSUER_NOT_CA}, LETS_PASS),
    "issuer-expired": (
        lambda: through_intermediate(start=NOW - 3 * DAY, end=NOW - DAY),
        {ProblemCode.EXPIRED},
        LETS_PASS,
    ),
    "foreign-key": (with_foreign_key, {ProblemCode.KEY_MISMATCH}, INVALID),
    "weak-rsa": (lambda: with_key(chains.rsa_key(1024)), {ProblemCode.KEY_WEAK}, REFUSED),
    "curve": (lambda: with_key(ec.generate_private_key(ec.SECP256K1())), {ProblemCode.CURVE_UNSUPPORTED}, REFUSED),
    "sha-224": (
        lambda: under_root(defective(hash=hashes.SHA224)),
        {ProblemCode.SIGNATURE_ALGORITHM_UNSUPPORTED},
        REFUSED,
    ),
}


@pytest.mark.parametrize(("case", "expected", "c2pa_does"), DEFECTS.values(), ids=DEFECTS)
def test_each_defect_is_named_and_nothing_else(
    case: Callable[[], Case], expected: set[ProblemCode], c2pa_does: str
) -> None:
    chain_pem, made = case()
    assert {problem.code for problem in check_chain(chain_pem, made.key_pem, NOW)} == expected
    algorithm = "ps256" if isinstance(made.key, rsa.RSAPrivateKey) else "es256"
    assert what_c2pa_does(chain_pem, made.key_pem, algorithm) == c2pa_does


@pytest.mark.parametrize("algorithm", ["es256", "es384", "es512", "ps256", "ed25519"])
def test_a_sound_chain_has_no_problem_and_c2pa_signs_with_it(algorithm: str) -> None:
    leaf = signer(algorithm)
    assert check_chain(chain(leaf, root()), leaf.key_pem, NOW) == ()
    assert what_c2pa_does(chain(leaf, root()), leaf.key_pem, algorithm) == LETS_PASS


@pytest.mark.parametrize("algorithm", ["es256", "ps256", "ed25519"])
def test_a_chain_of_three_is_sound_whatever_its_issuers_keys(algorithm: str) -> None:
    middle = make(replace(AUTHORITY, subject="middle", authority_key_id=True), root(), chains.KEYS[algorithm]())
    leaf = make(SIGNER, middle)
    assert check_chain(chain(leaf, middle, root()), leaf.key_pem, NOW) == ()


def test_all_problems_are_reported_at_once() -> None:
    bad = make(replace(SIGNER, end=NOW - DAY / 2, usages=None, purposes=None, authority_key_id=False), make(AUTHORITY))
    found = check_chain(chain(root(), bad), signer().key_pem, NOW)
    assert {problem.code for problem in found} == {
        ProblemCode.WRONG_ORDER,
        ProblemCode.KEY_MISMATCH,
        ProblemCode.EXPIRED,
        ProblemCode.NO_DIGITAL_SIGNATURE,
        ProblemCode.NO_ALLOWED_EKU,
        ProblemCode.NO_AUTHORITY_KEY_ID,
        ProblemCode.LINK_SIGNATURE,
    }


def test_an_expired_certificate_is_named_with_its_date() -> None:
    end = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    leaf = defective(start=end - DAY, end=end)
    with pytest.raises(SigningError) as caught:
        pem_signer(chain(leaf, root()), leaf.key_pem, clock=lambda: NOW)
    assert caught.value.code is ErrorCode.SIGNING_CERTIFICATE_UNFIT
    assert caught.value.detail == "the certificate expired on 2026-01-02 03:04 UTC"
    assert caught.value.params["problems"] == [
        {
            "code": "expired",
            "detail": caught.value.detail,
            "position": 0,
            "from": "2026-01-01T03:04:00+00:00",
            "to": "2026-01-02T03:04:00+00:00",
        }
    ]


def encrypted(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def other_kind_of_key() -> bytes:
    return Made(signer().certificate, ed448.Ed448PrivateKey.generate()).key_pem


@pytest.mark.parametrize(
    ("chain_pem", "key_pem", "error", "problem"),
    [
        (b"", None, ErrorCode.SIGNING_CERTIFICATE_UNREADABLE, "chain_unreadable"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None,
         ErrorCode.SIGNING_CERTIFICATE_UNREADABLE, "chain_unreadable"),
        (None, b"nothing", ErrorCode.SIGNING_KEY_UNREADABLE, "key_unreadable"),
        (None, encrypted(signer().key), ErrorCode.SIGNING_KEY_UNREADABLE, "key_encrypted"),
        (None, other_kind_of_key(), ErrorCode.SIGNING_CERTIFICATE_UNFIT, "key_unsupported"),
        (None, make(SIGNER).key_pem, ErrorCode.SIGNING_KEY_MISMATCH, "key_mismatch"),
    ],
    ids=["no-chain", "broken-chain", "no-key", "encrypted-key", "ed448-key", "foreign-key"],
)  # fmt: skip
def test_a_signer_that_cannot_sign_is_refused_when_it_is_made(
    chain_pem: bytes | None, key_pem: bytes | None, error: ErrorCode, problem: str
) -> None:
    sound = chain(signer(), root())
    with pytest.raises(SigningError) as caught:
        pem_signer(sound if chain_pem is None else chain_pem, key_pem or signer().key_pem)
    assert caught.value.code is error
    assert [told["code"] for told in caught.value.params["problems"]] == [problem]
    assert "PRIVATE" not in str(caught.value.params)


def test_a_certificate_with_an_ed448_key_is_refused() -> None:
    leaf = make(SIGNER, root(), ed448.Ed448PrivateKey.generate())
    found = check_chain(chain(leaf, root()), leaf.key_pem, NOW)
    assert {problem.code for problem in found} == {ProblemCode.KEY_UNSUPPORTED}


@pytest.mark.parametrize("algorithm", ["es384", "ps256", "ed25519", "rs256", ""])
def test_an_algorithm_that_the_key_cannot_sign_with_is_refused(algorithm: str) -> None:
    with pytest.raises(SigningError) as caught:
        callback_signer(chain(signer("es256"), root()), algorithm, lambda message: message)
    assert caught.value.params["problems"][0]["code"] == "algorithm_mismatch"
    assert caught.value.params["problems"][0]["fitting"] == ["es256"]


@given(cut=st.integers(0, 3000), flip=st.integers(0, 2999), value=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_damaged_chain_is_a_problem_and_never_another_error(cut: int, flip: int, value: int) -> None:
    sound = bytearray(chain(signer(), root()))
    sound[flip % len(sound)] = value
    for problem in check_chain(bytes(sound[:cut]), signer().key_pem, NOW):
        assert problem.detail


@given(st.binary(max_size=600))
@settings(max_examples=100, deadline=None)
def test_any_bytes_as_der_are_a_problem_and_never_another_error(der: bytes) -> None:
    from base64 import encodebytes

    pem = b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"
    assert any(problem.fatal for problem in check_chain(pem, None, NOW))
