"""What labelling and passing on have in common: a file is written, and a row of the ledger says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from app import clock, ledger
from app.database import reading
from app.idempotency import KeptAnswer
from app.ledger import Entry, Row
from app.once import Caller, Done, answer_once
from app.problems import RefusalError, not_configured
from app.schemas.contents import FileRequest
from app.service import Service
from labeling.model import Labeled, Propagated
from labeling.profiles import gb45438
from labeling.record_signing import RecordSigner

Result = TypeVar("Result", Labeled, Propagated)


@dataclass(frozen=True, slots=True)
class Task:
    """One request with what is known of it before anything is done."""

    request: FileRequest
    digest: str
    caller: Caller
    now: datetime


@dataclass(frozen=True, slots=True)
class Written(Generic[Result]):
    """A file that was written: what the library returned and what the ledger says of it."""

    result: Result
    entry: Entry


@dataclass(frozen=True, slots=True)
class Verb(Generic[Result]):
    """Something that is done with a file."""

    #: Asks the library; whatever it raises leaves no trace in the ledger.
    do: Callable[[Service, Task], Written[Result]]
    #: Told once the row is committed.
    count: Callable[[Entry], object]


Render = Callable[[Written[Result]], KeptAnswer]


def write_once(
    service: Service, verb: Verb[Result], request: FileRequest, caller: Caller, render: Render[Result]
) -> KeptAnswer:
    """Write the file and its row, and answer; the same Idempotency-Key and request are answered alike, and done once.

    `render` makes the answer. Raises LabelingError, RefusalError.
    """
    task = Task(request, hashlib.sha256(request.data).hexdigest(), caller, clock.now())

    def work() -> Done:
        written = verb.do(service, task)
        return Done(
            render(written),
            write=lambda connection: ledger.append(connection, written.entry),
            committed=lambda: verb.count(written.entry),
        )

    return answer_once(service, caller, f"{task.digest} {to_json(request.given)}", work, now=task.now)


def make_entry(task: Task, result: Labeled | Propagated, options: Mapping[str, Any], **own: Any) -> Entry:
    """The row of a file; `own` are the columns that depend on what was done with it."""
    return Entry(
        id=ledger.new_id(),
        created_at=clock.to_text(task.now),
        api_key_id=task.caller.api_key_id,
        format=result.format.value,
        options=to_json(options),
        rule_set=gb45438.RULE_SET,
        rule_set_version=gb45438.RULE_SET_VERSION,
        input_sha256=task.digest,
        input_bytes=len(task.request.data),
        output_sha256=hashlib.sha256(result.data).hexdigest(),
        output_bytes=len(result.data),
        **own,
    )


def find_row(service: Service, public_id: str) -> Row:
    """The row of a file that was written. Raises RefusalError."""
    row = None
    if ledger.is_id(public_id):
        with reading(service.engine) as connection:
            row = ledger.find(connection, public_id)
    if row is None:
        raise RefusalError("label.not_found", params={"id": public_id})
    return row


def record_signer(service: Service, asked: bool | None) -> RecordSigner | None:
    """What fills the reserved code: the service's own, where it has one, unless the request says no."""
    signer = None if asked is False else service.record_signer.get()
    if asked and signer is None:
        raise not_configured("sign_record", "MINGBIAO_RECORD_KEY")
    return signer


def to_json(values: Mapping[str, Any]) -> str:
    """Compact JSON with sorted keys; enums are strings, colours lists."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
