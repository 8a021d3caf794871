"""The visible label on AVIF: coded anew, with everything else carried over."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from labeling.containers.avif import parse, splice
from labeling.containers.base import BlockKind, Changes
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format
from labeling.visible.raster._av1_header import read_base_quantiser
from labeling.visible.raster.avif import paint
from labeling.visible.raster.base import Painted, painter_for
from labeling.visible.stamp import Stamp

WIDTH, HEIGHT = 128, 96
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
#: Little-endian, one tag (ImageDescription), and bytes behind the IFD that no rewriting would keep.
EXIF = b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x04\0\0\0abc\0\0\0\0\0" + b"behind the last IFD"


def stamp(x: int = 70, y: int = 60, width: int = 48, height: int = 26) -> Stamp:
    ink = np.zeros((height, width), np.uint8)
    ink[height // 4 : -height // 4, width // 4 : -width // 4 : 6] = 255
    ink[:, 1::6] |= ink[:, ::6]
    return Stamp(x, y, ink, np.full((height, width), 255, np.uint8), (255, 255, 255), (0, 0, 0), 0.7)


def photo(mode: str = "RGB", seed: int = 5) -> Image.Image:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(40, 216, (HEIGHT // 12, WIDTH // 12, 3), dtype=np.uint8))
    image = small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, WIDTH, dtype=np.uint8), (HEIGHT, 1))))
    return image.convert(mode)


def saved(image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or photo()).save(out, "AVIF", **{"speed": 10, **options})
    return out.getvalue()


def painted(data: bytes, label: Stamp | None = None) -> Painted:
    return paint(data, parse(data, DEFAULT_LIMITS), label or stamp(), DEFAULT_LIMITS)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixels(data: bytes) -> np.ndarray:
    return np.array(opened(data)).astype(float)


def psnr_outside(one: np.ndarray, other: np.ndarray, label: Stamp) -> float:
    mask = np.ones(one.shape[:2], bool)
    mask[label.box.y : label.box.bottom, label.box.x : label.box.right] = False
    error = ((one - other)[mask] ** 2).mean()
    return 99.0 if not error else float(10 * np.log10(255**2 / error))


def assert_label_seen(picture: np.ndarray, label: Stamp) -> None:
    inside = picture[label.box.y : label.box.bottom, label.box.x : label.box.right, ...]
    light = inside if inside.ndim == 2 else inside[..., :3].mean(axis=2)
    assert light[label.ink == 255].mean() - light[label.ink == 0].mean() > 70


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_the_label_is_drawn_and_the_rest_looks_the_same(mode: str) -> None:
    source = saved(photo(mode), quality=80)
    result = painted(source)
    assert opened(result.data).mode == mode
    before, after = pixels(source), pixels(result.data)
    assert psnr_outside(before, after, stamp()) > 38
    assert_label_seen(after, stamp())
    assert result.contrast > 4.5


@pytest.mark.parametrize("quality", [20, 50, 80, 95])
def test_the_picture_is_coded_as_finely_as_it_was(quality: int) -> None:
    source, result = saved(quality=quality), painted(saved(quality=quality)).data
    old, new = (read_base_quantiser(data[data.index(b"\x12\x00\x0a") :][:512]) for data in (source, result))
    assert old is not None
    assert new is not None
    assert old - 8 <= new <= old
    assert len(result) < 1.6 * len(source) + 9000


@pytest.mark.parametrize("subsampling", ["4:0:0", "4:2:0", "4:2:2", "4:4:4"])
def test_subsampling_is_kept(subsampling: str) -> None:
    source = saved(photo("L") if subsampling == "4:0:0" else photo(), subsampling=subsampling)
    result = painted(source).data
    assert result[result.index(b"av1C") + 6] == source[source.index(b"av1C") + 6]


def test_profile_exif_and_xmp_are_kept_to_the_byte() -> None:
    packet = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><a/></x:xmpmeta><?xpacket end="w"?>'
    source = saved(exif=EXIF, xmp=packet, icc_profile=ICC)
    result = painted(source).data
    anatomy = parse(result, DEFAULT_LIMITS)
    assert opened(result).info["icc_profile"] == ICC
    assert [block.payload for block in anatomy.of(BlockKind.EXIF)] == [EXIF]
    (xmp,) = anatomy.of(BlockKind.XMP)
    assert xmp.payload.startswith(packet[:-19])
    assert b"".join(xmp.payload.split()) == b"".join(packet.split())


@pytest.mark.parametrize("options", [{}, {"xmp": b"<x/>"}, {"exif": EXIF}], ids=["bare", "xmp", "exif"])
def test_a_record_of_eight_thousand_bytes_fits_afterwards(options: dict[str, object]) -> None:
    result = painted(saved(**options)).data
    anatomy = parse(result, DEFAULT_LIMITS)
    packet = b"<record>" + b"r" * 8000 + b"</record>"
    changed = splice(result, anatomy, Changes(drop=anatomy.of(BlockKind.XMP), xmp=packet), DEFAULT_LIMITS)
    assert opened(changed).info["xmp"].rstrip() == packet
    assert (pixels(changed) == pixels(result)).all()


@pytest.mark.parametrize("words", ["", "abc", "a picture", "a picture of odd length."])
@pytest.mark.parametrize("tag", range(1, 9))
def test_a_turned_picture_is_turned_once(tag: int, words: str) -> None:
    turned = Image.Exif()
    turned[0x0112] = tag
    if words:
        turned[0x010E] = words
    source = saved(exif=turned)
    kept = [block.payload for block in parse(source, DEFAULT_LIMITS).of(BlockKind.EXIF)]
    assert len(kept) == bool(words)
    display = stamp(90, 10, 30, 40) if tag < 5 else stamp(60, 80, 30, 40)
    label = display.oriented(tag, WIDTH, HEIGHT)
    result = painted(source, label).data
    anatomy = parse(result, DEFAULT_LIMITS)
    assert anatomy.orientation == tag
    assert [block.payload for block in anatomy.of(BlockKind.EXIF)] == kept
    assert_label_seen(np.array(ImageOps.exif_transpose(opened(result))).astype(float), display)


def test_an_orientation_in_exif_alone_turns_nothing() -> None:
    """MIAF: irot and imir count. The tag stays in the block, and no property appears."""
    tagged = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0" + b"tail of the block"
    source = saved(exif=EXIF[:26].ljust(len(tagged), b"\0"))
    source = source.replace(EXIF[:26].ljust(len(tagged), b"\0"), tagged)
    assert [block.payload for block in parse(source, DEFAULT_LIMITS).of(BlockKind.EXIF)] == [tagged]
    result = painted(source).data
    anatomy = parse(result, DEFAULT_LIMITS)
    assert anatomy.orientation == 1
    assert [block.payload for block in anatomy.of(BlockKind.EXIF)] == [tagged]
    assert_label_seen(pixels(result), stamp())


def test_colour_primaries_and_transfer_are_kept() -> None:
    """Display P3 (12) with the sRGB transfer (13), as phones write it."""
    source = saved().replace(b"nclx\0\x01\0\x0d", b"nclx\0\x0c\0\x0d")
    assert b"nclx\0\x0c\0\x0d" in painted(source).data
    assert b"nclx\0\x01\0\x0d" not in painted(source).data


@pytest.mark.parametrize("premultiplied", [False, True])
def test_alpha_stays_premultiplied_or_not(premultiplied: bool) -> None:
    source = saved(photo("RGBA"), alpha_premultiplied=premultiplied)
    assert (b"prem" in source, b"prem" in painted(source).data) == (premultiplied, premultiplied)


def sequence(count: int = 3) -> bytes:
    pictures = [photo(seed=seed) for seed in range(count)]
    durations = [100 + 20 * index for index in range(count)]
    return saved(pictures[0], save_all=True, append_images=pictures[1:], duration=durations, quality=80)


def test_every_frame_of_a_sequence_shows_the_label_and_keeps_its_time() -> None:
    source = sequence()
    result = painted(source)
    assert result.frames == 3
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(result.data)) as new:
        assert new.n_frames == old.n_frames
        for index in range(3):
            old.seek(index)
            new.seek(index)
            before, after = np.array(old).astype(float), np.array(new).astype(float)
            assert new.info["duration"] == old.info["duration"] == 100 + 20 * index
            assert_label_seen(after, stamp())
            assert psnr_outside(before, after, stamp()) > 34


@pytest.mark.parametrize("plays", [1, 4, None])
def test_the_number_of_plays_is_kept(plays: int | None) -> None:
    source = bytearray(sequence())
    edits, track = source.index(b"elst") + 4, source.index(b"tkhd") + 4
    if plays is not None:
        source[edits + 3] = int(plays > 1)
        (segment,) = struct.unpack_from(">Q", source, edits + 8)
        struct.pack_into(">Q", source, track + 28, segment * plays)
    result = painted(bytes(source)).data
    new_edits, new_track = result.index(b"elst") + 4, result.index(b"tkhd") + 4
    assert result[new_edits : new_edits + 20] == source[edits : edits + 20]
    assert result[new_track + 28 : new_track + 36] == source[track + 28 : track + 36]


def test_more_than_eight_bits_are_refused() -> None:
    source = bytearray(saved())
    source[source.index(b"av1C") + 6] |= 0x40
    with pytest.raises(MediaError) as caught:
        painted(bytes(source))
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED
    assert caught.value.params == {"feature": "bit depth"}


@pytest.mark.parametrize(
    ("kind", "feature"), [(b"clap", "clean aperture"), (b"lsel", "layer selection"), (b"pasp", "pixel aspect ratio")]
)
def test_what_would_be_lost_is_refused(kind: bytes, feature: str) -> None:
    """The pixi property, which nobody needs, becomes one that a viewer acts on."""
    source = saved().replace(b"pixi\0\0\0\0\x03\x08\x08\x08", kind + b"\0\0\0\0\x03\x08\x08\x08")
    with pytest.raises(MediaError) as caught:
        painted(source)
    assert caught.value.params == {"feature": feature}


def test_too_many_pixels_are_refused_before_decoding() -> None:
    source = sequence()
    limits = replace(DEFAULT_LIMITS, pixels=2 * WIDTH * HEIGHT)
    with pytest.raises(LimitError) as caught:
        paint(source, parse(source, limits), stamp(), limits)
    assert caught.value.code is ErrorCode.LIMIT_PIXELS


def test_damaged_pixels_are_refused() -> None:
    source = saved()
    at = source.index(b"mdat") + 4
    with pytest.raises(MediaError) as caught:
        painted(source[:at] + b"\xff" * (len(source) - at))
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_a_sequence_without_a_time_scale_is_refused() -> None:
    """Found by flipping bytes: Pillow divides by the time scale."""
    source = bytearray(sequence())
    at = source.index(b"mdhd") + 4 + 20
    assert source[at : at + 4] == struct.pack(">I", 1000)
    source[at : at + 4] = bytes(4)
    with pytest.raises(MediaError) as caught:
        painted(bytes(source))
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_a_size_that_the_pixels_do_not_have_is_refused() -> None:
    source = sequence()
    shape = b"ispe" + struct.pack(">III", 0, WIDTH, HEIGHT)
    assert shape in source
    with pytest.raises(MediaError) as caught:
        painted(source.replace(shape, b"ispe" + struct.pack(">III", 0, WIDTH + 8, HEIGHT)))
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_heic_has_no_painter() -> None:
    assert painter_for(Format.HEIC) is None
    assert painter_for(Format.AVIF) is paint


SMALL = saved(photo().resize((24, 16)), exif=EXIF, xmp=b"<x/>")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_drawn_on_or_refused_and_never_anything_else(edits: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for place, value in edits:
        data[place % len(data)] = value
    try:
        result = painted(bytes(data), stamp(2, 2, 12, 8))
    except MediaError:
        return
    assert parse(result.data, DEFAULT_LIMITS).frames == result.frames
