"""Read the body of a request: a multipart form or JSON, by the same schemas, with every problem at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.errors import invalid_fields
from app.problems import FieldProblem, RefusalError
from labeling.naming import promised_format

MULTIPART = "multipart/form-data"
JSON = "application/json"


#: Far above what any request here has.
MOST_FIELDS = 64
#: RFC 8259, section 8.1: a parser may ignore a byte order mark.
_UTF8 = "utf-8-sig"


class InMemoryRequest(Request):
    """A request whose file parts stay in memory.

    Werkzeug moves parts above 500 kB to a temporary file; a picture would be written and read once more for nothing.
    The size of the body is bounded by MAX_CONTENT_LENGTH, and how many are read at once by the number of threads.
    """

    max_form_parts = MOST_FIELDS

    def make_form_data_parser(self) -> FormDataParser:
        """A parser that says when it cannot read a form, where werkzeug's would take it as empty."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def read_body(request: Request, schemas: Mapping[str, Schema], defaults: Mapping[str, str] | None = None) -> Any:
    """What the schema of the body's media type makes of the body; `defaults` stand in for fields not given.

    Raises RefusalError: request.content_type, request.malformed, request.malformed_json, request.invalid with all
    field problems; the framework's 413 where the body is too large.
    """
    if request.content_encoding:
        raise RefusalError("request.content_type", params={"content_encoding": request.content_encoding})
    if request.mimetype not in schemas:
        raise RefusalError("request.content_type", params={"expected": list(schemas), "actual": request.mimetype})
    given = {name: value for name, value in (defaults or {}).items() if value}
    try:
        return schemas[request.mimetype].load(given | _READERS[request.mimetype](request))
    except ValidationError as error:
        raise invalid_fields(error) from None


def _read_json(request: Request) -> Any:
    body = request.get_data(cache=False)
    # A body that comes in chunks is cut where it becomes too large, and no error says so.
    if request.content_length is None and len(body) >= (request.max_content_length or len(body) + 1):
        raise RequestEntityTooLarge
    try:
        values = json.loads(str(body, _UTF8), object_pairs_hook=_members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusalError("request.malformed_json") from None
    if not isinstance(values, dict):
        raise RefusalError("request.malformed_json", params={"expected": "object"})
    return values


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of bounded size whose names stand once; of two the last would win unnoticed (RFC 8259, section 4)."""
    if len(pairs) > MOST_FIELDS:
        raise RefusalError("request.malformed_json", params={"members": len(pairs), "allowed": MOST_FIELDS})
    members = dict(pairs)
    if len(members) < len(pairs):
        refuse_repeated([name for name, _ in pairs])
    return members


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's (RFC 8259, section 6)."""
    raise ValueError(name)


def refuse_repeated(names: list[str]) -> None:
    """Raise RefusalError with every name that stands twice."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RefusalError("request.invalid", errors=[FieldProblem(name, "field.repeated") for name in repeated])


def _read_multipart(request: Request) -> dict[str, Any]:
    """Fields and files by name; a field left empty counts as not given, and a file's name promises a format."""
    try:
        form, files = request.form, request.files
    except ValueError:
        # No boundary, or one that does not stand where it must; names that are not UTF-8.
        raise RefusalError("request.malformed", params={"expected": MULTIPART}) from None
    refuse_repeated([name for parts in (form, files) for name, _ in parts.items(multi=True)])
    formats = [promised_format(part.filename or "") for part in files.values()]
    promised = {"format": formats[0].value} if formats and formats[0] else {}
    filled = {name: value for name, value in form.items() if value}
    return promised | filled | {name: _content(part) for name, part in files.items()}


def _content(part: FileStorage) -> bytes:
    stream = part.stream
    # getvalue() of an untouched BytesIO hands out its buffer; read() would copy it.
    return stream.getvalue() if isinstance(stream, BytesIO) else stream.read()


_READERS = {MULTIPART: _read_multipart, JSON: _read_json}
