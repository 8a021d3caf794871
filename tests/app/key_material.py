"""Keys of each kind, made here, as the files that settings name."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

#: Made once: an RSA key takes a tenth of a second.
KEYS: dict[str, _Key] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}


def private_file(folder: Path, kind: str) -> Path:
    """The private key of that kind, as PEM."""
    path = folder / f"{kind}.pem"
    path.write_bytes(KEYS[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def public_pem(kind: str) -> str:
    return KEYS[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def record_keys_file(folder: Path, provider: str, kind: str) -> Path:
    """The JSON list that pins the key of that kind for a provider."""
    path = folder / "record-keys.json"
    path.write_text(json.dumps([{"provider": provider, "pem": public_pem(kind)}]))
    return path
