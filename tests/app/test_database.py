"""How the databases are opened."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app import keys
from app.database import engine_options, open_engine, reading, writing
from tests.app.entries import NOW


def test_an_error_does_not_tell_what_the_statement_was_given(engine: Engine) -> None:
    with writing(engine) as connection:
        key, _ = keys.create(connection, "geheim", set(), now=NOW)
    twice = text("INSERT INTO api_keys (id, name, secret_hash, scopes, created_at) VALUES (:id, :name, '', '', '')")
    with pytest.raises(DBAPIError) as caught, writing(engine) as connection:
        connection.execute(twice, {"id": key.id, "name": "geheim"})
    assert "geheim" not in str(caught.value)


def test_options_of_the_address_are_kept_beside_ours() -> None:
    url = "postgresql+psycopg://127.0.0.1/db?options=-c%20search_path%3Dlabels"
    assert engine_options(url, 1)["connect_args"]["options"] == "-c lock_timeout=30s -c search_path=labels"


def test_options_of_the_address_reach_the_server(postgres_url: str) -> None:
    engine = open_engine(f"{postgres_url}?options=-c%20statement_timeout%3D4321")
    with reading(engine) as connection:
        shown = [
            connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("statement_timeout", "lock_timeout")
        ]
    engine.dispose()
    assert shown == ["4321ms", "30s"]


def test_a_server_that_is_read_only_stays_so_after_reading(postgres_url: str) -> None:
    engine = open_engine(f"{postgres_url}?options=-c%20default_transaction_read_only%3Don")
    for _ in range(2):
        with reading(engine) as connection:
            connection.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError), writing(engine) as connection:
            keys.create(connection, "x", set(), now=NOW)
    engine.dispose()
