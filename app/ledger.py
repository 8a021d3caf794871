"""The ledger: one row for each file that was written, by labelling or by passing on; append-only, a chain.

Nothing here commits; the caller's transaction does. Media is not kept, only its hashes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from app import clock
from app.chain import Chain
from app.tables import labelings, ledger_head

LEDGER = Chain(labelings, ledger_head)
_ID = re.compile(r"[0-9a-f]{32}")


class Kind(StrEnum):
    """What was done with the file."""

    LABELLING = "labelling"
    #: Labelling Measures, article 6.
    PROPAGATION = "propagation"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file that was written adds to the ledger. `record`, `visible` and `options` are JSON text."""

    id: str
    #: A value of `Kind`.
    kind: str
    created_at: str
    api_key_id: str
    #: Of the record: its producer's, also where a platform passes the file on.
    provider: str
    produce_id: str
    #: The platform's own number; None where the file was labelled.
    propagate_id: str | None
    label: str
    format: str
    record: str | None
    visible: str | None
    options: str
    rule_set: str
    rule_set_version: str
    input_sha256: str
    input_bytes: int
    output_sha256: str
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Row(Entry):
    """An entry in its place in the chain."""

    seq: int
    previous_hash: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """Filters of a list: all must hold. Times are half open, `since <= created_at < until`."""

    kind: Kind | None = None
    produce_id: str | None = None
    propagate_id: str | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def new_id() -> str:
    """A public id for a row: 128 random bits, so that one id says nothing of another."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a row may have this id; what cannot be one need not be looked for."""
    return _ID.fullmatch(text) is not None


def append(connection: Connection, entry: Entry) -> Row:
    """Add `entry` as the next row; the connection must be in a writing transaction."""
    return Row(**LEDGER.append(connection, asdict(entry)))


def find(connection: Connection, public_id: str) -> Row | None:
    """The row with that public id."""
    found = connection.execute(select(labelings).where(labelings.c.id == public_id)).mappings().one_or_none()
    return Row(**found) if found else None


def ids_by_sha256(connection: Connection, sha256: str, *, most: int) -> list[str]:
    """Ids of the newest rows, up to `most`, that came or went as the file with this hash."""
    columns = labelings.c
    same = or_(columns.input_sha256 == sha256, columns.output_sha256 == sha256)
    return list(connection.execute(select(columns.id).where(same).order_by(columns.seq.desc()).limit(most)).scalars())


def rows_by_produce_id(connection: Connection, provider: str, produce_id: str, *, most: int) -> list[Row]:
    """The newest rows, up to `most`, of that provider's ProduceID."""
    columns = labelings.c
    query = select(labelings).where(columns.produce_id == produce_id, columns.provider == provider)
    return [Row(**row) for row in connection.execute(query.order_by(columns.seq.desc()).limit(most)).mappings()]


def page(connection: Connection, search: Search, *, before: int | None, size: int) -> list[Row]:
    """Up to `size` rows, newest first, with a seq below `before`: rows added meanwhile never shift a page."""
    query = _filtered(search)
    if before is not None:
        query = query.where(labelings.c.seq < before)
    found = connection.execute(query.order_by(labelings.c.seq.desc()).limit(size)).mappings()
    return [Row(**row) for row in found]


def _filtered(search: Search) -> Select[Any]:
    columns = labelings.c
    conditions: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "kind": lambda value: columns.kind == value,
        "produce_id": lambda value: columns.produce_id == value,
        "propagate_id": lambda value: columns.propagate_id == value,
        "input_sha256": lambda value: columns.input_sha256 == value,
        "output_sha256": lambda value: columns.output_sha256 == value,
        "since": lambda value: columns.created_at >= clock.to_text(value),
        "until": lambda value: columns.created_at < clock.to_text(value),
    }
    given = {name: getattr(search, name) for name in conditions if getattr(search, name) is not None}
    return select(labelings).where(*(conditions[name](value) for name, value in given.items()))
