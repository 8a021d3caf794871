"""The verbs of the service: label once and write it down, verify."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import clock, idempotency, ledger, metrics
from app.database import writing
from app.idempotency import Claim, KeptAnswer
from app.ledger import Entry
from app.problems import FieldProblem, RefusalError
from app.schemas.labels import LabelRequest
from app.service import Service
from labeling import label, verify
from labeling.errors import LabelingError
from labeling.model import (
    TEXT_FORMATS,
    Declaration,
    ImageNotice,
    Labeled,
    Place,
    RecordForm,
    Report,
    TextNotice,
    TextPlace,
    VisibleOptions,
)
from labeling.produce_id import new_produce_id
from labeling.profiles import gb45438
from labeling.record import to_json

_DECLARATION_FIELDS = ("provider", "produce_id", "label", "source_type", "action", "software_agent")
_IMAGE_FIELDS = ("words", "place", "ink_ratio", "ink_colour", "plate_colour", "plate_opacity", "margin")
_TEXT_FIELDS = ("words", "place")
#: Fields with a column of their own in the ledger.
_OWN_COLUMN = frozenset({"provider", "produce_id", "label"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, at which address, and under which Idempotency-Key, if any."""

    api_key_id: str
    address: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """One request with what is known of it before anything is done."""

    request: LabelRequest
    digest: str
    caller: Caller
    now: datetime


@dataclass(frozen=True, slots=True)
class Labelling:
    """One labelling that was done: what the library returned and what the ledger says of it."""

    labeled: Labeled
    entry: Entry


Render = Callable[[Labelling], KeptAnswer]


def label_once(service: Service, request: LabelRequest, caller: Caller, render: Render) -> KeptAnswer:
    """Label, write it down and answer; the same Idempotency-Key and request are answered alike, and done once.

    `render` makes the answer. Raises LabelingError, RefusalError.
    """
    task = _Task(request, hashlib.sha256(request.data).hexdigest(), caller, clock.now())
    if caller.idempotency_key is None:
        return _label(service, task, render, None)
    service.purge_now_and_then(task.now)
    try:
        return _label_under_key(service, task, render, caller.idempotency_key)
    except idempotency.KeyReusedError:
        raise RefusalError("idempotency.key_reused") from None
    except idempotency.InProgressError as error:
        headers = {"Retry-After": str(error.retry_after)}
        raise RefusalError("idempotency.in_progress", headers=headers) from None


def _label_under_key(service: Service, task: _Task, render: Render, key: str) -> KeptAnswer:
    """The answer kept for the key, or a new one; the key is given back when there is none."""
    claimed = _claim(service, task, key)
    if isinstance(claimed, KeptAnswer):
        return claimed
    try:
        return _label(service, task, render, claimed)
    except BaseException:
        with writing(service.engine) as connection:
            idempotency.release(connection, claimed)
        raise


def verify_content(service: Service, request: LabelRequest) -> Report:
    """What the library says of a file."""
    with metrics.VERIFICATION_SECONDS.time():
        report = verify(request.data, format=request.given.get("format"), limits=service.settings.limits)
    metrics.VERIFICATIONS.labels(report.format or "unknown", report.verdict).inc()
    return report


def _label(service: Service, task: _Task, render: Render, claimed: Claim | None) -> KeptAnswer:
    """One labelling.

    1. Label; whatever fails here leaves no trace in the ledger.
    2. Make the answer, so that it can be kept with the row.
    3. Append the row and keep the answer, in one transaction.
    4. Only then hand it out.
    """
    # 1.
    labeled, declaration = _apply(service, task.request, task.now)
    entry = _entry(task, labeled, declaration)
    # 2.
    answer = render(Labelling(labeled, entry))
    # 3.
    with writing(service.engine) as connection:
        ledger.append(connection, entry)
        if claimed is not None:
            until = task.now + timedelta(hours=service.settings.idempotency_hours)
            idempotency.finish(connection, claimed, answer, until=until)
    # 4.
    metrics.count_labelling(labeled.format, entry.input_bytes, entry.output_bytes)
    return answer


def _apply(service: Service, request: LabelRequest, now: datetime) -> tuple[Labeled, Declaration]:
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


def _entry(task: _Task, labeled: Labeled, declaration: Declaration) -> Entry:
    options = {name: value for name, value in task.request.given.items() if name not in _OWN_COLUMN}
    return Entry(
        id=ledger.new_id(),
        created_at=clock.to_text(task.now),
        api_key_id=task.caller.api_key_id,
        provider=declaration.provider,
        produce_id=declaration.produce_id or "",
        label=declaration.label.value,
        format=labeled.format.value,
        record=to_json(labeled.record) if labeled.record else None,
        visible=_json(dataclasses.asdict(labeled.visible)) if labeled.visible else None,
        options=_json(options),
        rule_set=gb45438.RULE_SET,
        rule_set_version=gb45438.RULE_SET_VERSION,
        input_sha256=task.digest,
        input_bytes=len(task.request.data),
        output_sha256=hashlib.sha256(labeled.data).hexdigest(),
        output_bytes=len(labeled.data),
    )


def _claim(service: Service, task: _Task, key: str) -> Claim | KeptAnswer:
    """Take the Idempotency-Key, or the answer kept for it."""
    asked = f"{task.caller.address} {task.digest} {_json(task.request.given)}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    lease = timedelta(seconds=service.settings.idempotency_lease_seconds)
    with writing(service.engine) as connection:
        return idempotency.claim(connection, task.caller.api_key_id, key, fingerprint, now=task.now, lease=lease)


def _json(values: Mapping[str, Any]) -> str:
    """Compact JSON with sorted keys; enums are strings, colours lists."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
