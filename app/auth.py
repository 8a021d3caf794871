"""Who may call what. Every blueprint says so where it is registered, even when it requires nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from flask import Blueprint, Flask, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from app import clock, keys
from app.database import reading, writing
from app.keys import ApiKey, Scope
from app.problems import RefusalError
from app.service import current_service

SCHEME = "Bearer"
#: `app.extensions` key of the statements, by blueprint name; a test reads them.
STATEMENTS = "mingbiao_auth"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a blueprint requires: a scope for each method; `None` as a whole means nothing."""

    scopes: Mapping[str, Scope] | None = field(default_factory=dict)


NOTHING = Statement(None)


def requires(**scopes: Scope) -> Statement:
    """A statement like `requires(GET=Scope.LABELS_READ)`; a method that is not named cannot be called."""
    return Statement(scopes)


def state(app: Flask, blueprint: Blueprint, statement: Statement) -> None:
    """Write down what the blueprint requires and see to it; to be called before it is registered."""
    statements: dict[str, Statement] = app.extensions.setdefault(STATEMENTS, {})
    statements[blueprint.name] = statement


def check_request() -> None:
    """Before each request: the statement of its blueprint must be met. A route without a statement is refused."""
    statement = current_app.extensions[STATEMENTS].get(request.blueprint or "", Statement())
    # OPTIONS is answered by the framework, with the methods that a 405 names as well.
    if request.endpoint is None or statement.scopes is None or request.method == "OPTIONS":
        return
    key = _authenticate()
    g.api_key = key
    method = "GET" if request.method == "HEAD" else request.method
    needed = statement.scopes.get(method)
    if needed is None or needed not in key.scopes:
        challenge = {"WWW-Authenticate": f'{SCHEME} error="insufficient_scope", scope="{needed or ""}"'}
        raise RefusalError("auth.scope", params={"needed": needed}, headers=challenge)


def calling_key() -> ApiKey:
    """The key of this request, on routes that require one."""
    key: ApiKey = g.api_key
    return key


def _authenticate() -> ApiKey:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME.lower() or not text.strip():
        raise RefusalError("auth.missing", headers={"WWW-Authenticate": SCHEME})
    now = clock.now()
    with reading(current_service().engine) as connection:
        key = keys.authenticate(connection, text.strip(), now=now)
    if key is None:
        raise RefusalError("auth.invalid", headers={"WWW-Authenticate": f'{SCHEME} error="invalid_token"'})
    if keys.use_is_due(key, now):
        _note_use(key, now)
    return key


def _note_use(key: ApiKey, now: datetime) -> None:
    """A database that cannot be written to may still be read; what must be written down is refused where it is."""
    try:
        with writing(current_service().engine) as connection:
            keys.note_use(connection, key, now=now)
    except SQLAlchemyError as error:
        log.warning("key_use_not_noted", key=key.id, error=str(error))
