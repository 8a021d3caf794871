"""The C2PA credential of a file, every answer for itself; nothing is fetched, and nothing is trusted by default."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509

from labeling.content import StreamContent
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format
from labeling.report import Answer, Certificate, CredentialPresence, CredentialReading
from labeling.trust import Trust
from labeling.verification._c2pa_anchors import UNREADABLE, certificates_of
from labeling.verification._c2pa_certificate import Signing, judge
from labeling.verification._c2pa_contexts import make_context
from labeling.verification._c2pa_reader import READABLE, StoreReport, read_store
from labeling.verification._c2pa_results import explanations_of, ingredient_failures
from labeling.verification._c2pa_sources import generator, ingredient_labels, source_types

_LONGEST_REASON = 300
#: A file's own manifest store, which XMP may point to as well (C2PA 2.x, embedding a reference to the manifest).
_OWN_STORE = "self#"


def read_credential(
    content: bytes | StreamContent,
    fmt: Format,
    *,
    embedded: bool,
    remote_addresses: tuple[str, ...],
    trust: Trust,
    limits: Limits,
    store_bytes: int = 0,
) -> CredentialReading:
    """What the C2PA credential of a file says and proves.

    `embedded`: the container holds a manifest store, of `store_bytes` where that is known. `remote_addresses`: where
    XMP says that there is one; they are told and never fetched. `trust` must have passed `require_trust`. The content
    is hashed, so that the time is that of reading the file. Never raises: what c2pa cannot read is readable=NO with
    the reason as `detail`; where it can, `detail` says what is wrong with the certificate, if anything is.
    """
    addresses = tuple(
        address[: limits.trace_characters] for address in remote_addresses if not address.startswith(_OWN_STORE)
    )
    # 1. A store outside the file is all that is known of it.
    if not embedded:
        presence = CredentialPresence.REMOTE if addresses else CredentialPresence.ABSENT
        return CredentialReading(presence, remote_addresses=addresses)
    # 2. What is too large, or foreign to c2pa, is not looked at.
    reason = _left_alone(content, fmt, store_bytes, limits)
    if reason:
        return _unread(Answer.UNKNOWN, reason, addresses)
    # 3. Let c2pa read it, and make answers of what it says.
    try:
        return _judge(read_store(content, fmt, trust, limits), addresses, trust, limits)
    except Exception as error:  # noqa: BLE001  # c2pa has no base class for all that it raises
        return _unread(Answer.NO, _reason(error), addresses)


def require_trust(trust: Trust) -> None:
    """Refuse trust lists that cannot be read, when the configuration is loaded.

    Raises DeclarationError(TRUST_UNREADABLE) with params: `list` ('anchors', 'allowed' or 'usages') and, for a usage,
    `value`.
    """
    for name, pem in (("anchors", trust.anchors_pem), ("allowed", trust.allowed_pem)):
        _require_certificates(name, pem)
    for usage in trust.usages:
        _require_usage(usage)
    if trust.anchors_pem or trust.allowed_pem:
        _require_context(trust)


def _left_alone(content: bytes | StreamContent, fmt: Format, store_bytes: int, limits: Limits) -> str:
    """Why a file is not given to c2pa, or ''."""
    if fmt not in READABLE:
        return f"C2PA credentials in {fmt} files are not read"
    if len(content) > limits.credential_bytes:
        return f"the file has more than {limits.credential_bytes} bytes, which is the limit for hashing it"
    if store_bytes > limits.manifest_bytes:
        return f"the manifest store has more than {limits.manifest_bytes} bytes, which is the limit for reading it"
    return ""


def _unread(readable: Answer, detail: str, addresses: tuple[str, ...]) -> CredentialReading:
    """There is a store and nothing more is known."""
    return CredentialReading(
        CredentialPresence.EMBEDDED,
        readable=readable,
        hash_intact=Answer.UNKNOWN,
        signature_valid=Answer.UNKNOWN,
        certificate=Certificate.NOT_CHECKED,
        time_stamped=Answer.UNKNOWN,
        remote_addresses=addresses,
        detail=detail,
    )


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:_LONGEST_REASON]


def _judge(store: StoreReport, addresses: tuple[str, ...], trust: Trust, limits: Limits) -> CredentialReading:
    """The answers, from what c2pa says of the store."""
    # 1. How it was signed.
    codes, manifest = store.codes, store.manifest
    signed_by = manifest.get("signature_info") or {}
    signed_at = str(signed_by.get("time") or "")[: limits.trace_characters]
    signing = Signing(codes, store.signature, int(manifest.get("claim_version") or 1), signed_at)
    judgement = judge(signing, trust, datetime.now(UTC))
    # 2. What it was made from.
    origins = ingredient_labels(store.manifests, store.active)
    ingredients = [
        ingredient
        for label in (store.active, *origins)
        for ingredient in store.manifests.get(label, {}).get("ingredients") or ()
    ]
    # 3. All of it.
    return CredentialReading(
        CredentialPresence.EMBEDDED,
        readable=Answer.YES if manifest else Answer.NO,
        hash_intact=codes.hash_intact,
        signature_valid=codes.signature_valid,
        certificate=judgement.certificate,
        time_stamped=judgement.time_stamped,
        issuer=str(signed_by.get("issuer") or "")[: limits.trace_characters],
        common_name=str(signed_by.get("common_name") or "")[: limits.trace_characters],
        signed_at=signed_at,
        generator=generator(manifest, limits),
        active_manifest=store.active[: limits.trace_characters],
        manifests=len(store.manifests),
        source_types=source_types([manifest], limits),
        ingredient_source_types=source_types((store.manifests[label] for label in origins), limits),
        failures=codes.failure,
        ingredient_failures=ingredient_failures(store.report, ingredients),
        remote_addresses=addresses,
        detail=_detail(store, judgement.detail),
    )


def _detail(store: StoreReport, certificate_detail: str) -> str:
    """What is wrong with the manifest, else with the certificate, in c2pa's words where there are no better ones."""
    if not store.manifest:
        return f"the active manifest cannot be shown: {explanations_of(store.report, 'assertion.')}"[:_LONGEST_REASON]
    unexplained = store.codes.certificate not in (Certificate.TRUSTED, Certificate.UNTRUSTED, Certificate.NOT_CHECKED)
    if not certificate_detail and unexplained:
        certificate_detail = explanations_of(store.report, "signingCredential.")
    return certificate_detail[:_LONGEST_REASON]


# --- the operator's lists --------------------------------------------------------------------------------------------


def _require_certificates(name: str, pem: bytes) -> None:
    try:
        for found in certificates_of(pem):
            _ = found.issuer, found.subject, found.public_key()
    except UNREADABLE as error:
        raise _unreadable(name, f"the list of {name} certificates is not readable PEM") from error


def _require_usage(usage: str) -> None:
    try:
        x509.ObjectIdentifier(usage)
    except ValueError as error:
        raise _unreadable("usages", f"{usage!r} is no object identifier", value=usage) from error


def _require_context(trust: Trust) -> None:
    """c2pa reads PEM for itself, and only complains of it when a file is read."""
    try:
        make_context(trust, DEFAULT_LIMITS).close()
    except Exception as error:
        raise _unreadable("anchors", f"c2pa cannot read the trust lists: {_reason(error)}") from error


def _unreadable(name: str, detail: str, **params: str) -> DeclarationError:
    return DeclarationError(ErrorCode.TRUST_UNREADABLE, detail, list=name, **params)
