"""Traces of generation besides a record: evidence for 'suspected', never for more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from labeling.containers.base import Anatomy, BlockKind
from labeling.limits import Limits
from labeling.profiles.generators import MARKS, Mark
from labeling.report import CredentialReading, Trace, TraceKind
from labeling.sites import Findings

#: Source types of IPTC and C2PA that say that a trained model made the content or a part of it, without the vocabulary
#: in front; `algorithmicMedia` says the opposite.
_TRAINED = frozenset(
    {
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "trainedAlgorithmicData",
    }
)
#: What is searched of one entry: parameters stand within it, and a workflow of ComfyUI shows itself at once.
_SEARCHED = 16 * 1024
#: ... and of all entries of a file together.
_SEARCHED_IN_ALL = 256 * 1024
#: Entries that are searched in one file.
_MOST_ENTRIES = 256


def find_traces(
    anatomy: Anatomy, findings: Findings, credential: CredentialReading, limits: Limits
) -> tuple[Trace, ...]:
    """Every trace that the metadata show, each once: source types, generator parameters and names, private labels."""
    traces = [*_source_types(findings, credential, limits), *_of_generators(anatomy, findings, limits)]
    return tuple(dict.fromkeys(traces))


def _source_types(findings: Findings, credential: CredentialReading, limits: Limits) -> Iterator[Trace]:
    said = (
        *((TraceKind.SOURCE_TYPE, "XMP", name) for name in findings.source_types),
        *((TraceKind.CREDENTIAL_SOURCE_TYPE, "active manifest", name) for name in credential.source_types),
        *((TraceKind.CREDENTIAL_SOURCE_TYPE, "ingredient", name) for name in credential.ingredient_source_types),
    )
    for kind, place, name in said:
        yield Trace(kind, place, name[: limits.trace_characters], says_ai=_code(name) in _TRAINED)


def _code(name: str) -> str:
    """The last part of a vocabulary's address, which files write with http, https, a slash behind it, or alone."""
    return name.rstrip("/").rpartition("/")[2]


def _of_generators(anatomy: Anatomy, findings: Findings, limits: Limits) -> Iterator[Trace]:
    left = _SEARCHED_IN_ALL
    for place, key, text in islice(_entries(anatomy, findings), _MOST_ENTRIES):
        left -= len(text)
        if left < 0:
            return
        trace = next((made for mark in MARKS if (made := _trace(mark, place, key, text, limits))), None)
        if trace is not None:
            yield trace


def _trace(mark: Mark, place: str, key: str, text: str, limits: Limits) -> Trace | None:
    if mark.key is not None and not mark.key.fullmatch(key):
        return None
    found = [pattern.search(text, 0, mark.searched) for pattern in mark.holds]
    if not all(found):
        return None
    generator = mark.generator or next(match.group() for match in found if match)
    return Trace(mark.kind, f"{place} {key}".strip(), text[: limits.trace_characters], generator)


def _entries(anatomy: Anatomy, findings: Findings) -> Iterator[tuple[str, str, str]]:
    """(place, key, text) of every entry that is no record."""
    records = {found.block for found in findings.found}
    for block in anatomy.of(BlockKind.TEXT):
        if block not in records:
            yield block.unit, block.keyword, block.payload[:_SEARCHED].decode("utf-8", "replace")
    for place, key, text in findings.texts:
        yield place, key, text[:_SEARCHED]
