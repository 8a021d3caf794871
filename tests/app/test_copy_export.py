"""The log of unlabelled copies as a file: what a spreadsheet opens, and what a program reads back."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from app import clock, copy_export, copy_log
from app.copy_export import COLUMNS, CSV, FORMS, JSON_LINES
from app.copy_log import COPIES, Search
from app.database import writing
from tests.app.copy_rows import FIRST, append_copies, labelled, make_copy

DAYS = 366


def exported(engine: Engine, form: copy_export.ExportForm = CSV, search: Search | None = None) -> bytes:
    return b"".join(copy_export.stream(engine, search or Search(), DAYS, form))


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def written(value: str | None) -> str:
    """One cell as a spreadsheet reads it."""
    [[cell]] = cells(CSV.write([{"note": value}]))
    return cell


RISKY = {
    "equals": "=1+1",
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(A1)",
    "full-width-equals": "＝1+1",
    "full-width-plus": "＋1",
    "full-width-minus": "－1",
    "full-width-at": "＠SUM",
    "tab": "\t=1",
    "carriage-return": "\r=1",
    "line-feed": "\n=1",
    "space": " =1",
    "wide-space": "\u3000=1",
    "exchange": "=cmd|' /c calc'!\"A0\"",
    "quote": "'s-Hertogenbosch",
}


@pytest.mark.parametrize("value", RISKY.values(), ids=RISKY)
def test_no_cell_is_a_formula(value: str) -> None:
    assert written(value) == "'" + value


@pytest.mark.parametrize("value", ["", "张三", "a=1", '"', 'a","b', "1-2", "a\nb", "O'Brien", "\ufeffa"])
def test_other_cells_are_as_they_are(value: str) -> None:
    assert written(value) == value


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
@settings(max_examples=300, deadline=None)
def test_taking_one_mark_away_gives_the_value_back(value: str) -> None:
    cell = written(value)
    assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert cell.removeprefix("'") == value


def test_nothing_is_an_empty_cell() -> None:
    assert written(None) == ""


def test_the_file_has_a_mark_a_head_and_a_line_for_each_copy_oldest_first(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        rows = append_copies(connection, key_id, 3)
    data = exported(engine)
    assert data.startswith(b'\xef\xbb\xbf"seq","id"')
    assert data.count(b"\r\n") == 4
    head, *lines = cells(data)
    assert tuple(head) == COLUMNS
    assert [line[0] for line in lines] == ["1", "2", "3"]
    first = dict(zip(head, lines[0], strict=True))
    assert first["retained_until"] == clock.to_text(FIRST + timedelta(days=DAYS))
    assert (first["recipient"], first["row_hash"], first["produce_id"]) == ("用户-0", rows[0].row_hash, "p-0")


@pytest.mark.parametrize(("form", "empty"), [(CSV, CSV.head), (JSON_LINES, b"")], ids=FORMS)
def test_an_export_of_nothing_is_a_head_alone(engine: Engine, form: copy_export.ExportForm, empty: bytes) -> None:
    assert exported(engine, form) == empty


def test_json_lines_hold_the_values_exactly_and_their_hash(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        label_id = labelled(connection, key_id)
        copy = make_copy(key_id, label_id, recipient="=1+1", note='引号" \\ \U0001f600\u2028')
        row = copy_log.append(connection, copy)
    [line] = exported(engine, JSON_LINES).splitlines()
    read = json.loads(line)
    assert tuple(read) == COLUMNS
    assert {name: read[name] for name in copy_log.Row.__dataclass_fields__} == {
        name: getattr(row, name) for name in copy_log.Row.__dataclass_fields__
    }
    # Whoever has the file can check the chain.
    assert COPIES.row_hash(read) == read["row_hash"]


def test_an_export_may_be_of_some(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 3)
    lines = exported(engine, JSON_LINES, Search(recipient="用户-1")).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [2]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_many_copies_are_sent_in_pieces_of_bounded_size(
    engine: Engine, key_id: str, form: copy_export.ExportForm
) -> None:
    with writing(engine) as connection:
        append_copies(connection, key_id, 2 * copy_log.BATCH + 1)
    pieces = list(copy_export.stream(engine, Search(), DAYS, form))
    assert [piece.count(b"\n") for piece in pieces] == [
        copy_log.BATCH + bool(form.head),
        copy_log.BATCH,
        1,
    ]
