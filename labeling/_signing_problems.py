"""What can be wrong with a signing certificate or its key, and the error that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from labeling.errors import ErrorCode, SigningError


class ProblemCode(StrEnum):
    """What can be wrong with a chain or its key; stable."""

    CHAIN_UNREADABLE = "chain_unreadable"
    EXTENSIONS_UNREADABLE = "extensions_unreadable"
    KEY_UNREADABLE = "key_unreadable"
    KEY_ENCRYPTED = "key_encrypted"
    KEY_MISMATCH = "key_mismatch"
    KEY_UNSUPPORTED = "key_unsupported"
    CURVE_UNSUPPORTED = "curve_unsupported"
    KEY_WEAK = "key_weak"
    ALGORITHM_MISMATCH = "algorithm_mismatch"
    SIGNATURE_ALGORITHM_UNSUPPORTED = "signature_algorithm_unsupported"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    LEAF_IS_CA = "leaf_is_ca"
    SELF_SIGNED = "self_signed"
    NO_DIGITAL_SIGNATURE = "no_digital_signature"
    CERT_SIGN_ON_LEAF = "cert_sign_on_leaf"
    NO_ALLOWED_EKU = "no_allowed_eku"
    EKU_ANY = "eku_any"
    EKU_MIXED = "eku_mixed"
    EKU_NEEDS_TRUST_LIST = "eku_needs_trust_list"
    NO_AUTHORITY_KEY_ID = "no_authority_key_id"
    NO_SUBJECT_KEY_ID = "no_subject_key_id"
    CRITICAL_EXTENSION_UNKNOWN = "critical_extension_unknown"
    WRONG_ORDER = "wrong_order"
    ISSUER_MISMATCH = "issuer_mismatch"
    ISSUER_NOT_CA = "issuer_not_ca"
    LINK_SIGNATURE = "link_signature"


#: Worth knowing, but c2pa signs with such a certificate and validators accept it.
ADVICE = frozenset({ProblemCode.NO_SUBJECT_KEY_ID, ProblemCode.EKU_NEEDS_TRUST_LIST})

#: The public form of a problem where it is not simply an unfit certificate.
_ERROR_CODES = {
    ProblemCode.CHAIN_UNREADABLE: ErrorCode.SIGNING_CERTIFICATE_UNREADABLE,
    ProblemCode.KEY_UNREADABLE: ErrorCode.SIGNING_KEY_UNREADABLE,
    ProblemCode.KEY_ENCRYPTED: ErrorCode.SIGNING_KEY_UNREADABLE,
    ProblemCode.KEY_MISMATCH: ErrorCode.SIGNING_KEY_MISMATCH,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect: a stable code, one English line, JSON parameters (`position` counts from the leaf, 0)."""

    code: ProblemCode
    detail: str
    params: dict[str, object] = field(default_factory=dict)

    @property
    def fatal(self) -> bool:
        """True when nothing may be signed with this certificate."""
        return self.code not in ADVICE


def require_fit(problems: tuple[Problem, ...]) -> None:
    """Raise `SigningError` when a problem is fatal; its detail and `params['problems']` name every one of them."""
    fatal = [problem for problem in problems if problem.fatal]
    if not fatal:
        return
    codes = [_ERROR_CODES.get(problem.code, ErrorCode.SIGNING_CERTIFICATE_UNFIT) for problem in fatal]
    told = [{"code": problem.code.value, "detail": problem.detail, **problem.params} for problem in fatal]
    raise SigningError(codes[0], "; ".join(problem.detail for problem in fatal), problems=told)
