"""API keys, the ledger with its head and its triggers, answers kept for retries.

There is no way back: a ledger is not dropped by a downgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GENESIS = "0" * 64

SQLITE_TRIGGERS = (
    """CREATE TRIGGER labelings_no_update BEFORE UPDATE ON labelings
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER labelings_no_delete BEFORE DELETE ON labelings
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # INSERT OR REPLACE deletes without a delete trigger; it is stopped before it begins.
    """CREATE TRIGGER labelings_only_append BEFORE INSERT ON labelings
    WHEN NEW.seq <> (SELECT seq FROM ledger_head) + 1 OR EXISTS (SELECT 1 FROM labelings WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_head_no_insert BEFORE INSERT ON ledger_head
    WHEN EXISTS (SELECT 1 FROM ledger_head)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_head_one_step BEFORE UPDATE ON ledger_head
    WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)

POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
    """CREATE FUNCTION ledger_only_append() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.seq <> (SELECT seq FROM ledger_head) + 1 THEN RAISE EXCEPTION 'the ledger is append-only'; END IF;
      RETURN NEW;
    END $$""",
    """CREATE FUNCTION ledger_head_one_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 THEN RAISE EXCEPTION 'the ledger is append-only'; END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER labelings_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON labelings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER labelings_only_append BEFORE INSERT ON labelings
    FOR EACH ROW EXECUTE FUNCTION ledger_only_append()""",
    """CREATE TRIGGER ledger_head_refuse BEFORE DELETE OR TRUNCATE ON ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_head_one_step BEFORE UPDATE ON ledger_head
    FOR EACH ROW EXECUTE FUNCTION ledger_head_one_step()""",
)

TRIGGERS = {"sqlite": SQLITE_TRIGGERS, "postgresql": POSTGRESQL_TRIGGERS}


def upgrade() -> None:
    """Apply."""
    _create_keys()
    _create_ledger()
    _create_answers()
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27)),
        sa.Column("revoked_at", sa.String(27)),
        sa.Column("last_used_at", sa.String(27)),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )


def _create_ledger() -> None:
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    labelings = op.create_table(
        "labelings",
        sa.Column("seq", sequence, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("api_key_id", sa.String(16), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("produce_id", sa.Text, nullable=False),
        sa.Column("label", sa.String(1), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("record", sa.Text),
        sa.Column("visible", sa.Text),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("rule_set", sa.Text, nullable=False),
        sa.Column("rule_set_version", sa.Text, nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("input_bytes", sa.BigInteger, nullable=False),
        sa.Column("output_sha256", sa.String(64), nullable=False),
        sa.Column("output_bytes", sa.BigInteger, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_labelings"),
        sa.UniqueConstraint("id", name="uq_labelings_id"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_labelings_api_key_id"),
        sa.CheckConstraint("seq > 0", name=op.f("ck_labelings_seq_positive")),
    )
    for column in ("created_at", "produce_id", "input_sha256", "output_sha256"):
        op.create_index(f"ix_{labelings.name}_{column}", labelings.name, [column])
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_single_row")),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "row_hash": GENESIS}])


def _create_answers() -> None:
    op.create_table(
        "idempotent_answers",
        sa.Column("api_key_id", sa.String(16), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("api_key_id", "idempotency_key", name="pk_idempotent_answers"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_idempotent_answers_api_key_id"),
    )
    op.create_index("ix_idempotent_answers_expires_at", "idempotent_answers", ["expires_at"])
