"""Copies recorded over HTTP while the server is killed: what was answered is in the log, and its chain holds."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from pathlib import Path

from app import clock, copy_log, keys
from app.copy_check import check_copies
from app.copy_log import Search
from app.database import open_engine, reading, writing
from app.keys import Scope
from tests.app.copy_rows import labelled
from tests.app.entries import settings_of
from tests.app.test_server import server

RECORDED = 30
ASKED = {"recipient": "user-4711", "agreement_version": "1", "agreed_at": "2026-01-01", "purpose": "load"}


def record_until_it_breaks(address: str, key: str, label_id: str, made: list[str], enough: threading.Event) -> None:
    """Record one copy after the other; note the ids that were answered whole."""
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        while True:
            connection.request("POST", f"/api/v1/labels/{label_id}/unlabelled-copies", json.dumps(ASKED), headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            assert answer.status == 201, content
            made.append(content["id"])
            if len(made) >= RECORDED:
                enough.set()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def test_a_server_that_is_killed_leaves_a_log_with_all_that_it_answered(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        made_key, key = keys.create(connection, "load", {Scope.COPIES_WRITE}, now=clock.now())
        label_id = labelled(connection, made_key.id)
    made: list[str] = []
    enough = threading.Event()
    with server(settings_of(database_url, tmp_path) | {"MINGBIAO_WORKERS": "2"}) as (address, process):
        work = (address, key, label_id, made, enough)
        senders = [threading.Thread(target=record_until_it_breaks, args=work) for _ in range(4)]
        for sender in senders:
            sender.start()
        assert enough.wait(120)
        os.killpg(process.pid, signal.SIGKILL)
        for sender in senders:
            sender.join(60)

    with reading(engine) as connection:
        report = check_copies(connection)
        stored = {row.id for row in copy_log.page(connection, Search(), before=None, size=report.copies.head.seq)}
    engine.dispose()
    assert report.whole
    assert len(made) >= RECORDED
    assert set(made) <= stored
