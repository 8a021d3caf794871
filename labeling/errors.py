"""The only errors that leave the package: a stable code, parameters, one plain English line.

Words for people in other languages belong to the caller; the code and the parameters are the contract.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Every code that a `LabelingError` can carry. Codes are never renamed; new ones may be added."""

    # The bytes.
    MEDIA_EMPTY = "media.empty"
    MEDIA_UNRECOGNISED = "media.unrecognised"
    MEDIA_AMBIGUOUS = "media.ambiguous"
    MEDIA_MALFORMED = "media.malformed"
    MEDIA_TRUNCATED = "media.truncated"
    MEDIA_UNSUPPORTED = "media.unsupported"
    MEDIA_FORMAT_MISMATCH = "media.format_mismatch"
    MEDIA_ENCRYPTED = "media.encrypted"
    MEDIA_UNREADABLE = "media.unreadable"
    # A bound of `labeling.limits` was reached.
    LIMIT_BYTES = "limit.bytes"
    LIMIT_PIXELS = "limit.pixels"
    LIMIT_FRAMES = "limit.frames"
    LIMIT_METADATA = "limit.metadata"
    LIMIT_INFLATED = "limit.inflated"
    LIMIT_NESTING = "limit.nesting"
    LIMIT_ITEMS = "limit.items"
    # The request.
    DECLARATION_INVALID = "declaration.invalid"
    PROVIDER_EMPTY = "declaration.provider_empty"
    PROVIDER_CHARSET = "declaration.provider_charset"
    PROVIDER_CODE_INVALID = "declaration.provider_code_invalid"
    PRODUCE_ID_EMPTY = "declaration.produce_id_empty"
    PRODUCE_ID_CHARSET = "declaration.produce_id_charset"
    RESERVED_CODE_CHARSET = "declaration.reserved_code_charset"
    RECORD_FORM_UNSUPPORTED = "declaration.record_form_unsupported"
    RECORD_UNSUPPORTED = "declaration.record_unsupported"
    NOTHING_TO_WRITE = "declaration.nothing_to_write"
    # Article 6: passing content on.
    PROPAGATION_NOT_DUE = "propagation.not_due"
    PROPAGATION_AMBIGUOUS = "propagation.ambiguous"
    PROPAGATION_NOT_READABLE = "propagation.not_readable"
    # The visible label.
    WORDS_MISSING_ELEMENT = "visible.words_missing_element"
    WORDS_NOT_DRAWABLE = "visible.words_not_drawable"
    HEIGHT_BELOW_MINIMUM = "visible.height_below_minimum"
    CONTRAST_BELOW_MINIMUM = "visible.contrast_below_minimum"
    OPTION_OUT_OF_RANGE = "visible.option_out_of_range"
    NO_ROOM = "visible.no_room"
    PALETTE_FULL = "visible.palette_full"
    TEXT_ENCODING = "visible.text_encoding"
    TEXT_NOT_ENCODABLE = "visible.text_not_encodable"
    RECOGNITION_UNAVAILABLE = "visible.recognition_unavailable"
    # The credential.
    SIGNING_KEY_UNREADABLE = "signing.key_unreadable"
    SIGNING_CERTIFICATE_UNREADABLE = "signing.certificate_unreadable"
    SIGNING_CERTIFICATE_UNFIT = "signing.certificate_unfit"
    SIGNING_KEY_MISMATCH = "signing.key_mismatch"
    SIGNING_FAILED = "signing.failed"
    SIGNING_UNSUPPORTED = "signing.unsupported"
    # Trust and record signatures.
    TRUST_UNREADABLE = "trust.unreadable"
    # A signed report.
    REPORT_MALFORMED = "report.malformed"
    REPORT_KEY_UNREADABLE = "report.key_unreadable"
    REPORT_SIGNATURE_INVALID = "report.signature_invalid"
    # The result.
    READ_BACK_FAILED = "conformity.read_back_failed"


class LabelingError(Exception):
    """Base of the package's errors.

    `code` is stable; `params` holds JSON values that say what was given, allowed or found;
    `detail` is one English line for logs and terminals.
    """

    def __init__(self, code: ErrorCode, detail: str, **params: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.params = params

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class MediaError(LabelingError):
    """The bytes cannot be read as what they are, or as anything that the package knows."""


class LimitError(MediaError):
    """A bound of `labeling.limits.Limits` was reached; params name `limit` and, where known, `actual`."""


class DeclarationError(LabelingError):
    """The request asks for something that the rules or the format do not allow."""


class SigningError(LabelingError):
    """The C2PA credential could not be made."""


class ReportError(LabelingError):
    """A report cannot be signed, or a signed one does not check."""


class ConformityError(LabelingError):
    """The file that was written does not read back as conformant; it was not handed out."""
