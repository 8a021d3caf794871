"""The triggers that keep chains append-only. Migrations are history: what stands here is never changed, only added to.

A chain has a table of rows and a table of its head. Rows may be appended, one behind the head, and nothing else; where
`deletable` is given, it is an SQL condition on the row OLD under which it may be deleted.
"""

from __future__ import annotations

_REFUSAL = "the ledger is append-only"
#: Six months are never longer; the service itself counts them by the calendar.
_KEPT_DAYS = 184
_PURGED = "OLD.seq <= COALESCE((SELECT max(up_to_seq) FROM copy_purges), 0)"

#: Copies may go once a purge record says so, and not while they are young: also where somebody bypasses the service.
DELETABLE_COPIES = {
    "sqlite": f"{_PURGED} AND OLD.created_at < strftime('%Y-%m-%dT%H:%M:%f', 'now', '-{_KEPT_DAYS} days')",
    "postgresql": f"{_PURGED} AND OLD.created_at < "
    f"to_char((now() AT TIME ZONE 'UTC') - interval '{_KEPT_DAYS} days', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
}


def guards(dialect: str, rows: str, head: str, deletable: str = "") -> tuple[str, ...]:
    """The statements that guard one chain; on PostgreSQL after those of `shared_functions`."""
    return (_sqlite if dialect == "sqlite" else _postgresql)(rows, head, deletable)


def shared_functions(dialect: str) -> tuple[str, ...]:
    """What the guards of all chains call."""
    return () if dialect == "sqlite" else _FUNCTIONS


def _sqlite(rows: str, head: str, deletable: str) -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    unless_deletable = f"WHEN NOT ({deletable})" if deletable else ""
    return (
        f"CREATE TRIGGER {rows}_no_update BEFORE UPDATE ON {rows} {refuse}",
        f"CREATE TRIGGER {rows}_no_delete BEFORE DELETE ON {rows} {unless_deletable} {refuse}",
        # INSERT OR REPLACE deletes without a delete trigger; it is stopped before it begins.
        f"""CREATE TRIGGER {rows}_only_append BEFORE INSERT ON {rows}
        WHEN NEW.seq <> (SELECT seq FROM {head}) + 1 OR EXISTS (SELECT 1 FROM {rows} WHERE id = NEW.id) {refuse}""",  # noqa: S608
        f"CREATE TRIGGER {head}_no_delete BEFORE DELETE ON {head} {refuse}",
        f"CREATE TRIGGER {head}_no_insert BEFORE INSERT ON {head} WHEN EXISTS (SELECT 1 FROM {head}) {refuse}",  # noqa: S608
        f"""CREATE TRIGGER {head}_one_step BEFORE UPDATE ON {head}
        WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 {refuse}""",
    )


_FUNCTIONS = (
    f"""CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    f"""CREATE FUNCTION ledger_head_one_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
      RETURN NEW;
    END $$""",
)


def _postgresql(rows: str, head: str, deletable: str) -> tuple[str, ...]:
    changes = "UPDATE OR TRUNCATE" if deletable else "UPDATE OR DELETE OR TRUNCATE"
    statements = (
        f"""CREATE FUNCTION {rows}_only_append() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.seq <> (SELECT seq FROM {head}) + 1 THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
          RETURN NEW;
        END $$""",  # noqa: S608
        f"""CREATE TRIGGER {rows}_refuse BEFORE {changes} ON {rows}
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
        f"""CREATE TRIGGER {rows}_only_append BEFORE INSERT ON {rows}
        FOR EACH ROW EXECUTE FUNCTION {rows}_only_append()""",
        f"""CREATE TRIGGER {head}_refuse BEFORE DELETE OR TRUNCATE ON {head}
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
        f"""CREATE TRIGGER {head}_one_step BEFORE UPDATE ON {head}
        FOR EACH ROW EXECUTE FUNCTION ledger_head_one_step()""",
    )
    return statements + (_postgresql_delete(rows, deletable) if deletable else ())


def _postgresql_delete(rows: str, deletable: str) -> tuple[str, ...]:
    return (
        f"""CREATE FUNCTION {rows}_deletable() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT ({deletable}) THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
          RETURN OLD;
        END $$""",
        f"""CREATE TRIGGER {rows}_deletable BEFORE DELETE ON {rows}
        FOR EACH ROW EXECUTE FUNCTION {rows}_deletable()""",
    )
