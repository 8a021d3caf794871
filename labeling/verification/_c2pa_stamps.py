"""Whether the authority behind a time stamp (RFC 3161) leads to an anchor of the operator.

For claims of version 2 c2pa asks this itself. For those of version 1 it calls every stamp trusted that verifies, also
one that the forger of the file made: with it an expired certificate would pass as one that signed in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from labeling.trust import Trust
from labeling.verification._c2pa_anchors import UNREADABLE, anchored, certificates_of, is_authority

_SEQUENCE, _CONTEXT_0, _INDEFINITE = 0x30, 0xA0, 0x80
#: A token has the authority's chain: two or three certificates.
_MOST_CERTIFICATES = 16


class _Element(NamedTuple):
    """One DER element: its tag, its first byte, the first byte of its content, the first byte after it."""

    tag: int
    start: int
    content: int
    end: int


def is_anchored(stamp: bytes, trust: Trust, stated: str) -> bool:
    """True when whoever made this stamp leads to one of `Trust.anchors_pem`, at the moment that it states (ISO 8601).

    Every certificate in the token has to, so that it does not matter which of them is the signer's; those that are no
    authority's have to be for time stamping.
    """
    try:
        at = datetime.fromisoformat(stated).astimezone(UTC)
        found = [x509.load_der_x509_certificate(der) for der in _certificates(stamp)]
        leaves = [certificate for certificate in found if not is_authority(certificate)]
        if not leaves or not all(_stamps(leaf) for leaf in leaves):
            return False
        return len(anchored(found, certificates_of(trust.anchors_pem), at)) == len(found)
    except (IndexError, OverflowError, *UNREADABLE):
        return False


def _stamps(leaf: x509.Certificate) -> bool:
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return list(purposes) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _certificates(stamp: bytes) -> list[bytes]:
    """The certificates of a TimeStampResp (RFC 3161, 2.4.2) or of the token alone (SignedData, RFC 5652, 5.1)."""
    first, *rest = _inside(stamp, _Element(0, 0, 0, len(stamp)))
    parts = list(_inside(stamp, first))
    if rest or not parts:
        raise ValueError("more than a time stamp")
    if parts[0].tag == _SEQUENCE:
        parts = list(_inside(stamp, parts[1]))
    (signed_data,) = _inside(stamp, parts[1])
    (certificates,) = (part for part in _inside(stamp, signed_data) if part.tag == _CONTEXT_0)
    found = [stamp[part.start : part.end] for part in _inside(stamp, certificates)]
    if len(found) > _MOST_CERTIFICATES:
        raise ValueError("too many certificates")
    return found


def _inside(data: bytes, outer: _Element) -> Iterator[_Element]:
    """The elements within one, one level down; definite lengths only, as DER has it (X.690, 10.1)."""
    at = outer.content
    while at < outer.end:
        size, content = data[at + 1], at + 2
        if size & 0x80:
            content = at + 2 + (size & 0x7F)
            size = int.from_bytes(data[at + 2 : content], "big")
        if content + size > outer.end or (content == at + 2 and size & 0x80):
            raise ValueError("an element is longer than the one around it")
        yield _Element(data[at], at, content, content + size)
        at = content + size
