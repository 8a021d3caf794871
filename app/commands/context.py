"""What the commands of the service share: the settings and the database, without Flask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.config import ConfigurationError, Settings, load_settings
from app.database import open_engine
from app.schema_version import schema_version, upgrade_embedded


def settings_or_exit() -> Settings:
    """The settings, or an error that lists every problem."""
    with configuring():
        return load_settings()


@contextmanager
def configuring() -> Iterator[None]:
    """Turn a configuration that cannot be used into an error of the command that lists every problem."""
    try:
        yield
    except ConfigurationError as error:
        raise click.ClickException("\n".join(["the configuration cannot be used:", *error.problems])) from None


@contextmanager
def connected(settings: Settings) -> Iterator[Engine]:
    """The database as it is; what it refuses becomes one line, without what the statement was given."""
    try:
        engine = open_engine(settings.engine_url)
    except (SQLAlchemyError, ImportError) as error:
        raise click.ClickException(f"the database cannot be opened: {_first_line(error)}") from None
    try:
        if settings.embedded_database:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield engine
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(f"the database cannot be used: {_first_line(error)}") from None
    finally:
        engine.dispose()


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The database with a current schema; the embedded one is made where there is none."""
    with connected(settings) as engine:
        if settings.embedded_database:
            upgrade_embedded(engine, settings.data_dir)
        elif not schema_version(engine).current:
            raise click.ClickException("the schema is behind: run `mingbiao db upgrade`")
        yield engine


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
