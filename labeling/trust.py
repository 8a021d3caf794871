"""Whom the operator trusts: C2PA anchors and the keys of providers. Nothing is trusted by default."""

from __future__ import annotations

from dataclasses import dataclass

#: Extended key usages of certificates that may sign C2PA claims: the one of C2PA itself, document signing (RFC 9336),
#: and e-mail protection, which the specification admitted before there was another.
C2PA_USAGES: tuple[str, ...] = ("1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.4")


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public key, or a certificate, that the operator got from a provider by another way than the file."""

    #: Provider code or name as it stands in the record; the first 22 characters of a code are enough.
    provider: str
    #: SubjectPublicKeyInfo (RFC 5280), DER.
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """What `verify` may call trusted or authentic."""

    #: PEM certificates: issuers whose leaves are trusted (those of time-stamp authorities, too), and single end-entity
    #: certificates that are.
    anchors_pem: bytes = b""
    allowed_pem: bytes = b""
    #: Extended key usages (dotted) that a signing certificate may have.
    usages: tuple[str, ...] = C2PA_USAGES
    record_keys: tuple[PinnedKey, ...] = ()


NO_TRUST = Trust()
