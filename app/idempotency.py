"""Idempotency-Key: the same request asked twice is done once and answered alike.

The state is in the database, so it holds across processes and machines. A claim is a lease: when its owner dies, the
key is free again after the lease. The answer is kept whole, media included, for the time that the settings say: this
is the only place where the service keeps media, and only because the caller sent the header. Failures are not kept.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.tables import idempotent_answers as answers

LONGEST_KEY = 255
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one Idempotency-Key of one API key, until the lease ends."""

    api_key_id: str
    idempotency_key: str
    owner: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given the first time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class KeyReusedError(Exception):
    """The key was sent before, with another request."""


class InProgressError(Exception):
    """Another request with this key is being answered; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


def claim(
    connection: Connection, api_key_id: str, idempotency_key: str, fingerprint: str, *, now: datetime, lease: timedelta
) -> Claim | KeptAnswer:
    """Take the key, or return the answer that was given for it.

    Raises `KeyReusedError` when the fingerprint differs, `InProgressError` when another request holds the key.

    1. Forget the key where it has expired: an old answer, or the lease of a process that died.
    2. Take the key; the database lets only one do so.
    3. Otherwise say what the one who has it left.
    """
    mine = Claim(api_key_id, idempotency_key, secrets.token_hex(16))
    # 1.
    connection.execute(delete(answers).where(_key(mine), answers.c.expires_at <= clock.to_text(now)))
    # 2.
    values = {
        "api_key_id": api_key_id,
        "idempotency_key": idempotency_key,
        "fingerprint": fingerprint,
        "owner": mine.owner,
        "finished": False,
        "expires_at": clock.to_text(now + lease),
    }
    insert = _INSERT[connection.dialect.name](answers).values(values).on_conflict_do_nothing()
    if connection.execute(insert.returning(answers.c.owner)).first() is not None:
        return mine
    # 3.
    return _kept(connection.execute(select(answers).where(_key(mine))).mappings().one_or_none(), fingerprint, now)


def finish(connection: Connection, claimed: Claim, answer: KeptAnswer, *, until: datetime) -> None:
    """Keep the answer; raises `InProgressError` when the lease ran out and another request took the key."""
    kept = {
        "finished": True,
        "expires_at": clock.to_text(until),
        "status": answer.status,
        "headers": json.dumps(answer.headers),
        "body": answer.body,
    }
    if connection.execute(update(answers).where(_key(claimed), _owned(claimed)).values(kept)).rowcount != 1:
        raise InProgressError(1)


def release(connection: Connection, claimed: Claim) -> None:
    """Give the key back unanswered, so that the caller can try again."""
    connection.execute(delete(answers).where(_key(claimed), _owned(claimed)))


def purge(connection: Connection, *, now: datetime) -> int:
    """Delete what has expired, whosever it is; returns how many. Rows that another process holds are left to it."""
    name = tuple_(answers.c.api_key_id, answers.c.idempotency_key)
    expired = select(*name.clauses).where(answers.c.expires_at <= clock.to_text(now))
    gone = delete(answers).where(name.in_(expired.with_for_update(skip_locked=True)))
    return len(connection.execute(gone.returning(answers.c.owner)).all())


def _kept(row: Any, fingerprint: str, now: datetime) -> KeptAnswer:
    if row is None:
        # It was released between the two statements.
        raise InProgressError(1)
    if row["fingerprint"] != fingerprint:
        raise KeyReusedError
    if not row["finished"]:
        left = clock.from_text(row["expires_at"]) - now
        raise InProgressError(max(1, min(5, int(left.total_seconds()))))
    headers = tuple((name, value) for name, value in json.loads(row["headers"]))
    return KeptAnswer(row["status"], headers, bytes(row["body"]))


def _key(claimed: Claim) -> ColumnElement[bool]:
    return and_(
        answers.c.api_key_id == claimed.api_key_id,
        answers.c.idempotency_key == claimed.idempotency_key,
    )


def _owned(claimed: Claim) -> ColumnElement[bool]:
    return and_(answers.c.owner == claimed.owner, answers.c.finished.is_(False))
