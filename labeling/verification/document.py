"""The report as a document: canonical JSON (RFC 8785), the same bytes for the same file.

A document says what was verified (SHA-256 and size), by which rules and bounds, and what was found. It holds no time
and no name: whoever verifies the same bytes with the same rules and the same trust gets the same document, as long as
the certificates in it are as valid as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import rfc8785

from labeling.report import Report
from labeling.report_json import report_to_dict

#: Name and version of the document's own shape.
SCHEMA = "mingbiao-report/1"
_PIECE = 1024 * 1024
#: RFC 7493, 2.2: the largest whole number that every reader of JSON takes for itself; RFC 8785 admits none beyond.
_LARGEST_NUMBER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class ContentId:
    """Which bytes a report is about."""

    #: Lower-case hex.
    sha256: str
    size: int


def content_id(data: bytes | BinaryIO) -> ContentId:
    """Hash and size of a file; a stream is read piece by piece from its start."""
    if isinstance(data, bytes):
        return ContentId(hashlib.sha256(data).hexdigest(), len(data))
    digest, size = hashlib.sha256(), 0
    data.seek(0)
    while piece := data.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return ContentId(digest.hexdigest(), size)


def document(report: Report, content: ContentId | None) -> dict[str, Any]:
    """The report as JSON values, with what it is about; a number that JSON cannot hold is told in its digits.

    `content` is None where the bytes were not all read, so that nobody knows what the report is about.
    """
    return {
        "schema": SCHEMA,
        "input": None if content is None else {"sha256": content.sha256, "bytes": content.size},
        **{name: _within_json(value) for name, value in report_to_dict(report).items()},
    }


def _within_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _within_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_within_json(inner) for inner in value]
    beyond = isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_NUMBER
    return str(value) if beyond else value


def canonical(values: Mapping[str, Any]) -> bytes:
    """The JSON Canonicalization Scheme (RFC 8785), UTF-8. Raises ValueError for what JSON cannot hold."""
    return rfc8785.dumps(dict(values))
