"""`mingbiao copies`: export and purge the records of unlabelled copies (Labelling Measures, article 9)."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from app import clock, copy_export, copy_purges
from app.commands.context import database, settings_or_exit
from app.copy_check import check_copies
from app.copy_log import Search
from app.database import reading, writing
from app.retention import MONTHS

STDOUT = "-"


class MomentParam(click.ParamType[datetime]):
    """A date, or a date and time; UTC unless it says otherwise."""

    name = "date"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that is meant."""
        if isinstance(value, datetime):
            return value
        try:
            given = datetime.fromisoformat(value)
            return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no date (2027-01-31)", param, ctx)


def _utf8(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """What a shell hands over as bytes of another encoding is in no row."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise click.BadParameter("is not UTF-8") from None
    return value


@click.group()
def copies() -> None:
    """Export and purge the records of unlabelled copies."""


@copies.command()
@click.option("--out", default=STDOUT, help="The file, readable by its owner alone; default standard output.")
@click.option("--format", "form", type=click.Choice(list(copy_export.FORMS)), default="csv", show_default=True)
@click.option("--label-id", callback=_utf8, help="Only of this labelling.")
@click.option("--recipient", callback=_utf8, help="Only of this recipient.")
@click.option("--from", "since", type=MomentParam(), help="Recorded at this time or later.")
@click.option("--to", "until", type=MomentParam(), help="Recorded before this time.")
def export(out: str, form: str, **search: Any) -> None:
    """Write the records for an inspection, oldest first: CSV for a spreadsheet, or JSON lines."""
    settings = settings_or_exit()
    with database(settings) as engine, _opened(out) as target:
        pieces = copy_export.stream(engine, Search(**search), settings.copy_retention_days, copy_export.FORMS[form])
        for piece in pieces:
            target.write(piece)


@copies.command()
@click.option("--before", type=MomentParam(), required=True, help="Delete what was recorded before this time.")
@click.option("--by", help="Who decided; default the name of the user who runs this.")
def purge(before: datetime, by: str | None) -> None:
    """Delete old records and write down that it was done.

    Refuses where a record would be younger than MINGBIAO_COPY_RETENTION_DAYS or than six months, and where the chain
    does not hold.
    """
    settings = settings_or_exit()
    who = _decider(by)
    with database(settings) as engine:
        try:
            # 1. A broken chain is evidence, and must be looked into before anything is deleted.
            with reading(engine) as connection:
                if not check_copies(connection).whole:
                    raise copy_purges.BrokenLogError
            # 2. Record and delete in one transaction.
            with writing(engine) as connection:
                days = settings.copy_retention_days
                done = copy_purges.purge(connection, before=before, now=clock.now(), days=days, by=who)
        except copy_purges.BrokenLogError:
            broken = "nothing was deleted, the chain is broken: `mingbiao ledger check`"
            raise click.ClickException(broken) from None
        except copy_purges.TooYoungError as error:
            reason = f"kept for {days} days, and for {MONTHS} months in any case"
            raise click.ClickException(f"nothing was deleted: {error}; they are {reason}") from None
    if done is None:
        click.echo("0 deleted")
        return
    click.echo(f"{done.rows_deleted} deleted, up to row {done.up_to_seq}; purge {done.seq} by {done.purged_by}")


@copies.command("purges")
def list_purges() -> None:
    """List what was purged, when and by whom."""
    with database(settings_or_exit()) as engine, reading(engine) as connection:
        purges = copy_purges.every(connection)
    for done in purges:
        click.echo(
            f"{done.seq}  {done.created_at}  {done.rows_deleted} rows up to {done.up_to_seq}, "
            f"recorded before {done.created_before}  {done.purged_by}"
        )


def _decider(by: str | None) -> str:
    """A name that stands in the record for good."""
    try:
        name = getpass.getuser() if by is None else by
    except (KeyError, OSError):
        raise click.UsageError("this user has no name here: give --by NAME") from None
    if not name.strip() or not name.isprintable():
        raise click.BadParameter("a name has letters and no control characters", param_hint="--by")
    return name


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    """Standard output, or a new file that its owner alone can read: what is written is personal data."""
    try:
        with _standard_output() if out == STDOUT else _new_file(Path(out)) as target:
            yield target
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from None


@contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    stream = sys.stdout.buffer
    yield stream
    stream.flush()


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Half a file must not be taken for the whole."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as target:
        try:
            yield target
        except BaseException:
            path.unlink()
            raise
