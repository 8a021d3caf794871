"""Query parameters, with the same problem answers as bodies."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from app.errors import invalid_fields
from app.reading import refuse_repeated


class QueryParser(FlaskParser):
    """Refuses unknown and repeated parameters: a filter that is misspelt or lost must not list everything."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The parameters, each of which may stand once."""
        refuse_repeated([name for name, _ in req.args.items(multi=True)])
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Turn marshmallow's error into a refusal; webargs puts the location above the fields."""
        messages = error.messages
        within = messages.get("query", messages) if isinstance(messages, dict) else messages
        raise invalid_fields(ValidationError(within))
