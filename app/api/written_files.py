"""A file that was written, as an answer: the file itself, or JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from app.api.exchange import dump
from app.idempotency import KeptAnswer
from app.reading import JSON
from app.written import Written
from labeling.model import MEDIA_TYPES, Format

_EXTENSIONS = {Format.JPEG: "jpg", Format.PLAIN: "txt", Format.MARKDOWN: "md"}

Header = tuple[str, str]


def file_or_json(done: Written[Any], summary: Mapping[str, Any], *headers: Header) -> KeptAnswer:
    """The file itself, unless `Accept` prefers JSON: then `summary` with the file in base64 in `data`."""
    result = done.result
    media_type = MEDIA_TYPES[result.format]
    accept = request.accept_mimetypes
    if accept[JSON] > accept[media_type]:
        encoded = base64.b64encode(result.data).decode("ascii")
        return made(done, JSON, dump({**summary, "data": encoded}), *headers)
    name = f"{done.entry.id}.{_EXTENSIONS.get(result.format, result.format.value)}"
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    return made(done, media_type, result.data, *headers, disposition)


def made(done: Written[Any], media_type: str, body: bytes, *headers: Header) -> KeptAnswer:
    """201 with what every file that was written is told with; headers without a value are left out."""
    ours = (
        ("Content-Type", media_type),
        ("Location", url_for("labels.read_label", label_id=done.entry.id)),
        ("Mingbiao-Label-Id", done.entry.id),
        ("Mingbiao-Notices", ", ".join(notice.code for notice in done.result.notices)),
    )
    return KeptAnswer(201, tuple(pair for pair in (*ours, *headers) if pair[1]), body)


def summarise(done: Written[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of the answer but for the content; `said` is the library's own account."""
    entry = done.entry
    return {
        "id": entry.id,
        "created_at": entry.created_at,
        "media_type": MEDIA_TYPES[done.result.format],
        **said,
        "input": {"sha256": entry.input_sha256, "bytes": entry.input_bytes},
        "output": {"sha256": entry.output_sha256, "bytes": entry.output_bytes},
        "rule_set": entry.rule_set,
        "rule_set_version": entry.rule_set_version,
    }
