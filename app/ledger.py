"""The ledger: one row for each labelling, append-only, each row holding the hash of the one before it.

Nothing here commits; the caller's transaction does. Media is not kept, only its hashes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from app import clock
from app.tables import labelings, ledger_head

#: What the first row has as the hash of the row before it.
GENESIS_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What a labelling adds to the ledger. `record`, `visible` and `options` are JSON text."""

    id: str
    created_at: str
    api_key_id: str
    provider: str
    produce_id: str
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
class Head:
    """The last row of the chain; seq 0 and the genesis hash when there is none."""

    seq: int
    row_hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """Filters of a list: all must hold. Times are half open, `since <= created_at < until`."""

    produce_id: str | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_ENTRY = tuple(field.name for field in fields(Entry))
_HASHED = tuple(sorted(field.name for field in fields(Row) if field.name != "row_hash"))

# Built once: appending is on the way of every request.
_INSERT = labelings.insert()
_READ_HEAD = select(ledger_head.c.seq, ledger_head.c.row_hash)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_MOVE_HEAD = update(ledger_head).values(seq=bindparam("new_seq"), row_hash=bindparam("new_hash"))


def new_id() -> str:
    """A public id for a row: 128 random bits, so that one id says nothing of another."""
    return secrets.token_hex(16)


def canonical(values: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785) of an object with ASCII keys and values that are strings, integers or null."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def row_hash(values: Mapping[str, Any]) -> str:
    """SHA-256, as 64 hex digits, over all fields of a row but the hash itself; the previous hash is one of them."""
    return hashlib.sha256(canonical({name: values[name] for name in _HASHED})).hexdigest()


def append(connection: Connection, entry: Entry) -> Row:
    """Add `entry` as the next row; the connection must be in a writing transaction.

    1. Wait for the head: from here to the commit no other writer can append.
    2. Link the row to it.
    3. Store the row and move the head.
    """
    # 1.
    head = read_head(connection, for_update=True)
    # 2.
    values: dict[str, Any] = {name: getattr(entry, name) for name in _ENTRY}
    values |= {"seq": head.seq + 1, "previous_hash": head.row_hash}
    values["row_hash"] = row_hash(values)
    # 3.
    connection.execute(_INSERT, values)
    connection.execute(_MOVE_HEAD, {"new_seq": values["seq"], "new_hash": values["row_hash"]})
    return Row(**values)


def read_head(connection: Connection, *, for_update: bool = False) -> Head:
    """The head of the chain; `for_update` holds it until the transaction ends."""
    seq, last_hash = connection.execute(_LOCK_HEAD if for_update else _READ_HEAD).one()
    return Head(seq, last_hash)


def find(connection: Connection, public_id: str) -> Row | None:
    """The row with that public id."""
    found = connection.execute(select(labelings).where(labelings.c.id == public_id)).mappings().one_or_none()
    return Row(**found) if found else None


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
        "produce_id": lambda value: columns.produce_id == value,
        "input_sha256": lambda value: columns.input_sha256 == value,
        "output_sha256": lambda value: columns.output_sha256 == value,
        "since": lambda value: columns.created_at >= clock.to_text(value),
        "until": lambda value: columns.created_at < clock.to_text(value),
    }
    given = {name: getattr(search, name) for name in conditions if getattr(search, name) is not None}
    return select(labelings).where(*(conditions[name](value) for name, value in given.items()))
