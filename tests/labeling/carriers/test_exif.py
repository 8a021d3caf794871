"""EXIF as a carrier: what is read, what is written, and what is left alone."""

from __future__ import annotations

import contextlib
import io
import struct

import piexif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling import ifd
from labeling.carriers import exif
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.ifd import Dialect
from labeling.ifd_edit import Value, build
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier

RECORD = '{"AIGC": {"Label": "1", "ContentProducer": "001191110102MACQD9K64010000"}}'
MAKER_NOTE = 0x927C
DIALECTS = {"II": Dialect("<"), "MM": Dialect(">"), "BigTIFF": Dialect("<", big=True)}


def ascii_value(text: str) -> Value:
    return Value(ifd.ASCII, len(text) + 1, text.encode() + b"\0")


def user_comment(raw: bytes, kind: int = ifd.UNDEFINED) -> Value:
    return Value(kind, len(raw), raw)


def camera_block() -> bytes:
    """What a camera writes: maker note, GPS, interoperability, a thumbnail."""
    thumbnail = io.BytesIO()
    Image.new("RGB", (16, 12), (9, 99, 199)).save(thumbnail, "JPEG")
    return piexif.dump(
        {
            "0th": {piexif.ImageIFD.Make: b"Maker", piexif.ImageIFD.Orientation: 6, piexif.ImageIFD.Software: b"9.1"},
            "Exif": {
                piexif.ExifIFD.MakerNote: bytes(range(200)),
                piexif.ExifIFD.DateTimeOriginal: b"2026:01:02 03:04:05",
            },
            "GPS": {piexif.GPSIFD.GPSDateStamp: b"2026:01:02"},
            "Interop": {piexif.InteropIFD.InteroperabilityIndex: b"R98"},
            "1st": {piexif.ImageIFD.Make: b"Maker"},
            "thumbnail": thumbnail.getvalue(),
        }
    )[6:]


def comments(payload: bytes) -> list[tuple[Carrier, str, str]]:
    return [(c.carrier, c.place, c.text) for c in exif.read(payload, DEFAULT_LIMITS).comments]


IN_EXIF = [(Carrier.EXIF_USER_COMMENT, "Exif", RECORD)]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"ASCII\0\0\0" + RECORD.encode(), id="ascii"),
        pytest.param(b"ascii\0\0\0" + RECORD.encode(), id="ascii in lower case"),
        pytest.param(b"ASCII\0\0\0" + RECORD.encode() + b"\0\0  \0", id="ascii with padding"),
        pytest.param(bytes(8) + RECORD.encode(), id="undefined"),
        pytest.param(RECORD.encode(), id="no code"),
        pytest.param(b"JIS\0\0\0\0\0" + RECORD.encode(), id="jis"),
        pytest.param(b"UNICODE\0" + RECORD.encode("utf-16-le"), id="utf-16 little"),
        pytest.param(b"UNICODE\0" + RECORD.encode("utf-16-be"), id="utf-16 big"),
        pytest.param(b"UNICODE\0" + RECORD.encode("utf-16"), id="utf-16 with mark"),
        pytest.param(b"UNICODE\0" + RECORD.encode("utf-16-be") + b"\0\0\0", id="utf-16 with padding"),
        pytest.param(b"UNICODE\0" + RECORD.encode(), id="utf-8 under the unicode code"),
        pytest.param(bytes(8) + RECORD.encode("utf-16-le"), id="utf-16 under the undefined code"),
    ],
)
def test_a_user_comment_is_read_in_every_character_code(dialect: Dialect, raw: bytes) -> None:
    payload = build(dialect, {}, {exif.USER_COMMENT: user_comment(raw)})
    assert comments(payload) == IN_EXIF


@pytest.mark.parametrize("dialect", [DIALECTS["II"], DIALECTS["MM"]], ids=["II", "MM"])
def test_chinese_utf_16_without_a_mark_follows_the_byte_order_of_the_block(dialect: Dialect) -> None:
    codec = "utf-16-le" if dialect.order == "<" else "utf-16-be"
    payload = build(dialect, {}, {exif.USER_COMMENT: user_comment(b"UNICODE\0" + "人工智能生成".encode(codec))})
    assert comments(payload)[0][2] == "人工智能生成"


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_chinese_text_under_the_ascii_code_is_read(codec: str) -> None:
    payload = build(Dialect("<"), {}, {exif.USER_COMMENT: user_comment(b"ASCII\0\0\0" + "某某公司".encode(codec))})
    assert comments(payload)[0][2] == "某某公司"


