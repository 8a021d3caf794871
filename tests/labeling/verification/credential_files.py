"""Signers, anchors and files for the tests of C2PA credentials: sound ones, and each with one defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format
from labeling.report import Answer, CredentialReading
from labeling.trust import NO_TRUST, Trust
from labeling.verification.credential import read_credential
from tests.labeling.chains import AUTHORITY, DAY, NOW, SIGNER, Made, defective, make, root, signer
from tests.labeling.verification.forged import (
    Stamp,
    resigned,
    signed,
)

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
LONG_AGO = NOW - 50 * DAY
STAMPED = NOW - 15 * DAY


def read(
    data: bytes, trust: Trust = NO_TRUST, fmt: Format = Format.JPEG, limits: Limits = DEFAULT_LIMITS, **options: Any
) -> CredentialReading:
    return read_credential(
        data, fmt, **{"embedded": True, "remote_addresses": (), "trust": trust, "limits": limits} | options
    )


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


# --- whose certificates ----------------------------------------------------------------------------------------------


@cache
def intact() -> bytes:
    return signed()


@cache
def first_version() -> bytes:
    return signed(claim_version=1)


@cache
def old_root() -> Made:
    return make(replace(AUTHORITY, subject="old root", start=LONG_AGO))


@cache
def expired() -> Made:
    return make(replace(SIGNER, start=LONG_AGO, end=NOW - 10 * DAY), old_root())


@cache
def stranger() -> Made:
    """A root that nobody trusts."""
    return make(replace(AUTHORITY, subject="stranger", start=LONG_AGO))


@cache
def time_stamper(issuer: Callable[[], Made]) -> Made:
    profile = replace(SIGNER, subject="time stamper", start=LONG_AGO, purposes_critical=True)
    return make(replace(profile, purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)), issuer())


def anchored(*certificates: Made) -> Trust:
    return Trust(anchors_pem=b"".join(made.pem for made in certificates))


def allowed(*certificates: Made) -> Trust:
    return Trust(allowed_pem=b"".join(made.pem for made in certificates))


def stamp(issuer: Callable[[], Made], **options: Any) -> Stamp:
    return Stamp(time_stamper(issuer), STAMPED, (issuer(),), **options)


def with_purposes(*purposes: str) -> bytes:
    leaf = defective(purposes=tuple(x509.ObjectIdentifier(purpose) for purpose in purposes) or None)
    return resigned(intact(), leaf, root())


def by(**defect: Any) -> bytes:
    return resigned(intact(), defective(**defect), root())


def stapled(status: ocsp.OCSPCertStatus) -> bytes:
    """A file with an OCSP response beside its signature."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    responder = defective(subject="responder", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=signer().certificate,
        issuer=root().certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=NOW - DAY,
        next_update=NOW + DAY,
        revocation_time=NOW - 2 * DAY if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    response = builder.certificates([responder.certificate]).sign(responder.key, hashes.SHA256())
    values = {"rVals": {"ocspVals": [response.public_bytes(Encoding.DER)]}}
    return resigned(intact(), signer(), root(), unprotected=values)
