"""The values that a verification returns: facts (what was found where), judgement (checks, answers, verdict)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import AigcRecord, Box, Carrier, Format, LabelValue, Place, TextPlace


class Verdict(StrEnum):
    """What the file's record (for plain text: its visible label) amounts to."""

    CONFORMANT = "conformant"
    NONCONFORMANT = "nonconformant"
    NOT_FOUND = "not_found"
    INCONCLUSIVE = "inconclusive"


class Outcome(StrEnum):
    """The result of one check."""

    PASS = "pass"  # noqa: S105
    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"
    ERROR = "error"


class Answer(StrEnum):
    """An answer to one question; UNKNOWN is never NO."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Integrity(StrEnum):
    """What a reserved code proves of the record, or of the content, beside it (TC260-PG-202511A)."""

    #: The signature verifies with a key or certificate that the operator pinned.
    AUTHENTIC = "authentic"
    #: The signature verifies with the key that travels in the file: key and label belong together, no more.
    CONSISTENT = "internally_consistent"
    #: It is built as the guide says and does not verify in any known variant.
    BROKEN = "broken"
    #: There is something that no public rule says how to check.
    NOT_CHECKABLE = "not_checkable"
    ABSENT = "absent"
    #: The file could not be read.
    UNKNOWN = "unknown"


class VisibleAnswer(StrEnum):
    """What is known of the visible label."""

    CONFORMING = "present_conforming"
    DEFICIENT = "present_deficient"
    NOT_SEEN = "not_seen"
    NOT_CHECKED = "not_checked"


class CredentialPresence(StrEnum):
    """Where the C2PA manifest store is."""

    ABSENT = "absent"
    EMBEDDED = "embedded"
    #: The file only points to one; it is never fetched.
    REMOTE = "remote"


class Certificate(StrEnum):
    """What is known of the certificate that signed the active manifest."""

    TRUSTED = "trusted"
    #: Sound, and it leads to no anchor that the operator configured.
    UNTRUSTED = "untrusted"
    #: Expired when it is looked at, with no trusted time stamp from while it was valid.
    EXPIRED = "expired"
    #: Its key usage or extended key usage is not one for signing content.
    WRONG_USAGE = "wrong_usage"
    REVOKED = "revoked"
    #: Malformed, or of an algorithm that C2PA does not admit.
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"


class TraceKind(StrEnum):
    """What kind of trace of generation a file carries besides a record."""

    #: IPTC DigitalSourceType in XMP.
    SOURCE_TYPE = "iptc_source_type"
    #: The same in a C2PA manifest or one of its ingredients.
    CREDENTIAL_SOURCE_TYPE = "c2pa_source_type"
    #: Prompt, seed, sampler and the like, as image generators write them.
    GENERATOR_PARAMETERS = "generator_parameters"
    #: The name of a generator as the software that made the file.
    GENERATOR_NAME = "generator_name"
    #: A producer's own mark that is not a record of GB 45438.
    PRIVATE_LABEL = "private_label"
    VISIBLE_LABEL = "visible_label"


class Article6Class(StrEnum):
    """Article 6 of the Labelling Measures: what a platform has to take the content for."""

    CONFIRMED = "confirmed"
    POSSIBLE = "possible"
    SUSPECTED = "suspected"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the two languages of the package."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Site:
    """One place in a file where a record was found."""

    carrier: Carrier
    #: The container's unit, in words of its format: 'iTXt', 'APP1', 'IFD0/Exif', 'moov/udta/meta'.
    place: str
    #: Byte offset and length of that unit in the file; both 0 where the format has no such thing (a PDF object).
    offset: int
    length: int
    #: The record's text as it stands there, unescaped; bounded by `Limits.record_bytes`.
    text: str
    #: The record, where the text could be read as one.
    record: AigcRecord | None
    #: True for `{"AIGC": {...}}`.
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One rule applied to one file. `labeling.verification.catalogue` holds the rules and their words."""

    id: str
    outcome: Outcome
    #: Clause of the standard or section of the guide that the check rests on.
    basis: str
    detail: str
    #: Index into `Report.sites`, where the check is about one of them.
    site: int | None = None
    params: dict[str, object] = field(default_factory=dict)
    #: `detail` in Simplified Chinese.
    detail_zh: str = ""


@dataclass(frozen=True, slots=True)
class VisibleFinding:
    """A visible label that verification saw in a text."""

    words: str
    place: TextPlace
    #: Byte offset in the file.
    offset: int


