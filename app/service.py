"""What one running service consists of, for those who answer its requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Engine

from app import idempotency
from app.config import Settings
from app.database import writing
from app.key_files import read_record_signer, read_report_signer, read_trust
from app.per_process import PerProcess
from app.seeing import make_recogniser
from app.signing import SignerSource
from labeling.record_signing import RecordSigner
from labeling.trust import Trust
from labeling.verification import Recogniser
from labeling.verification.signed_report import ReportSigner

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
    """The parts that requests need: database, settings, and what each process builds when it first needs it."""

    engine: Engine
    settings: Settings
    signers: SignerSource
    purges: Throttle
    trust: PerProcess[Trust]
    #: Each gives None where nothing is configured, or installed, for it.
    report_signer: PerProcess[ReportSigner | None]
    record_signer: PerProcess[RecordSigner | None]
    recogniser: PerProcess[Recogniser | None]

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
    return Service(
        engine,
        settings,
        SignerSource(settings),
        Throttle(PURGE_EVERY),
        trust=PerProcess(lambda: read_trust(settings)),
        report_signer=PerProcess(lambda: read_report_signer(settings)),
        record_signer=PerProcess(lambda: read_record_signer(settings)),
        recogniser=PerProcess(lambda: make_recogniser(settings)),
    )


def current_service() -> Service:
    """The service of the running application."""
    service: Service = current_app.extensions[EXTENSION]
    return service
