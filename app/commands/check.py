"""`mingbiao check`: everything that would keep the service from working, and what to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click
from sqlalchemy.exc import SQLAlchemyError

from app import clock, keys
from app.commands.context import settings_or_exit
from app.config import Settings
from app.database import open_engine, reading
from app.schema_version import schema_version
from app.signing import SignerSource, probe
from labeling.errors import LabelingError
from labeling.provider_code import examine_provider


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check; only an error keeps the service from working."""

    is_error: bool
    text: str


@click.command()
def check() -> None:
    """Say what is wrong with the configuration and what to type; exit 1 when something is."""
    settings = settings_or_exit()
    findings = [finding for rule in RULES for finding in rule(settings)]
    for finding in findings:
        click.echo(f"{'error' if finding.is_error else 'note'}: {finding.text}")
    if any(finding.is_error for finding in findings):
        raise click.exceptions.Exit(1)
    click.echo("the service can run: `mingbiao serve`")


def _check_database(settings: Settings) -> Iterator[Finding]:
    if settings.embedded_database:
        yield Finding(False, f"the embedded database is used: {settings.data_dir / 'mingbiao.sqlite3'}")
        if not (settings.data_dir / "mingbiao.sqlite3").exists():
            return
    engine = open_engine(settings.engine_url)
    try:
        if not schema_version(engine).current and not settings.embedded_database:
            yield Finding(True, "the schema is behind: `mingbiao db upgrade`")
            return
        with reading(engine) as connection:
            active = [key for key in keys.every(connection) if key.state(clock.now()) == "active"]
        if not active:
            yield Finding(False, "there is no API key: `mingbiao keys create --name me --scope labels:write`")
    except SQLAlchemyError as error:
        yield Finding(True, f"the database cannot be reached: {str(error).splitlines()[0]}")
    finally:
        engine.dispose()


def _check_signer(settings: Settings) -> Iterator[Finding]:
    source = SignerSource(settings)
    try:
        probe(source)
    except LabelingError as error:
        yield Finding(True, f"the signer cannot sign: {error.detail}")
        return
    if source.development:
        yield Finding(
            False,
            "credentials are signed by a development certificate that nobody trusts: "
            "set MINGBIAO_C2PA_CHAIN and MINGBIAO_C2PA_KEY",
        )


def _check_provider(settings: Settings) -> Iterator[Finding]:
    if not settings.provider:
        yield Finding(False, "MINGBIAO_PROVIDER is not set: every request must name its provider")
        return
    try:
        notices = examine_provider(settings.provider)
    except LabelingError as error:
        yield Finding(True, f"MINGBIAO_PROVIDER: {error.detail}")
        return
    for notice in notices:
        yield Finding(False, f"MINGBIAO_PROVIDER: {notice.detail}")


RULES = (_check_database, _check_signer, _check_provider)
