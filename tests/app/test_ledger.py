"""The ledger: appended rows, their chain, and what the databases refuse."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError

from app import chain, ledger
from app.chain import GENESIS_HASH, Head
from app.database import open_engine, reading, writing
from app.ledger import LEDGER, Search
from app.ledger_check import check_chain
from app.tables import labelings
from tests.app.entries import append_many, make_entry

THREADS = 8
APPENDS = 15


def whole(engine: Engine) -> Head:
    """The head of a chain that must hold."""
    with reading(engine) as connection:
        report = check_chain(connection)
    assert report.broken is None
    return report.head


def test_an_empty_ledger_holds(engine: Engine) -> None:
    assert whole(engine) == Head(0, GENESIS_HASH)


def test_a_row_holds_the_hash_of_the_row_before_it(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        first = ledger.append(connection, make_entry(key_id, 1))
        second = ledger.append(connection, make_entry(key_id, 2))

    assert (first.seq, first.previous_hash) == (1, GENESIS_HASH)
    assert (second.seq, second.previous_hash) == (2, first.row_hash)
    assert whole(engine) == Head(2, second.row_hash)


def test_a_row_reads_back_as_it_was_written(engine: Engine, key_id: str) -> None:
    entry = make_entry(key_id, 7, provider='引号" 反斜\\ \U0001f600', record=None, visible=None)
    with writing(engine) as connection:
        row = ledger.append(connection, entry)

    with reading(engine) as connection:
        assert ledger.find(connection, entry.id) == row
        assert ledger.find(connection, "no-such-id") is None


def test_an_append_that_is_rolled_back_leaves_nothing(engine: Engine, key_id: str) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            ledger.append(connection, make_entry(key_id))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert whole(engine).seq == 0


def test_threads_append_without_losing_a_row(engine: Engine, key_id: str) -> None:
    def work(thread: int) -> None:
        for number in range(APPENDS):
            with writing(engine) as connection:
                ledger.append(connection, make_entry(key_id, thread * APPENDS + number))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))

    assert whole(engine).seq == THREADS * APPENDS
    with reading(engine) as connection:
        rows = ledger.page(connection, Search(), before=None, size=THREADS * APPENDS + 1)
    assert {row.produce_id for row in rows} == {f"p-{number}" for number in range(THREADS * APPENDS)}


APPENDER = """
import sys
sys.path.insert(0, sys.argv[3])
from tests.app.entries import make_entry
from app import ledger
from app.database import open_engine, writing
engine = open_engine(sys.argv[1])
number = 0
while True:
    with writing(engine) as connection:
        row = ledger.append(connection, make_entry(sys.argv[2], number))
    print(row.seq, row.row_hash, flush=True)
    number += 1
