"""Check a whole chain, one row at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.exc import NoResultFound

from app.chain import GENESIS, Chain, Head
from app.ledger import LEDGER

#: Rows fetched at a time; memory does not grow with the ledger.
BATCH = 500


class Fault(StrEnum):
    """What can be wrong with a chain."""

    MISSING = "missing"
    UNLINKED = "unlinked"
    ALTERED = "altered"
    HEAD = "head"
    ANCHOR = "anchor"
    PURGE = "purge"


MEANINGS = {
    Fault.MISSING: "a row is missing before this one",
    Fault.UNLINKED: "the row does not hold the hash of the row before it",
    Fault.ALTERED: "the row was changed after it was written",
    Fault.HEAD: "the chain does not end where its head says: rows were cut off or put in",
    Fault.ANCHOR: "the chain does not hold the row and hash that were noted earlier",
    Fault.PURGE: "the purge does not begin where the one before it ended, or took what was younger than six months",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold."""

    seq: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The head as reached by walking the chain, and what is wrong with it, if anything."""

    head: Head
    broken: Broken | None


def check_chain(
    connection: Connection, anchor: Head | None = None, *, chain: Chain = LEDGER, start: Head = GENESIS
) -> ChainReport:
    """Walk every row after `start`, in one reading transaction.

    `anchor` is a seq and hash noted at an earlier time outside the database. Without it, somebody who may drop
    triggers could rewrite the whole chain and its head; with it, not what came before.

    1. Follow the links row by row and stop at the first that does not hold.
    2. Compare the end with the head, which tells a cut tail.
    3. Compare with the anchor.
    """
    # 1.
    in_order = select(chain.rows).order_by(chain.rows.c.seq)
    with connection.execute(in_order, execution_options={"yield_per": BATCH}) as rows:
        walked, broken, anchored = _walk(chain, rows.mappings(), start, anchor)
    # 2.
    if broken is None and walked != _head(connection, chain):
        broken = Broken(walked.seq + 1, Fault.HEAD)
    # 3.
    if broken is None and anchor is not None and not anchored:
        broken = Broken(anchor.seq, Fault.ANCHOR)
    return ChainReport(walked, broken)


def _head(connection: Connection, chain: Chain) -> Head | None:
    try:
        return chain.read_head(connection)
    except NoResultFound:
        return None


def _walk(
    chain: Chain, rows: Iterable[RowMapping], start: Head, anchor: Head | None
) -> tuple[Head, Broken | None, bool]:
    """The last row that holds, the first that does not, and whether the anchor was passed."""
    last = start
    anchored = anchor == last
    for row in rows:
        fault = _fault(chain, row, last)
        if fault is not None:
            return last, Broken(row["seq"] if fault is not Fault.MISSING else last.seq + 1, fault), anchored
        last = Head(row["seq"], row["row_hash"])
        anchored = anchored or last == anchor
    return last, None, anchored


def _fault(chain: Chain, row: RowMapping, last: Head) -> Fault | None:
    if row["seq"] != last.seq + 1:
        return Fault.MISSING
    if not _hash_holds(chain, row):
        return Fault.ALTERED
    if row["previous_hash"] != last.row_hash:
        return Fault.UNLINKED
    return None


def _hash_holds(chain: Chain, row: RowMapping) -> bool:
    try:
        return bool(chain.row_hash(dict(row)) == row["row_hash"])
    except TypeError:
        # SQLite stores bytes in a column of text when it is told to; a row of ours never holds any.
        return False
