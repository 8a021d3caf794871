"""A report with a signature, and the offline check of one: JWS with detached payload (RFC 7515, appendix F).

The payload is the canonical form of the report (RFC 8785); who signed it and when stands in the protected header, so
that the report itself stays the same bytes for the same file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey
from joserfc.registry import HeaderParameter

from labeling.errors import ErrorCode, ReportError
from labeling.verification.document import canonical

#: ECDSA on P-256 (RFC 7518) and Ed25519 (RFC 9864).
ALGORITHMS = ("ES256", "Ed25519")
#: Keys of other kinds sign no reports; a shared secret in a key set would be one.
_CURVE_KEYS: dict[str, type[ECKey] | type[OKPKey]] = {"EC": ECKey, "OKP": OKPKey}
#: RFC 7519 names `iat` for claims; here it stands in the header, beside the key that says so.
_HEADERS = {"iat": HeaderParameter("Issued at", "int", required=True)}
_REGISTRY = jws.JWSRegistry(header_registry=_HEADERS, algorithms=list(ALGORITHMS))
#: A report of a thousand records with their texts stays below it.
_LARGEST = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A signed report whose signature verifies: what it says, who signed it and when."""

    report: dict[str, Any]
    key_id: str
    algorithm: str
    #: The signer's claim; aware, UTC.
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportSigner:
    """A private key that signs reports; `report_signer` makes one."""

    key: ECKey | OKPKey
    algorithm: str

    @property
    def key_id(self) -> str:
        """Thumbprint of the public key (RFC 7638)."""
        return self.key.thumbprint()

    def public_keys(self) -> dict[str, Any]:
        """The JWK Set to publish (RFC 7517)."""
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": self.algorithm}]}

    def sign(self, report: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """`report`, and `signature`: a compact JWS whose payload is left out."""
        header = {"alg": self.algorithm, "kid": self.key_id, "iat": int(now.timestamp())}
        token = jws.serialize_compact(header, canonical(report), self.key, registry=_REGISTRY)
        protected, _, signature = token.split(".")
        return {"report": dict(report), "signature": f"{protected}..{signature}"}


def report_signer(pem: bytes) -> ReportSigner:
    """The signer of a PEM private key without a password. Raises ReportError(REPORT_KEY_UNREADABLE)."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _bad_key("the report key is no PEM private key without a password") from None
    if isinstance(key, Ed25519PrivateKey):
        return ReportSigner(OKPKey.import_key(pem), "Ed25519")
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return ReportSigner(ECKey.import_key(pem), "ES256")
    raise _bad_key("a report key must be ECDSA on P-256 or Ed25519")


def check_report(signed: bytes, keys: bytes) -> CheckedReport:
    """Check a signed report offline. `keys` is a JWK Set, a JWK or a PEM public key that came by another way.

    Raises ReportError: REPORT_MALFORMED where it is no signed report, REPORT_KEY_UNREADABLE, REPORT_SIGNATURE_INVALID
    where it was changed or not signed with one of the keys.
    """
    # 1. What was said, and what was signed.
    report, signature = _taken_apart(signed)
    key_set = _key_set(keys)
    # 2. The signature over the canonical form.
    try:
        token = jws.deserialize_compact(signature, key_set, registry=_REGISTRY, payload=canonical(report))
        header = token.headers()
        at = datetime.fromtimestamp(int(header["iat"]), UTC)
    except (JoseError, ValueError, KeyError, TypeError, OverflowError, OSError):
        raise ReportError(
            ErrorCode.REPORT_SIGNATURE_INVALID, "the report was changed, or it was not signed with one of these keys"
        ) from None
    return CheckedReport(report, str(header.get("kid", "")), str(header["alg"]), at)


def _taken_apart(signed: bytes) -> tuple[dict[str, Any], str]:
    if len(signed) > _LARGEST:
        raise _malformed("it is too large to be one")
    try:
        values = json.loads(signed, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _malformed("it is no JSON, or names a member twice") from None
    report, signature = (values.get(name) for name in ("report", "signature")) if isinstance(values, dict) else (0, 0)
    if not isinstance(report, dict) or not isinstance(signature, str) or signature.count(".") != 2:
        raise _malformed("it lacks `report` or `signature`")
    # A payload of its own would be verified in place of the report.
    if ".." not in signature:
        raise _malformed("its signature is not detached")
    return report, signature


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a member is named twice")
    return values


def _key_set(keys: bytes) -> KeySet:
    try:
        if keys.lstrip()[:1] != b"{":
            return KeySet([_pem_key(keys)])
        values = json.loads(keys)
        listed = values.get("keys", [values])
        return KeySet([_CURVE_KEYS[one["kty"]].import_key(one) for one in listed])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm, RecursionError):
        raise _bad_key("the key is neither a JWK Set, nor a JWK, nor a PEM public key") from None


def _pem_key(pem: bytes) -> ECKey | OKPKey:
    try:
        key: ECKey | OKPKey = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        key = OKPKey.import_key(pem)
    key.ensure_kid()
    return key


def _bad_key(detail: str) -> ReportError:
    return ReportError(ErrorCode.REPORT_KEY_UNREADABLE, detail)


def _malformed(why: str) -> ReportError:
    return ReportError(ErrorCode.REPORT_MALFORMED, f"this is no signed report: {why}")