"""


def test_processes_that_are_killed_while_they_append_leave_a_chain_that_holds(
    engine: Engine, key_id: str, database_url: str
) -> None:
    command = [sys.executable, "-c", APPENDER, database_url, key_id, str(Path(__file__).parents[2])]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    promised = []
    for process in processes:
        assert process.stdout is not None
        promised += [process.stdout.readline() for _ in range(20)]
    for process in processes:
        assert process.stdout is not None
        process.send_signal(signal.SIGKILL)
        promised += process.stdout.readlines()
        process.stdout.close()
        process.wait(30)
    # A line may have been cut in the middle.
    promised = [line.split() for line in promised if line.endswith("\n")]

    head = whole(engine)
    assert head.seq >= len(promised) >= 40
    with reading(engine) as connection:
        rows = ledger.page(connection, Search(), before=None, size=head.seq)
    stored = {str(row.seq): row.row_hash for row in rows}
    assert all(stored[seq] == row_hash for seq, row_hash in promised)


REFUSED = {
    "update": "UPDATE labelings SET provider = 'x' WHERE seq = 1",
    "delete": "DELETE FROM labelings WHERE seq = 2",
    "head-back": "UPDATE ledger_head SET seq = seq - 1",
    "head-jump": "UPDATE ledger_head SET seq = seq + 2",
    "head-delete": "DELETE FROM ledger_head",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_database_refuses_to_change_the_ledger(engine: Engine, key_id: str, statement: str) -> None:
    with writing(engine) as connection:
        append_many(connection, key_id, 2)
    before = whole(engine)

    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.execute(text(statement))

    assert whole(engine) == before


def test_sqlite_refuses_to_replace_a_row(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO api_keys VALUES ('k', 'n', 'h', '', 't', NULL, NULL, NULL)"))
        row = ledger.append(connection, make_entry("k", 1))
    forged = {column.name: getattr(row, column.name) for column in labelings.columns}

    for changes in ({"provider": "x"}, {"seq": 2, "provider": "x"}):
        statement = insert(labelings).prefix_with("OR REPLACE").values(forged | changes)
        with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
            connection.execute(statement)
    assert whole(engine).seq == 1
    engine.dispose()


def test_postgresql_refuses_to_truncate(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    for table in ("labelings", "ledger_head", "unlabelled_copies", "copies_head", "copy_purges", "purges_head"):
        with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
    engine.dispose()


def test_pages_do_not_shift_when_rows_are_added(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_many(connection, key_id, 5)
    with reading(engine) as connection:
        first = ledger.page(connection, Search(), before=None, size=2)
    with writing(engine) as connection:
        append_many(connection, key_id, 3)
    with reading(engine) as connection:
        second = ledger.page(connection, Search(), before=first[-1].seq, size=10)

    assert [row.seq for row in first + second] == [5, 4, 3, 2, 1]


FILTERS = {
    "produce-id": (Search(produce_id="p-3"), [4]),
    "input": (Search(input_sha256=f"{2:064x}"), [3]),
    "output": (Search(output_sha256=f"{2:064x}"), [2]),
    "since": (Search(since=datetime(2026, 11, 21, 12, 0, 3, tzinfo=UTC)), [5, 4]),
    "until": (Search(until=datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)), [1]),
    "both": (Search(produce_id="p-3", input_sha256=f"{2:064x}"), []),
}


@pytest.mark.parametrize(("search", "found"), FILTERS.values(), ids=FILTERS)
def test_rows_are_found_by(engine: Engine, key_id: str, search: Search, found: list[int]) -> None:
    with writing(engine) as connection:
        append_many(connection, key_id, 5)
    with reading(engine) as connection:
        assert [row.seq for row in ledger.page(connection, search, before=None, size=10)] == found


def test_a_reader_sees_one_state_while_a_writer_appends(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_many(connection, key_id, 3)
    with reading(engine) as reader:
        assert LEDGER.read_head(reader).seq == 3
        writer = threading.Thread(target=_append_one, args=(engine, key_id))
        writer.start()
        writer.join(30)
        assert not writer.is_alive()
        assert check_chain(reader).head.seq == 3
    assert whole(engine).seq == 4


def _append_one(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        ledger.append(connection, make_entry(key_id, 99))


@given(st.dictionaries(st.sampled_from(["a", "b", "seq"]), st.none() | st.integers() | st.text(max_size=20)))
@settings(max_examples=100, deadline=None)
def test_canonical_json_is_json_and_has_one_form(values: dict[str, object]) -> None:
    try:
        written = chain.canonical(values)
    except UnicodeEncodeError:
        # A lone surrogate: the schemas let none in.
        return
    assert json.loads(written) == values
    assert chain.canonical(dict(reversed(values.items()))) == written


def test_canonical_json_escapes_as_rfc_8785_does() -> None:
    # RFC 8785, 3.2.2.2: the two-character escapes, \u00xx in lower case for other controls, everything else as it is.
    assert chain.canonical({"a": '\b\t\n\f\r"\\/\x0f\x7f€\U0001f600', "B": 2**53}) == (
        '{"B":9007199254740992,"a":"\\b\\t\\n\\f\\r\\"\\\\/\\u000f\x7f€\U0001f600"}'.encode()
    )