@dataclass(frozen=True, slots=True)
class SeenLabel:
    """Words in a picture that hold at least one element of a visible label (GB 45438-2025, 5.2), as measured."""

    words: str
    #: The ink, as a viewer sees it (after EXIF orientation).
    box: Box
    #: Height of the tallest glyph's ink, in pixels.
    ink_height: int
    shortest_side: int
    #: ink_height / shortest_side; the rule wants at least 0.05.
    ink_ratio: float
    #: The edge or corner; None for words inside the picture.
    place: Place | None
    #: WCAG 2.2 contrast between ink and what lies behind it.
    contrast: float
    has_ai_element: bool
    has_generation_element: bool
    #: 0-based.
    frame: int = 0


@dataclass(frozen=True, slots=True)
class VisibleLabels:
    """The second answer of a report: the visible label, seen in a text or by optical character recognition."""

    answer: VisibleAnswer = VisibleAnswer.NOT_CHECKED
    in_text: tuple[VisibleFinding, ...] = ()
    in_picture: tuple[SeenLabel, ...] = ()
    #: Frames of an animation that were looked at.
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CredentialReading:
    """What is known of the C2PA credential; every answer for itself, and never one word for all of them."""

    presence: CredentialPresence = CredentialPresence.ABSENT
    readable: Answer = Answer.NOT_APPLICABLE
    #: The content is what was signed (hard binding of the active manifest).
    hash_intact: Answer = Answer.NOT_APPLICABLE
    #: The signature over the active manifest's claim verifies.
    signature_valid: Answer = Answer.NOT_APPLICABLE
    certificate: Certificate | None = None
    #: A time stamp (RFC 3161): YES verifies and leads to an anchor, UNKNOWN verifies and nobody vouches for its
    #: authority, NO is absent or does not verify.
    time_stamped: Answer = Answer.NOT_APPLICABLE
    #: What the certificate, or the time stamp where there is one, says; claims, not facts, unless all of it verifies.
    issuer: str = ""
    common_name: str = ""
    signed_at: str = ""
    generator: str = ""
    active_manifest: str = ""
    manifests: int = 0
    #: Full URIs; of the active manifest, and of the manifests of its ingredients.
    source_types: tuple[str, ...] = ()
    ingredient_source_types: tuple[str, ...] = ()
    #: C2PA status codes of failures, of the active manifest and of ingredients.
    failures: tuple[str, ...] = ()
    ingredient_failures: tuple[str, ...] = ()
    #: Addresses of manifests outside the file, which were not fetched.
    remote_addresses: tuple[str, ...] = ()
    #: Why it is not readable, or what is wrong with the certificate; English.
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IntegrityReading:
    """What one reserved code of one record proves."""

    #: Index into `Report.sites`.
    site: int
    #: 'ReservedCode1' or 'ReservedCode2'.
    field: str
    result: Integrity
    #: 'SM2 with SM3', 'RSA with SHA-256', ...; empty where there is none.
    algorithm: str = ""
    #: What was signed and how, as a stable word: 'message', 'digest'.
    variant: str = ""
    #: SHA-256 of the public key (SubjectPublicKeyInfo), hex.
    key_sha256: str = ""
    #: Subject of the certificate, where there is one.
    subject: str = ""
    #: Stable codes of what was odd.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace of generation: evidence for 'suspected', never for more."""

    kind: TraceKind
    #: Where it was found, in words of the format.
    place: str
    #: What it says; bounded by `Limits.trace_characters`.
    text: str
    #: The generator, where the trace gives it away.
    generator: str = ""
    #: True where it says that a trained model made the content or a part of it.
    says_ai: bool = True


@dataclass(frozen=True, slots=True)
class Article6:
    """What a platform has to do (Labelling Measures, article 6)."""

    kind: Article6Class
    #: The value of `Label` that the class stands for, which a platform writes where there is no record; a record that
    #: holds keeps its own. None for `NONE`.
    label: LabelValue | None
    #: What the platform shows prominently around the content; None for `NONE`.
    notice: Words | None
    #: Keys of Annex E that the platform adds or sets.
    fields: tuple[str, ...]
    #: Stable codes of what the class rests on.
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The five questions about the record, each answered for itself."""

    found: Answer
    parsed: Answer
    #: To Annex E of GB 45438-2025.
    conforms: Answer
    #: Where the guide of the format puts it.
    placed: Answer
    #: What ReservedCode1 proves of the producer's fields, of the weakest record where there are several.
    integrity: Integrity


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` says of a file."""

    format: Format | None
    # Facts.
    sites: tuple[Site, ...]
    visible: VisibleLabels
    credential: CredentialReading
    integrity: tuple[IntegrityReading, ...]
    traces: tuple[Trace, ...]
    # Judgement.
    checks: tuple[Check, ...]
    answers: Answers
    verdict: Verdict
    article6: Article6
    #: One sentence for a person: the record and the visible label together.
    summary: Words
    rule_set: str
    rule_set_version: str
    limits: Limits = DEFAULT_LIMITS
