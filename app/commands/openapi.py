"""`mingbiao openapi`: print the API document."""

from __future__ import annotations

import json
import tempfile

import click

from app import create_app


@click.command()
def openapi() -> None:
    """Print the OpenAPI document; it is the same for every installation."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"MINGBIAO_DATA_DIR": folder, "MINGBIAO_LOG_LEVEL": "error"})
        document = app.test_client().get("/api/v1/openapi.json").get_json()
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
