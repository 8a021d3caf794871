"""Spoilt files of every format: `verify` says something of each and raises nothing.

A small share of what `python -m tests.bench.mutations` does by the thousand, where time and memory are measured too.
"""

from __future__ import annotations

from functools import cache

import pytest

from labeling import Format, Report, verify
from labeling.containers import reader_for
from labeling.model import TEXT_FORMATS
from tests.bench._seeds import Seed, seeds
from tests.bench.mutations import mutants

#: One worker builds the seeds for all.
pytestmark = pytest.mark.xdist_group("spoilt files")
FILES = 16
READABLE = [fmt for fmt in Format if reader_for(fmt) is not None]


@cache
def pools() -> dict[Format, list[Seed]]:
    """Without the files of programs, which need not be here."""
    return seeds(other_tools=False)


@pytest.mark.parametrize("fmt", READABLE)
def test_a_spoilt_file_raises_nothing(fmt: Format) -> None:
    hint = fmt if fmt in TEXT_FORMATS else None
    for index, mutant in mutants(pools()[fmt], FILES, "gate"):
        report = verify(mutant.data, format=hint, check_credential=index % 10 == 0)
        assert isinstance(report, Report), mutant.how


@pytest.mark.parametrize("fmt", READABLE)
def test_the_seeds_are_sound(fmt: Format) -> None:
    """What is spoilt is a file of the format to begin with."""
    hint = fmt if fmt in TEXT_FORMATS else None
    assert {verify(seed.data, format=hint, check_credential=False).format for seed in pools()[fmt]} == {fmt}
