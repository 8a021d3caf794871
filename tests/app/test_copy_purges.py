"""Purges of old copies: what goes, what stays, and that the chain still checks."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import clock, copy_log, copy_purges
from app.chain import GENESIS_HASH, Head
from app.copy_check import CopiesReport, check_copies
from app.copy_log import Search
from app.copy_purges import TooYoungError
from app.database import reading, writing
from app.retention import purgeable_before
from tests.app.copy_rows import DAYS, FIRST, STEP, append_copies, labelled, make_copy, purge_before
from tests.app.entries import NOW

MICROSECOND = timedelta(microseconds=1)


def checked(engine: Engine) -> CopiesReport:
    with reading(engine) as connection:
        report = check_copies(connection)
    assert report.whole
    return report


def seqs(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [row.seq for row in copy_log.page(connection, Search(), before=None, size=1000)][::-1]


def test_what_is_older_goes_and_the_chain_still_checks(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        rows = append_copies(connection, key_id, 6)
        purged = purge_before(connection, FIRST + 3 * STEP)

    assert purged is not None
    assert (purged.seq, purged.previous_hash, purged.rows_deleted) == (1, GENESIS_HASH, 3)
    assert (purged.boundary, purged.newest_created_at) == (Head(3, rows[2].row_hash), rows[2].created_at)
    assert (purged.purged_by, purged.created_at) == ("张三", clock.to_text(NOW))
    assert seqs(engine) == [4, 5, 6]
    report = checked(engine)
    assert (report.begin, report.copies.head) == (purged.boundary, Head(6, rows[5].row_hash))


def test_a_second_purge_goes_on_where_the_first_ended(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 6)
        purge_before(connection, FIRST + 2 * STEP)
    with writing(engine) as connection:
        second = purge_before(connection, FIRST + 5 * STEP, by="李四")
    assert second is not None
    assert (second.seq, second.rows_deleted, second.up_to_seq) == (2, 3, 5)
    with reading(engine) as connection:
        assert [(purge.purged_by, purge.rows_deleted) for purge in copy_purges.every(connection)] == [
            ("张三", 2),
            ("李四", 3),
        ]
    assert checked(engine).begin.seq == 5


def test_a_log_that_was_emptied_goes_on(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        rows = append_copies(connection, key_id, 3)
        purge_before(connection, FIRST + 3 * STEP)
    assert (seqs(engine), checked(engine).copies.head) == ([], Head(3, rows[2].row_hash))
    with writing(engine) as connection:
        row = copy_log.append(connection, make_copy(key_id, rows[0].label_id))
    assert (row.seq, row.previous_hash) == (4, rows[2].row_hash)
    assert checked(engine).copies.head.seq == 4


def test_where_nothing_is_old_enough_nothing_is_written_down(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        assert purge_before(connection, FIRST) is None
        append_copies(connection, key_id, 2)
        assert purge_before(connection, FIRST) is None
    assert (seqs(engine), checked(engine).purges.head.seq) == ([1, 2], 0)


def test_only_the_start_of_the_log_goes_where_clocks_differed(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
        for number in (0, 2, 1, 3):
            copy_log.append(connection, make_copy(key_id, label_id, number))
        purged = purge_before(connection, FIRST + 2 * STEP)
    assert purged is not None
    # The third is old enough and stands behind one that is not.
    assert (purged.up_to_seq, seqs(engine)) == (1, [2, 3, 4])
    checked(engine)


def beijing(day: str, time: str = "00:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00").astimezone(UTC)


#: When the copy was recorded, the last moment at which it must stay; all long ago, for the database has a clock too.
EDGES = {
    "plain": ("2023-05-21", "2023-11-22"),
    "month-end": ("2023-03-31", "2023-10-01"),
    "into-february": ("2022-08-31", "2023-03-01"),
    "into-a-leap-february": ("2023-08-31", "2024-03-01"),
    "to-the-day-before-the-leap-day": ("2023-08-28", "2024-02-29"),
    "from-a-leap-day": ("2024-02-29", "2024-08-30"),
}


@pytest.mark.parametrize(("recorded", "over"), EDGES.values(), ids=EDGES)
def test_a_record_of_exactly_six_months_stays_until_its_last_day_is_over(
    engine: Engine, key_id: str, recorded: str, over: str
) -> None:
    moment, end = beijing(recorded, "23:30:00"), beijing(over)
    # As short as the settings allow; six months count where they are longer, the days where these are.
    days = 184
    free = max(end, moment + timedelta(days=days, microseconds=1))
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
        copy_log.append(connection, make_copy(key_id, label_id, created_at=clock.to_text(moment)))

    def purge(now: datetime) -> object:
        with writing(engine) as connection:
            return copy_purges.purge(connection, before=moment + MICROSECOND, now=now, days=days, by="x")

    with pytest.raises(TooYoungError) as refused:
        purge(free - MICROSECOND)
    assert refused.value.latest <= moment
    assert seqs(engine) == [1]
    assert purge(free) is not None
    assert seqs(engine) == []


@pytest.mark.parametrize("rows", [0, 2])
def test_what_must_be_kept_is_refused_whether_there_is_any_or_not(engine: Engine, key_id: str, rows: int) -> None:
    latest = purgeable_before(NOW, DAYS)
    with writing(engine) as connection:
        append_copies(connection, key_id, rows)
    with pytest.raises(TooYoungError, match=clock.to_text(latest)), writing(engine) as connection:
        purge_before(connection, latest + MICROSECOND)
    assert seqs(engine) == [1, 2][:rows]
    with writing(engine) as connection:
        assert (purge_before(connection, latest) is not None) is bool(rows)


def test_rows_that_are_missing_already_are_no_purge(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 4)
    remove_unseen(engine, 2)
    with pytest.raises(copy_purges.BrokenLogError), writing(engine) as connection:
        purge_before(connection, FIRST + 3 * STEP)
    assert seqs(engine) == [1, 3, 4]


def remove_unseen(engine: Engine, seq: int) -> None:
    off = {
        "sqlite": "DROP TRIGGER unlabelled_copies_no_delete",
        "postgresql": "ALTER TABLE unlabelled_copies DISABLE TRIGGER USER",
    }
    with writing(engine) as connection:
        connection.execute(text(off[engine.dialect.name]))
        connection.execute(text(f"DELETE FROM unlabelled_copies WHERE seq = {seq}"))


def test_two_purges_at_once_take_each_row_once(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 6)

    def work(_: int) -> int:
        with writing(engine) as connection:
            purged = purge_before(connection, FIRST + 4 * STEP)
        return purged.rows_deleted if purged else 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 4]
    assert (seqs(engine), checked(engine).purges.head.seq) == ([5, 6], 1)


def test_copies_recorded_during_a_purge_are_kept(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        label_id = append_copies(connection, key_id, 3)[0].label_id
    begun, stop = threading.Event(), threading.Event()

    def record() -> int:
        count = 0
        while not stop.is_set():
            with writing(engine) as connection:
                copy_log.append(connection, make_copy(key_id, label_id, created_at=clock.to_text(NOW)))
            count += 1
            begun.set()
        return count

    with ThreadPoolExecutor(2) as pool:
        recording = [pool.submit(record) for _ in range(2)]
        assert begun.wait(30)
        with writing(engine) as connection:
            purge_before(connection, FIRST + 3 * STEP)
        stop.set()
        recorded = sum(one.result() for one in recording)
    assert len(seqs(engine)) == recorded
    assert checked(engine).begin.seq == 3


PURGER = """
import sys
sys.path.insert(0, sys.argv[2])
from tests.app.copy_rows import FIRST, STEP, purge_before
from app.database import open_engine, writing
engine = open_engine(sys.argv[1])
for number in range(1, 30):
    with writing(engine) as connection:
        purged = purge_before(connection, FIRST + number * STEP / 60)
    print(purged.up_to_seq, flush=True)
"""


def test_a_process_that_is_killed_while_it_purges_leaves_a_chain_that_holds(
    engine: Engine, key_id: str, database_url: str
) -> None:
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
        for number in range(30):
            created_at = clock.to_text(FIRST + number * STEP / 60)
            copy_log.append(connection, make_copy(key_id, label_id, number, created_at=created_at))
    command = [sys.executable, "-c", PURGER, database_url, str(Path(__file__).parents[2])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    promised = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    promised += [line for line in process.stdout.readlines() if line.endswith("\n")]
    process.stdout.close()
    process.wait(30)

    report = checked(engine)
    assert report.begin.seq >= int(promised[-1]) >= 5
    assert seqs(engine) == list(range(report.begin.seq + 1, 31))
