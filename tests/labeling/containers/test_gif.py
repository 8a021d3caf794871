"""Metadata in and out of GIF files by splice."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labeling.containers.base import BlockKind, Changes, container_for
from labeling.containers.gif import parse, splice
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format, RecordForm

PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/">标识</x:xmpmeta>'.encode()
TABLE = bytes(range(48))
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x00"
UNKNOWN = b"\x21\xff\x0bUNKNOWN 1.0\x02ab\x01c\x00"
CONTROL = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
COMMENT = b"\x21\xfe\x05hello\x03 \xe4 \x00"
PLAIN_TEXT = b"\x21\x01\x0c" + bytes(12) + b"\x02hi\x00"
C2PA = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00\x04jumb\x00"


def xmp(packet: bytes = PACKET) -> bytes:
    """As Adobe's specification has it, written out anew here."""
    magic = b"\x01" + bytes(reversed(range(256))) + b"\x00"
    return b"\x21\xff\x0bXMP DataXMP" + packet + magic


def in_sub_blocks(payload: bytes) -> bytes:
    return b"".join(bytes((len(payload[n : n + 255]),)) + payload[n : n + 255] for n in range(0, len(payload), 255))


def picture(seed: int = 0, width: int = 9, height: int = 7, *, local: bool = False) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 16, (height, width), dtype=np.uint8)
    lzw = Image.fromarray(pixels).tobytes("gif", "L", 4, 0)
    flags = 0x83 if local else 0
    return (
        struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, flags) + (TABLE if local else b"") + b"\x04" + lzw + b"\x00"
    )


def gif(*blocks: bytes, version: bytes = b"89a", tail: bytes = b"", table: bytes = TABLE) -> bytes:
    flags = 0x83 if table else 0
    return b"GIF" + version + struct.pack("<HHBBB", 9, 7, flags, 0, 0) + table + b"".join(blocks) + b";" + tail


def put(data: bytes, packet: bytes = PACKET, drop: tuple[object, ...] = ()) -> bytes:
    return splice(data, parse(data, DEFAULT_LIMITS), Changes(drop=drop, xmp=packet), DEFAULT_LIMITS)


EVERYTHING = gif(
    LOOP, COMMENT, C2PA, CONTROL, picture(), UNKNOWN, PLAIN_TEXT, xmp(), picture(1, local=True), tail=b"\0more"
)


def test_gif_is_registered_with_xmp_as_its_record() -> None:
    container = container_for(Format.GIF)
    assert container is not None
    assert container.forms == {RecordForm.STANDARD: BlockKind.XMP}


def test_every_metadata_block_is_found_where_it_lies() -> None:
    anatomy = parse(EVERYTHING, DEFAULT_LIMITS)
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.frames) == (Format.GIF, 9, 7, 2)
    found = [(block.kind, block.payload, EVERYTHING[block.start : block.end]) for block in anatomy.blocks]
    assert found == [
        (BlockKind.TEXT, "hello ä ".encode(), COMMENT),
        (BlockKind.C2PA, b"", C2PA),
        (BlockKind.XMP, PACKET, xmp()),
    ]


@pytest.mark.parametrize("trailer", [b"", b"\x01" + bytes(reversed(range(256)))], ids=["bare", "with-magic-trailer"])
def test_xmp_in_ordinary_sub_blocks_is_read_and_noted(trailer: bytes) -> None:
    packet = PACKET * 20
    data = gif(b"\x21\xff\x0bXMP DataXMP" + in_sub_blocks(packet + trailer) + b"\x00", picture())
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.payload, block.notes) == (packet, ("sub-blocks",))
    (replaced,) = parse(put(data, PACKET, (block,)), DEFAULT_LIMITS).blocks
    assert (replaced.payload, replaced.notes) == (PACKET, ())


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        pytest.param([], [CONTROL, picture()], id="after-the-table"),
        pytest.param([LOOP], [CONTROL, picture()], id="after-the-loop-count"),
        pytest.param([], [COMMENT, LOOP, CONTROL, picture()], id="never-far-from-the-table"),
        pytest.param([], [CONTROL, LOOP, picture()], id="never-between-control-and-picture"),
    ],
)
def test_new_xmp_goes_to_the_front_and_nothing_else_changes(head: list[bytes], rest: list[bytes]) -> None:
    assert put(gif(*head, *rest, tail=b"x")) == gif(*head, xmp(), *rest, tail=b"x")


