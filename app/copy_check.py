"""Check the log of unlabelled copies: the chain of its purges, and its own, which begins where the last purge ended."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from app import clock, copy_purges
from app.chain import GENESIS, Head
from app.copy_log import COPIES
from app.copy_purges import PURGES, Purge
from app.ledger_check import Broken, ChainReport, Fault, check_chain
from app.retention import six_months_after


@dataclass(frozen=True, slots=True)
class CopiesReport:
    """Both chains as reached by walking them."""

    copies: ChainReport
    purges: ChainReport
    #: Behind what the log begins; everything up to it was purged.
    begin: Head

    @property
    def whole(self) -> bool:
        """True when nothing is wrong with either."""
        return self.copies.broken is None and self.purges.broken is None


def check_copies(
    connection: Connection, copies_anchor: Head | None = None, purges_anchor: Head | None = None
) -> CopiesReport:
    """Walk both chains, in one reading transaction; anchors are heads noted earlier, as for `check_chain`.

    1. Follow the chain of the purges.
    2. Each of them must begin where the one before it ended, and have left alone what was younger than six months.
    3. Follow the log from there. An anchor that was purged can no longer be compared: the purges say when and by whom.
    """
    # 1.
    purges = check_chain(connection, purges_anchor, chain=PURGES)
    # 2.
    if purges.broken is None:
        purges = ChainReport(purges.head, _first_unfounded(copy_purges.every(connection)))
    # 3.
    begin = copy_purges.boundary(connection)
    anchor = None if copies_anchor is not None and copies_anchor.seq < begin.seq else copies_anchor
    return CopiesReport(check_chain(connection, anchor, chain=COPIES, start=begin), purges, begin)


def _first_unfounded(purges: list[Purge]) -> Broken | None:
    begin = GENESIS
    for purge in purges:
        if purge.up_to_seq - begin.seq != purge.rows_deleted or purge.rows_deleted < 1 or _too_early(purge):
            return Broken(purge.seq, Fault.PURGE)
        begin = purge.boundary
    return None


def _too_early(purge: Purge) -> bool:
    try:
        return six_months_after(clock.from_text(purge.newest_created_at)) > clock.from_text(purge.created_at)
    except ValueError:
        # No time of ours.
        return True
