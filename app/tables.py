"""The tables of the service, as SQLAlchemy Core describes them. Times are text, see `app.clock`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

#: Names for every constraint, so that a migration can name what it changes.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)


def _sequence() -> BigInteger:
    """The type of a row's number: SQLite counts by itself only where the type is INTEGER."""
    return BigInteger().with_variant(Integer, "sqlite")


#: Access keys. The secret is not here, only its hash; a key that was used is never deleted, only revoked.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("expires_at", String(27)),
    Column("revoked_at", String(27)),
    Column("last_used_at", String(27)),
)

#: The ledger: one row for each file that was written, each with the hash of the row before it.
labelings = Table(
    "labelings",
    metadata,
    Column("seq", _sequence(), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", String(27), nullable=False, index=True),
    Column("api_key_id", String(16), ForeignKey("api_keys.id"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("produce_id", Text, nullable=False, index=True),
    Column("propagate_id", Text, index=True),
    Column("label", String(1), nullable=False),
    Column("format", String(16), nullable=False),
    Column("record", Text),
    Column("visible", Text),
    Column("options", Text, nullable=False),
    Column("rule_set", Text, nullable=False),
    Column("rule_set_version", Text, nullable=False),
    Column("input_sha256", String(64), nullable=False, index=True),
    Column("input_bytes", BigInteger, nullable=False),
    Column("output_sha256", String(64), nullable=False, index=True),
    Column("output_bytes", BigInteger, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("row_hash", String(64), nullable=False),
    CheckConstraint("seq > 0", name="seq_positive"),
    CheckConstraint("kind IN ('labelling', 'propagation')", name="kind_known"),
)


def _head(name: str) -> Table:
    """One row: the last seq and hash. It makes appends wait for each other and lets the check notice a cut tail."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, nullable=False),
        Column("row_hash", String(64), nullable=False),
        CheckConstraint("id = 1", name="single_row"),
    )


ledger_head = _head("ledger_head")

#: Who was given content without its visible label (Labelling Measures, article 9); a chain like the ledger.
unlabelled_copies = Table(
    "unlabelled_copies",
    metadata,
    Column("seq", _sequence(), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", String(27), nullable=False, index=True),
    Column("api_key_id", String(16), ForeignKey("api_keys.id"), nullable=False),
    Column("label_id", String(36), ForeignKey("labelings.id"), nullable=False, index=True),
    Column("recipient", Text, nullable=False, index=True),
    Column("agreement_version", Text, nullable=False),
    Column("agreed_at", String(27), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("note", Text),
    Column("previous_hash", String(64), nullable=False),
    Column("row_hash", String(64), nullable=False),
    CheckConstraint("seq > 0", name="seq_positive"),
)
copies_head = _head("copies_head")

#: What was deleted of `unlabelled_copies`, and by whom: after it the chain there goes on behind `up_to_seq`.
copy_purges = Table(
    "copy_purges",
    metadata,
    Column("seq", _sequence(), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", String(27), nullable=False),
    Column("purged_by", Text, nullable=False),
    Column("created_before", String(27), nullable=False),
    Column("rows_deleted", BigInteger, nullable=False),
    Column("newest_created_at", String(27), nullable=False),
    Column("up_to_seq", BigInteger, nullable=False),
    Column("up_to_hash", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("row_hash", String(64), nullable=False),
    CheckConstraint("seq > 0", name="seq_positive"),
)
purges_head = _head("purges_head")

#: Reports that callers chose to keep; never what they are about. `report` is canonical JSON (RFC 8785).
verifications = Table(
    "verifications",
    metadata,
    Column("seq", _sequence(), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", String(27), nullable=False, index=True),
    Column("api_key_id", String(16), ForeignKey("api_keys.id"), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False, index=True),
    Column("format", String(16)),
    Column("article6", String(16), nullable=False),
    Column("report", Text, nullable=False),
    Column("signature", Text),
)

#: Requests that sent an Idempotency-Key, and their answers until they expire.
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("api_key_id", String(16), ForeignKey("api_keys.id"), primary_key=True),
    Column("idempotency_key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
)
Index("ix_idempotent_answers_expires_at", idempotent_answers.c.expires_at)