def test_a_gif_without_a_global_table_takes_xmp_as_well() -> None:
    assert put(gif(picture(local=True), table=b"")) == gif(xmp(), picture(local=True), table=b"")


def test_gif87a_becomes_gif89a_with_an_extension_only() -> None:
    assert put(gif(picture(), version=b"87a")) == gif(xmp(), picture())
    source = gif(COMMENT, picture(), version=b"87a")
    anatomy = parse(source, DEFAULT_LIMITS)
    dropped = splice(source, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS)
    assert dropped == gif(picture(), version=b"87a")


def test_a_dropped_packet_gives_its_place_to_the_new_one() -> None:
    old = parse(EVERYTHING, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert put(EVERYTHING, b"<new/>", old) == EVERYTHING.replace(xmp(), xmp(b"<new/>"))


def test_two_packets_become_one() -> None:
    data = gif(xmp(b"<one/>"), picture(), xmp(b"<two/>"), picture())
    assert put(data, PACKET, parse(data, DEFAULT_LIMITS).blocks) == gif(xmp(), picture(), picture())


@pytest.mark.parametrize("kind", [BlockKind.TEXT, BlockKind.C2PA, BlockKind.XMP])
def test_any_block_can_be_dropped_alone(kind: BlockKind) -> None:
    anatomy = parse(EVERYTHING, DEFAULT_LIMITS)
    (block,) = anatomy.of(kind)
    result = splice(EVERYTHING, anatomy, Changes(drop=(block,)), DEFAULT_LIMITS)
    assert result == EVERYTHING[: block.start] + EVERYTHING[block.end :]


def test_pillow_shows_the_same_animation_with_the_packet() -> None:
    source = gif(LOOP, CONTROL, picture(), CONTROL, picture(1, local=True))
    before, after = (Image.open(io.BytesIO(data)) for data in (source, put(source)))
    assert (before.n_frames, before.info["loop"]) == (after.n_frames, after.info["loop"])
    for one, other in zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True):
        assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


@given(
    packet=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3000),
    before=st.lists(st.sampled_from([LOOP, COMMENT, UNKNOWN, C2PA, xmp(b"<old/>")]), max_size=4),
    tail=st.binary(max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_a_packet_reads_back_whatever_lies_around_it(packet: str, before: list[bytes], tail: bytes) -> None:
    data = gif(*before, CONTROL, picture(), tail=tail)
    anatomy = parse(data, DEFAULT_LIMITS)
    result = put(data, packet.encode(), anatomy.of(BlockKind.XMP))
    read = parse(result, DEFAULT_LIMITS)
    assert [block.payload for block in read.of(BlockKind.XMP)] == [packet.encode()]
    bare = splice(result, read, Changes(drop=read.of(BlockKind.XMP)), DEFAULT_LIMITS)
    assert bare == data.replace(xmp(b"<old/>"), b"")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(Changes(exif=b"II*\0"), id="exif"),
        pytest.param(Changes(text=("AIGC", b"{}")), id="text"),
        pytest.param(Changes(xmp="<x/>".encode("utf-16")), id="utf-16-packet"),
    ],
)
def test_what_a_gif_cannot_hold_is_refused(changes: Changes) -> None:
    with pytest.raises(DeclarationError):
        splice(EVERYTHING, parse(EVERYTHING, DEFAULT_LIMITS), changes, DEFAULT_LIMITS)


BARE = b'AIGC{"Label":"1","ProduceID":"x"}'


def cut(payload: bytes) -> bytes:
    """Sub-blocks of nine bytes, so that no word is whole in one."""
    return (
        b"".join(bytes((len(payload[at : at + 9]),)) + payload[at : at + 9] for at in range(0, len(payload), 9)) + b"\0"
    )


