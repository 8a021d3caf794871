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
from app.key_files import KEY_FILES, SETTING_NAMES, file_problems
from app.schema_version import schema_version
from app.seeing import can_see
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
    yield from _check_name("MINGBIAO_PROVIDER", settings.provider, "every request must name its provider")


def _check_propagator(settings: Settings) -> Iterator[Finding]:
    yield from _check_name("MINGBIAO_PROPAGATOR", settings.propagator, "every propagation must name its platform")


def _check_name(setting: str, name: str, without: str) -> Iterator[Finding]:
    """A provider code or name that stands in where a request has none."""
    if not name:
        yield Finding(False, f"{setting} is not set: {without}")
        return
    try:
        notices = examine_provider(name)
    except LabelingError as error:
        yield Finding(True, f"{setting}: {error.detail}")
        return
    for notice in notices:
        yield Finding(False, f"{setting}: {notice.detail}")


def _check_files(settings: Settings) -> Iterator[Finding]:
    for problem in file_problems(settings):
        yield Finding(True, problem)
    for field, meaning in WITHOUT_FILE.items():
        if getattr(settings, field) is None:
            remedy = KEY_FILES[field].remedy
            yield Finding(False, f"{SETTING_NAMES[field]} is not set: {meaning}; to make such a file: {remedy}")


#: What is missing without one of the files, by field of `Settings`. Not every installation needs every one.
WITHOUT_FILE = {
    "record_key": "ReservedCode1 and 2 of records stay empty",
    "report_key": "reports are not signed",
    "trust_anchors": "no C2PA certificate is called trusted",
    "record_keys": "no record is called authentic",
}


def _check_visible(settings: Settings) -> Iterator[Finding]:
    if not settings.read_visible:
        yield Finding(False, "MINGBIAO_READ_VISIBLE is off: the visible label of pictures is not looked for")
    elif not can_see(settings):
        yield Finding(False, "the visible label of pictures is not looked for: `pip install 'mingbiao[ocr]'`")


RULES = (_check_database, _check_signer, _check_provider, _check_propagator, _check_files, _check_visible)
