"""Requests that label, and the query that lists what was labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from app.ledger import Kind, Search
from app.schemas.contents import FileRequest, at_field, refuse_field, require_one, take_content
from app.schemas.fields import (
    Base64,
    Body,
    Choice,
    Colour,
    File,
    Flag,
    Guard,
    Line,
    Sha256,
    Share,
    apply_rule,
)
from app.schemas.paging import PageQuery
from labeling.containers import container_for
from labeling.model import (
    ContentAction,
    Format,
    LabelValue,
    Place,
    RecordForm,
    SourceType,
    TextPlace,
)
from labeling.produce_id import require_produce_id
from labeling.provider_code import examine_provider
from labeling.visible.wording import require_elements

#: Longest texts. A provider code has 27 characters; what the library draws must fit a picture anyway.
LONGEST_NAME = 256
LONGEST_WORDS = 200

SOURCE_TYPES: dict[str, SourceType] = {value.rpartition("/")[2]: value for value in SourceType} | {
    value.value: value for value in SourceType
}
_ACTIONS = (ContentAction.CREATED, ContentAction.EDITED)
ACTIONS: dict[str, ContentAction] = {value.removeprefix("c2pa."): value for value in _ACTIONS} | {
    value.value: value for value in _ACTIONS
}
PLACES: dict[str, Place | TextPlace] = {value.value: value for value in (*Place, *TextPlace)}
TEXT_PLACES: dict[str, TextPlace] = {value.value: value for value in TextPlace}
LABELS = {value.value: value for value in LabelValue}
FORMS = {value.value: value for value in RecordForm}
KINDS = {value.value: value for value in Kind}
#: What can be labelled.
LABEL_FORMATS = {value.value: value for value in Format if container_for(value) is not None}
TEXT_FORMATS = {value.value: value for value in (Format.PLAIN, Format.MARKDOWN, Format.HTML)}


class DeclarationFields(Guard):
    """What the provider says of the content."""

    provider = Line(
        "Provider code (27 characters) or name; default: the setting MINGBIAO_PROVIDER.",
        LONGEST_NAME,
        check=examine_provider,
    )
    produce_id = Line(
        "The provider's own unique number of this content; default: one is made.",
        LONGEST_NAME,
        check=require_produce_id,
    )
    label = Choice("GB 45438-2025 Annex E c): 1 is AI-generated, 2 may be, 3 is suspected to be.", LABELS)
    visible = Flag("false: the implicit record only; no pixel changes. Default true.")
    sign_record = Flag("Sign the record in ReservedCode1; default true where the service has MINGBIAO_RECORD_KEY.")
    words = Line("The words of the visible label: 人工智能 or AI, and 生成 or 合成.", LONGEST_WORDS)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _provider_known(self, _data: Any, original: Any, **_: Any) -> None:
        # The service's own provider, where it has one, was put in before.
        if not isinstance(original, dict) or "provider" not in original:
            raise refuse_field("provider", "field.required")

    @validates_schema(skip_on_field_errors=False)
    def _words_hold_both_elements(self, data: Any, **_: Any) -> None:
        # GB 45438-2025, 5.1: a corner mark needs no second element.
        if "words" in data and data.get("place") is not TextPlace.CORNER_MARK:
            try:
                apply_rule(require_elements, data["words"])
            except ValidationError as error:
                raise at_field("words", error) from None


class PictureFields(DeclarationFields):
    """What a request that labels a file may say."""

    source_type = Choice("IPTC digital source type.", SOURCE_TYPES)
    action = Choice("What the service did with the content, for C2PA.", ACTIONS)
    software_agent = Line("Name of the model or product, for C2PA.", LONGEST_NAME)
    place = Choice("Where the visible label stands; default bottom-right or start.", PLACES)
    ink_ratio = Share("Ink height over the shortest side; the rules want 0.05, default 0.055.", 0.0, 1.0)
    ink_colour = Colour("#rrggbb; default #ffffff.")
    plate_colour = Colour("#rrggbb; default #000000.")
    plate_opacity = Share("0 draws no plate; default 0.7.", 0.0, 1.0)
    margin = Share("Distance to the edge over the shortest side; default 0.02.", 0.0, 0.5)
    form = Choice("Where the implicit record goes; default standard.", FORMS)
    c2pa = Flag("false: no C2PA credential. Default true.")
    format = Choice("What the file is; needed only to tell kinds of text apart.", LABEL_FORMATS)


def _request(fields_given: dict[str, Any], *content: str) -> FileRequest:
    return FileRequest(take_content(fields_given, content), fields_given)


class LabelForm(PictureFields):
    """`POST /api/v1/labels` as multipart/form-data."""

    file = File("The picture or text.", required=True)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> FileRequest:
        return _request(data, "file")


class LabelJson(PictureFields):
    """`POST /api/v1/labels` as JSON; exactly one of `image` and `b64_json`."""

    image = Base64("Base64, bare or as a data: URL.")
    b64_json = Base64("The same, under the name that image APIs use.")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _one_content(self, _data: Any, original: Any, **_: Any) -> None:
        require_one(original, "image", "b64_json")

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> FileRequest:
        return _request(data, "image", "b64_json")


class LabelText(DeclarationFields):
    """`POST /api/v1/labels/text`."""

    text = Body("The text itself.", required=True)
    format = Choice("Default plain.", TEXT_FORMATS, load_default=Format.PLAIN)
    place = Choice("Where the visible label stands; default start.", TEXT_PLACES)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> FileRequest:
        return _request(data, "text")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A search, the cursor and the size of a page."""

    search: Search
    before: int | None
    size: int


class LabelQuery(PageQuery):
    """`GET /api/v1/labels`."""

    kind = Choice("Only files that were labelled, or only those that were passed on.", KINDS)
    produce_id = Line("Exactly this ProduceID.", LONGEST_NAME)
    propagate_id = Line("Exactly this PropagateID, of a file that was passed on.", LONGEST_NAME)
    input_sha256 = Sha256("SHA-256 of the file as it was sent.")
    output_sha256 = Sha256("SHA-256 of the file as it was handed out.")

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> ListRequest:
        size, before = data.pop("limit"), data.pop("cursor", None)
        return ListRequest(Search(**data), before, size)
