"""Metadata in and out of JPEG files by splice."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.base import BlockKind, Changes, container_for
from labeling.containers.jpeg import parse, splice
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format, RecordForm

PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/">标识</x:xmpmeta>'.encode()
TIFF = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
GUID = b"0123456789ABCDEF0123456789ABCDEF"
ADOBE = b"Adobe\0\x64\0\0\0\0\x01"
C2PA_HEAD = b"\0\0\0\x99jumb\0\0\0\x26jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
JFIF_APP0 = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def xmp(packet: bytes = PACKET) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)


def exif(tiff: bytes = TIFF) -> bytes:
    return segment(0xE1, b"Exif\0\0" + tiff)


def extended(portion: bytes, full: int, offset: int, guid: bytes = GUID) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", full, offset) + portion)


def jumbf(number: int, payload: bytes, instance: int = 1) -> bytes:
    return segment(0xEB, struct.pack(">2sHI", b"JP", instance, number) + payload)


def picture(width: int = 40, height: int = 24, **options: object) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, format="JPEG", **options)
    return target.getvalue()


def with_segments(*segments: bytes, jfif: bool = True, source: bytes | None = None) -> bytes:
    """A picture with the given segments after JFIF."""
    source = source or picture()
    assert source[2:20] == JFIF_APP0
    return source[:2] + (JFIF_APP0 if jfif else b"") + b"".join(segments) + source[20:]


def multi_picture(head: bytes = b"", tail: bytes = b"") -> tuple[bytes, bytes]:
    """A multi-picture file with one further image (CIPA DC-007), and that image."""
    second = picture(16, 16)
    tags = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHIIHHII", 0xB001, 4, 1, 2, 0xB002, 7, 32, 50)
    index = struct.pack(">4sIH", b"MM\0*", 8, 3) + tags + bytes(4)
    room = segment(0xE2, b"MPF\0" + index + bytes(32))
    first = with_segments(head, room, tail)
    mark = first.index(b"MPF\0") + 4
    entries = struct.pack(">IIIHHIIIHH", 0x20030000, len(first), 0, 0, 0, 0, len(second), len(first) - mark, 0, 0)
    return first.replace(index + bytes(32), index + entries) + second, second


FILES = {
    "baseline": picture(),
    "progressive": picture(progressive=True),
    "restarts": picture(restart_marker_blocks=1),
    "4:4:4": picture(subsampling=0, quality=100),
    "metadata": with_segments(exif(), xmp(), segment(0xFE, b"a comment"), segment(0xEE, ADOBE)),
    "fill bytes": with_segments(b"\xff\xff\xff", xmp(), b"\xff\xff"),
    "stray bytes": with_segments(b"\x00\x12stray", xmp(), b"\x07"),
    "trailer": with_segments(xmp()) + b"a film\xff\xd9 and more",
    "multi-picture": multi_picture()[0],
}


def walk_by_hand(data: bytes) -> list[bytes]:
    """The segments of a file without stray bytes, up to and with everything from the first SOS on."""
    parts, at = [data[:2]], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def test_jpeg_is_registered_with_both_forms() -> None:
    container = container_for(Format.JPEG)
    assert container is not None
    assert container.forms == {RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_nothing_to_change_gives_the_same_bytes(data: bytes) -> None:
    assert splice(data, parse(data, DEFAULT_LIMITS), Changes(), DEFAULT_LIMITS) == data


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_packet_can_be_put_in_and_taken_out_without_a_trace(data: bytes) -> None:
    anatomy = parse(data, DEFAULT_LIMITS)
    without = splice(data, anatomy, Changes(drop=anatomy.of(BlockKind.XMP)), DEFAULT_LIMITS)
    assert not parse(without, DEFAULT_LIMITS).of(BlockKind.XMP)
    labelled = splice(without, parse(without, DEFAULT_LIMITS), Changes(xmp=PACKET), DEFAULT_LIMITS)
    blocks = parse(labelled, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert [block.payload for block in blocks] == [PACKET]
    again = splice(labelled, parse(labelled, DEFAULT_LIMITS), Changes(drop=blocks), DEFAULT_LIMITS)
    assert again == without


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_the_pixels_do_not_change(data: bytes) -> None:
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=PACKET, exif=TIFF), DEFAULT_LIMITS)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(labelled)) as after:
        assert before.tobytes() == after.tobytes()


def test_the_size_is_read_from_the_frame_header() -> None:
    anatomy = parse(picture(41, 23), DEFAULT_LIMITS)
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.frames) == (Format.JPEG, 41, 23, 1)


def test_payloads_come_without_their_signatures() -> None:
    data = with_segments(exif(), xmp())
    blocks = parse(data, DEFAULT_LIMITS).blocks
    assert [(block.kind, block.unit, block.payload) for block in blocks] == [
        (BlockKind.EXIF, "APP1", TIFF),
        (BlockKind.XMP, "APP1", PACKET),
    ]
    assert data[blocks[0].start : blocks[0].end] == exif()
    assert data[blocks[1].start : blocks[1].end] == xmp()


@pytest.mark.parametrize(
    ("head", "place"),
    [
        pytest.param([], 2, id="after JFIF"),
        pytest.param([exif()], 3, id="after Exif"),
        pytest.param(
            [segment(0xE0, b"JFXX\0\x13"), exif(), segment(0xE2, b"ICC_PROFILE\0\x01\x01x")], 4, id="before ICC"
        ),
        pytest.param([segment(0xEB, b"JP"), exif()], 4, id="Exif behind another segment"),
    ],
)
def test_a_new_packet_goes_after_jfif_and_exif(head: list[bytes], place: int) -> None:
    data = with_segments(*head)
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=PACKET), DEFAULT_LIMITS)
    expected = walk_by_hand(data)
    expected.insert(place, xmp())
    assert walk_by_hand(labelled) == expected


def test_a_packet_goes_after_soi_where_there_is_neither_jfif_nor_exif() -> None:
    data = with_segments(segment(0xEE, ADOBE), jfif=False)
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=PACKET), DEFAULT_LIMITS)
    assert labelled == data[:2] + xmp() + data[2:]


def test_a_new_exif_block_goes_between_jfif_and_xmp() -> None:
    data = with_segments(segment(0xFE, b"a comment"))
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=PACKET, exif=TIFF), DEFAULT_LIMITS)
    assert labelled == with_segments(exif(), xmp(), segment(0xFE, b"a comment"))


def test_what_replaces_a_block_stands_in_its_place() -> None:
    others = segment(0xE2, b"one"), segment(0xFE, b"two"), segment(0xE9, b"three")
    data = with_segments(others[0], xmp(b"old"), others[1], exif(b"II*\0old"), others[2])
    anatomy = parse(data, DEFAULT_LIMITS)
    labelled = splice(data, anatomy, Changes(drop=anatomy.blocks, xmp=PACKET, exif=TIFF), DEFAULT_LIMITS)
    assert labelled == with_segments(others[0], xmp(), others[1], exif(), others[2])


def test_a_block_that_is_not_named_stays() -> None:
    data = with_segments(xmp(b"first"), exif(), xmp(b"second"))
    first = parse(data, DEFAULT_LIMITS).of(BlockKind.XMP)[0]
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(drop=(first,)), DEFAULT_LIMITS)
    assert labelled == with_segments(exif(), xmp(b"second"))


def test_extended_xmp_is_joined_by_its_offsets() -> None:
    data = with_segments(extended(b"world", 10, 5), xmp(), extended(b"hello", 10, 0), extended(b"x", 1, 0, GUID[::-1]))
    joined, main, other = parse(data, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert (joined.payload, joined.keyword) == (b"helloworld", GUID.decode())
    assert joined.notes == other.notes == ("extended", "not-announced")
    assert (main.payload, main.notes) == (PACKET, ())
    assert other.payload == b"x"


def test_extended_xmp_to_which_the_main_packet_points_is_announced() -> None:
    main = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" HasExtendedXMP="' + GUID + b'"/>'
    blocks = parse(with_segments(xmp(main), extended(b"world", 5, 0)), DEFAULT_LIMITS).blocks
    assert [block.notes for block in blocks] == [(), ("extended",)]


def test_a_portion_that_is_there_twice_counts_once() -> None:
    twice = extended(b"hello", 10, 0), extended(b"world", 10, 5), extended(b"hello", 10, 0)
    (block,) = parse(with_segments(*twice), DEFAULT_LIMITS).blocks
    assert (block.payload, block.notes) == (b"helloworld", ("extended", "not-announced"))


@pytest.mark.parametrize(
    "portions",
    [
        pytest.param([(b"hello", 10, 0)], id="a part is missing"),
        pytest.param([(b"hello", 10, 0), (b"world", 10, 6)], id="gap"),
        pytest.param([(b"hello", 10, 0), (b"world", 10, 4)], id="overlap"),
        pytest.param([(b"hello", 10, 0), (b"world", 11, 5)], id="two full lengths"),
        pytest.param([(b"hello", 10, 0), (b"hallo", 10, 0)], id="twice the same place"),
        pytest.param([(b"hello", 0xFFFFFFFF, 0xFFFFFFF0)], id="far outside"),
    ],
)
def test_extended_xmp_that_does_not_fit_together_is_said_to_be_incomplete(
    portions: list[tuple[bytes, int, int]],
) -> None:
    data = with_segments(*(extended(*portion) for portion in portions))
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert block.notes == ("extended", "incomplete", "not-announced")


def test_extended_xmp_is_dropped_with_all_its_portions() -> None:
    data = with_segments(xmp(), extended(b"hello", 10, 0), segment(0xFE, b"between"), extended(b"world", 10, 5))
    block = next(block for block in parse(data, DEFAULT_LIMITS).blocks if block.notes)
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(drop=(block,)), DEFAULT_LIMITS)
    assert labelled == with_segments(xmp(), segment(0xFE, b"between"))


def test_extended_xmp_is_bounded() -> None:
    data = with_segments(*(extended(bytes(60), 120, offset) for offset in (0, 60)))
    with pytest.raises(LimitError) as caught:
        parse(data, Limits(metadata_bytes=100))
    assert caught.value.code is ErrorCode.LIMIT_METADATA


def test_a_manifest_store_in_several_segments_is_one_block() -> None:
    data = with_segments(jumbf(1, C2PA_HEAD + b"one"), jumbf(2, C2PA_HEAD[:8] + b"two"))
    anatomy = parse(data, DEFAULT_LIMITS)
    (block,) = anatomy.blocks
    assert (block.kind, block.unit, block.payload) == (BlockKind.C2PA, "APP11", b"")
    assert splice(data, anatomy, Changes(drop=(block,)), DEFAULT_LIMITS) == with_segments()


def test_other_jumbf_boxes_are_no_manifest_store() -> None:
    data = with_segments(jumbf(1, C2PA_HEAD.replace(b"jumdc2pa", b"jumdxxxx"), instance=2), segment(0xEB, b"HDR_RI"))
    assert parse(data, DEFAULT_LIMITS).blocks == ()


@pytest.mark.parametrize("marker", [0xE1, 0xE5, 0xEB, 0xEF, 0xFE])
@pytest.mark.parametrize("body", [b'AIGC{"Label":"1"}', b'{"AIGC": {"Label":"1"}}', b'AIGC\0{"Label":"1"}'])
def test_a_record_in_a_segment_of_its_own_is_found(marker: int, body: bytes) -> None:
    data = with_segments(segment(marker, body))
    anatomy = parse(data, DEFAULT_LIMITS)
    (block,) = anatomy.blocks
    assert (block.kind, block.payload) == (BlockKind.OTHER, body)
    assert block.unit == ("COM" if marker == 0xFE else f"APP{marker - 0xE0}")
    assert splice(data, anatomy, Changes(drop=(block,)), DEFAULT_LIMITS) == with_segments()


@pytest.mark.parametrize("body", [b"", b"AIGC", b"made without AIGC tools {}", b"XAIGC{", b"AIGCX{"])
def test_other_comments_are_no_record(body: bytes) -> None:
    assert parse(with_segments(segment(0xFE, body)), DEFAULT_LIMITS).blocks == ()


def test_a_record_between_the_scans_of_a_progressive_file_is_found() -> None:
    source = FILES["progressive"]
    second = source.index(b"\xff\xda", source.index(b"\xff\xda") + 2)
    tables = source.rindex(b"\xff\xc4", 0, second)
    data = source[:tables] + segment(0xFE, b'AIGC{"Label":"1"}') + source[tables:]
    anatomy = parse(data, DEFAULT_LIMITS)
    assert [block.unit for block in anatomy.blocks] == ["COM"]
    assert splice(data, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS) == source


BARE = b'AIGC{"Label":"1","ProduceID":"x"}'


@pytest.mark.parametrize("marker", [0xE0, 0xE5, 0xED, 0xEF, 0xFE])
def test_a_record_inside_a_segment_of_another_application_is_found_and_not_cut_out(marker: int) -> None:
    data = with_segments(segment(marker, b"Photoshop 3.0\08BIM" + BARE + b"\0more"))
    anatomy = parse(data, DEFAULT_LIMITS)
    assert [block.notes for block in anatomy.blocks] == [("embedded",)]
    with pytest.raises(DeclarationError) as caught:
        splice(data, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_a_record_behind_the_only_scan_is_found() -> None:
    source = picture()
    data = source[:-2] + segment(0xFE, BARE) + source[-2:]
    anatomy = parse(data, DEFAULT_LIMITS)
    assert [block.unit for block in anatomy.blocks] == ["COM"]
    assert splice(data, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS) == source


TRAILERS = {
    "alone": BARE,
    "segment": segment(0xFE, BARE) + b".",
    "far from the end": BARE + bytes(200_000),
    "at the end": bytes(200_000) + BARE,
    "behind a second end": b"\0" * 9 + BARE + b"\xff\xd9",
    "wrapped": b'\n{"AIGC": {"Label": "1"}}\n',
    "cut": BARE[:-5],
}


@pytest.mark.parametrize("name", TRAILERS)
@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_a_record_behind_the_image_is_found_and_taken_out_alone(kind: str, name: str) -> None:
    data = FILES[kind] + TRAILERS[name]
    anatomy = parse(data, DEFAULT_LIMITS)
    (block,) = anatomy.blocks
    assert (block.unit, block.notes, block.carrier) == ("trailer", ("trailer",), Carrier.TRAILER)
    assert splice(data, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS) == data.replace(block.payload, b"")


def test_a_packet_behind_the_image_is_found() -> None:
    packet = PACKET.replace(b">", b">AIGC", 1)
    (block,) = parse(picture() + packet, DEFAULT_LIMITS).blocks
    assert (block.kind, block.payload, block.notes) == (BlockKind.XMP, packet, ("trailer",))


@pytest.mark.parametrize(
    "behind",
    [b"", b"\0" * 70_000, picture(16, 16), b"\0\0\0\x18ftypmp42" + BARE, b"words about AIGC {}", b"RIFF" + BARE],
    ids=["nothing", "zeros", "picture", "film", "words", "riff"],
)
def test_what_else_follows_the_image_is_no_record_of_it(behind: bytes) -> None:
    if behind.startswith(b"words"):
        behind = behind.replace(b"AIGC {", b"AIGC, {")
    assert parse(picture() + behind, DEFAULT_LIMITS).blocks == ()


def test_a_record_behind_several_pictures_is_not_cut_out() -> None:
    data = multi_picture()[0] + BARE
    anatomy = parse(data, DEFAULT_LIMITS)
    assert anatomy.blocks == ()  # what follows the first picture is a picture, with labels of its own
    single = with_segments(segment(0xE2, b"MPF\0" + bytes(20))) + BARE
    with pytest.raises(DeclarationError):
        splice(
            single, parse(single, DEFAULT_LIMITS), Changes(drop=parse(single, DEFAULT_LIMITS).blocks), DEFAULT_LIMITS
        )


@pytest.mark.parametrize("tail", [False, True], ids=["index first", "index last"])
@pytest.mark.parametrize("size", [10, 3000])
def test_the_further_pictures_of_a_multi_picture_file_are_still_found(tail: bool, size: int) -> None:
    old = xmp(b"old" * 100)
    source, second = multi_picture(*(b"", old) if tail else (old, b""))
    anatomy = parse(source, DEFAULT_LIMITS)
    changes = Changes(drop=anatomy.of(BlockKind.XMP), xmp=bytes(size), exif=TIFF)
    data = splice(source, anatomy, changes, DEFAULT_LIMITS)
    mark = data.index(b"MPF\0") + 4
    first_size, first_offset = struct.unpack_from(">II", data, mark + 50 + 4)
    size_of_second, offset = struct.unpack_from(">II", data, mark + 50 + 20)
    assert data[mark + offset :] == second == data[-size_of_second:]
    assert (first_size, first_offset) == (len(data) - len(second), 0)
    with Image.open(io.BytesIO(data)) as image:
        assert getattr(image, "n_frames", 1) == 2
        image.seek(1)
        assert image.size == (16, 16)
        image.load()


@pytest.mark.parametrize(
    "body",
    [
        b"MPF\0",
        b"MPF\0MM\0*\xff\xff\xff\xff",
        b"MPF\0II*\0\x08\0\0\0\xff\xff" + b"\xb0" * 40,
        b"MPF\0XX\0*" + bytes(40),
    ],
)
def test_a_multi_picture_index_that_is_not_understood_stays_as_it_is(body: bytes) -> None:
    data = with_segments(segment(0xE2, body))
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=PACKET), DEFAULT_LIMITS)
    assert labelled == with_segments(xmp(), segment(0xE2, body))


def test_a_packet_loses_its_padding_where_it_would_not_fit() -> None:
    packet = b"<x>" + b"a" * 64_000 + b"</x>" + b" \n" * 1000 + b'<?xpacket end="w"?>'
    data = picture()
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=packet), DEFAULT_LIMITS)
    (block,) = parse(labelled, DEFAULT_LIMITS).blocks
    assert block.payload == packet.replace(b" \n", b"")


def test_the_largest_packet_fits_to_the_byte() -> None:
    data = picture()
    largest = bytes(65_533 - 29)
    labelled = splice(data, parse(data, DEFAULT_LIMITS), Changes(xmp=largest), DEFAULT_LIMITS)
    assert parse(labelled, DEFAULT_LIMITS).blocks[0].payload == largest


@pytest.mark.parametrize("changes", [Changes(xmp=bytes(65_505)), Changes(exif=bytes(65_528))], ids=["xmp", "exif"])
def test_a_payload_that_no_segment_can_hold_is_refused(changes: Changes) -> None:
    data = picture()
    with pytest.raises(LimitError) as caught:
        splice(data, parse(data, DEFAULT_LIMITS), changes, DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.LIMIT_METADATA


def test_a_text_entry_has_no_place() -> None:
    data = picture()
    with pytest.raises(DeclarationError) as caught:
        splice(data, parse(data, DEFAULT_LIMITS), Changes(text=("AIGC", b"{}")), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_FORM_UNSUPPORTED


@pytest.mark.parametrize("marker", [*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)])
def test_every_frame_type_can_be_labelled_without_its_pixels(marker: int) -> None:
    data = picture().replace(b"\xff\xc0\0\x11", bytes((0xFF, marker)) + b"\0\x11")
    anatomy = parse(data, DEFAULT_LIMITS)
    assert (anatomy.width, anatomy.height) == (40, 24)
    assert splice(data, anatomy, Changes(xmp=PACKET), DEFAULT_LIMITS) == data[:20] + xmp() + data[20:]


def without_height(source: bytes) -> bytes:
    at = source.index(b"\xff\xc0") + 5
    return source[:at] + b"\0\0" + source[at + 2 :]


def test_the_height_may_come_after_the_first_scan() -> None:
    source = without_height(picture(40, 24))
    data = source[:-2] + segment(0xDC, b"\0\x18") + source[-2:]
    anatomy = parse(data, DEFAULT_LIMITS)
    assert (anatomy.width, anatomy.height) == (40, 24)


BROKEN = {
    "empty": b"",
    "not JPEG": b"\x89PNG\r\n",
    "no frame": with_segments().replace(b"\xff\xc0", b"\xff\xe7"),
    "no scan": b"\xff\xd8\xff\xd9",
    "two frames": with_segments(segment(0xC0, b"\x08\0\x18\0\x28\x01\x01\x11\0")),
    "short frame": b"\xff\xd8" + segment(0xC0, b"\x08\0\x18\0\x28\x03\x01\x11\0") + b"\xff\xd9",
    "no components": b"\xff\xd8" + segment(0xC0, b"\x08\0\x18\0\x28\0") + b"\xff\xd9",
    "no width": b"\xff\xd8" + segment(0xC0, b"\x08\0\x18\0\0\x01\x01\x11\0") + b"\xff\xd9",
    "no height": without_height(picture()),
    "SOI inside": with_segments(b"\xff\xd8"),
    "length below two": with_segments(b"\xff\xe5\0\x01"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_files_are_malformed(data: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize("name", ["baseline", "progressive", "restarts", "metadata"])
def test_a_file_that_is_cut_anywhere_is_truncated(name: str) -> None:
    data = FILES[name]
    for length in range(2, len(data)):
        with pytest.raises(MediaError) as caught:
            parse(data[:length], DEFAULT_LIMITS)
        assert caught.value.code is ErrorCode.MEDIA_TRUNCATED, length


def test_the_number_of_pixels_is_bounded() -> None:
    with pytest.raises(LimitError) as caught:
        parse(picture(40, 24), Limits(pixels=40 * 24 - 1))
    assert caught.value.code is ErrorCode.LIMIT_PIXELS


def test_the_number_of_segments_is_bounded() -> None:
    with pytest.raises(LimitError) as caught:
        parse(with_segments(*[segment(0xFE, b"")] * 20), Limits(items=20))
    assert caught.value.code is ErrorCode.LIMIT_ITEMS


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FILES)),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 10_000),
)
def test_no_damage_raises_anything_but_own_errors(name: str, flips: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(FILES[name])
    for place, value in flips:
        data[place % len(data)] = value
    damaged = bytes(data[: len(data) - cut % 50])
    try:
        anatomy = parse(damaged, DEFAULT_LIMITS)
        labelled = splice(damaged, anatomy, Changes(drop=anatomy.blocks, xmp=PACKET), DEFAULT_LIMITS)
    except LabelingError:
        return
    assert PACKET in {block.payload for block in parse(labelled, DEFAULT_LIMITS).of(BlockKind.XMP)}


segments = st.builds(segment, st.sampled_from([0xE0, 0xE1, 0xE2, 0xE3, 0xEB, 0xED, 0xEF, 0xFE]), st.binary(max_size=40))


@settings(max_examples=150, deadline=None)
@given(before=st.lists(segments, max_size=4), after=st.lists(segments, max_size=4), trailer=st.binary(max_size=20))
def test_foreign_segments_survive_a_new_packet_in_order(
    before: list[bytes], after: list[bytes], trailer: bytes
) -> None:
    data = with_segments(*before, xmp(b"old"), *after) + trailer
    anatomy = parse(data, DEFAULT_LIMITS)
    changes = Changes(drop=anatomy.of(BlockKind.XMP), xmp=PACKET)
    labelled = splice(data, anatomy, changes, DEFAULT_LIMITS)
    assert labelled == with_segments(*before, xmp(), *after) + trailer
