"""What one running service consists of, for those who answer its requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Engine

from app import idempotency
from app.config import Settings
from app.database import writing
from app.signing import SignerSource

#: Key of the service in `app.extensions`.
EXTENSION = "mingbiao"
#: Answers that have expired are looked for at most once in this time in each process.
PURGE_EVERY = timedelta(minutes=1)


class Throttle:
    """Says when a thing that need not be done each time is due again."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._last: datetime | None = None

    def due(self, now: datetime) -> bool:
        """True for one caller in each span of time; two threads at once may both be told so."""
        due = self._last is None or now - self._last >= self._every
        if due:
            self._last = now
        return due


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that requests need: database, settings, signer."""

    engine: Engine
    settings: Settings
    signers: SignerSource
    purges: Throttle

    def purge_now_and_then(self, now: datetime) -> None:
        """Delete kept answers that have expired; called with the requests, so that no other process is needed."""
        if self.purges.due(now):
            self.purge(now)

    def purge(self, now: datetime) -> None:
        """Delete kept answers that have expired; a database that takes no writing refuses even where there are none."""
        with writing(self.engine) as connection:
            idempotency.purge(connection, now=now)


def make_service(engine: Engine, settings: Settings) -> Service:
    """A service that has not done anything yet."""
    return Service(engine, settings, SignerSource(settings), Throttle(PURGE_EVERY))


def current_service() -> Service:
    """The service of the running application."""
    service: Service = current_app.extensions[EXTENSION]
    return service