def test_misplaced_comments_and_descriptions_are_read_too() -> None:
    main = {exif.IMAGE_DESCRIPTION: ascii_value("a"), exif.USER_COMMENT: user_comment(b"b" * 20, ifd.ASCII)}
    payload = build(Dialect(">"), main, {exif.USER_COMMENT: user_comment(b"c" * 20)})
    assert comments(payload) == [
        (Carrier.EXIF_IMAGE_DESCRIPTION, "IFD0", "a"),
        (Carrier.EXIF_USER_COMMENT, "IFD0", "b" * 20),
        (Carrier.EXIF_USER_COMMENT, "Exif", "c" * 20),
    ]


@pytest.mark.parametrize(("stored", "expected"), [(1, 1), (6, 6), (8, 8), (0, 1), (9, 1), (None, 1)])
def test_an_orientation_outside_1_to_8_counts_as_1(stored: int | None, expected: int) -> None:
    main = {} if stored is None else {exif.ORIENTATION: Value(ifd.SHORT, 1, struct.pack("<H", stored))}
    assert exif.read(build(Dialect("<"), main, {}), DEFAULT_LIMITS).orientation == expected


def test_an_orientation_of_a_strange_type_counts_as_1() -> None:
    payload = build(Dialect("<"), {exif.ORIENTATION: ascii_value("6")}, {})
    assert exif.read(payload, DEFAULT_LIMITS).orientation == 1


@pytest.mark.parametrize(
    "raw",
    [b"ASCII\0\0\0\xff\xff\xff", b"UNICODE\0\xd8\x01\xd8\x01"],
    ids=["neither UTF-8 nor GB 18030", "lone surrogates"],
)
def test_bytes_that_are_no_text_become_a_note(raw: bytes) -> None:
    reading = exif.read(build(Dialect(">"), {}, {exif.USER_COMMENT: user_comment(raw)}), DEFAULT_LIMITS)
    assert reading.comments == ()
    assert [(n.code, n.params) for n in reading.notes] == [
        ("exif.comment_undecodable", {"tag": exif.USER_COMMENT, "place": "Exif"})
    ]


def test_a_comment_outside_the_block_becomes_a_note() -> None:
    payload = exif.write(None, RECORD, DEFAULT_LIMITS)
    tree = ifd.read(payload, DEFAULT_LIMITS)
    entry = tree.chain[0].children[0].entries[0]
    broken = bytearray(payload)
    broken[entry.at + 8 : entry.at + 12] = struct.pack(">I", 0x7FFFFFFF)
    assert [n.code for n in exif.read(bytes(broken), DEFAULT_LIMITS).notes] == [exif.UNREADABLE]


def test_a_block_is_made_where_there_is_none() -> None:
    payload = exif.write(None, RECORD, DEFAULT_LIMITS)
    assert comments(payload) == IN_EXIF
    assert piexif.load(b"Exif\0\0" + payload)["Exif"] == {exif.USER_COMMENT: b"ASCII\0\0\0" + RECORD.encode()}


def test_a_camera_block_keeps_everything_else_where_it_was() -> None:
    before = camera_block()
    after = exif.write(before, RECORD, DEFAULT_LIMITS)
    assert comments(after) == IN_EXIF
    changed = [i for i in range(len(before)) if before[i] != after[i]]
    pointer = ifd.read(before, DEFAULT_LIMITS).chain[0].find(ifd.EXIF_POINTER)
    assert pointer
    assert set(changed) <= set(range(pointer.value_at, pointer.value_at + 4))
    old, new = piexif.load(b"Exif\0\0" + before), piexif.load(b"Exif\0\0" + after)
    assert new["Exif"].pop(exif.USER_COMMENT) == b"ASCII\0\0\0" + RECORD.encode()
    del old["0th"][ifd.EXIF_POINTER], new["0th"][ifd.EXIF_POINTER]
    assert new == old
    assert after.index(bytes(range(200))) == before.index(bytes(range(200)))


def test_a_block_without_an_exif_directory_gets_one() -> None:
    before = build(Dialect("<"), {exif.ORIENTATION: Value(ifd.SHORT, 1, b"\x06\0"), 0x010F: ascii_value("Maker")}, {})
    after = exif.write(before, RECORD, DEFAULT_LIMITS)
    reading = exif.read(after, DEFAULT_LIMITS)
    assert (reading.orientation, comments(after)) == (6, IN_EXIF)
    assert b"Maker\0" in after


