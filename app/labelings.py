"""The verb of labelling: label once and write it down."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app import metrics
from app.idempotency import KeptAnswer
from app.ledger import Entry, Kind
from app.once import Caller
from app.problems import FieldProblem, RefusalError
from app.schemas.contents import FileRequest
from app.service import Service
from app.written import Render, Task, Verb, Written, make_entry, record_signer, to_json, write_once
from labeling import label
from labeling.errors import LabelingError
from labeling.model import (
    TEXT_FORMATS,
    Declaration,
    ImageNotice,
    Labeled,
    Place,
    RecordForm,
    TextNotice,
    TextPlace,
    VisibleOptions,
)
from labeling.produce_id import new_produce_id
from labeling.record import to_json as record_json

_DECLARATION_FIELDS = ("provider", "produce_id", "label", "source_type", "action", "software_agent")
_IMAGE_FIELDS = ("words", "place", "ink_ratio", "ink_colour", "plate_colour", "plate_opacity", "margin")
_TEXT_FIELDS = ("words", "place")
#: Fields with a column of their own in the ledger.
_OWN_COLUMN = frozenset({"provider", "produce_id", "label"})


def label_once(service: Service, request: FileRequest, caller: Caller, render: Render[Labeled]) -> KeptAnswer:
    """Label, write it down and answer; as `write_once`."""
    return write_once(service, _LABELLING, request, caller, render)


def _label(service: Service, task: Task) -> Written[Labeled]:
    """One labelling, not yet written down."""
    labeled, declaration = _apply(service, task.request, task.now)
    options = {name: value for name, value in task.request.given.items() if name not in _OWN_COLUMN}
    entry = make_entry(
        task,
        labeled,
        options,
        kind=Kind.LABELLING,
        provider=declaration.provider,
        produce_id=declaration.produce_id or "",
        propagate_id=None,
        label=declaration.label.value,
        record=record_json(labeled.record) if labeled.record else None,
        visible=to_json(dataclasses.asdict(labeled.visible)) if labeled.visible else None,
    )
    return Written(labeled, entry)


def _count(entry: Entry) -> None:
    metrics.count_labelling(entry.format, entry.input_bytes, entry.output_bytes)


_LABELLING = Verb(_label, _count)


def _apply(service: Service, request: FileRequest, now: datetime) -> tuple[Labeled, Declaration]:
    """Call the library with what was asked for."""
    given = request.given
    declaration = Declaration(**_chosen(given, _DECLARATION_FIELDS))
    if declaration.produce_id is None:
        declaration = dataclasses.replace(declaration, produce_id=new_produce_id(now))
    started = time.perf_counter()
    try:
        labeled = label(
            request.data,
            declaration,
            signer=service.signers.get() if given.get("c2pa", True) else None,
            now=now,
            visible=_visible(given) if given.get("visible", True) else None,
            form=given.get("form", RecordForm.STANDARD),
            format=given.get("format"),
            record_signer=record_signer(service, given.get("sign_record")),
            limits=service.settings.limits,
        )
    except LabelingError as error:
        metrics.LABELINGS.labels("unknown", error.code).inc()
        raise
    metrics.LABELLING_SECONDS.labels(labeled.format).observe(time.perf_counter() - started)
    _require_place_of_kind(given.get("place"), labeled)
    return labeled, declaration


def _visible(given: Mapping[str, Any]) -> VisibleOptions:
    """The options for both kinds of content; a place of the other kind is left out and refused afterwards."""
    of_image, of_text = _chosen(given, _IMAGE_FIELDS), _chosen(given, _TEXT_FIELDS)
    if not isinstance(of_image.get("place", Place.BOTTOM), Place):
        del of_image["place"]
    if not isinstance(of_text.get("place", TextPlace.START), TextPlace):
        del of_text["place"]
    return VisibleOptions(ImageNotice(**of_image), TextNotice(**of_text))


def _require_place_of_kind(place: Place | TextPlace | None, labeled: Labeled) -> None:
    kind = TextPlace if labeled.format in TEXT_FORMATS else Place
    if place is not None and not isinstance(place, kind):
        allowed = [value.value for value in kind]
        raise RefusalError("request.invalid", errors=[FieldProblem("place", "field.choice", {"allowed": allowed})])


def _chosen(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