@pytest.mark.parametrize(
    ("extension", "unit", "notes"),
    [
        (b"\x21\xfe" + cut(BARE), "comment extension", ()),
        (b"\x21\xff\x0bUNKNOWN 1.0" + cut(BARE), "application extension", ()),
        (b"\x21\x01\x0c" + bytes(12) + cut(BARE), "plain text extension", ("plain-text",)),
        (b"\x21\xce" + cut(BARE), "extension", ()),
    ],
    ids=["comment", "application", "plain-text", "unknown"],
)
def test_a_record_in_any_extension_is_found_and_taken_out(extension: bytes, unit: str, notes: tuple[str, ...]) -> None:
    data = gif(CONTROL, picture(), extension, UNKNOWN)
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.unit, block.notes) == (unit, notes)
    assert BARE in block.payload
    gone = splice(data, parse(data, DEFAULT_LIMITS), Changes(drop=(block,)), DEFAULT_LIMITS)
    assert gone == gif(CONTROL, picture(), UNKNOWN)


BROKEN = {
    "no-signature": (b"GIF90a" + EVERYTHING[6:], ErrorCode.MEDIA_MALFORMED),
    "half-a-screen": (EVERYTHING[:12], ErrorCode.MEDIA_TRUNCATED),
    "half-a-table": (EVERYTHING[:30], ErrorCode.MEDIA_TRUNCATED),
    "no-trailer": (gif(picture())[:-1], ErrorCode.MEDIA_TRUNCATED),
    "half-a-picture": (gif(picture())[:-9], ErrorCode.MEDIA_TRUNCATED),
    "half-a-descriptor": (gif(picture())[: 13 + 48 + 5], ErrorCode.MEDIA_TRUNCATED),
    "half-an-extension": (gif(b"\x21\xff")[:-1], ErrorCode.MEDIA_TRUNCATED),
    "introducer-alone": (gif(b"\x21")[:-1], ErrorCode.MEDIA_TRUNCATED),
    "unknown-block": (gif(b"\x00", picture()), ErrorCode.MEDIA_MALFORMED),
    "no-width": (b"GIF89a\0\0" + EVERYTHING[8:], ErrorCode.MEDIA_MALFORMED),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_code(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        pytest.param(Limits(pixels=62), ErrorCode.LIMIT_PIXELS, id="pixels"),
        pytest.param(Limits(frames=1), ErrorCode.LIMIT_FRAMES, id="frames"),
        pytest.param(Limits(animation_pixels=125), ErrorCode.LIMIT_PIXELS, id="pixels-of-all-frames"),
        pytest.param(Limits(metadata_bytes=100), ErrorCode.LIMIT_METADATA, id="metadata"),
        pytest.param(Limits(items=5), ErrorCode.LIMIT_ITEMS, id="blocks"),
    ],
)
def test_limits_hold(limits: Limits, code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        parse(EVERYTHING, limits)
    assert caught.value.code is code


def test_uneven_sub_blocks_without_end_reach_a_limit_soon() -> None:
    data = gif(picture())[:-1] + b"\x21\xfe" + b"\x01a\x02ab" * 400_000
    with pytest.raises(LimitError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.LIMIT_ITEMS


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damage_raises_our_errors_only(draws: st.DataObject) -> None:
    data = bytearray(EVERYTHING)
    for _ in range(draws.draw(st.integers(1, 4))):
        data[draws.draw(st.integers(0, len(data) - 1))] = draws.draw(st.integers(0, 255))
    cut = bytes(data[: draws.draw(st.integers(0, 2 * len(data)))])
    try:
        anatomy = parse(cut, DEFAULT_LIMITS)
    except LabelingError:
        return
    changes = Changes(drop=anatomy.of(BlockKind.XMP), xmp=PACKET)
    again = parse(splice(cut, anatomy, changes, DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert [block.payload for block in again.of(BlockKind.XMP)] == [PACKET]
    assert again.frames == anatomy.frames
