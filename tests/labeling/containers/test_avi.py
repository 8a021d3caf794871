"""AVI as a container: LIST/INFO, the other places, OpenDML, and recordings that are cut."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.avi import parse
from labeling.containers.base import Anatomy, BlockKind
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    AVI_HEADERS,
    AVI_MOVIE,
    RECORD,
    XMP,
    chunk,
    listed,
    records,
    riff,
    texts,
    unreadable,
)

LABEL = chunk(b"AIGC", RECORD)
INFO = listed(b"INFO", chunk(b"ISFT", b"Lavf\0"), LABEL)
INDEX = chunk(b"idx1", bytes(64))


def avi(*chunks: bytes, size: int | None = None) -> bytes:
    return riff(b"AVI ", AVI_HEADERS, *chunks, size=size)


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def test_the_list_of_the_guide_is_read_without_a_note() -> None:
    data = avi(INFO, AVI_MOVIE, INDEX)
    anatomy = read(data)
    assert anatomy.format is Format.AVI
    assert texts(anatomy) == [
        ("LIST/INFO", "ISFT", b"Lavf", Carrier.RIFF_INFO, ()),
        ("LIST/INFO", "AIGC", RECORD, Carrier.RIFF_INFO, ()),
    ]
    assert data[anatomy.blocks[1].start : anatomy.blocks[1].end] == LABEL


UNKNOWN_MOVIE = listed(b"movi", bytes(200)).replace(b"LIST" + (204).to_bytes(4, "little"), b"LIST" + bytes(4))
RECORDS = {
    "behind the film": (avi(AVI_MOVIE, INDEX, INFO), [()]),
    "twice": (avi(INFO, AVI_MOVIE, INFO), [(), ()]),
    "among the headers": (riff(b"AVI ", listed(b"hdrl", chunk(b"avih", bytes(56)), INFO)), [("inside-hdrl",)]),
    "among the headers of a stream": (riff(b"AVI ", listed(b"hdrl", listed(b"strl", INFO))), [("inside-hdrl",)]),
    "a chunk of its own": (avi(LABEL, AVI_MOVIE), [("top-level-chunk",)]),
    "another case": (avi(listed(b"INFO", chunk(b"Aigc", RECORD))), [("other-case",)]),
    "in a further RIFF chunk": (avi(AVI_MOVIE) + riff(b"AVIX", AVI_MOVIE, INFO), [("further-riff",)]),
    "in the third RIFF chunk": (
        avi(INFO) + riff(b"AVIX", AVI_MOVIE) + riff(b"AVIX", AVI_MOVIE, INFO),
        [(), ("further-riff",)],
    ),
    "behind the end": (avi(AVI_MOVIE) + INFO, [("outside-riff",)]),
    "unknown sizes": (avi(INFO, UNKNOWN_MOVIE, size=0), [()]),
    "a film that is cut, nothing was to follow": (avi(INFO, AVI_MOVIE)[:-30], [()]),
    "junk behind the end": (avi(INFO, AVI_MOVIE) + bytes(100), [()]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_where(name: str) -> None:
    data, notes = RECORDS[name]
    anatomy = read(data)
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


def test_xmp_and_the_credential_are_found() -> None:
    anatomy = read(avi(chunk(b"_PMX", XMP), AVI_MOVIE, chunk(b"C2PA", bytes(40)), chunk(b"JUNK", b"AIGC")))
    assert [block.payload for block in anatomy.of(BlockKind.XMP)] == [XMP]
    assert [block.unit for block in anatomy.of(BlockKind.C2PA)] == ["C2PA"]
    assert len(anatomy.blocks) == 2


UNREADABLE = {
    "cut in the film, an index was to follow": avi(INFO, AVI_MOVIE, INDEX)[:-80],
    "cut behind the film": avi(AVI_MOVIE, INFO)[: -len(INFO)],
    "cut in the list": avi(AVI_MOVIE, INFO)[:-20],
    "a list of headers that does not fit": riff(b"AVI ", listed(b"hdrl", chunk(b"avih", bytes(56), size=9999))),
    "a list that does not fit": avi(listed(b"INFO", chunk(b"AIGC", RECORD, size=9999))),
    "a further RIFF chunk that is cut": (avi(AVI_MOVIE) + riff(b"AVIX", AVI_MOVIE, INFO))[:-20],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    assert unreadable(read(UNREADABLE[name]))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"RIFF", ErrorCode.MEDIA_TRUNCATED),
        (riff(b"WAVE"), ErrorCode.MEDIA_MALFORMED),
        (riff(b"AVIX", INFO), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["a header that is cut", "another form", "no first RIFF chunk"],
)
def test_what_is_no_avi_file_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(data)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (avi(*[chunk(b"abcd", b"")] * 9), {"items": 5}),
        (avi(*[listed(b"hdrl")] * 6000), {}),
        (avi() + riff(b"AVIX") * 6000, {}),
    ],
    ids=["few chunks", "lists", "RIFF chunks"],
)
def test_the_chunks_of_all_levels_together_are_bounded(data: bytes, limits: dict[str, int]) -> None:
    with pytest.raises(LimitError) as caught:
        read(data, replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is ErrorCode.LIMIT_ITEMS


def test_lists_inside_lists_need_no_recursion() -> None:
    nested = INFO
    for _ in range(2000):
        nested = listed(b"hdrl", nested)
    assert records(read(riff(b"AVI ", nested))) == [("inside-hdrl",)]


WHOLE = avi(INFO, chunk(b"_PMX", XMP), AVI_MOVIE, INDEX) + riff(b"AVIX", AVI_MOVIE, LABEL) + INFO


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.none() | st.integers(0, 300))
def test_any_bytes_behind_the_header_are_read_or_refused(body: bytes, size: int | None) -> None:
    survives(riff(b"AVI ", body, size=size))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(12, 1 << 16), st.integers(0, 255)), max_size=5), st.none() | st.integers(0, 4000))
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(WHOLE)
    for place, value in edits:
        data[12 + (place - 12) % (len(data) - 12)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
