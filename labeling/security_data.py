"""What a reserved code of the record may hold: SecurityData of TC260-PG-202511A, read leniently, written strictly.

The text of the guide was not at hand; the shape is that of real labels and of independent readers of the guide. What
they disagree on is read in every way, and written in the commonest.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

#: Object identifiers of the signature algorithms.
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
#: ... and of the public keys.
SM2_KEY: Final = "1.2.156.10197.1.301"
RSA_KEY: Final = "1.2.840.113549.1.1.1"

_TYPE: Final = "TC260PG"
_VERSION: Final = 1
#: What is signed is the label's own fields ('Md'); real files spell it in several ways.
_OF_METADATA: Final = frozenset({"md", "labelmatadata", "labelmetadata", "metadata"})
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
#: Signatures, keys and certificates in one reserved code; real ones hold one or two.
_MOST: Final = 8
#: One of them, decoded: an RSA-8192 certificate has 3 KiB.
_LARGEST: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over the label."""

    algorithm: str
    value: bytes
    #: False where it signs something that is not known, such as the content.
    of_metadata: bool


@dataclass(frozen=True, slots=True)
class SecurityData:
    """The parts of one reserved code that can be read."""

    signatures: tuple[Signature, ...] = ()
    #: Public keys in whatever encoding they have, and X.509 certificates (DER).
    keys: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()
    #: Stable codes: 'spelling', 'content-binding', 'unknown-entry', 'undecodable'.
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parts:
    signatures: list[Signature] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(text: str) -> SecurityData | None:
    """What a reserved code says, or None where it is no SecurityData. Never raises; the record bounds its length."""
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = outer.get("SecurityData") if isinstance(outer, dict) else None
    if not isinstance(inner, dict):
        return None
    parts = _Parts()
    if inner.get("Type") != _TYPE or "PubSD" not in inner:
        parts.notes.append("spelling")
    for entry in _entries(inner):
        _read_entry(entry, parts)
    if inner.get("Bindings") or inner.get("Binding"):
        parts.notes.append("content-binding")
    return SecurityData(
        tuple(parts.signatures), tuple(parts.keys), tuple(parts.certificates), tuple(dict.fromkeys(parts.notes))
    )


def _entries(inner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    public = inner.get("PubSD", inner.get("PubSd"))
    found = public if isinstance(public, list) else [public]
    yield from (entry for entry in found[:_MOST] if isinstance(entry, dict))


def _read_entry(entry: dict[str, Any], parts: _Parts) -> None:
    kind = str(entry.get("Type", "")).strip().casefold()
    if kind == "ds":
        _read_signature(entry, parts)
    elif kind in ("pubkey", "publickey"):
        parts.keys += _decoded(entry, ("KeyValue", "Value"), parts)
    elif kind.startswith(("cert", "x509")):
        parts.certificates += _decoded(entry, ("CertValue", "Certificate", "Cert", "KeyValue", "Value"), parts)
    else:
        parts.notes.append("unknown-entry")


def _read_signature(entry: dict[str, Any], parts: _Parts) -> None:
    signed = entry.get("TBSData")
    what = str(signed.get("Type", "") if isinstance(signed, dict) else signed or "")
    if what != "Md":
        parts.notes.append("spelling")
    of_metadata = what.strip().casefold() in _OF_METADATA
    for value in _decoded(entry, ("Signature", "Value"), parts):
        parts.signatures.append(Signature(str(entry.get("AlgID", "")).strip(), value, of_metadata))


def _decoded(entry: dict[str, Any], names: tuple[str, ...], parts: _Parts) -> list[bytes]:
    """Hexadecimal as in the guide, or Base64."""
    text = next((entry[name] for name in names if isinstance(entry.get(name), str)), "").strip()
    if len(text) <= 2 * _LARGEST:
        if _HEX.fullmatch(text):
            return [bytes.fromhex(text)]
        try:
            if text:
                return [base64.b64decode(text, validate=True)]
        except (binascii.Error, ValueError):
            pass
    parts.notes.append("undecodable")
    return []


def producer_message(label: str, content_producer: str, produce_id: str) -> bytes:
    """What ReservedCode1 signs (A.1): the first three pairs of the label without braces and without spaces."""
    return _message(Label=label, ContentProducer=content_producer, ProduceID=produce_id)


def propagator_message(label: str, content_propagator: str, propagate_id: str) -> bytes:
    """What our ReservedCode2 signs: the same of the propagator. No public source says what others sign there."""
    return _message(Label=label, ContentPropagator=content_propagator, PropagateID=propagate_id)


def _message(**pairs: str) -> bytes:
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()


def write(signature_algorithm: str, signature: bytes, key_algorithm: str, public_key: bytes) -> str:
    """The text of a reserved code with one signature over the label and the key that verifies it, as SPKI."""
    data = {
        "SecurityData": {
            "Type": _TYPE,
            "Version": _VERSION,
            "PubSD": [
                {
                    "Type": "DS",
                    "AlgID": signature_algorithm,
                    "TBSData": {"Type": "Md"},
                    "Signature": signature.hex().upper(),
                },
                {"Type": "PubKey", "AlgID": key_algorithm, "KeyValue": public_key.hex().upper()},
            ],
        }
    }
    return json.dumps(data, separators=(",", ":"))
