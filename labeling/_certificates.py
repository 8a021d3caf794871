"""Says everything that is wrong with a signing certificate, where c2pa only says 'the certificate is invalid'.

The rules are those of the C2PA specification 2.x, section 14.5.1 (certificate profile), RFC 5280 for the chain, and
what c2pa 0.91 was seen to refuse. Some defects c2pa lets pass and a validator finds later (a key that does not fit,
a broken link); they are found here as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from labeling._signing_keys import key_form_problems, key_kind_problems, key_match_problems
from labeling._signing_problems import Problem, ProblemCode

#: Without a trust list of its own a validator accepts this one only (c2pa 0.91, seen).
_ALWAYS_ALLOWED_EKU = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string
#: id-kp-documentSigning (RFC 9336), c2pa-kp-claimSigning, Microsoft's C2PA signing.
_ALLOWED_EKUS = frozenset(
    {_ALWAYS_ALLOWED_EKU, "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1", "1.3.6.1.4.1.311.76.59.1.9"}
)
#: 14.5.1: a certificate for one of these serves nothing else.
_EXCLUSIVE_EKUS = frozenset(
    {ExtendedKeyUsageOID.TIME_STAMPING.dotted_string, ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string}
)

_SIGNATURE_ALGORITHMS = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.RSASSA_PSS,
        SignatureAlgorithmOID.ED25519,
    }
)


def check_chain(
    chain_pem: bytes, key_pem: bytes | None, now: datetime, *, algorithm: str | None = None
) -> tuple[Problem, ...]:
    """Every problem of a chain (PEM, leaf first) and, where given, of its private key (PEM) and a wanted algorithm.

    `now` is an aware datetime. Never raises; an empty result means that c2pa signs with it and reads it back valid.
    """
    # 1. Read the chain; without it nothing else can be said, except of the key.
    try:
        chain = _load(chain_pem)
    except ValueError:
        unreadable = Problem(ProblemCode.CHAIN_UNREADABLE, "the certificate chain is not readable PEM")
        return (unreadable, *(key_form_problems(key_pem)))
    # 2. Put it in order, so that one mistake is not reported as ten.
    ordered = _in_order(chain)
    problems: list[Problem] = []
    if ordered != chain:
        problems.append(
            Problem(ProblemCode.WRONG_ORDER, "the chain is not in order: the signer's certificate comes first")
        )
    # 3. The key and the algorithm.
    leaf = ordered[0]
    problems += [*key_form_problems(key_pem), *key_match_problems(leaf, key_pem)]
    problems += key_kind_problems(leaf, algorithm)
    # 4. The leaf, each certificate, each link.
    problems += _leaf_problems(leaf)
    for position, certificate in enumerate(ordered):
        problems += [*_validity_problems(certificate, position, now), *_signature_problems(certificate, position)]
    for position, (certificate, issuer) in enumerate(pairwise(ordered)):
        problems += _link_problems(certificate, issuer, position)
    return tuple(problems)


def _load(chain_pem: bytes) -> list[x509.Certificate]:
    """The certificates; raises ValueError also for names that the parser would only trip over later."""
    chain = x509.load_pem_x509_certificates(chain_pem)
    for certificate in chain:
        _ = certificate.issuer, certificate.subject
    return chain


# --- the leaf --------------------------------------------------------------------------------------------------------

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _leaf_problems(leaf: x509.Certificate) -> list[Problem]:
    if not _extensions_readable(leaf):
        return [Problem(ProblemCode.EXTENSIONS_UNREADABLE, "the certificate's extensions cannot be read")]
    rules = (_role_problems, _key_usage_problems, _purpose_problems, _identifier_problems, _critical_problems)
    return [problem for rule in rules for problem in rule(leaf)]


def _extensions_readable(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions is not None
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False


def _is_ca(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints) if _extensions_readable(certificate) else None
    return constraints is not None and constraints.ca


def _role_problems(leaf: x509.Certificate) -> Iterator[Problem]:
    if _is_ca(leaf):
        yield Problem(ProblemCode.LEAF_IS_CA, "the certificate is that of an authority (CA), not of a signer")
    if leaf.issuer == leaf.subject:
        yield Problem(ProblemCode.SELF_SIGNED, "the certificate is self-signed; no trust list can ever admit it")


def _key_usage_problems(leaf: x509.Certificate) -> Iterator[Problem]:
    usage = _extension(leaf, x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        yield Problem(ProblemCode.NO_DIGITAL_SIGNATURE, "the certificate lacks the key usage digitalSignature")
    if usage is not None and usage.key_cert_sign and not _is_ca(leaf):
        yield Problem(ProblemCode.CERT_SIGN_ON_LEAF, "the certificate has the key usage keyCertSign but is not a CA's")


def _purpose_problems(leaf: x509.Certificate) -> Iterator[Problem]:
    usage = _extension(leaf, x509.ExtendedKeyUsage)
    found = [oid.dotted_string for oid in usage] if usage is not None else []
    allowed = _ALLOWED_EKUS.intersection(found)
    params: dict[str, object] = {"found": found, "allowed": sorted(_ALLOWED_EKUS)}
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string in found:
        yield Problem(ProblemCode.EKU_ANY, "the certificate has the purpose anyExtendedKeyUsage, which is forbidden")
    if not allowed:
        yield Problem(
            ProblemCode.NO_ALLOWED_EKU, "the certificate lacks an allowed purpose, such as emailProtection", params
        )
    if allowed and _EXCLUSIVE_EKUS.intersection(found):
        yield Problem(ProblemCode.EKU_MIXED, "the certificate mixes time stamping or OCSP with another purpose", params)
    if allowed and _ALWAYS_ALLOWED_EKU not in found:
        detail = "a validator without a trust list that names this purpose calls the certificate invalid"
        yield Problem(ProblemCode.EKU_NEEDS_TRUST_LIST, detail, params)


def _identifier_problems(leaf: x509.Certificate) -> Iterator[Problem]:
    if _extension(leaf, x509.AuthorityKeyIdentifier) is None:
        yield Problem(ProblemCode.NO_AUTHORITY_KEY_ID, "the certificate lacks the extension authorityKeyIdentifier")
    if _extension(leaf, x509.SubjectKeyIdentifier) is None:
        yield Problem(ProblemCode.NO_SUBJECT_KEY_ID, "the certificate lacks the extension subjectKeyIdentifier")


def _critical_problems(leaf: x509.Certificate) -> Iterator[Problem]:
    for extension in leaf.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            oid = extension.oid.dotted_string
            detail = f"the critical extension {oid} is unknown to C2PA"
            yield Problem(ProblemCode.CRITICAL_EXTENSION_UNKNOWN, detail, {"oid": oid})


# --- each certificate and each link ----------------------------------------------------------------------------------


def _in_order(chain: list[x509.Certificate]) -> list[x509.Certificate]:
    """The chain leaf first where its names allow only one way to put it; else as it is."""
    leaves = [certificate for certificate in chain if not _is_ca(certificate)]
    path = [leaves[0] if len(leaves) == 1 else chain[0]]
    rest = [certificate for certificate in chain if certificate is not path[0]]
    while rest:
        issuers = [certificate for certificate in rest if certificate.subject == path[-1].issuer]
        if len(issuers) != 1:
            return chain
        path.append(issuers[0])
        rest = [certificate for certificate in rest if certificate is not issuers[0]]
    return path


def _validity_problems(certificate: x509.Certificate, position: int, now: datetime) -> Iterator[Problem]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    which = "the certificate" if position == 0 else f"the issuer's certificate at place {position + 1}"
    params: dict[str, object] = {"position": position, "from": start.isoformat(), "to": end.isoformat()}
    if now < start:
        yield Problem(ProblemCode.NOT_YET_VALID, f"{which} is valid only from {start:%Y-%m-%d %H:%M} UTC", params)
    if now > end:
        yield Problem(ProblemCode.EXPIRED, f"{which} expired on {end:%Y-%m-%d %H:%M} UTC", params)


def _signature_problems(certificate: x509.Certificate, position: int) -> Iterator[Problem]:
    oid = certificate.signature_algorithm_oid
    trusted_by_itself = position > 0 and certificate.issuer == certificate.subject
    if oid not in _SIGNATURE_ALGORITHMS and not trusted_by_itself:
        detail = f"the certificate at place {position + 1} was signed with an algorithm that C2PA does not allow"
        params: dict[str, object] = {"position": position, "oid": oid.dotted_string}
        yield Problem(ProblemCode.SIGNATURE_ALGORITHM_UNSUPPORTED, detail, params)


def _link_problems(certificate: x509.Certificate, issuer: x509.Certificate, position: int) -> Iterator[Problem]:
    place = f"the certificate at place {position + 2}"
    params: dict[str, Any] = {"position": position + 1}
    if not _is_ca(issuer):
        yield Problem(ProblemCode.ISSUER_NOT_CA, f"{place} is not that of an authority (CA)", params)
    if certificate.issuer != issuer.subject:
        names = {"expected": certificate.issuer.rfc4514_string(), "found": issuer.subject.rfc4514_string()}
        yield Problem(ProblemCode.ISSUER_MISMATCH, f"{place} is not the issuer of the one before it", params | names)
        return
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
        yield Problem(ProblemCode.LINK_SIGNATURE, f"{place} did not sign the one before it", params)
