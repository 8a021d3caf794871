"""`/`, `/healthz`, `/readyz`, `/metrics`: for those who run the service."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, jsonify, url_for
from sqlalchemy.exc import SQLAlchemyError

from app import clock, metrics
from app.schema_version import schema_version
from app.service import Service, current_service
from app.signing import probe
from labeling.errors import LabelingError

log = structlog.get_logger(__name__)

public = Blueprint("operations", __name__)
monitoring = Blueprint("monitoring", __name__)


@public.get("/")
def index() -> Response:
    """Where to go from here."""
    return jsonify(
        {
            "service": "mingbiao",
            "documentation": url_for("swagger_ui.show"),
            "openapi": url_for("document.openapi_json"),
            "ready": url_for("operations.readyz"),
        }
    )


@public.get("/healthz")
def healthz() -> Response:
    """The process is alive."""
    return jsonify({"status": "alive"})


@public.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Requests can be answered: the database can be written to, its schema is current, the signer signs."""
    service = current_service()
    failures: dict[str, str] = {name: reason for name, check in CHECKS.items() if (reason := check(service))}
    body = {"status": "not ready" if failures else "ready", "checks": dict.fromkeys(CHECKS, "ok") | failures}
    return jsonify(body), 503 if failures else 200


@monitoring.get("/metrics")
def prometheus() -> Response:
    """Counters for Prometheus."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _database_problem(service: Service) -> str:
    try:
        version = schema_version(service.engine)
    except SQLAlchemyError as error:
        log.warning("database_unreachable", error=str(error))
        return "the database cannot be reached"
    if not version.current:
        return "the schema is behind: run `mingbiao db upgrade`"
    try:
        # Probes come even when no requests do: what was kept for its time must not be kept longer.
        service.purge(clock.now())
    except SQLAlchemyError as error:
        log.warning("database_not_writable", error=str(error))
        return "the database cannot be written to"
    return ""


def _signer_problem(service: Service) -> str:
    try:
        probe(service.signers)
    except LabelingError as error:
        log.warning("signer_unusable", code=str(error.code), detail=error.detail)
        return f"the signer cannot sign: {error.code}"
    return ""


#: Each returns the reason why not, or nothing.
CHECKS: dict[str, Callable[[Service], str]] = {"database": _database_problem, "signer": _signer_problem}
