"""Reports that callers chose to keep. The content that a report is about is never here.

Nothing here commits; the caller's transaction does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from app import clock
from app.tables import verifications


@dataclass(frozen=True, slots=True)
class KeptReport:
    """One kept report: what it is about, what it says, and who asked."""

    id: str
    created_at: str
    api_key_id: str
    sha256: str
    bytes: int
    verdict: str
    #: None where the format is not known.
    format: str | None
    #: Article 6 class.
    article6: str
    #: Canonical JSON (RFC 8785).
    report: str
    #: Compact JWS with detached payload; None where it was not signed.
    signature: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list: everything but the report itself, and its place in the order."""

    seq: int
    id: str
    created_at: str
    api_key_id: str
    sha256: str
    bytes: int
    verdict: str
    format: str | None
    article6: str
    signed: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Filters of a list: all must hold. Times are half open, `since <= created_at < until`."""

    sha256: str | None = None
    verdict: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS = verifications.c
_LISTED = tuple(_COLUMNS[name] for name in Listed.__slots__ if name != "signed")
_CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "sha256": lambda value: _COLUMNS.sha256 == value,
    "verdict": lambda value: _COLUMNS.verdict == value,
    "since": lambda value: _COLUMNS.created_at >= clock.to_text(value),
    "until": lambda value: _COLUMNS.created_at < clock.to_text(value),
}


def keep(connection: Connection, kept: KeptReport) -> None:
    """Store one report; the connection must be in a writing transaction."""
    connection.execute(verifications.insert(), asdict(kept))


def find(connection: Connection, public_id: str) -> KeptReport | None:
    """The report with that id."""
    columns = [_COLUMNS[name] for name in KeptReport.__slots__]
    found = connection.execute(select(*columns).where(_COLUMNS.id == public_id)).mappings().one_or_none()
    return KeptReport(**found) if found else None


def page(connection: Connection, search: Search, *, before: int | None, size: int) -> list[Listed]:
    """Up to `size` rows, newest first, with a seq below `before`: rows added meanwhile never shift a page."""
    given = {name: getattr(search, name) for name in _CONDITIONS if getattr(search, name) is not None}
    query = select(*_LISTED, _COLUMNS.signature.is_not(None).label("signed"))
    query = query.where(*(_CONDITIONS[name](value) for name, value in given.items()))
    if before is not None:
        query = query.where(_COLUMNS.seq < before)
    found = connection.execute(query.order_by(_COLUMNS.seq.desc()).limit(size)).mappings()
    return [Listed(**row) for row in found]
