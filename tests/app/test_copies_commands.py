"""`mingbiao copies` and what `mingbiao ledger check` says of them."""

from __future__ import annotations

import csv
import getpass
import io
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from app import clock, copy_log, keys
from app.cli import root
from app.config import SETTINGS
from app.copy_log import Search
from app.database import open_engine, reading, writing
from app.keys import Scope
from app.retention import purgeable_before
from tests.app.copy_rows import labelled, make_copy
from tests.app.entries import NOW, settings_of

OLD = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture
def engine(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that the commands use: two old copies and a new one."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    for name, value in settings_of(database_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    engine = open_engine(database_url)
    with writing(engine) as connection:
        key, _ = keys.create(connection, "test", {Scope.COPIES_WRITE}, now=NOW)
        label_id = labelled(connection, key.id)
        for number, moment in enumerate((OLD, OLD + timedelta(hours=1), datetime.now(UTC))):
            copy = make_copy(key.id, label_id, number, created_at=clock.to_text(moment))
            copy_log.append(connection, copy)
    yield engine
    engine.dispose()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, arguments)


def seqs(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [row.seq for row in copy_log.page(connection, Search(), before=None, size=100)][::-1]


def test_what_is_old_is_purged_and_the_chain_still_checks(engine: Engine) -> None:
    before = (datetime.now(UTC) - timedelta(days=380)).date().isoformat()
    done = run("copies", "purge", "--before", before, "--by", "张三")
    assert (done.exit_code, done.stdout) == (0, "2 deleted, up to row 2; purge 1 by 张三\n")
    assert seqs(engine) == [3]
    again = run("copies", "purge", "--before", before)
    assert (again.exit_code, again.stdout) == (0, "0 deleted\n")

    checked = run("ledger", "check")
    assert checked.exit_code == 0
    assert "copies: the chain holds: 1 rows, 2 purged before them" in checked.stdout
    assert "purges: the chain holds: 1 rows" in checked.stdout
    listed = run("copies", "purges").stdout.splitlines()
    assert len(listed) == 1
    assert "2 rows up to 2, recorded before " in listed[0]
    assert listed[0].endswith("  张三")


def test_a_purge_is_by_whoever_runs_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (datetime.now(UTC) - timedelta(days=380)).date().isoformat()
    monkeypatch.setattr(getpass, "getuser", lambda: "ops")
    assert run("copies", "purge", "--before", before).stdout.endswith("purge 1 by ops\n")


def test_a_user_without_a_name_must_give_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nobody)
    refused = run("copies", "purge", "--before", "2020-01-01")
    assert (refused.exit_code, "--by" in refused.output) == (2, True)


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\x1b[31mred"], ids=["empty", "blank", "lines", "escape"])
def test_who_decided_has_a_name_that_can_be_shown(engine: Engine, name: str) -> None:
    assert run("copies", "purge", "--before", "2020-01-01", "--by", name).exit_code == 2


@pytest.mark.parametrize("days", [0, 1, 183, 365])
def test_what_is_younger_than_the_retention_is_refused(engine: Engine, days: int) -> None:
    before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    refused = run("copies", "purge", "--before", before)
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    assert "must be kept" in refused.output
    assert "kept for 366 days, and for 6 months in any case" in refused.output
    assert seqs(engine) == [1, 2, 3]


def test_the_retention_may_be_shorter_and_six_months_stay(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGBIAO_COPY_RETENTION_DAYS", "184")
    latest = purgeable_before(datetime.now(UTC), 184)
    assert run("copies", "purge", "--before", (latest + timedelta(hours=1)).isoformat()).exit_code == 1
    assert seqs(engine) == [1, 2, 3]
    assert run("copies", "purge", "--before", latest.isoformat()).exit_code == 0
    assert seqs(engine) == [3]
    monkeypatch.setenv("MINGBIAO_COPY_RETENTION_DAYS", "183")
    assert "MINGBIAO_COPY_RETENTION_DAYS must be" in run("copies", "purge", "--before", "2020-01-01").output


@pytest.mark.parametrize("before", ["yesterday", "2026-02-30", "366d", ""])
def test_a_date_that_is_none_is_refused(engine: Engine, before: str) -> None:
    assert run("copies", "purge", "--before", before).exit_code == 2


def tamper(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE unlabelled_copies DISABLE TRIGGER USER"))
        else:
            for name in ("unlabelled_copies_no_update", "unlabelled_copies_no_delete"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE unlabelled_copies SET recipient = 'x' WHERE seq = 2", 2),
        ("DELETE FROM unlabelled_copies WHERE seq = 1", 1),
    ],
    ids=["altered", "deleted"],
)
def test_a_broken_chain_is_told_and_not_purged(engine: Engine, statement: str, seq: int) -> None:
    tamper(engine, statement)
    left = seqs(engine)
    checked = run("ledger", "check")
    assert checked.exit_code == 1
    assert f"copies: the chain is broken at {seq}: " in checked.output
    assert "\nthe chain holds: 1 rows" in checked.output
    before = (datetime.now(UTC) - timedelta(days=380)).date().isoformat()
    refused = run("copies", "purge", "--before", before)
    assert (refused.exit_code, "nothing was deleted, the chain is broken" in refused.output) == (1, True)
    assert seqs(engine) == left


def test_heads_noted_earlier_are_compared(engine: Engine) -> None:
    shown = run("ledger", "check").stdout.splitlines()
    copies_head = next(line.split()[-1] for line in shown if line.startswith("copies: head "))
    assert copies_head.startswith("3:")
    assert run("ledger", "check", "--copies-head", copies_head).exit_code == 0
    assert run("ledger", "check", "--copies-head", f"3:{'0' * 64}").exit_code == 1
    assert run("ledger", "check", "--purges-head", f"1:{'0' * 64}").exit_code == 1
    run("copies", "purge", "--before", (datetime.now(UTC) - timedelta(days=380)).isoformat())
    purged = run("ledger", "check", "--copies-head", f"1:{'0' * 64}")
    assert (purged.exit_code, "row 1 was purged since" in purged.stderr) == (0, True)


def test_the_export_is_written_to_standard_output(engine: Engine) -> None:
    shown = run("copies", "export")
    rows = list(csv.DictReader(io.StringIO(shown.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert shown.exit_code == 0
    assert [row["seq"] for row in rows] == ["1", "2", "3"]


def test_the_export_of_some_is_written_to_a_file_for_its_owner_alone(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "copies.jsonl"
    options = ("--recipient", "用户-1", "--from", "2020-01-01", "--to", datetime.now(UTC).isoformat())
    assert run("copies", "export", "--format", "jsonl", "--out", str(target), *options).exit_code == 0
    assert [json.loads(line)["seq"] for line in target.read_bytes().splitlines()] == [2]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    again = run("copies", "export", "--out", str(target))
    assert (again.exit_code, "File exists" in again.output) == (1, True)
    nowhere = run("copies", "export", "--out", str(tmp_path / "none" / "a.csv"))
    assert (nowhere.exit_code, "No such file" in nowhere.output) == (1, True)


@pytest.mark.parametrize("option", ["--recipient", "--label-id"])
def test_what_is_not_utf_8_is_refused(engine: Engine, option: str) -> None:
    assert run("copies", "export", option, "\udcff").exit_code == 2


def test_an_export_that_fails_leaves_no_file(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE unlabelled_copies RENAME TO hidden"))
    target = tmp_path / "copies.csv"
    failed = run("copies", "export", "--out", str(target))
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO unlabelled_copies"))
    assert (failed.exit_code, "the database cannot be used" in failed.output) == (1, True)
    assert not target.exists()
