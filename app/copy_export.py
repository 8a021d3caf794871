"""The log of unlabelled copies as a file for an inspection: CSV for a spreadsheet, or JSON lines, exactly."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from app import clock, copy_log
from app.copy_log import Search
from app.database import reading
from app.retention import kept_until

#: In this order.
COLUMNS = (
    "seq",
    "id",
    "created_at",
    "recipient",
    "purpose",
    "agreement_version",
    "agreed_at",
    "note",
    "retained_until",
    "label_id",
    "provider",
    "produce_id",
    "format",
    "output_sha256",
    "api_key_id",
    "previous_hash",
    "row_hash",
)
#: A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection), full-width forms included; one that
#: begins with the mark that we put before it must have one as well, so that it can be taken away again.
_RISKY = tuple("=+-@＝＋－＠\t\r\n'")
_GUARD = "'"

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportForm:
    """How records are written."""

    media_type: str
    extension: str
    head: bytes
    write: Callable[[Iterable[Record]], bytes]


def stream(engine: Engine, search: Search, days: int, form: ExportForm) -> Generator[bytes]:
    """The file in pieces, all of one moment; memory does not grow with the log. The first piece is after the query."""
    head = form.head
    with reading(engine) as connection:
        for batch in copy_log.batches(connection, search):
            yield head + form.write(_record(row, days) for row in batch)
            head = b""
    if head:
        yield head


def retained_until(created_at: str, days: int) -> str:
    """When the record of a copy may be deleted, at the earliest."""
    return clock.to_text(kept_until(clock.from_text(created_at), days))


def _record(row: Mapping[Any, Any], days: int) -> Record:
    values = {**row, "retained_until": retained_until(row["created_at"], days)}
    return {name: values[name] for name in COLUMNS}


def _csv(records: Iterable[Record]) -> bytes:
    """Rows of RFC 4180, every cell quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([_cell(value) for value in record.values()] for record in records)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    risky = text.startswith(_RISKY) or text.lstrip().startswith(_RISKY)
    return _GUARD + text if risky else text


def _json_lines(records: Iterable[Record]) -> bytes:
    return b"".join(
        json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for record in records
    )


#: Excel takes a CSV without the mark for the local code page.
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
CSV = ExportForm("text/csv", "csv", _BYTE_ORDER_MARK + _csv([dict(zip(COLUMNS, COLUMNS, strict=True))]), _csv)
JSON_LINES = ExportForm("application/x-ndjson", "jsonl", b"", _json_lines)
FORMS = {form.extension: form for form in (CSV, JSON_LINES)}
