"""What the commands share: choices, lines, JSON lines, progress, refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from enum import StrEnum
from typing import Any, NoReturn

import click

from labeling._files import STDIN
from labeling.errors import LabelingError

#: 1 and 2, Python's and click's, are verdicts here.
EXIT_ERROR = 10


def choice(kind: type[StrEnum]) -> click.Choice[str]:
    """The values of an enum as an option's."""
    return click.Choice([member.value for member in kind])


def with_progress(names: tuple[str, ...], many: bool) -> Iterable[str]:
    """The names, with a bar on standard error where a person watches."""
    if not many or not sys.stderr.isatty():
        return names
    from tqdm import tqdm

    return tqdm(names, unit="file")


def say(line: str, *, err: bool = False) -> None:
    """One line; where `with_progress` has imported tqdm and draws a bar, above it.

    Control characters, which a file may hold to steer a terminal or to forge a line, are shown as escapes.
    """
    line = "".join(shown if shown.isprintable() else ascii(shown)[1:-1] for shown in line)
    bars = sys.modules.get("tqdm")
    with bars.tqdm.external_write_mode() if bars else nullcontext():
        click.echo(line, err=err)


def say_json(value: dict[str, Any], target: str = "") -> None:
    """One line of JSON; on standard error when standard output carries the file."""
    line = json.dumps(value, ensure_ascii=False)
    # What does not print is escaped as JSON has it, so that the line is one line and steers no terminal.
    say("".join(shown if shown.isprintable() else json.dumps(shown)[1:-1] for shown in line), err=target == STDIN)


def refuse(name: str, target: str, error: LabelingError | OSError, as_json: bool, *, written: bool = False) -> None:
    """Say why there is no file; an error of the system is about the target once there was one to write."""
    from labeling.report_json import error_to_dict

    if isinstance(error, LabelingError):
        said, line = error_to_dict(error), str(error)
    else:
        said = os_error(error, "file.unwritable" if written else "file.unreadable")
        line = f"{target}: {said['detail']}" if written else said["detail"]
    if as_json:
        say_json({"file": name, "error": said}, target)
    say(f"{name}: {line}", err=True)


def os_error(error: OSError, code: str = "file.unreadable") -> dict[str, Any]:
    """An error of the system in the shape of our own."""
    return {"code": code, "detail": error.strerror or str(error), "params": {}}


def fail(error: LabelingError) -> NoReturn:
    """End the command with an error of ours."""
    raise click.ClickException(str(error))
