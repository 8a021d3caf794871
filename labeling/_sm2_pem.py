"""SM2 private keys as OpenSSL writes them: PKCS #8 (RFC 5958) or SEC 1 (RFC 5915), PEM, without a password."""

from __future__ import annotations

from typing import Final

from labeling._der import contents, object_id, octets, parts
from labeling._pem import blocks
from labeling._sm2 import Sm2PrivateKey, order

_CURVE: Final = "1.2.156.10197.1.301"
_EC_KEY: Final = "1.2.840.10045.2.1"


def read_sm2_private_key(pem: bytes) -> Sm2PrivateKey | None:
    """The key, or None for anything that is not an SM2 private key."""
    try:
        secrets = [_READERS[kind](der) for kind, der in blocks(pem) if kind in _READERS]
    except (ValueError, IndexError, TypeError):
        return None
    return next((Sm2PrivateKey(one) for one in secrets if one is not None and 0 < one < order() - 1), None)


def _from_pkcs8(der: bytes) -> int | None:
    """PrivateKeyInfo: version, algorithm with the curve, the SEC 1 key as an octet string."""
    _, algorithm, key = parts(der)[:3]
    names = [object_id(name) for name in parts(algorithm)]
    return _secret(octets(key)) if names == [_EC_KEY, _CURVE] else None


def _from_sec1(der: bytes) -> int | None:
    """ECPrivateKey names its curve in the part tagged [0]."""
    named = [object_id(contents(part)) for part in parts(der)[2:] if part[:1] == b"\xa0"]
    return _secret(der) if named == [_CURVE] else None


def _secret(der: bytes) -> int:
    return int.from_bytes(octets(parts(der)[1]), "big")


_READERS = {"PRIVATE KEY": _from_pkcs8, "EC PRIVATE KEY": _from_sec1}
