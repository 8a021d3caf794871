"""SM2 signatures (GB/T 32918.2-2016) on digests that the caller makes, and the keys as files carry them.

The arithmetic is gmssl's, which takes whatever it is given: lengths, ranges and the curve equation are checked here.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from gmssl.sm2 import CryptSM2, default_ecc_table

#: GB/T 32918.5-2017, the recommended curve.
_P, _N, _A, _B = (int(default_ecc_table[name], 16) for name in ("p", "n", "a", "b"))
#: GM/T 0009: the identity where none is agreed on.
DEFAULT_USER: Final = b"1234567812345678"
#: SubjectPublicKeyInfo up to the point: id-ecPublicKey, sm2 (1.2.156.10197.1.301), BIT STRING, uncompressed.
_SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_UNCOMPRESSED: Final = b"\x04"


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A public key that lies on the curve."""

    x: int
    y: int

    @property
    def point(self) -> bytes:
        """X and Y, 32 bytes each."""
        return self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo (RFC 5280), DER."""
        return _SPKI_HEAD + _UNCOMPRESSED + self.point


def read_public_keys(encoded: bytes) -> tuple[Sm2Key, ...]:
    """The keys that an encoding may mean: SubjectPublicKeyInfo, 04 and the point, the point, or X alone (two keys).

    Empty for anything else, and for a point that does not lie on the curve.
    """
    raw = encoded.removeprefix(_SPKI_HEAD)
    if len(raw) == 65 and raw[:1] == _UNCOMPRESSED:
        raw = raw[1:]
    if len(raw) == 64:
        x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        return (Sm2Key(x, y),) if x < _P and y < _P and y * y % _P == _right_side(x) else ()
    return _with_x(int.from_bytes(raw, "big")) if len(raw) == 32 else ()


def _with_x(x: int) -> tuple[Sm2Key, ...]:
    """The two points with this X; p is 3 modulo 4, so that a power gives the root."""
    square = _right_side(x)
    y = pow(square, (_P + 1) // 4, _P)
    if x >= _P or y * y % _P != square:
        return ()
    return Sm2Key(x, y), Sm2Key(x, _P - y)


def _right_side(x: int) -> int:
    return (x**3 + _A * x + _B) % _P


def order() -> int:
    """n, the order of the base point."""
    return _N


def sm3(*pieces: bytes) -> bytes:
    """SM3 (GB/T 32905-2016) of the pieces in turn, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    for piece in pieces:
        digest.update(piece)
    return digest.finalize()


def message_digest(key: Sm2Key, message: bytes, user: bytes = DEFAULT_USER) -> bytes:
    """The digest e = SM3(ZA || M), where ZA binds the user's identity, the curve and the key (GB/T 32918.2, 5.5)."""
    curve = b"".join(number.to_bytes(32, "big") for number in (_A, _B))
    base = bytes.fromhex(default_ecc_table["g"])
    return sm3(sm3((8 * len(user)).to_bytes(2, "big"), user, curve, base, key.point), message)


def verify(key: Sm2Key, signature: bytes, digest: bytes) -> bool:
    """Whether a signature over the 32-byte digest `e` verifies; False for anything that is none.

    `signature` is DER, or r and s, 32 bytes each.
    """
    if not is_signature(signature):
        return False
    r, s = _numbers(signature)
    engine = CryptSM2(private_key="", public_key="")
    # The constructor would strip zeros and fours from the front of some keys.
    engine.public_key = key.point.hex()
    try:
        return bool(engine.verify(f"{r:064x}{s:064x}", digest))
    except TypeError:
        # gmssl has no point at infinity; a signature that leads there is none.
        return False


def is_signature(signature: bytes) -> bool:
    """Whether the bytes are two numbers in range, of which no key is needed to tell."""
    try:
        r, s = _numbers(signature)
    except ValueError:
        return False
    return 0 < r < _N and 0 < s < _N and (r + s) % _N != 0


def _numbers(signature: bytes) -> tuple[int, int]:
    if len(signature) == 64:
        return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return decode_dss_signature(signature)


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """A private key, 1 to n - 2."""

    secret: int

    @classmethod
    def generate(cls) -> Sm2PrivateKey:
        """A new random key."""
        return cls(1 + secrets.randbelow(_N - 2))

    @property
    def public_key(self) -> Sm2Key:
        """The point d G."""
        point = CryptSM2(private_key="", public_key="")._kg(self.secret, default_ecc_table["g"])
        return Sm2Key(int(point[:64], 16), int(point[64:], 16))

    def sign(self, digest: bytes) -> bytes:
        """A DER signature over the 32-byte digest `e`, with a new random number each time."""
        engine = CryptSM2(private_key=f"{self.secret:064x}", public_key="")
        signed = None
        while signed is None:
            signed = engine.sign(digest, f"{1 + secrets.randbelow(_N - 1):064x}")
        return encode_dss_signature(int(signed[:64], 16), int(signed[64:], 16))
