"""`mingbiao ledger`: check the chains."""

from __future__ import annotations

import re

import click

from app.chain import Head
from app.commands.context import database, settings_or_exit
from app.copy_check import check_copies
from app.database import reading
from app.ledger_check import MEANINGS, ChainReport, check_chain

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class HeadParam(click.ParamType[Head]):
    """SEQ:HASH as `mingbiao ledger check` prints it."""

    name = "SEQ:HASH"

    def convert(self, value: str | Head, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """The head that was noted."""
        if isinstance(value, Head):
            return value
        match = _HEAD.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not SEQ:HASH", param, ctx)
        return Head(int(match[1]), match[2])


@click.group()
def ledger() -> None:
    """Check the chains of the ledger and of the unlabelled copies."""


@ledger.command()
@click.option("--head", "anchor", type=HeadParam(), help="A head noted earlier; the chain must still hold it.")
@click.option("--copies-head", type=HeadParam(), help="The same for the unlabelled copies.")
@click.option("--purges-head", type=HeadParam(), help="The same for their purges.")
def check(anchor: Head | None, copies_head: Head | None, purges_head: Head | None) -> None:
    """Walk the chains; exit 0 when they hold, 1 when one does not.

    Note the heads that are printed, outside the database: given back later, they show even a chain that was rewritten
    as a whole.
    """
    with database(settings_or_exit()) as engine, reading(engine) as connection:
        ledger_report = check_chain(connection, anchor)
        copies = check_copies(connection, copies_head, purges_head)
    wholes = [
        _say("", ledger_report),
        _say("copies: ", copies.copies, first=copies.begin.seq),
        _say("purges: ", copies.purges),
    ]
    if copies_head is not None and copies_head.seq < copies.begin.seq:
        click.echo(f"copies: row {copies_head.seq} was purged since, its hash cannot be compared", err=True)
    if not all(wholes):
        raise click.exceptions.Exit(1)


def _say(name: str, report: ChainReport, first: int = 0) -> bool:
    """Print the head of one chain, and whether it holds."""
    click.echo(f"{name}head {report.head.seq}:{report.head.row_hash}")
    if report.broken is not None:
        meaning = MEANINGS[report.broken.fault]
        click.echo(f"{name}the chain is broken at {report.broken.seq}: {meaning}", err=True)
        return False
    purged = f", {first} purged before them" if first else ""
    click.echo(f"{name}the chain holds: {report.head.seq - first} rows{purged}")
    return True
