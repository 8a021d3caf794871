"""WAV as a container: the record's chunk, the other places, and recordings that are cut or of unknown size."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, BlockKind
from labeling.containers.wav import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    RECORD,
    WAV_FORMAT,
    WAV_SOUND,
    XMP,
    chunk,
    ds64,
    frame,
    id3,
    listed,
    records,
    riff,
    texts,
    txxx,
    unreadable,
    wav,
)

LABEL = chunk(b"AIGC", RECORD)
#: A payload of odd length, with a byte to make it even.
ODD = chunk(b"odd ", b"abc")


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def big(data: bytes) -> bytes:
    """A chunk of a RIFX file."""
    return chunk(data[:4], data[8 : 8 + int.from_bytes(data[4:8], "little")], "big")


def test_the_chunk_of_the_guide_is_read_without_a_note() -> None:
    data = wav(WAV_SOUND, LABEL)
    anatomy = read(data)
    assert anatomy.format is Format.WAV
    assert texts(anatomy) == [("AIGC", "AIGC", RECORD, Carrier.RIFF_CHUNK, ())]
    assert data[anatomy.blocks[0].start : anatomy.blocks[0].end] == LABEL


OUTSIDE = ("outside-riff",)
RECORDS = {
    "before the sound": (wav(LABEL, WAV_SOUND), [()]),
    "twice": (wav(LABEL, WAV_SOUND, LABEL), [(), ()]),
    "another case": (wav(chunk(b"aigc", RECORD)), [("other-case",)]),
    "NUL behind it": (wav(chunk(b"AIGC", RECORD + b"\0\0")), [()]),
    "UTF-16": (wav(chunk(b"AIGC", RECORD.decode().encode("utf-16"))), [("utf-16",)]),
    "LIST/INFO": (wav(listed(b"INFO", chunk(b"ISFT", b"odd\0x"), LABEL)), [("list-info",)]),
    "LIST/INFO and chunk": (wav(LABEL, listed(b"INFO", LABEL)), [(), ("list-info",)]),
    "an ID3 tag": (wav(WAV_SOUND, chunk(b"id3 ", id3(txxx()))), [("id3-chunk",)]),
    "an ID3 tag under another name": (wav(chunk(b"ID3 ", id3(txxx(), txxx()))), [("id3-chunk",)] * 2),
    "RIFX": (riff(b"WAVE", big(WAV_FORMAT), big(LABEL), name=b"RIFX"), [()]),
    "RIFX LIST/INFO": (
        riff(b"WAVE", listed(b"INFO", chunk(b"AIGC", RECORD, "big"), order="big"), name=b"RIFX"),
        [("list-info",)],
    ),
    "behind odd chunks": (wav(ODD, ODD, LABEL), [()]),
    "behind an odd chunk without padding": (wav(ODD[:-1], LABEL), [()]),
    "behind the end": (wav(WAV_SOUND) + LABEL, [OUTSIDE]),
    "behind the end, twice": (wav(WAV_SOUND) + LABEL + LABEL, [OUTSIDE, OUTSIDE]),
    "behind an odd end": (wav(ODD)[:4] + struct.pack("<I", len(wav(ODD)) - 9) + wav(ODD)[8:] + LABEL, [OUTSIDE]),
    "a size of the file that is too small": (riff(b"WAVE", WAV_FORMAT, WAV_SOUND, LABEL, size=40), [OUTSIDE]),
    "unknown size of the file": (riff(b"WAVE", WAV_FORMAT, WAV_SOUND, LABEL, size=0), [()]),
    "unknown size of the sound": (
        riff(b"WAVE", WAV_FORMAT, LABEL, chunk(b"data", bytes(99), size=0xFFFFFFFF), size=0xFFFFFFFF),
        [()],
    ),
    "sizes that were never filled in": (riff(b"WAVE", LABEL, chunk(b"data", bytes(99), size=0), size=0), [()]),
    "empty sound": (wav(chunk(b"data", b""), LABEL), [()]),
    "junk behind the end": (wav(LABEL) + b"\0\0junk" * 9, [()]),
    "few bytes more announced": (riff(b"WAVE", LABEL, size=len(LABEL) + 12), [()]),
    "sound that is cut, nothing was to follow": (wav(LABEL, WAV_SOUND)[:-30], [()]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_where(name: str) -> None:
    data, notes = RECORDS[name]
    anatomy = read(data)
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_the_sizes_of_large_files_are_taken_from_their_own_chunk(name: bytes) -> None:
    sound = chunk(b"data", bytes(500), size=0xFFFFFFFF)
    other = chunk(b"junk", bytes(300), size=0xFFFFFFFF)
    body = [WAV_FORMAT, sound, other, LABEL]
    whole = 4 + len(ds64(0, 0, (b"junk", 0))) + sum(map(len, body))
    data = riff(b"WAVE", ds64(whole, 500, (b"junk", 300)), *body, name=name, size=0xFFFFFFFF)
    anatomy = read(data)
    assert records(anatomy) == [()]
    assert not unreadable(anatomy)
    assert unreadable(read(data[:-9]))


def test_other_texts_xmp_and_the_credential_are_found() -> None:
    broadcast = chunk(b"bext", b"from a model".ljust(256, b"\0") + b"Studio".ljust(32, b"\0") + bytes(314))
    info = listed(b"INFO", chunk(b"ISFT", b"Lavf\0"), chunk(b"INAM", "歌".encode("gb18030")))
    packets = chunk(b"_PMX", XMP) + chunk(b"XMP ", XMP) + chunk(b"C2PA", bytes(40))
    comments = chunk(b"id3 ", id3(frame(b"TSSE", b"\3Encoder")))
    anatomy = read(wav(broadcast, info, packets, comments, listed(b"adtl", chunk(b"labl", b"AIGC"))))
    assert texts(anatomy) == [
        ("bext", "Description", b"from a model", Carrier.RIFF_CHUNK, ()),
        ("bext", "Originator", b"Studio", Carrier.RIFF_CHUNK, ()),
        ("LIST/INFO", "ISFT", b"Lavf", Carrier.RIFF_INFO, ("list-info",)),
        ("LIST/INFO", "INAM", "歌".encode(), Carrier.RIFF_INFO, ("list-info", "not-utf-8")),
        ("TSSE", "TSSE", b"Encoder", Carrier.ID3_TXXX, ("id3-chunk",)),
    ]
    assert [(block.unit, block.payload, block.notes) for block in anatomy.of(BlockKind.XMP)] == [
        ("_PMX", XMP, ()),
        ("XMP ", XMP, ("other-chunk-name",)),
    ]
    assert [block.unit for block in anatomy.of(BlockKind.C2PA)] == ["C2PA"]


UNREADABLE = {
    "cut in the sound, more was to follow": wav(WAV_SOUND, LABEL)[:90],
    "cut in the record": wav(WAV_SOUND, LABEL)[:-40],
    "cut between two chunks": wav(WAV_SOUND, LABEL)[: -len(LABEL)],
    "a chunk beyond the end": wav(chunk(b"AIGC", RECORD, size=9999)),
    "a list that does not fit": wav(listed(b"INFO", chunk(b"AIGC", RECORD, size=9999))),
    "an ID3 tag that is damaged": wav(chunk(b"id3 ", b"ID3\4\0\0\0\0\0\xff" + txxx())),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    assert unreadable(read(UNREADABLE[name]))


def test_a_list_that_ends_in_junk_without_the_key_word_is_no_alarm() -> None:
    data = wav(listed(b"INFO", chunk(b"INAM", b"song"), b"abcd\xff\xff\0\0junk"))
    assert [keyword for _, keyword, *_ in texts(read(data))] == ["INAM"]
    assert not unreadable(read(data))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MEDIA_TRUNCATED),
        (b"RIFF\x10\0\0\0WA", ErrorCode.MEDIA_TRUNCATED),
        (riff(b"AVI ", WAV_SOUND), ErrorCode.MEDIA_MALFORMED),
        (b"fLaC" + bytes(40), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["nothing", "a header that is cut", "another form", "another format"],
)
def test_what_is_no_wav_file_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(data)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (wav(chunk(b"AIGC", bytes(500))), {"metadata_bytes": 400}, ErrorCode.LIMIT_METADATA),
        (wav(chunk(b"_PMX", bytes(500))), {"metadata_bytes": 400}, ErrorCode.LIMIT_METADATA),
        (wav(*[LABEL] * 9), {"all_metadata_bytes": 500}, ErrorCode.LIMIT_METADATA),
        (wav(*[chunk(b"abcd", b"")] * 9), {"items": 5}, ErrorCode.LIMIT_ITEMS),
        (wav(*[chunk(b"abcd", b"")] * 6000), {}, ErrorCode.LIMIT_ITEMS),
        (wav(listed(b"INFO", *[chunk(b"abcd", b"")] * 6000)), {}, ErrorCode.LIMIT_ITEMS),
    ],
    ids=["a large record", "a large packet", "together", "few chunks", "chunks", "entries"],
)
def test_bounds_are_kept(data: bytes, limits: dict[str, int], code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(data, replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is code


def test_a_large_text_that_is_no_record_is_left_out() -> None:
    data = wav(listed(b"INFO", chunk(b"ICMT", bytes(500)), chunk(b"INAM", b"song")))
    found = texts(read(data, replace(DEFAULT_LIMITS, metadata_bytes=400)))
    assert [keyword for _, keyword, *_ in found] == ["INAM"]


WHOLE = riff(
    b"WAVE",
    ds64(900, 100, (b"junk", 3)),
    WAV_FORMAT,
    LABEL,
    listed(b"INFO", chunk(b"ISFT", b"abc"), LABEL),
    WAV_SOUND,
    chunk(b"_PMX", XMP),
    chunk(b"id3 ", id3(txxx())),
    chunk(b"bext", bytes(400)),
)


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"RIFF", b"RIFX", b"RF64"]), st.binary(max_size=200), st.none() | st.integers(0, 300))
def test_any_bytes_behind_the_header_are_read_or_refused(name: bytes, body: bytes, size: int | None) -> None:
    survives(riff(b"WAVE", body, name=name, size=size))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"RIFF", b"RF64", b"RIFX"]),
    st.lists(st.tuples(st.integers(12, 1 << 16), st.integers(0, 255)), max_size=5),
    st.none() | st.integers(0, 4000),
)
def test_damaged_files_are_read_or_refused(name: bytes, edits: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(name + WHOLE[4:])
    for place, value in edits:
        data[12 + (place - 12) % (len(data) - 12)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
