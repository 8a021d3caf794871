"""API keys, the ledger, unlabelled copies and their purges with heads and triggers, kept reports, kept answers.

There is no way back: a ledger is not dropped by a downgrade.
"""

import sqlalchemy as sa
from alembic import op

from app.migrations.append_only import DELETABLE_COPIES, guards, shared_functions

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GENESIS = "0" * 64

#: Chains: rows and head.
CHAINS = (("labelings", "ledger_head"), ("unlabelled_copies", "copies_head"), ("copy_purges", "purges_head"))


def upgrade() -> None:
    """Apply."""
    _create_keys()
    _create_ledger()
    _create_copies()
    _create_purges()
    _create_verifications()
    _create_answers()
    _create_guards(op.get_bind().dialect.name)


def _create_guards(dialect: str) -> None:
    deletable = {"unlabelled_copies": DELETABLE_COPIES[dialect]}
    chains = [statement for rows, head in CHAINS for statement in guards(dialect, rows, head, deletable.get(rows, ""))]
    for statement in (*shared_functions(dialect), *chains):
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


def _sequence() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _create_ledger() -> None:
    labelings = op.create_table(
        "labelings",
        sa.Column("seq", _sequence(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("api_key_id", sa.String(16), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("produce_id", sa.Text, nullable=False),
        sa.Column("propagate_id", sa.Text),
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
        sa.CheckConstraint("kind IN ('labelling', 'propagation')", name=op.f("ck_labelings_kind_known")),
    )
    for column in ("created_at", "produce_id", "propagate_id", "input_sha256", "output_sha256"):
        op.create_index(f"ix_{labelings.name}_{column}", labelings.name, [column])
    _create_head("ledger_head")


def _create_head(name: str) -> None:
    head = op.create_table(
        name,
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.CheckConstraint("id = 1", name=op.f(f"ck_{name}_single_row")),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "row_hash": GENESIS}])


def _create_copies() -> None:
    op.create_table(
        "unlabelled_copies",
        sa.Column("seq", _sequence(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("api_key_id", sa.String(16), nullable=False),
        sa.Column("label_id", sa.String(36), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("agreement_version", sa.Text, nullable=False),
        sa.Column("agreed_at", sa.String(27), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_unlabelled_copies"),
        sa.UniqueConstraint("id", name="uq_unlabelled_copies_id"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_unlabelled_copies_api_key_id"),
        sa.ForeignKeyConstraint(["label_id"], ["labelings.id"], name="fk_unlabelled_copies_label_id"),
        sa.CheckConstraint("seq > 0", name=op.f("ck_unlabelled_copies_seq_positive")),
    )
    for column in ("created_at", "label_id", "recipient"):
        op.create_index(f"ix_unlabelled_copies_{column}", "unlabelled_copies", [column])
    _create_head("copies_head")


def _create_purges() -> None:
    op.create_table(
        "copy_purges",
        sa.Column("seq", _sequence(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("purged_by", sa.Text, nullable=False),
        sa.Column("created_before", sa.String(27), nullable=False),
        sa.Column("rows_deleted", sa.BigInteger, nullable=False),
        sa.Column("newest_created_at", sa.String(27), nullable=False),
        sa.Column("up_to_seq", sa.BigInteger, nullable=False),
        sa.Column("up_to_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_copy_purges"),
        sa.UniqueConstraint("id", name="uq_copy_purges_id"),
        sa.CheckConstraint("seq > 0", name=op.f("ck_copy_purges_seq_positive")),
    )
    _create_head("purges_head")


def _create_verifications() -> None:
    op.create_table(
        "verifications",
        sa.Column("seq", _sequence(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("api_key_id", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("format", sa.String(16)),
        sa.Column("article6", sa.String(16), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("signature", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_verifications"),
        sa.UniqueConstraint("id", name="uq_verifications_id"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_verifications_api_key_id"),
    )
    for column in ("created_at", "sha256", "verdict"):
        op.create_index(f"ix_verifications_{column}", "verifications", [column])


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
