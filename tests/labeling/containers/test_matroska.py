"""Matroska and WebM: every tag is found, and clusters are stepped over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, Block, BlockKind, reader_for
from labeling.containers.matroska import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling import matroska_files as mk
from tests.labeling.counted_stream import CountedStream
from tests.labeling.iso_files import RECORD
from tests.labeling.matroska_files import (
    cluster,
    element,
    header,
    live,
    mkv,
    open_cluster,
    simple_tag,
    size,
    tags,
    tracks,
    unending,
)

AIGC = simple_tag(b"AIGC", RECORD)
AIGC_TAGS = tags(AIGC)
INFO = element(mk.INFO, element(mk.TITLE, b"a title"), element(mk.MUXING_APP, b"lib"), element(mk.WRITING_APP, b"app"))


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(content, limits)


def only(content: bytes) -> Block:
    (block,) = read(content).blocks
    return block


def told(content: bytes) -> list[tuple[str, bytes]]:
    return [(block.keyword, block.payload) for block in read(content).blocks]


def test_the_record_is_found_where_the_guide_has_it() -> None:
    content = mkv(tracks(), AIGC_TAGS, cluster())
    anatomy = read(content)
    (block,) = anatomy.blocks
    assert (anatomy.format, anatomy.width, anatomy.height) == (Format.MKV, 640, 360)
    assert (block.kind, block.unit, block.keyword) == (BlockKind.TEXT, "Tags/Tag/SimpleTag", "AIGC")
    assert (block.payload, block.carrier, block.notes) == (RECORD, Carrier.MATROSKA_TAG, ())
    assert content[block.start : block.end] == AIGC


RESERVED = bytes(5000)


@pytest.mark.parametrize(
    "content",
    [
        mkv(AIGC_TAGS, cluster(), doc_type=b"webm"),
        mkv(cluster(), cluster(), AIGC_TAGS),
        mkv(open_cluster(), open_cluster(), AIGC_TAGS),
        mkv(open_cluster(mk.block(bytes(9000)), element(mk.BLOCK_GROUP, bytes(300))), AIGC_TAGS),
        live(AIGC_TAGS, open_cluster()),
        live(open_cluster(), open_cluster(), element(mk.CUES), AIGC_TAGS),
        live(cluster(), AIGC_TAGS),
        live(AIGC_TAGS, cluster())[:-3],
        live(AIGC_TAGS, open_cluster())[:-3],
        live(AIGC_TAGS, open_cluster()) + b"\xa3",
        live(AIGC_TAGS, open_cluster()) + b"\x1f\x43",
        live(AIGC_TAGS, cluster()) + RESERVED,
        live(AIGC_TAGS, open_cluster()) + RESERVED,
        live(open_cluster()) + mkv(AIGC_TAGS),
        mkv(cluster()) + element(mk.VOID, bytes(9)) + mkv(AIGC_TAGS),
        mkv(AIGC_TAGS) + RESERVED,
        mkv(AIGC_TAGS) + b"junk behind the end of the file",
        header() + element(mk.VOID, bytes(9)) + element(mk.SEGMENT, AIGC_TAGS),
        mkv(element(mk.CRC, bytes(4)), element(mk.SEEK_HEAD, bytes(30)), element(mk.VOID), AIGC_TAGS),
        mkv(element(mk.TAGS, element(mk.CRC, bytes(4)), element(mk.TAG, AIGC), element(mk.VOID, b"x"))),
        mkv(element(mk.TAGS, element(mk.TAG, AIGC, element(mk.TARGETS), length=8), length=8)),
        mkv(element(0x4D80), element(0x3FFFFE, b"nothing known"), AIGC_TAGS),
        header(b"matroska\0\0") + element(mk.SEGMENT, AIGC_TAGS),
        element(mk.EBML) + element(mk.SEGMENT, AIGC_TAGS),
    ],
    ids=[
        "WebM",
        "behind the clusters",
        "behind clusters of unknown size",
        "behind large blocks",
        "live",
        "live, behind the clusters",
        "live with sized clusters",
        "live and cut in a sized cluster",
        "live and cut in a block",
        "live and cut behind an identifier",
        "live and cut in an identifier",
        "live with reserved room",
        "live with room in a cluster",
        "a segment behind a live one",
        "a second segment",
        "zeros behind the end",
        "junk behind the end",
        "empty space before the segment",
        "beside CRC-32, SeekHead and Void",
        "beside CRC-32 and Void in the tags",
        "targets behind, sizes of eight bytes",
        "beside what nobody knows",
        "padded document type",
        "no document type",
    ],
)
def test_the_record_is_found_however_the_file_is_built(content: bytes) -> None:
    assert (only(content).payload, only(content).notes) == (RECORD, ())


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (mkv(tags(AIGC, uid=7)), ("not-whole-file",)),
        (mkv(tags(simple_tag(b"TITLE", None, AIGC))), ("nested",)),
        (mkv(tags(simple_tag(b"A", None, simple_tag(b"B", None, AIGC)))), ("nested",)),
        (mkv(tags(simple_tag(b"AIGC", RECORD, kind=mk.TAG_BINARY))), ("binary",)),
        (mkv(tags(simple_tag(b"AIGC", RECORD.decode().encode("utf-16"), kind=mk.TAG_BINARY))), ("binary",)),
        (mkv(tags(simple_tag(b"com.example.AIGC", RECORD))), ("qualified-key",)),
        (mkv(cluster()) + AIGC_TAGS, ("outside-segment",)),
    ],
    ids=["for one track", "nested", "nested twice", "binary", "binary in UTF-16", "qualified", "outside the segment"],
)
def test_a_misplaced_record_is_found_with_a_note(content: bytes, notes: tuple[str, ...]) -> None:
    block = only(content)
    assert (block.keyword, block.payload, block.notes) == ("AIGC", RECORD, notes)


@pytest.mark.parametrize(
    "content",
    [
        mkv(AIGC_TAGS, cluster(), AIGC_TAGS),
        mkv(tags(AIGC, AIGC)),
        mkv(element(mk.TAGS, element(mk.TAG, AIGC), element(mk.TAG, AIGC))),
        mkv(tags(simple_tag(b"AIGC", RECORD, element(mk.TAG_STRING, RECORD)))),
        mkv(tags(simple_tag(b"AIGC", RECORD, AIGC))),
        mkv(AIGC_TAGS) + mkv(AIGC_TAGS),
        mkv(AIGC_TAGS) + AIGC_TAGS,
        live(AIGC_TAGS, open_cluster()) + header() + unending(mk.SEGMENT, AIGC_TAGS),
    ],
    ids=["Tags", "SimpleTag", "Tag", "TagString", "nested", "segments", "beside the segment", "live segments"],
)
def test_a_second_record_is_handed_out_as_well(content: bytes) -> None:
    assert told(content) == [("AIGC", RECORD)] * 2


@pytest.mark.parametrize(
    ("name", "keyword"),
    [(b"AIGC", "AIGC"), (b"aigc", "aigc"), (b"AIGC\0\0", "AIGC"), (b"COMMENT", "COMMENT"), (b"", "")],
    ids=repr,
)
def test_a_tag_is_called_by_its_name(name: bytes, keyword: str) -> None:
    assert told(mkv(tags(simple_tag(name, RECORD)))) == [(keyword, RECORD)]


def test_a_tag_without_a_name_is_handed_out_too() -> None:
    assert told(mkv(tags(element(mk.SIMPLE_TAG, element(mk.TAG_STRING, RECORD))))) == [("", RECORD)]


def test_title_and_writing_programs_are_handed_out() -> None:
    blocks = read(mkv(INFO, cluster())).blocks
    assert [(block.keyword, block.payload) for block in blocks] == [
        ("Title", b"a title"),
        ("MuxingApp", b"lib"),
        ("WritingApp", b"app"),
    ]
    assert {(block.unit, block.carrier) for block in blocks} == {("Info", Carrier.MATROSKA_TAG)}


def test_other_binary_tags_are_left_out() -> None:
    assert told(mkv(tags(simple_tag(b"COVER", b"\xff\xd8", kind=mk.TAG_BINARY)))) == []


def attachment(media_type: bytes) -> bytes:
    parts = (mk.FILE_NAME, b"store"), (mk.FILE_TYPE, media_type), (mk.FILE_DATA, b"a manifest store")
    return element(mk.ATTACHMENTS, element(mk.FILE, *(element(number, value) for number, value in parts)))


@pytest.mark.parametrize("media_type", [b"application/x-c2pa-manifest-store", b"application/c2pa"])
def test_an_attached_manifest_store_is_found(media_type: bytes) -> None:
    content = mkv(attachment(media_type), cluster())
    block = only(content)
    assert (block.kind, block.unit, block.payload) == (BlockKind.C2PA, "Attachments/AttachedFile", b"")
    assert content[block.start : block.end] == b"a manifest store"


def test_other_attachments_are_files_of_their_own() -> None:
    assert told(mkv(attachment(b"font/otf"))) == []


def test_the_size_is_that_of_the_first_track_of_pictures() -> None:
    anatomy = read(mkv(tracks(1920, 1080), tracks(8, 8)))
    assert (anatomy.width, anatomy.height) == (1920, 1080)


def test_both_formats_are_registered_with_what_is_read_in_them() -> None:
    for fmt in (Format.MKV, Format.WEBM):
        reader = reader_for(fmt)
        assert reader is not None
        assert reader.reads == {Carrier.MATROSKA_TAG}
    assert read(mkv(doc_type=b"webm")).format is Format.WEBM


OVERRUN = size(200)
UNREADABLE = {
    "not UTF-8": (tags(simple_tag(b"AIGC", b"\xff\xfe")), "AIGC"),
    "a comment that is not UTF-8": (tags(simple_tag(b"COMMENT", "说明".encode("gb18030"))), "COMMENT"),
    "binary that is no text": (tags(simple_tag(b"AIGC", b"\xff\xd8\xff", kind=mk.TAG_BINARY)), "AIGC"),
    "no value": (tags(simple_tag(b"AIGC", None)), "AIGC"),
    "a value past the tag": (tags(element(mk.SIMPLE_TAG, b"\x44\x87" + OVERRUN)), ""),
    "a tag past the tags": (element(mk.TAGS, b"\x73\x73" + OVERRUN), ""),
    "a tag of unknown size": (element(mk.TAGS, b"\x73\x73\xff"), ""),
    "a cut header": (element(mk.TAGS, b"\x73"), ""),
    "no element": (element(mk.TAGS, b"\0\0\0\0"), ""),
    "a size that is none": (element(mk.TAGS, b"\x73\x73\0"), ""),
    "damaged info": (element(mk.INFO, b"\x7b\xa9" + OVERRUN), ""),
    "damaged attachments": (element(mk.ATTACHMENTS, b"\x61\xa7" + OVERRUN), ""),
}


@pytest.mark.parametrize(("part", "keyword"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_and_not_passed_over(part: bytes, keyword: str) -> None:
    block = only(mkv(part, cluster()))
    assert (block.kind, block.keyword, block.notes[-1]) == (BlockKind.OTHER, keyword, "unreadable")


def test_damage_in_one_place_leaves_the_others_readable() -> None:
    damaged = element(mk.TAGS, b"\x73\x73" + OVERRUN)
    assert [block.kind for block in read(mkv(damaged, AIGC_TAGS)).blocks] == [BlockKind.OTHER, BlockKind.TEXT]


WHOLE = mkv(INFO, tracks(), cluster(), AIGC_TAGS)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.MEDIA_TRUNCATED),
        (header()[:9], ErrorCode.MEDIA_TRUNCATED),
        (header(), ErrorCode.MEDIA_TRUNCATED),
        (WHOLE[:-1], ErrorCode.MEDIA_TRUNCATED),
        (mkv(AIGC_TAGS, cluster())[:-1], ErrorCode.MEDIA_TRUNCATED),
        (live(AIGC_TAGS)[:-1], ErrorCode.MEDIA_TRUNCATED),
        (live(cluster(), AIGC_TAGS)[:-1], ErrorCode.MEDIA_TRUNCATED),
        (live(INFO)[:-1], ErrorCode.MEDIA_TRUNCATED),
        (live() + b"\x12\x54", ErrorCode.MEDIA_TRUNCATED),
        (live() + bytes(9), ErrorCode.MEDIA_MALFORMED),
        (live(open_cluster()) + bytes(9) + b"x", ErrorCode.MEDIA_MALFORMED),
        (live(open_cluster()) + bytes(9) + AIGC_TAGS, ErrorCode.MEDIA_MALFORMED),
        (live(open_cluster()) + bytes(2 << 20), ErrorCode.MEDIA_MALFORMED),
        (mkv(cluster()) + AIGC_TAGS[:-1], ErrorCode.MEDIA_TRUNCATED),
        (mkv(b"\x1f\x43\xb6\x75" + size(99)), ErrorCode.MEDIA_TRUNCATED),
        (mkv(open_cluster(b"\xa3" + size(99))), ErrorCode.MEDIA_TRUNCATED),
        (mkv(open_cluster(b"\xa3\xff")), ErrorCode.MEDIA_TRUNCATED),
        (mkv(unending(mk.TAGS, b"")), ErrorCode.MEDIA_TRUNCATED),
        (mkv(b"\0"), ErrorCode.MEDIA_MALFORMED),
        (mkv(cluster(), bytes(9), AIGC_TAGS), ErrorCode.MEDIA_MALFORMED),
        (header() + bytes(9), ErrorCode.MEDIA_MALFORMED),
        (header() + b"\xec\xff", ErrorCode.MEDIA_TRUNCATED),
        (b"\x1a\x45\xdf\xa3\xff", ErrorCode.MEDIA_MALFORMED),
        (element(mk.EBML, bytes(5000)), ErrorCode.MEDIA_MALFORMED),
        (header(b"other") + element(mk.SEGMENT), ErrorCode.MEDIA_UNSUPPORTED),
        (header(b"webm", element(mk.MAX_SIZE_LENGTH, b"\x09")), ErrorCode.MEDIA_UNSUPPORTED),
    ],
    ids=[
        "empty",
        "cut header",
        "no segment",
        "cut tags",
        "cut cluster of a sized segment",
        "cut tags of a live segment",
        "cut tags behind a live cluster",
        "cut info of a live segment",
        "cut identifier before any cluster",
        "zeros before any cluster",
        "junk in a live cluster",
        "tags behind zeros",
        "more zeros than anybody reserves",
        "cut tags beside the segment",
        "a cluster past its segment",
        "a block past its segment",
        "a block of unknown size",
        "tags of unknown size",
        "no element",
        "zeros between elements",
        "zeros instead of a segment",
        "space of unknown size instead of a segment",
        "a document header of unknown size",
        "a large document header",
        "another document type",
        "longer sizes",
    ],
)
def test_a_file_that_may_lack_tags_is_a_named_error(content: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(content)
    assert caught.value.code is code


def test_identifiers_may_be_as_long_as_the_document_says() -> None:
    odd = b"\x08\0\0\0\1" + size(1) + b"x"
    assert told(header(b"matroska", element(mk.MAX_ID_LENGTH, b"\5")) + element(mk.SEGMENT, odd, AIGC_TAGS))
    with pytest.raises(MediaError):
        read(mkv(odd, AIGC_TAGS))


def nested(depth: int) -> bytes:
    tag = AIGC
    for _ in range(depth - 1):
        tag = simple_tag(b"OUTER", None, tag)
    return mkv(tags(tag))


def test_nesting_is_bounded() -> None:
    assert told(nested(DEFAULT_LIMITS.nesting)) == [("AIGC", RECORD)]
    with pytest.raises(LimitError) as caught:
        read(nested(DEFAULT_LIMITS.nesting + 1))
    assert caught.value.code is ErrorCode.LIMIT_NESTING


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (mkv(tags(simple_tag(b"AIGC", bytes(300)))), ErrorCode.LIMIT_METADATA),
        (mkv(tags(simple_tag(b"", bytes(300)))), ErrorCode.LIMIT_METADATA),
        (mkv(tags(*[simple_tag(b"COMMENT", bytes(90))] * 9)), ErrorCode.LIMIT_METADATA),
        (mkv(tags(*[simple_tag(b"COMMENT", b"")] * 60)), ErrorCode.LIMIT_ITEMS),
    ],
    ids=["record", "tag without a name", "all together", "tags"],
)
def test_metadata_beyond_the_limits_is_refused(content: bytes, code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(content, Limits(metadata_bytes=256, all_metadata_bytes=600, items=50))
    assert caught.value.code is code


def test_a_large_tag_that_is_no_record_is_left_out() -> None:
    content = mkv(tags(simple_tag(b"LYRICS", bytes(300)), AIGC))
    assert len(read(content).blocks) == 2
    assert [block.keyword for block in read(content, Limits(metadata_bytes=256)).blocks] == ["AIGC"]


MEGABYTE = 1 << 20


def many(unit: bytes) -> bytes:
    return unit * (MEGABYTE // len(unit))


EMPTY_TAG = element(mk.SIMPLE_TAG)
HOSTILE = {
    "empty space": mkv(many(b"\xec\x80")),
    "blocks of nothing": live(open_cluster(many(b"\xa3\x80"))),
    "small blocks": live(open_cluster(many(b"\xa3\x83\0\0\0"))),
    "blocks": live(open_cluster(many(b"\xa3\x8f" + bytes(15)))),
    "empty clusters": live(many(element(mk.CLUSTER))),
    "clusters of unknown size": live(many(b"\x1f\x43\xb6\x75\xff")),
    "empty segments": header() + many(element(mk.SEGMENT)),
    "segments of unknown size": header() + many(b"\x18\x53\x80\x67\xff"),
    "empty tags": mkv(many(element(mk.TAGS))),
    "empty tag": mkv(element(mk.TAGS, many(element(mk.TAG)))),
    "empty simple tags": mkv(tags(many(EMPTY_TAG))),
    "named tags without a value": mkv(tags(many(simple_tag(b"AIGC", None)))),
    "small tags": mkv(tags(many(simple_tag(b"AIGC", b"x")))),
    "targets": mkv(element(mk.TAGS, element(mk.TAG, many(element(mk.TARGETS))))),
    "values of one tag": mkv(tags(element(mk.SIMPLE_TAG, many(element(mk.TAG_STRING))))),
    "titles": mkv(element(mk.INFO, many(element(mk.TITLE)))),
    "track entries": mkv(element(mk.TRACKS, many(element(mk.TRACK)))),
    "attached files": mkv(element(mk.ATTACHMENTS, many(element(mk.FILE)))),
    "sizes of 2^56": header() + unending(mk.SEGMENT, b"\xec\x01" + b"\xff" * 6 + b"\xfe"),
    "zeros": live(open_cluster()) + bytes(MEGABYTE),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_read_or_refused_in_bounded_time(content: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(MediaError):
        read(content)
    # Some 0.2 s where the machine is idle.
    assert time.process_time() - start < 8


def test_blocks_of_ordinary_size_may_be_many() -> None:
    content = live(open_cluster(mk.block(bytes(30)) * 60_000), AIGC_TAGS)
    assert only(content).payload == RECORD


GIGABYTE = 1 << 30


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[CountedStream]:
    with (tmp_path / "film.mkv").open("w+b", buffering=0) as file:
        yield CountedStream(file)


def write_sparse(stream: CountedStream, head: bytes, unit: bytes, length: int, count: int, tail: bytes) -> None:
    """`count` times `unit` with `length` bytes behind it that are never written."""
    file = stream.stream
    file.write(head)
    for _ in range(count):
        file.write(unit)
        file.seek(length, 1)
    file.write(tail)


def test_a_gigabyte_in_clusters_is_stepped_over(stream: CountedStream) -> None:
    length = GIGABYTE // 200
    segment = b"\x18\x53\x80\x67" + size(200 * (length + 12) + len(AIGC_TAGS), 8)
    write_sparse(stream, header() + segment, b"\x1f\x43\xb6\x75" + size(length, 8), length, 200, AIGC_TAGS)
    start = time.process_time()
    (block,) = parse(StreamContent(stream), DEFAULT_LIMITS).blocks
    assert time.process_time() - start < 0.5
    assert (block.payload, block.start > GIGABYTE) == (RECORD, True)
    assert stream.bytes_read < 32 * 1024


def test_a_gigabyte_of_blocks_in_clusters_of_unknown_size_is_stepped_over(stream: CountedStream) -> None:
    length = GIGABYTE // 5000
    write_sparse(stream, live(open_cluster()), b"\xa3" + size(length, 4), length, 5000, AIGC_TAGS)
    (block,) = parse(StreamContent(stream), DEFAULT_LIMITS).blocks
    assert (block.payload, block.start > GIGABYTE - MEGABYTE) == (RECORD, True)
    assert stream.bytes_read < 128 * 1024


IDS = st.sampled_from(sorted(value for name, value in vars(mk).items() if name.isupper() and isinstance(value, int)))
BODIES = st.binary(max_size=20) | st.sampled_from([RECORD, b"AIGC", b"application/c2pa"])
ELEMENTS = st.recursive(
    st.builds(element, IDS, BODIES) | st.builds(unending, IDS, BODIES),
    lambda inner: st.builds(lambda number, parts: element(number, *parts), IDS, st.lists(inner, max_size=4)),
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
@given(st.lists(ELEMENTS, max_size=4))
def test_any_elements_are_read_or_refused(elements: list[bytes]) -> None:
    readable(header() + b"".join(elements))
    readable(mkv(*elements))
    readable(live(open_cluster(), *elements))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    readable(content)
    readable(live() + content)


MIXED = mkv(INFO, tracks(), AIGC_TAGS, cluster(), open_cluster(), tags(simple_tag(b"A", b"b", AIGC), uid=3))


@settings(max_examples=250, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, len(MIXED) - 1), st.integers(0, 255)), max_size=6),
    cut=st.none() | st.integers(0, len(MIXED)),
)
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    damaged = bytearray(MIXED)
    for place, value in edits:
        damaged[place] = value
    readable(bytes(damaged[:cut]))
