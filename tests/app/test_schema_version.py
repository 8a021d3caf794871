"""Migrations: from empty to the tables that the code describes, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from app.database import open_engine, reading, writing
from app.schema_version import schema_version, upgrade
from app.tables import metadata


def test_the_migrated_tables_are_those_of_the_code(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    assert schema_version(engine).current
    assert upgrade(engine).current


def test_an_older_database_is_behind(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not schema_version(engine).current


def test_an_empty_database_is_behind(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    version = schema_version(engine)
    assert (version.actual, version.current) == (None, False)
    engine.dispose()


def test_processes_that_start_together_make_one_embedded_database(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import app; app.create_app()"]
    environment = os.environ | {"MINGBIAO_DATA_DIR": str(tmp_path / "instance")}
    processes = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]

    engine = open_engine(f"sqlite:///{tmp_path / 'instance' / 'mingbiao.sqlite3'}")
    assert schema_version(engine).current
    engine.dispose()


def test_sqlite_waits_for_other_writers_and_keeps_what_it_committed(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with reading(engine) as connection:
        values = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in PRAGMAS}
    engine.dispose()
    assert values == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
