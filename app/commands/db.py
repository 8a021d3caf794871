"""`mingbiao db`: upgrade and clean the database."""

from __future__ import annotations

import click

from app import clock, idempotency
from app.commands.context import connected, database, settings_or_exit
from app.database import writing
from app.schema_version import schema_version
from app.schema_version import upgrade as upgrade_schema


@click.group()
def db() -> None:
    """Upgrade and clean the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the version that this service needs."""
    with connected(settings_or_exit()) as engine:
        before, after = schema_version(engine), upgrade_schema(engine)
    click.echo(f"{before.actual or 'empty'} -> {after.actual}")


@db.command()
def purge() -> None:
    """Delete kept answers of Idempotency-Keys that have expired; the running service does so by itself."""
    with database(settings_or_exit()) as engine, writing(engine) as connection:
        count = idempotency.purge(connection, now=clock.now())
    click.echo(f"{count} deleted")
