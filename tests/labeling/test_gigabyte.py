"""A recording of a gigabyte is verified by seeking: a small part of it is read, wherever its record lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labeling import Verdict, verify
from labeling.limits import GIB, MIB
from labeling.report import Answer, CredentialPresence
from tests.labeling.counted_stream import CountedStream
from tests.labeling.gigabyte_files import FILES, write


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Goes when the test does: a disk without holes would fill up."""
    path = tmp_path / "recording"
    yield path
    path.unlink()


@pytest.mark.parametrize("name", FILES)
def test_a_gigabyte_is_verified_by_seeking(name: str, path: Path) -> None:
    write(name, path)
    assert path.stat().st_size > GIB - 20 * MIB
    with path.open("rb", buffering=0) as file:
        counted = CountedStream(file)
        report = verify(counted)  # type: ignore[arg-type]
    assert (report.format, report.verdict) == (FILES[name][0], Verdict.CONFORMANT)
    assert report.answers.placed is Answer.YES
    assert counted.bytes_read < 4 * MIB
    assert counted.reads < 20_000


def test_a_credential_of_a_gigabyte_is_reported_and_not_hashed(path: Path) -> None:
    write("MP4 with a credential", path)
    with path.open("rb") as file:
        credential = verify(file).credential
    assert credential.presence is CredentialPresence.EMBEDDED
    assert credential.hash_intact is not Answer.YES
    assert credential.readable is not Answer.YES
