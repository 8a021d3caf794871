"""PNG as a container: what is found, what a splice changes, and that nothing else changes."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.base import BlockKind, Changes, container_for
from labeling.containers.png import parse, splice
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format, RecordForm
from tests.labeling.png_files import SIGNATURE, chunk, chunks, header, joined, noise, picture

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
KEYWORD = b"XML:com.adobe.xmp"
ITXT = KEYWORD + b"\0\0\0\0\0" + XMP
RECORD = b'{"Label":"1"}'
AFTER_HEADER = 33


def plain(before: list[tuple[bytes, bytes]] = [], after: list[tuple[bytes, bytes]] = []) -> bytes:  # noqa: B006
    return picture(noise(9, 7, 2, 8), 2, 8, before=before, after=after)


def raw_profile(name: bytes, content: bytes) -> bytes:
    return b"\n" + name + b"\n%8d\n" % len(content) + content.hex().encode() + b"\n"


def test_the_container_is_registered_with_both_forms():
    container = container_for(Format.PNG)
    assert container is not None
    assert container.forms == {RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.TEXT}


def test_size_and_frames_come_from_the_header():
    anatomy = parse(plain(), DEFAULT_LIMITS)
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.frames) == (Format.PNG, 9, 7, 1)
    assert anatomy.blocks == ()


def test_frames_come_from_an_actl_before_the_image_data():
    assert parse(plain(before=[(b"acTL", struct.pack(">II", 12, 0))]), DEFAULT_LIMITS).frames == 12
    assert parse(plain(after=[(b"acTL", struct.pack(">II", 12, 0))]), DEFAULT_LIMITS).frames == 1


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        pytest.param(b"iTXt", ITXT, (BlockKind.XMP, KEYWORD.decode(), XMP, ()), id="xmp"),
        pytest.param(
            b"iTXt",
            KEYWORD + b"\0\1\0en\0title\0" + zlib.compress(XMP),
            (BlockKind.XMP, KEYWORD.decode(), XMP, ("compressed",)),
            id="xmp-compressed",
        ),
        pytest.param(b"tEXt", KEYWORD + b"\0" + XMP, (BlockKind.XMP, KEYWORD.decode(), XMP, ()), id="xmp-in-tEXt"),
        pytest.param(b"tEXt", b"AIGC\0" + RECORD, (BlockKind.TEXT, "AIGC", RECORD, ()), id="tEXt"),
        pytest.param(b"tEXt", b"Author\0Ren\xe9", (BlockKind.TEXT, "Author", "René".encode(), ()), id="tEXt-latin"),
        pytest.param(
            b"tEXt", b"Author\0" + "任".encode(), (BlockKind.TEXT, "Author", "任".encode(), ()), id="tEXt-utf8"
        ),
        pytest.param(
            b"zTXt",
            b"AIGC\0\0" + zlib.compress(RECORD),
            (BlockKind.TEXT, "AIGC", RECORD, ("compressed",)),
            id="zTXt",
        ),
        pytest.param(
            b"iTXt",
            b"Title\0\0\0zh\0\xe9\xa2\x98\0" + "题".encode(),
            (BlockKind.TEXT, "Title", "题".encode(), ()),
            id="iTXt",
        ),
        pytest.param(b"eXIf", EXIF, (BlockKind.EXIF, "", EXIF, ()), id="eXIf"),
        pytest.param(b"eXIf", b"Exif\0\0" + EXIF, (BlockKind.EXIF, "", EXIF, ()), id="eXIf-with-jpeg-prefix"),
        pytest.param(
            b"iTXt",
            b"xml:com.adobe.XMP\0\0\0\0\0" + XMP,
            (BlockKind.XMP, "xml:com.adobe.XMP", XMP, ()),
            id="xmp-in-other-case",
        ),
        pytest.param(b"tEXt", b"aigc\0" + RECORD, (BlockKind.TEXT, "aigc", RECORD, ("other-case",)), id="other-case"),
        pytest.param(
            b"prVt", b"AIGC" + RECORD, (BlockKind.OTHER, "", b"AIGC" + RECORD, ("unknown-chunk",)), id="unknown-chunk"
        ),
        pytest.param(
            b"aiGC", RECORD, (BlockKind.OTHER, "", b"aiGC" + RECORD, ("unknown-chunk",)), id="chunk-of-that-name"
        ),
        pytest.param(b"caBX", b"jumb", (BlockKind.C2PA, "", b"", ()), id="c2pa"),
        pytest.param(
            b"zTXt",
            b"Raw profile type exif\0\0" + zlib.compress(raw_profile(b"exif", b"Exif\0\0" + EXIF)),
            (BlockKind.EXIF, "Raw profile type exif", EXIF, ("compressed", "raw-profile")),
            id="imagemagick-exif",
        ),
        pytest.param(
            b"tEXt",
            b"Raw profile type xmp\0" + raw_profile(b"xmp", XMP),
            (BlockKind.XMP, "Raw profile type xmp", XMP, ("raw-profile",)),
            id="imagemagick-xmp",
        ),
        pytest.param(
            b"tEXt",
            b"Raw profile type APP1\0" + raw_profile(b"APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP),
            (BlockKind.XMP, "Raw profile type APP1", XMP, ("raw-profile",)),
            id="imagemagick-app1",
        ),
        pytest.param(
            b"tEXt",
            b"Raw profile type exif\0\nexif\n 9\n4949",
            (
                BlockKind.OTHER,
                "Raw profile type exif",
                b"\nexif\n 9\n4949",
                ("raw-profile", "unreadable"),
            ),
            id="imagemagick-wrong-length",
        ),
        pytest.param(
            b"tEXt", b"no nul", (BlockKind.OTHER, "no nul", b"no nul", ("unreadable",)), id="tEXt-without-nul"
        ),
        pytest.param(
            b"zTXt",
            b"AIGC\0\0junk",
            (BlockKind.OTHER, "AIGC", b"AIGC\0\0junk", ("compressed", "unreadable")),
            id="zTXt-damaged",
        ),
        pytest.param(
            b"iTXt",
            KEYWORD + b"\0\1\0\0\0" + zlib.compress(XMP)[:-3],
            (
                BlockKind.OTHER,
                KEYWORD.decode(),
                KEYWORD + b"\0\1\0\0\0" + zlib.compress(XMP)[:-3],
                ("compressed", "unreadable"),
            ),
            id="xmp-cut-short",
        ),
        pytest.param(b"iTXt", b"T\0\7\7", (BlockKind.OTHER, "T", b"T\0\7\7", ("unreadable",)), id="iTXt-bad-flags"),
    ],
)
def test_a_metadata_chunk_is_read(kind, body, expected):
    data = plain(before=[(kind, body)])
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.kind, block.keyword, block.payload, block.notes) == expected
    assert block.unit == kind.decode()
    assert data[block.start : block.end] == chunk(kind, body)


def test_a_block_after_the_image_data_says_so():
    data = plain(before=[(b"tEXt", b"a\0b")], after=[(b"iTXt", ITXT)])
    before, after = parse(data, DEFAULT_LIMITS).blocks
    assert before.notes == ()
    assert after.notes == ("after-image-data",)


def test_pillow_reads_what_was_spliced():
    source = plain()
    changes = Changes(xmp=XMP, exif=EXIF, text=("AIGC", RECORD))
    data = splice(source, parse(source, DEFAULT_LIMITS), changes, DEFAULT_LIMITS)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.info["xmp"] == XMP
        assert image.info["AIGC"] == RECORD.decode()
        assert image.info["exif"].endswith(EXIF)


def test_new_chunks_stand_directly_after_the_header_and_all_else_is_untouched():
    source = plain(before=[(b"gAMA", b"\0\0\0\1"), (b"prVt", b"unknown")], after=[(b"tEXt", b"a\0b")]) + b"tail"
    changes = Changes(xmp=XMP, exif=EXIF, text=("AIGC", RECORD))
    data = splice(source, parse(source, DEFAULT_LIMITS), changes, DEFAULT_LIMITS)
    new = chunk(b"iTXt", ITXT) + chunk(b"tEXt", b"AIGC\0" + RECORD) + chunk(b"eXIf", EXIF)
    assert data == source[:AFTER_HEADER] + new + source[AFTER_HEADER:]


def test_a_text_beyond_ascii_becomes_an_itxt_and_reads_back_equal():
    source = plain()
    data = splice(source, parse(source, DEFAULT_LIMITS), Changes(text=("AIGC", "é任".encode())), DEFAULT_LIMITS)
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.kind, block.unit, block.keyword, block.payload) == (BlockKind.TEXT, "iTXt", "AIGC", "é任".encode())


def test_a_replaced_packet_stands_before_the_image_data_and_only_once():
    source = plain(before=[(b"gAMA", b"\0\0\0\1"), (b"iTXt", ITXT)], after=[(b"iTXt", ITXT)])
    anatomy = parse(source, DEFAULT_LIMITS)
    changes = Changes(drop=anatomy.of(BlockKind.XMP), xmp=b"<new/>")
    data = splice(source, anatomy, changes, DEFAULT_LIMITS)
    (block,) = parse(data, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert (block.start, block.payload, block.notes) == (AFTER_HEADER, b"<new/>", ())
    assert data[block.end :] == plain(before=[(b"gAMA", b"\0\0\0\1")])[AFTER_HEADER:]


def test_no_change_gives_the_same_bytes():
    source = plain(before=[(b"iTXt", ITXT)], after=[(b"tEXt", b"a\0b")]) + b"after the end"
    assert splice(source, parse(source, DEFAULT_LIMITS), Changes(), DEFAULT_LIMITS) == source


def test_dropping_a_block_twice_drops_it_once():
    source = plain(before=[(b"iTXt", ITXT)])
    anatomy = parse(source, DEFAULT_LIMITS)
    data = splice(source, anatomy, Changes(drop=anatomy.blocks * 2), DEFAULT_LIMITS)
    assert data == plain()


def changed(position: int, kinds: bytes) -> bytes:
    """A sound file with one byte of the body of a chunk flipped, its CRC left as it was."""
    data = bytearray(plain(before=[(b"tEXt", b"a\0b")]))
    data[data.index(kinds) + 4 + position] ^= 1
    return bytes(data)


def without(kind: bytes) -> bytes:
    return joined([part for part in chunks(plain()) if part[0] != kind])


def with_header(**fields: int) -> bytes:
    values = {"width": 9, "height": 7, "depth": 8, "colour_type": 2, "compression": 0, "filter": 0, "interlace": 0}
    return joined([(b"IHDR", struct.pack(">IIBBBBB", *(values | fields).values())), *chunks(plain())[1:]])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", ErrorCode.MEDIA_UNRECOGNISED, id="empty"),
        pytest.param(b"GIF89a", ErrorCode.MEDIA_UNRECOGNISED, id="another-format"),
        pytest.param(SIGNATURE, ErrorCode.MEDIA_TRUNCATED, id="signature-only"),
        pytest.param(plain()[:-1], ErrorCode.MEDIA_TRUNCATED, id="last-byte-missing"),
        pytest.param(without(b"IEND"), ErrorCode.MEDIA_TRUNCATED, id="no-IEND"),
        pytest.param(plain()[:60], ErrorCode.MEDIA_TRUNCATED, id="cut-in-a-chunk"),
        pytest.param(changed(0, b"IHDR"), ErrorCode.MEDIA_MALFORMED, id="crc-of-IHDR"),
        pytest.param(changed(3, b"IDAT"), ErrorCode.MEDIA_MALFORMED, id="crc-of-IDAT"),
        pytest.param(changed(0, b"tEXt"), ErrorCode.MEDIA_MALFORMED, id="crc-of-an-ancillary-chunk"),
        pytest.param(without(b"IHDR"), ErrorCode.MEDIA_MALFORMED, id="no-IHDR"),
        pytest.param(without(b"IDAT"), ErrorCode.MEDIA_MALFORMED, id="no-IDAT"),
        pytest.param(plain(before=[chunks(plain())[0]]), ErrorCode.MEDIA_MALFORMED, id="two-IHDR"),
        pytest.param(
            plain(after=[(b"tEXt", b"a\0b"), (b"IDAT", b"x")]), ErrorCode.MEDIA_MALFORMED, id="IDAT-not-in-one-run"
        ),
        pytest.param(plain(before=[(b"te\0t", b"")]), ErrorCode.MEDIA_MALFORMED, id="chunk-name-no-letters"),
        pytest.param(joined([(b"IHDR", b"\0" * 14)]) + plain()[8:], ErrorCode.MEDIA_MALFORMED, id="IHDR-of-14-bytes"),
        pytest.param(plain()[:-12] + chunk(b"IEND", b"x"), ErrorCode.MEDIA_MALFORMED, id="IEND-not-empty"),
        pytest.param(with_header(width=0), ErrorCode.MEDIA_MALFORMED, id="width-0"),
        pytest.param(with_header(height=2**31), ErrorCode.MEDIA_MALFORMED, id="height-too-large"),
        pytest.param(with_header(depth=4), ErrorCode.MEDIA_MALFORMED, id="depth-4-RGB"),
        pytest.param(with_header(colour_type=5), ErrorCode.MEDIA_MALFORMED, id="colour-type-5"),
        pytest.param(with_header(compression=1), ErrorCode.MEDIA_MALFORMED, id="compression-1"),
        pytest.param(with_header(filter=1), ErrorCode.MEDIA_MALFORMED, id="filter-method-1"),
        pytest.param(with_header(interlace=2), ErrorCode.MEDIA_MALFORMED, id="interlace-2"),
        pytest.param(plain(before=[(b"acTL", bytes(8))]), ErrorCode.MEDIA_MALFORMED, id="no-frames"),
        pytest.param(plain(before=[(b"acTL", b"\0")]), ErrorCode.MEDIA_MALFORMED, id="acTL-too-short"),
    ],
)
def test_a_broken_file_gets_a_named_error(data, code):
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code == code


def test_a_wrong_crc_names_the_chunk_and_its_offset():
    with pytest.raises(MediaError) as caught:
        parse(changed(0, b"tEXt"), DEFAULT_LIMITS)
    assert caught.value.params == {"chunk": "tEXt", "offset": AFTER_HEADER}


BOMB = b"bomb\0\0" + zlib.compress(bytes(5_000_000), 9)
HALF_BOMB = b"bomb\0\0" + zlib.compress(bytes(3_000_000), 9)


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        pytest.param(plain(before=[(b"zTXt", BOMB)]), DEFAULT_LIMITS, ErrorCode.LIMIT_INFLATED, id="bomb"),
        pytest.param(
            plain(before=[(b"zTXt", HALF_BOMB)] * 2), DEFAULT_LIMITS, ErrorCode.LIMIT_INFLATED, id="bomb-in-two-chunks"
        ),
        pytest.param(
            plain(before=[(b"tEXt", b"a\0" + b"x" * 99)]),
            replace(DEFAULT_LIMITS, metadata_bytes=99),
            ErrorCode.LIMIT_METADATA,
            id="long-text",
        ),
        pytest.param(
            plain(before=[(b"tEXt", b"a\0b")] * 9),
            replace(DEFAULT_LIMITS, items=10),
            ErrorCode.LIMIT_ITEMS,
            id="many-chunks",
        ),
        pytest.param(
            plain(before=[(b"acTL", struct.pack(">II", 2001, 0))]), DEFAULT_LIMITS, ErrorCode.LIMIT_FRAMES, id="frames"
        ),
    ],
)
def test_a_limit_is_kept(data, limits, code):
    with pytest.raises(LimitError) as caught:
        parse(data, limits)
    assert caught.value.code == code


def test_one_bomb_below_the_limit_is_read():
    (block,) = parse(plain(before=[(b"zTXt", HALF_BOMB)]), DEFAULT_LIMITS).blocks
    assert len(block.payload) == 3_000_000


names = st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"gAMA", b"prVt", b"caBX", b"acTL", b"fcTL"])
bodies = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=20).map(lambda text: b"key\0\0" + zlib.compress(text)),
    st.binary(max_size=20).map(lambda text: KEYWORD + b"\0\0\0\0\0" + text),
)
extras = st.lists(st.tuples(names.filter(lambda name: name != b"acTL"), bodies), max_size=4)


@settings(max_examples=150, deadline=None)
@given(before=extras, after=extras, tail=st.binary(max_size=10), chosen=st.sets(st.integers(0, 7)))
def test_a_splice_moves_no_byte_that_was_not_named(before, after, tail, chosen):
    source = joined([(b"IHDR", header(1, 1, 2, 8)), *before, (b"IDAT", b"x"), *after, (b"IEND", b"")]) + tail
    anatomy = parse(source, DEFAULT_LIMITS)
    drop = tuple(block for index, block in enumerate(anatomy.blocks) if index in chosen)
    data = splice(source, anatomy, Changes(drop=drop, xmp=XMP), DEFAULT_LIMITS)
    kept = bytearray(source)
    for block in reversed(drop):
        del kept[block.start : block.end]
    assert data == bytes(kept[:AFTER_HEADER]) + chunk(b"iTXt", ITXT) + bytes(kept[AFTER_HEADER:])
    again = parse(data, DEFAULT_LIMITS)
    assert again.blocks[0].payload == XMP
    assert len(again.blocks) == len(anatomy.blocks) - len(drop) + 1


SAMPLE = plain(
    before=[(b"iTXt", KEYWORD + b"\0\1\0\0\0" + zlib.compress(XMP)), (b"zTXt", b"a\0\0" + zlib.compress(b"b"))],
    after=[(b"eXIf", EXIF)],
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(SAMPLE))
)
def test_damaged_bytes_raise_only_our_errors(changes, length):
    data = bytearray(SAMPLE)
    for position, value in changes:
        data[position] = value
    damaged = bytes(data[:length])
    try:
        parse(damaged, DEFAULT_LIMITS)
    except LabelingError:
        assert damaged != SAMPLE


@settings(max_examples=150, deadline=None)
@given(names, st.binary(max_size=60))
def test_any_body_with_a_right_crc_raises_only_our_errors(name, body):
    data = plain(before=[(name, body)])
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except MediaError:
        assert name == b"acTL"
    else:
        assert all(data[block.start + 4 : block.start + 8] == name for block in anatomy.blocks)


def test_parsing_does_not_look_into_the_image_data():
    parts = [(b"IHDR", header(30_000, 30_000, 6, 16)), (b"IDAT", b"no zlib stream"), (b"IEND", b"")]
    source = joined(parts)
    anatomy = parse(source, DEFAULT_LIMITS)
    assert (anatomy.width, anatomy.height) == (30_000, 30_000)
    assert len(splice(source, anatomy, Changes(xmp=XMP), DEFAULT_LIMITS)) == len(source) + len(chunk(b"iTXt", ITXT))


def test_a_file_of_pillow_is_read():
    out = io.BytesIO()
    Image.fromarray(np.zeros((5, 6, 3), np.uint8)).save(out, "PNG", exif=b"Exif\0\0" + EXIF, dpi=(72, 72))
    assert [block.kind for block in parse(out.getvalue(), DEFAULT_LIMITS).blocks] == [BlockKind.EXIF]
