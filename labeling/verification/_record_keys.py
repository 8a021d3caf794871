"""The public keys with which a reserved code may verify: from the file, from its certificates, pinned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labeling._der import parts
from labeling._sm2 import Sm2Key, read_public_keys
from labeling.security_data import SecurityData
from labeling.trust import PinnedKey

#: An RSA signature over a key of more bits would take long to verify.
_LARGEST_RSA = 8192


@dataclass(frozen=True, slots=True)
class Candidate:
    """One key, ready to verify with."""

    key: Sm2Key | RSAPublicKey
    #: SubjectPublicKeyInfo, DER.
    spki: bytes


def candidates(data: SecurityData, pinned: Iterable[PinnedKey]) -> tuple[Candidate, ...]:
    """Every key that may verify, the pinned ones first, each once."""
    encoded = [key.public_key for key in pinned]
    encoded += [spki for der in data.certificates if (spki := spki_of_certificate(der)) is not None]
    encoded += data.keys
    return tuple({one.spki: one for raw in encoded for one in candidates_of(raw)}.values())


def candidates_of(raw: bytes) -> Iterator[Candidate]:
    """The keys that an encoding may mean; none for anything that is no SM2 or RSA public key."""
    for sm2 in read_public_keys(raw):
        yield Candidate(sm2, sm2.spki)
    try:
        key = load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return
    if isinstance(key, RSAPublicKey) and key.key_size <= _LARGEST_RSA:
        yield Candidate(key, raw)


def spki_of_certificate(der: bytes) -> bytes | None:
    """The SubjectPublicKeyInfo of an X.509 certificate, of whatever algorithm; None for anything else.

    Version [0] may be absent; then serial number, algorithm, issuer, validity, subject, key (RFC 5280, 4.1).
    """
    try:
        fields = parts(parts(der)[0])
        start = 1 if isinstance(fields[0], bytes) and fields[0][:1] == b"\xa0" else 0
        spki = fields[start + 5]
    except (ValueError, IndexError, TypeError):
        return None
    return spki if isinstance(spki, bytes) and spki[:1] == b"0" else None


def subject_of(certificates: Iterable[bytes], spki: bytes) -> str:
    """The subject of the certificate for a key (RFC 4514), or the empty string."""
    for der in certificates:
        if spki_of_certificate(der) == spki:
            try:
                return x509.load_der_x509_certificate(der).subject.rfc4514_string()
            except (ValueError, TypeError, UnsupportedAlgorithm):
                return ""
    return ""
