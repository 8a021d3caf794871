"""What the ledger knows of a file that was verified: whether this service labelled it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app import ledger
from app.ledger import Kind, Row
from labeling.record import FIELD_NAMES, outside_charset

#: Ids that are named; the same text may have been labelled any number of times.
MOST_IDS = 100
#: Different records of one file that are looked up; a file with two does not conform anyway.
_MOST_RECORDS = 8
_PROVIDER, _PRODUCE_ID = FIELD_NAMES["content_producer"], FIELD_NAMES["produce_id"]

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Issued:
    """Rows of the ledger that a file may come from, by id, newest first."""

    #: Their input or output is this file, byte for byte.
    by_sha256: tuple[str, ...]
    #: Their provider and ProduceID are those of a record in the file.
    by_produce_id: tuple[str, ...]
    #: The file was labelled here, and its record is as this service wrote it, in every field.
    here: bool


def look_up(connection: Connection, report: Mapping[str, Any]) -> Issued:
    """What the ledger knows of the file that a report document is about."""
    records = _different([site["record"] for site in report["sites"]])
    rows = [row for record in records[:_MOST_RECORDS] if record for row in _rows(connection, record)]
    same = ledger.ids_by_sha256(connection, report["input"]["sha256"], most=MOST_IDS)
    return Issued(
        by_sha256=tuple(same),
        by_produce_id=tuple(dict.fromkeys(row.id for row in rows))[:MOST_IDS],
        here=_labelled(rows) and _as_written(records, rows),
    )


def _labelled(rows: list[Row]) -> bool:
    """Whether the ProduceID was given out here; a platform that passed the content on did not."""
    return any(row.kind == Kind.LABELLING for row in rows)


def _as_written(records: list[Record | None], rows: list[Row]) -> bool:
    """Whether the file's one record stands so in a row."""
    return len(records) == 1 and any(row.record and json.loads(row.record) == records[0] for row in rows)


def _different(records: list[Record | None]) -> list[Record | None]:
    """Each record once, in the order of the file; None stands for what could not be read as one."""
    unlike = {json.dumps(record, sort_keys=True): record for record in records}
    return list(unlike.values())


def _rows(connection: Connection, record: Record) -> list[Row]:
    """The rows of the record's ProduceID; a value that no label can have is not looked for."""
    provider, produce_id = record[_PROVIDER], record[_PRODUCE_ID]
    if outside_charset(provider) is not None or outside_charset(produce_id) is not None:
        return []
    return ledger.rows_by_produce_id(connection, provider, produce_id, most=MOST_IDS)
