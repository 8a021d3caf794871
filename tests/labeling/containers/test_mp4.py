"""MP4, MOV and M4A: every record is found wherever it lies, and media data is never read."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, Block, BlockKind, reader_for
from labeling.containers.mp4 import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.counted_stream import CountedStream
from tests.labeling.iso_files import (
    C2PA_UUID,
    RECORD,
    XMP_UUID,
    box,
    data,
    file_type,
    fragment,
    freeform,
    full,
    guide,
    ilst,
    item,
    keys,
    labelled,
    meta,
    movie,
    mp4,
    quicktime_meta,
    rest,
    text_atom,
    track,
    user_data,
    wide,
)

PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
AIGC_META = meta(*labelled())


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(content, limits)


def only(content: bytes) -> Block:
    (block,) = read(content).blocks
    return block


def told(content: bytes) -> list[tuple[str, bytes]]:
    return [(block.keyword, block.payload) for block in read(content).blocks]


def in_meta(*parts: bytes) -> bytes:
    return mp4(movie(user_data(meta(*parts))))


def in_user_data(*parts: bytes) -> bytes:
    return mp4(movie(user_data(*parts)))


def test_the_record_is_found_where_the_guide_has_it() -> None:
    content = guide()
    block = only(content)
    assert (block.kind, block.unit, block.keyword) == (BlockKind.TEXT, "moov/udta/meta", "AIGC")
    assert (block.payload, block.carrier, block.notes) == (RECORD, Carrier.MP4_KEYS, ())
    assert content[block.start : block.end] == item(1, data(RECORD))


@pytest.mark.parametrize(
    ("content", "unit", "notes"),
    [
        (mp4(movie(user_data(quicktime_meta(*labelled())))), "moov/udta/meta", {"quicktime-form"}),
        (mp4(movie(AIGC_META)), "moov/meta", {"not-under-udta"}),
        (mp4(movie(quicktime_meta(*labelled()))), "moov/meta", {"not-under-udta", "quicktime-form"}),
        (mp4(AIGC_META, movie()), "meta", {"not-under-udta", "file-level", "after-media-data"}),
        (mp4(user_data(AIGC_META), movie()), "udta/meta", {"file-level", "after-media-data"}),
        (mp4(box(b"meco", AIGC_META), movie()), "meco/meta", {"not-under-udta", "after-media-data"}),
        (mp4(movie(tracks=(track(b"vide", 2, 2, AIGC_META),))), "moov/trak/meta", {"not-under-udta", "not-whole-file"}),
        (mp4(movie(tracks=(track(b"vide", 2, 2, user_data(AIGC_META)),))), "moov/trak/udta/meta", {"not-whole-file"}),
        (
            mp4(movie(tracks=(box(b"trak", box(b"mdia", user_data(AIGC_META))),))),
            "moov/trak/mdia/udta/meta",
            {"not-whole-file"},
        ),
        (
            file_type() + movie() + fragment(AIGC_META),
            "moof/meta",
            {"not-under-udta", "not-whole-file"},
        ),
        (file_type() + movie() + fragment(user_data(AIGC_META)), "moof/udta/meta", {"not-whole-file"}),
        (mp4(movie(), movie(user_data(AIGC_META))), "moov/udta/meta", {"second-movie"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_misplaced_record_is_found_with_a_note(content: bytes, unit: str, notes: set[str]) -> None:
    block = only(content)
    assert (block.unit, block.keyword, block.payload) == (unit, "AIGC", RECORD)
    assert set(block.notes) == notes


@pytest.mark.parametrize(
    "content",
    [
        file_type() + movie(user_data(AIGC_META)) + box(b"mdat", b"x" * 9),
        file_type() + wide(b"mdat", b"x" * 9) + movie(user_data(AIGC_META)),
        file_type() + movie(user_data(AIGC_META)) + rest(b"mdat", b"x" * 9),
        file_type() + box(b"mdat", b"x" * 9) + rest(b"moov", user_data(AIGC_META)),
        file_type() + box(b"free", bytes(99)) + box(b"skip", b"moov") + movie(user_data(AIGC_META)),
        file_type() + box(b"wide") + box(b"mdat") + wide(b"moov", user_data(AIGC_META)),
        box(b"wide") + box(b"mdat") + movie(user_data(AIGC_META)),
        file_type() + movie(user_data(AIGC_META)) + fragment() * 3 + box(b"mfra", full(b"mfro", bytes(4))),
        guide() + bytes(4),
        guide() + bytes(400),
        guide() + b"junk behind the end of the file",
        guide() + b"\0\0\0\2free",
        guide() + b"\0\0\0\1uuid",
        in_user_data(AIGC_META, bytes(4)),
        in_user_data(AIGC_META, bytes(40)),
        mp4(movie(user_data(full(b"meta", *labelled())))),
        mp4(movie(user_data(meta(ilst(item(1, data(RECORD))), keys(b"AIGC"))))),
        mp4(movie(user_data(meta(box(b"free", bytes(9)), *labelled(), box(b"free"))))),
    ],
    ids=[
        "fast start",
        "64-bit media data first",
        "media data to the end of the file",
        "movie to the end of the file",
        "free space first",
        "wide, then a 64-bit movie",
        "no file type",
        "fragments",
        "four zeros behind",
        "many zeros behind",
        "junk behind",
        "a box smaller than its header behind",
        "a cut header behind",
        "QuickTime's end of user data",
        "user data padded with zeros",
        "no handler",
        "keys behind the list",
        "free space in meta",
    ],
)
def test_the_record_is_found_however_the_file_is_built(content: bytes) -> None:
    block = only(content)
    assert (block.unit, block.payload, block.notes) == ("moov/udta/meta", RECORD, ())


@pytest.mark.parametrize(
    ("name", "keyword", "notes"),
    [
        (b"AIGC", "AIGC", ()),
        (b"aigc", "aigc", ()),
        (b"AIGC\0", "AIGC", ()),
        (b"com.example.AIGC", "AIGC", ("qualified-key",)),
        (b"com.example.aigc", "aigc", ("qualified-key",)),
        (b"AIGC.version", "AIGC.version", ()),
        (b"comment", "comment", ()),
        (b"com.apple.quicktime.software", "com.apple.quicktime.software", ()),
        ("说明".encode(), "说明", ()),
        (b"\xff", "\ufffd", ()),
        (b"", "", ()),
        (b"k" * 9000, "k" * 1024, ()),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_key_names_its_item(name: bytes, keyword: str, notes: tuple[str, ...]) -> None:
    block = only(in_meta(*labelled(key=name)))
    assert (block.keyword, block.notes, block.carrier) == (keyword, notes, Carrier.MP4_KEYS)


def test_keys_of_the_other_namespace_name_items_too() -> None:
    assert told(in_meta(keys(b"AIGC", namespace=b"udta"), ilst(item(1, data(RECORD))))) == [("AIGC", RECORD)]


@pytest.mark.parametrize("count", [0, 1, 1 << 31, (1 << 32) - 1])
def test_the_count_of_keys_is_not_relied_on(count: int) -> None:
    table = full(b"keys", struct.pack(">I", count), box(b"mdta", b"title"), box(b"mdta", b"AIGC"))
    assert told(in_meta(table, ilst(item(2, data(RECORD))))) == [("AIGC", RECORD)]


@pytest.mark.parametrize(
    ("value", "kind", "notes"),
    [
        (RECORD, 1, ()),
        (RECORD, 0, ()),
        (RECORD, 4, ()),
        (RECORD.decode().encode("utf-16-be"), 2, ("utf-16",)),
        (RECORD.decode().encode("utf-16"), 2, ("utf-16",)),
        (RECORD.decode().encode("utf-16-be"), 5, ("utf-16",)),
        (RECORD.decode().encode("utf-16-be"), 0, ()),
        (RECORD, 21, ("data-type",)),
        (RECORD, 0xFF000001, ("data-type",)),
        (b"\xef\xbb\xbf" + RECORD, 1, ()),
        (RECORD + b"\0", 1, ()),
    ],
    ids=[
        "UTF-8",
        "implicit",
        "UTF-8 for sorting",
        "UTF-16",
        "UTF-16 with a mark",
        "UTF-16 for sorting",
        "implicit and wide",
        "a number",
        "a type of somebody's own",
        "UTF-8 with a mark",
        "ended by a zero",
    ],
)
def test_a_record_is_handed_out_as_utf_8_whatever_its_type_says(
    value: bytes, kind: int, notes: tuple[str, ...]
) -> None:
    block = only(in_meta(*labelled(value, kind=kind)))
    assert (block.kind, block.payload, block.notes) == (BlockKind.TEXT, RECORD, notes)


@pytest.mark.parametrize(
    "content",
    [
        in_meta(keys(b"AIGC"), ilst(item(1, data(RECORD), data(RECORD)))),
        in_meta(keys(b"AIGC"), ilst(item(1, data(RECORD)), item(1, data(RECORD)))),
        in_meta(keys(b"AIGC", b"aigc"), ilst(item(1, data(RECORD)), item(2, data(RECORD)))),
        in_meta(keys(b"AIGC"), ilst(item(1, data(RECORD))), ilst(item(1, data(RECORD)))),
        in_user_data(AIGC_META, AIGC_META),
        mp4(movie(user_data(AIGC_META), user_data(AIGC_META))),
        mp4(movie(user_data(AIGC_META), AIGC_META)),
        mp4(movie(user_data(AIGC_META)), movie(user_data(AIGC_META))),
        mp4(movie(user_data(AIGC_META), tracks=(track(b"vide", 2, 2, AIGC_META),))),
        file_type() + movie(user_data(AIGC_META)) + fragment(AIGC_META),
        in_user_data(AIGC_META, box(b"AIGC", RECORD)),
    ],
    ids=[
        "data",
        "items",
        "keys",
        "lists",
        "meta",
        "user data",
        "meta in two places",
        "movies",
        "movie and track",
        "movie and fragment",
        "meta and atom",
    ],
)
def test_a_second_record_is_handed_out_as_well(content: bytes) -> None:
    assert [block.payload for block in read(content).of(BlockKind.TEXT)] == [RECORD, RECORD]


def test_a_second_value_of_one_item_says_so() -> None:
    first, second = read(in_meta(keys(b"AIGC"), ilst(item(1, data(b"1"), data(b"2"))))).blocks
    assert (first.notes, second.notes) == ((), ("second-value",))


@pytest.mark.parametrize(
    ("content", "keyword", "notes"),
    [
        (in_meta(ilst(item(1, data(RECORD)))), "", ("keyless",)),
        (in_meta(ilst(item(0, data(RECORD)))), "", ("keyless",)),
        (in_meta(keys(b"title"), ilst(item(2, data(RECORD)))), "", ("keyless",)),
        (in_meta(keys(b"title"), ilst(item(0, data(RECORD)))), "", ("keyless",)),
        (in_meta(keys(), ilst(item(1 << 23, data(RECORD)))), "", ("keyless",)),
        (in_meta(ilst(data(RECORD))), "", ("keyless",)),
        (in_meta(ilst(box(b"AIGC", data(RECORD)))), "AIGC", ()),
        (in_meta(ilst(box(b"\xa9cmt", data(RECORD)))), "©cmt", ()),
        (in_meta(ilst(box(b"desc", data(RECORD)))), "desc", ()),
        (in_meta(ilst(freeform(b"AIGC", data(RECORD)))), "AIGC", ("freeform",)),
        (in_meta(ilst(freeform(b"com.example.AIGC", data(RECORD)))), "AIGC", ("freeform", "qualified-key")),
        (in_meta(ilst(box(b"----", data(RECORD)))), "", ("freeform",)),
        (in_meta(keys(b"title"), ilst(box(b"\xa9cmt", data(RECORD)))), "©cmt", ()),
    ],
    ids=[
        "no keys",
        "number 0, no keys",
        "number beyond the keys",
        "number 0",
        "number far beyond",
        "a bare value",
        "four characters",
        "comment",
        "description",
        "freeform",
        "freeform, qualified",
        "freeform without a name",
        "comment beside keys",
    ],
)
def test_an_item_without_a_key_is_handed_out_as_what_it_is(
    content: bytes, keyword: str, notes: tuple[str, ...]
) -> None:
    block = only(content)
    assert (block.keyword, block.notes, block.carrier) == (keyword, notes, Carrier.MP4_ITEM)
    assert block.payload == RECORD


def test_pictures_and_numbers_are_no_texts() -> None:
    content = in_meta(
        keys(b"art", b"count"),
        ilst(
            item(1, data(b"\xff\xd8\xff", 13)),
            item(2, data(b"\0\0\0\1", 21)),
            box(b"trkn", data(bytes((0, 0, 0, 1, 0, 9, 0, 0)), 0)),
            box(b"covr", data(b"\x89PNG", 14)),
            item(9, data(b"\xff\xd8\xff", 13)),
            box(b"\xa9too", data(b"encoder")),
        ),
    )
    assert told(content) == [("©too", b"encoder")]


@pytest.mark.parametrize(
    ("atom", "keyword", "texts"),
    [
        (text_atom(b"\xa9cmt", b"one"), "©cmt", [b"one"]),
        (text_atom(b"\xa9cmt", b"one", b"two"), "©cmt", [b"one", b"two"]),
        (text_atom(b"\xa9nam", b"caf\x8e", language=0), "©nam", ["café".encode()]),
        (text_atom(b"\xa9nam", "café".encode(), language=0), "©nam", ["café".encode()]),
        (text_atom(b"\xa9nam", "说明".encode("utf-16")), "©nam", ["说明".encode()]),
        (text_atom(b"\xa9cmt", RECORD), "©cmt", [RECORD]),
        (box(b"\xa9cmt", RECORD), "©cmt", [RECORD]),
        (box(b"\xa9cmt", data(RECORD)), "©cmt", [RECORD]),
        (text_atom(b"\xa9cmt", b"one") + bytes(2), "©cmt", [b"one"]),
        (box(b"\xa9cmt", b"\0\3\x55\xc4one", RECORD), "©cmt", [b"one", RECORD]),
        (box(b"AIGC", RECORD), "AIGC", [RECORD]),
        (box(b"aigc", RECORD), "aigc", [RECORD]),
        (text_atom(b"AIGC", RECORD), "AIGC", [RECORD]),
        (full(b"AIGC", RECORD), "AIGC", [RECORD]),
        (box(b"AIGC", data(RECORD)), "AIGC", [RECORD]),
        (full(b"dscp", b"\x55\xc4", RECORD, b"\0"), "dscp", [RECORD]),
        (full(b"titl", b"\x55\xc4", "说明".encode("utf-16"), b"\0\0"), "titl", ["说明".encode()]),
        (box(b"\xa9cmt"), "©cmt", []),
        (box(b"LOCI", b"anything"), "LOCI", []),
    ],
    ids=[
        "text",
        "two languages",
        "Mac OS Roman",
        "UTF-8 under a Macintosh code",
        "UTF-16",
        "record",
        "record without size and language",
        "a value as in ilst",
        "padded",
        "a text and a record without size and language",
        "named AIGC",
        "in small letters",
        "named AIGC, with size and language",
        "named AIGC, with version and flags",
        "named AIGC, with a value as in ilst",
        "3GPP description",
        "3GPP title in UTF-16",
        "empty",
        "of another kind",
    ],
)
def test_texts_in_user_data_are_handed_out(atom: bytes, keyword: str, texts: list[bytes]) -> None:
    blocks = read(in_user_data(atom)).blocks
    assert [(block.keyword, block.payload) for block in blocks] == [(keyword, text) for text in texts]
    for block in blocks:
        assert (block.unit, block.carrier) == ("moov/udta", Carrier.MP4_ITEM)
        assert "user-data" in block.notes


@pytest.mark.parametrize(
    ("content", "unit"),
    [
        (mp4(movie(), box(b"uuid", XMP_UUID, PACKET)), "uuid"),
        (mp4(movie(box(b"uuid", XMP_UUID, PACKET))), "moov/uuid"),
        (in_user_data(box(b"XMP_", PACKET)), "moov/udta/XMP_"),
        (in_user_data(box(b"uuid", XMP_UUID, PACKET)), "moov/udta/uuid"),
        (mp4(movie(tracks=(track(b"vide", 2, 2, box(b"uuid", XMP_UUID, PACKET)),))), "moov/trak/uuid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_xmp_packets_are_found(content: bytes, unit: str) -> None:
    block = only(content)
    assert (block.kind, block.unit, block.payload) == (BlockKind.XMP, unit, PACKET)


def test_a_manifest_store_is_found_and_hashes_of_fragments_are_none() -> None:
    store = box(b"uuid", C2PA_UUID, bytes(4), b"manifest\0", bytes(8), b"store")
    content = file_type() + store + movie() + box(b"uuid", C2PA_UUID, bytes(4), b"merkle\0", b"hashes") + fragment()
    block = only(content)
    assert (block.kind, block.unit, block.payload) == (BlockKind.C2PA, "uuid", b"")
    assert content[block.start : block.end] == store


@pytest.mark.parametrize(
    ("tracks", "size"),
    [
        ((track(),), (640, 360)),
        ((track(b"soun", 0, 0), track(b"vide", 1920, 1080), track(b"vide", 8, 8)), (1920, 1080)),
        ((track(b"soun", 0, 0),), (0, 0)),
        ((), (0, 0)),
        ((box(b"trak", box(b"mdia", full(b"hdlr", bytes(4), b"vide"))),), (0, 0)),
        ((box(b"trak", box(b"tkhd", b"\0"), box(b"mdia", full(b"hdlr", bytes(4), b"vide"))),), (0, 0)),
    ],
    ids=["one", "first of pictures", "sound only", "none", "no header", "short header"],
)
def test_the_size_is_that_of_the_first_track_of_pictures(tracks: tuple[bytes, ...], size: tuple[int, int]) -> None:
    anatomy = read(mp4(movie(tracks=tracks)))
    assert (anatomy.width, anatomy.height) == size


def lone_value(body: bytes) -> bytes:
    return in_meta(keys(b"AIGC"), ilst(item(1, body)))


UNREADABLE = {
    "not UTF-8": (in_meta(*labelled(b"\xff\xfe\xfd")), "AIGC"),
    "not UTF-16": (in_meta(*labelled(b"odd", kind=2)), "AIGC"),
    "a record of binary type": (in_meta(*labelled(b"\xff\xd8\xff", kind=13)), "AIGC"),
    "a comment in GB 18030": (in_meta(ilst(box(b"\xa9cmt", data("说明".encode("gb18030"))))), "©cmt"),
    "an item without a value": (lone_value(b""), "AIGC"),
    "a value without a header": (lone_value(box(b"data", b"\0\0")), "AIGC"),
    "a value that is cut": (lone_value(struct.pack(">I", 99) + b"data"), "AIGC"),
    "a value without a box": (lone_value(RECORD), "AIGC"),
    "an item that runs past the list": (in_meta(keys(b"AIGC"), box(b"ilst", struct.pack(">II", 99, 1))), ""),
    "a key that runs past the table": (in_meta(full(b"keys", b"\0\0\0\1\0\0\0\x63mdta"), ilst()), ""),
    "a key smaller than its header": (in_meta(full(b"keys", b"\0\0\0\1\0\0\0\7mdta"), ilst()), ""),
    "two tables of keys": (in_meta(keys(b"x"), keys(b"AIGC"), ilst(item(1, data(RECORD)))), ""),
    "a box that runs past the user data": (in_user_data(b"\0\0\0\x63free"), ""),
    "an atom smaller than its header": (in_user_data(b"\0\0\0\4free"), ""),
    "an atom that is no text": (in_user_data(text_atom(b"AIGC", b"\xff")), "AIGC"),
}


@pytest.mark.parametrize(("content", "keyword"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_and_not_passed_over(content: bytes, keyword: str) -> None:
    block = only(content)
    assert (block.kind, block.keyword) == (BlockKind.OTHER, keyword)
    assert "unreadable" in block.notes


def test_damage_in_one_place_leaves_the_others_readable() -> None:
    content = mp4(movie(user_data(b"\0\0\0\x63free"), user_data(AIGC_META)))
    damaged, record = read(content).blocks
    assert (damaged.kind, record.payload) == (BlockKind.OTHER, RECORD)


LAID_OUT = file_type() + movie(user_data(AIGC_META)) + box(b"mdat", bytes(50)) + box(b"uuid", XMP_UUID, PACKET)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.MEDIA_MALFORMED),
        (file_type(), ErrorCode.MEDIA_MALFORMED),
        (file_type() + box(b"mdat", b"x"), ErrorCode.MEDIA_MALFORMED),
        (file_type() + box(b"mdat", bytes(50))[:-1], ErrorCode.MEDIA_TRUNCATED),
        (file_type() + wide(b"mdat", bytes(50))[:12], ErrorCode.MEDIA_MALFORMED),
        (mp4(movie())[:-1], ErrorCode.MEDIA_TRUNCATED),
        (LAID_OUT[:-1], ErrorCode.MEDIA_TRUNCATED),
        (file_type() + movie() + movie()[:-1], ErrorCode.MEDIA_TRUNCATED),
        (file_type() + box(b"moov", b"\0\0\0\x63trak"), ErrorCode.MEDIA_TRUNCATED),
        (file_type() + box(b"moov", box(b"trak", b"\0\0\0\x63mdia")), ErrorCode.MEDIA_TRUNCATED),
        (file_type() + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"))), ErrorCode.MEDIA_UNSUPPORTED),
        (mp4(movie(), box(b"moov", box(b"cmov"))), ErrorCode.MEDIA_UNSUPPORTED),
    ],
    ids=[
        "empty",
        "file type only",
        "no movie",
        "cut media data before the movie",
        "cut header",
        "cut movie",
        "cut XMP",
        "cut second movie",
        "a track past the movie",
        "a media box past the track",
        "compressed movie",
        "compressed second movie",
    ],
)
def test_a_file_that_may_lack_metadata_is_a_named_error(content: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(content)
    assert caught.value.code is code


@pytest.mark.parametrize(
    "content",
    [
        file_type() + movie(user_data(AIGC_META)) + box(b"mdat", bytes(50))[:-1],
        file_type() + movie(user_data(AIGC_META)) + wide(b"mdat", bytes(50))[:30],
        file_type() + movie(user_data(AIGC_META)) + fragment() + fragment()[:12],
    ],
    ids=["media data", "64-bit media data", "fragment"],
)
def test_media_data_that_is_cut_behind_the_movie_is_noted(content: bytes) -> None:
    block = only(content)
    assert (block.payload, block.notes) == (RECORD, ("cut-media-data",))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (in_meta(*labelled(b" " * 300)), ErrorCode.LIMIT_METADATA),
        (in_meta(ilst(item(1, data(b" " * 300)))), ErrorCode.LIMIT_METADATA),
        (in_user_data(box(b"AIGC", bytes(300))), ErrorCode.LIMIT_METADATA),
        (mp4(movie(), box(b"uuid", XMP_UUID, bytes(300))), ErrorCode.LIMIT_METADATA),
        (in_meta(full(b"keys", bytes(300)), ilst()), ErrorCode.LIMIT_METADATA),
        (in_meta(ilst(*[box(b"desc", data(b" " * 90))] * 9)), ErrorCode.LIMIT_METADATA),
        (in_meta(ilst(*[box(b"desc", data(b""))] * 60)), ErrorCode.LIMIT_ITEMS),
        (in_meta(keys(*[b"k"] * 60), ilst()), ErrorCode.LIMIT_METADATA),
    ],
    ids=["record", "item without a key", "atom", "XMP", "keys", "all together", "items", "many keys"],
)
def test_metadata_beyond_the_limits_is_refused(content: bytes, code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(content, Limits(metadata_bytes=256, all_metadata_bytes=600, items=50))
    assert caught.value.code is code


@pytest.mark.parametrize(
    "content",
    [
        in_meta(ilst(box(b"desc", data(b" " * 300)))),
        in_meta(keys(b"title"), ilst(item(1, data(b" " * 300)))),
        in_meta(ilst(box(b"covr", data(bytes(300), 13)))),
        in_meta(ilst(item(1, data(bytes(300), 13)))),
        in_user_data(box(b"\xa9cmt", bytes(300))),
    ],
    ids=["description", "title", "cover", "cover without a key", "comment"],
)
def test_a_large_entry_that_is_no_record_is_left_out(content: bytes) -> None:
    assert read(content, Limits(metadata_bytes=256)).blocks == ()


def test_all_three_formats_are_registered_with_what_is_read_in_them() -> None:
    for fmt in (Format.MP4, Format.MOV, Format.M4A):
        reader = reader_for(fmt)
        assert reader is not None
        assert {Carrier.MP4_KEYS, Carrier.MP4_ITEM, Carrier.XMP} <= reader.reads


@pytest.mark.parametrize(
    ("content", "fmt"),
    [
        (guide(), Format.MP4),
        (mp4(movie(), brand=b"qt  "), Format.MOV),
        (box(b"mdat") + movie(), Format.MOV),
        (mp4(movie(tracks=(track(b"soun", 0, 0),))), Format.M4A),
    ],
    ids=["mp4", "mov", "old mov", "m4a"],
)
def test_the_anatomy_names_the_format(content: bytes, fmt: Format) -> None:
    assert read(content).format is fmt


MEGABYTE = 1 << 20


def many(unit: bytes) -> bytes:
    return unit * (MEGABYTE // len(unit))


HOSTILE = {
    "a million empty boxes": file_type() + box(b"free") * 1_000_000,
    "empty boxes in a movie": file_type() + box(b"moov", many(box(b"free"))),
    "empty tracks": file_type() + box(b"moov", many(box(b"trak"))),
    "tracks with media": file_type() + box(b"moov", many(box(b"trak", box(b"mdia")))),
    "empty movies": file_type() + many(box(b"moov")),
    "empty fragments": file_type() + movie() + many(box(b"moof")),
    "empty user data": mp4(movie(many(user_data()))),
    "empty meta": in_user_data(many(box(b"meta"))),
    "empty lists": in_meta(many(ilst())),
    "empty items": in_meta(ilst(many(item(1)))),
    "empty values": in_meta(keys(b"AIGC"), ilst(item(1, many(data(b""))))),
    "items with values": in_meta(keys(b"AIGC"), ilst(many(item(1, data(b"x"))))),
    "freeform items without a name": in_meta(ilst(many(box(b"----")))),
    "freeform items": in_meta(ilst(many(freeform(b"AIGC")))),
    "keys": in_meta(full(b"keys", b"\xff" * 4, many(box(b"mdta"))), ilst()),
    "tables of keys": in_meta(many(keys())),
    "text atoms": in_user_data(many(text_atom(b"\xa9cmt", b"x"))),
    "texts in one atom": in_user_data(box(b"\xa9cmt", many(b"\0\1\0\0x"))),
    "empty texts in one atom": in_user_data(box(b"\xa9cmt", many(b"\0\0\0\0"))),
    "packets": file_type() + movie() + many(box(b"uuid", XMP_UUID)),
    "boxes in boxes": file_type() + movie(b"".join(struct.pack(">I4s", 8 * n, b"udta") for n in range(9000, 0, -1))),
    "meta in meta": in_user_data(b"".join(struct.pack(">I4s", 8 * n, b"meta") for n in range(9000, 0, -1))),
    "lying sizes": file_type() + movie() + many(b"\0\0\0\1free" + b"\xff" * 8),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_read_or_refused_in_bounded_time(content: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(MediaError):
        read(content)
    # Some 0.2 s where the machine is idle.
    assert time.process_time() - start < 8


def test_boxes_of_ordinary_size_may_be_many() -> None:
    content = file_type() + movie(user_data(AIGC_META)) + (box(b"free", bytes(32)) * 60_000)
    assert only(content).payload == RECORD


GIGABYTE = 1 << 30


@pytest.fixture
def sparse(tmp_path: Path) -> Iterator[CountedStream]:
    """A gigabyte of media data in front of the movie header."""
    with (tmp_path / "sparse.mp4").open("w+b", buffering=0) as file:
        file.write(file_type() + struct.pack(">I4sQ", 1, b"mdat", GIGABYTE))
        file.seek(GIGABYTE + len(file_type()))
        file.write(movie(user_data(AIGC_META)))
        yield CountedStream(file)


def test_a_gigabyte_of_media_data_is_stepped_over(sparse: CountedStream) -> None:
    content = StreamContent(sparse)
    start = time.process_time()
    (block,) = parse(content, DEFAULT_LIMITS).blocks
    assert time.process_time() - start < 0.5
    assert (block.payload, block.start > GIGABYTE) == (RECORD, True)
    assert sparse.bytes_read < 32 * 1024


def test_a_thousand_fragments_are_stepped_over(tmp_path: Path) -> None:
    piece = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", bytes(600)))
    with (tmp_path / "fragments.mp4").open("w+b", buffering=0) as file:
        file.write(file_type() + movie(user_data(AIGC_META)))
        for _ in range(1000):
            file.write(piece + struct.pack(">I4s", GIGABYTE // 1000, b"mdat"))
            file.seek(GIGABYTE // 1000 - 8, 1)
        file.truncate()
        stream = CountedStream(file)
        assert len(parse(StreamContent(stream), DEFAULT_LIMITS).blocks) == 1
    assert stream.bytes_read < 8 * MEGABYTE


WORDS = b"moov trak mdia udta meta ilst keys data ---- name hdlr tkhd moof AIGC XMP_ uuid free mdat dscp"
KINDS = st.sampled_from([*WORDS.split(), b"\xa9cmt", b"\0\0\0\1"])
BODIES = st.binary(max_size=40) | st.sampled_from([RECORD, XMP_UUID, bytes(4), bytes(8), b"\0\0\0\1\0\0\0\0{}"])
BOXES = st.recursive(
    st.builds(box, KINDS, BODIES),
    lambda inner: st.builds(lambda kind, parts: box(kind, *parts), KINDS, st.lists(inner, max_size=4)),
    max_leaves=12,
)


def readable(content: bytes) -> None:
    try:
        anatomy = read(content)
    except MediaError:
        return
    for block in anatomy.blocks:
        assert 0 <= block.start <= block.end <= len(content)


@settings(max_examples=150, deadline=None)
@given(st.lists(BOXES, max_size=4))
def test_any_boxes_are_read_or_refused(boxes: list[bytes]) -> None:
    readable(b"".join(boxes))
    readable(file_type() + movie(*boxes))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    readable(content)
    readable(file_type() + content)


WHOLE = (
    file_type()
    + movie(
        user_data(
            AIGC_META,
            meta(ilst(freeform(b"AIGC", data(RECORD)), box(b"\xa9too", data(b"x"))), kind=b"mdir"),
            text_atom(b"\xa9cmt", b"one"),
            box(b"XMP_", PACKET),
        )
    )
    + fragment()
    + box(b"uuid", XMP_UUID, PACKET)
)


@settings(max_examples=250, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    cut=st.none() | st.integers(0, len(WHOLE)),
)
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    damaged = bytearray(WHOLE)
    for place, value in edits:
        damaged[place] = value
    readable(bytes(damaged[:cut]))
