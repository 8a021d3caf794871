"""Whether a signature in a reserved code verifies, in each variant that real labels have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from labeling import _sm2, security_data
from labeling._sm2 import Sm2Key
from labeling.security_data import Signature
from labeling.verification._record_keys import Candidate

#: Ends the name of a variant in which a second message had to be tried.
OF_PRODUCER = "-of-producer"
#: Key, signature, message; the kind of key is settled by `_VARIANTS`.
Verifier = Callable[[Any, bytes, bytes], bool]


@dataclass(slots=True)
class Budget:
    """How many more signatures may be tried."""

    left: int
    used: int = 0
    spent: bool = False

    def take(self) -> bool:
        """True while there is one left; `spent` once one was refused."""
        self.spent |= self.left <= 0
        if self.spent:
            return False
        self.left -= 1
        self.used += 1
        return True


def fits(signature: Signature, candidate: Candidate) -> bool:
    """Whether this is a signature that this key could have made; what is none costs no trial."""
    key = candidate.key
    if not _trials(signature.algorithm, key):
        return False
    if isinstance(key, Sm2Key):
        return _sm2.is_signature(signature.value)
    return len(signature.value) == (key.key_size + 7) // 8


def matching_variant(
    signature: Signature, candidate: Candidate, messages: tuple[bytes, ...], budget: Budget
) -> str | None:
    """The first variant in which the signature verifies, or None.

    'message' and 'digest' say what was signed; '-of-producer' is appended where a second message had to be tried.
    """
    for index, message in enumerate(messages):
        for variant, verifies in _trials(signature.algorithm, candidate.key):
            if not budget.take():
                return None
            if verifies(candidate.key, signature.value, message):
                return variant if index == 0 else variant + OF_PRODUCER
    return None


def _trials(algorithm: str, key: Sm2Key | RSAPublicKey) -> tuple[tuple[str, Verifier], ...]:
    return _VARIANTS.get((algorithm, Sm2Key if isinstance(key, Sm2Key) else RSAPublicKey), ())


def _sm2_of_message(key: Any, signature: bytes, message: bytes) -> bool:
    """As GB/T 32918.2 has it: e = SM3(ZA || M)."""
    return _sm2.verify(key, signature, _sm2.message_digest(key, message))


def _sm2_of_digest(key: Any, signature: bytes, message: bytes) -> bool:
    """As some producers have it: e = SM3(ZA || SM3(M))."""
    return _sm2.verify(key, signature, _sm2.message_digest(key, _sm2.sm3(message)))


def _rsa_of_message(key: Any, signature: bytes, message: bytes) -> bool:
    """PKCS #1 v1.5 (RFC 8017, 8.2)."""
    try:
        key.verify(signature, message, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _rsa_of_bare_digest(key: Any, signature: bytes, message: bytes) -> bool:
    """As one producer has it: the padding holds the 32 bytes of the digest without a DigestInfo."""
    try:
        recovered: bytes = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return False
    return recovered == hashlib.sha256(message).digest()


_VARIANTS: dict[tuple[str, type], tuple[tuple[str, Verifier], ...]] = {
    (security_data.SM2_WITH_SM3, Sm2Key): (("message", _sm2_of_message), ("digest", _sm2_of_digest)),
    (security_data.RSA_WITH_SHA256, RSAPublicKey): (
        ("message", _rsa_of_message),
        ("bare-digest", _rsa_of_bare_digest),
    ),
}
