"""Which ink candidate is the words: the one that the reader reads as those words when it is shown that ink alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from labeling.visible._seeing_ink import Ink, by_colour, by_light
from labeling.visible._seeing_models import Models, Reading
from labeling.visible._seeing_words import span_of_elements

#: What is measured reaches this far beyond the middle of its first and last character, as a share of the line's height
#: with its rim: less than half a glyph.
_REACH = 0.2
#: Pixels of a part that are looked at one by one; a larger one has glyphs of 350 pixels and more, and is reduced.
_MOST_PIXELS = 4_000_000
#: Share of the characters that must be read again from the ink alone: some may be lost in what lies behind them.
_SAME = 0.3
#: Score of the reader above which no other candidate is looked for, and what it may fall short of the best one.
_SURE = 0.9
_EQUAL = 0.05


@dataclass(frozen=True, slots=True)
class _Judged:
    ink: Ink
    score: float


def measure(models: Models, part: Image.Image, reading: Reading) -> Ink | None:
    """The ink of the label's elements in the part of a picture that was read as `reading`; None where none is clear."""
    shrink = max(1, math.ceil(math.sqrt(part.width * part.height / _MOST_PIXELS)))
    if shrink > 1:
        found = measure(models, part.reduce(shrink), reading)
        return found.enlarged(shrink) if found else None
    first, last = span_of_elements(reading.words)
    reach = _REACH * part.height / part.width
    span = (reading.centres[first] - reach, reading.centres[last] + reach)
    wanted = reading.words[first : last + 1]
    # 1. Light or dark ink, as nearly all labels are.
    judged = _judged(models, by_light(part, span), wanted)
    # 2. Outlined and coloured words.
    if max((one.score for one in judged), default=0.0) < _SURE:
        judged += _judged(models, by_colour(part, span), wanted)
    # 3. The best; of equals the lowest, because an outline is higher than its words.
    best = max((one.score for one in judged), default=0.0)
    equals = [one.ink for one in judged if one.score >= best - _EQUAL]
    return min(equals, key=lambda ink: ink.height, default=None)


def _judged(models: Models, candidates: Iterable[Ink], wanted: str) -> list[_Judged]:
    judged = []
    for ink in candidates:
        reading = models.read(ink.shown)
        if len(set(reading.words) & set(wanted)) >= _SAME * len(set(wanted)):
            judged.append(_Judged(ink, reading.score * _likeness(reading.words, wanted)))
    return judged


def _likeness(words: str, wanted: str) -> float:
    """Share of the characters that both have."""
    return len(set(words) & set(wanted)) / len(set(words) | set(wanted))
