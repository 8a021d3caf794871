"""Ogg as a container: comment headers of every codec, streams side by side and one after another, damaged pages."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import ogg as module
from labeling.containers.base import Anatomy, BlockKind
from labeling.containers.ogg import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    COMMENT,
    FLAC_FRAME,
    OGG_FLAC,
    OPUS,
    RECORD,
    SPEEX,
    STREAMINFO,
    THEORA,
    VORBIS,
    VP8,
    chunk,
    flac_block,
    ogg,
    ogg_page,
    ogg_pages,
    records,
    texts,
    unreadable,
    vorbis_comment,
)

SKELETON = (b"fishead\0" + bytes(56), b"fisbone\0" + bytes(44))
OLD_FLAC = (b"fLaC", STREAMINFO, flac_block(4, COMMENT, last=True), FLAC_FRAME)


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def side_by_side(*streams: tuple[bytes, ...]) -> bytes:
    """Streams with all first pages in front, as RFC 3533 wants it, the others in turn."""
    pages = [ogg_pages(*packets, serial=serial) for serial, packets in enumerate(streams)]
    later = [page for turn in zip_longest(*(one[1:] for one in pages), fillvalue=b"") for page in turn]
    return b"".join([one[0] for one in pages] + later)


def sound(count: int, serial: int = 7, size: int = 255) -> bytes:
    return ogg_page(bytes((size,)), bytes(size), serial=serial) * count


@pytest.mark.parametrize(
    ("packets", "unit"),
    [
        (VORBIS, "VORBIS_COMMENT"),
        (OPUS, "OpusTags"),
        (THEORA, "VORBIS_COMMENT"),
        (SPEEX, "VORBIS_COMMENT"),
        (VP8, "VORBIS_COMMENT"),
        (OGG_FLAC, "VORBIS_COMMENT"),
        (OLD_FLAC, "VORBIS_COMMENT"),
    ],
    ids=["Vorbis", "Opus", "Theora", "Speex", "VP8", "FLAC", "FLAC before 1.1.1"],
)
def test_the_comment_header_of_every_codec_is_read_without_a_note(packets: tuple[bytes, ...], unit: str) -> None:
    data = ogg(*packets)
    anatomy = read(data)
    assert anatomy.format is Format.OGG
    assert texts(anatomy) == [
        (unit, "vendor", b"reference", Carrier.VORBIS_COMMENT, ()),
        (unit, "TITLE", b"song", Carrier.VORBIS_COMMENT, ()),
        (unit, "AIGC", RECORD, Carrier.VORBIS_COMMENT, ()),
    ]
    assert data[anatomy.blocks[-1].start :][4:9] == b"AIGC="
    assert len(anatomy.blocks) == 3


RECORDS = {
    "spread over pages": (b"".join(ogg_pages(*VORBIS, segments=1)), [()]),
    "as long as segments are": (ogg(OPUS[0], b"OpusTags" + COMMENT + bytes(255 - (len(COMMENT) + 8) % 255)), [()]),
    "beside a skeleton": (side_by_side(SKELETON, VORBIS), [()]),
    "beside an unknown stream": (side_by_side((b"unknown", b"AIGC"), OPUS), [()]),
    "in two streams": (side_by_side(THEORA, VORBIS), [(), ("other-stream",)]),
    "in two links": (ogg(*VORBIS) + ogg(*OPUS, serial=8), [(), ("chained",)]),
    "in two links with one number": (ogg(*VORBIS) + ogg(*VORBIS), [(), ("chained",)]),
    "behind noise": (ogg(*VORBIS) + b"OggS noise" * 9 + ogg(*OPUS, serial=8), [(), ("chained",)]),
    "sound that is cut": ((ogg(*VORBIS) + sound(3))[:-20], [()]),
    "a chunk of a WAV file": (
        ogg(
            OGG_FLAC[0][:7] + bytes(2) + OGG_FLAC[0][9:],
            flac_block(4, vorbis_comment()),
            flac_block(2, b"riff" + chunk(b"AIGC", RECORD), last=True),
        ),
        [("foreign-metadata",)],
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_where(name: str) -> None:
    data, notes = RECORDS[name]
    anatomy = read(data)
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


def test_the_credential_of_a_stream_of_its_own_is_found() -> None:
    anatomy = read(side_by_side((b"\0c2pa" + bytes(3000),), VORBIS))
    (block,) = anatomy.of(BlockKind.C2PA)
    assert block.end - block.start == 3000
    assert records(anatomy) == [()]


def spoiled(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0x20,)) + data[at + 1 :]


UNREADABLE = {
    "no comment header": ogg(VORBIS[0], b"\x05vorbis" + COMMENT, bytes(300)),
    "cut in the comment header": ogg(*VORBIS)[:200],
    "cut before the comment header": ogg(*VORBIS)[: len(ogg(VORBIS[0]))],
    "the next link before the comment header": ogg(OPUS[0]) + sound(1, 9) + ogg(*OPUS, serial=8),
    "an entry beyond its packet": ogg(OPUS[0], b"OpusTags" + COMMENT[:-30], bytes(300)),
    "a page with a wrong checksum": spoiled(ogg(*VORBIS), 150),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    assert unreadable(read(UNREADABLE[name]))


def test_comments_on_a_page_with_a_wrong_checksum_say_so() -> None:
    anatomy = read(UNREADABLE["a page with a wrong checksum"])
    assert {notes for *_, notes in texts(anatomy)} == {("bad-checksum",)}


def test_the_checksum_of_a_page_of_sound_does_not_matter() -> None:
    assert not unreadable(read(spoiled(ogg(*VORBIS) + sound(2), len(ogg(*VORBIS)) + 100)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MEDIA_TRUNCATED),
        (b"Og", ErrorCode.MEDIA_TRUNCATED),
        (b"OggS\0\2", ErrorCode.MEDIA_TRUNCATED),
        (b"OggS\1" + bytes(40), ErrorCode.MEDIA_MALFORMED),
        (b"fLaC" + bytes(40), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["nothing", "two bytes", "a header that is cut", "another version", "another format"],
)
def test_what_is_no_ogg_file_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(data)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (ogg(*VORBIS), {"metadata_bytes": 200}, ErrorCode.LIMIT_METADATA),
        (b"".join(ogg(VORBIS[0], serial=serial) for serial in range(300)), {}, ErrorCode.LIMIT_ITEMS),
        (ogg(SPEEX[0], vorbis_comment(*[b""] * 3000)), {}, ErrorCode.LIMIT_ITEMS),
    ],
    ids=["a large record", "streams", "entries"],
)
def test_bounds_are_kept(data: bytes, limits: dict[str, int], code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(data, replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is code


# Files with more pages than are stepped over.


@pytest.fixture
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPPED", 20)


def not_searched(anatomy: Anatomy) -> list[tuple[int, int]]:
    return [(block.start, block.end) for block in anatomy.blocks if "not-searched" in block.notes]


@pytest.mark.usefixtures("_few_steps")
def test_a_long_stream_says_what_was_not_searched() -> None:
    data = ogg(*VORBIS) + sound(5000)
    anatomy = read(data)
    assert records(anatomy) == [()]
    ((start, end),) = not_searched(anatomy)
    assert end == len(data)
    assert start == len(ogg(*VORBIS)) + 18 * len(sound(1))


@pytest.mark.usefixtures("_few_steps")
@pytest.mark.parametrize("last", [1, 5000], ids=["short", "long"])
def test_later_links_are_found_by_bisection(last: int) -> None:
    links = [ogg(*VORBIS) + sound(5000), ogg(*OPUS, serial=8) + sound(3000, 8), ogg(*SPEEX, serial=9) + sound(last, 9)]
    anatomy = read(b"".join(links))
    assert records(anatomy) == [(), ("chained",), ("chained",)]
    assert not unreadable(anatomy)
    assert len(not_searched(anatomy)) == 1


@pytest.mark.usefixtures("_few_steps")
def test_a_later_link_whose_headers_are_cut_is_not_passed_over() -> None:
    data = ogg(*VORBIS) + sound(3000) + ogg(*OPUS, serial=8)[:60]
    assert unreadable(read(data))


@pytest.mark.usefixtures("_few_steps")
def test_more_links_than_are_searched_for_are_not_passed_over() -> None:
    data = b"".join(ogg(*OPUS, serial=serial) + sound(1200, serial) for serial in range(20))
    anatomy = read(data)
    assert len(records(anatomy)) > 10
    assert [block.unit for block in unreadable(anatomy)] == ["chained link"]


WHOLE = side_by_side(SKELETON, THEORA, VORBIS, OGG_FLAC, (b"\0c2pa" + bytes(300),)) + ogg(*OPUS, serial=99)


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([VORBIS[0], OPUS[0], SPEEX[0], OGG_FLAC[0], VP8[0], OLD_FLAC[0]]),
    st.lists(st.binary(max_size=80), max_size=4),
    st.binary(max_size=60),
)
def test_any_packets_are_read_or_refused(first: bytes, packets: list[bytes], tail: bytes) -> None:
    survives(ogg(first, *packets) + tail)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.integers(4, 1 << 16), st.integers(0, 255)), max_size=5),
    st.none() | st.integers(0, 9000),
    st.integers(1, 50),
)
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None, steps: int) -> None:
    data = bytearray(WHOLE)
    for place, value in edits:
        data[4 + (place - 4) % (len(data) - 4)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
    parse_in_few_steps(bytes(data), steps)


def parse_in_few_steps(data: bytes, steps: int) -> None:
    try:
        parse(data, replace(DEFAULT_LIMITS, stream_items=steps))
    except LabelingError:
        return
