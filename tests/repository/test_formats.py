"""docs/formats.md says what the registry of containers says."""

from __future__ import annotations

import pytest

from labeling.model import Carrier, Format
from tests.repository.carriers_table import GROUPS, PAGE, renewed


def test_every_format_is_in_one_table() -> None:
    assert sorted(fmt for formats in GROUPS.values() for fmt in formats) == sorted(Format)


def test_the_committed_tables_are_those_of_the_registry() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run: python -m tests.repository.carriers_table"


@pytest.mark.parametrize("carrier", Carrier)
def test_every_carrier_is_explained(carrier: Carrier) -> None:
    _, _, explained = PAGE.read_text(encoding="utf-8").partition("| carrier | what it is |")
    assert f"| `{carrier}` | " in explained.partition("## Tables")[0]
