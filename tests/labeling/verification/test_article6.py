"""Article 6 of the Labelling Measures: class, value of Label, words, and what they rest on."""

from __future__ import annotations

import pytest

from labeling.model import AigcRecord, Carrier, LabelValue
from labeling.profiles.gb45438 import AI_ELEMENT, GENERATION_ELEMENT
from labeling.report import (
    Article6Class,
    Integrity,
    IntegrityReading,
    Site,
    Trace,
    TraceKind,
    VisibleAnswer,
)
from labeling.verification.article6 import classify

TRACE = Trace(TraceKind.GENERATOR_PARAMETERS, "tEXt", "Steps: 20")
NOT_AI = Trace(TraceKind.SOURCE_TYPE, "XMP", "algorithmicMedia", says_ai=False)
UNREADABLE = Site(Carrier.XMP, "APP1", 0, 0, "{", None)
BROKEN = IntegrityReading(0, "ReservedCode1", Integrity.BROKEN)


def site(label: str) -> Site:
    return Site(Carrier.XMP, "APP1", 0, 0, "", AigcRecord(label, "p", "i"))


@pytest.mark.parametrize(
    ("sites", "integrity", "traces", "visible", "declared", "kind"),
    [
        ((site("1"),), (), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.CONFIRMED),
        ((site("1"),), (), (TRACE,), VisibleAnswer.CONFORMING, True, Article6Class.CONFIRMED),
        ((site("2"),), (), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.POSSIBLE),
        ((site("3"),), (), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.SUSPECTED),
        ((site("3"),), (), (), VisibleAnswer.NOT_CHECKED, True, Article6Class.SUSPECTED),
        ((site("AIGC"),), (), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.SUSPECTED),
        ((UNREADABLE,), (), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.SUSPECTED),
        ((site("1"),), (BROKEN,), (), VisibleAnswer.NOT_CHECKED, False, Article6Class.SUSPECTED),
        ((), (), (), VisibleAnswer.NOT_CHECKED, True, Article6Class.POSSIBLE),
        ((), (), (TRACE,), VisibleAnswer.NOT_CHECKED, True, Article6Class.POSSIBLE),
        ((), (), (TRACE,), VisibleAnswer.NOT_CHECKED, False, Article6Class.SUSPECTED),
        ((), (), (), VisibleAnswer.CONFORMING, False, Article6Class.SUSPECTED),
        ((), (), (), VisibleAnswer.DEFICIENT, False, Article6Class.SUSPECTED),
        ((), (), (NOT_AI,), VisibleAnswer.NOT_SEEN, False, Article6Class.NONE),
        ((), (), (), VisibleAnswer.NOT_SEEN, False, Article6Class.NONE),
    ],
)
def test_class(
    sites: tuple[Site, ...],
    integrity: tuple[IntegrityReading, ...],
    traces: tuple[Trace, ...],
    visible: VisibleAnswer,
    declared: bool,
    kind: Article6Class,
) -> None:
    found = classify(sites, integrity, traces, visible, declared=declared)
    assert found.kind is kind
    assert (found.label is None) == (kind is Article6Class.NONE)
    assert bool(found.grounds) == (kind is not Article6Class.NONE)


@pytest.mark.parametrize(
    ("sites", "declared", "traces", "label"),
    [
        ((site("1"),), False, (), LabelValue.GENERATED),
        ((), True, (), LabelValue.POSSIBLE),
        ((), False, (TRACE,), LabelValue.SUSPECTED),
    ],
)
def test_what_the_platform_shows_holds_both_elements(
    sites: tuple[Site, ...], declared: bool, traces: tuple[Trace, ...], label: LabelValue
) -> None:
    found = classify(sites, (), traces, VisibleAnswer.NOT_CHECKED, declared=declared)
    assert found.label is label
    assert found.notice is not None
    assert AI_ELEMENT.search(found.notice.zh)
    assert GENERATION_ELEMENT.search(found.notice.zh)
    assert found.fields == ("Label", "ContentPropagator", "PropagateID")


def test_every_ground_is_named_once() -> None:
    found = classify((site("1"),), (), (TRACE, TRACE), VisibleAnswer.CONFORMING, declared=True)
    assert found.grounds == (
        "record.label_generated",
        "user.declared",
        "trace.visible_label",
        "trace.generator_parameters",
    )
