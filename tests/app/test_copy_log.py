"""The log of unlabelled copies: appended rows, their chain, and what the databases refuse."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError

from app import clock, copy_log, keys
from app.chain import GENESIS, GENESIS_HASH, Head
from app.copy_check import check_copies
from app.copy_log import Search
from app.database import open_engine, reading, writing
from app.keys import Scope
from app.tables import unlabelled_copies
from tests.app.copy_rows import FIRST, STEP, append_copies, labelled, make_copy
from tests.app.entries import NOW

THREADS = 8
APPENDS = 15


def whole(engine: Engine) -> Head:
    """The head of a log that must hold."""
    with reading(engine) as connection:
        report = check_copies(connection)
    assert report.whole
    return report.copies.head


def test_an_empty_log_holds(engine: Engine) -> None:
    assert whole(engine) == GENESIS


def test_a_row_holds_the_hash_of_the_row_before_it(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        first, second = append_copies(connection, key_id, 2)

    assert (first.seq, first.previous_hash) == (1, GENESIS_HASH)
    assert (second.seq, second.previous_hash) == (2, first.row_hash)
    assert whole(engine) == Head(2, second.row_hash)


def test_a_row_reads_back_as_it_was_written(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        copy = make_copy(key_id, labelled(connection, key_id), 7, recipient='引号" 反斜\\ \U0001f600', note="=1")
        row = copy_log.append(connection, copy)

    with reading(engine) as connection:
        assert copy_log.find(connection, copy.id) == row
        assert copy_log.find(connection, "no-such-id") is None


def test_a_copy_of_a_label_that_does_not_exist_is_refused(engine: Engine, key_id: str) -> None:
    with pytest.raises(DBAPIError), writing(engine) as connection:
        copy_log.append(connection, make_copy(key_id, "0" * 32))
    assert whole(engine) == GENESIS


def test_threads_append_without_losing_a_row(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)

    def work(thread: int) -> None:
        for number in range(APPENDS):
            with writing(engine) as connection:
                copy_log.append(connection, make_copy(key_id, label_id, thread * APPENDS + number))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))

    assert whole(engine).seq == THREADS * APPENDS
    with reading(engine) as connection:
        rows = copy_log.page(connection, Search(), before=None, size=THREADS * APPENDS + 1)
    assert {row.recipient for row in rows} == {f"用户-{number}" for number in range(THREADS * APPENDS)}


APPENDER = """
import sys
sys.path.insert(0, sys.argv[4])
from tests.app.copy_rows import make_copy
from app import copy_log
from app.database import open_engine, writing
engine = open_engine(sys.argv[1])
while True:
    with writing(engine) as connection:
        row = copy_log.append(connection, make_copy(sys.argv[2], sys.argv[3]))
    print(row.seq, row.row_hash, flush=True)
"""


def test_processes_that_are_killed_while_they_append_leave_a_chain_that_holds(
    engine: Engine, key_id: str, database_url: str
) -> None:
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
    command = [sys.executable, "-c", APPENDER, database_url, key_id, label_id, str(Path(__file__).parents[2])]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    promised = []
    for process in processes:
        assert process.stdout is not None
        promised += [process.stdout.readline() for _ in range(10)]
    for process in processes:
        assert process.stdout is not None
        process.send_signal(signal.SIGKILL)
        promised += process.stdout.readlines()
        process.stdout.close()
        process.wait(30)
    # A line may have been cut in the middle.
    promised = [line.split() for line in promised if line.endswith("\n")]

    head = whole(engine)
    assert head.seq >= len(promised) >= 20
    with reading(engine) as connection:
        rows = copy_log.page(connection, Search(), before=None, size=head.seq)
    stored = {str(row.seq): row.row_hash for row in rows}
    assert all(stored[seq] == row_hash for seq, row_hash in promised)


REFUSED = {
    "update": "UPDATE unlabelled_copies SET recipient = 'x' WHERE seq = 1",
    "delete": "DELETE FROM unlabelled_copies WHERE seq = 2",
    "delete-first": "DELETE FROM unlabelled_copies WHERE seq = 1",
    "delete-all": "DELETE FROM unlabelled_copies",
    "head-back": "UPDATE copies_head SET seq = seq - 1",
    "head-jump": "UPDATE copies_head SET seq = seq + 2",
    "head-delete": "DELETE FROM copies_head",
    "purges-head-jump": "UPDATE purges_head SET seq = seq + 2",
    "purges-head-delete": "DELETE FROM purges_head",
    "purge-out-of-turn": "INSERT INTO copy_purges VALUES (2, 'i', 't', 'b', 'c', 2, 'n', 2, 'h', 'p', 'r')",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_database_refuses_to_change_the_log(engine: Engine, key_id: str, statement: str) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 2)
    before = whole(engine)

    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.execute(text(statement))

    assert whole(engine) == before


FORGED_PURGE = "INSERT INTO copy_purges VALUES (1, 'i', 't', 'b', 'c', 9, 'n', 9, 'h', 'p', 'r')"


def test_the_database_does_not_let_young_rows_go_whatever_a_purge_says(engine: Engine, key_id: str) -> None:
    now = datetime.now(UTC)
    ages = {"young": now - timedelta(days=183), "old": now - timedelta(days=185)}
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
        for name, moment in ages.items():
            copy = make_copy(key_id, label_id, recipient=name, created_at=clock.to_text(moment))
            copy_log.append(connection, copy)
        connection.execute(text(FORGED_PURGE))

    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.execute(text("DELETE FROM unlabelled_copies WHERE recipient = 'young'"))
    with writing(engine) as connection:
        assert connection.execute(text("DELETE FROM unlabelled_copies WHERE recipient = 'old'")).rowcount == 1


def test_sqlite_refuses_to_replace_a_row(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with writing(engine) as connection:
        key, _ = keys.create(connection, "k", {Scope.COPIES_WRITE}, now=NOW)
        [row] = append_copies(connection, key.id, 1)
    forged = {column.name: getattr(row, column.name) for column in unlabelled_copies.columns}

    for changes in ({"recipient": "x"}, {"seq": 2, "recipient": "x"}):
        statement = insert(unlabelled_copies).prefix_with("OR REPLACE").values(forged | changes)
        with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
            connection.execute(statement)
    assert whole(engine).seq == 1
    engine.dispose()


FILTERS = {
    "recipient": (Search(recipient="用户-3"), [4]),
    "since": (Search(since=FIRST + 3 * STEP), [5, 4]),
    "until": (Search(until=FIRST + STEP), [1]),
    "both": (Search(recipient="用户-3", until=FIRST + STEP), []),
    "unknown-label": (Search(label_id="0" * 32), []),
}


@pytest.mark.parametrize(("search", "found"), FILTERS.values(), ids=FILTERS)
def test_rows_are_found_by(engine: Engine, key_id: str, search: Search, found: list[int]) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 5)
    with reading(engine) as connection:
        assert [row.seq for row in copy_log.page(connection, search, before=None, size=10)] == found
        batches = list(copy_log.batches(connection, search))
    assert [row["seq"] for batch in batches for row in batch] == found[::-1]


def test_all_rows_are_walked_in_batches_with_what_the_ledger_says(
    engine: Engine, key_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_log, "BATCH", 2)
    with writing(engine) as connection:
        rows = append_copies(connection, key_id, 5)
    with reading(engine) as connection:
        batches = list(copy_log.batches(connection, Search(label_id=rows[0].label_id)))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert {row["produce_id"] for batch in batches for row in batch} == {"p-0"}
