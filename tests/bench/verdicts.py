"""How long a verdict takes: the metadata alone, the C2PA check beside it, and recordings of a gigabyte."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import c2pa

from labeling import verify
from labeling.limits import DEFAULT_LIMITS
from labeling.model import MEDIA_TYPES, Format
from labeling.trust import NO_TRUST, Trust
from labeling.verification._c2pa_contexts import make_context
from tests.bench import bare_c2pa, subjects, tasks
from tests.bench.measure import median_ms
from tests.labeling._corpus_tools import Workshop
from tests.labeling.chains import root
from tests.labeling.corpus import CORPUS
from tests.labeling.counted_stream import CountedStream
from tests.labeling.gigabyte_files import FILES, write

Row = tuple[object, ...]
#: Sides of the sample photograph that give files of some 2 MB.
TWO_MEGABYTES = {"JPEG": 2800, "PNG": 1056, "WebP": 3600, "TIFF": 768}
_PICTURES = {"JPEG": Format.JPEG, "PNG": Format.PNG, "WebP": Format.WEBP, "TIFF": Format.TIFF}
_OTHERS = (
    *("ffmpeg: mp4 with tags", "ffmpeg: mkv", "ffmpeg: mp3", "ffmpeg: flac", "ffmpeg: ogg"),
    *("pikepdf: Info", "pikepdf: Info, object streams", "office: python-docx", "office: openpyxl"),
)


def verdict() -> Iterator[Row]:
    """The metadata of one labelled file, without the C2PA check; 1 ms is the bar for pictures of 2 MB."""
    yield "file", "MB", "ms", "CPU ms", "bar"
    for name, data, fmt in (*_labelled(), *_texts(), *_by_other_tools()):
        work = partial(verify, data, format=fmt, check_credential=False)
        elapsed, cpu = median_ms(work, runs=101), _median_cpu_ms(work, runs=101)
        yield name, f"{len(data) / 1e6:.2f}", f"{elapsed:.3f}", f"{cpu:.3f}", 1 if name in _PICTURES else "-"


def whole() -> Iterator[Row]:
    """What the C2PA check adds to a verdict, against c2pa-python alone: CPU ms, the three in turn, medians."""
    yield "format", "file MB", "trust", "metadata", "with C2PA", "bare", "added / bare", "bar"
    for kind, fmt in _PICTURES.items():
        for size in ((1024, 1024), (TWO_MEGABYTES[kind],) * 2):
            data = bare_c2pa.sign(tasks.label_implicit(subjects.encoded(kind, size)), fmt)
            for name, trust in (("no lists", NO_TRUST), ("anchored", _anchored())):
                runs = _in_turn(
                    partial(verify, data, check_credential=False),
                    partial(verify, data, trust=trust),
                    _bare(data, fmt, trust),
                )
                ratio = statistics.median((both - alone) / bare for alone, both, bare in runs)
                medians = (f"{statistics.median(column):.2f}" for column in zip(*runs, strict=True))
                yield kind, f"{len(data) / 1e6:.2f}", name, *medians, f"{ratio:.3f}", 1.2


def long() -> Iterator[Row]:
    """Recordings of a gigabyte, the media data of which are a hole, through an open file; 100 ms is the bar."""
    yield "file", "ms", "CPU ms", "kB read", "reads", "verdict"
    with tempfile.TemporaryDirectory(prefix="mingbiao-gigabyte-") as folder:
        path = Path(folder) / "recording"
        for name in FILES:
            write(name, path)
            with path.open("rb", buffering=0) as file:
                counted = CountedStream(file)
                report = verify(counted)  # type: ignore[arg-type]
            work = partial(_opened, path)
            elapsed, cpu = median_ms(work, runs=15), _median_cpu_ms(work, runs=15)
            yield name, f"{elapsed:.1f}", f"{cpu:.1f}", f"{counted.bytes_read / 1e3:.0f}", counted.reads, report.verdict


def _labelled() -> Iterator[tuple[str, bytes, None]]:
    for kind, side in TWO_MEGABYTES.items():
        yield kind, tasks.label_implicit(subjects.encoded(kind, (side, side))), None
    yield "JPEG, signed", bare_c2pa.sign(_two_megabytes("JPEG"), Format.JPEG), None
    yield "PNG, no label", subjects.encoded("PNG", (TWO_MEGABYTES["PNG"],) * 2), None


def _texts() -> Iterator[tuple[str, bytes, Format]]:
    for name, fmt in (("txt", Format.PLAIN), ("md", Format.MARKDOWN), ("html", Format.HTML)):
        article = (subjects.SAMPLES / f"article.{name}").read_bytes()
        yield f"article.{name}", tasks.label_text(article, fmt), fmt
    for fmt in (Format.PLAIN, Format.MARKDOWN, Format.HTML):
        yield f"article, {fmt}", tasks.label_text(subjects.article(2, str(fmt)), fmt), fmt


def _by_other_tools() -> Iterator[tuple[str, bytes, None]]:
    with tempfile.TemporaryDirectory(prefix="mingbiao-verdicts-") as folder:
        shop = Workshop(Path(folder))
        for name in _OTHERS:
            yield name, CORPUS[name].make(shop), None
        shop.close()


@cache
def _two_megabytes(kind: str) -> bytes:
    return tasks.label_implicit(subjects.encoded(kind, (TWO_MEGABYTES[kind],) * 2))


def _anchored() -> Trust:
    return Trust(anchors_pem=root().pem)


def _bare(data: bytes, fmt: Format, trust: Trust) -> Callable[[], object]:
    """c2pa-python with our settings: `Reader` and its JSON."""
    context = make_context(trust, DEFAULT_LIMITS)

    def run() -> object:
        with c2pa.Reader(MEDIA_TYPES[fmt], BytesIO(data), context=context) as reader:
            return json.loads(reader.json())

    return run


def _in_turn(*works: Callable[[], object], seconds: float = 5.0) -> list[tuple[float, ...]]:
    """CPU milliseconds of each work, one after the other again and again, after one warm-up each.

    Of all threads of the process, c2pa's too: a neighbour on the machine stretches the time on the clock only.
    """
    for work in works:
        work()
    runs: list[tuple[float, ...]] = []
    until = time.perf_counter() + seconds
    while len(runs) < 5 or (time.perf_counter() < until and len(runs) < 300):
        runs.append(tuple(_cpu_ms(work) for work in works))
    return runs


def _median_cpu_ms(work: Callable[[], object], runs: int) -> float:
    return statistics.median(_cpu_ms(work) for _ in range(runs))


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def _opened(path: Path) -> object:
    with path.open("rb") as file:
        return verify(file)
