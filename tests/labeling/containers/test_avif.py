"""AVIF and HEIC as containers: what is read, and what is overwritten in place."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.avif import parse, splice
from labeling.containers.base import BlockKind, Changes, container_for
from labeling.errors import DeclarationError, ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format, RecordForm
from tests.labeling.heif_files import box, full, heif, iloc, infe

XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>' + b" " * 300 + b'<?xpacket end="w"?>'
TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def saved(frames: int = 1, size: tuple[int, int] = (36, 20), orientation_tag: int = 1, **options: object) -> bytes:
    rng = np.random.default_rng(3)
    pictures = [Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)) for _ in range(frames)]
    exif = Image.Exif()
    exif[0x010E] = "a picture"
    exif[0x0112] = orientation_tag
    extra = {"save_all": True, "append_images": pictures[1:], "duration": 40} if frames > 1 else {}
    out = io.BytesIO()
    pictures[0].save(out, "AVIF", exif=exif, xmp=XMP, speed=10, **extra, **options)
    return out.getvalue()


def blocks(data: bytes, kind: BlockKind) -> list[bytes]:
    return [block.payload for block in parse(data, DEFAULT_LIMITS).of(kind)]


def spliced(data: bytes, **changes: object) -> bytes:
    return splice(data, parse(data, DEFAULT_LIMITS), Changes(**changes), DEFAULT_LIMITS)


def with_xmp(data: bytes, packet: bytes) -> bytes:
    return spliced(data, drop=parse(data, DEFAULT_LIMITS).of(BlockKind.XMP), xmp=packet)


STILL = saved()
SEQUENCE = saved(frames=3)


@pytest.mark.parametrize(("data", "frames"), [(STILL, 1), (SEQUENCE, 3)], ids=["still", "sequence"])
def test_size_frames_and_metadata_of_avif_are_read(data: bytes, frames: int) -> None:
    anatomy = parse(data, DEFAULT_LIMITS)
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.frames) == (Format.AVIF, 36, 20, frames)
    (xmp,) = anatomy.of(BlockKind.XMP)
    assert (xmp.payload, xmp.unit) == (XMP, "mime")
    assert data[xmp.start : xmp.end] == XMP
    (exif,) = anatomy.of(BlockKind.EXIF)
    assert exif.payload[:4] in (b"II*\0", b"MM\0*")
    assert exif.unit == "Exif"


MIME = infe(2, b"mime", b"\0application/rdf+xml\0")
EXIF_ITEM = infe(3, b"Exif")


@pytest.mark.parametrize("version", [0, 1, 2])
def test_heic_metadata_is_read_through_every_version_of_iloc(version: int) -> None:
    def build(at: int) -> bytes:
        spot = iloc(version, 0, (2, [(at, 3), (at + 5, 2)]), (3, [(at + 7, 18)]))
        return heif(locations=spot, items=(MIME, EXIF_ITEM)) + box(b"mdat", b"XMP--!!", b"\0\0\0\0", TIFF)

    data = build(len(build(0)) - 25)
    assert parse(data, DEFAULT_LIMITS).format is Format.HEIC
    assert blocks(data, BlockKind.XMP) == [b"XMP!!"]
    assert blocks(data, BlockKind.EXIF) == [TIFF]


@pytest.mark.parametrize(
    ("media_type", "kind", "notes"),
    [
        (b"application/rdf+xml", BlockKind.XMP, ()),
        (b"Application/RDF+XML; charset=utf-8", BlockKind.XMP, ()),
        (b"application/json", BlockKind.OTHER, ("other-item",)),
        (b"text/plain", BlockKind.OTHER, ("other-item",)),
    ],
)
def test_items_of_every_media_type_are_handed_out(media_type: bytes, kind: BlockKind, notes: tuple[str, ...]) -> None:
    item = infe(2, b"mime", b"\0" + media_type + b"\0")
    data = heif(locations=iloc(1, 1, (2, [(0, 6)])), items=(item,), idat=b"packet")
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.kind, block.payload, block.notes) == (kind, b"packet", notes)


def test_several_packets_in_items_and_boxes_are_several_blocks() -> None:
    items = (MIME, infe(3, b"mime", b"\0application/rdf+xml\0"))
    data = heif(locations=iloc(1, 1, (2, [(0, 3)]), (3, [(3, 3)])), items=items, idat=b"onetwo")
    assert blocks(data + box(b"uuid", XMP_UUID, b"three"), BlockKind.XMP) == [b"one", b"two", b"three"]


@pytest.mark.parametrize("behind", [b"\0\0", b"words", b'AIGC{"a":1}', b"SEFT" * 9, bytes(100)])
def test_bytes_behind_the_boxes_do_not_hide_what_is_in_them(behind: bytes) -> None:
    data = heif(locations=iloc(1, 1, (2, [(0, 6)])), items=(MIME,), idat=b"packet") + behind
    assert blocks(data, BlockKind.XMP) == [b"packet"]


def test_items_in_idat_are_read() -> None:
    idat = b"packet" + b"\0\0\0\x06Exif\0\0" + TIFF
    spots = iloc(1, 1, (2, [(0, 6)]), (3, [(6, len(idat) - 6)]))
    data = heif(locations=spots, items=(MIME, EXIF_ITEM), idat=idat)
    assert blocks(data, BlockKind.XMP) == [b"packet"]
    assert blocks(data, BlockKind.EXIF) == [TIFF]


@pytest.mark.parametrize(
    ("uuid", "kind", "payload"),
    [(C2PA_UUID, BlockKind.C2PA, b""), (XMP_UUID, BlockKind.XMP, b"12345")],
    ids=["c2pa", "xmp"],
)
def test_uuid_boxes_are_recognised(uuid: bytes, kind: BlockKind, payload: bytes) -> None:
    data = heif() + box(b"uuid", uuid, b"12345")
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.kind, block.payload, block.unit) == (kind, payload, "uuid")


@pytest.mark.parametrize(
    ("brand", "fmt"), [(b"avif", Format.AVIF), (b"avis", Format.AVIF), (b"heic", Format.HEIC), (b"hevc", Format.HEIC)]
)
def test_the_brand_tells_the_format(brand: bytes, fmt: Format) -> None:
    assert parse(heif(brand=brand), DEFAULT_LIMITS).format is fmt


IROT = [box(b"irot", bytes([turns])) for turns in range(4)]
IMIR = [box(b"imir", bytes([axis])) for axis in range(2)]


def shown(properties: list[bytes]) -> np.ndarray:
    """What a viewer makes of a picture with four different corners, property by property."""
    picture = np.array([[1, 2], [3, 4]])
    for prop in properties:
        picture = np.rot90(picture, prop[8]) if prop[4:8] == b"irot" else np.flip(picture, prop[8])
    return picture


EXIF_TURNS = {
    1: [[1, 2], [3, 4]],
    2: [[2, 1], [4, 3]],
    3: [[4, 3], [2, 1]],
    4: [[3, 4], [1, 2]],
    5: [[1, 3], [2, 4]],
    6: [[3, 1], [4, 2]],
    7: [[4, 2], [3, 1]],
    8: [[2, 4], [1, 3]],
}


@pytest.mark.parametrize(
    "properties",
    [
        *([turn] for turn in IROT),
        *([mirror] for mirror in IMIR),
        *([turn, mirror] for turn in IROT for mirror in IMIR),
        *([mirror, turn] for turn in IROT for mirror in IMIR),
    ],
    ids=lambda properties: "-".join(f"{prop[4:8].decode()}{prop[8]}" for prop in properties),
)
def test_rotation_and_mirroring_are_an_exif_orientation(properties: list[bytes]) -> None:
    data = heif(*properties)
    found = parse(data, DEFAULT_LIMITS).orientation
    assert EXIF_TURNS[found] == shown(properties).tolist()


@pytest.mark.parametrize("tag", range(1, 9))
def test_the_orientation_that_pillow_writes_is_read(tag: int) -> None:
    data = saved(orientation_tag=tag)
    assert parse(data, DEFAULT_LIMITS).orientation == tag


@pytest.mark.parametrize("data", [STILL, SEQUENCE], ids=["still", "sequence"])
def test_a_packet_is_overwritten_in_place_and_no_other_byte_changes(data: bytes) -> None:
    (block,) = parse(data, DEFAULT_LIMITS).of(BlockKind.XMP)
    result = with_xmp(data, b'<?xpacket begin=""?><a>record</a><?xpacket end="w"?>')
    assert result[: block.start] + result[block.end :] == data[: block.start] + data[block.end :]
    (packet,) = blocks(result, BlockKind.XMP)
    assert packet.startswith(b'<?xpacket begin=""?><a>record</a> ')
    assert packet.endswith(b' <?xpacket end="w"?>')
    with Image.open(io.BytesIO(result)) as image:
        assert image.info["xmp"] == packet


@pytest.mark.parametrize("spare", [0, 1, 150])
def test_padding_gives_way_to_a_longer_packet(spare: int) -> None:
    room = len(XMP) - 40 - spare
    packet = b"<" + b"a" * (room - 2) + b">" + b" " * 500 + b"<?xpacket end='w'?>" + b" " * 3
    assert len(blocks(with_xmp(STILL, packet), BlockKind.XMP)[0]) == len(XMP)


@pytest.mark.parametrize(
    ("data", "packet"),
    [(STILL, b"a" * (len(XMP) + 1)), (heif(brand=b"avif"), b"a"), (heif(), b"a")],
    ids=["no room", "no item in AVIF", "no item in HEIC"],
)
def test_a_record_without_room_is_a_named_error(data: bytes, packet: bytes) -> None:
    with pytest.raises(DeclarationError) as caught:
        with_xmp(data, packet)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_exif_is_replaced_in_place_and_blanked() -> None:
    (block,) = parse(STILL, DEFAULT_LIMITS).of(BlockKind.EXIF)
    assert blocks(spliced(STILL, drop=(block,), exif=TIFF), BlockKind.EXIF) == [TIFF.ljust(len(block.payload), b"\0")]
    assert blocks(spliced(STILL, drop=(block,)), BlockKind.EXIF) == [TIFF.ljust(len(block.payload), b"\0")]


def test_a_dropped_packet_becomes_an_empty_one() -> None:
    result = spliced(STILL, drop=parse(STILL, DEFAULT_LIMITS).of(BlockKind.XMP))
    (packet,) = blocks(result, BlockKind.XMP)
    assert len(packet) == len(XMP)
    assert b"rdf:RDF" in packet


def test_a_dropped_c2pa_box_becomes_free_space() -> None:
    data = STILL + box(b"uuid", C2PA_UUID, b"12345")
    result = spliced(data, drop=parse(data, DEFAULT_LIMITS).of(BlockKind.C2PA))
    assert result == STILL + box(b"free", C2PA_UUID, b"12345")


def test_a_packet_in_pieces_is_not_overwritten() -> None:
    data = heif(locations=iloc(1, 1, (2, [(0, 3), (4, 3)])), items=(MIME,), idat=b"abc-def")
    with pytest.raises(DeclarationError) as caught:
        with_xmp(data, b"a")
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_a_text_entry_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        spliced(STILL, text=("AIGC", b"{}"))
    assert caught.value.code is ErrorCode.RECORD_FORM_UNSUPPORTED


def test_avif_takes_a_record_and_heic_is_read_only() -> None:
    forms = {fmt: container.forms for fmt in (Format.AVIF, Format.HEIC) if (container := container_for(fmt))}
    assert forms == {Format.AVIF: {RecordForm.STANDARD: BlockKind.XMP}, Format.HEIC: {}}


def mime_at(method: int, *extents: tuple[int, int]) -> bytes:
    return heif(locations=iloc(1, method, (2, list(extents))), items=(MIME,), idat=b"some idat")


BROKEN = {
    "empty": (b"", ErrorCode.MEDIA_MALFORMED),
    "no file type": (box(b"free", b"0123456789"), ErrorCode.MEDIA_MALFORMED),
    "cut": (STILL[:-1], ErrorCode.MEDIA_TRUNCATED),
    "no meta": (box(b"ftyp", b"avif\0\0\0\0"), ErrorCode.MEDIA_MALFORMED),
    "an empty ftyp": (box(b"ftyp") + STILL, ErrorCode.MEDIA_MALFORMED),
    "a box smaller than its header": (heif() + b"\0\0\0\x04free", ErrorCode.MEDIA_MALFORMED),
    "a box that is cut": (heif() + struct.pack(">I4s", 99, b"mdat"), ErrorCode.MEDIA_TRUNCATED),
    "two meta boxes": (heif() + box(b"meta", bytes(4)), ErrorCode.MEDIA_MALFORMED),
    "a 64-bit size that is too large": (heif() + b"\0\0\0\x01free" + b"\xff" * 8, ErrorCode.MEDIA_TRUNCATED),
    "an item past the end": (mime_at(0, (1 << 31, 9)), ErrorCode.MEDIA_TRUNCATED),
    "an item past idat": (mime_at(1, (0, 10)), ErrorCode.MEDIA_TRUNCATED),
    "an item of items": (mime_at(2, (0, 1)), ErrorCode.MEDIA_UNSUPPORTED),
    "an item without extents": (mime_at(1), ErrorCode.MEDIA_MALFORMED),
    "an item without a location": (heif(items=(MIME,)), ErrorCode.MEDIA_MALFORMED),
    "EXIF that points past itself": (
        heif(locations=iloc(1, 1, (3, [(0, 9)])), items=(EXIF_ITEM,), idat=b"\xff" * 9),
        ErrorCode.MEDIA_MALFORMED,
    ),
    "iloc of a later version": (heif(locations=full(b"iloc", b"\0" * 8, version=3)), ErrorCode.MEDIA_MALFORMED),
    "an item entry of an old version": (heif(items=(infe(2, b"mime", version=1),)), ErrorCode.MEDIA_MALFORMED),
    "no pixels": (heif().replace(struct.pack(">II", 40, 30), bytes(8)), ErrorCode.MEDIA_MALFORMED),
    "no size": (heif().replace(b"ispe", b"free"), ErrorCode.MEDIA_MALFORMED),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_code(name: str) -> None:
    data, code = BROKEN[name]
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (STILL, replace(DEFAULT_LIMITS, all_metadata_bytes=len(XMP)), ErrorCode.LIMIT_METADATA),
        (STILL, replace(DEFAULT_LIMITS, metadata_bytes=len(XMP) - 1), ErrorCode.LIMIT_METADATA),
        (heif() + b"\0\0\0\x08free" * 50, replace(DEFAULT_LIMITS, items=40), ErrorCode.LIMIT_ITEMS),
        (mime_at(1, *[(0, 1)] * 50), replace(DEFAULT_LIMITS, items=40), ErrorCode.LIMIT_ITEMS),
        (box(b"ftyp", b"heic", bytes(400)), replace(DEFAULT_LIMITS, items=40), ErrorCode.LIMIT_ITEMS),
        (
            heif(locations=iloc(0, 0, *[(number, []) for number in range(50)])),
            replace(DEFAULT_LIMITS, items=40),
            ErrorCode.LIMIT_ITEMS,
        ),
    ],
    ids=["metadata of all items together", "metadata of one item", "boxes", "extents", "brands", "locations"],
)
def test_bounds_are_kept(data: bytes, limits: object, code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        parse(data, limits)
    assert caught.value.code is code


@settings(max_examples=200, deadline=None)
@given(
    sequence=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5),
    cut=st.none() | st.integers(0, 1 << 16),
)
def test_damaged_bytes_are_parsed_or_refused_and_never_anything_else(
    sequence: bool, edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(SEQUENCE if sequence else STILL)
    reach = data.index(b"mdat")
    for place, value in edits:
        data[place % reach] = value
    damaged = bytes(data[: cut % len(data)]) if cut is not None else bytes(data)
    try:
        anatomy = parse(damaged, DEFAULT_LIMITS)
        assert 1 <= (anatomy.orientation or 0) <= 8
        result = splice(damaged, anatomy, Changes(drop=anatomy.of(BlockKind.XMP), xmp=b"<a/>"), DEFAULT_LIMITS)
    except (MediaError, DeclarationError):
        return
    assert len(result) == len(damaged)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_packet_that_fits_is_read_back_with_padding_only(text: str) -> None:
    packet = text.encode().rstrip()
    try:
        result = with_xmp(STILL, packet)
    except DeclarationError:
        assert len(packet) > len(XMP)
        return
    assert blocks(result, BlockKind.XMP)[0].rstrip() == packet
