"""Entries, keys and environments that several tests make."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection

from app import clock, keys, ledger
from app.config import load_settings
from app.database import writing
from app.keys import Scope
from app.ledger import Entry

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def make_entry(key_id: str, number: int = 0, **changes: object) -> Entry:
    """An entry whose content differs by its number."""
    values: dict[str, object] = {
        "id": ledger.new_id(),
        "kind": "labelling",
        "created_at": f"2026-11-21T12:00:{number % 60:02}.{number:06}Z",
        "api_key_id": key_id,
        "provider": "Example-AI",
        "produce_id": f"p-{number}",
        "propagate_id": None,
        "label": "1",
        "format": "png",
        "record": '{"Label":"1"}',
        "visible": '{"words":"AI生成"}',
        "options": "{}",
        "rule_set": "GB 45438-2025",
        "rule_set_version": "1",
        "input_sha256": f"{number:064x}",
        "input_bytes": 100 + number,
        "output_sha256": f"{number + 1:064x}",
        "output_bytes": 2**33 + number,
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


def append_many(connection: Connection, key_id: str, count: int) -> None:
    for number in range(count):
        ledger.append(connection, make_entry(key_id, number))


def make_key(app: Flask, *scopes: Scope, expires_at: datetime | None = None) -> str:
    """The text of a new key with the scopes, all of them when none is named."""
    with writing(app.extensions["mingbiao"].engine) as connection:
        _, text = keys.create(connection, "test", scopes or set(Scope), now=clock.now(), expires_at=expires_at)
    return text


def settings_of(url: str, folder: Path) -> dict[str, str]:
    """An environment for that database."""
    values = {"MINGBIAO_DATA_DIR": str(folder), "DATABASE_URL": url.replace("+psycopg", "")}
    load_settings(values)
    return values
