"""`mingbiao keys`: make, list and revoke API keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from app import clock
from app import keys as api_keys
from app.commands.context import database, settings_or_exit
from app.database import reading, writing
from app.keys import SCOPE_MEANINGS, Scope

_SPAN = re.compile(r"(\d{1,5})([hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}


class Expiry(click.ParamType[datetime]):
    """A date, a date and time (UTC unless it says otherwise), or a span such as 12h or 90d."""

    name = "date or span"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that is meant; it must lie ahead."""
        if isinstance(value, datetime):
            return value
        span = _SPAN.fullmatch(value)
        try:
            given = datetime.fromisoformat(value) if span is None else clock.now() + int(span[1]) * _UNITS[span[2]]
        except ValueError:
            self.fail(f"{value!r} is no date (2027-01-31) and no span (12h, 90d)", param, ctx)
        moment = given if given.tzinfo else given.replace(tzinfo=UTC)
        if moment <= clock.now():
            self.fail(f"{value!r} has passed", param, ctx)
        return moment


def _printable(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A name that `keys list` can show on a line of its own."""
    if not value.strip() or not value.isprintable():
        raise click.BadParameter("a name has letters and no control characters")
    return value


_SCOPES = click.Choice([scope.value for scope in Scope])
_SCOPE_HELP = "What the key may do; give it several times. " + "; ".join(
    f"{scope}: {meaning}" for scope, meaning in SCOPE_MEANINGS.items()
)


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.option("--name", required=True, callback=_printable, help="Whose key it is, or what for.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=_SCOPES,
    help=_SCOPE_HELP,
)
@click.option("--expires", type=Expiry(), help="A date, or a span such as 90d; without it the key does not expire.")
def create(name: str, scopes: tuple[str, ...], expires: datetime | None) -> None:
    """Make a key and print it, this once."""
    granted = {Scope(scope) for scope in scopes}
    with database(settings_or_exit()) as engine, writing(engine) as connection:
        key, text = api_keys.create(connection, name, granted, now=clock.now(), expires_at=expires)
    click.echo(text)
    click.echo(f"key {key.id} for {name!r}: keep it now, it cannot be shown again", err=True)


@keys.command("list")
def list_keys() -> None:
    """List all keys, without their secrets."""
    with database(settings_or_exit()) as engine, reading(engine) as connection:
        found = api_keys.every(connection)
    now = clock.now()
    for key in found:
        last = f"last used {key.last_used_at}" if key.last_used_at else "never used"
        expiry = f", expires {key.expires_at}" if key.expires_at else ""
        click.echo(f"{key.id}  {key.state(now):8}  {key.name}  [{' '.join(sorted(key.scopes))}]  {last}{expiry}")


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """End a key for good; KEY_ID is the part between the two underscores."""
    with database(settings_or_exit()) as engine, writing(engine) as connection:
        known = api_keys.revoke(connection, key_id, now=clock.now())
    if not known:
        raise click.ClickException(f"there is no key {key_id!r}; `mingbiao keys list` shows them")
    click.echo(f"{key_id} is revoked")
