"""`mingbiao demo`: the whole way once, over HTTP, with the real server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from app import clock
from app import keys as api_keys
from app.commands.context import database
from app.commands.serve import GUNICORN_CONF
from app.config import SETTINGS, Settings, load_settings
from app.database import reading, writing
from app.keys import Scope
from app.ledger_check import check_chain

SAMPLES = Path(__file__).parents[2] / "sample_media"
PROVIDER, PLATFORM = "Mingbiao-Demo", "Mingbiao-Demo-Platform"
START_SECONDS = 60
REQUEST_SECONDS = 60
STOP_SECONDS = 20
#: In the order in which a person asks them.
QUESTIONS = ("found", "parsed", "conforms", "placed", "integrity")


@dataclass(frozen=True, slots=True)
class Server:
    """The running service and the key to it."""

    address: str
    key: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float


class DemoError(click.ClickException):
    """The demonstration did not go as it must."""


@click.command()
@click.option("--photo", type=click.Path(path_type=Path), default=SAMPLES / "photo.jpg")
@click.option("--article", type=click.Path(path_type=Path), default=SAMPLES / "article.md")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/demo"), help="Where the labelled files go.")
def demo(photo: Path, article: Path, out: Path) -> None:
    """Start the service, label a photo and an article, verify both, pass the photo on as a platform."""
    # 1. A service of its own: temporary database, fresh key, free port.
    missing = [str(path) for path in (photo, article) if not path.is_file()]
    if missing:
        raise DemoError(f"not found: {', '.join(missing)}; name other files with --photo and --article")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mingbiao-demo-") as folder, running(Path(folder)) as server:
        click.echo(f"the service runs on {server.address}, its data in {folder}")
        # 2. Label and verify each file over HTTP.
        for path in (photo, article):
            _show(server, path, out)
        # 3. What a platform does that passes the labelled photo on.
        _show_passed_on(server, out / photo.name)
        # 4. What was written down.
        _show_ledger(server)
    click.echo(f"done; the labelled files are in {out.resolve()}")


def _show(server: Server, path: Path, out: Path) -> None:
    """Label one file, keep it, verify what was kept, print both answers."""
    answer = _post(server, "/api/v1/labels", path.name, path.read_bytes(), {"provider": PROVIDER})
    target = out / path.name
    target.write_bytes(answer.body)
    record = json.loads(_get(server, answer.headers["Location"]).body)
    verified = _verify(server, target)
    report = verified["report"]
    click.echo(f"\n{path.name}: {path.stat().st_size} -> {len(answer.body)} bytes in {answer.milliseconds:.0f} ms")
    click.echo(f"  record: {json.dumps(record['record'], ensure_ascii=False)}")
    click.echo(f"  visible label: {_measured(record['visible'])}")
    embedded = report["credential"]["presence"] == "embedded"
    credential = "C2PA credential" if embedded else "no C2PA credential (not for this format)"
    click.echo(f"  {credential}; notices: {answer.headers.get('Mingbiao-Notices', 'none')}")
    _show_report(report, issued_here=verified["issued_here"])
    click.echo(f"  file: {target.resolve()}")
    _require_conformant(target, report)


def _show_passed_on(server: Server, labelled: Path) -> None:
    """Pass one labelled file on, keep it, verify what was kept, print the two sides of its record."""
    answer = _post(server, "/api/v1/propagations", labelled.name, labelled.read_bytes(), {"propagator": PLATFORM})
    target = labelled.with_name(f"passed-on-{labelled.name}")
    target.write_bytes(answer.body)
    verified = _verify(server, target)
    report = verified["report"]
    record = report["sites"][0]["record"]
    click.echo(f"\n{labelled.name} passed on: {len(answer.body)} bytes in {answer.milliseconds:.0f} ms")
    click.echo(f"  the producer's side: {record['ContentProducer']}, ProduceID {record['ProduceID']}")
    click.echo(f"  the platform's side: {record['ContentPropagator']}, PropagateID {record['PropagateID']}")
    click.echo(f"  credentials, one the parent of the other: {report['credential']['manifests']}")
    _show_report(report, issued_here=verified["issued_here"])
    click.echo(f"  file: {target.resolve()}")
    _require_conformant(target, report)


def _verify(server: Server, path: Path) -> dict[str, Any]:
    verified: dict[str, Any] = json.loads(_post(server, "/api/v1/verifications", path.name, path.read_bytes(), {}).body)
    return verified


def _require_conformant(path: Path, report: Mapping[str, Any]) -> None:
    if report["verdict"] != "conformant":
        raise DemoError(f"{path.name} was labelled and does not verify: {report['checks']}")


def _show_report(report: Mapping[str, Any], *, issued_here: bool) -> None:
    """The judgement: verdict, sentence, the five answers, the class of article 6."""
    click.echo(f"  verdict: {report['verdict']} ({report['rule_set']}); issued here: {'yes' if issued_here else 'no'}")
    click.echo(f"  {report['summary']['zh']} {report['summary']['en']}")
    answers = ", ".join(f"{question} {report['answers'][question]}" for question in QUESTIONS)
    click.echo(f"  answers: {answers}")
    article6 = report["article6"]
    notice = f", to be shown: {article6['notice']['zh']}" if article6["notice"] else ""
    click.echo(f"  article 6: {article6['kind']}{notice}")


def _measured(mark: Mapping[str, Any]) -> str:
    """The visible label in numbers."""
    if "ink_ratio" not in mark:
        return f"{mark['words']!r} at {mark['place']}, byte {mark['offset']}"
    size = f"ink {mark['ink_height']} px of {mark['shortest_side']} px, {mark['ink_ratio']:.2%} (at least 5 %)"
    return f"{mark['words']!r} {mark['place']}, {size}, contrast {mark['contrast']:.1f}:1 (at least 4.5:1)"


def _show_ledger(server: Server) -> None:
    with database(server.settings) as engine, reading(engine) as connection:
        report = check_chain(connection)
    if report.broken is not None:
        raise DemoError(f"the ledger's chain is broken at {report.broken.seq}")
    click.echo(f"\nledger: {report.head.seq} rows, the chain holds, head {report.head.row_hash[:16]}...")


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """The real server on a free port of the loopback address, stopped at the end; waits in bounded time."""
    # 1. Nothing of this machine's configuration is used.
    port = _free_port()
    own = {"MINGBIAO_DATA_DIR": str(folder), "MINGBIAO_BIND": f"127.0.0.1:{port}", "MINGBIAO_LOG_LEVEL": "warning"}
    known = {setting.name for setting in SETTINGS}
    environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in known}
    settings = load_settings(own)
    with database(settings) as engine, writing(engine) as connection:
        scopes = {Scope.LABELS_WRITE, Scope.LABELS_READ, Scope.VERIFICATIONS_WRITE, Scope.PROPAGATIONS_WRITE}
        _, key = api_keys.create(connection, "demo", scopes, now=clock.now())
    server = Server(f"http://{settings.bind}", key, settings)
    # 2. The log goes to a file, and to the screen only when something fails.
    log = folder / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONF)],
            env=environment | own,
            stdout=stream,
            stderr=stream,
        )
        try:
            _wait_until_ready(process, server)
            yield server
        except BaseException:
            click.echo(log.read_text(errors="replace")[-4000:], err=True)
            raise
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoError(f"the server ended with code {process.returncode}")
        try:
            if _get(server, "/readyz").status == 200:
                return
        except (OSError, DemoError):
            time.sleep(0.1)
    raise DemoError(f"the server was not ready after {START_SECONDS} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _get(server: Server, path: str) -> Answer:
    return _send(server, urllib.request.Request(server.address + path))  # noqa: S310


def _post(server: Server, path: str, name: str, content: bytes, fields: Mapping[str, str]) -> Answer:
    """Send a file and some fields as multipart/form-data (RFC 7578)."""
    boundary = uuid4().hex
    parts = [
        f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}'.encode() for field, value in fields.items()
    ]
    parts.append(f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts) + b"--%s--\r\n" % boundary.encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return _send(server, urllib.request.Request(server.address + path, body, headers))  # noqa: S310


def _send(server: Server, request: urllib.request.Request) -> Answer:
    request.add_header("Authorization", f"Bearer {server.key}")
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:  # noqa: S310
            body = response.read()
            took = (time.perf_counter() - started) * 1000
            return Answer(response.status, response.headers, body, took)
    except urllib.error.HTTPError as error:
        with error:
            detail = error.read().decode("utf-8", "replace")
        raise DemoError(f"{request.full_url} answered {error.code}: {detail}") from None
