"""How well visible labels are read on pictures: found, measured, told apart from other words; and how long it takes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from labeling.containers.base import Anatomy
from labeling.limits import DEFAULT_LIMITS
from labeling.report import VisibleAnswer, VisibleLabels
from labeling.sniff import sniff
from labeling.visible.recognition import LabelRecogniser, available
from tests.bench import label_corpus, label_styles

PICTURES = 200
Row = tuple[object, ...]


@dataclass(slots=True)
class Tally:
    """What was counted over one set of pictures."""

    pictures: int = 0
    #: Answers as expected.
    right: int = 0
    #: Of the pictures with a label: ink heights within 10 % of the true one, and the largest error.
    labelled: int = 0
    close: int = 0
    worst: float = 0.0
    #: CPU seconds; one thread is used.
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, expected: VisibleAnswer, seen: VisibleLabels, seconds: float, ink_height: int = 0) -> None:
        """Count one picture; `ink_height` is 0 where there is no label."""
        self.pictures += 1
        self.right += seen.answer is expected
        self.seconds.append(seconds)
        error = _error(seen, ink_height)
        self.labelled += bool(ink_height)
        self.close += bool(ink_height) and abs(error) <= 0.1
        self.worst = max(self.worst, abs(error))
        if seen.answer is not expected or abs(error) > 0.1:
            labels = ", ".join(f"{label.words} {label.ink_height} px {label.place}" for label in seen.in_picture)
            self.misses.append(f"{name}: {seen.answer}, {error:+.0%}; {labels}")

    def row(self, name: str) -> Row:
        """One row of the table."""
        ordered = sorted(self.seconds)
        p95 = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
        return (
            name,
            self.pictures,
            self.right,
            self.close if self.labelled else "-",
            f"{self.worst:.1%}" if self.labelled else "-",
            f"{statistics.median(ordered):.2f}",
            f"{p95:.2f}",
            f"{ordered[-1]:.2f}",
        )


def table(pictures: int = PICTURES) -> Iterator[Row]:
    """Visible labels read on pictures. Seconds are those of one core; errors are of the ink height."""
    yield "pictures", "number", "right answer", "within 10 %", "worst error", "s median", "s p95", "s longest"
    for name, tally in measured(pictures):
        yield tally.row(name)
        for miss in tally.misses:
            print(f"  {name}: {miss}", file=sys.stderr)


def measured(pictures: int) -> Iterator[tuple[str, Tally]]:
    """Our own labels, pictures without one, and the labels of others; each set as it is done."""
    if not available():
        return
    recogniser = LabelRecogniser()
    tally = Tally()
    for sample in label_corpus.labelled(pictures):
        assert sample.mark is not None
        seen, seconds = _timed(recogniser, sample.data, sample.size)
        tally.add(sample.name, VisibleAnswer.CONFORMING, seen, seconds, sample.mark.ink_height)
    yield "labelled by us", tally
    tally = Tally()
    for sample in label_corpus.unlabelled(pictures):
        tally.add(sample.name, VisibleAnswer.NOT_SEEN, *_timed(recogniser, sample.data, sample.size))
    yield "without a label", tally
    tally = Tally()
    for other in label_styles.drawn():
        seen, seconds = _timed(recogniser, other.data, other.size)
        tally.add(str(other.style), other.expected, seen, seconds, other.ink_height)
    yield "labelled by others", tally


def _timed(recogniser: LabelRecogniser, data: bytes, size: tuple[int, int]) -> tuple[VisibleLabels, float]:
    anatomy = Anatomy(sniff(data, DEFAULT_LIMITS), *size)
    started = time.process_time()
    seen = recogniser.recognise(data, anatomy, 1, DEFAULT_LIMITS)
    return seen, time.process_time() - started


def _error(seen: VisibleLabels, ink_height: int) -> float:
    """Relative error of the label that comes nearest; -1 where none was seen."""
    if not ink_height:
        return 0.0
    errors = [label.ink_height / ink_height - 1 for label in seen.in_picture]
    return min(errors, key=abs, default=-1.0)
