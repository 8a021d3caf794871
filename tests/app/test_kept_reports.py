"""The table of kept reports, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from app import kept_reports, ledger
from app.database import reading, writing
from app.kept_reports import KeptReport, Search


def make_report(key_id: str, number: int = 0, **changes: object) -> KeptReport:
    values = {
        "id": ledger.new_id(),
        "created_at": f"2026-11-21T12:00:{number % 60:02}.000000Z",
        "api_key_id": key_id,
        "sha256": f"{number:064x}",
        "bytes": 2**33 + number,
        "verdict": "conformant",
        "format": "png",
        "article6": "confirmed",
        "report": '{"summary":{"zh":"“文件”\\u0000"}}',
        "signature": None,
    }
    return KeptReport(**(values | changes))  # type: ignore[arg-type]


def store(engine: Engine, *kept: KeptReport) -> None:
    with writing(engine) as connection:
        for one in kept:
            kept_reports.keep(connection, one)


def test_a_report_reads_back_as_it_was_kept(engine: Engine, key_id: str) -> None:
    signed = make_report(key_id, 1, signature="a..b")
    bare = make_report(key_id, 2, format=None)
    store(engine, signed, bare)
    with reading(engine) as connection:
        assert kept_reports.find(connection, signed.id) == signed
        assert kept_reports.find(connection, bare.id) == bare
        assert kept_reports.find(connection, "0" * 32) is None


def test_a_list_says_which_reports_are_signed_and_leaves_the_reports_out(engine: Engine, key_id: str) -> None:
    store(engine, make_report(key_id, 1, signature="a..b"), make_report(key_id, 2))
    with reading(engine) as connection:
        rows = kept_reports.page(connection, Search(), before=None, size=10)
    assert [(row.bytes, row.signed) for row in rows] == [(2**33 + 2, False), (2**33 + 1, True)]
    assert not hasattr(rows[0], "report")


def test_pages_do_not_shift_when_reports_are_added(engine: Engine, key_id: str) -> None:
    store(engine, *(make_report(key_id, number) for number in range(4)))
    with reading(engine) as connection:
        first = kept_reports.page(connection, Search(), before=None, size=2)
    store(engine, make_report(key_id, 9))
    with reading(engine) as connection:
        second = kept_reports.page(connection, Search(), before=first[-1].seq, size=2)
    assert [row.sha256[-1] for row in (*first, *second)] == ["3", "2", "1", "0"]


MOMENT = datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)
SEARCHES = {
    "sha256": (Search(sha256=f"{1:064x}"), [1]),
    "verdict": (Search(verdict="not_found"), [2]),
    "since": (Search(since=MOMENT), [2, 1]),
    "until": (Search(until=MOMENT), [0]),
    "both": (Search(verdict="not_found", until=MOMENT), []),
}


@pytest.mark.parametrize(("search", "numbers"), SEARCHES.values(), ids=SEARCHES)
def test_reports_are_found_by_what_is_known_of_them(
    engine: Engine, key_id: str, search: Search, numbers: list[int]
) -> None:
    kept = [make_report(key_id, number) for number in range(3)]
    store(engine, *kept[:2], replace(kept[2], verdict="not_found"))
    with reading(engine) as connection:
        rows = kept_reports.page(connection, search, before=None, size=10)
    assert [row.id for row in rows] == [kept[number].id for number in numbers]


def test_a_report_belongs_to_a_key(engine: Engine, key_id: str) -> None:
    with pytest.raises(IntegrityError):
        store(engine, make_report("nobody"))