@pytest.mark.parametrize("length", [1, 40, 400], ids=["shorter", "similar", "longer"])
def test_the_old_comment_is_gone_after_a_replacement(length: int) -> None:
    first = exif.write(camera_block(), "old-record " * 5, DEFAULT_LIMITS)
    second = exif.write(first, "n" * length, DEFAULT_LIMITS)
    assert comments(second) == [(Carrier.EXIF_USER_COMMENT, "Exif", "n" * length)]
    assert b"old-record" not in second


def test_writing_the_same_text_twice_changes_nothing() -> None:
    once = exif.write(camera_block(), RECORD, DEFAULT_LIMITS)
    assert exif.write(once, RECORD, DEFAULT_LIMITS) == once


@pytest.mark.parametrize("carrier", [Carrier.EXIF_USER_COMMENT, Carrier.EXIF_IMAGE_DESCRIPTION])
def test_only_records_of_the_named_carrier_are_taken_out(carrier: Carrier) -> None:
    main = {
        exif.IMAGE_DESCRIPTION: ascii_value(RECORD),
        exif.USER_COMMENT: user_comment(RECORD.encode()),
        exif.XP_COMMENT: Value(ifd.BYTE, 24, "a comment".encode("utf-16-le").ljust(24, b"\0")),
    }
    before = build(Dialect("<"), main, {exif.USER_COMMENT: user_comment(b"ASCII\0\0\0a person's words")})
    after = exif.without_record(before, carrier, DEFAULT_LIMITS)
    assert len(after) == len(before)
    assert comments(after) == [c for c in comments(before) if c[0] is not carrier or c[2] != RECORD]
    assert len(comments(after)) == 3


def test_a_record_in_xp_comment_is_read_and_taken_out() -> None:
    value = RECORD.encode("utf-16-le") + b"\0\0"
    before = build(Dialect(">"), {exif.XP_COMMENT: Value(ifd.BYTE, len(value), value)}, {})
    assert comments(before) == [(Carrier.EXIF_IMAGE_DESCRIPTION, "IFD0/XPComment", RECORD)]
    after = exif.without_record(before, Carrier.EXIF_IMAGE_DESCRIPTION, DEFAULT_LIMITS)
    assert comments(after) == []
    assert value not in after


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (b"ASCII\0\0\0" + RECORD.encode() + b"\0\xff\xffrubbish", [RECORD, "\ufffd\ufffdrubbish"]),
        (b"ASCII\0\0\0first\0" + RECORD.encode(), ["first", RECORD]),
        (b"UTF-8\0\0\0" + RECORD.encode(), ["UTF-8", "\0\0" + RECORD]),
        (b"ASCII\0\0\0first\0second", ["first"]),
    ],
    ids=["bytes-behind", "record-behind-a-zero", "unknown-code", "words-behind-a-zero"],
)
def test_bytes_that_are_no_text_do_not_hide_a_record(raw: bytes, texts: list[str]) -> None:
    found = [
        c.text
        for c in exif.read(build(Dialect(">"), {}, {exif.USER_COMMENT: user_comment(raw)}), DEFAULT_LIMITS).comments
    ]
    assert found == texts


def test_a_record_that_cannot_be_decoded_is_unreadable_and_not_passed_over() -> None:
    raw = b"UNICODE\0\xd8\x01" + RECORD.encode("utf-16-be")
    reading = exif.read(build(Dialect(">"), {}, {exif.USER_COMMENT: user_comment(raw)}), DEFAULT_LIMITS)
    assert [note.code for note in reading.notes] == [exif.UNREADABLE]
    assert reading.comments == ()


def test_a_utf_8_comment_of_exif_3_is_read() -> None:
    payload = build(Dialect("<"), {exif.IMAGE_DESCRIPTION: Value(129, len(RECORD), RECORD.encode())}, {})
    assert comments(payload) == [(Carrier.EXIF_IMAGE_DESCRIPTION, "IFD0", RECORD)]


def test_a_comment_of_an_unknown_type_becomes_a_note() -> None:
    payload = build(Dialect("<"), {exif.IMAGE_DESCRIPTION: Value(200, 4, b"abcd")}, {})
    assert [note.code for note in exif.read(payload, DEFAULT_LIMITS).notes] == [exif.UNREADABLE]


