"""The service: HTTP, keys and the ledger around `labeling`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Mapping[str, str] | None = None) -> Flask:
    """The WSGI application; `config` stands in for the environment (names as in `app.config.SETTINGS`).

    Raises `app.config.ConfigurationError` with every problem of the settings.
    """
    # The command line lives in this package too and must not wait for Flask.
    from app.assembly import assemble  # noqa: PLC0415

    return assemble(config)
