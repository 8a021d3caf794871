"""FLAC as a container: Vorbis comments, what other taggers put around the stream, and damaged blocks."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, BlockKind
from labeling.containers.flac import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    COMMENT,
    FLAC_FRAME,
    RECORD,
    STREAMINFO,
    XMP,
    ape,
    chunk,
    flac,
    flac_block,
    frame,
    id3,
    id3v1,
    listed,
    records,
    texts,
    txxx,
    unreadable,
    vorbis_comment,
)

PADDING, APPLICATION, SEEK_TABLE, COMMENTS, PICTURE = 1, 2, 3, 4, 6
ENTRY = b"AIGC=" + RECORD


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def comments(*entries: bytes, **options: int) -> bytes:
    return flac((COMMENTS, vorbis_comment(*entries, **options)))


def test_the_comment_of_the_guide_is_read_without_a_note() -> None:
    data = flac((COMMENTS, COMMENT))
    anatomy = read(data)
    assert anatomy.format is Format.FLAC
    assert texts(anatomy) == [
        ("VORBIS_COMMENT", "vendor", b"reference", Carrier.VORBIS_COMMENT, ()),
        ("VORBIS_COMMENT", "TITLE", b"song", Carrier.VORBIS_COMMENT, ()),
        ("VORBIS_COMMENT", "AIGC", RECORD, Carrier.VORBIS_COMMENT, ()),
    ]
    block = anatomy.blocks[-1]
    assert data[block.start : block.end] == struct.pack("<I", len(ENTRY)) + ENTRY


FOREIGN = ("foreign-metadata",)
RECORDS = {
    "twice in one block": (comments(ENTRY, b"TITLE=song", ENTRY), [(), ()]),
    "in two blocks": (flac((COMMENTS, COMMENT), (COMMENTS, COMMENT)), [(), ("second-block",)]),
    "another case": (comments(b"aigc=" + RECORD), [("other-case",)]),
    "behind a picture": (flac((PICTURE, bytes(5000)), (PADDING, bytes(90)), (COMMENTS, COMMENT)), [()]),
    "a last block that is not marked": (b"fLaC" + STREAMINFO + flac_block(COMMENTS, COMMENT) + FLAC_FRAME, [()]),
    "a comment as large as it gets": (comments(b"LYRICS=" + bytes(70_000), ENTRY), [()]),
    "a chunk of a WAV file": (flac((APPLICATION, b"riff" + chunk(b"AIGC", RECORD))), [FOREIGN]),
    "a list of a WAV file": (
        flac((APPLICATION, b"riffRIFF\0\0\0\0WAVE"), (APPLICATION, b"riff" + listed(b"INFO", chunk(b"AIGC", RECORD)))),
        [FOREIGN],
    ),
    "an ID3 tag in front": (id3(txxx()) + flac((COMMENTS, COMMENT)), [("around-flac",), ()]),
    "two ID3 tags in front": (id3() + id3(txxx()) + flac(), [("around-flac", "second-tag")]),
    "an APE tag behind": (flac((COMMENTS, COMMENT)) + ape(("AIGC", RECORD, 0)) + id3v1(), [(), ("around-flac",)]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_where(name: str) -> None:
    data, notes = RECORDS[name]
    anatomy = read(data)
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


def test_entries_that_are_not_as_they_should_be_are_handed_out_with_a_note() -> None:
    found = texts(read(comments("COMMENT=歌".encode("gb18030"), b"AIGC" + RECORD, b"")))
    assert [(keyword, payload, notes) for _, keyword, payload, _, notes in found[1:]] == [
        ("COMMENT", "歌".encode(), ("not-utf-8",)),
        ("", b"AIGC" + RECORD, ("no-separator",)),
        ("", b"", ("no-separator",)),
    ]


def test_pictures_are_left_out() -> None:
    found = texts(read(comments(b"METADATA_BLOCK_PICTURE=" + bytes(900), b"CoverArt=" + bytes(900), ENTRY)))
    assert [keyword for _, keyword, *_ in found] == ["vendor", "AIGC"]


def test_xmp_and_the_credential_are_found() -> None:
    store = frame(b"GEOB", b"\0application/c2pa\0\0\0" + bytes(30))
    data = id3(frame(b"PRIV", b"XMP\0" + XMP), store) + flac(
        (APPLICATION, b"c2pa" + bytes(30)), (APPLICATION, b"riff" + chunk(b"_PMX", XMP)), (APPLICATION, b"ATCHAIGC")
    )
    anatomy = read(data)
    assert [block.payload for block in anatomy.of(BlockKind.XMP)] == [XMP, XMP]
    assert [block.unit for block in anatomy.of(BlockKind.C2PA)] == ["GEOB", "APPLICATION"]
    assert len(anatomy.blocks) == 4


UNREADABLE = {
    "an entry beyond its block": flac((COMMENTS, COMMENT.replace(struct.pack("<I", len(ENTRY)), b"\xff\xff\0\0"))),
    "more entries announced": comments(ENTRY, count=9),
    "a vendor beyond its block": flac((COMMENTS, b"\xff\xff\0\0abc")),
    "an empty comment": flac((COMMENTS, b"")),
    "a comment that is cut": flac((COMMENTS, COMMENT))[: -len(FLAC_FRAME) - 40],
    "cut in a picture": flac((PICTURE, bytes(900)), (COMMENTS, COMMENT))[:300],
    "cut behind a block": flac((PADDING, bytes(20)), (COMMENTS, COMMENT))[: 42 + 24 + 2],
    "a type that no block may have": b"fLaC" + STREAMINFO + b"\x7f\0\0\0" + flac_block(COMMENTS, COMMENT, last=True),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    assert unreadable(read(UNREADABLE[name]))


def test_what_was_read_before_the_damage_stays() -> None:
    anatomy = read(UNREADABLE["more entries announced"])
    assert records(anatomy) == [()]
    assert unreadable(anatomy)[0].start > anatomy.blocks[0].start


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"fLaC", ErrorCode.MEDIA_TRUNCATED),
        (b"OggS" + bytes(40), ErrorCode.MEDIA_MALFORMED),
        (id3(txxx()) + b"\xff\xfb", ErrorCode.MEDIA_MALFORMED),
        (b"fLaC" + flac_block(COMMENTS, COMMENT, last=True), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["a signature alone", "another format", "MP3", "no STREAMINFO"],
)
def test_what_is_no_flac_file_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(data)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (comments(ENTRY), {"metadata_bytes": 200}, ErrorCode.LIMIT_METADATA),
        (comments(*[b"A=" + b"b" * 90] * 9), {"all_metadata_bytes": 500}, ErrorCode.LIMIT_METADATA),
        (flac(*[(PADDING, b"")] * 9), {"items": 5}, ErrorCode.LIMIT_ITEMS),
        (flac(*[(PADDING, b"")] * 6000), {}, ErrorCode.LIMIT_ITEMS),
        (comments(*[b""] * 3000, count=2**32 - 1), {}, ErrorCode.LIMIT_ITEMS),
    ],
    ids=["a large record", "together", "few blocks", "blocks", "entries"],
)
def test_bounds_are_kept(data: bytes, limits: dict[str, int], code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(data, replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is code


def test_a_large_entry_that_is_no_record_is_left_out() -> None:
    found = texts(read(comments(b"LYRICS=" + bytes(900), b"A=b"), replace(DEFAULT_LIMITS, metadata_bytes=400)))
    assert [keyword for _, keyword, *_ in found] == ["vendor", "A"]


WHOLE = (
    id3(txxx())
    + flac(
        (PADDING, bytes(9)), (COMMENTS, COMMENT), (APPLICATION, b"riff" + chunk(b"AIGC", RECORD)), (COMMENTS, COMMENT)
    )
    + ape(("AIGC", RECORD, 0))
)


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 127), st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_in_a_block_are_read_or_refused(kind: int, body: bytes, tail: bytes) -> None:
    survives(flac((kind, body)) + tail)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5), st.none() | st.integers(0, 4000))
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(WHOLE)
    for place, value in edits:
        data[place % len(data)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
