"""What the check notices when the triggers are dropped and rows are tampered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, delete, select, text, update

from app.chain import Head
from app.database import reading, writing
from app.ledger import LEDGER
from app.ledger_check import Broken, Fault, check_chain
from app.tables import labelings, ledger_head
from tests.app.entries import append_many

ROWS = 6

TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {name}"
        for name in (
            "labelings_no_update",
            "labelings_no_delete",
            "labelings_only_append",
            "ledger_head_no_delete",
            "ledger_head_no_insert",
            "ledger_head_one_step",
        )
    ],
    "postgresql": ["ALTER TABLE labelings DISABLE TRIGGER USER", "ALTER TABLE ledger_head DISABLE TRIGGER USER"],
}


@pytest.fixture
def attacked(engine: Engine, key_id: str) -> Iterator[Connection]:
    """A ledger of six rows whose triggers somebody has dropped."""
    with writing(engine) as connection:
        append_many(connection, key_id, ROWS)
    with writing(engine) as connection:
        for statement in TRIGGERS[engine.dialect.name]:
            connection.execute(text(statement))
        yield connection


def alter(column: str, value: object, seq: int = 3) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(
        update(labelings).where(labelings.c.seq == seq).values({column: value})
    )


def remove(*seqs: int) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(delete(labelings).where(labelings.c.seq.in_(seqs)))


def swap(connection: Connection) -> None:
    for old, new in ((2, 100), (3, 2), (100, 3)):
        connection.execute(update(labelings).where(labelings.c.seq == old).values(seq=new))


def forge_row(connection: Connection) -> None:
    """Change a row and give it the hash that fits."""
    row = dict(connection.execute(select(labelings).where(labelings.c.seq == 3)).mappings().one())
    row["provider"] = "Somebody-Else"
    row["row_hash"] = LEDGER.row_hash(row)
    connection.execute(update(labelings).where(labelings.c.seq == 3).values(row))


def renumber(connection: Connection) -> None:
    """Take a row out and close the gap, without the hashes."""
    remove(3)(connection)
    for seq in range(4, ROWS + 1):
        connection.execute(update(labelings).where(labelings.c.seq == seq).values(seq=seq - 1))


ATTACKS: dict[str, tuple[Callable[[Connection], object], Broken]] = {
    "text": (alter("provider", "Somebody-Else"), Broken(3, Fault.ALTERED)),
    "null": (alter("record", None), Broken(3, Fault.ALTERED)),
    "number": (alter("output_bytes", 1), Broken(3, Fault.ALTERED)),
    "time": (alter("created_at", "2020-01-01T00:00:00.000000Z"), Broken(3, Fault.ALTERED)),
    "hash": (alter("row_hash", "f" * 64), Broken(3, Fault.ALTERED)),
    "last-row": (alter("provider", "Somebody-Else", ROWS), Broken(ROWS, Fault.ALTERED)),
    "forged-row": (forge_row, Broken(4, Fault.UNLINKED)),
    "first-deleted": (remove(1), Broken(1, Fault.MISSING)),
    "middle-deleted": (remove(3, 4), Broken(3, Fault.MISSING)),
    "tail-cut": (remove(5, 6), Broken(5, Fault.HEAD)),
    "all-deleted": (remove(*range(1, ROWS + 1)), Broken(1, Fault.HEAD)),
    "swapped": (swap, Broken(2, Fault.ALTERED)),
    "renumbered": (renumber, Broken(3, Fault.ALTERED)),
    "head-deleted": (lambda connection: connection.execute(delete(ledger_head)), Broken(ROWS + 1, Fault.HEAD)),
}


@pytest.mark.parametrize(("attack", "broken"), ATTACKS.values(), ids=ATTACKS)
def test_the_check_names_the_first_row_that_does_not_hold(
    attacked: Connection, attack: Callable[[Connection], object], broken: Broken
) -> None:
    attack(attacked)
    assert check_chain(attacked).broken == broken


@pytest.mark.parametrize("engine", ["sqlite_url"], indirect=True)
def test_bytes_in_a_column_of_text_are_an_alteration(attacked: Connection) -> None:
    attacked.execute(text("UPDATE labelings SET provider = x'00ff' WHERE seq = 3"))
    assert check_chain(attacked).broken == Broken(3, Fault.ALTERED)


@pytest.mark.parametrize("column", [column.name for column in labelings.columns if column.name != "seq"])
def test_no_column_can_be_altered_unseen(attacked: Connection, column: str) -> None:
    value = attacked.execute(select(labelings.c[column]).where(labelings.c.seq == 2)).scalar_one()
    other = value + 1 if isinstance(value, int) else attacked.execute(text("SELECT id FROM api_keys")).scalar_one()
    if column == "api_key_id":
        attacked.execute(text("INSERT INTO api_keys VALUES ('other', 'n', 'h', '', 't', NULL, NULL, NULL)"))
        other = "other"
    alter(column, {"label": "2", "kind": "propagation"}.get(column, other), seq=2)(attacked)
    assert check_chain(attacked).broken == Broken(2, Fault.ALTERED)


def test_a_tail_cut_together_with_the_head_shows_against_a_head_noted_earlier(attacked: Connection) -> None:
    noted = LEDGER.read_head(attacked)
    remove(5, 6)(attacked)
    row = attacked.execute(select(labelings.c.row_hash).where(labelings.c.seq == 4)).scalar_one()
    attacked.execute(update(ledger_head).values(seq=4, row_hash=row))

    assert check_chain(attacked).broken is None
    assert check_chain(attacked, noted).broken == Broken(ROWS, Fault.ANCHOR)


def test_a_chain_rewritten_as_a_whole_shows_against_a_head_noted_earlier(attacked: Connection) -> None:
    noted = Head(4, attacked.execute(select(labelings.c.row_hash).where(labelings.c.seq == 4)).scalar_one())
    previous = ""
    for row in [dict(found) for found in attacked.execute(select(labelings).order_by(labelings.c.seq)).mappings()]:
        row["provider"] = "Somebody-Else"
        row["previous_hash"] = previous or row["previous_hash"]
        previous = row["row_hash"] = LEDGER.row_hash(row)
        attacked.execute(update(labelings).where(labelings.c.seq == row["seq"]).values(row))
    attacked.execute(update(ledger_head).values(row_hash=previous))

    assert check_chain(attacked).broken is None
    assert check_chain(attacked, noted).broken == Broken(4, Fault.ANCHOR)


def test_an_earlier_head_still_holds_when_rows_were_added(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        append_many(connection, key_id, 2)
        noted = LEDGER.read_head(connection)
        append_many(connection, key_id, 2)
    with reading(engine) as connection:
        assert check_chain(connection, noted).broken is None
