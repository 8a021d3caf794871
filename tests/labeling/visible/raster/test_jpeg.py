"""The stamp in JPEG files: where it may change pixels, and what it leaves alone."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from labeling.containers._jpeg_walk import walk
from labeling.containers.base import BlockKind, Changes
from labeling.containers.jpeg import parse, splice
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster._jpeg_chroma import samples
from labeling.visible.raster._jpeg_coding import read_coding
from labeling.visible.raster._jpeg_decode import coded
from labeling.visible.raster._jpeg_steps import sharpened
from labeling.visible.raster._jpeg_trial import bears_rgb
from labeling.visible.raster.base import Painted, painter_for
from labeling.visible.raster.jpeg import paint
from labeling.visible.stamp import Stamp

Pixels = NDArray[Any]

SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}
#: What the issue asks for outside the label.
FIDELITY = 48.0


def photo(width: int = 240, height: int = 160) -> Image.Image:
    """Smooth colour, hard edges and grain, as photographs have them."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [128 + 90 * np.sin(x / 17 + phase) * np.cos(y / 23 - phase) for phase in (0.0, 1.1, 2.3)]
    pixels = np.dstack(waves)
    pixels[height // 5 : height // 2, width // 6 : width // 3] = (200, 40, 30)
    pixels[height // 3 : height // 2, width // 2 : -width // 5] += 60
    pixels += np.random.default_rng(3).normal(0, 4, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))


def calm(width: int = 480, height: int = 320) -> Image.Image:
    """The same in muted colours, as most photographs are."""
    return Image.blend(photo(width, height), Image.new("RGB", (width, height), (110, 120, 125)), 0.65)


def encoded(image: Image.Image, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format="JPEG", **options)
    return target.getvalue()


def stamp_for(width: int, height: int, *, x: int | None = None, y: int | None = None) -> Stamp:
    """A plate with a bar of ink on it, near the bottom right corner unless a place is given."""
    stamp_width, stamp_height = max(1, width // 4), max(1, height // 8)
    ink = np.zeros((stamp_height, stamp_width), np.uint8)
    ink[stamp_height // 4 : -(stamp_height // 4) or None, stamp_width // 4 : -(stamp_width // 4) or None] = 255
    plate = np.full_like(ink, 255)
    right = width - stamp_width - min(3, width - stamp_width)
    bottom = height - stamp_height - min(3, height - stamp_height)
    place = right if x is None else x, bottom if y is None else y
    return Stamp(*place, ink, plate, (255, 255, 255), (0, 0, 0), 0.7)


def painted(data: bytes, stamp: Stamp | None = None) -> Painted:
    anatomy = parse(data, DEFAULT_LIMITS)
    stamp = stamp or stamp_for(anatomy.width, anatomy.height)
    return paint(data, anatomy, stamp, DEFAULT_LIMITS)


def pixels_of(data: bytes, mode: str | None = None) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(mode) if mode else image).astype(np.int32)


def outside(shape: tuple[int, ...], stamp: Stamp, unit: int = 16) -> NDArray[np.bool_]:
    """True where no coded unit of the stamp lies."""
    mask = np.ones(shape[:2], bool)
    box = stamp.box
    top, left = box.y // unit * unit, box.x // unit * unit
    mask[top : -(-box.bottom // unit) * unit, left : -(-box.right // unit) * unit] = False
    return mask


def fidelity(one: Pixels, other: Pixels, mask: NDArray[np.bool_]) -> float:
    """PSNR in dB over the pixels in `mask`."""
    error = float(((one - other)[mask] ** 2).mean())
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def segments_of(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and bytes of each segment, scans without their coded pixels, up to EOI and with what follows it."""
    found, at = [], 2
    while data[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], data[at:end]))
        while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
            end += 1
        at = end
    return [*found, (0xD9, data[at:])]


def lasting(data: bytes) -> list[tuple[int, bytes]]:
    """All segments but the Huffman tables and the scan headers."""
    return [(marker, part) for marker, part in segments_of(data) if marker not in (0xC4, 0xDA)]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def from_planes(planes: list[Pixels], factors: list[tuple[int, int]], size: tuple[int, int], *head: bytes) -> bytes:
    """A sequential file with one scan for each component, in any sampling (T.81, B.2), with quality 90."""
    tables, scans, components = b"", b"", b""
    for number, (plane, (horizontal, vertical)) in enumerate(zip(planes, factors, strict=True)):
        parts = segments_of(data := encoded(Image.fromarray(plane.astype(np.uint8)), quality=90))
        quantisation = next(part for marker, part in parts if marker == 0xDB)
        tables += quantisation[:4] + bytes((number,)) + quantisation[5:]
        components += bytes((number + 1, horizontal << 4 | vertical, number))
        huffman = data.index(b"\xff\xc4")
        header = data.index(b"\xff\xda")
        scans += data[huffman : header + 5] + bytes((number + 1,)) + data[header + 6 : -2]
    frame = struct.pack(">BHHB", 8, size[1], size[0], len(planes)) + components
    return b"\xff\xd8" + b"".join(head) + tables + segment(0xC0, frame) + scans + b"\xff\xd9"


def planes_of(image: Image.Image, factors: list[tuple[int, int]]) -> list[Pixels]:
    """The bands of an image, each reduced to its sampling factors."""
    across, down = max(h for h, _ in factors), max(v for _, v in factors)
    return [
        np.asarray(band.resize((-(-image.width * h // across), -(-image.height * v // down)), Image.Resampling.BOX))
        for band, (h, v) in zip(image.split(), factors, strict=True)
    ]


def test_the_painter_is_registered() -> None:
    assert painter_for(parse(encoded(photo()), DEFAULT_LIMITS).format) is paint


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS.values(), ids=SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [25, 75, 90, 95, 97, 100])
@pytest.mark.parametrize("image", [photo(480, 320), calm()], ids=["vivid", "calm"])
def test_pixels_outside_the_stamp_stay_and_the_file_keeps_its_size(
    image: Image.Image, quality: int, subsampling: int, progressive: bool
) -> None:
    data = encoded(image, quality=quality, subsampling=subsampling, progressive=progressive)
    stamp = stamp_for(480, 320)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY
    # The label itself takes up to a kilobyte, which counts in small files; 4:2:2 at 100 is the one layout that grows.
    bearable = 1.15 if (quality, subsampling) == (100, 1) else 1.1
    assert 0.9 * len(data) < len(result.data) < bearable * len(data) + 1024


def graphic(width: int = 400, height: int = 320) -> Image.Image:
    """Saturated stripes and checks of a few pixels, on which a round trip through RGB loses most."""
    y, x = np.mgrid[:height, :width]
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = 200
    pixels[(x // 3 + y // 5) % 3 == 0] = (255, 40, 30)
    pixels[(x // 40 + y // 30) % 4 == 0] = (40, 240, 40)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS.values(), ids=SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [75, 90])
def test_saturated_graphics_keep_their_pixels_too(quality: int, subsampling: int) -> None:
    data = encoded(graphic(), quality=quality, subsampling=subsampling)
    stamp = stamp_for(400, 320)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY
    assert 0.9 < len(result.data) / len(data) < 1.1


@pytest.mark.parametrize("quality", [85, 98])
@pytest.mark.parametrize(("image", "bears"), [(calm(), True), (graphic(), False), (calm(90, 90), False)])
def test_only_a_picture_that_bears_it_takes_the_quick_way(image: Image.Image, bears: bool, quality: int) -> None:
    data = encoded(image, quality=quality)
    walked = walk(data, DEFAULT_LIMITS)
    coding = read_coding(data, walked)
    pixels = coded(data, walked, coding)
    steps = sharpened(coding, horizontal=True, vertical=True)
    assert bears_rgb(pixels.load("RGB"), pixels, coding, steps) is bears


@pytest.mark.parametrize("size", [(64, 48), (61, 47), (5, 4), (2, 9), (1, 1)], ids=str)
@pytest.mark.parametrize("factors", [(2, 1), (1, 2), (2, 2), (4, 1)], ids=str)
def test_chroma_samples_come_back_from_what_libjpeg_upsampled(factors: tuple[int, int], size: tuple[int, int]) -> None:
    layout = [factors, (1, 1), (1, 1)]
    planes = planes_of(photo().resize(size).convert("YCbCr"), layout)
    data = from_planes(planes, layout, size)
    walked = walk(data, DEFAULT_LIMITS)
    upsampled = coded(data, walked, read_coding(data, walked)).load("YCbCr")
    recovered = samples(np.asarray(upsampled.getchannel("Cb")), *factors)[: planes[1].shape[0], : planes[1].shape[1]]
    alone = pixels_of(encoded(Image.fromarray(planes[1]), quality=90))
    assert np.abs(recovered.astype(int) - alone).max() <= 1


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS.values(), ids=SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [60, 99])
def test_tables_sampling_progression_and_every_other_segment_stay(
    quality: int, subsampling: int, progressive: bool
) -> None:
    source = encoded(
        photo(), quality=quality, subsampling=subsampling, progressive=progressive, comment=b"hello", dpi=(144, 144)
    )
    anatomy = parse(source, DEFAULT_LIMITS)
    data = splice(source, anatomy, Changes(xmp=b"<packet/>", exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0"), DEFAULT_LIMITS)
    data = data[:2] + segment(0xE7, b"unknown \xff\xd9 bytes") + data[2:] + b"a trailer"
    result = painted(data)
    assert lasting(result.data) == lasting(data)
    with Image.open(io.BytesIO(result.data)) as image:
        assert bool(image.info.get("progressive")) is progressive


@pytest.mark.parametrize("quality", [50, 97])
def test_the_stamp_is_there_and_can_be_read(quality: int) -> None:
    stamp = stamp_for(240, 160)
    result = painted(encoded(photo(), quality=quality), stamp)
    region = pixels_of(result.data, "L")[stamp.y : stamp.box.bottom, stamp.x : stamp.box.right]
    assert region[stamp.ink == 255].mean() > 235
    assert region[stamp.ink == 0].mean() < 110
    assert result.contrast > 4.5
    assert result.frames == 1


@pytest.mark.parametrize("place", [(0, 0), (7, 9), (180, 0), (0, 140), (180, 140)], ids=str)
def test_the_stamp_may_stand_anywhere(place: tuple[int, int]) -> None:
    data = encoded(photo(), quality=85)
    stamp = stamp_for(240, 160, x=place[0], y=place[1])
    before, after = pixels_of(data), pixels_of(painted(data, stamp).data)
    mask = outside(before.shape, stamp)
    assert fidelity(before, after, mask) >= FIDELITY
    assert fidelity(before, after, ~mask) < 30


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8), (9, 17), (1, 400), (400, 1), (33, 31)], ids=str)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS.values(), ids=SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [75, 100])
def test_tiny_and_thin_pictures(size: tuple[int, int], subsampling: int, quality: int) -> None:
    data = encoded(photo(240, 400).resize(size), quality=quality, subsampling=subsampling)
    stamp = stamp_for(*size)
    before, after = pixels_of(data), pixels_of(painted(data, stamp).data)
    assert after.shape == before.shape
    # A decoder blends chroma over the pixel next to a coded unit, which here is all that is left.
    mask = outside(before.shape, stamp)
    mask[1:] &= mask[:-1].copy()
    mask[:, 1:] &= mask[:, :-1].copy()
    mask[:-1] &= mask[1:].copy()
    mask[:, :-1] &= mask[:, 1:].copy()
    if mask.any():
        assert fidelity(before, after, mask) >= FIDELITY


@pytest.mark.parametrize("options", [{"restart_marker_blocks": 4}, {"restart_marker_rows": 1}], ids=["blocks", "rows"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_restart_markers_stay(options: dict[str, int], mode: str) -> None:
    data = encoded(photo().convert(mode), quality=85, **options)
    result = painted(data).data
    assert [part for part in segments_of(result) if part[0] == 0xDD] == [
        part for part in segments_of(data) if part[0] == 0xDD
    ]
    counts = [sum(file.count(bytes((0xFF, 0xD0 + n))) for n in range(8)) for file in (data, result)]
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("quality", [40, 75, 92, 99])
@pytest.mark.parametrize("noise", [0, 60], ids=["smooth", "noise"])
def test_a_file_with_its_own_huffman_tables_does_not_grow(quality: int, noise: int) -> None:
    pixels = np.asarray(photo(480, 320)).astype(np.int16)
    pixels = pixels + np.random.default_rng(1).normal(0, noise + 0.1, pixels.shape).astype(np.int16)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    data = encoded(image, quality=quality, optimize=True)
    assert len(painted(data).data) / len(data) < 1.1


def noise(step: int, **options: Any) -> bytes:
    """304 x 304 pixels of noise; at step 3 more than three bytes a pixel, at step 7 nearly two in two passes."""
    pixels = np.random.default_rng(2).integers(0, 256, (304, 304, 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), qtables=[[step] * 24 + [8] * 40] * 2, subsampling=0, **options)


@pytest.mark.parametrize(("step", "optimize"), [(3, False), (7, True)], ids=["common tables", "own tables"])
def test_noise_may_need_two_bytes_a_pixel_and_more(step: int, optimize: bool) -> None:
    data = noise(step, optimize=optimize)
    assert len(data) > 1.83 * 304 * 304
    stamp = stamp_for(304, 304)
    before, after = pixels_of(data), pixels_of(painted(data, stamp).data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY


def test_a_progressive_file_of_two_bytes_a_pixel_is_refused_by_name() -> None:
    with pytest.raises(MediaError) as caught:
        painted(noise(7, progressive=True))
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED


def test_tables_of_sixteen_bits_stay() -> None:
    data = encoded(photo(), qtables=[[300 + n for n in range(64)], [400 + n for n in range(64)]])
    assert data.count(b"\xff\xc1") == 1
    assert lasting(painted(data).data) == lasting(data)


def test_grey_stays_grey() -> None:
    data = encoded(photo().convert("L"), quality=85)
    stamp = stamp_for(240, 160)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert after.ndim == 2
    assert fidelity(before, after, outside(before.shape, stamp, 8)) >= FIDELITY
    assert lasting(result.data) == lasting(data)


def test_grey_may_carry_sampling_factors_that_mean_nothing() -> None:
    source = encoded(photo().convert("L"), quality=85)
    at = source.index(b"\xff\xc0") + 11
    data = source[:at] + b"\x22" + source[at + 1 :]
    stamp = stamp_for(240, 160)
    before, after = pixels_of(data), pixels_of(painted(data, stamp).data)
    assert fidelity(before, after, outside(before.shape, stamp, 8)) >= FIDELITY


@pytest.mark.parametrize("quality", [75, 100])
def test_rgb_that_was_never_converted_stays_so(quality: int) -> None:
    data = encoded(photo(), quality=quality, keep_rgb=True)
    stamp = stamp_for(240, 160)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp, 8)) >= FIDELITY
    assert lasting(result.data) == lasting(data)
    assert after[stamp.y + stamp.ink.shape[0] // 2, stamp.x + stamp.ink.shape[1] // 2].min() > 235


@pytest.mark.parametrize("transform", [0, 2], ids=["CMYK", "YCCK"])
@pytest.mark.parametrize("factors", [[(1, 1)] * 4, [(2, 2), (1, 1), (1, 1), (2, 2)]], ids=["4:4:4:4", "4:2:0:4"])
def test_four_inks_as_adobe_stores_them(transform: int, factors: list[tuple[int, int]]) -> None:
    image = Image.merge("CMYK", [*photo().split(), photo().convert("L").point(lambda level: level // 2)])
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,)))
    data = from_planes(planes_of(image, factors), factors, image.size, adobe)
    stamp = stamp_for(*image.size)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY
    middle = after[stamp.y + stamp.ink.shape[0] // 2, stamp.x + stamp.ink.shape[1] // 2]
    assert middle.max() < 20, "white is no ink"
    # A viewer shows 255 - (255 - ink) x (255 - black) as paper white.
    shown = pixels_of(result.data, "RGB")[stamp.y + 2, stamp.x + 2]
    assert shown.max() < pixels_of(data, "RGB")[stamp.y + 2, stamp.x + 2].max()
    assert lasting(result.data) == lasting(data)


LAYOUTS = {
    "4:4:0": [(1, 2), (1, 1), (1, 1)],
    "4:1:1": [(4, 1), (1, 1), (1, 1)],
    "4:1:0": [(4, 2), (1, 1), (1, 1)],
    "2x2 all": [(2, 2), (2, 2), (2, 2)],
    "chroma halved once": [(2, 2), (2, 1), (2, 1)],
    "chroma finer than luma": [(1, 1), (2, 1), (1, 2)],
}


@pytest.mark.parametrize("size", [(240, 160), (117, 91), (3, 2)], ids=str)
@pytest.mark.parametrize("factors", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts_that_the_encoder_cannot_interleave(factors: list[tuple[int, int]], size: tuple[int, int]) -> None:
    image = photo().resize(size).convert("YCbCr")
    data = from_planes(planes_of(image, factors), factors, size)
    stamp = stamp_for(*size)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    mask = outside(before.shape, stamp, 32)
    assert not mask.any() or fidelity(before, after, mask) >= FIDELITY
    assert lasting(result.data) == lasting(data)


def test_a_sequential_file_of_several_scans_may_become_one() -> None:
    factors = [(2, 2), (1, 1), (1, 1)]
    data = from_planes(planes_of(photo().convert("YCbCr"), factors), factors, (240, 160))
    stamp = stamp_for(240, 160)
    result = painted(data, stamp)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY
    assert lasting(result.data) == lasting(data)


def test_component_identifiers_stay() -> None:
    source = encoded(photo(), quality=85)
    frame, scan = source.index(b"\xff\xc0"), source.index(b"\xff\xda")
    renamed = bytearray(source)
    for number in range(3):
        renamed[frame + 10 + 3 * number] = renamed[scan + 5 + 2 * number] = 200 - number
    data = bytes(renamed)
    stamp = stamp_for(240, 160)
    result = painted(data, stamp)
    assert lasting(result.data) == lasting(data)
    before, after = pixels_of(data), pixels_of(result.data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY


def test_a_comment_between_scans_stays() -> None:
    source = encoded(photo(), progressive=True)
    second = source.index(b"\xff\xda", source.index(b"\xff\xda") + 2)
    tables = source.rindex(b"\xff\xc4", 0, second)
    data = source[:tables] + segment(0xFE, b"between") + source[tables:]
    assert painted(data).data.count(segment(0xFE, b"between")) == 1


def test_the_further_pictures_of_a_multi_picture_file_are_still_found() -> None:
    first, second = encoded(photo()), encoded(photo(32, 32))
    tags = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHIIHHII", 0xB001, 4, 1, 2, 0xB002, 7, 32, 50)
    index = b"MPF\0" + struct.pack(">4sIH", b"MM\0*", 8, 3) + tags + bytes(4)
    mark, total = 20 + 8, len(first) + len(index) + 32 + 4
    entries = struct.pack(">IIIHHIIIHH", 0x20030000, total, 0, 0, 0, 0, len(second), total - mark, 0, 0)
    data = first[:20] + segment(0xE2, index + entries) + first[20:] + second
    result = painted(data).data
    assert result.endswith(second)
    size, offset = struct.unpack_from(">II", result, mark + 50 + 20)
    assert result[mark + offset :][:size] == second


def test_an_xmp_packet_can_still_be_read_after_painting() -> None:
    source = encoded(photo())
    data = splice(source, parse(source, DEFAULT_LIMITS), Changes(xmp=b"<packet/>"), DEFAULT_LIMITS)
    blocks = parse(painted(data).data, DEFAULT_LIMITS).of(BlockKind.XMP)
    assert [block.payload for block in blocks] == [b"<packet/>"]


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


BASELINE = encoded(photo(), quality=85)
FRAME = b"\xff\xc0\0\x11\x08"

UNSUPPORTED = {
    "lossless": patched(BASELINE, FRAME, b"\xff\xc3\0\x11\x08"),
    "arithmetic": patched(BASELINE, FRAME, b"\xff\xc9\0\x11\x08"),
    "12 bits": patched(BASELINE, FRAME, b"\xff\xc1\0\x11\x0c"),
    "two components": from_planes([np.full((16, 16), 90)] * 2, [(1, 1)] * 2, (16, 16)),
    "height in DNL": patched(BASELINE, FRAME + b"\0\xa0", FRAME + b"\0\0")[:-2] + b"\xff\xdc\0\x04\0\xa0\xff\xd9",
    "the same identifier twice": patched(BASELINE, b"\x02\x11\x01\x03\x11\x01", b"\x02\x11\x01\x02\x11\x01"),
}


@pytest.mark.parametrize("data", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_cannot_be_painted_is_named(data: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        painted(data)
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED
    assert caught.value.params["feature"]


def cut(data: bytes, share: float) -> bytes:
    """The file without the end of its coded pixels, but with EOI."""
    start = data.index(b"\xff\xda")
    end = start + int((len(data) - start) * share)
    return data[: end - (data[end - 1] == 0xFF)] + b"\xff\xd9"


RESTARTS = encoded(photo(), quality=85, restart_marker_blocks=10)

DAMAGED = {
    "half the pixels": cut(BASELINE, 0.5),
    "nearly all the pixels": cut(BASELINE, 0.98),
    "half the pixels of a progressive file": cut(encoded(photo(), progressive=True), 0.02),
    "more pixels than the frame has": patched(BASELINE, FRAME + b"\0\xa0", FRAME + b"\0\x90"),
    "fewer pixels than the frame has": patched(BASELINE, FRAME + b"\0\xa0", FRAME + b"\0\xd0"),
    "restart markers out of order": patched(RESTARTS, b"\xff\xd3", b"\xff\xd4")
    if RESTARTS.count(b"\xff\xd3") == 1
    else RESTARTS.replace(b"\xff\xd3", b"\xff\xd5", 1),
    "an interval is missing": RESTARTS[: RESTARTS.index(b"\xff\xd1")] + RESTARTS[RESTARTS.index(b"\xff\xd2") :],
    "no quantisation table": BASELINE.replace(b"\xff\xdb", b"\xff\xe9"),
    "sampling factor of zero": patched(BASELINE, b"\x01\x22\x00\x02", b"\x01\x02\x00\x02"),
    "a quantisation step of zero": patched(BASELINE, BASELINE[20:26], BASELINE[20:25] + b"\0"),
    "quantisation table number four": b"\xff\xd8" + segment(0xDB, b"\x04" + bytes([9]) * 64) + BASELINE[2:],
    "half a quantisation table": b"\xff\xd8" + segment(0xDB, bytes(30)) + BASELINE[2:],
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_pixels_are_refused(data: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        painted(data)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_a_frame_of_motion_jpeg_needs_no_huffman_tables_of_its_own() -> None:
    data = BASELINE.replace(b"\xff\xc4", b"\xff\xe9")
    stamp = stamp_for(240, 160)
    before, after = pixels_of(data), pixels_of(painted(data, stamp).data)
    assert fidelity(before, after, outside(before.shape, stamp)) >= FIDELITY


def test_a_picture_that_is_flat_grey_is_not_damaged() -> None:
    data = encoded(Image.new("RGB", (64, 48), (128, 128, 128)))
    assert painted(data).contrast > 4.5


def test_no_convention_is_broken_by_padding_before_the_end() -> None:
    assert painted(BASELINE[:-2] + b"\xff\xff\xff\xff\xff\xd9").contrast > 4.5


@settings(max_examples=120, deadline=None)
@given(
    progressive=st.booleans(),
    flips=st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_damage_anywhere_raises_own_errors_only(progressive: bool, flips: list[tuple[int, int]]) -> None:
    source = encoded(photo(96, 64), quality=60, progressive=progressive)
    data = bytearray(source)
    for place, value in flips:
        data[2 + place % (len(data) - 2)] = value
    damaged = bytes(data)
    try:
        anatomy = parse(damaged, DEFAULT_LIMITS)
        if anatomy.width * anatomy.height > 1_000_000:
            return
        result = paint(damaged, anatomy, stamp_for(anatomy.width, anatomy.height), DEFAULT_LIMITS)
    except LabelingError:
        return
    assert parse(result.data, DEFAULT_LIMITS).width == anatomy.width


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    quality=st.integers(1, 100),
    subsampling=st.sampled_from([0, 1, 2]),
    progressive=st.booleans(),
    optimize=st.booleans(),
)
def test_any_size_and_quality_can_be_painted(
    width: int, height: int, quality: int, subsampling: int, progressive: bool, optimize: bool
) -> None:
    image = photo(140, 140).crop((20, 30, 20 + width, 30 + height))
    data = encoded(image, quality=quality, subsampling=subsampling, progressive=progressive, optimize=optimize)
    result = painted(data).data
    assert lasting(result) == lasting(data)
    assert pixels_of(result).shape == (height, width, 3)
