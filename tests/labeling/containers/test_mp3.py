"""MP3 as a container: every record in every kind of tag, and what is said of tags that cannot be read."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers._mpeg_audio import after_id3, is_mpeg_audio
from labeling.containers.base import Anatomy, BlockKind
from labeling.containers.mp3 import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    RECORD,
    SOUND,
    XMP,
    ape,
    frame,
    id3,
    id3v1,
    lyrics3,
    records,
    strings,
    synchsafe,
    texts,
    txxx,
    unreadable,
)

DEFLATED = zlib.compress(strings(3, "AIGC", RECORD.decode()))
LENGTH = synchsafe(len(strings(3, "AIGC", RECORD.decode())))
#: A description that holds what unsynchronisation guards against, behind it the record.
WIDE = strings(1, "AIGC", RECORD.decode())


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def guarded(data: bytes) -> bytes:
    return data.replace(b"\xff", b"\xff\0")


def test_the_frame_of_the_guide_is_read_without_a_note() -> None:
    data = id3(frame(b"TSSE", b"\x03Lavf\0"), txxx()) + SOUND
    anatomy = read(data)
    assert anatomy.format is Format.MP3
    assert texts(anatomy) == [
        ("TSSE", "TSSE", b"Lavf", Carrier.ID3_TXXX, ()),
        ("TXXX", "AIGC", RECORD, Carrier.ID3_TXXX, ()),
    ]
    block = anatomy.blocks[1]
    assert data[block.start : block.end] == txxx()


RECORDS = {
    "version 2.2": (id3(txxx(version=2), version=2), [()]),
    "version 2.3": (id3(txxx(version=3), version=3), [()]),
    "Latin-1": (id3(txxx(encoding=0)), [()]),
    "UTF-16": (id3(txxx(encoding=1)), [("utf-16",)]),
    "UTF-16 without mark": (id3(txxx(encoding=2)), [("utf-16",)]),
    "UTF-16 of either order": (
        id3(
            frame(
                b"TXXX",
                b"\1"
                + "\ufeffAIGC\0".encode("utf-16-be")
                + "\ufeff".encode("utf-16-le")
                + RECORD.decode().encode("utf-16-le"),
            )
        ),
        [("utf-16",)],
    ),
    "another case": (id3(txxx("aigc")), [("other-case",)]),
    "NUL at the end": (id3(frame(b"TXXX", b"\x03AIGC\0" + RECORD + b"\0\0")), [()]),
    "two values": (id3(frame(b"TXXX", b"\3AIGC\0" + RECORD + b"\0" + RECORD)), [("several-values",)] * 2),
    "two frames": (id3(txxx(), txxx()), [(), ()]),
    "two tags": (id3(txxx()) + id3(txxx(version=3), version=3), [(), ("second-tag",)]),
    "padding": (id3(txxx(), padding=200), [()]),
    "a footer": (id3(txxx(), flags=0x10), [()]),
    "an extended header of 2.4": (id3(synchsafe(6) + b"\1\0", txxx(), flags=0x40), [()]),
    "an extended header of 2.3": (id3(b"\0\0\0\6" + bytes(6), txxx(version=3), version=3, flags=0x40), [()]),
    "an extended header that is not there": (id3(txxx(), flags=0x40), [()]),
    "unsynchronised as a whole": (
        id3(guarded(frame(b"TXXX", WIDE, version=3)), version=3, flags=0x80),
        [("unsynchronised", "utf-16")],
    ),
    "unsynchronised frames": (id3(frame(b"TXXX", guarded(WIDE)), flags=0x80), [("unsynchronised", "utf-16")]),
    "one unsynchronised frame": (id3(frame(b"TXXX", guarded(WIDE), flags=2)), [("unsynchronised", "utf-16")]),
    "compressed": (id3(frame(b"TXXX", LENGTH + DEFLATED, flags=0x09)), [("compressed",)]),
    "compressed in 2.3": (
        id3(frame(b"TXXX", bytes(4) + DEFLATED, version=3, flags=0x80), version=3),
        [("compressed",)],
    ),
    "in a group": (id3(frame(b"TXXX", b"\7" + strings(3, "AIGC", RECORD.decode()), flags=0x40)), [()]),
    "a length in front": (id3(frame(b"TXXX", LENGTH + strings(3, "AIGC", RECORD.decode()), flags=0x01)), [()]),
    "plain sizes in 2.4": (
        id3(frame(b"TXXX", txxx()[10:], size=len(txxx()[10:]).to_bytes(4, "big")), txxx()),
        [("other-size-form",), ()],
    ),
    "synchsafe sizes in 2.3": (id3(txxx(), txxx(version=3), version=3), [("other-size-form",), ()]),
    "a name of 2.2 in 2.3": (id3(frame(b"TXX\0", txxx()[10:], version=3), version=3), [()]),
    "a comment": (id3(frame(b"COMM", b"\3eng" + strings(3, "AIGC", RECORD.decode())[1:])), [("other-frame",)]),
    "an address": (id3(frame(b"WXXX", strings(3, "AIGC", RECORD.decode()))), [("other-frame",)]),
    "behind the sound": (id3() + SOUND + id3(txxx(), flags=0x10), [("appended",)]),
    "behind the sound, before ID3v1": (id3() + SOUND + id3(txxx(), flags=0x10) + id3v1(), [("appended",)]),
    "by a seek frame": (id3(frame(b"SEEK", len(SOUND).to_bytes(4, "big"))) + SOUND + id3(txxx()), [("by-seek",)]),
    "by a seek frame and by its footer": (
        id3(frame(b"SEEK", len(SOUND).to_bytes(4, "big"))) + SOUND + id3(txxx(), flags=0x10),
        [("by-seek",)],
    ),
    "an APE tag": (SOUND + ape(("AIGC", RECORD, 0)), [()]),
    "an APE tag without header": (SOUND + ape(("aigc", RECORD, 0), header=False), [("other-case",)]),
    "an APE tag behind lyrics": (SOUND + ape(("AIGC", RECORD, 2)) + lyrics3() + id3v1(b"song"), [()]),
    "an APE tag and ID3": (id3(txxx()) + SOUND + ape(("AIGC", RECORD, 0)) + id3v1(), [(), ()]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_how_it_is_stored(name: str) -> None:
    data, notes = RECORDS[name]
    anatomy = read(data if SOUND in data else data + SOUND)
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


def test_other_texts_are_handed_out_for_traces() -> None:
    data = id3(
        txxx("comment", b"made with a model"),
        frame(b"COMM", b"\x00engnote\0a comment"),
        frame(b"COMM", b"\x00eng\0another"),
        frame(b"WXXX", b"\x01" + "site".encode("utf-16") + b"\0\0http://a.example/"),
        frame(b"TPE1", b"\x03one\0two"),
        frame(b"APIC", b"\x00image/png\0\3\0" + bytes(40)),
        frame(b"PRIV", b"somebody\0AIGC"),
    )
    tail = ape(("Software", b"an encoder", 0), ("Cover", b"\x89PNG", 2)) + id3v1(b"song", b"a short note")
    assert [(unit, keyword, payload) for unit, keyword, payload, _, _ in texts(read(data + SOUND + tail))] == [
        ("TXXX", "comment", b"made with a model"),
        ("COMM", "note", b"a comment"),
        ("COMM", "COMM", b"another"),
        ("WXXX", "site", b"http://a.example/"),
        ("TPE1", "TPE1", b"one"),
        ("TPE1", "TPE1", b"two"),
        ("APEv2", "Software", b"an encoder"),
        ("ID3v1", "title", b"song"),
        ("ID3v1", "comment", b"a short note"),
    ]


def test_a_frame_without_description_has_an_empty_keyword() -> None:
    anatomy = read(id3(frame(b"TXXX", b"\x03AIGC" + RECORD)) + SOUND)
    assert texts(anatomy) == [("TXXX", "", b"AIGC" + RECORD, Carrier.ID3_TXXX, ())]


@pytest.mark.parametrize(
    ("raw", "expected", "notes"),
    [
        (b"\x00\xe9t\xe9", "été", ()),
        (b"\x00" + "歌".encode(), "歌", ("utf-8-as-latin-1",)),
        (b"\x03" + "歌".encode("gb18030"), "歌", ("not-utf-8",)),
    ],
    ids=["Latin-1", "UTF-8 that says Latin-1", "GB 18030 that says UTF-8"],
)
def test_text_in_the_wrong_encoding_is_read_all_the_same(raw: bytes, expected: str, notes: tuple[str, ...]) -> None:
    ((_, _, payload, _, said),) = texts(read(id3(frame(b"TIT2", raw)) + SOUND))
    assert (payload.decode(), said) == (expected, notes)


def test_xmp_and_the_credential_are_found() -> None:
    store = b"\x00application/c2pa\0\0store\0" + bytes(30)
    older = b"\x00application/x-c2pa-manifest-store\0\0\0" + bytes(30)
    data = id3(frame(b"PRIV", b"XMP\0" + XMP), frame(b"GEOB", store), frame(b"GEOB", older)) + SOUND
    anatomy = read(data)
    assert [block.payload for block in anatomy.of(BlockKind.XMP)] == [XMP]
    assert [data[block.start : block.end] for block in anatomy.of(BlockKind.C2PA)] == [
        frame(b"GEOB", store),
        frame(b"GEOB", older),
    ]


UNREADABLE = {
    "encrypted": id3(frame(b"TXXX", b"\1secret", flags=0x04)),
    "encrypted in 2.3": id3(frame(b"TXXX", b"\1secret", version=3, flags=0x40), version=3),
    "XMP that cannot be inflated": id3(frame(b"PRIV", LENGTH + b"nonsense", flags=0x09)),
    "not to be inflated": id3(frame(b"TXXX", LENGTH + b"nonsense", flags=0x09)),
    "inflated in part": id3(frame(b"TXXX", LENGTH + DEFLATED[:-9], flags=0x09)),
    "an unknown encoding": id3(frame(b"TXXX", b"\x09AIGC\0" + RECORD)),
    "a frame beyond the tag": id3(frame(b"TXXX", b"\x03AIGC", size=synchsafe(5000))),
    "a damaged frame with the key word": id3(b"?" + txxx()[1:]),
    "an unknown version": id3(txxx(), version=5),
    "the compression of 2.2": id3(txxx(version=2), version=2, flags=0x40),
    "a damaged size of the tag": b"ID3\4\0\0\0\0\0\xff" + txxx(),
    "a tag that is cut": (id3(txxx(), padding=5000))[:400],
    "an APE tag of nonsense": SOUND + ape(("AIGC", RECORD, 0))[:-20] + b"\xff\xff\0\0" + ape()[-16:],
    "an APE item beyond its tag": SOUND
    + ape(("AIGC", RECORD, 0)).replace(len(RECORD).to_bytes(4, "little"), b"\xff\xff\xff\0"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    anatomy = read(UNREADABLE[name] + (b"" if name == "a tag that is cut" or "APE" in name else SOUND))
    assert unreadable(anatomy)
    assert all(block.keyword == "" for block in unreadable(anatomy))


def test_a_compressed_frame_that_is_too_large_to_be_read_is_refused() -> None:
    large = frame(b"TXXX", LENGTH + DEFLATED, flags=0x09)
    with pytest.raises(LimitError) as caught:
        read(id3(large) + SOUND, replace(DEFAULT_LIMITS, metadata_bytes=20))
    assert caught.value.code is ErrorCode.LIMIT_METADATA


def test_damage_that_cannot_hide_a_record_is_no_alarm() -> None:
    data = id3(frame(b"TIT2", b"\3song"), b"junk in the padding" + bytes(30), frame(b"APIC", b"\1cut"))
    assert not unreadable(read(data + SOUND))
    assert not unreadable(read(id3(frame(b"TPE1", b"\1secret", flags=0x04)) + SOUND))


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (id3(txxx(value=b"x" * 500)), {"metadata_bytes": 400}, ErrorCode.LIMIT_METADATA),
        (
            id3(frame(b"TXXX", bytes(4) + zlib.compress(bytes(10**6)), flags=9)),
            {"inflated_metadata_bytes": 9999},
            ErrorCode.LIMIT_INFLATED,
        ),
        (id3(*[txxx("a", b"b" * 90)] * 9), {"all_metadata_bytes": 500}, ErrorCode.LIMIT_METADATA),
        (id3(bytes(999), version=3, flags=0x80), {"all_metadata_bytes": 500}, ErrorCode.LIMIT_METADATA),
        (id3(*[txxx("a", b"b")] * 9), {"items": 5}, ErrorCode.LIMIT_ITEMS),
        (id3(*[frame(b"TIT2", b"")] * 6000), {}, ErrorCode.LIMIT_ITEMS),
        (id3(*[frame(b"TIT2", b"\3a")] * 3000), {}, ErrorCode.LIMIT_ITEMS),
        (id3() * 70, {}, ErrorCode.LIMIT_ITEMS),
        (SOUND + ape(*[("ab", b"", 0)] * 6000), {}, ErrorCode.LIMIT_ITEMS),
        (id3(frame(b"PRIV", b"XMP\0" + bytes(500))), {"metadata_bytes": 400}, ErrorCode.LIMIT_METADATA),
    ],
    ids=[
        "a large record",
        "inflated",
        "together",
        "unsynchronised",
        "entries",
        "frames",
        "texts",
        "tags",
        "APE",
        "XMP",
    ],
)
def test_bounds_are_kept(data: bytes, limits: dict[str, int], code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(data, replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is code


def test_a_large_text_that_is_no_record_is_left_out() -> None:
    data = id3(txxx("lyrics", b"x" * 5000), txxx()) + SOUND
    assert [keyword for _, keyword, *_ in texts(read(data, replace(DEFAULT_LIMITS, metadata_bytes=1000)))] == ["AIGC"]


def test_seek_frames_that_point_in_a_circle_come_to_an_end() -> None:
    back = id3(frame(b"SEEK", b"\0\0\0\0"))
    assert read(back + back + SOUND).blocks == ()


# What sniffing asks.


def header(version: int, layer: int, rate: int, frequency: int, padding: int = 0) -> bytes:
    return bytes((0xFF, 0xE1 | version << 3 | layer << 1, rate << 4 | frequency << 2 | padding << 1, 0x44))


#: Header and length of the frame, from the tables of the standards.
FRAMES = {
    "MPEG 1 layer III 128 kbit/s": (header(3, 1, 9, 0), 417),
    "with padding": (header(3, 1, 9, 0, 1), 418),
    "MPEG 1 layer II 192 kbit/s": (header(3, 2, 10, 1), 576),
    "MPEG 1 layer I 384 kbit/s": (header(3, 3, 12, 2), 576),
    "MPEG 2 layer III 64 kbit/s": (header(2, 1, 8, 0), 208),
    "MPEG 2.5 layer III 16 kbit/s": (header(0, 1, 2, 2), 144),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_follow_one_another_are_mpeg_audio(name: str) -> None:
    head, length = FRAMES[name]
    whole = head + bytes(length - 4)
    assert is_mpeg_audio(whole * 2, DEFAULT_LIMITS)
    assert is_mpeg_audio(whole, DEFAULT_LIMITS)
    assert is_mpeg_audio(id3(txxx()) + b"\0noise\xff\xff" + whole * 2, DEFAULT_LIMITS)
    assert not is_mpeg_audio(whole + b"\0" + whole, DEFAULT_LIMITS)
    assert not is_mpeg_audio(b"\0" + whole * 2, DEFAULT_LIMITS)
    assert not is_mpeg_audio(whole + header(3, 1, 9, 2) + bytes(500), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        "\ufeff文字".encode("utf-16-le"),
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\xff\xf1\x50\x80" * 200,
        b"ID3\4\0\0\0\0\0\0",
        id3(txxx()) + b"fLaC" + bytes(50),
        id3() + b"\xff\xfb\x90\x64" * 9000,
        id3() + b"\xff" * 70_000,
    ],
    ids=["nothing", "a byte", "UTF-16", "JPEG", "AAC", "a tag alone", "FLAC", "headers alone", "set bits"],
)
def test_what_only_looks_like_it_is_not_mpeg_audio(data: bytes) -> None:
    assert not is_mpeg_audio(data, DEFAULT_LIMITS)


def test_the_content_behind_the_tags_is_found() -> None:
    assert after_id3(SOUND) == 0
    assert after_id3(id3(txxx()) + id3(flags=0x10) + b"fLaC") == len(id3(txxx())) + 20
    assert after_id3(b"ID3\4\0\0\0\0\0\xff") == 0


# Anything at all.

WHOLE = (
    id3(txxx(), txxx(encoding=1), frame(b"TXXX", LENGTH + DEFLATED, flags=9), frame(b"PRIV", b"XMP\0" + XMP), padding=9)
    + SOUND[:900]
    + ape(("AIGC", RECORD, 0), ("b", b"c\0d", 0))
    + lyrics3()
    + id3(frame(b"COMM", b"\1eng"), flags=0x10)
    + id3v1(b"song")
)


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 4), st.integers(0, 255), st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_in_a_tag_are_read_or_refused(version: int, flags: int, body: bytes, tail: bytes) -> None:
    survives(id3(body, version=version, flags=flags) + tail)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5), st.none() | st.integers(0, 4000))
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(WHOLE)
    for place, value in edits:
        data[place % len(data)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
