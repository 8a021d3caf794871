"""What the check notices when the triggers are dropped and copies or purges are tampered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, Table, delete, select, text, update

from app import clock
from app.chain import Chain, Head
from app.copy_check import CopiesReport, check_copies
from app.copy_log import COPIES
from app.copy_purges import PURGES
from app.database import writing
from app.ledger_check import MEANINGS, Broken, Fault
from app.tables import copies_head, copy_purges, purges_head, unlabelled_copies
from tests.app.copy_rows import FIRST, STEP, append_copies, purge_before
from tests.app.entries import NOW

TABLES = ("unlabelled_copies", "copies_head", "copy_purges", "purges_head")
#: Of the rows 1 to 8 two purges have taken 1 to 4.
KEPT = (5, 6, 7, 8)


def drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        statements = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES]
    else:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        statements = [f"DROP TRIGGER {name}" for name in names]
    for statement in statements:
        connection.execute(text(statement))


@pytest.fixture
def attacked(engine: Engine, key_id: str) -> Iterator[Connection]:
    """A log that was purged twice, whose triggers somebody has dropped."""
    with writing(engine) as connection:
        append_copies(connection, key_id, 8)
        for number in (2, 4):
            purge_before(connection, FIRST + number * STEP)
    with writing(engine) as connection:
        drop_triggers(connection)
        yield connection


def faults(report: CopiesReport) -> tuple[Broken | None, Broken | None]:
    return report.copies.broken, report.purges.broken


def test_a_purged_log_holds(attacked: Connection) -> None:
    report = check_copies(attacked)
    assert (faults(report), report.whole) == ((None, None), True)
    assert (report.begin.seq, report.copies.head.seq, report.purges.head.seq) == (4, 8, 2)


def alter(table: Table, column: str, value: object, seq: int) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(update(table).where(table.c.seq == seq).values({column: value}))


def remove(table: Table, *seqs: int) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(delete(table).where(table.c.seq.in_(seqs)))


def forge_purge(**changes: object) -> Callable[[Connection], object]:
    """Rewrite the last purge, with the hash and the head that fit."""
    return lambda connection: rewrite(connection, PURGES, copy_purges, purges_head, 2, changes)


def rewrite(
    connection: Connection, chain: Chain, table: Table, head: Table, seq: int, changes: dict[str, object]
) -> None:
    row = dict(connection.execute(select(table).where(table.c.seq == seq)).mappings().one()) | changes
    row["row_hash"] = chain.row_hash(row)
    connection.execute(update(table).where(table.c.seq == seq).values(row))
    connection.execute(update(head).values(row_hash=row["row_hash"]))


def delete_more(connection: Connection) -> None:
    """Delete a row behind the last purge and make that purge say so."""
    row = connection.execute(select(unlabelled_copies).where(unlabelled_copies.c.seq == 5)).mappings().one()
    remove(unlabelled_copies, 5)(connection)
    forge_purge(up_to_seq=5, up_to_hash=row["row_hash"])(connection)


def young(connection: Connection) -> None:
    """A purge record that is consistent and took what was too young."""
    forge_purge(newest_created_at=clock.to_text(NOW))(connection)


COPIES_BROKEN = {
    "altered": (alter(unlabelled_copies, "recipient", "x", 6), Broken(6, Fault.ALTERED)),
    "time": (alter(unlabelled_copies, "created_at", "2020-01-01T00:00:00.000000Z", 8), Broken(8, Fault.ALTERED)),
    "first-deleted": (remove(unlabelled_copies, 5), Broken(5, Fault.MISSING)),
    "middle-deleted": (remove(unlabelled_copies, 6), Broken(6, Fault.MISSING)),
    "tail-cut": (remove(unlabelled_copies, 8), Broken(8, Fault.HEAD)),
    "all-deleted": (remove(unlabelled_copies, *KEPT), Broken(5, Fault.HEAD)),
    "head-deleted": (lambda connection: connection.execute(delete(copies_head)), Broken(9, Fault.HEAD)),
}


@pytest.mark.parametrize(("attack", "broken"), COPIES_BROKEN.values(), ids=COPIES_BROKEN)
def test_the_check_names_the_first_copy_that_does_not_hold(
    attacked: Connection, attack: Callable[[Connection], object], broken: Broken
) -> None:
    attack(attacked)
    report = check_copies(attacked)
    assert (faults(report), report.whole) == ((broken, None), False)


PURGES_BROKEN = {
    "altered": (alter(copy_purges, "purged_by", "x", 1), Broken(1, Fault.ALTERED)),
    "first-deleted": (remove(copy_purges, 1), Broken(1, Fault.MISSING)),
    "last-deleted": (remove(copy_purges, 2), Broken(2, Fault.HEAD)),
    "head-deleted": (lambda connection: connection.execute(delete(purges_head)), Broken(3, Fault.HEAD)),
    "took-more-than-it-says": (delete_more, Broken(2, Fault.PURGE)),
    "took-nothing": (forge_purge(rows_deleted=0), Broken(2, Fault.PURGE)),
    "took-what-was-young": (young, Broken(2, Fault.PURGE)),
    "no-time": (forge_purge(newest_created_at="yesterday"), Broken(2, Fault.PURGE)),
}


@pytest.mark.parametrize(("attack", "broken"), PURGES_BROKEN.values(), ids=PURGES_BROKEN)
def test_the_check_names_the_first_purge_that_does_not_hold(
    attacked: Connection, attack: Callable[[Connection], object], broken: Broken
) -> None:
    attack(attacked)
    report = check_copies(attacked)
    assert (report.purges.broken, report.whole) == (broken, False)


@pytest.mark.parametrize("column", [column.name for column in unlabelled_copies.columns if column.name != "seq"])
def test_no_column_of_a_copy_can_be_altered_unseen(attacked: Connection, column: str) -> None:
    other = "other"
    if column == "api_key_id":
        attacked.execute(text("INSERT INTO api_keys VALUES ('other', 'n', 'h', '', 't', NULL, NULL, NULL)"))
    if column == "label_id":
        attacked.execute(text("PRAGMA defer_foreign_keys = ON" if attacked.dialect.name == "sqlite" else _NO_KEYS))
    alter(unlabelled_copies, column, other, 6)(attacked)
    assert check_copies(attacked).copies.broken == Broken(6, Fault.ALTERED)
    attacked.rollback()


_NO_KEYS = "ALTER TABLE unlabelled_copies DROP CONSTRAINT fk_unlabelled_copies_label_id"


@pytest.mark.parametrize("column", [column.name for column in copy_purges.columns if column.name != "seq"])
def test_no_column_of_a_purge_can_be_altered_unseen(attacked: Connection, column: str) -> None:
    number = column in ("rows_deleted", "up_to_seq")
    alter(copy_purges, column, 99 if number else "other", 1)(attacked)
    assert check_copies(attacked).purges.broken == Broken(1, Fault.ALTERED)


def test_a_chain_rewritten_as_a_whole_shows_against_a_head_noted_earlier(attacked: Connection) -> None:
    noted, purges_noted = COPIES.read_head(attacked), PURGES.read_head(attacked)
    assert check_copies(attacked, noted, purges_noted).whole
    rewrite(attacked, COPIES, unlabelled_copies, copies_head, 8, {"recipient": "x"})
    forge_purge(purged_by="x")(attacked)

    assert check_copies(attacked).whole
    broken = (Broken(8, Fault.ANCHOR), Broken(2, Fault.ANCHOR))
    assert faults(check_copies(attacked, noted, purges_noted)) == broken


def test_a_head_that_was_purged_since_cannot_be_compared(attacked: Connection) -> None:
    assert check_copies(attacked, Head(3, "f" * 64)).whole
    # The last one that was purged is still known.
    assert check_copies(attacked, Head(4, "f" * 64)).copies.broken == Broken(4, Fault.ANCHOR)


def test_every_fault_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Fault)
