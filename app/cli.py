"""`mingbiao`: one root for the commands of the library and of the service.

A command's module is imported when the command runs, so that `mingbiao --help` waits for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click

from labeling.cli import run


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives and what the list of commands says of it."""

    module: str
    name: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "label": Entry("labeling.commands.label", "label_command", "Label pictures and texts."),
    "verify": Entry("labeling.commands.verify", "verify_command", "Say what labels files carry and what they prove."),
    "propagate": Entry("labeling.commands.propagate", "propagate_command", "Pass labelled content on as a platform."),
    "report": Entry("labeling.commands.report", "report_commands", "Check a signed verification report."),
    "provider-code": Entry("labeling.commands.provider_code", "provider_code_command", "Build or read a code."),
    "demo": Entry("app.commands.demo", "demo", "Start the service; label, verify and pass on."),
    "serve": Entry("app.commands.serve", "serve", "Run the service."),
    "check": Entry("app.commands.check", "check", "Say what is wrong with the configuration."),
    "keys": Entry("app.commands.keys", "keys", "Make, list and revoke API keys."),
    "ledger": Entry("app.commands.ledger", "ledger", "Check the chains of the ledger and of unlabelled copies."),
    "copies": Entry("app.commands.copies", "copies", "Export and purge the records of unlabelled copies."),
    "db": Entry("app.commands.db", "db", "Upgrade and clean the database."),
    "openapi": Entry("app.commands.openapi", "openapi", "Print the API document."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        entry = COMMANDS.get(cmd_name)
        command: click.Command | None = getattr(import_module(entry.module), entry.name) if entry else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="mingbiao")
def root() -> None:
    """Lawful labels for AI-generated content (GB 45438-2025, C2PA)."""


def main() -> None:
    """Entry point; every error of usage exits with 10, as `labeling.cli.run` says."""
    run(root.main, prog_name="mingbiao")


if __name__ == "__main__":
    main()
