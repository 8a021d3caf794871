"""Ordinary files, as they lie about on this machine: no label is seen where there is none.

Read are the files that the interpreter's packages and the system ship, of every kind that somebody may upload, in a
fixed order and up to a bound for each kind. Whether a file that cannot be read is really damaged is asked of others:
Pillow, pikepdf, the standard library.
"""

from __future__ import annotations

import io
import os
import sys
import sysconfig
import time
import wave
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from labeling import Report, Verdict, verify
from labeling.containers import reader_for
from labeling.report import Article6Class, Outcome

KINDS: dict[str, str] = {
    suffix: kind
    for kind, suffixes in {
        "JPEG": "jpg jpeg jfif",
        "PNG": "png apng",
        "GIF": "gif",
        "WebP": "webp",
        "TIFF": "tif tiff",
        "AVIF": "avif",
        "HEIC": "heic heif",
        "SVG": "svg",
        "BMP": "bmp",
        "icon": "ico cur",
        "PDF": "pdf",
        "Word": "docx dotx",
        "Excel": "xlsx xltx",
        "PowerPoint": "pptx potx",
        "MP3": "mp3",
        "WAV": "wav",
        "FLAC": "flac",
        "Ogg": "ogg oga ogv opus spx",
        "MP4": "mp4 m4a m4v mov 3gp",
        "Matroska": "mkv mka webm",
        "AVI": "avi",
        "FLV": "flv",
        "text": "txt rst",
        "Markdown": "md",
        "HTML": "html htm xhtml",
    }.items()
    for suffix in suffixes.split()
}
PER_KIND = 150
LARGEST = 1_000_000
#: Directories that are looked into; a machine may hold any number.
DIRECTORIES = 20_000
SECONDS = 20
WANTED_FILES, WANTED_KINDS = 300, 8


def roots() -> Iterator[Path]:
    """What is installed beside the tests, then what the interpreter and the system bring."""
    yield Path(sysconfig.get_path("purelib"))
    yield Path(sys.base_prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}")
    yield Path("/usr/share")
    yield Path("/usr/lib")


def files() -> Iterator[tuple[str, Path]]:
    """Kind and path, in a fixed order; of each kind a bounded number, none of them twice or empty or very large."""
    counts: Counter[str] = Counter()
    seen: set[Path] = set()
    for directory in _directories():
        for path in sorted(directory.iterdir()):
            kind = KINDS.get(path.suffix.lower().removeprefix("."), "")
            if not kind or counts[kind] == PER_KIND or path.is_symlink() or path in seen:
                continue
            seen.add(path)
            if path.is_file() and os.access(path, os.R_OK) and 0 < path.stat().st_size <= LARGEST:
                counts[kind] += 1
                yield kind, path


def _directories() -> Iterator[Path]:
    left = DIRECTORIES
    for root in roots():
        for name, below, _ in os.walk(root):
            below.sort()
            if left == 0:
                return
            left -= 1
            yield Path(name)


def test_ordinary_files_raise_no_false_alarm() -> None:
    verdicts: Counter[Verdict] = Counter()
    kinds: Counter[str] = Counter()
    not_read: Counter[str] = Counter()
    alarms: list[str] = []
    until = time.monotonic() + SECONDS
    for kind, path in files():
        if time.monotonic() > until:
            break
        data = path.read_bytes()
        report = verify(data)
        verdicts[report.verdict] += 1
        kinds[kind] += 1
        if report.verdict is Verdict.INCONCLUSIVE and is_true(report, kind, data):
            not_read[f"{kind}: {reason(report)}"] += 1
        elif report.verdict is not Verdict.NOT_FOUND or report.article6.kind is not Article6Class.NONE:
            alarms.append(f"{path}: {report.verdict}, {report.article6.kind}, {reason(report)}")
    found = f"{sum(kinds.values())} files: {dict(verdicts)}; {dict(kinds)}; not read: {dict(not_read)}"
    assert not alarms, "\n".join([*alarms, found])
    if sum(kinds.values()) < WANTED_FILES or len(kinds) < WANTED_KINDS:
        pytest.skip(f"too few files on this machine: {found}")


def reason(report: Report) -> str:
    """The first error or failure, as code and words."""
    grave = [check for check in report.checks if check.outcome in (Outcome.ERROR, Outcome.FAILURE)]
    return f"{grave[0].params.get('error', grave[0].params['code'])}: {grave[0].detail}" if grave else ""


def is_true(report: Report, kind: str, data: bytes) -> bool:
    """Whether 'cannot be read' is the true answer: a format that is not handled, or a file that others refuse too."""
    if kind == "icon" or (report.format is not None and reader_for(report.format) is None):
        return True
    try:
        _OTHERS[kind](data)
    except Exception:  # noqa: BLE001  # whatever another reader raises, it refuses the file
        return True
    return False


def _picture(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()


def _pdf(data: bytes) -> None:
    """Raises for an encrypted file, too."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if pdf.is_encrypted or not pdf.pages:
            raise ValueError


def _archive(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.getinfo("[Content_Types].xml")


def _sound(data: bytes) -> None:
    with wave.open(io.BytesIO(data)) as sound:
        if (
            len(sound.readframes(sound.getnframes()))
            != sound.getnframes() * sound.getsampwidth() * sound.getnchannels()
        ):
            raise EOFError


def _words(data: bytes) -> None:
    """Text in one of the encodings that are handled; control characters are those of binary data or of ISO 2022."""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "strict")
    if any(ord(character) < 32 and not character.isspace() for character in text):
        raise ValueError


_OTHERS: dict[str, Callable[[bytes], None]] = {
    **dict.fromkeys(("JPEG", "PNG", "GIF", "WebP", "TIFF", "AVIF"), _picture),
    **dict.fromkeys(("Word", "Excel", "PowerPoint"), _archive),
    **dict.fromkeys(("text", "Markdown", "HTML"), _words),
    "PDF": _pdf,
    "WAV": _sound,
}
