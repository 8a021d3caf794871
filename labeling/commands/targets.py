"""Many files into one folder, one file to a file: what the commands that write have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from labeling._files import STDIN, read_file, write_file
from labeling.commands.terminal import EXIT_ERROR, refuse, say, say_json, with_progress
from labeling.errors import LabelingError
from labeling.model import Format
from labeling.naming import promised_format


@dataclass(frozen=True, slots=True)
class Written:
    """One file that a command made: its bytes, what JSON says of it, what a line says of it."""

    data: bytes
    said: dict[str, Any]
    summary: str


Request = Callable[[bytes, Format | None], Written]


def write_each(
    inputs: tuple[str, ...], output: str, request: Request, *, format_name: str | None, as_json: bool
) -> None:
    """Make one file of each input; go on after an error, and end with 10 where there was one."""
    # 1. One file to a file, many to a folder.
    many = len(inputs) > 1 or Path(output).is_dir()
    if many and output == STDIN:
        raise click.UsageError("several files need a folder to write to")
    if many:
        _require_distinct_names(inputs)
        _make_folder(output)
    # 2. Each for itself.
    failed = False
    for name in with_progress(inputs, many):
        target = str(Path(output) / Path(name).name) if many else output
        failed |= not _write_one(name, target, request, format_name, as_json)
    if failed:
        raise click.exceptions.Exit(EXIT_ERROR)


def _require_distinct_names(inputs: tuple[str, ...]) -> None:
    if STDIN in inputs:
        raise click.UsageError("standard input has no name in a folder; label it on its own, to a file")
    names = [Path(name).name for name in inputs]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise click.UsageError(f"these names would overwrite each other in the folder: {', '.join(doubled)}")


def _make_folder(name: str) -> None:
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"several files need a folder to write to; {name}: {error.strerror}") from None


def _write_one(name: str, target: str, request: Request, format_name: str | None, as_json: bool) -> bool:
    try:
        written = request(read_file(name), Format(format_name) if format_name else promised_format(name))
    except (LabelingError, OSError) as error:
        refuse(name, target, error, as_json)
        return False
    try:
        write_file(target, written.data)
    except OSError as error:
        refuse(name, target, error, as_json, written=True)
        return False
    if as_json:
        say_json({"file": name, "output": target, **written.said}, target)
    else:
        say(f"{name} -> {target}: {written.summary}", err=target == STDIN)
    return True
