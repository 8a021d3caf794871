"""The real server: gunicorn with its workers, killed in the middle of its work."""

from __future__ import annotations

import http.client
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import clock, keys
from app.commands.serve import GUNICORN_CONF
from app.config import load_settings
from app.database import open_engine, reading, writing
from app.keys import Scope
from app.ledger import Search, page
from app.ledger_check import check_chain
from app.schema_version import upgrade_embedded
from tests.app.entries import settings_of

HANDED_OUT = 30


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Gunicorn in a process group of its own, ready to answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONF)],
        env=os.environ | environment | {"MINGBIAO_BIND": address, "MINGBIAO_LOG_LEVEL": "error"},
        start_new_session=True,
    )
    try:
        waiting = threading.Event()
        for _ in range(300):
            if is_ready(address):
                break
            waiting.wait(0.1)
        yield address, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def is_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def label_until_it_breaks(address: str, key: str, made: list[dict[str, str]], enough: threading.Event) -> None:
    """Send texts one after the other; note what was handed out whole."""
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"text": "# 标题\n\n正文。\n", "format": "markdown", "provider": "Example-AI"})
    try:
        while True:
            connection.request("POST", "/api/v1/labels/text", body, headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            assert answer.status == 201, content
            made.append(content)
            if len(made) >= HANDED_OUT:
                enough.set()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def test_a_server_that_is_killed_leaves_a_ledger_with_all_that_it_handed_out(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        _, key = keys.create(connection, "load", {Scope.LABELS_WRITE}, now=clock.now())
    made: list[dict[str, str]] = []
    enough = threading.Event()
    with server(settings_of(database_url, tmp_path) | {"MINGBIAO_WORKERS": "2"}) as (address, process):
        work = (address, key, made, enough)
        senders = [threading.Thread(target=label_until_it_breaks, args=work) for _ in range(4)]
        for sender in senders:
            sender.start()
        assert enough.wait(120)
        os.killpg(process.pid, signal.SIGKILL)
        for sender in senders:
            sender.join(60)

    with reading(engine) as connection:
        report = check_chain(connection)
        rows = {row.id: row for row in page(connection, Search(), before=None, size=report.head.seq)}
    engine.dispose()
    assert report.broken is None
    assert len(made) >= HANDED_OUT
    assert all(rows[answer["id"]].produce_id == answer["produce_id"] for answer in made)


def test_metrics_are_summed_over_the_processes(tmp_path: Path) -> None:
    environment = {"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_WORKERS": "2", "MINGBIAO_METRICS_OPEN": "true"}
    with server(environment) as (address, _):
        for _ in range(12):
            # A connection of its own each time, so that both workers answer some.
            connection = http.client.HTTPConnection(address, timeout=30)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    line = 'mingbiao_requests_total{method="GET",route="/healthz",status="200"} 12.0'
    assert line in text.splitlines()


def test_a_body_that_is_too_large_is_refused_before_it_was_sent(tmp_path: Path) -> None:
    environment = {"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_WORKERS": "1"}
    settings = load_settings(environment)
    engine = open_engine(settings.engine_url)
    upgrade_embedded(engine, settings.data_dir)
    with writing(engine) as connection:
        _, key = keys.create(connection, "x", {Scope.LABELS_WRITE}, now=clock.now())
    engine.dispose()
    head = (
        "POST /api/v1/labels HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {2 << 30}\r\n\r\n"
    )
    with server(environment) as (address, _):
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as raw:
            raw.sendall(head.encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_connection_inherits_the_bound_on_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    configuration = runpy.run_path(str(GUNICORN_CONF))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        configuration["when_ready"](SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            bounds = [
                struct.unpack("@ll", accepted.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("@ll")))
                for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO)
            ]
    assert bounds == [(30, 0), (30, 0)]


def test_serving_prints_a_curl_that_works(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"MINGBIAO_DATA_DIR": str(tmp_path), "MINGBIAO_WORKERS": "1"}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--with-key"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(4)]
        waiting = threading.Event()
        for _ in range(300):
            if is_ready(f"127.0.0.1:{port}"):
                break
            waiting.wait(0.1)
        curl = "".join(printed[1:]).replace("labelled.jpg", str(tmp_path / "labelled.jpg"))
        subprocess.run(["bash", "-c", curl], check=True, timeout=60, capture_output=True)
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
    assert (tmp_path / "labelled.jpg").read_bytes().startswith(b"\xff\xd8\xff")
