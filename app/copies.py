"""The verb of article 9: record an unlabelled copy before it may be delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app import clock, copy_log, ledger
from app.chain import canonical
from app.copy_log import Copy
from app.idempotency import KeptAnswer
from app.ledger import Kind
from app.once import Caller, Done, answer_once
from app.problems import RefusalError
from app.schemas.copies import CopyRequest
from app.service import Service
from app.written import find_row

Render = Callable[[Copy], KeptAnswer]


def record_once(service: Service, label_id: str, request: CopyRequest, caller: Caller, render: Render) -> KeptAnswer:
    """Write the copy down and answer; the same Idempotency-Key and request are answered alike, and recorded once.

    Nothing is handed out and no label is taken from any file. Raises RefusalError: label.not_found,
    copy.not_a_labelling.
    """
    # The ledger loses no row, so what is found before the transaction is still there in it.
    if find_row(service, label_id).kind != Kind.LABELLING:
        raise RefusalError("copy.not_a_labelling", params={"id": label_id})
    now = clock.now()
    said: dict[str, Any] = asdict(request) | {"agreed_at": clock.to_text(request.agreed_at)}
    copy = Copy(
        id=ledger.new_id(), created_at=clock.to_text(now), api_key_id=caller.api_key_id, label_id=label_id, **said
    )

    def work() -> Done:
        return Done(render(copy), write=lambda connection: copy_log.append(connection, copy))

    return answer_once(service, caller, canonical(said).decode(), work, now=now)
