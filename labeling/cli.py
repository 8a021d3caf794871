"""The commands of the library behind one name: `python -m labeling` runs them without Flask."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from labeling.commands.label import label_command
from labeling.commands.propagate import propagate_command
from labeling.commands.provider_code import provider_code_command
from labeling.commands.report import report_commands
from labeling.commands.terminal import EXIT_ERROR
from labeling.commands.verify import verify_command


def run(main: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a click entry point so that every error exits with 10: 1 and 2, Python's and click's, are verdicts here."""
    try:
        result = main(*args, **{**kwargs, "standalone_mode": False})
    except click.Abort:
        click.echo("Aborted.", err=True)
        sys.exit(EXIT_ERROR)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_ERROR)
    except BrokenPipeError:
        sys.exit(EXIT_ERROR)
    except OSError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_ERROR)
    except Exception:  # noqa: BLE001  # a fault of ours must not read as a verdict either
        traceback.print_exc()
        sys.exit(EXIT_ERROR)
    # Without its stand-alone mode click hands back the exit code of a command that ended by Exit.
    if isinstance(result, int):
        sys.exit(result)
    return result


@click.group()
def commands() -> None:
    """Label, verify and pass on AI-generated content (GB 45438-2025, C2PA)."""


for _command in (label_command, verify_command, propagate_command, provider_code_command, report_commands):
    commands.add_command(_command)


def main() -> None:
    """Entry point of `python -m labeling`."""
    run(commands.main, prog_name="python -m labeling")
