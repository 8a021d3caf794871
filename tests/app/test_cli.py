"""The commands of the service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app import clock
from app.cli import COMMANDS, root
from app.config import SETTINGS
from app.database import open_engine, writing
from app.keys import authenticate
from app.ledger import append
from tests.app.entries import append_many, make_entry, settings_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, and nothing else configured."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.setenv("MINGBIAO_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, arguments)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'mingbiao.sqlite3'}"


def test_help_lists_every_command_and_does_not_wait_for_flask() -> None:
    code = (
        "import sys, app.cli\n"
        "app.cli.root.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'flask', 'sqlalchemy', 'alembic'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(name in shown for name in COMMANDS)
    assert shown.splitlines()[-1] == "[]"


def test_every_command_of_the_table_exists() -> None:
    for name, entry in COMMANDS.items():
        result = run(name, "--help")
        assert result.exit_code == 0, (entry, result.output)


def test_a_key_is_printed_once_and_opens(folder: Path) -> None:
    made = run("keys", "create", "--name", "batch", "--scope", "labels:write", "--expires", "90d")
    key = made.stdout.strip()
    engine = open_engine(url(folder))
    with writing(engine) as connection:
        found = authenticate(connection, key, now=clock.now())
    engine.dispose()
    listed = run("keys", "list").stdout

    assert found is not None
    assert (found.name, found.expires_at is not None) == ("batch", True)
    assert "batch" in listed
    assert "active" in listed
    assert key.split("_", 2)[2] not in listed


def test_a_key_can_be_revoked(folder: Path) -> None:
    key = run("keys", "create", "--name", "x", "--scope", "labels:read").stdout.strip()
    assert run("keys", "revoke", key.split("_")[1]).exit_code == 0
    assert "revoked" in run("keys", "list").stdout
    assert run("keys", "revoke", "nobody").exit_code == 1


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\x1b[31mred"], ids=["empty", "blank", "lines", "escape"])
def test_a_key_has_a_name_that_can_be_shown(folder: Path, name: str) -> None:
    assert run("keys", "create", "--name", name, "--scope", "labels:read").exit_code == 2
    assert run("keys", "list").stdout == ""


@pytest.mark.parametrize("expires", ["yesterday", "2020-01-01", "0d"])
def test_a_key_cannot_expire_in_the_past(folder: Path, expires: str) -> None:
    result = run("keys", "create", "--name", "x", "--scope", "labels:read", "--expires", expires)
    assert result.exit_code != 0


def test_the_check_of_the_ledger_prints_its_head_and_says_where_it_breaks(folder: Path) -> None:
    run("keys", "create", "--name", "x", "--scope", "labels:read")
    engine = open_engine(url(folder))
    with writing(engine) as connection:
        key_id = connection.execute(text("SELECT id FROM api_keys")).scalar_one()
        append_many(connection, key_id, 3)
    good = run("ledger", "check")
    head = re.search(r"head (3:[0-9a-f]{64})", good.stdout)
    assert head is not None
    with writing(engine) as connection:
        append(connection, make_entry(key_id, 9))
    later = run("ledger", "check", "--head", head[1])
    other = run("ledger", "check", "--head", f"3:{'0' * 64}")
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER labelings_no_update"))
        connection.execute(text("UPDATE labelings SET provider = 'x' WHERE seq = 2"))
    engine.dispose()
    bad = run("ledger", "check")

    assert (good.exit_code, later.exit_code, other.exit_code, bad.exit_code) == (0, 0, 1, 1)
    assert "broken at 2" in bad.output


def test_a_head_that_is_none_is_refused(folder: Path) -> None:
    assert run("ledger", "check", "--head", "abc").exit_code == 2


def test_a_database_is_upgraded_by_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'other.sqlite3'}")
    behind = run("keys", "list")
    first, second = run("db", "upgrade"), run("db", "upgrade")
    assert (behind.exit_code, "mingbiao db upgrade" in behind.output) == (1, True)
    assert (first.stdout, second.stdout) == ("empty -> 0001\n", "0001 -> 0001\n")
    assert run("keys", "list").exit_code == 0


def test_a_postgresql_database_is_upgraded_from_empty(
    folder: Path, bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings_of(bare_postgres_url, folder)["DATABASE_URL"])
    assert run("db", "upgrade").stdout == "empty -> 0001\n"
    assert run("ledger", "check").exit_code == 0


UNUSABLE = {
    "unreachable": "postgresql://u:geheim@127.0.0.1:1/none",
    "no-port": "postgresql://u:geheim/x@127.0.0.1/none",
    "no-folder": "sqlite:////nowhere/at/all.sqlite3",
    "no-database": "sqlite:////dev/null",
}


@pytest.mark.parametrize("url", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("command", ["keys list", "ledger check", "db upgrade", "db purge", "check"])
def test_a_database_that_cannot_be_used_is_one_line_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str, command: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    result = run(*command.split())
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "geheim" not in result.output


def test_expired_answers_are_purged_by_command(folder: Path) -> None:
    assert run("db", "purge").stdout == "0 deleted\n"


def test_the_check_names_problems_and_what_to_type(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = run("check")
    assert fresh.exit_code == 0
    assert "MINGBIAO_PROVIDER is not set" in fresh.stdout
    assert "development certificate" in fresh.stdout

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'other.sqlite3'}")
    monkeypatch.setenv("MINGBIAO_PROVIDER", "with space")
    broken = run("check")
    assert broken.exit_code == 1
    assert "mingbiao db upgrade" in broken.stdout
    assert "error: MINGBIAO_PROVIDER" in broken.stdout


def test_the_check_says_what_is_not_signed_trusted_or_read(folder: Path) -> None:
    shown = run("check").stdout
    for name in ("MINGBIAO_PROPAGATOR", "MINGBIAO_REPORT_KEY", "MINGBIAO_RECORD_KEY", "MINGBIAO_TRUST_ANCHORS"):
        assert f"note: {name} is not set: " in shown
    assert "openssl genpkey -algorithm ed25519 -out report-key.pem" in shown


def test_the_check_says_whether_visible_labels_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.seeing.available", lambda: False)
    assert "pip install 'mingbiao[ocr]'" in run("check").stdout
    monkeypatch.setenv("MINGBIAO_READ_VISIBLE", "off")
    assert "MINGBIAO_READ_VISIBLE is off" in run("check").stdout
    monkeypatch.setenv("MINGBIAO_READ_VISIBLE", "auto")
    monkeypatch.setattr("app.seeing.available", lambda: True)
    assert "visible label" not in run("check").stdout


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_file_that_cannot_be_used_is_named_before_anything_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MINGBIAO_REPORT_KEY", str(folder / "none.pem"))
    monkeypatch.setenv("MINGBIAO_RECORD_KEYS", str(folder))
    result = run(command)
    assert result.exit_code == 1
    assert f"MINGBIAO_REPORT_KEY: {folder / 'none.pem'}: cannot be read: No such file" in result.output
    assert f"MINGBIAO_RECORD_KEYS: {folder}: cannot be read: Is a directory" in result.output


@pytest.mark.parametrize("port", ["0", "70000"])
def test_serving_on_a_port_that_is_none_is_refused(port: str) -> None:
    assert run("serve", "--port", port).exit_code == 2


def test_settings_that_cannot_be_used_are_all_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGBIAO_THREADS", "none")
    monkeypatch.setenv("MINGBIAO_BOND", "127.0.0.1:1")
    result = run("check")
    assert result.exit_code == 1
    assert "MINGBIAO_THREADS must be" in result.output
    assert "MINGBIAO_BOND is not a setting" in result.output


def test_the_printed_document_is_the_one_that_is_served(client: object) -> None:
    printed = json.loads(run("openapi").stdout)
    served = client.get("/api/v1/openapi.json").get_json()  # type: ignore[attr-defined]
    assert printed == served


def test_the_demonstration_goes_all_the_way(folder: Path) -> None:
    """The real server under gunicorn, over HTTP: two workers, real files."""
    environment = os.environ | {"MINGBIAO_WORKERS": "2"}
    command = [sys.executable, "-m", "app.cli", "demo", "--out", str(folder / "out")]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.count("verdict: conformant (GB 45438-2025); issued here: yes") == 3
    assert shown.stdout.count("answers: found yes, parsed yes, conforms yes, placed yes, integrity absent") == 3
    assert shown.stdout.count("article 6: confirmed, to be shown: ") == 3
    assert shown.stdout.count("The file carries a conforming implicit label") == 3
    assert "the producer's side: Mingbiao-Demo, ProduceID " in shown.stdout
    assert "the platform's side: Mingbiao-Demo-Platform, PropagateID " in shown.stdout
    assert "credentials, one the parent of the other: 2" in shown.stdout
    assert "ledger: 3 rows, the chain holds" in shown.stdout
    written = sorted(path.name for path in (folder / "out").iterdir())
    assert written == ["article.md", "passed-on-photo.jpg", "photo.jpg"]


def test_the_demonstration_fails_where_a_file_is_no_picture(folder: Path) -> None:
    bad = folder / "bad.jpg"
    bad.write_bytes(b"no picture")
    command = [sys.executable, "-m", "app.cli", "demo", "--out", str(folder / "out"), "--photo", str(bad)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert shown.returncode == 10
    assert "media.format_mismatch" in shown.stderr
