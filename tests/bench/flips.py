"""Damaged files by the thousand: `python -m tests.bench.flips [files per format]`.

Each sample is damaged by one to three flipped bits, or cut off, then labelled with everything but the credential and
verified. A line per format: what happened, the slowest file, and the growth of the process's peak memory.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import Counter

from labeling import LabelingError, Verdict, verify
from tests.bench.subjects import SAMPLES
from tests.bench.tasks import label_visible

NAMES = (
    "sideways.jpg",
    "cmyk.jpg",
    "palette.png",
    "animation.png",
    "photo.webp",
    "animation.webp",
    "animation.gif",
    "scan.tiff",
    "photo.avif",
    "article.md",
    "article.html",
    "article.txt",
)
CUT_EVERY = 5


def damaged(data: bytes, index: int, chance: random.Random) -> bytes:
    """Every fifth file is cut off, the others have one to three bits flipped."""
    if index % CUT_EVERY == 0:
        return data[: chance.randrange(len(data))]
    copy = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
    return bytes(copy)


def outcome(data: bytes) -> str:
    """Labelled and read back, refused by name, or what must not happen."""
    try:
        labelled = label_visible(data)
    except LabelingError:
        return "refused by name"
    except Exception as error:  # noqa: BLE001  # finding these is what this is for
        return f"FOREIGN {type(error).__name__}"
    return "labelled" if verify(labelled).verdict is Verdict.CONFORMANT else "NOT CONFORMANT"


def main(count: int) -> None:
    """Print the table; exit 1 where anything foreign came out."""
    print(
        "| file | damaged | refused by name | labelled and conformant | anything else | slowest ms | peak memory + MB |"
    )
    print("|" + " --- |" * 7)
    chance = random.Random(45438)
    bad = 0
    for name in NAMES:
        data = (SAMPLES / name).read_bytes()
        outcome(data)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        counts: Counter[str] = Counter()
        slowest = 0.0
        for index in range(count):
            started = time.perf_counter()
            counts[outcome(damaged(data, index, chance))] += 1
            slowest = max(slowest, time.perf_counter() - started)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        other = count - counts["refused by name"] - counts["labelled"]
        bad += other
        cells = (
            name,
            count,
            counts["refused by name"],
            counts["labelled"],
            other,
            f"{slowest * 1000:.0f}",
            f"{grown:.0f}",
        )
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
