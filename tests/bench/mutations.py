"""Spoilt files of every format by the thousand: `python -m tests.bench.mutations [files] [--formats png,pdf]`.

Each is verified, one in ten with its C2PA credential. What must hold: `verify` never raises, a file of up to 1 MB takes
at most 250 ms of CPU time, and the process grows by at most 100 MB. A line per format; exit 1 where anything does not
hold. `--keep FOLDER` writes such files there. The files are the same in every run; `--seed` draws others.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from labeling import Format, Verdict, verify
from labeling.model import TEXT_FORMATS
from tests.bench._mutators import Mutant, mutate
from tests.bench._seeds import Seed, seeds

MOST_MS = 250.0
MOST_MB = 100.0
CREDENTIAL_EVERY = 10
_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(slots=True)
class Tally:
    """What the files of one format came to."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    where: str = ""
    #: Peak resident memory above that at the format's start, in MB: of the worst file, and what stays at the end.
    grown: float = 0.0
    kept: float = 0.0
    finds: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file came to."""

    verdict: str
    ms: float
    #: Resident memory in MB: before, and at the peak.
    before: float
    peak: float
    #: The traceback of an exception, which there must not be.
    error: str = ""


def outcome(mutant: Mutant, fmt: Format, *, credential: bool) -> Outcome:
    """Verify one file; CPU time of all threads, and the high-water mark of the memory while it ran."""
    hint = fmt if fmt in TEXT_FORMATS else None
    _REFS.write_text("5")
    before = _memory("VmRSS")
    started = time.process_time()
    try:
        verdict, error = str(verify(mutant.data, format=hint, check_credential=credential).verdict), ""
    except Exception as caught:  # noqa: BLE001  # finding these is what this is for
        verdict, error = f"EXCEPTION {type(caught).__name__}", traceback.format_exc()
    return Outcome(verdict, (time.process_time() - started) * 1000, before, _memory("VmHWM"), error)


def _memory(name: str) -> float:
    """A line of Linux' account of this process, in MB."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def mutants(pool: list[Seed], count: int, seed: str) -> Iterator[tuple[int, Mutant]]:
    """The spoilt files of one format, each from a chance of its own, so that it can be made again alone."""
    for index in range(count):
        chance = Random(f"{seed}:{pool[0].format}:{index}")
        yield index, mutate(pool[index % len(pool)], pool, chance)


def run(fmt: Format, pool: list[Seed], count: int, seed: str, keep: Path | None) -> Tally:
    """Verify `count` spoilt files of one format."""
    tally = Tally()
    for seed_file in pool[:3]:
        outcome(Mutant(seed_file.data, seed_file.name), fmt, credential=True)
    gc.collect()
    start = _memory("VmRSS")
    for index, mutant in mutants(pool, count, seed):
        found = outcome(mutant, fmt, credential=index % CREDENTIAL_EVERY == 0)
        if found.ms > MOST_MS:
            # A neighbour on the machine costs time as well: the best of three is the file's own.
            again = [outcome(mutant, fmt, credential=index % CREDENTIAL_EVERY == 0) for _ in range(2)]
            found = min((found, *again), key=lambda one: one.ms)
        _count(tally, found, mutant, found.peak - start)
        if problem := _problem(found):
            tally.finds.append(f"{fmt} {index} ({mutant.how}), {len(mutant.data)} bytes: {problem}")
            if keep is not None:
                (keep / f"{fmt}-{index}").write_bytes(mutant.data)
    gc.collect()
    tally.kept = _memory("VmRSS") - start
    return tally


def _count(tally: Tally, found: Outcome, mutant: Mutant, grown: float) -> None:
    tally.verdicts[found.verdict] += 1
    tally.grown = max(tally.grown, grown)
    if found.ms > tally.slowest:
        tally.slowest, tally.where = found.ms, f"{mutant.how} ({len(mutant.data) / 1000:.0f} kB)"


def _problem(found: Outcome) -> str:
    if found.error:
        return found.error
    if found.ms > MOST_MS:
        return f"{found.ms:.0f} ms"
    return f"{found.peak - found.before:.0f} MB" if found.peak - found.before > MOST_MB else ""


COLUMNS = (
    *("format", "files", *(str(verdict) for verdict in Verdict), "exceptions", "slowest ms", "slowest file"),
    *("peak memory + MB", "kept MB"),
)


def row(fmt: Format, tally: Tally) -> tuple[object, ...]:
    """A line of the table."""
    total, known = sum(tally.verdicts.values()), [tally.verdicts[verdict] for verdict in Verdict]
    return (
        fmt,
        total,
        *known,
        total - sum(known),
        f"{tally.slowest:.0f}",
        tally.where,
        f"{max(tally.grown, 0):.0f}",
        f"{max(tally.kept, 0):.0f}",
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=int, nargs="?", default=1000, help="how many in all")
    parser.add_argument("--formats", default="", help="comma-separated; all without it")
    parser.add_argument("--seed", default="45438", help="what chance starts from")
    parser.add_argument("--keep", type=Path, help="folder for the files that are finds")
    return parser.parse_args()


def main() -> None:
    """Print the table and the finds; exit 1 where there are any."""
    chosen = _arguments()
    if chosen.keep is not None:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    wanted = {Format(name) for name in chosen.formats.split(",") if name}
    pools = {fmt: pool for fmt, pool in seeds().items() if pool and (not wanted or fmt in wanted)}
    finds: list[str] = []
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    for place, (fmt, pool) in enumerate(pools.items()):
        count = chosen.files // len(pools) + (place < chosen.files % len(pools))
        tally = run(fmt, pool, count, chosen.seed, chosen.keep)
        finds += tally.finds
        print("| " + " | ".join(map(str, row(fmt, tally))) + " |", flush=True)
    print(*finds, sep="\n")
    sys.exit(bool(finds))


if __name__ == "__main__":
    main()
