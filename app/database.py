"""Transactions that do not lose writes, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

#: How long a writer waits for another before it gives up; far above the longest append.
LOCK_WAIT_SECONDS = 30

WRITES = "mingbiao_writes"
#: SQLite needs nothing: within a transaction it shows the state at the first read.
_READS: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}

SQLITE_PRAGMAS = (
    # Readers do not block the writer, and the writer not the readers.
    "PRAGMA journal_mode = WAL",
    # A committed row survives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000}",
)


def engine_options(url: str, threads: int) -> dict[str, Any]:
    """What `create_engine` is to be given for `url` in a process with so many threads."""
    options: dict[str, Any] = {"url": url, "pool_size": threads + 1, "max_overflow": threads}
    # What a statement was given is content or a secret; it has no place in the message of an error, nor in a log.
    options["hide_parameters"] = True
    if url.startswith("postgresql"):
        # What the address itself asks for stands last, so that it wins.
        wait = [f"-c lock_timeout={LOCK_WAIT_SECONDS}s", *make_url(url).normalized_query.get("options", ())]
        options |= {"pool_pre_ping": True, "connect_args": {"options": " ".join(wait), "connect_timeout": 10}}
    return options


def prepare(engine: Engine) -> Engine:
    """Attach the pragmas and the explicit BEGIN that SQLite needs, and what PostgreSQL needs between transactions."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        event.listen(engine, "checkin", _on_postgresql_checkin)
    return engine


def open_engine(url: str, threads: int = 1) -> Engine:
    """A prepared engine outside a Flask application."""
    return prepare(create_engine(**engine_options(url, threads)))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, rolled back when an error leaves the block."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database; nothing may be written in it."""
    with engine.connect().execution_options(**_READS.get(engine.dialect.name, {})) as connection, connection.begin():
        yield connection


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction control would begin too late, and deferred.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _on_sqlite_begin(connection: Connection) -> None:
    # A deferred BEGIN that reads first and then writes fails at once when another writer came between.
    immediate = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _on_postgresql_checkin(connection: Any, _record: object) -> None:
    # After a reading transaction SQLAlchemy asks for READ WRITE, also where the server or the role is read-only.
    if connection is not None and not connection.closed:
        connection.read_only = None
