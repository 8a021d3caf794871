"""What the service says when it refuses: stable codes, their HTTP status and one English line each (RFC 9457)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.errors import ErrorCode

#: code -> (HTTP status, title). The codes of `labeling` follow in `LIBRARY_STATUS`.
PROBLEMS: dict[str, tuple[int, str]] = {
    "request.malformed": (400, "The request cannot be read."),
    "request.malformed_json": (400, "The body is not valid JSON in UTF-8."),
    "request.not_found": (404, "There is nothing at this address."),
    "request.method_not_allowed": (405, "This address does not answer that method."),
    "request.too_large": (413, "The body is larger than the service takes."),
    "request.content_type": (415, "The body is not of a type that this address takes."),
    "request.invalid": (422, "Some fields cannot be used; `errors` lists all of them."),
    "auth.missing": (401, "An API key is needed: `Authorization: Bearer mbk_...`."),
    "auth.invalid": (401, "The API key is unknown, expired or revoked."),
    "auth.scope": (403, "The API key does not have the scope that this needs."),
    "label.not_found": (404, "There is no record with this id."),
    "verification.not_found": (404, "There is no kept report with this id."),
    "copy.not_found": (404, "There is no record of an unlabelled copy with this id."),
    "copy.not_a_labelling": (409, "The file was passed on, not labelled here: whoever labelled it answers for copies."),
    "idempotency.key_invalid": (400, "An Idempotency-Key is 1 to 255 printable ASCII characters."),
    "idempotency.key_reused": (409, "This Idempotency-Key was sent before with another request."),
    "idempotency.in_progress": (409, "A request with this Idempotency-Key is still being answered."),
    "service.not_ready": (503, "The service is not ready."),
    "service.failed": (500, "The service failed; the incident is in its log."),
}

#: code in `errors` -> English line.
FIELD_PROBLEMS: dict[str, str] = {
    "field.required": "is needed",
    "field.null": "must not be null",
    "field.unknown": "is not a field of this request",
    "field.type": "has the wrong type",
    "field.length": "is too short or too long",
    "field.characters": "holds control characters, broken surrogates or characters that are not UTF-8",
    "field.choice": "is not one of the values allowed",
    "field.range": "is outside the range allowed",
    "field.colour": "is not a colour of the form #rrggbb",
    "field.sha256": "is not a SHA-256 of 64 hex digits",
    "field.time": "is not an RFC 3339 date and time",
    "field.blank": "holds no letter and no digit",
    "field.future": "lies in the future",
    "field.cursor": "is not a cursor that this service made",
    "field.base64": "is not base64",
    "field.file": "is not a file: send it as a file part with a file name",
    "field.repeated": "is given more than once",
    "field.exclusive": "cannot be given together with the others named",
    "field.not_configured": "asks for what this service is not configured for",
}

_BYTES, _CONFLICT, _LIMIT, _TYPE, _CONTENT, _OWN = 400, 409, 413, 415, 422, 500

#: Every code of the library. 500 means that the fault is ours and not the caller's.
LIBRARY_STATUS: dict[ErrorCode, int] = {
    ErrorCode.MEDIA_EMPTY: _BYTES,
    ErrorCode.MEDIA_UNRECOGNISED: _TYPE,
    ErrorCode.MEDIA_UNSUPPORTED: _TYPE,
    ErrorCode.MEDIA_AMBIGUOUS: _CONTENT,
    ErrorCode.MEDIA_MALFORMED: _CONTENT,
    ErrorCode.MEDIA_TRUNCATED: _CONTENT,
    ErrorCode.MEDIA_FORMAT_MISMATCH: _CONTENT,
    ErrorCode.MEDIA_ENCRYPTED: _CONTENT,
    ErrorCode.MEDIA_UNREADABLE: _CONTENT,
    ErrorCode.LIMIT_BYTES: _LIMIT,
    ErrorCode.LIMIT_PIXELS: _LIMIT,
    ErrorCode.LIMIT_FRAMES: _LIMIT,
    ErrorCode.LIMIT_METADATA: _LIMIT,
    ErrorCode.LIMIT_INFLATED: _LIMIT,
    ErrorCode.LIMIT_NESTING: _LIMIT,
    ErrorCode.LIMIT_ITEMS: _LIMIT,
    ErrorCode.DECLARATION_INVALID: _CONTENT,
    ErrorCode.PROVIDER_EMPTY: _CONTENT,
    ErrorCode.PROVIDER_CHARSET: _CONTENT,
    ErrorCode.PROVIDER_CODE_INVALID: _CONTENT,
    ErrorCode.PRODUCE_ID_EMPTY: _CONTENT,
    ErrorCode.PRODUCE_ID_CHARSET: _CONTENT,
    ErrorCode.RESERVED_CODE_CHARSET: _CONTENT,
    ErrorCode.RECORD_FORM_UNSUPPORTED: _CONTENT,
    ErrorCode.RECORD_UNSUPPORTED: _CONTENT,
    ErrorCode.NOTHING_TO_WRITE: _CONTENT,
    ErrorCode.PROPAGATION_NOT_DUE: _CONTENT,
    ErrorCode.PROPAGATION_AMBIGUOUS: _CONFLICT,
    ErrorCode.PROPAGATION_NOT_READABLE: _CONTENT,
    ErrorCode.WORDS_MISSING_ELEMENT: _CONTENT,
    ErrorCode.WORDS_NOT_DRAWABLE: _CONTENT,
    ErrorCode.HEIGHT_BELOW_MINIMUM: _CONTENT,
    ErrorCode.CONTRAST_BELOW_MINIMUM: _CONTENT,
    ErrorCode.OPTION_OUT_OF_RANGE: _CONTENT,
    ErrorCode.NO_ROOM: _CONTENT,
    ErrorCode.PALETTE_FULL: _CONTENT,
    ErrorCode.TEXT_ENCODING: _CONTENT,
    ErrorCode.TEXT_NOT_ENCODABLE: _CONTENT,
    ErrorCode.RECOGNITION_UNAVAILABLE: _OWN,
    ErrorCode.SIGNING_UNSUPPORTED: _CONTENT,
    ErrorCode.SIGNING_KEY_UNREADABLE: _OWN,
    ErrorCode.SIGNING_CERTIFICATE_UNREADABLE: _OWN,
    ErrorCode.SIGNING_CERTIFICATE_UNFIT: _OWN,
    ErrorCode.SIGNING_KEY_MISMATCH: _OWN,
    ErrorCode.SIGNING_FAILED: _OWN,
    ErrorCode.TRUST_UNREADABLE: _OWN,
    ErrorCode.REPORT_MALFORMED: _CONTENT,
    ErrorCode.REPORT_KEY_UNREADABLE: _OWN,
    ErrorCode.REPORT_SIGNATURE_INVALID: _CONTENT,
    ErrorCode.READ_BACK_FAILED: _OWN,
}


#: Which field of a request a code of the library is about.
FIELD_OF_CODE: dict[ErrorCode, str] = {
    ErrorCode.PROVIDER_EMPTY: "provider",
    ErrorCode.PROVIDER_CHARSET: "provider",
    ErrorCode.PROVIDER_CODE_INVALID: "provider",
    ErrorCode.PRODUCE_ID_EMPTY: "produce_id",
    ErrorCode.PRODUCE_ID_CHARSET: "produce_id",
    ErrorCode.RECORD_FORM_UNSUPPORTED: "form",
    ErrorCode.WORDS_MISSING_ELEMENT: "words",
    ErrorCode.WORDS_NOT_DRAWABLE: "words",
    ErrorCode.HEIGHT_BELOW_MINIMUM: "ink_ratio",
    ErrorCode.MEDIA_FORMAT_MISMATCH: "format",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with one field; `params` are JSON values."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: The line of the library for its own codes; ours stand in `FIELD_PROBLEMS`.
    detail: str = ""


class RefusalError(Exception):
    """A request is refused; `errors.py` turns this into problem+json."""

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[FieldProblem] = (),
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = tuple(errors)
        self.params = dict(params or {})
        self.headers = dict(headers or {})


def not_configured(field: str, setting: str) -> RefusalError:
    """The refusal of a field that only works where a setting is set."""
    return RefusalError("request.invalid", errors=[FieldProblem(field, "field.not_configured", {"setting": setting})])
