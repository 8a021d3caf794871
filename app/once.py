"""Do what a request asks for once: the same Idempotency-Key and request are answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from app import idempotency
from app.database import writing
from app.idempotency import Claim, KeptAnswer
from app.problems import RefusalError
from app.service import Service


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, at which address, and under which Idempotency-Key, if any."""

    api_key_id: str
    address: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An answer, and what must be written down before it is handed out."""

    answer: KeptAnswer
    write: Callable[[Connection], object]
    #: Called once that is committed.
    committed: Callable[[], object] = lambda: None


Work = Callable[[], Done]


def answer_once(service: Service, caller: Caller, asked: str, work: Work, *, now: datetime) -> KeptAnswer:
    """The answer of `work`, written down; or the one that was given to the same request under the same key.

    `asked` is all that makes the request this one and no other. What `work` raises is raised, nothing is written down
    then, and the key is free again. Raises RefusalError where the key is in use, or was used for something else.
    """
    if caller.idempotency_key is None:
        return _finish(service, work(), None, now)
    service.purge_now_and_then(now)
    try:
        return _under_key(service, caller, caller.idempotency_key, asked, work, now)
    except idempotency.KeyReusedError:
        raise RefusalError("idempotency.key_reused") from None
    except idempotency.InProgressError as error:
        headers = {"Retry-After": str(error.retry_after)}
        raise RefusalError("idempotency.in_progress", headers=headers) from None


def _under_key(service: Service, caller: Caller, key: str, asked: str, work: Work, now: datetime) -> KeptAnswer:
    """The answer kept for the key, or a new one; the key is given back when there is none."""
    fingerprint = hashlib.sha256(f"{caller.address} {asked}".encode()).hexdigest()
    lease = timedelta(seconds=service.settings.idempotency_lease_seconds)
    with writing(service.engine) as connection:
        claimed = idempotency.claim(connection, caller.api_key_id, key, fingerprint, now=now, lease=lease)
    if isinstance(claimed, KeptAnswer):
        return claimed
    try:
        return _finish(service, work(), claimed, now)
    except BaseException:
        with writing(service.engine) as connection:
            idempotency.release(connection, claimed)
        raise


def _finish(service: Service, done: Done, claimed: Claim | None, now: datetime) -> KeptAnswer:
    """Write down, and keep the answer, in one transaction; only then is it handed out."""
    with writing(service.engine) as connection:
        done.write(connection)
        if claimed is not None:
            until = now + timedelta(hours=service.settings.idempotency_hours)
            idempotency.finish(connection, claimed, done.answer, until=until)
    done.committed()
    return done.answer
