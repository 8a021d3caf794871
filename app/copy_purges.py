"""Delete old records of unlabelled copies, and write down that it was done; the chain goes on behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from app import clock, ledger
from app.chain import GENESIS, Chain, Head
from app.copy_log import COPIES
from app.retention import purgeable_before
from app.tables import copy_purges, purges_head, unlabelled_copies

PURGES = Chain(copy_purges, purges_head)
_COPIES = unlabelled_copies.c


@dataclass(frozen=True, slots=True)
class Purge:
    """What was deleted: all rows before a time, up to one with this seq and hash."""

    id: str
    created_at: str
    purged_by: str
    created_before: str
    rows_deleted: int
    newest_created_at: str
    up_to_seq: int
    up_to_hash: str
    seq: int
    previous_hash: str
    row_hash: str

    @property
    def boundary(self) -> Head:
        """What the first row that was kept is linked to."""
        return Head(self.up_to_seq, self.up_to_hash)


class TooYoungError(Exception):
    """Some of what was to be deleted must be kept; what came before `latest` need not."""

    def __init__(self, latest: datetime) -> None:
        super().__init__(f"records from {clock.to_text(latest)} or later must be kept")
        self.latest = latest


class BrokenLogError(Exception):
    """Rows are missing that nothing says were deleted; nothing is deleted before that is looked into."""


def purge(connection: Connection, *, before: datetime, now: datetime, days: int, by: str) -> Purge | None:
    """Delete every record before that time, none of them younger than `days` or six months; None where there is none.

    Wants a writing transaction. Raises TooYoungError, BrokenLogError.

    1. Refuse what is too young, whether or not there is anything.
    2. Let nobody append or purge meanwhile.
    3. Find the last row before the first that stays: clocks differ, and the chain may only be shortened from its start.
    4. Write down what goes, then delete it.
    """
    # 1.
    latest = purgeable_before(now, days)
    if before > latest:
        raise TooYoungError(latest)
    # 2.
    COPIES.read_head(connection, for_update=True)
    PURGES.read_head(connection, for_update=True)
    # 3.
    last = _last_before(connection, clock.to_text(before))
    if last is None:
        return None
    # 4.
    going = _COPIES.seq <= last.seq
    count = last.seq - boundary(connection).seq
    entry = {
        "id": ledger.new_id(),
        "created_at": clock.to_text(now),
        "purged_by": by,
        "created_before": clock.to_text(before),
        "rows_deleted": count,
        "newest_created_at": connection.execute(select(func.max(_COPIES.created_at)).where(going)).scalar_one(),
        "up_to_seq": last.seq,
        "up_to_hash": last.row_hash,
    }
    purged = Purge(**PURGES.append(connection, entry))
    if connection.execute(delete(unlabelled_copies).where(going)).rowcount != count:
        raise BrokenLogError
    return purged


def every(connection: Connection) -> list[Purge]:
    """All purges, oldest first."""
    return [Purge(**row) for row in connection.execute(select(copy_purges).order_by(copy_purges.c.seq)).mappings()]


def boundary(connection: Connection) -> Head:
    """Behind what the log begins: the last row that was purged, or the genesis."""
    newest = select(copy_purges.c.up_to_seq, copy_purges.c.up_to_hash).order_by(copy_purges.c.seq.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    return GENESIS if found is None else Head(*found)


def _last_before(connection: Connection, created_before: str) -> Head | None:
    """The last row of those at the start of the log that are all older."""
    first_kept = select(func.min(_COPIES.seq)).where(_COPIES.created_at >= created_before)
    kept_from = connection.execute(first_kept).scalar_one()
    query = select(_COPIES.seq, _COPIES.row_hash).order_by(_COPIES.seq.desc()).limit(1)
    if kept_from is not None:
        query = query.where(_COPIES.seq < kept_from)
    found = connection.execute(query).one_or_none()
    return None if found is None else Head(*found)
