"""The certificate of the active manifest: c2pa's word on it, and what c2pa does not ask or does not say.

c2pa 0.91 calls a certificate 'invalid' and does not say why. It accepts those of time-stamp and OCSP authorities as
signers, and those for e-mail protection whether or not the operator admits them. And it calls every time stamp on a
claim of version 1 trusted. So the certificate is looked at here as well, and nothing is trusted that could not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from labeling._certificates import check_chain
from labeling._signing_problems import Problem, ProblemCode
from labeling.report import Answer, Certificate
from labeling.trust import Trust
from labeling.verification import _c2pa_stamps
from labeling.verification._c2pa_anchors import UNREADABLE, anchored, certificates_of
from labeling.verification._c2pa_results import Codes
from labeling.verification._c2pa_store import Signature

#: C2PA 2.x, 14.5.1: a certificate for one of these serves nothing else.
_EXCLUSIVE = frozenset({ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING})
_UNSEEN = "the certificate could not be read from the store"
_UNVOUCHED = "the certificate has expired, and nobody vouches for the time stamp"
#: Claims from this version on have their stamps' authorities checked by c2pa.
_STAMPS_CHECKED_FROM = 2


@dataclass(frozen=True, slots=True)
class Signing:
    """What is known of how the active manifest was signed."""

    codes: Codes
    #: None where the store's signature could not be read.
    signature: Signature | None
    claim_version: int
    #: As the time stamp has it; ISO 8601, or '' without one.
    signed_at: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answers about certificate and time stamp."""

    certificate: Certificate
    #: YES: a time stamp verifies and its authority leads to an anchor. UNKNOWN: it verifies, and nobody vouches for it.
    #: NO: there is none, or it does not verify.
    time_stamped: Answer
    #: What is wrong with the certificate, in plain English; '' where nothing is.
    detail: str = ""


def judge(signing: Signing, trust: Trust, now: datetime) -> Judgement:
    """What is known of the certificate and of the time stamp, c2pa's word weighed."""
    vouched = signing.codes.stamp_verifies and _vouched(signing, trust)
    stamped = (Answer.YES if vouched else Answer.UNKNOWN) if signing.codes.stamp_verifies else Answer.NO
    word = signing.codes.certificate
    # 1. A certificate that cannot be looked at is not called trusted.
    misuse = None if signing.signature is None else _misuse(signing.signature.chain[0], trust.usages)
    if misuse is None:
        return Judgement(Certificate.NOT_CHECKED, stamped, _UNSEEN) if _trusted(word) else Judgement(word, stamped)
    # 2. Is it one for signing content, as the operator has it?
    if misuse and word is not Certificate.REVOKED:
        return Judgement(Certificate.WRONG_USAGE, stamped, misuse)
    # 3. Does it stand without a time stamp that nobody checked?
    if _trusted(word) and not (vouched or _stands(signing, trust, now)):
        return Judgement(Certificate.EXPIRED, stamped, _UNVOUCHED)
    # 4. What is wrong, where c2pa gives no reason or calls the stamp's certificate the signer's.
    if word in (Certificate.TRUSTED, Certificate.UNTRUSTED):
        return Judgement(word, stamped)
    problems = _problems(signing.signature, now)
    if word is Certificate.INVALID and {problem.code for problem in problems} == {ProblemCode.EXPIRED}:
        word = Certificate.EXPIRED
    return Judgement(word, stamped, "; ".join(problem.detail for problem in problems))


def _trusted(word: Certificate) -> bool:
    return word is Certificate.TRUSTED


@lru_cache(maxsize=256)
def _misuse(leaf: bytes, usages: tuple[str, ...]) -> str | None:
    """What keeps a certificate (DER) from signing content, '' for nothing; None where it cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(leaf)
        usage = _extension(certificate, x509.KeyUsage)
        purposes = _extension(certificate, x509.ExtendedKeyUsage) or ()
        return "; ".join((*_key_misuse(usage), *_purpose_misuse(tuple(purposes), usages)))
    except UNREADABLE:
        return None


def _key_misuse(usage: x509.KeyUsage | None) -> Iterator[str]:
    """C2PA 2.x, 14.5.1, key usage."""
    if usage is None or not usage.digital_signature:
        yield "the certificate lacks the key usage digitalSignature"
    if usage is not None and usage.key_cert_sign:
        yield "the certificate has the key usage keyCertSign"


def _purpose_misuse(purposes: tuple[x509.ObjectIdentifier, ...], usages: tuple[str, ...]) -> Iterator[str]:
    """C2PA 2.x, 14.5.1, extended key usage."""
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes:
        yield "the certificate has the purpose anyExtendedKeyUsage, which is forbidden"
    if not any(purpose.dotted_string in usages for purpose in purposes):
        yield "the certificate lacks a purpose that is allowed for signing content"
    elif not _EXCLUSIVE.isdisjoint(purposes):
        yield "the certificate mixes time stamping or OCSP with another purpose"


_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _stands(signing: Signing, trust: Trust, now: datetime) -> bool:
    """True unless c2pa's trust may rest on a time stamp whose authority it did not check."""
    if signing.claim_version >= _STAMPS_CHECKED_FROM or not signing.codes.stamp_verifies:
        return True
    return _trusted_now(signing.signature, trust, now)


def _trusted_now(signature: Signature | None, trust: Trust, now: datetime) -> bool:
    chain = _chain(signature)
    if not chain:
        return False
    if chain[0] in certificates_of(trust.allowed_pem):
        return chain[0].not_valid_before_utc <= now <= chain[0].not_valid_after_utc
    return chain[0] in anchored(chain, certificates_of(trust.anchors_pem), now)


def _chain(signature: Signature | None) -> list[x509.Certificate]:
    """The certificates as objects, the signer's first; empty where any of them cannot be read."""
    try:
        return [x509.load_der_x509_certificate(der) for der in signature.chain] if signature else []
    except UNREADABLE:
        return []


def _vouched(signing: Signing, trust: Trust) -> bool:
    """True when the authority of the time stamp leads to an anchor.

    Of several stamps nobody could say which one c2pa looked at. A stamp may also lie in an assertion of its own, as
    claims of version 2 have it: there c2pa's word counts.
    """
    if signing.signature is None or not trust.anchors_pem:
        return False
    stamps, checked = signing.signature.stamps, signing.claim_version >= _STAMPS_CHECKED_FROM
    if checked and not (signing.codes.stamp_trusted and stamps):
        return signing.codes.stamp_trusted
    return len(stamps) == 1 and _c2pa_stamps.is_anchored(stamps[0], trust, signing.signed_at)


def _problems(signature: Signature | None, now: datetime) -> list[Problem]:
    """Everything that is wrong with a chain."""
    try:
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in _chain(signature))
        return [problem for problem in check_chain(pem, None, now) if problem.fatal]
    except UNREADABLE:
        return []
