"""Requests of a platform that passes content on (Labelling Measures, article 6)."""

from __future__ import annotations

from typing import Any

from marshmallow import post_load, validates_schema

from app.schemas.contents import FileRequest, refuse_field, require_one, take_content
from app.schemas.fields import Base64, Body, Choice, File, Flag, Guard, Line
from app.schemas.labels import LABEL_FORMATS, LONGEST_NAME
from labeling.provider_code import examine_provider
from labeling.record import require_charset


def _propagate_id(text: str) -> None:
    require_charset(text, "propagate_id")


class PropagateFields(Guard):
    """What a platform may say besides the content."""

    propagator = Line(
        "The platform's provider code (27 characters) or name; default: the setting MINGBIAO_PROPAGATOR.",
        LONGEST_NAME,
        check=examine_provider,
    )
    propagate_id = Line(
        "The platform's own unique number of this content; default: one is made.",
        LONGEST_NAME,
        check=_propagate_id,
    )
    declared_ai = Flag("true: the user who published the content declared it as AI-generated. Default false.")
    suspected = Flag("true: the platform's own detector speaks for generation. Default false.")
    visible = Flag("false: do not look for the visible label of a picture where nothing else decides. Default true.")
    c2pa = Flag("false: no C2PA credential; one that the file has no longer matches then. Default true.")
    sign_record = Flag("Sign the elements in ReservedCode2; default true where the service has MINGBIAO_RECORD_KEY.")
    format = Choice("What the file is; needed only to tell kinds of text apart.", LABEL_FORMATS)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _propagator_known(self, _data: Any, original: Any, **_: Any) -> None:
        # The service's own, where it has one, was put in before.
        if not isinstance(original, dict) or "propagator" not in original:
            raise refuse_field("propagator", "field.required")


class PropagateForm(PropagateFields):
    """`POST /api/v1/propagations` as multipart/form-data."""

    file = File("The picture or text.", required=True)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> FileRequest:
        return FileRequest(take_content(data, ("file",)), data)


class PropagateJson(PropagateFields):
    """`POST /api/v1/propagations` as JSON; exactly one of `image`, `b64_json` and `text`."""

    image = Base64("Base64 of a file of any kind that can be labelled, bare or as a data: URL.")
    b64_json = Base64("The same, under the name that image APIs use.")
    text = Body("A text.")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _one_content(self, _data: Any, original: Any, **_: Any) -> None:
        require_one(original, "image", "b64_json", "text")

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> FileRequest:
        return FileRequest(take_content(data, ("image", "b64_json", "text")), data)
