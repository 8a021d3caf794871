"""Files that are made to cost: `python -m tests.bench.hostile [formats, comma-separated]`.

Each holds as many parts of one kind as a megabyte does. What `tests.bench.mutations` asks of spoilt files is asked of
these as well. A line per file above a tenth of the time that is allowed, slowest first; exit 1 above all of it.
"""

from __future__ import annotations

import sys

from labeling import Format
from tests.bench._costly import SIZE, costly
from tests.bench._mutators import Mutant
from tests.bench.mutations import MOST_MB, MOST_MS, Outcome, outcome

COLUMNS = ("format", "much of", "MB", "ms", "memory + MB", "verdict")


def main() -> None:
    """Print the table; exit 1 where a file costs too much or anything is raised."""
    wanted = {Format(name) for name in ",".join(sys.argv[1:]).split(",") if name}
    lines: list[tuple[float, tuple[object, ...]]] = []
    bad, count = 0, 0
    for fmt, name, data in costly():
        if wanted and fmt not in wanted:
            continue
        assert len(data) <= SIZE + 5_000, name
        found = best(Mutant(data, name), fmt)
        count += 1
        grown = found.peak - found.before
        bad += found.ms > MOST_MS or grown > MOST_MB or bool(found.error)
        if found.ms > MOST_MS / 10 or grown > MOST_MB / 10 or found.error:
            cells = (fmt, f"`{name}`", f"{len(data) / 1e6:.2f}", f"{found.ms:.0f}", f"{grown:.0f}", found.verdict)
            lines.append((found.ms, cells))
        if found.error:
            print(found.error)
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    for _, cells in sorted(lines, key=lambda line: -line[0]):
        print("| " + " | ".join(map(str, cells)) + " |")
    print(f"\n{count} files, {count - len(lines)} of them below a tenth of the bounds, {bad} above them")
    sys.exit(bool(bad))


def best(mutant: Mutant, fmt: Format) -> Outcome:
    """The best of three: a neighbour on the machine costs time as well."""
    return min((outcome(mutant, fmt, credential=False) for _ in range(3)), key=lambda found: found.ms)


if __name__ == "__main__":
    main()
