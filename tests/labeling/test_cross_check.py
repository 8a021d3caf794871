"""What other tools write, tools that know nothing of this package, is read correctly and in full."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from labeling import verify
from labeling.containers import reader_for
from labeling.model import Carrier, Format
from labeling.report import Answer, Outcome, Report, Verdict
from tests.labeling._corpus_record import MARK
from tests.labeling._corpus_tools import Workshop
from tests.labeling.corpus import CORPUS, OTHER, UNDEFINED, Case

#: The checks of the corpus' record that come out the same whatever wrote it.
_ALWAYS = frozenset({"record.provider_named", "integrity.not_checkable", "record.provider_odd"})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    workshop = Workshop(tmp_path_factory.mktemp("workshop"))
    yield workshop
    workshop.close()


def remarks(report: Report) -> set[str]:
    """Code and note of every check that is no pass."""
    found = [check.params for check in report.checks if check.outcome is not Outcome.PASS]
    details = (
        (params.get("error", params["code"]), params.get("note") or params.get("field") or params.get("reason") or "")
        for params in found
    )
    return {f"{code} {detail}".strip() for code, detail in details if code not in _ALWAYS}


@pytest.mark.parametrize("name", CORPUS)
def test_a_file_of_another_tool_is_read_correctly_and_in_full(name: str, shop: Workshop) -> None:
    case = CORPUS[name]
    data = case.make(shop)
    report = verify(data)
    assert (report.format, report.verdict) == (case.format, case.verdict)
    assert [(site.carrier, site.place) for site in report.sites] == list(case.sites)
    assert [site.record for site in report.sites] == [case.record] * len(case.sites)
    assert remarks(report) == case.remarks
    assert report.answers.placed is placed(case)
    assert verify(io.BytesIO(data)) == report
    assert case.verdict is not Verdict.NOT_FOUND or MARK not in data


def placed(case: Case) -> Answer:
    """What the table says of the place, in the words of the report."""
    if not case.sites:
        return Answer.UNKNOWN if case.verdict is Verdict.INCONCLUSIVE else Answer.NOT_APPLICABLE
    if UNDEFINED in case.remarks:
        return Answer.UNKNOWN
    return Answer.NO if OTHER in case.remarks else Answer.YES


_NOT_WRITTEN = {Format.HEIC, Format.PLAIN, Format.BMP}


def test_the_corpus_holds_every_format_that_other_tools_write() -> None:
    """Nothing here writes HEIC; plain text and bitmaps have no place for a record."""
    readable = {fmt for fmt in Format if reader_for(fmt) is not None}
    assert readable - {case.format for case in CORPUS.values() if case.sites} <= _NOT_WRITTEN


def test_the_corpus_holds_every_carrier_that_other_tools_write() -> None:
    """A chunk of its own in WAV, a comment in HTML and text behind the end are written by hand only."""
    found = {carrier for case in CORPUS.values() for carrier, _ in case.sites}
    assert set(Carrier) - found <= {Carrier.RIFF_CHUNK, Carrier.HTML_COMMENT, Carrier.TRAILER}
