"""Content decides what a file is; two answers are a refusal."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from labeling.errors import ErrorCode, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format
from labeling.naming import promised_format
from labeling.sniff import sniff

SAMPLES = Path(__file__).parents[2] / "sample_media"


@pytest.mark.parametrize(
    "name",
    [path.name for path in sorted(SAMPLES.iterdir()) if path.suffix and path.name != "README.md"],
)
def test_every_sample_is_what_its_name_promises(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    promised = promised_format(name)
    assert sniff(data, DEFAULT_LIMITS, promised) is promised


@pytest.mark.parametrize(
    ("data", "fmt"),
    [
        (b"<!DOCTYPE html><p>", Format.HTML),
        (b"\xef\xbb\xbf  <html>", Format.HTML),
        (b"<!-- AIGC: {} --><p>x</p>", Format.HTML),
        ("<html>".encode("utf-16"), Format.HTML),
        (b"---\ntitle: x\n---\n", Format.MARKDOWN),
        ("文字".encode("gb18030"), Format.PLAIN),
        (b"BMW is a car maker", Format.PLAIN),
        (b"MZ is two letters, ID3 three", Format.PLAIN),
        (b"a < b", Format.PLAIN),
    ],
)
def test_texts_are_told_apart(data: bytes, fmt: Format) -> None:
    assert sniff(data, DEFAULT_LIMITS) is fmt


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MEDIA_EMPTY),
        (b"\0\1\2\3", ErrorCode.MEDIA_UNRECOGNISED),
        (b"PK\x03\x04" + b"\0" * 30, ErrorCode.MEDIA_TRUNCATED),
        (b"BM\0\0\0\0", ErrorCode.MEDIA_UNRECOGNISED),
        (b"RIFF\0\0\0\0RMID", ErrorCode.MEDIA_UNSUPPORTED),
        (b"\x89PNG\r\n\x1a\n%PDF-1.7", ErrorCode.MEDIA_AMBIGUOUS),
        (b"x" * 200, ErrorCode.LIMIT_BYTES),
    ],
)
def test_what_cannot_be_handled_is_named(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        sniff(data, Limits(file_bytes=100))
    assert caught.value.code is code


def test_a_picture_that_is_an_archive_is_refused() -> None:
    with pytest.raises(MediaError) as caught:
        sniff((SAMPLES / "hostile" / "jpeg-and-zip.jpg").read_bytes(), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.MEDIA_AMBIGUOUS
    assert caught.value.params["formats"] == ["jpeg", "ZIP"]


def test_an_archive_behind_a_picture_is_refused_too() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a", "b")
    picture = (SAMPLES / "photo.jpg").read_bytes()
    assert zipfile.is_zipfile(io.BytesIO(picture + archive.getvalue()))
    with pytest.raises(MediaError):
        sniff(picture + archive.getvalue(), DEFAULT_LIMITS)


def test_the_letters_of_an_end_record_alone_are_no_archive() -> None:
    picture = (SAMPLES / "photo.jpg").read_bytes()
    assert sniff(picture + b"PK\x05\x06" + b"\xff" * 40, DEFAULT_LIMITS) is Format.JPEG


def test_a_wrong_hint_is_an_error_that_names_both() -> None:
    with pytest.raises(MediaError) as caught:
        sniff((SAMPLES / "photo.jpg").read_bytes(), DEFAULT_LIMITS, Format.PNG)
    assert caught.value.code is ErrorCode.MEDIA_FORMAT_MISMATCH
    assert caught.value.params == {"expected": "png", "actual": "jpeg"}
