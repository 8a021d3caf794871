"""TIFF as a container: what is found where, and what a splice leaves alone."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labeling import ifd
from labeling.carriers import exif
from labeling.containers import tiff
from labeling.containers.base import Anatomy, BlockKind, Changes, container_for
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.ifd import Dialect
from labeling.ifd_edit import Value, build, integers, rewrite
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format, RecordForm

PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"p" * 300 + b"</x:xmpmeta>"
RECORD = '{"AIGC": {"Label": "1"}}'


def picture(size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    rng = np.random.default_rng(7)
    image = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8))
    image.save(out, "TIFF", **options)
    return out.getvalue()


def pages_of(count: int) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.new("L", (20 + i, 16), i) for i in range(count)]
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


def parsed(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return tiff.parse(data, limits)


def spliced(data: bytes, **changes: Any) -> bytes:
    return tiff.splice(data, parsed(data), Changes(**changes), DEFAULT_LIMITS)


def with_tags(data: bytes, name: str, tags: dict[int, Value | None]) -> bytes:
    return rewrite(ifd.read(data, DEFAULT_LIMITS), {name: tags})


def packets(data: bytes) -> list[tuple[str, bytes]]:
    return [(block.unit, block.payload) for block in parsed(data).of(BlockKind.XMP)]


def undefined(value: bytes) -> Value:
    return Value(ifd.UNDEFINED, len(value), value)


def all_tags(data: bytes, *, without: tuple[int, ...]) -> dict[str, list[tuple[int, int, bytes]]]:
    tree = ifd.read(data, DEFAULT_LIMITS)
    return {
        part.name: [(e.tag, e.kind, tree.raw(e)) for e in part.entries if e.tag not in without] for part in tree.walk()
    }


def big_tiff(width: int = 8, height: int = 4) -> bytes:
    """A grey BigTIFF of one strip."""
    dialect = Dialect("<", big=True)
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 277: 1, 278: height, 279: width * height}
    values = {tag: integers(dialect, ifd.LONG, [value]) for tag, value in tags.items()}
    values[0xC000] = undefined(bytes(range(width * height)))
    values[273] = integers(dialect, ifd.LONG8, [0])
    data = build(dialect, values, {})
    tree = ifd.read(data, DEFAULT_LIMITS)
    pixels = tree.chain[0].find(0xC000)
    assert pixels
    at = integers(dialect, ifd.LONG8, [pixels.value_at])
    strip = tree.chain[0].find(273)
    assert strip
    return data[: strip.value_at] + at.data + data[strip.value_at + 8 :]


def test_the_module_is_registered_with_both_forms() -> None:
    container = container_for(Format.TIFF)
    assert container
    assert container.forms == {RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF}


@pytest.mark.parametrize("big_endian", [False, True], ids=["II", "MM"])
def test_size_and_pages_are_read(big_endian: bool) -> None:
    options = {"tiffinfo": {}, "big_tiff": False}
    out = io.BytesIO()
    image = Image.new("I;16B" if big_endian else "L", (33, 21))
    image.save(out, "TIFF", **options)
    assert out.getvalue()[:2] == (b"MM" if big_endian else b"II")
    anatomy = parsed(out.getvalue())
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.frames) == (Format.TIFF, 33, 21, 1)


def test_frames_counts_pages_and_neither_thumbnails_nor_masks() -> None:
    data = pages_of(5)
    assert parsed(data).frames == 5
    reduced = with_tags(data, "IFD2", {254: integers(Dialect("<"), ifd.LONG, [1])})
    masked = with_tags(reduced, "IFD3", {254: integers(Dialect("<"), ifd.LONG, [4])})
    assert parsed(masked).frames == 3
    first = with_tags(data, "IFD0", {254: integers(Dialect("<"), ifd.LONG, [1])})
    assert parsed(first).frames == 5


@pytest.mark.parametrize("data", [picture(), picture(compression="tiff_lzw"), big_tiff()], ids=["raw", "lzw", "big"])
def test_a_packet_is_added_and_everything_else_stays_where_it_was(data: bytes) -> None:
    after = spliced(data, xmp=PACKET)
    assert packets(after) == [("IFD0", PACKET)]
    assert all_tags(after, without=(tiff.XMP,)) == all_tags(data, without=(tiff.XMP,))
    pointer = range(8, 16) if b"+" in data[:4] else range(4, 8)
    assert {i for i in range(len(data)) if data[i] != after[i]} <= set(pointer)
    with Image.open(io.BytesIO(data)) as old, Image.open(io.BytesIO(after)) as new:
        assert old.tobytes() == new.tobytes()
        assert new.info["xmp"] == PACKET


@pytest.mark.parametrize("length", [100, 370, 371, 2000])
def test_a_packet_is_replaced_and_the_old_one_is_gone(length: int) -> None:
    before = spliced(picture(), xmp=PACKET)
    packet = b"n" * length
    after = spliced(before, drop=parsed(before).of(BlockKind.XMP), xmp=packet)
    assert packets(after) == [("IFD0", packet)]
    assert b"ppp" not in after
    assert len(after) == len(before) if length <= len(PACKET) else len(after) > len(before)
    assert all_tags(after, without=(tiff.XMP,)) == all_tags(before, without=(tiff.XMP,))


def test_a_packet_of_type_byte_stays_of_type_byte() -> None:
    before = with_tags(picture(), "IFD0", {tiff.XMP: Value(ifd.BYTE, len(PACKET), PACKET)})
    entry = ifd.read(spliced(before, xmp=b"new"), DEFAULT_LIMITS).chain[0].find(tiff.XMP)
    assert entry
    assert entry.kind == ifd.BYTE


def test_the_same_packet_again_changes_nothing() -> None:
    once = spliced(picture(), xmp=PACKET)
    assert spliced(once, drop=parsed(once).of(BlockKind.XMP), xmp=PACKET) == once


def test_packets_of_every_page_are_found_and_dropped_by_page() -> None:
    data = pages_of(3)
    for name in ("IFD0", "IFD2"):
        data = with_tags(data, name, {tiff.XMP: undefined(name.encode() * 20)})
    assert packets(data) == [("IFD0", b"IFD0" * 20), ("IFD2", b"IFD2" * 20)]
    after = spliced(data, drop=parsed(data).of(BlockKind.XMP)[1:])
    assert packets(after) == [("IFD0", b"IFD0" * 20)]
    assert b"IFD2" not in after
    assert len(after) == len(data)
    with Image.open(io.BytesIO(after)) as image:
        assert [frame.getpixel((0, 0)) for frame in ImageSequence.Iterator(image)] == [0, 1, 2]


def test_a_credential_is_reported_without_its_bytes_and_can_be_dropped() -> None:
    data = with_tags(picture(), "IFD0", {tiff.C2PA: undefined(b"jumb" * 50)})
    (block,) = parsed(data).of(BlockKind.C2PA)
    assert (block.payload, data[block.start : block.end]) == (b"", b"jumb" * 50)
    after = spliced(data, drop=(block,))
    assert parsed(after).of(BlockKind.C2PA) == ()
    assert b"jumb" not in after


def test_the_exif_block_is_a_small_extract() -> None:
    data = picture((400, 300), description="a cat", tiffinfo={274: 6})
    data = with_tags(data, "IFD0/Exif", {tiff.USER_COMMENT: undefined(b"ASCII\0\0\0hello")})
    (block,) = parsed(data).of(BlockKind.EXIF)
    reading = exif.read(block.payload, DEFAULT_LIMITS)
    assert reading.orientation == 6
    assert [(c.carrier, c.place, c.text) for c in reading.comments] == [
        (Carrier.EXIF_IMAGE_DESCRIPTION, "IFD0", "a cat"),
        (Carrier.EXIF_USER_COMMENT, "Exif", "hello"),
    ]
    assert len(block.payload) < 150


def test_the_program_and_a_windows_comment_are_in_the_extract() -> None:
    comment = RECORD.encode("utf-16-le") + b"\0\0"
    data = with_tags(
        picture(software="Darkroom 3 " + "x" * 400), "IFD0", {tiff.XP_COMMENT: Value(ifd.BYTE, len(comment), comment)}
    )
    (block,) = parsed(data).of(BlockKind.EXIF)
    reading = exif.read(block.payload, DEFAULT_LIMITS)
    assert reading.software.startswith("Darkroom 3 xxx")
    assert [(c.place, c.text) for c in reading.comments] == [("IFD0/XPComment", RECORD)]
    blank = exif.without_record(block.payload, Carrier.EXIF_IMAGE_DESCRIPTION, DEFAULT_LIMITS)
    gone = spliced(data, drop=(block,), exif=blank)
    assert comment not in gone
    assert parsed(gone).of(BlockKind.EXIF)[0].payload.count(b"Darkroom 3") == 1


def test_comments_of_every_directory_are_read() -> None:
    inner = build(Dialect("<"), {tiff.IMAGE_DESCRIPTION: Value(ifd.ASCII, 6, b"inner\0")}, {})
    source = picture(description="outer")
    table = int.from_bytes(inner[4:8], "little")
    moved = bytearray(inner[table:])
    moved[10:14] = (len(source) + 8).to_bytes(4, "little")
    grown = source + inner[:table] + bytes(moved)
    data = with_tags(grown, "IFD0", {ifd.SUB_IFDS: integers(Dialect("<"), ifd.LONG, [len(source) + table])})
    found = [
        (block.unit, comment.text)
        for block in parsed(data).of(BlockKind.EXIF)
        for comment in exif.read(block.payload, DEFAULT_LIMITS).comments
    ]
    assert found == [("IFD0", "outer"), ("IFD0/SubIFD0", "inner")]


def test_a_second_packet_in_one_directory_is_a_block_as_well() -> None:
    data = bytearray(with_tags(picture(), "IFD0", {tiff.XMP: undefined(PACKET), 701: undefined(PACKET)}))
    entry = next(e for e in ifd.read(bytes(data), DEFAULT_LIMITS).chain[0].entries if e.tag == 701)
    data[entry.at : entry.at + 2] = (700).to_bytes(2, "little")
    assert packets(bytes(data)) == [("IFD0", PACKET)] * 2


@pytest.mark.parametrize("data", [picture(description="a cat", dpi=(300, 300)), big_tiff()], ids=["classic", "big"])
def test_a_user_comment_goes_into_the_file_and_out_again(data: bytes) -> None:
    (block,) = parsed(data).of(BlockKind.EXIF)
    after = spliced(data, drop=(block,), exif=exif.write(block.payload, RECORD, DEFAULT_LIMITS))
    (written,) = parsed(after).of(BlockKind.EXIF)
    found = [c for c in exif.read(written.payload, DEFAULT_LIMITS).comments if c.carrier is Carrier.EXIF_USER_COMMENT]
    assert [(c.place, c.text) for c in found] == [("Exif", RECORD)]
    ignored = (ifd.EXIF_POINTER, tiff.USER_COMMENT)
    assert all_tags(after, without=ignored)["IFD0"] == all_tags(data, without=ignored)["IFD0"]
    blank = exif.without_record(written.payload, Carrier.EXIF_USER_COMMENT, DEFAULT_LIMITS)
    gone = spliced(after, drop=(written,), exif=blank)
    assert RECORD.encode() not in gone
    assert all_tags(gone, without=ignored)["IFD0"] == all_tags(data, without=ignored)["IFD0"]


def test_a_fresh_exif_block_is_carried_over_too() -> None:
    after = spliced(picture(), exif=exif.write(None, RECORD, DEFAULT_LIMITS))
    with Image.open(io.BytesIO(after)) as image:
        assert image.getexif().get_ifd(ifd.EXIF_POINTER)[tiff.USER_COMMENT] == b"ASCII\0\0\0" + RECORD.encode()


def test_a_dropped_exif_block_loses_its_comments_and_keeps_the_orientation() -> None:
    data = picture(description="gone", tiffinfo={274: 8})
    after = spliced(data, drop=parsed(data).of(BlockKind.EXIF))
    (block,) = parsed(after).of(BlockKind.EXIF)
    reading = exif.read(block.payload, DEFAULT_LIMITS)
    assert (reading.orientation, reading.comments) == (8, ())
    assert b"gone" not in after


def test_comments_of_later_pages_are_found() -> None:
    data = with_tags(pages_of(2), "IFD1", {tiff.IMAGE_DESCRIPTION: Value(ifd.ASCII, 7, b"second\0")})
    first, second = parsed(data).of(BlockKind.EXIF)
    assert (first.unit, first.notes) == ("IFD0", ())
    assert (second.unit, second.notes) == ("IFD1", ("not-the-first-page",))
    assert [c.text for c in exif.read(second.payload, DEFAULT_LIMITS).comments] == ["second"]


def refused(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        parsed(data, limits)
    return caught.value.code


def test_a_truncated_file_is_refused_wherever_it_ends() -> None:
    data = picture(compression="tiff_lzw")
    codes = {refused(data[:end]) for end in range(8, len(data), 97)}
    assert codes == {ErrorCode.MEDIA_TRUNCATED}


def test_many_subfiles_that_are_one_directory_are_refused() -> None:
    dialect = Dialect("<")
    data = build(dialect, {ifd.SUB_IFDS: integers(dialect, ifd.LONG, [8] * 4990)}, {})
    assert refused(data) is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(pixels=100), ErrorCode.LIMIT_PIXELS),
        (Limits(frames=2), ErrorCode.LIMIT_FRAMES),
        (Limits(animation_pixels=900), ErrorCode.LIMIT_PIXELS),
        (Limits(items=20), ErrorCode.LIMIT_ITEMS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_bound_is_kept(limits: Limits, code: ErrorCode) -> None:
    assert refused(pages_of(3), limits) is code


def test_a_packet_above_the_bound_is_refused() -> None:
    with pytest.raises(LimitError) as caught:
        parsed(spliced(picture(), xmp=PACKET), Limits(metadata_bytes=200))
    assert caught.value.code is ErrorCode.LIMIT_METADATA


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (tiff.IMAGE_WIDTH, integers(Dialect("<"), ifd.LONG, [0])),
        (tiff.IMAGE_LENGTH, None),
        (tiff.STRIP_OFFSETS, None),
        (tiff.STRIP_BYTE_COUNTS, integers(Dialect("<"), ifd.LONG, [1, 1, 1])),
        (tiff.IMAGE_WIDTH, Value(ifd.ASCII, 3, b"40\0")),
    ],
    ids=["no width", "no height", "no strips", "lengths for other strips", "width as text"],
)
def test_contradictions_are_malformed(tag: int, value: Value | None) -> None:
    assert refused(with_tags(picture(), "IFD0", {tag: value})) is ErrorCode.MEDIA_MALFORMED


def test_a_packet_that_shares_its_bytes_with_pixels_is_not_overwritten() -> None:
    data = with_tags(picture(), "IFD0", {tiff.XMP: undefined(PACKET)})
    tree = ifd.read(data, DEFAULT_LIMITS)
    entry, strip = tree.chain[0].find(tiff.XMP), tree.number(tree.chain[0], tiff.STRIP_OFFSETS, 0)
    assert entry
    overlapping = data[: entry.at + 8] + struct.pack("<I", strip + 10) + data[entry.at + 12 :]
    with pytest.raises(MediaError) as caught:
        spliced(overlapping, xmp=b"new")
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


SEEDS = [spliced(picture(description="d"), xmp=PACKET), spliced(pages_of(3), xmp=PACKET), big_tiff()]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_raise_only_our_errors(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 10))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LabelingError):
        spliced(bytes(damaged), xmp=b"new" * data.draw(st.integers(1, 300)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.binary(min_size=1, max_size=900), min_size=1, max_size=4), st.booleans())
def test_pixels_and_other_tags_survive_any_sequence_of_splices(seed: bytes, xmps: list[bytes], comment: bool) -> None:
    data = seed
    for packet in xmps:
        (block, *_) = parsed(data).of(BlockKind.EXIF)
        payload = exif.write(block.payload, packet.hex(), DEFAULT_LIMITS) if comment else None
        data = spliced(data, drop=parsed(data).of(BlockKind.XMP), xmp=packet, exif=payload)
    assert packets(data) == [("IFD0", xmps[-1])]
    ignored = (tiff.XMP, ifd.EXIF_POINTER, tiff.USER_COMMENT)
    mine, theirs = all_tags(data, without=ignored), all_tags(seed, without=ignored)
    assert {name: mine[name] for name in theirs} == theirs
    with Image.open(io.BytesIO(seed)) as old, Image.open(io.BytesIO(data)) as new:
        assert [f.tobytes() for f in ImageSequence.Iterator(old)] == [f.tobytes() for f in ImageSequence.Iterator(new)]