def test_taking_out_what_is_not_there_changes_nothing() -> None:
    assert exif.without_record(camera_block(), Carrier.EXIF_USER_COMMENT, DEFAULT_LIMITS) == camera_block()


def test_a_comment_that_shares_its_bytes_is_not_overwritten() -> None:
    payload = bytearray(
        build(Dialect("<"), {0x010F: ascii_value("Maker-Maker-Maker")}, {exif.USER_COMMENT: user_comment(bytes(20))})
    )
    main = ifd.read(payload, DEFAULT_LIMITS).chain[0]
    maker, comment = main.find(0x010F), main.children[0].find(exif.USER_COMMENT)
    assert maker
    assert comment
    payload[comment.at + 8 : comment.at + 12] = struct.pack("<I", maker.value_at)
    with pytest.raises(MediaError) as caught:
        exif.write(bytes(payload), RECORD, DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", ErrorCode.MEDIA_MALFORMED),
        (b"Exif\0\0II*\0", ErrorCode.MEDIA_MALFORMED),
        (b"II*\0", ErrorCode.MEDIA_TRUNCATED),
        (b"II*\0\0\0\0\0", ErrorCode.MEDIA_MALFORMED),
        (b"II*\0\xff\0\0\0", ErrorCode.MEDIA_TRUNCATED),
        (b"MM\0*\0\0\0\x08\x0f\xff", ErrorCode.MEDIA_TRUNCATED),
    ],
)
def test_a_block_that_cannot_be_read_is_refused(payload: bytes, code: ErrorCode) -> None:
    for call in (
        lambda: exif.read(payload, DEFAULT_LIMITS),
        lambda: exif.write(payload, RECORD, DEFAULT_LIMITS),
        lambda: exif.without_record(payload, Carrier.EXIF_USER_COMMENT, DEFAULT_LIMITS),
    ):
        with pytest.raises(MediaError) as caught:
            call()
        assert caught.value.code is code


def test_a_block_above_the_bound_is_refused() -> None:
    with pytest.raises(LimitError) as caught:
        exif.read(camera_block(), Limits(metadata_bytes=100))
    assert caught.value.code is ErrorCode.LIMIT_METADATA


CAMERA = camera_block()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_blocks_raise_only_our_errors(data: st.DataObject) -> None:
    payload = bytearray(exif.write(CAMERA, RECORD, DEFAULT_LIMITS))
    for _ in range(data.draw(st.integers(1, 8))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(payload[: data.draw(st.integers(0, len(payload)))])
    try:
        exif.read(damaged, DEFAULT_LIMITS)
        after = exif.write(damaged, "x" * data.draw(st.integers(0, 200)), DEFAULT_LIMITS)
        exif.without_record(after, Carrier.EXIF_USER_COMMENT, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert len(after) >= len(damaged)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0"]), st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_our_errors(head: bytes, rest: bytes) -> None:
    for call in (
        lambda: exif.read(head + rest, DEFAULT_LIMITS),
        lambda: exif.write(head + rest, RECORD, DEFAULT_LIMITS),
    ):
        with contextlib.suppress(LabelingError):
            call()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(list(DIALECTS.values())),
    st.dictionaries(st.integers(0x8000, 0x8700), st.binary(max_size=40), max_size=8),
    st.dictionaries(st.integers(0x9000, 0x9400), st.binary(max_size=40), max_size=8),
    st.lists(st.text(st.characters(codec="ascii", min_codepoint=0x21), max_size=80), min_size=1, max_size=4),
)
def test_other_tags_survive_any_sequence_of_writes(
    dialect: Dialect, main: dict[int, bytes], sub: dict[int, bytes], texts: list[str]
) -> None:
    sub.pop(exif.USER_COMMENT, None)
    before = build(dialect, {t: user_comment(v) for t, v in main.items()}, {t: user_comment(v) for t, v in sub.items()})
    after = before
    for text in texts:
        after = exif.write(after, text, DEFAULT_LIMITS)
    tree = ifd.read(after, DEFAULT_LIMITS)
    found = {e.tag: tree.raw(e) for e in tree.chain[0].entries if e.tag != ifd.EXIF_POINTER}
    inner = {e.tag: tree.raw(e) for e in tree.chain[0].children[0].entries}
    assert inner.pop(exif.USER_COMMENT) == b"ASCII\0\0\0" + texts[-1].encode()
    assert (found, inner) == (main, sub)
