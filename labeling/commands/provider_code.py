"""`provider-code`: build the 27-character code, or take one apart."""

from __future__ import annotations

import click

from labeling.commands.terminal import fail, say_json
from labeling.errors import LabelingError


@click.command("provider-code")
@click.argument("credit_code_or_provider_code")
@click.option("--extension", default="00000", show_default=True, help="Service extension, 5 characters.")
@click.option("--json", "as_json", is_flag=True)
def provider_code_command(credit_code_or_provider_code: str, extension: str, as_json: bool) -> None:
    """Build the 27-character code from a unified social credit code (18), or take one apart (27)."""
    from dataclasses import asdict

    from labeling import provider_code

    text = credit_code_or_provider_code.strip()
    try:
        code = text if len(text) == 27 else provider_code.build(text, extension)
        parsed = provider_code.parse(code)
    except LabelingError as error:
        fail(error)
    findings = provider_code.check(code)
    if as_json:
        found = [{"code": notice.code, "detail": notice.detail} for notice in findings]
        say_json({"code": code, **asdict(parsed), "findings": found})
        return
    click.echo(code)
    for name, value in asdict(parsed).items():
        click.echo(f"  {name}: {value}")
    for notice in findings:
        click.echo(f"  warning: {notice.detail}")
