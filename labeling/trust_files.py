"""Trust from files: PEM lists for C2PA, and a JSON list of the keys that are pinned for records.

The list of keys is `[{"provider": "001191...", "pem": "-----BEGIN PUBLIC KEY-----..."}]`; the PEM is a public key or a
certificate, SM2 or RSA.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labeling._pem import blocks
from labeling.errors import DeclarationError, ErrorCode
from labeling.trust import PinnedKey, Trust
from labeling.verification._record_keys import candidates_of, spki_of_certificate
from labeling.verification.credential import require_trust


def load_trust(anchors: Path | None = None, allowed: Path | None = None, record_keys: Path | None = None) -> Trust:
    """What the files say. Raises DeclarationError (TRUST_UNREADABLE, or what `require_trust` raises) and OSError."""
    trust = Trust(
        anchors_pem=b"" if anchors is None else anchors.read_bytes(),
        allowed_pem=b"" if allowed is None else allowed.read_bytes(),
        record_keys=() if record_keys is None else read_record_keys(record_keys.read_bytes()),
    )
    require_trust(trust)
    return trust


def read_record_keys(text: bytes) -> tuple[PinnedKey, ...]:
    """The pinned keys of a JSON list. Raises DeclarationError(TRUST_UNREADABLE) that names the entry."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise _unreadable("the list of record keys is no JSON") from None
    if not isinstance(entries, list):
        raise _unreadable("the record keys are no JSON list")
    return tuple(key for number, entry in enumerate(entries) for key in _keys(entry, number))


def _keys(entry: Any, number: int) -> list[PinnedKey]:
    provider, pem = (entry.get(name) for name in ("provider", "pem")) if isinstance(entry, dict) else (None, None)
    if not (isinstance(provider, str) and provider and isinstance(pem, str)):
        raise _unreadable(f"record key {number} lacks `provider` or `pem`", entry=number)
    try:
        found = [PinnedKey(provider, spki) for spki in _public_keys(pem.encode())]
    except ValueError:
        found = []
    if not found:
        raise _unreadable(f"record key {number} holds no public key and no certificate, SM2 or RSA", entry=number)
    return found


def _public_keys(pem: bytes) -> list[bytes]:
    """SubjectPublicKeyInfo of each public key or certificate that can verify a record."""
    kinds = {"PUBLIC KEY": lambda der: der, "CERTIFICATE": spki_of_certificate}
    keys = [kinds[kind](der) for kind, der in blocks(pem) if kind in kinds]
    return [one.spki for raw in keys if raw is not None for one in candidates_of(raw)]


def _unreadable(detail: str, **params: Any) -> DeclarationError:
    return DeclarationError(ErrorCode.TRUST_UNREADABLE, detail, **params)
