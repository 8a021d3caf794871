"""From the status codes of C2PA (specification 2.x, 15, validation) to one answer for each question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labeling.report import Answer, Certificate

#: Codes come from c2pa, and those that an ingredient recorded from whoever signed it.
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_MOST_CODES = 100

_BINDINGS = ("dataHash", "bmffHash", "boxesHash", "collectionHash", "multi-assetHash", "multiAssetHash")
_MATCHES = frozenset(f"assertion.{binding}.match" for binding in _BINDINGS)
#: The content, or an assertion that the signed claim vouches for, is not what was signed.
_BROKEN = frozenset(f"assertion.{binding}.mismatch" for binding in _BINDINGS) | {
    "assertion.boxesHash.unknownBox",
    "assertion.collectionHash.incorrectFileCount",
    "assertion.collectionHash.invalidURI",
    "assertion.hashedURI.mismatch",
    "hashedURI.mismatch",
    "assertion.missing",
    "assertion.undeclared",
    "assertion.outsideManifest",
}

_SIGNATURE_VALIDATED = "claimSignature.validated"
_SIGNATURE_BROKEN = frozenset({"claimSignature.mismatch", "claimSignature.missing", "claimSignature.malformed"})

_STAMP_TRUSTED, _STAMP_VALIDATED = "timeStamp.trusted", "timeStamp.validated"

#: What c2pa says of the certificate, the worst first: it may call one trusted and invalid at once.
_CERTIFICATES = {
    "signingCredential.ocsp.revoked": Certificate.REVOKED,
    "signingCredential.revoked": Certificate.REVOKED,
    "signingCredential.invalid": Certificate.INVALID,
    "algorithm.unsupported": Certificate.INVALID,
    "signingCredential.expired": Certificate.EXPIRED,
    "claimSignature.outsideValidity": Certificate.EXPIRED,
    "signingCredential.untrusted": Certificate.UNTRUSTED,
}
_CERTIFICATE_TRUSTED = "signingCredential.trusted"

#: How codes end that report a success; the first version of ingredients recorded both kinds in one list.
_SUCCESSES = (".match", ".validated", ".trusted", ".insideValidity", ".notRevoked", ".skipped")


@dataclass(frozen=True, slots=True)
class Codes:
    """The status codes of the active manifest."""

    success: frozenset[str]
    failure: tuple[str, ...]

    @property
    def hash_intact(self) -> Answer:
        """The content and every assertion are what was signed; UNKNOWN where nothing binds the content.

        An assertion that was changed counts as much as the content: the claim under the signature holds its hash.
        Bytes that the signer left out of the hash may differ; c2pa itself leaves out free boxes and one TIFF entry.
        """
        if not _BROKEN.isdisjoint(self.failure):
            return Answer.NO
        return Answer.UNKNOWN if _MATCHES.isdisjoint(self.success) else Answer.YES

    @property
    def signature_valid(self) -> Answer:
        """The signature over the claim verifies with the key of the certificate, whatever that is worth."""
        if not _SIGNATURE_BROKEN.isdisjoint(self.failure):
            return Answer.NO
        return Answer.YES if _SIGNATURE_VALIDATED in self.success else Answer.UNKNOWN

    @property
    def certificate(self) -> Certificate:
        """c2pa's word on the certificate."""
        for code, certificate in _CERTIFICATES.items():
            if code in self.failure:
                return certificate
        return Certificate.TRUSTED if _CERTIFICATE_TRUSTED in self.success else Certificate.NOT_CHECKED

    @property
    def stamp_verifies(self) -> bool:
        """A time stamp is there and fits the signature; who made it is another question."""
        return _STAMP_VALIDATED in self.success

    @property
    def stamp_trusted(self) -> bool:
        """c2pa calls the authority trusted; for a claim of version 1 it does so without asking."""
        return _STAMP_TRUSTED in self.success


def codes_of(report: dict[str, Any]) -> Codes:
    """The codes of the active manifest in c2pa's report."""
    results = (report.get("validation_results") or {}).get("activeManifest") or {}
    success, failure = ([status["code"] for status in results.get(kind) or ()] for kind in ("success", "failure"))
    return Codes(frozenset(success), distinct(failure))


def explanations_of(report: dict[str, Any], prefix: str) -> str:
    """c2pa's own words on failures of the active manifest whose code starts so."""
    results = (report.get("validation_results") or {}).get("activeManifest") or {}
    found = [entry for entry in results.get("failure") or () if str(entry.get("code")).startswith(prefix)]
    return "; ".join(dict.fromkeys(str(entry.get("explanation") or entry.get("code")) for entry in found))


def ingredient_failures(report: dict[str, Any], ingredients: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Codes of what failed in ingredients: found now, and what the signers of the manifests recorded of them.

    c2pa only reports what differs from the record, so that both are needed.
    """
    found = [_failures(delta.get("validationDeltas")) for delta in _deltas(report)]
    for ingredient in ingredients:
        recorded = ingredient.get("validation_results") or {}
        found.append(code for code in _codes(ingredient.get("validation_status")) if not code.endswith(_SUCCESSES))
        found.append(_failures(recorded.get("activeManifest")))
        found += [_failures(delta.get("validationDeltas")) for delta in recorded.get("ingredientDeltas") or ()]
    return distinct(code for codes in found for code in codes)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they came; no more than a report can use."""
    return tuple(dict.fromkeys(values))[:_MOST_CODES]


def _deltas(report: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (report.get("validation_results") or {}).get("ingredientDeltas") or []
    return found


def _failures(statuses: dict[str, Any] | None) -> Iterator[str]:
    return _codes((statuses or {}).get("failure"))


def _codes(statuses: list[dict[str, Any]] | None) -> Iterator[str]:
    for status in statuses or ():
        code = status.get("code")
        if isinstance(code, str) and _CODE.fullmatch(code):
            yield code
