"""Signatures for the reserved codes of a record (TC260-PG-202511A): SM2 with SM3, or RSA with SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from labeling import _sm2, security_data
from labeling._sm2_pem import read_sm2_private_key
from labeling.errors import ErrorCode, SigningError

#: Below it a signature proves nothing any more (GM/T and NIST alike).
_SMALLEST_RSA = 2048


class RecordSigner(Protocol):
    """Whatever signs a message and says so in the form of the guide; a KMS can stand behind it."""

    def security_data(self, message: bytes) -> str:
        """The text of the reserved code for `message`. Raises SigningError."""
        ...


@dataclass(frozen=True, slots=True)
class Sm2RecordSigner:
    """SM2 over the message itself (GB/T 32918.2), with the default identity."""

    key: _sm2.Sm2PrivateKey

    def security_data(self, message: bytes) -> str:
        """The text of the reserved code for `message`."""
        public = self.key.public_key
        signature = self.key.sign(_sm2.message_digest(public, message))
        return security_data.write(security_data.SM2_WITH_SM3, signature, security_data.SM2_KEY, public.spki)


@dataclass(frozen=True, slots=True)
class RsaRecordSigner:
    """RSA with SHA-256, PKCS #1 v1.5 (RFC 8017)."""

    key: RSAPrivateKey

    def security_data(self, message: bytes) -> str:
        """The text of the reserved code for `message`."""
        spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        signature = self.key.sign(message, PKCS1v15(), hashes.SHA256())
        return security_data.write(security_data.RSA_WITH_SHA256, signature, security_data.RSA_KEY, spki)


def record_signer(pem: bytes) -> RecordSigner:
    """The signer of a PEM private key without a password: SM2 (PKCS #8 or SEC 1), or RSA of 2,048 bits and more.

    Raises SigningError: SIGNING_KEY_UNREADABLE, or SIGNING_UNSUPPORTED for a key of another kind.
    """
    sm2 = read_sm2_private_key(pem)
    if sm2 is not None:
        return Sm2RecordSigner(sm2)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError(ErrorCode.SIGNING_KEY_UNREADABLE, "the record key is no PEM private key") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_RSA:
        raise SigningError(
            ErrorCode.SIGNING_UNSUPPORTED, f"a record key must be SM2 or RSA of {_SMALLEST_RSA} bits and more"
        )
    return RsaRecordSigner(key)
