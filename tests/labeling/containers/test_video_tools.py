"""Files of ffmpeg, mkvpropedit and ExifTool, which know nothing of this package, are read in full."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labeling.carriers import xmp
from labeling.containers import matroska, mp4
from labeling.containers._recognise import iso_format, matroska_format
from labeling.containers.base import Block, BlockKind
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format
from tests.exiftool import CONFIG, OpenExifTool

#: As people write it: with spaces, Chinese and a quote.
RECORD = '{"Label": "1", "ContentProducer": "某公司 \\"x\\"", "ProduceID": "p-1"}'

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
needs_mkvpropedit = pytest.mark.skipif(shutil.which("mkvpropedit") is None, reason="mkvpropedit is not installed")

Ffmpeg = Callable[..., bytes]


@pytest.fixture(scope="module")
def ffmpeg(tmp_path_factory: pytest.TempPathFactory) -> Ffmpeg:
    """Copies the streams of a short film (or of its sound) into a new file, and returns that."""
    folder = tmp_path_factory.mktemp("ffmpeg")

    def run(*arguments: str) -> None:
        subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *arguments], check=True, timeout=60)

    sources = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-f", "lavfi", "-i", "sine=duration=1")
    films = {"mpeg": folder / "film.mp4", "webm": folder / "film.webm"}
    run(*sources, "-c:v", "mpeg4", "-c:a", "aac", str(films["mpeg"]))
    run(*sources, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", str(films["webm"]))

    def copied(suffix: str, *arguments: str, film: str = "mpeg") -> bytes:
        path = folder / f"copied.{suffix}"
        run("-i", str(films[film]), "-c", "copy", *arguments, str(path))
        return path.read_bytes()

    return copied


def blocks_of(content: bytes) -> tuple[Block, ...]:
    parse = matroska.parse if matroska_format(content, DEFAULT_LIMITS) else mp4.parse
    return parse(content, DEFAULT_LIMITS).blocks


def records(content: bytes) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (block.unit, block.payload.decode(), block.notes)
        for block in blocks_of(content)
        if block.keyword.casefold() == "aigc"
    ]


TAGS = ("-movflags", "use_metadata_tags", "-metadata", f"AIGC={RECORD}")
ISO_PLACE, MATROSKA_PLACE = "moov/udta/meta", "Tags/Tag/SimpleTag"


@needs_ffmpeg
@pytest.mark.parametrize(
    ("suffix", "arguments", "fmt", "place"),
    [
        ("mp4", TAGS, Format.MP4, ISO_PLACE),
        ("mp4", ("-movflags", "use_metadata_tags+faststart", *TAGS[2:]), Format.MP4, ISO_PLACE),
        ("mp4", ("-movflags", "use_metadata_tags+frag_keyframe+empty_moov", *TAGS[2:]), Format.MP4, ISO_PLACE),
        ("mp4", ("-movflags", "use_metadata_tags+dash+delay_moov", *TAGS[2:]), Format.MP4, ISO_PLACE),
        ("mp4", ("-vn", *TAGS), Format.M4A, ISO_PLACE),
        ("mov", TAGS, Format.MOV, ISO_PLACE),
        ("m4a", ("-vn", *TAGS), Format.M4A, ISO_PLACE),
        ("mkv", TAGS[2:], Format.MKV, MATROSKA_PLACE),
        ("mkv", ("-cluster_time_limit", "100", *TAGS[2:]), Format.MKV, MATROSKA_PLACE),
        ("webm", TAGS[2:], Format.WEBM, MATROSKA_PLACE),
        ("webm", ("-live", "1", *TAGS[2:]), Format.WEBM, MATROSKA_PLACE),
    ],
    ids=[
        "mp4",
        "fast start",
        "fragments",
        "DASH",
        "sound in mp4",
        "mov",
        "m4a",
        "mkv",
        "short clusters",
        "webm",
        "live",
    ],
)
def test_what_ffmpeg_writes_is_read(
    ffmpeg: Ffmpeg, suffix: str, arguments: tuple[str, ...], fmt: Format, place: str
) -> None:
    content = ffmpeg(suffix, *arguments, film="webm" if suffix == "webm" else "mpeg")
    found = iso_format(content, DEFAULT_LIMITS) or matroska_format(content, DEFAULT_LIMITS)
    assert found is fmt
    assert records(content) == [(place, RECORD, ())]


@needs_ffmpeg
@pytest.mark.parametrize(
    ("suffix", "keywords"),
    [
        ("mp4", {"©nam", "©cmt", "©too"}),
        ("mov", {"©nam", "©cmt", "©swr"}),
        ("mkv", {"Title", "COMMENT", "ENCODER", "MuxingApp", "WritingApp"}),
    ],
)
def test_other_texts_that_ffmpeg_writes_are_read(ffmpeg: Ffmpeg, suffix: str, keywords: set[str]) -> None:
    content = ffmpeg(suffix, "-metadata", "title=片名", "-metadata", f"comment={RECORD}")
    told = {block.keyword: block.payload.decode() for block in blocks_of(content)}
    assert keywords <= told.keys()
    assert {"片名", RECORD} <= set(told.values())


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["mp4", "mov", "m4a"])
def test_the_key_that_ffmpeg_drops_is_not_there(ffmpeg: Ffmpeg, suffix: str) -> None:
    content = ffmpeg(suffix, *(("-vn",) if suffix == "m4a" else ()), "-metadata", f"AIGC={RECORD}")
    assert records(content) == []


@needs_ffmpeg
def test_a_tag_of_one_stream_says_so(ffmpeg: Ffmpeg) -> None:
    content = ffmpeg("mkv", "-metadata:s:v:0", f"AIGC={RECORD}")
    assert records(content) == [(MATROSKA_PLACE, RECORD, ("not-whole-file",))]


@needs_ffmpeg
@needs_mkvpropedit
def test_what_mkvpropedit_writes_is_read(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    film, tags = tmp_path / "film.mkv", tmp_path / "tags.xml"
    film.write_bytes(ffmpeg("mkv", *TAGS[2:]))
    simple = f"<Simple><Name>AIGC</Name><String>{RECORD}</String></Simple>"
    tags.write_text(f"<Tags><Tag><Targets/>{simple}</Tag></Tags>", "utf-8")
    subprocess.run(["mkvpropedit", "-q", str(film), "--tags", f"global:{tags}"], check=True, timeout=60)
    assert records(film.read_bytes()) == [(MATROSKA_PLACE, RECORD, ())]


@pytest.fixture(scope="module")
def exiftool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenExifTool]:
    config = tmp_path_factory.mktemp("exiftool") / "tc260.config"
    config.write_text(CONFIG)
    tool = OpenExifTool(str(config))
    yield tool
    tool.close()


@needs_ffmpeg
@needs_exiftool
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_xmp_that_exiftool_writes_is_read(ffmpeg: Ffmpeg, exiftool: OpenExifTool, suffix: str, tmp_path: Path) -> None:
    film = tmp_path / f"film.{suffix}"
    film.write_bytes(ffmpeg(suffix, "-movflags", "+faststart"))
    said = exiftool.run("-overwrite_original", f"-XMP-TC260:AIGC={RECORD}", str(film))
    assert "1 image files updated" in said
    packets = [block for block in blocks_of(film.read_bytes()) if block.kind is BlockKind.XMP]
    assert len(packets) == 1
    (found,) = xmp.read(packets[0].payload, DEFAULT_LIMITS).properties
    assert found.text == RECORD


@needs_ffmpeg
@needs_exiftool
@pytest.mark.parametrize(("suffix", "group"), [("mp4", "ItemList:Comment"), ("mov", "UserData:Comment")])
def test_comments_that_exiftool_writes_are_read(
    ffmpeg: Ffmpeg, exiftool: OpenExifTool, suffix: str, group: str, tmp_path: Path
) -> None:
    film = tmp_path / f"film.{suffix}"
    film.write_bytes(ffmpeg(suffix))
    assert "1 image files updated" in exiftool.run("-overwrite_original", f"-{group}={RECORD}", str(film))
    assert RECORD in [block.payload.decode() for block in blocks_of(film.read_bytes()) if block.keyword == "©cmt"]
