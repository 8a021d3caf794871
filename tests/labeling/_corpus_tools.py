"""Programs that know nothing of this package and write the record into a small file: ExifTool, ffmpeg, mkvmerge."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.exiftool import OpenExifTool
from tests.labeling._corpus_libraries import blank_pdf, plain
from tests.labeling._corpus_record import BARE

CONFIG = Path(__file__).with_name("exiftool-tc260.config")
_TEST_SIGNALS = (
    *("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"),
    *("-f", "lavfi", "-i", "sine=duration=1"),
)
#: Codecs of films, those of the web, and the picture alone as FLV has it.
FILM = ("-c:v", "mpeg4", "-c:a", "aac")
WEB = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")
FLASH = ("-c:v", "flv", "-ar", "44100")
#: The label as an option, and the option without which MP4 and MOV lose it.
KEY = ("-metadata", f"AIGC={BARE}")
TAGS = ("-movflags", "use_metadata_tags")


class Workshop:
    """A folder in which the programs work, and the one that stays open between two files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exiftool: OpenExifTool | None = None
        self._count = 0

    def close(self) -> None:
        """End what was left open."""
        if self._exiftool is not None:
            self._exiftool.close()

    def path(self, suffix: str, data: bytes | None = None) -> Path:
        """A new path; a new file where there are bytes for it."""
        self._count += 1
        path = self._folder / f"{self._count:03}.{suffix}"
        if data is not None:
            path.write_bytes(data)
        return path

    def exiftool(self, source: bytes, suffix: str, *arguments: str) -> bytes:
        """The file as ExifTool writes it with these arguments."""
        _require("exiftool")
        self._exiftool = self._exiftool or OpenExifTool(str(CONFIG))
        path, target = self.path(suffix, source), self.path(suffix)
        # An API option outlives the command that sets it.
        said = self._exiftool.run("-api", "Compact=", *arguments, "-o", str(target), str(path))
        assert "1 image files created" in said, said
        return target.read_bytes()

    def run(self, suffix: str, *command: str) -> bytes:
        """What a program makes whose last argument is the target."""
        _require(command[0])
        target = self.path(suffix)
        made = subprocess.run([*command, str(target)], capture_output=True, timeout=60, check=False)
        if b"Unknown encoder" in made.stderr:
            pytest.skip(f"this {command[0]} has no encoder for {suffix}")
        assert made.returncode == 0, made.stderr.decode(errors="replace")
        return target.read_bytes()


Maker = Callable[[Workshop], bytes]


def _require(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


# ExifTool


def exiftool(kind: str, *arguments: str, value: str = BARE, source: Maker | None = None) -> Maker:
    """A picture, PDF or film into which ExifTool writes `value` under each `-Group:Tag`; other arguments stay."""

    def make(shop: Workshop) -> bytes:
        start = source or _SOURCES.get(kind) or (lambda _: plain(kind))
        assigned = (f"{part}={value}" if part.startswith("-") and ":" in part else part for part in arguments)
        return shop.exiftool(start(shop), kind.lower(), *assigned)

    return make


_SOURCES: dict[str, Maker] = {
    "PDF": lambda _: blank_pdf(),
    "mp4": lambda shop: _ffmpeg(shop, "mp4", _TEST_SIGNALS, FILM),
    "mov": lambda shop: _ffmpeg(shop, "mov", _TEST_SIGNALS, FILM),
}

# ffmpeg


def ffmpeg(suffix: str, *arguments: str) -> Maker:
    """A second of a test picture and a tone."""
    return lambda shop: _ffmpeg(shop, suffix, _TEST_SIGNALS, arguments)


def remuxed(source: str, made: tuple[str, ...], suffix: str, *arguments: str) -> Maker:
    """A labelled file of one kind, its streams copied into another (or coded anew, where the arguments say so)."""

    def make(shop: Workshop) -> bytes:
        start = shop.path(source, _ffmpeg(shop, source, _TEST_SIGNALS, (*made, *KEY)))
        return _ffmpeg(shop, suffix, ("-i", str(start), "-c", "copy"), arguments)

    return make


def _ffmpeg(shop: Workshop, suffix: str, inputs: tuple[str, ...], arguments: tuple[str, ...]) -> bytes:
    return shop.run(suffix, "ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *inputs, *arguments)


# mkvmerge


def mkvmerge(suffix: str, codecs: tuple[str, ...], *arguments: str) -> Maker:
    """A film with a global tag from a file of tags."""

    def make(shop: Workshop) -> bytes:
        film = shop.path("mkv", _ffmpeg(shop, "mkv", _TEST_SIGNALS, codecs))
        simple = f"<Simple><Name>AIGC</Name><String>{escape(BARE)}</String></Simple>"
        tags = shop.path("xml", f"<Tags><Tag><Targets/>{simple}</Tag></Tags>".encode())
        return shop.run(suffix, "mkvmerge", "-q", *arguments, "--global-tags", str(tags), str(film), "-o")

    return make
