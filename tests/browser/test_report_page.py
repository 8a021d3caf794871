"""The page of a report in a real browser: the policy that comes with it lets its style in, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app import create_app
from tests.app.entries import make_key

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: Quiet, without a display, and nothing of its own to fetch.
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=3000 --dump-dom
""".split()
REFUSED = "Content Security Policy"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no chromium here")


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, str]]:
    """The page as the service answers it, with all its headers."""
    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path_factory.mktemp("data")), "MINGBIAO_LOG_LEVEL": "error"})
    headers = {"Authorization": f"Bearer {make_key(app)}", "Accept": "text/html", "Accept-Language": "zh"}
    asked = {"text": "---\nAIGC: '<script>document.title=1</script>'\n---\n", "format": "markdown"}
    made = app.test_client().post("/api/v1/verifications", json=asked, headers=headers)
    app.extensions["mingbiao"].engine.dispose()
    return made.data, dict(made.headers)


@contextmanager
def served(body: bytes, headers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The page on the loopback address, and what is asked for there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/report", asked
        finally:
            server.shutdown()
            thread.join()


def shown(address: str, profile: Path) -> tuple[str, list[str]]:
    """What the browser made of the page, and said of it."""
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={profile}", address]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def test_the_style_of_the_page_is_let_in(answer: tuple[bytes, dict[str, str]], tmp_path: Path) -> None:
    with served(*answer) as (address, asked):
        page, console = shown(address, tmp_path)
    assert "标识核验报告" in page
    assert [line for line in console if REFUSED in line] == []
    assert set(asked) <= {"/report", "/favicon.ico"}


def test_another_style_would_not_be(answer: tuple[bytes, dict[str, str]], tmp_path: Path) -> None:
    body, headers = answer
    with served(re.sub(rb"<style>", b"<style>body{color:red}", body), headers) as (address, _):
        _, console = shown(address, tmp_path)
    assert [line for line in console if REFUSED in line]
