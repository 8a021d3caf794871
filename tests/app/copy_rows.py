"""Rows of unlabelled copies that several tests make, and a purge of some."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from app import clock, copy_log, copy_purges, ledger
from app.copy_log import Copy
from app.copy_purges import Purge
from app.tables import labelings
from tests.app.entries import NOW, make_entry

DAYS = 366
#: Old enough for everything that is purged in tests, whatever the clock of the database says.
FIRST = NOW - timedelta(days=3 * 366)
#: Between two copies.
STEP = timedelta(days=30)


def labelled(connection: Connection, key_id: str) -> str:
    """The id of a labelling in the ledger, the same each time."""
    known = connection.execute(select(labelings.c.id).limit(1)).scalar()
    return known or ledger.append(connection, make_entry(key_id)).id


def make_copy(key_id: str, label_id: str, number: int = 0, **changes: object) -> Copy:
    """A copy whose content differs by its number."""
    values: dict[str, object] = {
        "id": ledger.new_id(),
        "created_at": clock.to_text(FIRST + number * STEP),
        "api_key_id": key_id,
        "label_id": label_id,
        "recipient": f"用户-{number}",
        "agreement_version": "2026-03",
        "agreed_at": clock.to_text(FIRST - STEP),
        "purpose": "演示",
        "note": None,
    }
    return Copy(**(values | changes))  # type: ignore[arg-type]


def append_copies(connection: Connection, key_id: str, count: int) -> list[copy_log.Row]:
    label_id = labelled(connection, key_id)
    return [copy_log.append(connection, make_copy(key_id, label_id, number)) for number in range(count)]


def purge_before(connection: Connection, before: datetime, by: str = "张三") -> Purge | None:
    return copy_purges.purge(connection, before=before, now=NOW, days=DAYS, by=by)
