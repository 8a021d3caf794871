"""One JSON line for each request, with a number by which it is found again; no query values, no keys, no content."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request

from app import metrics

#: A caller's own number is kept when it cannot break a log line or a header.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADER = "X-Request-Id"

#: Anybody may send any word as a method; in metrics it must not make a series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger("request")


def configure_logging(level: str) -> None:
    """JSON lines on standard error, for our own log and for the standard library's."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],  # type: ignore[list-item]
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,  # type: ignore[arg-type]
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Alembic says each step that it considers.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def register(app: Flask) -> None:
    """Number, time, log and count every request."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Take the caller's number or make one."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.started = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def end(response: Response) -> Response:
    """One line and two counts; the route is the rule, so an id in the path is not logged."""
    seconds = time.perf_counter() - g.started
    route = request.url_rule.rule if request.url_rule else "none"
    response.headers[HEADER] = g.request_id
    method = request.method if request.method in _METHODS else "other"
    metrics.REQUESTS.labels(route, method, response.status_code).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)
    key = g.get("api_key")
    log.info(
        "request",
        method=method,
        route=route,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
        bytes_in=request.content_length or 0,
        bytes_out=response.content_length or 0,
        key=key.id if key else None,
        code=g.get("problem_code"),
    )
    structlog.contextvars.unbind_contextvars("request_id")
    return response
