"""What the reserved codes of a record prove: signature, key, and whose key that is (TC260-PG-202511A).

A key that travels in the file proves that label and key belong together. Only a key that the operator pinned proves
whose label it is. What no public rule says how to check is `not_checkable`, never `broken`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labeling import security_data
from labeling.model import AigcRecord
from labeling.provider_code import CODE_WITHOUT_EXTENSION
from labeling.report import Integrity, IntegrityReading, Site
from labeling.security_data import SecurityData, Signature
from labeling.trust import PinnedKey, Trust
from labeling.verification._record_keys import Candidate, candidates, subject_of
from labeling.verification._record_signatures import OF_PRODUCER, Budget, fits, matching_variant

_FIRST, _SECOND = "ReservedCode1", "ReservedCode2"
#: Signatures that are tried in one file: SM2 takes some 25 ms each.
_MOST_TRIALS = 8
#: Records that are looked at; a file with a second one does not conform in any case.
_MOST_RECORDS = 16
#: ... and of one code, so that none takes all: a key given by its X alone stands for two, each in two variants.
_MOST_TRIALS_OF_CODE = 4

_ALGORITHMS = {security_data.SM2_WITH_SM3: "SM2 with SM3", security_data.RSA_WITH_SHA256: "RSA with SHA-256"}


def read_integrity(sites: tuple[Site, ...], trust: Trust) -> tuple[IntegrityReading, ...]:
    """What each reserved code that is not empty proves, record by record. Never raises."""
    budget = Budget(_MOST_TRIALS)
    return tuple(
        reading
        for index, site in enumerate(sites[:_MOST_RECORDS])
        if site.record is not None
        for reading in _of_record(index, site.record, trust, budget)
    )


def _of_record(index: int, record: AigcRecord, trust: Trust, budget: Budget) -> Iterator[IntegrityReading]:
    first = security_data.producer_message(record.label, record.content_producer, record.produce_id)
    second = security_data.propagator_message(record.label, record.content_propagator, record.propagate_id)
    codes = (
        _Code(index, _FIRST, record.reserved_code1, record.content_producer, (first,), known=True),
        # Nobody says what others sign in the second code: the producer's message is tried as well.
        _Code(index, _SECOND, record.reserved_code2, record.content_propagator, (second, first), known=False),
    )
    for code in codes:
        if code.text:
            yield _read(code, _pinned(trust, code.owner), budget)


@dataclass(frozen=True, slots=True)
class _Code:
    """One reserved code, whose it is, and the messages that it may sign."""

    site: int
    field: str
    text: str
    owner: str
    messages: tuple[bytes, ...]
    #: Whether the message is known for certain, so that a signature that does not verify is broken.
    known: bool


def _pinned(trust: Trust, owner: str) -> tuple[PinnedKey, ...]:
    """The keys that the operator has for a provider: by its whole name or code, or by the code without extension."""
    return tuple(key for key in trust.record_keys if owner and key.provider in (owner, owner[:CODE_WITHOUT_EXTENSION]))


def _read(code: _Code, pinned: tuple[PinnedKey, ...], budget: Budget) -> IntegrityReading:
    data = security_data.read(code.text)
    if data is None:
        return IntegrityReading(code.site, code.field, Integrity.NOT_CHECKABLE, notes=("opaque",))
    # 1. What signs the label, and with which keys it may verify.
    signatures = [one for one in data.signatures if one.of_metadata and one.algorithm in _ALGORITHMS]
    keys = candidates(data, pinned)
    pairs = [(signature, key) for key in keys for signature in signatures if fits(signature, key)]
    if not pairs:
        notes = (*data.notes, "no-known-signature" if not signatures else "no-fitting-key")
        return IntegrityReading(code.site, code.field, Integrity.NOT_CHECKABLE, notes=notes)
    # 2. The first that verifies decides.
    of_code = Budget(min(_MOST_TRIALS_OF_CODE, budget.left))
    for signature, key in pairs:
        variant = matching_variant(signature, key, code.messages, of_code)
        if variant is not None:
            budget.left -= of_code.used
            return _verified(code, data, signature, key, variant, pinned)
    # 3. None does.
    budget.left -= of_code.used
    return _not_verified(code, data, pairs[0][0], of_code)


def _verified(
    code: _Code, data: SecurityData, signature: Signature, key: Candidate, variant: str, pinned: Iterable[PinnedKey]
) -> IntegrityReading:
    # A producer's signature in the platform's code covers no field of the platform.
    own = not variant.endswith(OF_PRODUCER)
    authentic = own and any(key.spki == one.public_key for one in pinned)
    return IntegrityReading(
        code.site,
        code.field,
        Integrity.AUTHENTIC if authentic else Integrity.CONSISTENT,
        _ALGORITHMS[signature.algorithm],
        variant,
        hashlib.sha256(key.spki).hexdigest(),
        subject_of(data.certificates, key.spki),
        data.notes if authentic or not pinned or not own else (*data.notes, "other-key-than-pinned"),
    )


def _not_verified(code: _Code, data: SecurityData, signature: Signature, budget: Budget) -> IntegrityReading:
    broken = code.known and not budget.spent
    notes = data.notes if not budget.spent else (*data.notes, "not-all-tried")
    result = Integrity.BROKEN if broken else Integrity.NOT_CHECKABLE
    return IntegrityReading(code.site, code.field, result, _ALGORITHMS[signature.algorithm], notes=notes)
