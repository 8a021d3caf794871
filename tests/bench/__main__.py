"""Run every measurement and print the tables of docs/benchmarks.md. Options: names of tables, to run only those."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version

import PIL

from labeling import Format
from labeling.model import MEDIA_TYPES
from labeling.visible.recognition import available
from tests.bench import bare_c2pa, exiftool, recognition, subjects, tasks, verdicts
from tests.bench import fidelity as pixels
from tests.bench.measure import Comparison, compare, median_ms, peak_memory
from tests.bench.verification import verification

Row = tuple[object, ...]


def visible() -> Iterator[Row]:
    """Visible label and record against Pillow's decode, draw, encode."""
    yield "format", "size", "ours ms", "Pillow ms", "ours / Pillow", "bar", "file / source"
    bars = {"JPEG": 1.25, "PNG": 0.25}
    for kind in ("JPEG", "PNG", "WebP", "WebP lossless", "GIF", "TIFF"):
        for name, size in subjects.SIZES.items():
            if size[0] > 2000 and kind in ("WebP lossless", "GIF"):
                continue
            data = subjects.encoded(kind, size)
            options = {"lossless": True, "method": 0} if kind == "WebP lossless" else {}
            if kind == "TIFF":
                options = {"compression": "tiff_lzw"}
            result = compare(
                lambda data=data: tasks.label_visible(data),  # type: ignore[misc]
                lambda data=data, options=options: tasks.pillow_label(data, **options),  # type: ignore[misc]
            )
            growth = len(tasks.label_visible(data)) / len(data)
            yield kind, name, *_figures(result), bars.get(kind, "-"), f"{growth:.3f}"


def implicit() -> Iterator[Row]:
    """Record alone, on files of about 2 MB and of 16 MP, against ExifTool with -stay_open."""
    yield "format", "file MB", "alone ms", "in turns: ours ms", "ExifTool ms", "ExifTool / ours"
    with exiftool.StayOpen() as tool:
        # Debian's ExifTool 12.57 does not write WebP.
        for kind in ("JPEG", "PNG", "TIFF"):
            for size in ((1024, 1024), (1280, 1280), (4096, 4096)):
                data = subjects.encoded(kind, size)
                result = compare(
                    lambda data=data: tasks.label_implicit(data),  # type: ignore[misc]
                    lambda data=data, kind=kind: tool.write_record(data, kind.lower()),  # type: ignore[misc]
                )
                yield (
                    kind,
                    f"{len(data) / 1e6:.2f}",
                    f"{median_ms(lambda data=data: tasks.label_implicit(data), 51):.3f}",  # type: ignore[misc]
                    f"{result.ours:.3f}",
                    f"{result.theirs:.1f}",
                    f"{1 / result.ratio:.0f}",
                )


def credential() -> Iterator[Row]:
    """What the credential adds, against c2pa-python alone with the same chain, settings and manifest."""
    yield "format", "size", "ours ms", "bare ms", "ours / bare", "added KB"
    for kind, fmt in (("JPEG", Format.JPEG), ("PNG", Format.PNG), ("WebP", Format.WEBP)):
        for name, size in subjects.SIZES.items():
            data = tasks.label_implicit(subjects.encoded(kind, size))
            result = compare(
                lambda data=data, fmt=fmt: bare_c2pa.sign(data, fmt),  # type: ignore[misc]
                lambda data=data, fmt=fmt: bare_c2pa.bare()(data, MEDIA_TYPES[fmt]),  # type: ignore[misc]
            )
            yield kind, name, *_figures(result), f"{(len(bare_c2pa.sign(data, fmt)) - len(data)) / 1e3:.1f}"


def text() -> Iterator[Row]:
    """Throughput on texts: an article repeated, and one that speaks of AI generation in every paragraph."""
    yield "format", "text", "file MB", "ms", "MB/s"
    for fmt in (Format.PLAIN, Format.MARKDOWN, Format.HTML):
        for name, make in (("article", subjects.article), ("about AI", subjects.dense)):
            data = make(20, str(fmt))
            took = median_ms(lambda data=data, fmt=fmt: tasks.label_text(data, fmt), runs=7)  # type: ignore[misc]
            yield fmt, name, f"{len(data) / 1e6:.1f}", f"{took:.0f}", f"{len(data) / 1e3 / took:.0f}"


def memory() -> Iterator[Row]:
    """Peak memory of labelling with everything, over the decoded picture's size."""
    yield "format", "size", "decoded MB", "peak MB", "peak / decoded"
    jpegs = ("JPEG", "JPEG 4:2:2 fine", "JPEG 4:4:4 progressive")
    for kind in (*jpegs, "PNG", "WebP", "WebP lossless", "TIFF"):
        for name, size in subjects.SIZES.items():
            decoded = size[0] * size[1] * 3
            peak = peak_memory(kind, subjects.encoded(kind, size))
            yield kind, name, f"{decoded / 1e6:.1f}", f"{peak / 1e6:.1f}", f"{peak / decoded:.2f}"


def fidelity() -> Iterator[Row]:
    """JPEG: PSNR in dB outside the label's box / beyond the coded units that the box touches, 'same' for no change."""
    yield from pixels.table()


TABLES: dict[str, Callable[[], Iterator[Row]]] = {
    "visible": visible,
    "implicit": implicit,
    "credential": credential,
    "text": text,
    "memory": memory,
    "fidelity": fidelity,
    "verification": verification,
    "verdict": verdicts.verdict,
    "whole": verdicts.whole,
    "long": verdicts.long,
    "recognition": recognition.table,
}


def _figures(result: Comparison) -> Row:
    return f"{result.ours:.2f}", f"{result.theirs:.2f}", f"{result.ratio:.3f}"


def _machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, Pillow {PIL.__version__}, c2pa-python {version('c2pa-python')}"
    )


def main() -> None:
    """Print the chosen tables as Markdown."""
    wanted = sys.argv[1:] or list(TABLES)
    print(_machine())
    for name in wanted:
        if name == "implicit" and shutil.which("exiftool") is None:
            print("\nimplicit: skipped, exiftool is not installed")
            continue
        if name == "recognition" and not available():
            print("\nrecognition: skipped, the extra `ocr` is not installed (make ocr)")
            continue
        table = TABLES[name]
        print(f"\n### {name}: {table.__doc__}\n", flush=True)
        for index, row in enumerate(table()):
            print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
            if index == 0:
                print("|" + " --- |" * len(row))


if __name__ == "__main__":
    main()
