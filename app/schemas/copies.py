"""Requests about unlabelled copies (Labelling Measures, article 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import post_load

from app import clock
from app.copy_log import Search
from app.schemas.fields import Guard, Line, Moment, refuse
from app.schemas.paging import PageQuery

LONGEST_NAME = 256
LONGEST_TEXT = 1000
#: A caller's clock may be ahead of ours by so much.
CLOCK_TOLERANCE = timedelta(minutes=5)


class Words(Line):
    """A line that says something."""

    def read(self, value: Any) -> str:
        """The text as it is."""
        text = super().read(value)
        if not any(character.isalnum() for character in text):
            raise refuse("field.blank")
        return text


class PastMoment(Moment):
    """A time that has come."""

    def read(self, value: Any) -> datetime:
        """The moment, in UTC."""
        moment = super().read(value)
        now = clock.now()
        if moment > now + CLOCK_TOLERANCE:
            raise refuse("field.future", latest=clock.to_text(now))
        return moment


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What is said of an unlabelled copy before it is delivered."""

    recipient: str
    agreement_version: str
    agreed_at: datetime
    purpose: str
    note: str | None = None


class CopyJson(Guard):
    """`POST /api/v1/labels/{label_id}/unlabelled-copies`."""

    recipient = Words("Who asked for the copy: personal data.", LONGEST_NAME, required=True)
    agreement_version = Words(
        "The version of the user agreement that fixed the labelling duty and the responsibility.",
        LONGEST_NAME,
        required=True,
    )
    agreed_at = PastMoment("When the user agreed to it; without a zone it is UTC.", required=True)
    purpose = Words("What the copy is for.", LONGEST_TEXT, required=True)
    note = Words("Anything else that is to be kept with it.", LONGEST_TEXT)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> CopyRequest:
        return CopyRequest(**data)


@dataclass(frozen=True, slots=True)
class CopyList:
    """A search, the cursor and the size of a page."""

    search: Search
    before: int | None
    size: int


class CopiesOfLabelQuery(PageQuery):
    """`GET /api/v1/labels/{label_id}/unlabelled-copies`."""

    recipient = Line("Exactly this recipient.", LONGEST_NAME)

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> CopyList:
        size, before = data.pop("limit"), data.pop("cursor", None)
        return CopyList(Search(**data), before, size)


class CopyQuery(CopiesOfLabelQuery):
    """`GET /api/v1/unlabelled-copies`."""

    label_id = Line("Of this labelling.", LONGEST_NAME)


class CopyExportQuery(CopyQuery):
    """`GET /api/v1/unlabelled-copies/export`: everything, or what is asked for, in one answer."""

    class Meta:
        """An export has no pages."""

        exclude = ("cursor", "limit")

    @post_load
    def _to_request(self, data: dict[str, Any], **_: Any) -> Search:
        return Search(**data)
