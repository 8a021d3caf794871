"""Real databases for the tests: a SQLite file and, where there is a server, a PostgreSQL database, both migrated.

`MINGBIAO_TEST_POSTGRES` names a server and a database on it from which scratch databases can be made; without it the
server of this machine is tried.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import create_app, keys
from app.database import open_engine, writing
from app.keys import Scope
from app.schema_version import upgrade
from tests.app.entries import NOW, make_key

LOCAL_POSTGRES = "postgresql://127.0.0.1:5432/postgres"
THREADS = 8


def _server() -> str | None:
    given = os.environ.get("MINGBIAO_TEST_POSTGRES")
    url = given or LOCAL_POSTGRES
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        if given:
            raise
        return None
    return url


def _statement(server: str, text: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(text)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> str:
    server = _server()
    if server is None:
        pytest.skip(f"no PostgreSQL at {LOCAL_POSTGRES}; name one in MINGBIAO_TEST_POSTGRES")
    return server


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """A migrated PostgreSQL database for all tests; `postgres_url` empties it after each."""
    with scratch_database(postgres_server) as url:
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


@pytest.fixture
def postgres_url(postgres_database: str) -> Iterator[str]:
    """The PostgreSQL database, migrated and empty."""
    yield postgres_database
    engine = open_engine(postgres_database)
    with writing(engine) as connection:
        connection.execute(text(EMPTY))
    engine.dispose()


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, without any table."""
    with scratch_database(postgres_server) as url:
        yield url


#: Rows and head of each chain.
CHAINS = {"labelings": "ledger_head", "unlabelled_copies": "copies_head", "copy_purges": "purges_head"}
_GUARDED = [*CHAINS, *CHAINS.values()]
#: Only here, where the tables are thrown away, may a ledger be emptied.
EMPTY = ";".join(
    [
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in _GUARDED),
        f"TRUNCATE {', '.join(_GUARDED)}, verifications, idempotent_answers, api_keys",
        *(f"INSERT INTO {head} VALUES (1, 0, repeat('0', 64))" for head in CHAINS.values()),
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in _GUARDED),
        "UPDATE alembic_version SET version_num = '0001'",
    ]
)


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """A new database on that server, dropped at the end."""
    name = f"mingbiao_test_{secrets.token_hex(6)}"
    _statement(server, f"CREATE DATABASE {name}")
    try:
        yield _beside(server, name)
    finally:
        _statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def _beside(server: str, name: str) -> str:
    base, _, query = server.partition("?")
    url = base.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "mingbiao.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database; the test runs once on each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url, threads=THREADS)
    yield engine
    engine.dispose()


@pytest.fixture
def key_id(engine: Engine) -> str:
    with writing(engine) as connection:
        key, _ = keys.create(connection, "test", {Scope.LABELS_WRITE}, now=NOW)
    return key.id


@pytest.fixture
def app_with(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes the application with some settings, on a SQLite file of the test's own."""
    made: list[Flask] = []
    folder = tmp_path / "instance"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "mingbiao.sqlite3")

    def make(**settings: object) -> Flask:
        own = {"MINGBIAO_DATA_DIR": str(folder), "MINGBIAO_LOG_LEVEL": "warning"}
        made.append(create_app(own | {name: str(value) for name, value in settings.items()}))
        return made[-1]

    yield make
    for application in made:
        application.extensions["mingbiao"].engine.dispose()


@pytest.fixture
def app(app_with: Callable[..., Flask]) -> Flask:
    """The application with the default provider left open."""
    return app_with()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def authorised(app: Flask) -> dict[str, str]:
    """Headers with a key that may do everything."""
    return {"Authorization": f"Bearer {make_key(app)}"}
