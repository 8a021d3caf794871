"""API keys: made once, shown once, kept as a hash.

A secret here has 256 random bits, so nobody can guess it from its hash, and SHA-256 is enough; argon2 exists for
passwords that people choose, and would cost every request tens of milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from app import clock
from app.tables import api_keys

MARK = "mbk"
#: Random bytes of the part in clear (as hex digits) and of the secret (as base64url).
ID_BYTES = 6
SECRET_BYTES = 32
#: `last_used_at` is written at most once in this time, so that reading does not become writing.
USE_NOTED_EVERY = timedelta(minutes=5)

#: Built once: it is on the way of every request.
_BY_ID = select(api_keys).where(api_keys.c.id == bindparam("wanted"))


class Scope(StrEnum):
    """What a key may do."""

    LABELS_WRITE = "labels:write"
    LABELS_READ = "labels:read"
    PROPAGATIONS_WRITE = "propagations:write"
    COPIES_WRITE = "copies:write"
    COPIES_READ = "copies:read"
    COPIES_EXPORT = "copies:export"
    VERIFICATIONS_WRITE = "verifications:write"
    VERIFICATIONS_READ = "verifications:read"
    METRICS_READ = "metrics:read"


SCOPE_MEANINGS = {
    Scope.LABELS_WRITE: "label images and texts",
    Scope.LABELS_READ: "read the ledger: every record of the installation",
    Scope.PROPAGATIONS_WRITE: "pass content on as a platform",
    Scope.COPIES_WRITE: "record unlabelled copies",
    Scope.COPIES_READ: "read the records of unlabelled copies: personal data",
    Scope.COPIES_EXPORT: "export the records of unlabelled copies: personal data",
    Scope.VERIFICATIONS_WRITE: "verify files, and keep reports",
    Scope.VERIFICATIONS_READ: "read kept reports: every one of the installation",
    Scope.METRICS_READ: "read /metrics",
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None

    def state(self, now: datetime) -> str:
        """'active', 'expired' or 'revoked'."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.to_text(now) else "active"


def create(
    connection: Connection, name: str, scopes: Collection[Scope], *, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Store a new key; returns it with its text, `mbk_<id>_<secret>`, which cannot be had again."""
    key = ApiKey(
        id=secrets.token_hex(ID_BYTES),
        name=name,
        scopes=frozenset(scopes),
        created_at=clock.to_text(now),
        expires_at=clock.to_text(expires_at) if expires_at else None,
        revoked_at=None,
        last_used_at=None,
    )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(
        api_keys.insert().values(
            id=key.id,
            name=key.name,
            secret_hash=_hash(secret),
            scopes=" ".join(sorted(key.scopes)),
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )
    return key, f"{MARK}_{key.id}_{secret}"


def authenticate(connection: Connection, text: str, *, now: datetime) -> ApiKey | None:
    """The active key whose text this is, or None; every reason for a refusal looks alike from outside."""
    mark, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if mark != MARK or len(key_id) != 2 * ID_BYTES or not key_id.isascii():
        return None
    row = connection.execute(_BY_ID, {"wanted": key_id}).mappings().one_or_none()
    if row is None or not hmac.compare_digest(row["secret_hash"], _hash(secret)):
        return None
    key = _from_row(row)
    return key if key.state(now) == "active" else None


def use_is_due(key: ApiKey, now: datetime) -> bool:
    """Whether the use of this key should be noted again."""
    return key.last_used_at is None or key.last_used_at <= clock.to_text(now - USE_NOTED_EVERY)


def note_use(connection: Connection, key: ApiKey, *, now: datetime) -> None:
    """Write when the key was used, unless another process has just done so."""
    stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= clock.to_text(now - USE_NOTED_EVERY))
    connection.execute(update(api_keys).where(api_keys.c.id == key.id, stale).values(last_used_at=clock.to_text(now)))


def revoke(connection: Connection, key_id: str, *, now: datetime) -> bool:
    """End a key for good; False when there is no such key. A key that was revoked keeps its first time."""
    ended = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    connection.execute(ended.values(revoked_at=clock.to_text(now)))
    return connection.execute(select(api_keys.c.id).where(api_keys.c.id == key_id)).first() is not None


def every(connection: Connection) -> list[ApiKey]:
    """All keys, oldest first."""
    found = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)).mappings()
    return [_from_row(row) for row in found]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _from_row(row: Any) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"].split()),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
