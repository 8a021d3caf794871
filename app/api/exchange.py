"""What routes share: who calls, answers that were made before, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from app.auth import calling_key
from app.idempotency import LONGEST_KEY, KeptAnswer
from app.once import Caller
from app.problems import RefusalError
from app.reading import JSON

_PRINTABLE = re.compile(rf"[\x20-\x7E]{{1,{LONGEST_KEY}}}")


def current_caller() -> Caller:
    """Who sent this request. Raises RefusalError where its Idempotency-Key cannot be one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _PRINTABLE.fullmatch(key):
        raise RefusalError("idempotency.key_invalid")
    return Caller(calling_key().id, request.path, key)


def hand_out(kept: KeptAnswer) -> Response:
    """The answer as it was made, now or for an earlier request."""
    return Response(kept.body, kept.status, list(kept.headers))


def dump(values: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8; of a lone surrogate, which text from a file may hold, the JSON escape."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def json_response(values: Mapping[str, Any]) -> Response:
    """An answer of 200."""
    return Response(dump(values), content_type=JSON)
