"""Append-only tables: each row holds the hash of the row before it, and a head row the last of them.

Nothing here commits; the caller's transaction does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

#: What the first row has as the hash of the row before it.
GENESIS_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain; seq 0 and the genesis hash when there has never been one."""

    seq: int
    row_hash: str


GENESIS = Head(0, GENESIS_HASH)


class Chain:
    """A table of rows (with `seq`, `previous_hash` and `row_hash`) and the table of its head."""

    def __init__(self, rows: Table, head: Table) -> None:
        self.rows = rows
        self._hashed = tuple(sorted(column.name for column in rows.columns if column.name != "row_hash"))
        # Built once: appending is on the way of every request.
        self._insert = rows.insert()
        self._read_head = select(head.c.seq, head.c.row_hash)
        self._lock_head = self._read_head.with_for_update()
        self._move_head = update(head).values(seq=bindparam("new_seq"), row_hash=bindparam("new_hash"))

    def append(self, connection: Connection, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Add the next row, all columns but those of the chain, and return it whole; wants a writing transaction.

        1. Wait for the head: from here to the commit no other writer can append.
        2. Link the row to it.
        3. Store the row and move the head.
        """
        # 1.
        head = self.read_head(connection, for_update=True)
        # 2.
        values = dict(entry) | {"seq": head.seq + 1, "previous_hash": head.row_hash}
        values["row_hash"] = self.row_hash(values)
        # 3.
        connection.execute(self._insert, values)
        connection.execute(self._move_head, {"new_seq": values["seq"], "new_hash": values["row_hash"]})
        return values

    def read_head(self, connection: Connection, *, for_update: bool = False) -> Head:
        """The head of the chain; `for_update` holds it until the transaction ends."""
        seq, last_hash = connection.execute(self._lock_head if for_update else self._read_head).one()
        return Head(seq, last_hash)

    def row_hash(self, values: Mapping[str, Any]) -> str:
        """SHA-256, as 64 hex digits, over all columns of a row but this one; the previous hash is one of them."""
        return hashlib.sha256(canonical({name: values[name] for name in self._hashed})).hexdigest()


def canonical(values: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785) of an object with ASCII keys and values that are strings, integers or null."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
