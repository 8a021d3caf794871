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

#: The ledger: one row for each labelling, each with the hash of the row before it.
labelings = Table(
    "labelings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", String(27), nullable=False, index=True),
    Column("api_key_id", String(16), ForeignKey("api_keys.id"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("produce_id", Text, nullable=False, index=True),
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
)

#: One row: the last seq and hash. It makes appends wait for each other and lets the check notice a cut tail.
ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("row_hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="single_row"),
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
