"""Requests that verify, and the query that lists kept reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import post_load, validates_schema

from app.kept_reports import Search
from app.schemas.contents import require_one, take_content
from app.schemas.fields import Base64, Body, Choice, File, Flag, Guard, Sha256
from app.schemas.paging import PageQuery
from labeling.model import Format
from labeling.report import Verdict

FORMATS = {value.value: value for value in Format}
VERDICTS = {value.value: value for value in Verdict}


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """A request to verify."""

    data: bytes
    format: Format | None = None
    declared_ai: bool = False
    visible: bool = True
    keep: bool = False
    #: None leaves it to the service: signed where it has a key.
    signed: bool | None = None


class VerifyFields(Guard):
    """What a request that verifies may say besides the content."""

    format = Choice("What the file is; needed only to tell kinds of text apart.", FORMATS)
    declared_ai = Flag("true: the user who published the content declared it as AI-generated. Default false.")
    visible = Flag("false: do not look for the visible label of pictures, which takes most of the time. Default true.")
    keep = Flag("true: keep the report, never the content, under an address of its own. Default false.")
    signed = Flag("Sign the report; default true where the service has MINGBIAO_REPORT_KEY.")


class VerifyForm(VerifyFields):
    """`POST /api/v1/verifications` as multipart/form-data."""

    file = File("The file.", required=True)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> VerifyRequest:
        return VerifyRequest(take_content(data, ("file",)), **data)


class VerifyJson(VerifyFields):
    """`POST /api/v1/verifications` as JSON; exactly one of `image`, `b64_json` and `text`."""

    image = Base64("Base64 of a file of any kind, bare or as a data: URL.")
    b64_json = Base64("The same, under the name that image APIs use.")
    text = Body("A text.")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _one_content(self, _data: Any, original: Any, **_: Any) -> None:
        require_one(original, "image", "b64_json", "text")

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> VerifyRequest:
        return VerifyRequest(take_content(data, ("image", "b64_json", "text")), **data)


@dataclass(frozen=True, slots=True)
class VerificationList:
    """A search, the cursor and the size of a page."""

    search: Search
    before: int | None
    size: int


class VerificationQuery(PageQuery):
    """`GET /api/v1/verifications`."""

    sha256 = Sha256("SHA-256 of the file that was verified.")
    verdict = Choice("Only this verdict.", VERDICTS)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> VerificationList:
        size, before = data.pop("limit"), data.pop("cursor", None)
        return VerificationList(Search(**data), before, size)
