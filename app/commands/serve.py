"""`mingbiao serve`: run the service under gunicorn."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import Engine

from app import clock
from app import keys as api_keys
from app.commands.context import configuring, database, settings_or_exit
from app.database import reading, writing
from app.key_files import require_files
from app.keys import Scope

GUNICORN_CONF = Path(__file__).parents[1] / "gunicorn_conf.py"
KEY_LIFE = timedelta(days=1)

_CURL = """\
curl -f -o labelled.jpg http://{address}/api/v1/labels \\
  -H 'Authorization: Bearer {key}' \\
  -F file=@sample_media/photo.jpg -F provider={provider}"""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port on the loopback address; default MINGBIAO_BIND.")
@click.option("--with-key", is_flag=True, help="Make a key that is valid for a day and print it in the curl.")
def serve(port: int | None, with_key: bool) -> None:
    """Run the service until it is stopped; prints a curl to paste."""
    # 1. The address goes to gunicorn through the environment, as every setting does.
    if port is not None:
        os.environ["MINGBIAO_BIND"] = f"127.0.0.1:{port}"
    settings = settings_or_exit()
    # 2. Refuse to start with a file that cannot be used or a schema that is behind; say how to get a key.
    with configuring():
        require_files(settings)
    with database(settings) as engine:
        key = _key(engine, with_key)
    click.echo(f"serving on http://{settings.bind} (documentation: /docs)")
    click.echo(_CURL.format(address=settings.bind, key=key, provider=settings.provider or "Example-AI"))
    sys.stdout.flush()
    # 3. Become gunicorn.
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONF)])  # noqa: S606


def _key(engine: Engine, make: bool) -> str:
    now = clock.now()
    if make:
        labels = {Scope.LABELS_WRITE, Scope.LABELS_READ, Scope.PROPAGATIONS_WRITE}
        scopes = labels | {Scope.VERIFICATIONS_WRITE, Scope.VERIFICATIONS_READ}
        with writing(engine) as connection:
            _, text = api_keys.create(connection, "serve --with-key", scopes, now=now, expires_at=now + KEY_LIFE)
        return text
    with reading(engine) as connection:
        if not any(key.state(now) == "active" for key in api_keys.every(connection)):
            click.echo("there is no key yet: mingbiao keys create --name me --scope labels:write")
    return "$MINGBIAO_KEY"
