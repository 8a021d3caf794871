"""Whether the database has the tables that this version of the service needs, and how it gets them."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from app.database import reading, writing

_MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The revision that the database has and the one that it needs; None is an empty database."""

    actual: str | None
    needed: str | None

    @property
    def current(self) -> bool:
        """True when nothing is left to upgrade."""
        return self.actual == self.needed


def schema_version(engine: Engine) -> SchemaVersion:
    """Ask the database which revision it has."""
    needed = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    with reading(engine) as connection:
        return SchemaVersion(MigrationContext.configure(connection).get_current_revision(), needed)


def upgrade(engine: Engine) -> SchemaVersion:
    """Bring the database to the newest revision, in one transaction; returns the version afterwards."""
    with writing(engine) as connection:
        _refuse_two_at_once(connection)
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return schema_version(engine)


def upgrade_embedded(engine: Engine, folder: Path) -> None:
    """Make and upgrade the service's own SQLite file; processes that start together wait for the first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not schema_version(engine).current:
            upgrade(engine)


def _refuse_two_at_once(connection: Connection) -> None:
    """On PostgreSQL a second upgrade waits; SQLite's BEGIN IMMEDIATE does that by itself."""
    if connection.dialect.name == "postgresql":
        # Any number will do, as long as nothing else in this database takes the same one.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4543820251)")
