"""Whether certificates lead to an anchor that the operator named, where c2pa does not ask (RFC 5280, 6.1, in part)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: What cryptography raises for a certificate that it cannot make sense of, wherever it first notices.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidSignature,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@lru_cache(maxsize=4)
def certificates_of(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text; empty for an empty text. Raises ValueError where it is not readable."""
    return tuple(x509.load_pem_x509_certificates(pem)) if pem else ()


def anchored(
    certificates: Iterable[x509.Certificate], anchors: Iterable[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """Those of `certificates` that an anchor issued, itself or through authorities among them; all valid at `at`.

    Names, signatures, validity and the mark of an authority count; path lengths and name constraints are not looked at.
    """
    issuers = [anchor for anchor in anchors if _valid(anchor, at)]
    known = {(anchor.subject, _key(anchor)) for anchor in issuers}
    waiting = [certificate for certificate in certificates if _valid(certificate, at)]
    found: list[x509.Certificate] = []
    while True:
        reached = [
            certificate
            for certificate in waiting
            if (certificate.subject, _key(certificate)) in known
            or any(_issued(certificate, issuer) for issuer in issuers)
        ]
        if not reached:
            return tuple(found)
        found += reached
        waiting = [certificate for certificate in waiting if certificate not in reached]
        issuers = [certificate for certificate in reached if is_authority(certificate)]


def is_authority(certificate: x509.Certificate) -> bool:
    """True for the certificate of an authority (CA), which may issue others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except UNREADABLE:
        return False
    return True


def _key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
