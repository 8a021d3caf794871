"""The page of the API document, in a real browser against the real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.commands.demo import Server, running

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: Quiet, without a display, and nothing of its own to fetch.
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=8000 --dump-dom
""".split()
OPERATIONS = {
    ("GET", "/api/v1/labels"),
    ("POST", "/api/v1/labels"),
    ("POST", "/api/v1/labels/text"),
    ("GET", "/api/v1/labels/{label_id}"),
    ("POST", "/api/v1/verifications"),
    ("GET", "/api/v1/verifications"),
    ("GET", "/api/v1/verifications/{verification_id}"),
    ("GET", "/api/v1/report-keys"),
    ("POST", "/api/v1/propagations"),
    ("POST", "/api/v1/labels/{label_id}/unlabelled-copies"),
    ("GET", "/api/v1/labels/{label_id}/unlabelled-copies"),
    ("GET", "/api/v1/unlabelled-copies"),
    ("GET", "/api/v1/unlabelled-copies/export"),
    ("GET", "/api/v1/unlabelled-copies/{copy_id}"),
}
_SUMMARY = re.compile(r'opblock-summary-method">(\w+)<.*?data-path="([^"]+)"', re.DOTALL)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no chromium here")


@dataclass(frozen=True)
class Page:
    """What the browser made of the page, said of it, and fetched for it."""

    origin: str
    dom: str
    console: list[str]
    fetched: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("service")) as server:
        yield server


@pytest.fixture(scope="module")
def page(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Page:
    profile = tmp_path_factory.mktemp("profile")
    network = profile / "network.json"
    command = [
        str(BROWSER),
        *FLAGS,
        f"--log-net-log={network}",
        f"--user-data-dir={profile}",
        f"{server.address}/docs/",
    ]
    shown = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=True)
    console = [line for line in shown.stderr.splitlines() if ":CONSOLE:" in line]
    return Page(server.address, shown.stdout, console, fetched_by(server.address, network))


def fetched_by(origin: str, network: Path) -> list[str]:
    """The addresses that pages of `origin` asked for; what the browser asks on its own account has no such origin."""
    events = json.loads(network.read_text(encoding="utf-8"))["events"]
    asked = (event.get("params", {}) for event in events)
    return [params["url"] for params in asked if params.get("initiator") == origin and "url" in params]


def test_the_page_shows_every_operation(page: Page) -> None:
    assert set(_SUMMARY.findall(page.dom)) == OPERATIONS


def test_the_page_fetches_from_its_own_server_alone(page: Page) -> None:
    assert f"{page.origin}/api/v1/openapi.json" in page.fetched
    assert [url for url in page.fetched if not url.startswith(f"{page.origin}/")] == []


def test_the_page_breaks_no_policy_and_logs_no_error(page: Page) -> None:
    assert page.console == []
