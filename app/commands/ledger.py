"""`mingbiao ledger`: check the chain."""

from __future__ import annotations

import re

import click

from app.commands.context import database, settings_or_exit
from app.database import reading
from app.ledger import Head
from app.ledger_check import MEANINGS, check_chain

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
    """Check the ledger's chain."""


@ledger.command()
@click.option("--head", "anchor", type=HeadParam(), help="A head noted earlier; the chain must still hold it.")
def check(anchor: Head | None) -> None:
    """Walk the whole chain; exit 0 when it holds, 1 when it does not.

    Note the head that is printed, outside the database: given back later with --head, it shows even a chain that was
    rewritten as a whole.
    """
    with database(settings_or_exit()) as engine, reading(engine) as connection:
        report = check_chain(connection, anchor)
    click.echo(f"head {report.head.seq}:{report.head.row_hash}")
    if report.broken is None:
        click.echo(f"the chain holds: {report.head.seq} rows")
        return
    click.echo(f"the chain is broken at {report.broken.seq}: {MEANINGS[report.broken.fault]}", err=True)
    raise click.exceptions.Exit(1)
