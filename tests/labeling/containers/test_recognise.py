"""Which format made of boxes or of elements a file is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers._recognise import iso_format, matroska_format
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format
from tests.labeling import matroska_files as mk
from tests.labeling.iso_files import box, file_type, fragment, guide, movie, mp4, track, wide

SOUND, PICTURE, TEXT = track(b"soun", 0, 0), track(), track(b"text", 0, 0)


@pytest.mark.parametrize(
    ("content", "fmt"),
    [
        *((mp4(movie(), brand=brand), Format.MP4) for brand in (b"isom", b"mp42", b"avc1", b"dash", b"3gp4", b"f4v ")),
        (mp4(movie(), brand=b"????"), Format.MP4),
        (mp4(movie(), brand=b"M4V "), Format.MP4),
        (mp4(movie(), brand=b"M4A "), Format.M4A),
        (mp4(movie(), brand=b"M4B "), Format.M4A),
        (mp4(movie(), brand=b"qt  "), Format.MOV),
        (mp4(movie(tracks=(SOUND,)), brand=b"qt  "), Format.MOV),
        (mp4(movie(tracks=(SOUND,))), Format.M4A),
        (mp4(movie(tracks=(SOUND, TEXT))), Format.M4A),
        (mp4(movie(tracks=(SOUND, PICTURE))), Format.MP4),
        (mp4(movie(tracks=(TEXT,))), Format.MP4),
        (mp4(movie(tracks=())), Format.MP4),
        (mp4(), Format.MP4),
        (file_type() + fragment(), Format.MP4),
        (mp4(movie(tracks=(SOUND,)))[:-1], Format.MP4),
        (file_type() + box(b"free") * 20_000 + movie(tracks=(SOUND,)), Format.MP4),
        (movie() + box(b"mdat"), Format.MOV),
        (box(b"wide") + box(b"mdat", b"x") + movie(), Format.MOV),
        (wide(b"mdat", b"x") + movie(), Format.MOV),
        (box(b"free", b"x") + movie(), Format.MOV),
        (box(b"pnot", b"x") + movie(), Format.MOV),
        ((1 << 20).to_bytes(4, "big") + b"mdat cut off", Format.MOV),
        (box(b"styp", b"msdh") + fragment(), Format.MP4),
        (fragment(), Format.MP4),
        *((file_type(brand) + box(b"meta"), None) for brand in (b"avif", b"heic", b"mif1", b"jp2 ", b"jxl ", b"crx ")),
        (b"the free encyclopedia", None),
        (b"a skip of the heart", None),
        (b"\0\0\0\7moov", None),
        (b"\0\0\0\x18moo", None),
        (b"", None),
        (b"plain text", None),
    ],
    ids=lambda value: str(value) if isinstance(value, Format) else "",
)
def test_boxes_are_told_by_brand_and_tracks(content: bytes, fmt: Format | None) -> None:
    assert iso_format(content, DEFAULT_LIMITS) is fmt


@pytest.mark.parametrize(
    ("content", "fmt"),
    [
        (mk.mkv(), Format.MKV),
        (mk.live(), Format.WEBM),
        (mk.element(mk.EBML), Format.MKV),
        (mk.header()[:8], Format.MKV),
        (mk.header(b"other"), None),
        (b"\x1a\x45\xdf", None),
        (b"", None),
        (guide(), None),
    ],
    ids=["mkv", "webm", "no document type", "cut", "of another type", "cut mark", "empty", "mp4"],
)
def test_elements_are_told_by_the_type_of_the_document(content: bytes, fmt: Format | None) -> None:
    assert matroska_format(content, DEFAULT_LIMITS) is fmt


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"", file_type(), guide()[:100], b"\x1a\x45\xdf\xa3", mk.header()]))
def test_no_content_is_an_error(content: bytes, head: bytes) -> None:
    assert iso_format(head + content, DEFAULT_LIMITS) in (Format.MP4, Format.MOV, Format.M4A, None)
    assert matroska_format(head + content, DEFAULT_LIMITS) in (Format.MKV, Format.WEBM, None)
