"""The verb of passing on: set a platform's elements in a file's record, and write it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from app import metrics
from app.idempotency import KeptAnswer
from app.ledger import Entry, Kind
from app.once import Caller
from app.schemas.contents import FileRequest
from app.schemas.labels import LONGEST_NAME
from app.service import Service
from app.written import Render, Task, Verb, Written, make_entry, record_signer, write_once
from labeling import propagate
from labeling.errors import DeclarationError, ErrorCode, LabelingError
from labeling.model import Platform, Propagated
from labeling.record import to_json as record_json


def propagate_once(service: Service, request: FileRequest, caller: Caller, render: Render[Propagated]) -> KeptAnswer:
    """Pass a file on, write it down and answer; as `write_once`."""
    return write_once(service, _PROPAGATION, request, caller, render)


def _propagate(service: Service, task: Task) -> Written[Propagated]:
    """One propagation, not yet written down. The producer's values are the file's: any text may stand there."""
    passed_on = _apply(service, task)
    record = passed_on.record
    entry = make_entry(
        task,
        passed_on,
        {name: value for name, value in task.request.given.items() if name != "propagate_id"},
        kind=Kind.PROPAGATION,
        provider=_findable(record.content_producer),
        produce_id=_findable(record.produce_id),
        propagate_id=record.propagate_id,
        label=record.label,
        record=record_json(record, strict=False),
        visible=None,
    )
    return Written(passed_on, entry)


def _apply(service: Service, task: Task) -> Propagated:
    """Call the library with what was asked for, and count."""
    started = time.perf_counter()
    try:
        passed_on = _seeing_where_it_decides(service, task.request.given, _call(service, task))
    except LabelingError as error:
        metrics.PROPAGATIONS.labels("unknown", error.code).inc()
        raise
    metrics.PROPAGATION_SECONDS.labels(passed_on.format).observe(time.perf_counter() - started)
    return passed_on


def _call(service: Service, task: Task) -> Callable[..., Propagated]:
    """The call of the library with everything but what reads pictures."""
    given = task.request.given
    return partial(
        propagate,
        task.request.data,
        Platform(given["propagator"], given.get("propagate_id")),
        signer=service.signers.get() if given.get("c2pa", True) else None,
        now=task.now,
        declared_ai=given.get("declared_ai", False),
        suspected=given.get("suspected", False),
        record_signer=record_signer(service, given.get("sign_record")),
        trust=service.trust.get(),
        format=given.get("format"),
        limits=service.settings.limits,
    )


def _seeing_where_it_decides(service: Service, given: Mapping[str, Any], call: Callable[..., Propagated]) -> Propagated:
    """A visible label that is seen is the weakest ground: it is looked for, slowly, only where there is no other."""
    try:
        return call()
    except DeclarationError as error:
        recogniser = service.recogniser.get() if given.get("visible", True) else None
        if error.code is not ErrorCode.PROPAGATION_NOT_DUE or recogniser is None:
            raise
        return call(recogniser=recogniser)


def _findable(value: str) -> str:
    """A value for a column that is searched: nothing where no search can ask for it. The whole is in the record."""
    return value if len(value) <= LONGEST_NAME and value.isprintable() else ""


def _count(entry: Entry) -> None:
    metrics.PROPAGATIONS.labels(entry.format, "passed_on").inc()


_PROPAGATION = Verb(_propagate, _count)
