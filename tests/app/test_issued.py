"""What the ledger knows of a file that was verified, on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from app import ledger
from app.database import reading, writing
from app.issued import Issued, look_up
from labeling.model import AigcRecord
from labeling.record import to_fields, to_json
from tests.app.entries import make_entry

OURS = AigcRecord("1", "Example-AI", "p-1", "", "Example-AI", "p-1")
PASSED_ON = AigcRecord("1", "Example-AI", "p-1", "", "Platform", "x-1")
NOWHERE = "f" * 64


def report_about(*records: AigcRecord | None, sha256: str = NOWHERE) -> dict[str, object]:
    """As much of a report document as is looked at."""
    sites = [{"record": None if record is None else to_fields(record)} for record in records]
    return {"input": {"sha256": sha256, "bytes": 1}, "sites": sites}


def entry(key_id: str, number: int, kind: str, record: AigcRecord) -> ledger.Entry:
    numbers = {"produce_id": record.produce_id, "provider": record.content_producer}
    return make_entry(key_id, number, kind=kind, record=to_json(record), **numbers)


def known(engine: Engine, report: dict[str, object], *entries: ledger.Entry) -> Issued:
    with writing(engine) as connection:
        for one in entries:
            ledger.append(connection, one)
    with reading(engine) as connection:
        return look_up(connection, report)


LEDGERS = {
    "labelled": ([("labelling", OURS)], OURS, True),
    "labelled-and-passed-on": ([("labelling", OURS), ("propagation", PASSED_ON)], PASSED_ON, True),
    "labelled-and-passed-on-elsewhere": ([("labelling", OURS)], PASSED_ON, False),
    "passed-on-only": ([("propagation", PASSED_ON)], PASSED_ON, False),
    "unknown": ([], OURS, False),
}


@pytest.mark.parametrize(("rows", "record", "here"), LEDGERS.values(), ids=LEDGERS)
def test_a_number_was_issued_by_labelling_and_its_record_is_as_it_was_written(
    engine: Engine, key_id: str, rows: list[tuple[str, AigcRecord]], record: AigcRecord, here: bool
) -> None:
    entries = [entry(key_id, number, kind, one) for number, (kind, one) in enumerate(rows)]
    found = known(engine, report_about(record), *entries)
    assert found.here is here
    assert found.by_produce_id == tuple(one.id for one in reversed(entries))


def test_both_hashes_of_a_row_are_known(engine: Engine, key_id: str) -> None:
    one = make_entry(key_id, 7)
    assert known(engine, report_about(sha256=one.input_sha256), one).by_sha256 == (one.id,)
    assert known(engine, report_about(sha256=one.output_sha256)).by_sha256 == (one.id,)
    assert known(engine, report_about()) == Issued((), (), False)


SITES = {
    "twice-the-same": ([OURS, OURS], True),
    "two-that-differ": ([OURS, PASSED_ON], False),
    "one-that-is-unreadable": ([OURS, None], False),
    "unreadable": ([None], False),
}


@pytest.mark.parametrize(("records", "here"), SITES.values(), ids=SITES)
def test_a_file_with_another_record_was_not_issued_here(
    engine: Engine, key_id: str, records: list[AigcRecord | None], here: bool
) -> None:
    assert known(engine, report_about(*records), entry(key_id, 1, "labelling", OURS)).here is here


@pytest.mark.parametrize("value", ["\0", "\ud800", "有空格 ", "x" * 60_000], ids=["nul", "surrogate", "space", "long"])
def test_a_value_that_no_label_can_have_is_not_found(engine: Engine, key_id: str, value: str) -> None:
    hostile = AigcRecord("1", value, value)
    assert known(engine, report_about(hostile), make_entry(key_id, 1)).by_produce_id == ()


def test_a_file_of_a_thousand_records_is_looked_up_a_few_times(
    engine: Engine, key_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(ledger, "rows_by_produce_id", lambda _c, _p, number, **_: asked.append(number) or [])
    records = [AigcRecord("1", "Example-AI", f"p-{number}") for number in range(1000)]
    assert known(engine, report_about(*records)).here is False
    assert len(asked) == 8


def test_a_row_without_a_record_is_no_record_s_origin(engine: Engine, key_id: str) -> None:
    plain = make_entry(key_id, 1, produce_id="p-1", record=None)
    found = known(engine, report_about(OURS), plain)
    assert (found.by_produce_id, found.here) == ((plain.id,), False)
    assert json.loads(to_json(OURS)) == to_fields(OURS)
