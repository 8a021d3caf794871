"""Timing two things against each other in one process, and the peak memory of one thing in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple


class Comparison(NamedTuple):
    """Medians in milliseconds, and the median of the pairwise ratios."""

    ours: float
    theirs: float
    ratio: float


def compare(ours: Callable[[], object], theirs: Callable[[], object], seconds: float = 4.0) -> Comparison:
    """Run both in turn (A B A B ...) after one warm-up each, for about `seconds` but at least five pairs."""
    ours()
    theirs()
    pairs: list[tuple[float, float]] = []
    until = time.perf_counter() + seconds
    while len(pairs) < 5 or (time.perf_counter() < until and len(pairs) < 200):
        pairs.append((_once(ours), _once(theirs)))
    return Comparison(
        statistics.median(ours for ours, _ in pairs) * 1000,
        statistics.median(theirs for _, theirs in pairs) * 1000,
        statistics.median(ours / theirs for ours, theirs in pairs),
    )


def median_ms(work: Callable[[], object], runs: int = 21) -> float:
    """Median time of `work` in milliseconds, after one warm-up."""
    work()
    return statistics.median(_once(work) for _ in range(runs)) * 1000


def _once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


_CHILD = """
import sys
from pathlib import Path
from tests.bench import subjects, tasks

def high_water():
    # Linux: VmHWM is the peak of this process alone; getrusage would count that of its parent as well.
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

data = sys.stdin.buffer.read()
tasks.label_with_everything(subjects.encoded(sys.argv[1], (64, 64)))
Path("/proc/self/clear_refs").write_text("5")
before = high_water()
tasks.label_with_everything(data)
print(high_water() - before)
"""


def peak_memory(kind: str, data: bytes) -> int:
    """Bytes by which labelling `data` raises the peak memory of a process that has labelled a small picture before."""
    child = subprocess.run([sys.executable, "-c", _CHILD, kind], input=data, capture_output=True, check=True)
    return int(child.stdout)
