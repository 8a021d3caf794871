"""Counters and histograms for Prometheus; under gunicorn they are summed over all processes."""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
#: The variable by which prometheus_client learns where the processes meet; `app/gunicorn_conf.py` sets it.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

registry = CollectorRegistry()

REQUESTS = Counter("mingbiao_requests_total", "Requests.", ["route", "method", "status"], registry=registry)
REQUEST_SECONDS = Histogram(
    "mingbiao_request_seconds", "Time from request to answer.", ["route"], buckets=_SECONDS, registry=registry
)
LABELINGS = Counter(
    "mingbiao_labelings_total", "Labellings by format and outcome.", ["format", "outcome"], registry=registry
)
LABELLING_SECONDS = Histogram(
    "mingbiao_labelling_seconds", "Time in the library.", ["format"], buckets=_SECONDS, registry=registry
)
LABELLED_BYTES = Counter(
    "mingbiao_labelled_bytes_total", "Bytes labelled, as they came and as they went.", ["direction"], registry=registry
)
PROPAGATIONS = Counter(
    "mingbiao_propagations_total", "Propagations by format and outcome.", ["format", "outcome"], registry=registry
)
PROPAGATION_SECONDS = Histogram(
    "mingbiao_propagation_seconds", "Time in the library.", ["format"], buckets=_SECONDS, registry=registry
)
VERIFICATIONS = Counter(
    "mingbiao_verifications_total", "Verifications by format and verdict.", ["format", "verdict"], registry=registry
)
VERIFICATION_SECONDS = Histogram(
    "mingbiao_verification_seconds", "Time in the library.", buckets=_SECONDS, registry=registry
)


def count_labelling(fmt: str, input_bytes: int, output_bytes: int) -> None:
    """Count one labelling that was handed out."""
    LABELINGS.labels(fmt, "labelled").inc()
    LABELLED_BYTES.labels("in").inc(input_bytes)
    LABELLED_BYTES.labels("out").inc(output_bytes)


def exposition() -> bytes:
    """The text that Prometheus reads: of this process, or of all that share the folder."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest(registry)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return generate_latest(shared)
