"""The keys that a command is given: for the C2PA credential and for the record."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

PEM_FILE = click.Path(exists=True, dir_okay=False)


def signing_options(command: _Command) -> _Command:
    """The options of every command that writes files."""
    for option in reversed(
        (
            click.option("--no-c2pa", is_flag=True, help="Add no C2PA credential."),
            click.option("--chain", type=PEM_FILE, help="PEM certificate chain for C2PA."),
            click.option("--key", type=PEM_FILE, help="PEM private key for C2PA."),
            click.option("--time-stamp-authority", help="URL of an RFC 3161 authority; the only use of the network."),
            click.option("--record-key", type=PEM_FILE, help="PEM private key, SM2 or RSA, that signs the record."),
        )
    ):
        command = option(command)
    return command


def credential_signer(options: dict[str, Any]) -> Any:
    """The signer of the C2PA credential, or None. Raises SigningError, click.UsageError."""
    from labeling.signing import development_signer, pem_signer

    chain, key = options["chain"], options["key"]
    if options["no_c2pa"]:
        return None
    if bool(chain) != bool(key):
        raise click.UsageError("--chain and --key belong together")
    if options["time_stamp_authority"] and not chain:
        raise click.UsageError("--time-stamp-authority needs --chain and --key; development credentials get no stamp")
    if chain:
        return pem_signer(
            Path(chain).read_bytes(), Path(key).read_bytes(), ta_url=options["time_stamp_authority"] or None
        )
    return development_signer(_data_folder() / "development-certificate")


def record_key_signer(options: dict[str, Any]) -> Any:
    """The signer of the record, or None. Raises SigningError."""
    from labeling.record_signing import record_signer

    return record_signer(Path(options["record_key"]).read_bytes()) if options["record_key"] else None


def _data_folder() -> Path:
    """Where the development certificate lives between calls (XDG base directory specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mingbiao"
