"""`report check`: whether a signed report is what was signed, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labeling.commands.terminal import EXIT_ERROR, fail, say, say_json
from labeling.errors import LabelingError

_FILE = click.Path(exists=True, dir_okay=False)


@click.group("report")
def report_commands() -> None:
    """Signed verification reports."""


@report_commands.command("check")
@click.argument("report", type=_FILE)
@click.option("--key", required=True, type=_FILE, help="The signer's public key: PEM, JWK or JWK Set.")
@click.option("--file", "content", type=_FILE, help="The file that the report should be about; its hash is compared.")
@click.option("--json", "as_json", is_flag=True)
def check_command(report: str, key: str, content: str | None, as_json: bool) -> None:
    """Check a signed report with a key that came by another way. Nothing is fetched.

    Exit code: 0 the signature holds (and the file is the one), 10 anything else.
    """
    from labeling.verification.signed_report import check_report

    try:
        checked = check_report(Path(report).read_bytes(), Path(key).read_bytes())
    except LabelingError as error:
        fail(error)
    said = {
        "valid": True,
        "key_id": checked.key_id,
        "algorithm": checked.algorithm,
        "signed_at": f"{checked.signed_at:%Y-%m-%dT%H:%M:%SZ}",
        "verdict": checked.report.get("verdict"),
        "input": checked.report.get("input"),
    }
    if content is not None:
        said["same_file"] = _is_about(checked.report, content)
    if as_json:
        say_json(said)
    else:
        _say_lines(said)
    if said.get("same_file") is False:
        raise click.exceptions.Exit(EXIT_ERROR)


def _is_about(report: dict[str, Any], content: str) -> bool:
    from labeling.verification.document import content_id

    with Path(content).open("rb") as stream:
        found = content_id(stream)
    return report.get("input") == {"sha256": found.sha256, "bytes": found.size}


def _say_lines(said: dict[str, Any]) -> None:
    say(f"the signature holds: key {said['key_id']} ({said['algorithm']}), signed {said['signed_at']}")
    say(f"verdict: {said['verdict']}, file {said['input']}")
    if "same_file" in said:
        say("the file is the one of the report" if said["same_file"] else "the file is ANOTHER one than the report's")
