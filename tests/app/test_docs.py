"""What an operator or a caller can meet is in the documentation."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from app.cli import COMMANDS, root
from app.config import SETTINGS
from app.keys import Scope
from app.problems import FIELD_PROBLEMS, LIBRARY_STATUS, PROBLEMS
from app.schemas.copies import CopyExportQuery, CopyJson, CopyQuery
from app.schemas.labels import LabelForm, LabelQuery
from app.schemas.propagations import PropagateForm, PropagateJson
from app.schemas.verifications import VerificationQuery, VerifyForm, VerifyJson

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_described_with_its_default(setting: object) -> None:
    row = next(line for line in OPERATIONS.splitlines() if line.startswith(f"| `{setting.name}` |"))  # type: ignore[attr-defined]
    assert f"| `{setting.default}` |" in row or (not setting.default and "| none |" in row)  # type: ignore[attr-defined]


def commands() -> list[str]:
    context = click.Context(root)
    names = []
    for name in COMMANDS:
        command = root.get_command(context, name)  # type: ignore[attr-defined]
        below = command.commands if isinstance(command, click.Group) else {}
        names += [f"{name} {sub}" for sub in below] or [name]
    return names


@pytest.mark.parametrize("name", commands())
def test_every_command_is_described(name: str) -> None:
    assert f"`mingbiao {name}`" in OPERATIONS


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_is_described(scope: str) -> None:
    assert f"| `{scope}` |" in API


STATUSES = {code: status for code, (status, _) in PROBLEMS.items()} | {str(c): s for c, s in LIBRARY_STATUS.items()}


@pytest.mark.parametrize(("code", "status"), STATUSES.items(), ids=STATUSES)
def test_every_code_is_described_with_its_status(code: str, status: int) -> None:
    assert f"| `{code}` | {status} |" in API


@pytest.mark.parametrize("code", FIELD_PROBLEMS)
def test_every_code_of_a_field_is_described(code: str) -> None:
    assert f"| `{code}` |" in API


BODIES = (LabelForm, VerifyForm, VerifyJson, PropagateForm, PropagateJson, CopyJson)
QUERIES = (LabelQuery, VerificationQuery, CopyQuery, CopyExportQuery)
FIELDS = {name for schema in BODIES for name in schema().fields} | {
    field.data_key or name for schema in QUERIES for name, field in schema().fields.items()
}


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_every_field_is_described(field: str) -> None:
    assert f"`{field}`" in API
