"""A certificate chain for development: made on first use, kept in one private file, renewed when it runs out.

Nobody trusts it. The root's key is thrown away as soon as the one leaf is signed, so nothing else can be issued.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from labeling._certificates import check_chain
from labeling.errors import ErrorCode, SigningError

FILE_NAME = "development-signer.pem"
LIFETIME = timedelta(days=365)
#: Renewed this long before it ends, so that nothing is signed in its last hours.
RENEWAL = timedelta(days=7)
#: Clocks of two machines that share the folder may differ.
_LEEWAY = timedelta(hours=1)
_ORGANISATION = "Mingbiao development, not to be trusted"


def development_chain(folder: Path, now: datetime) -> tuple[bytes, bytes]:
    """The chain (PEM, leaf first) and the private key (PEM, PKCS #8) kept in `folder`, made or renewed where needed.

    Safe when several processes start at once: all but the first wait and read what it wrote.
    Raises SigningError where the folder cannot be written.
    """
    try:
        return _kept(folder / FILE_NAME, now) or _renewed(folder, now)
    except OSError as error:
        detail = f"the development certificate cannot be kept: {error.strerror}"
        raise SigningError(ErrorCode.SIGNING_KEY_UNREADABLE, detail, reason=error.strerror) from error


def _kept(path: Path, now: datetime) -> tuple[bytes, bytes] | None:
    """What the file holds, or None where there is none or it is of no use any more."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    fit = not any(problem.fatal for problem in check_chain(text, text, now))
    return _parts(text) if fit and not _runs_out(text, now) else None


def _runs_out(chain_pem: bytes, now: datetime) -> bool:
    """True when the leaf has less than `RENEWAL` to go."""
    leaf = x509.load_pem_x509_certificates(chain_pem)[0]
    return now + RENEWAL > leaf.not_valid_after_utc


def _parts(text: bytes) -> tuple[bytes, bytes]:
    """The chain and the key of the file: the key stands first."""
    start = text.index(b"-----BEGIN CERTIFICATE-----")
    return text[start:], text[:start]


def _renewed(folder: Path, now: datetime) -> tuple[bytes, bytes]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE_NAME
    with _locked(folder):
        kept = _kept(path, now)
        if kept is None:
            kept = _make(now)
            _write_private(path, kept[1] + kept[0])
        return kept


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process (and one thread) at a time, until the descriptor closes; the lock dies with its holder."""
    descriptor = os.open(folder / f".{FILE_NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_private(path: Path, text: bytes) -> None:
    """Write a file that is either whole or not there, readable by its owner only (mkstemp gives mode 0600)."""
    descriptor, name = tempfile.mkstemp(prefix=f".{FILE_NAME}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make(now: datetime) -> tuple[bytes, bytes]:
    """A new root and leaf (ES256) by the profile of C2PA 2.x, 14.5.1."""
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, leaf_name = _name("Mingbiao development root"), _name("Mingbiao development signer")
    root_identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        _builder(root_name, root_name, root_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(root_identifier, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _builder(leaf_name, root_name, leaf_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_identifier), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    return chain, leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common_name: str) -> x509.Name:
    parts = {NameOID.ORGANIZATION_NAME: _ORGANISATION, NameOID.COMMON_NAME: common_name}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + LIFETIME)
    )


_KEY_USAGES = (
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


def _key_usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in granted for usage in _KEY_USAGES})
