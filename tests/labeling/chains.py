"""Real certificate chains for the tests, sound or with one defect each."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Made:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Profile:
    """How a certificate is made; the defaults make a sound signer's certificate."""

    subject: str = "signer"
    ca: bool | None = False
    usages: tuple[str, ...] | None = ("digital_signature",)
    purposes: tuple[x509.ObjectIdentifier, ...] | None = (EMAIL,)
    purposes_critical: bool = False
    authority_key_id: bool = True
    subject_key_id: bool = True
    start: datetime = NOW - DAY
    end: datetime = NOW + 30 * DAY
    hash: type[hashes.HashAlgorithm] = hashes.SHA256
    critical: str | None = None


SIGNER = Profile()
AUTHORITY = Profile(
    subject="root", ca=True, usages=("key_cert_sign", "crl_sign"), purposes=None, authority_key_id=False
)


def name(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, text), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "O")]
    )


def make(profile: Profile, issuer: Made | None = None, key: Any = None, issuer_name: str | None = None) -> Made:
    """A certificate by `profile`; without an issuer it signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else key
    own_name = name(profile.subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(own_name)
        .issuer_name(name(issuer_name) if issuer_name else issuer.certificate.subject if issuer else own_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(profile.start)
        .not_valid_after(profile.end)
    )
    for extension, critical in _extensions(profile, key, signing_key):
        builder = builder.add_extension(extension, critical)
    unhashed = isinstance(signing_key, ed25519.Ed25519PrivateKey)
    return Made(builder.sign(signing_key, None if unhashed else profile.hash()), key)


def _extensions(profile: Profile, key: Any, signing_key: Any) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if profile.ca is not None:
        found.append((x509.BasicConstraints(profile.ca, None), True))
    if profile.usages is not None:
        found.append((x509.KeyUsage(**{usage: usage in profile.usages for usage in USAGES}), True))
    if profile.purposes is not None:
        found.append((x509.ExtendedKeyUsage(profile.purposes), profile.purposes_critical))
    if profile.authority_key_id:
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), False))
    if profile.subject_key_id:
        found.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
    if profile.critical:
        found.append((x509.UnrecognizedExtension(x509.ObjectIdentifier(profile.critical), b"\x05\x00"), True))
    return found


@cache
def root() -> Made:
    return make(AUTHORITY)


@cache
def signer(algorithm: str = "es256") -> Made:
    """A sound certificate under `root()` whose key signs with `algorithm`."""
    return make(SIGNER, root(), KEYS[algorithm]())


def defective(**changes: Any) -> Made:
    return make(replace(SIGNER, **changes), root())


def chain(*certificates: Made) -> bytes:
    return b"".join(made.pem for made in certificates)


KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa_key(2048),
    "ps384": lambda: rsa_key(2048),
    "ps512": lambda: rsa_key(2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


READ_SETTINGS = {
    "version": 1,
    "core": {"allowed_network_hosts": []},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}


def read_manifests(data: bytes, media_type: str = "image/jpeg", anchors: bytes = b"") -> dict[str, Any]:
    """The manifest store of a file as c2pa's reader reports it; `anchors` (PEM) are trusted."""
    trust = {"trust": {"trust_anchors": anchors.decode()}} if anchors else {}
    with (
        c2pa.Context.from_dict(READ_SETTINGS | trust) as context,
        c2pa.Reader(media_type, BytesIO(data), context=context) as reader,
    ):
        found: dict[str, Any] = json.loads(reader.json())
        return found


def failures(manifests: dict[str, Any]) -> list[str]:
    return [status["code"] for status in manifests.get("validation_status", [])]


def active(manifests: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifests["manifests"][manifests["active_manifest"]]
    return found


def assertion(manifest: dict[str, Any], label: str) -> Any:
    return next(entry["data"] for entry in manifest["assertions"] if entry["label"] == label)
