"""The visible label of a text (GB 45438-2025, 5.1): put there once, and found again as a reader would see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labeling.containers._encoding import SourceText, read_text
from labeling.containers.base import Anatomy
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Format, TextMark, TextNotice, TextPlace
from labeling.report import VisibleFinding
from labeling.visible import _html_places, _markdown_places, _notice, _plain_places
from labeling.visible._text_places import Sighting, Slot, Surveyor

_SURVEYORS: dict[Format, Surveyor] = {
    Format.PLAIN: _plain_places.survey,
    Format.MARKDOWN: _markdown_places.survey,
    Format.HTML: _html_places.survey,
}
#: What stands in a corner mark where the caller leaves the words to the package.
_CORNER_WORDS = "AI"


@dataclass(frozen=True, slots=True)
class PlacedNotice:
    """A text with its visible label; every byte outside the label is as it was."""

    data: bytes
    mark: TextMark


def place(data: bytes, anatomy: Anatomy, notice: TextNotice, limits: Limits) -> PlacedNotice:
    """Put the label where `notice` says, as near as the text allows; `TextMark.place` says where a reader sees it.

    A label that is already there stays, and nothing changes; one of the package's own form with other words gets the
    new words. Raises DeclarationError: WORDS_MISSING_ELEMENT, OPTION_OUT_OF_RANGE, TEXT_NOT_ENCODABLE, NO_ROOM where
    no reader would see it (a hidden body, say); MediaError as `_encoding.read_text` does.
    """
    # 1. The words.
    words = _words(notice)
    # 2. The text, the labels in it, and where a new one would go.
    source = _source(data, anatomy, limits)
    survey = _surveyor(anatomy)(source.text, limits)
    slot = survey.slot(notice.place, source.newline)
    # 3. Leave a label alone that is there already.
    present = _present(survey.sightings, notice.place, slot)
    if present and (_same(present.words, words) or not present.own_form):
        return PlacedNotice(data, TextMark(present.words, present.place, source.offset(present.start), added=False))
    # 4. Change the words of our own, or add one.
    escaped = source.in_markup(survey.escaped(words))
    if present:
        seen, at, lead, edit = present.place, present.start, "", (present.start, present.end, escaped)
    else:
        seen, at, lead = slot.place, slot.index, slot.before
        edit = (at, at, f"{lead}{escaped}{slot.after}")
    result = source.spliced(data, [edit])
    return PlacedNotice(result, TextMark(words, seen, source.offset(at) + len(source.encode(lead)), added=True))


def find(data: bytes, anatomy: Anatomy, limits: Limits) -> tuple[VisibleFinding, ...]:
    """The labels that a reader of the text sees, in their order; at most a few from the middle.

    An article that speaks of AI generation carries none by that. Raises MediaError as `_encoding.read_text` does.
    """
    source = _source(data, anatomy, limits)
    seen = sorted(_surveyor(anatomy)(source.text, limits).sightings, key=lambda sighting: sighting.start)
    return tuple(VisibleFinding(one.words, one.place, source.offset(one.start)) for one in seen)


def _surveyor(anatomy: Anatomy) -> Surveyor:
    surveyor = _SURVEYORS.get(anatomy.format)
    if surveyor is None:
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{anatomy.format} is no text", feature=str(anatomy.format))
    return surveyor


def _source(data: bytes, anatomy: Anatomy, limits: Limits) -> SourceText:
    if anatomy.text is not None and anatomy.text.size == len(data):
        return anatomy.text
    return read_text(data, limits, markup=anatomy.format is Format.HTML)


def _words(notice: TextNotice) -> str:
    if notice.place is not TextPlace.CORNER_MARK:
        return _notice.require_notice(notice.words)
    if notice.words == TextNotice().words:
        return _CORNER_WORDS
    return _notice.require_corner_words(notice.words)


def _present(seen: Iterable[Sighting], place: TextPlace, slot: Slot) -> Sighting | None:
    """The label that already stands at the place, or right where the slot is."""
    seen = tuple(seen)
    at_place = [one for one in seen if one.place is place]
    if at_place:
        return next((one for one in at_place if one.own_form), at_place[0])
    if place is TextPlace.CORNER_MARK:
        return None
    prompts = (one for one in seen if one.place is not TextPlace.CORNER_MARK)
    return next((one for one in prompts if one.reach[0] <= slot.index <= one.reach[1]), None)


def _same(one: str, other: str) -> bool:
    return _notice.folded(one) == _notice.folded(other)
