"""From record, user's declaration and traces to what a platform has to do (Labelling Measures, article 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labeling.model import AigcRecord, LabelValue
from labeling.profiles.article6 import LABELS, NOTICES, PROPAGATION_FIELDS
from labeling.report import Article6, Article6Class, Integrity, IntegrityReading, Site, Trace, TraceKind, VisibleAnswer

_BY_VALUE = {value.value: kind for kind, value in LABELS.items()}
#: From strong to weak.
_STRENGTH = (Article6Class.CONFIRMED, Article6Class.POSSIBLE, Article6Class.SUSPECTED, Article6Class.NONE)
_SEEN = frozenset({VisibleAnswer.CONFORMING, VisibleAnswer.DEFICIENT})

#: A record that holds decides alone: the other cases of article 6 are for content without one.
_CLEAR = frozenset(f"record.label_{value.name.lower()}" for value in LabelValue)

#: Somebody put more signatures into the file than are tried, perhaps in front of one that does not verify.
_NOT_TRIED = "not-all-tried"

Ground = tuple[Article6Class, str]


def classify(
    sites: tuple[Site, ...],
    integrity: tuple[IntegrityReading, ...],
    traces: tuple[Trace, ...],
    visible: VisibleAnswer,
    *,
    declared: bool,
    unread: bool = False,
) -> Article6:
    """What a record says; without one that is clear, the strongest class that anything else speaks for.

    All grounds are named. `unread`: the file could not be read completely, so that the lack of a ground means nothing.
    A record whose own signature does not verify is a trace and no more: what it says may have been changed. A trace is
    never more than 'suspected', and their absence never says that the content was not made by an AI.
    """
    of_records = list(_from_records(sites, integrity))
    grounds = [*of_records, *_from_user(declared), *_from_traces(traces, visible)]
    deciding = [ground for ground in of_records if ground[1] in _CLEAR] or grounds
    kind = min((ground[0] for ground in deciding), key=_STRENGTH.index, default=Article6Class.NONE)
    label = LABELS.get(kind)
    fields = PROPAGATION_FIELDS if label is not None else ()
    codes = tuple(dict.fromkeys(code for _, code in grounds)) or (("file.not_read",) if unread else ())
    return Article6(kind, label, NOTICES.get(kind), fields, codes)


def _from_records(sites: tuple[Site, ...], integrity: tuple[IntegrityReading, ...]) -> Iterator[Ground]:
    broken = {
        reading.site for reading in integrity if reading.result is Integrity.BROKEN or _NOT_TRIED in reading.notes
    }
    for index, site in enumerate(sites):
        if index in broken:
            yield Article6Class.SUSPECTED, "record.integrity_broken"
        else:
            yield _from_record(site.record)


def _from_record(record: AigcRecord | None) -> Ground:
    """A record that cannot be read, or whose Label is unknown, is a trace that somebody labelled the content."""
    kind = _BY_VALUE.get(record.label) if record is not None else None
    if record is None or kind is None:
        return Article6Class.SUSPECTED, "record.unclear"
    return kind, f"record.label_{LabelValue(record.label).name.lower()}"


def _from_user(declared: bool) -> Iterator[Ground]:
    if declared:
        yield Article6Class.POSSIBLE, "user.declared"


def _from_traces(traces: Iterable[Trace], visible: VisibleAnswer) -> Iterator[Ground]:
    if visible in _SEEN:
        yield Article6Class.SUSPECTED, f"trace.{TraceKind.VISIBLE_LABEL}"
    for trace in traces:
        if trace.says_ai:
            yield Article6Class.SUSPECTED, f"trace.{trace.kind}"
