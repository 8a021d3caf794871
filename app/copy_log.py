"""The log of unlabelled copies: who was given content without its visible label (Labelling Measures, article 9).

A chain like the ledger. Nothing here commits; the caller's transaction does. Rows hold personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select

from app import clock
from app.chain import Chain
from app.tables import copies_head, labelings, unlabelled_copies

COPIES = Chain(unlabelled_copies, copies_head)
#: Rows fetched at a time where all are walked.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Copy:
    """What is written down before a copy without the visible label may be delivered."""

    id: str
    created_at: str
    api_key_id: str
    #: The labelling in the ledger.
    label_id: str
    #: Who asked; personal data.
    recipient: str
    #: Which version of the user agreement fixed the labelling duty and the responsibility, and when it was agreed to.
    agreement_version: str
    agreed_at: str
    purpose: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Row(Copy):
    """A copy in its place in the chain."""

    seq: int
    previous_hash: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """Filters of a list: all must hold. Times are half open, `since <= created_at < until`."""

    label_id: str | None = None
    recipient: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS = unlabelled_copies.c
_CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "label_id": lambda value: _COLUMNS.label_id == value,
    "recipient": lambda value: _COLUMNS.recipient == value,
    "since": lambda value: _COLUMNS.created_at >= clock.to_text(value),
    "until": lambda value: _COLUMNS.created_at < clock.to_text(value),
}


def append(connection: Connection, copy: Copy) -> Row:
    """Add `copy` as the next row; the connection must be in a writing transaction."""
    return Row(**COPIES.append(connection, asdict(copy)))


def find(connection: Connection, public_id: str) -> Row | None:
    """The row with that public id."""
    found = connection.execute(select(unlabelled_copies).where(_COLUMNS.id == public_id)).mappings().one_or_none()
    return Row(**found) if found else None


def page(connection: Connection, search: Search, *, before: int | None, size: int) -> list[Row]:
    """Up to `size` rows, newest first, with a seq below `before`: rows added meanwhile never shift a page."""
    query = _filtered(select(unlabelled_copies), search)
    if before is not None:
        query = query.where(_COLUMNS.seq < before)
    found = connection.execute(query.order_by(_COLUMNS.seq.desc()).limit(size)).mappings()
    return [Row(**row) for row in found]


def batches(connection: Connection, search: Search) -> Iterator[list[RowMapping]]:
    """All rows, oldest first, some at a time, each with what the ledger says of the content."""
    content = (labelings.c.provider, labelings.c.produce_id, labelings.c.format, labelings.c.output_sha256)
    joined = select(unlabelled_copies, *content).join(labelings, labelings.c.id == _COLUMNS.label_id)
    query = _filtered(joined, search).order_by(_COLUMNS.seq)
    with connection.execute(query, execution_options={"yield_per": BATCH}) as rows:
        for batch in rows.mappings().partitions():
            yield list(batch)


def _filtered(query: Select[Any], search: Search) -> Select[Any]:
    given = {name: getattr(search, name) for name in _CONDITIONS if getattr(search, name) is not None}
    return query.where(*(_CONDITIONS[name](value) for name, value in given.items()))
