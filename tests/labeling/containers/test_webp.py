"""WebP as a container: what is found, what a splice changes, and that nothing else changes."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.base import BlockKind, Changes, container_for
from labeling.containers.webp import parse, splice
from labeling.errors import DeclarationError, ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Carrier, Format, RecordForm

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
FLAG_ICC, FLAG_ALPHA, FLAG_EXIF, FLAG_XMP, FLAG_ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02


def saved(mode: str = "RGB", size: tuple[int, int] = (33, 21), frames: int = 1, **options: object) -> bytes:
    rng = np.random.default_rng(7)
    channels = len(mode)
    pictures = [
        Image.fromarray(rng.integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)) for _ in range(frames)
    ]
    out = io.BytesIO()
    extra = {"save_all": True, "append_images": pictures[1:], "duration": 40} if frames > 1 else {}
    pictures[0].save(out, "WEBP", **extra, **options)
    return out.getvalue()


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """An independent reading: fourcc and payload of each chunk inside the RIFF size."""
    found, at, end = [], 12, 8 + struct.unpack_from("<I", data, 4)[0]
    assert end % 2 == 0
    while at < end:
        name, size = struct.unpack_from("<4sI", data, at)
        found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    assert at == end
    return found


def built(*parts: tuple[bytes, bytes]) -> bytes:
    body = b"".join(n + struct.pack("<I", len(p)) + p + b"\0" * (len(p) % 2) for n, p in parts)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def spliced(data: bytes, **changes: object) -> bytes:
    return splice(data, parse(data, DEFAULT_LIMITS), Changes(**changes), DEFAULT_LIMITS)


def flags(data: bytes) -> int:
    name, payload = chunks(data)[0]
    assert name == b"VP8X"
    return payload[0]


SOURCES = {
    "lossy": saved(),
    "lossy-alpha": saved("RGBA"),
    "lossless": saved(lossless=True),
    "lossless-alpha": saved("RGBA", lossless=True),
    "icc": saved(icc_profile=b"profile"),
    "exif-and-xmp": saved(exif=EXIF, xmp=XMP),
    "animated": saved(frames=3),
    "animated-lossless-alpha": saved("RGBA", frames=2, lossless=True),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_size_and_the_frames_are_read_without_decoding(name: str) -> None:
    anatomy = parse(SOURCES[name], DEFAULT_LIMITS)
    with Image.open(io.BytesIO(SOURCES[name])) as image:
        assert (anatomy.format, anatomy.width, anatomy.height) == (Format.WEBP, *image.size)
        assert anatomy.frames == image.n_frames


@pytest.mark.parametrize("name", SOURCES)
def test_xmp_and_exif_are_put_and_every_other_chunk_stays(name: str) -> None:
    source = SOURCES[name]
    old = parse(source, DEFAULT_LIMITS).blocks
    result = spliced(source, drop=old, xmp=XMP + b"!", exif=EXIF)
    with Image.open(io.BytesIO(result)) as image:
        assert image.info["xmp"] == XMP + b"!"
        assert image.info["exif"] == EXIF
    metadata = {b"VP8X", b"XMP ", b"EXIF"}
    before = [part for part in chunks(source) if part[0] not in metadata]
    assert [part for part in chunks(result) if part[0] not in metadata] == before
    assert [part for part, _ in chunks(result)][-2:] == [b"EXIF", b"XMP "]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lossy", FLAG_XMP),
        ("lossy-alpha", FLAG_XMP | FLAG_ALPHA),
        ("lossless", FLAG_XMP),
        ("lossless-alpha", FLAG_XMP | FLAG_ALPHA),
        ("icc", FLAG_XMP | FLAG_ICC),
        ("exif-and-xmp", FLAG_XMP | FLAG_EXIF),
        ("animated", FLAG_XMP | FLAG_ANIMATION),
        ("animated-lossless-alpha", FLAG_XMP | FLAG_ANIMATION | FLAG_ALPHA),
    ],
)
def test_the_flags_say_what_is_in_the_file(name: str, expected: int) -> None:
    source = SOURCES[name]
    result = spliced(source, drop=parse(source, DEFAULT_LIMITS).of(BlockKind.XMP), xmp=XMP)
    assert flags(result) == expected
    canvas = chunks(result)[0][1]
    size = tuple(int.from_bytes(canvas[at : at + 3], "little") + 1 for at in (4, 7))
    assert size == (33, 21)


def test_dropping_metadata_clears_its_flag_and_nothing_else() -> None:
    source = SOURCES["exif-and-xmp"]
    result = spliced(source, drop=parse(source, DEFAULT_LIMITS).of(BlockKind.XMP))
    assert flags(result) == FLAG_EXIF
    assert [part for part, _ in chunks(result)] == [b"VP8X", b"VP8 ", b"EXIF"]


@pytest.mark.parametrize("name", SOURCES)
def test_a_splice_without_changes_returns_the_same_bytes(name: str) -> None:
    assert spliced(SOURCES[name]) == SOURCES[name]


def test_pixels_are_the_same_after_a_splice() -> None:
    with (
        Image.open(io.BytesIO(SOURCES["lossy"])) as before,
        Image.open(io.BytesIO(spliced(SOURCES["lossy"], xmp=XMP))) as after,
    ):
        assert before.tobytes() == after.tobytes()
        assert before.mode == after.mode


def test_unknown_chunks_keep_their_bytes_and_their_order() -> None:
    canvas, image = chunks(SOURCES["icc"])[0], chunks(SOURCES["lossy"])[0]
    unknown = [(b"ABCD", b"odd"), (b"Zz  ", b""), (b"\xff\0\x01\x02", b"four")]
    source = built((b"VP8X", b"\0" + canvas[1][1:]), unknown[0], image, unknown[1], (b"XMP ", b"old"), unknown[2])
    result = spliced(source, drop=parse(source, DEFAULT_LIMITS).of(BlockKind.XMP), xmp=XMP)
    assert [part for part in chunks(result) if part in unknown] == unknown


def test_bytes_behind_the_riff_chunk_are_kept() -> None:
    source = SOURCES["lossy"] + b"behind"
    result = spliced(source, xmp=XMP)
    assert result.endswith(b"behind")
    assert 8 + struct.unpack_from("<I", result, 4)[0] == len(result) - len(b"behind")


def test_a_missing_last_padding_byte_is_accepted_and_put_in() -> None:
    source = built(chunks(SOURCES["lossy"])[0], (b"odd ", b"123"))
    short = source[:4] + struct.pack("<I", len(source) - 9) + source[8:-1]
    assert chunks(spliced(short, xmp=XMP))[2:] == [(b"XMP ", XMP), (b"odd ", b"123")]


def test_a_misspelt_xmp_chunk_is_read_and_replaced_by_a_right_one() -> None:
    source = SOURCES["exif-and-xmp"].replace(b"XMP ", b"XMP\0")
    (block,) = parse(source, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert (block.payload, block.notes) == (XMP, ("misspelt",))
    assert chunks(spliced(source, drop=(block,), xmp=b"new."))[-1] == (b"XMP ", b"new.")


def test_an_exif_chunk_with_a_jpeg_prefix_is_read_without_it() -> None:
    source = built(*chunks(SOURCES["exif-and-xmp"])[:2], (b"EXIF", b"Exif\0\0" + EXIF))
    (block,) = parse(source, DEFAULT_LIMITS).of(BlockKind.EXIF)
    assert (block.payload, block.notes, block.unit) == (EXIF, ("exif-prefix",), "EXIF")


def test_a_c2pa_chunk_is_reported_without_its_bytes() -> None:
    source = built(*chunks(SOURCES["exif-and-xmp"])[:2], (b"C2PA", b"jumb" * 9))
    (block,) = parse(source, DEFAULT_LIMITS).of(BlockKind.C2PA)
    assert block.payload == b""
    assert source[block.start : block.end] == b"C2PA" + struct.pack("<I", 36) + b"jumb" * 9


def test_each_of_two_xmp_chunks_is_a_block_of_its_own() -> None:
    source = built(*chunks(SOURCES["exif-and-xmp"])[:2], (b"XMP ", b"one"), (b"XMP ", b"two"))
    blocks = parse(source, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert [block.payload for block in blocks] == [b"one", b"two"]
    result = spliced(source, drop=blocks, xmp=XMP)
    assert [part for part in chunks(result) if part[0] == b"XMP "] == [(b"XMP ", XMP)]


BARE = b'AIGC{"Label":"1","ProduceID":"x"}'


@pytest.mark.parametrize(
    ("name", "payload", "kind"),
    [
        (b"AIGC", BARE[4:], BlockKind.TEXT),
        (b"aigc", BARE[4:], BlockKind.TEXT),
        (b"JUNK", b"\0\0" + BARE, BlockKind.OTHER),
        (b"LIST", b"INFOICMT\x21\0\0\0" + BARE, BlockKind.OTHER),
    ],
)
def test_a_record_in_a_chunk_that_webp_does_not_know_is_found(name: bytes, payload: bytes, kind: BlockKind) -> None:
    source = SOURCES["lossy"]
    data = built(*chunks(source), (name, payload))
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert (block.kind, block.carrier, block.notes) == (kind, Carrier.RIFF_CHUNK, ("unknown-chunk",))
    assert spliced(data, drop=(block,)) == source


def test_a_chunk_of_that_name_is_bounded_and_any_other_is_passed_over() -> None:
    source = chunks(SOURCES["lossy"])
    few = replace(DEFAULT_LIMITS, metadata_bytes=50)
    assert parse(built(*source, (b"JUNK", BARE * 9)), few).blocks == ()
    with pytest.raises(LimitError):
        parse(built(*source, (b"AIGC", BARE * 9)), few)


def test_metadata_inside_a_frame_is_read_and_not_taken_out() -> None:
    parts = chunks(SOURCES["animated"])
    packet = b"XMP " + struct.pack("<I", len(XMP)) + XMP + b"\0" * (len(XMP) % 2)
    data = built(*((name, body + packet if name == b"ANMF" else body) for name, body in parts))
    found = parse(data, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert {block.notes for block in found} == {("in-frame",)}
    assert len(found) == sum(name == b"ANMF" for name, _ in parts)
    with pytest.raises(DeclarationError) as caught:
        spliced(data, drop=found[:1])
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_a_text_entry_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        spliced(SOURCES["lossy"], text=("AIGC", b"{}"))
    assert caught.value.code is ErrorCode.RECORD_FORM_UNSUPPORTED


def shifted_frame(animation: bytes) -> bytes:
    """The first frame moved 14 pixels to the right, so that it no longer fits the canvas."""
    at = animation.index(b"ANMF") + 8
    return animation[:at] + b"\x07" + animation[at + 1 :]


LOSSY = SOURCES["lossy"]
CANVAS = chunks(SOURCES["exif-and-xmp"])[0]
BROKEN = {
    "empty": (b"", ErrorCode.MEDIA_TRUNCATED),
    "only RIFF": (LOSSY[:8], ErrorCode.MEDIA_TRUNCATED),
    "another form": (LOSSY.replace(b"WEBP", b"WAVE"), ErrorCode.MEDIA_MALFORMED),
    "cut in the middle": (LOSSY[:100], ErrorCode.MEDIA_TRUNCATED),
    "one byte short": (LOSSY[:-1], ErrorCode.MEDIA_TRUNCATED),
    "a chunk that is too long": (LOSSY[:16] + b"\xff\xff\xff\x7f" + LOSSY[20:], ErrorCode.MEDIA_TRUNCATED),
    "no chunk": (built(), ErrorCode.MEDIA_MALFORMED),
    "an impossible RIFF size": (b"RIFF\0\0\0\0WEBP", ErrorCode.MEDIA_MALFORMED),
    "an unknown first chunk": (built((b"ABCD", b"1234")), ErrorCode.MEDIA_MALFORMED),
    "no start code": (LOSSY.replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"), ErrorCode.MEDIA_MALFORMED),
    "a VP8 header cut short": (built((b"VP8 ", b"\x30\x01")), ErrorCode.MEDIA_TRUNCATED),
    "no pixels": (built((b"VP8 ", b"\x30\x01\0\x9d\x01\x2a\0\0\0\0")), ErrorCode.MEDIA_MALFORMED),
    "VP8L of a later version": (built((b"VP8L", b"\x2f\0\0\0\x20")), ErrorCode.MEDIA_MALFORMED),
    "a VP8L header cut short": (built((b"VP8L", b"\x2f\0")), ErrorCode.MEDIA_TRUNCATED),
    "a short VP8X": (built((b"VP8X", b"\0" * 4)), ErrorCode.MEDIA_MALFORMED),
    "a canvas without a picture": (built(CANVAS), ErrorCode.MEDIA_MALFORMED),
    "a canvas of another size": (
        built((b"VP8X", CANVAS[1][:4] + b"\x01" + CANVAS[1][5:]), chunks(LOSSY)[0]),
        ErrorCode.MEDIA_MALFORMED,
    ),
    "an animation without frames": (built((b"VP8X", b"\x02" + CANVAS[1][1:])), ErrorCode.MEDIA_MALFORMED),
    "a frame without a header": (
        built((b"VP8X", b"\x02" + CANVAS[1][1:]), (b"ANMF", b"\0" * 8)),
        ErrorCode.MEDIA_MALFORMED,
    ),
    "a frame outside the canvas": (shifted_frame(SOURCES["animated"]), ErrorCode.MEDIA_MALFORMED),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_code(name: str) -> None:
    data, code = BROKEN[name]
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is code


def test_the_chunks_of_all_frames_together_are_bounded() -> None:
    with pytest.raises(LimitError) as caught:
        parse(SOURCES["animated"], replace(DEFAULT_LIMITS, items=7))
    assert caught.value.code is ErrorCode.LIMIT_ITEMS
    assert parse(SOURCES["animated"], replace(DEFAULT_LIMITS, items=8)).frames == 3


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(DEFAULT_LIMITS, metadata_bytes=20), ErrorCode.LIMIT_METADATA),
        (replace(DEFAULT_LIMITS, items=2), ErrorCode.LIMIT_ITEMS),
    ],
    ids=["metadata", "chunks"],
)
def test_bounds_are_kept(limits: object, code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        parse(SOURCES["exif-and-xmp"], limits)
    assert caught.value.code is code


def test_a_record_can_be_written_as_xmp_and_as_exif() -> None:
    container = container_for(Format.WEBP)
    assert container is not None
    assert container.forms == {RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF}


fourccs = st.binary(min_size=4, max_size=4).filter(
    lambda name: name not in {b"XMP ", b"XMP\0", b"EXIF", b"ALPH", b"VP8 ", b"VP8L", b"VP8X", b"ANMF"}
)


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(st.tuples(fourccs, st.binary(max_size=9)), max_size=3),
    after=st.lists(st.tuples(fourccs, st.binary(max_size=9)), max_size=3),
    xmp=st.binary(max_size=40),
    tail=st.binary(max_size=12),
)
def test_what_is_put_can_be_dropped_again_without_a_trace(
    before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]], xmp: bytes, tail: bytes
) -> None:
    canvas = (b"VP8X", b"\0" + CANVAS[1][1:])
    source = built(canvas, *before, chunks(LOSSY)[0], *after) + tail
    put = spliced(source, xmp=xmp)
    (block,) = parse(put, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert block.payload == xmp
    assert spliced(put, drop=(block,)) == source


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted(SOURCES)),
    edits=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=4),
    cut=st.none() | st.integers(0, 1 << 16),
)
def test_damaged_bytes_are_parsed_or_refused_and_never_anything_else(
    name: str, edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(SOURCES[name])
    for place, value in edits:
        data[place % min(len(data), 120)] = value
    damaged = bytes(data[: cut % len(data)]) if cut is not None else bytes(data)
    try:
        anatomy = parse(damaged, DEFAULT_LIMITS)
    except MediaError:
        return
    result = splice(damaged, anatomy, Changes(drop=anatomy.of(BlockKind.XMP), xmp=XMP), DEFAULT_LIMITS)
    assert [block.payload for block in parse(result, DEFAULT_LIMITS).of(BlockKind.XMP)] == [XMP]
