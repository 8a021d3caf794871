"""The signature of one manifest as it lies in a manifest store: its certificates and its time stamps.

c2pa says of a certificate that it is trusted or 'invalid' and does not hand it out; here it is read from the store,
which c2pa does hand out (C2PA 2.x, 11.1, JUMBF boxes of ISO/IEC 19566-5; 13.2, COSE_Sign1 of RFC 9052).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labeling.limits import Limits
from labeling.verification._cbor import decode

#: The chain's header parameter: registered (RFC 9360), and by name, as the first claims had it.
_CHAIN_KEYS: tuple[Any, ...] = (33, "x5chain")
#: A TimeStampResp over the claim, and a TimeStampToken over the signature (C2PA 2.x, time stamps).
_STAMP_KEYS = ("sigTst", "sigTst2")
#: A chain has two or three certificates; more than this is an attack.
_LONGEST_CHAIN = 16


class StoreError(ValueError):
    """The store does not hold exactly one signature of that manifest that can be read."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a COSE signature says besides itself."""

    #: DER certificates, the signer's first.
    chain: tuple[bytes, ...]
    #: DER as stored: a TimeStampResp or a TimeStampToken (RFC 3161).
    stamps: tuple[bytes, ...]


def signature_of(store: bytes, manifest: str, limits: Limits) -> Signature:
    """The signature of the manifest with this label.

    Raises StoreError where there is none or more than one, where it is not readable (a compressed manifest is not),
    and where it has more than one chain: then no one could say which one c2pa looked at.
    """
    try:
        start, end = _signature_box(store, manifest, limits)
        protected, unprotected, _, _ = decode(store[start:end], items=limits.items, nesting=limits.nesting)
        headers = (_protected(protected, limits.items, limits.nesting), unprotected)
        return Signature(_chain(headers), _stamps(headers))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise StoreError("the signature cannot be read from the manifest store") from error


@lru_cache(maxsize=64)
def _protected(header: bytes, items: int, nesting: int) -> Any:
    """The protected header: algorithm and chain, and so the same in all files of one signer."""
    return decode(header, items=items, nesting=nesting) if header else {}


def _signature_box(store: bytes, manifest: str, limits: Limits) -> tuple[int, int]:
    """Start and end of the COSE signature within the store."""
    start, end = 0, len(store)
    for label in ("c2pa", manifest, "c2pa.signature"):
        start, end = _labelled(store, start, end, label.encode() + b"\0", limits)
    found = [box for box in _boxes(store, start, end, limits) if store[box[0] - 4 : box[0]] == b"cbor"]
    return _only(found)


def _labelled(data: bytes, start: int, end: int, label: bytes, limits: Limits) -> tuple[int, int]:
    """The one superbox with this label: its description box has 16 bytes of UUID and one of toggles before it."""
    found = [
        box
        for box in _boxes(data, start, end, limits)
        if data.startswith(label, box[0] + 25)
        and data[box[0] - 4 : box[0]] == b"jumb"
        and data[box[0] + 4 : box[0] + 8] == b"jumd"
    ]
    return _only(found)


def _only(boxes: list[tuple[int, int]]) -> tuple[int, int]:
    if len(boxes) != 1:
        raise StoreError(f"{len(boxes)} boxes where one was expected")
    return boxes[0]


def _boxes(data: bytes, start: int, end: int, limits: Limits) -> list[tuple[int, int]]:
    """Start and end of the content of each box, one level down; the store as c2pa writes it has 32-bit sizes only."""
    found: list[tuple[int, int]] = []
    while start + 8 <= end:
        after = start + int.from_bytes(data[start : start + 4], "big")
        if not start + 8 <= after <= end or len(found) >= limits.items:
            raise StoreError("a box that does not fit into the box around it")
        found.append((start + 8, after))
        start = after
    return found


def _chain(headers: tuple[dict[Any, Any], ...]) -> tuple[bytes, ...]:
    found = [header[key] for header in headers for key in _CHAIN_KEYS if key in header]
    if len(found) != 1:
        raise StoreError(f"{len(found)} certificate chains")
    chain = found[0] if isinstance(found[0], list) else [found[0]]
    if not 1 <= len(chain) <= _LONGEST_CHAIN or not all(isinstance(certificate, bytes) for certificate in chain):
        raise StoreError("a certificate chain that is not one")
    return tuple(chain)


def _stamps(headers: tuple[dict[Any, Any], ...]) -> tuple[bytes, ...]:
    containers = [header[key] for header in headers for key in _STAMP_KEYS if key in header]
    return tuple(token["val"] for container in containers for token in container["tstTokens"])
