"""The visible label on still WebP pictures."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers._webp_structure import read_structure
from labeling.containers.webp import parse
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster import _libwebp, _webp_still
from labeling.visible.raster._webp_still import Lossy, open_still
from labeling.visible.raster.base import Painted
from labeling.visible.raster.webp import paint
from labeling.visible.stamp import ColourSpace, Stamp

WIDTH, HEIGHT = 96, 64


@pytest.fixture(autouse=True, params=["libwebp", "pillow"])
def coder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to the pixels; where Pillow hides its libwebp there is only the second."""
    if request.param == "pillow":
        monkeypatch.setattr(_webp_still, "library", lambda: None)
    elif _libwebp.library() is None:
        pytest.skip("this Pillow does not hand on the functions of libwebp")


EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"


def stamp(x: int = 51, y: int = 37, width: int = 40, height: int = 22) -> Stamp:
    """Bars of ink on a plate whose corners are left open."""
    ink = np.zeros((height, width), np.uint8)
    ink[height // 4 : -height // 4, width // 4 : -width // 4 : 4] = 255
    plate = np.full((height, width), 255, np.uint8)
    plate[[0, 0, -1, -1], [0, -1, 0, -1]] = 0
    return Stamp(x, y, ink, plate, (255, 255, 255), (0, 0, 0), 0.7)


def photo(mode: str, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Soft blobs; the alpha plane runs through every value, with colours under alpha 0."""
    rng = np.random.default_rng(11)
    small = Image.fromarray(rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8))
    image = small.resize((width, height), Image.Resampling.BICUBIC)
    if mode == "RGBA":
        ramp = np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)
        image.putalpha(Image.fromarray(ramp))
    return image


def saved(mode: str = "RGB", image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or photo(mode)).save(out, "WEBP", **options)
    return out.getvalue()


def painted(data: bytes, label: Stamp) -> Painted:
    return paint(data, parse(data, DEFAULT_LIMITS), label, DEFAULT_LIMITS)


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


def outside(shape: tuple[int, ...], label: Stamp) -> np.ndarray:
    mask = np.ones(shape[:2], bool)
    mask[label.box.y : label.box.bottom, label.box.x : label.box.right] = False
    return mask


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at < 8 + struct.unpack_from("<I", data, 4)[0]:
        name, size = struct.unpack_from("<4sI", data, at)
        found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = ((one.astype(float) - other) ** 2).mean()
    return 99.0 if not error else float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_lossless_pixels_outside_the_box_are_identical(mode: str) -> None:
    label, source = stamp(), saved(mode, lossless=True, exact=True)
    result = painted(source, label)
    before, after = pixels(source), pixels(result.data)
    mask = outside(before.shape, label)
    assert (before[mask] == after[mask]).all()
    assert [name for name, _ in chunks(result.data)] == [b"VP8L"]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_lossless_pixels_inside_the_box_are_those_of_the_stamp(mode: str) -> None:
    label, source = stamp(), saved(mode, lossless=True, exact=True)
    box = label.box
    before = pixels(source)[box.y : box.bottom, box.x : box.right]
    wanted, contrast = label.blend(before, ColourSpace(mode))
    result = painted(source, label)
    assert (pixels(result.data)[box.y : box.bottom, box.x : box.right] == wanted).all()
    assert result.contrast == contrast
    assert result.frames == 1


@pytest.mark.parametrize("quality", [5, 30, 60, 80, 95, 100])
def test_a_lossy_picture_is_coded_no_coarser_than_it_was(quality: int) -> None:
    """The yardstick knows the quality of the source; the painter has to find it out."""
    label, source = stamp(), saved(image=photo("RGB", 320, 240), quality=quality)
    result = painted(source, label)
    before, after = pixels(source), pixels(result.data)
    yardstick = pixels(saved(image=Image.fromarray(before), quality=quality))
    mask = outside(before.shape, label)
    assert psnr(before[mask], after[mask]) > psnr(before[mask], yardstick[mask]) - 0.3
    assert 0.85 < len(result.data) / len(source) < 1.35
    assert [name for name, _ in chunks(result.data)] == [b"VP8 "]


def test_the_label_is_seen_in_a_coarse_lossy_picture() -> None:
    label, source = stamp(100, 100, 120, 60), saved(image=photo("RGB", 320, 240), quality=5)
    after = pixels(painted(source, label).data).astype(float).mean(axis=2)
    box = label.box
    inside = after[box.y : box.bottom, box.x : box.right]
    assert inside[label.ink == 255].mean() - inside[label.ink == 0].mean() > 60


def test_the_alpha_of_a_lossy_picture_is_identical_outside_the_box() -> None:
    label, source = stamp(), saved("RGBA", quality=70)
    result = painted(source, label)
    before, after = pixels(source), pixels(result.data)
    mask = outside(before.shape, label)
    assert (before[mask][:, 3] == after[mask][:, 3]).all()
    assert [name for name, _ in chunks(result.data)] == [b"VP8X", b"ALPH", b"VP8 "]


def test_a_label_on_a_transparent_picture_is_opaque() -> None:
    source = saved(image=Image.new("RGBA", (WIDTH, HEIGHT)), lossless=True, exact=True)
    label = stamp()
    box = label.box
    after = pixels(painted(source, label).data)[box.y : box.bottom, box.x : box.right]
    assert (after[label.plate == 255][:, 3] == 255).all()
    assert (after[label.plate == 0] == 0).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("place", [(0, 0, 7, 5), (3, 5, 20, 11), (26, 14, 11, 9), (0, 0, 37, 23)])
def test_the_label_on_a_lossy_picture_of_odd_size_is_where_the_stamp_is(
    place: tuple[int, int, int, int], mode: str
) -> None:
    """The chroma samples at the far edges stand for one column or row only."""
    label = replace(stamp(*place), ink=np.zeros(place[3:1:-1], np.uint8), plate_opacity=1.0, plate_colour=(200, 30, 60))
    source = saved(image=Image.new(mode, (37, 23), "navy"), quality=100)
    after = pixels(painted(source, label).data)[..., :3].astype(int)
    box = label.box
    inside = after[box.y : box.bottom, box.x : box.right][label.plate == 255]
    assert abs(inside[:, 0] - 200).mean() < 40
    mask = outside(after.shape, replace(label, x=0, y=0, ink=np.zeros((box.bottom + 2, box.right + 2), np.uint8)))
    assert (abs(after[mask] - (0, 0, 128)) < 25).all()


@pytest.mark.parametrize("options", [{"lossless": True, "exact": True}, {"quality": 80}], ids=["lossless", "lossy"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_other_chunk_survives_byte_for_byte(mode: str, options: dict[str, object]) -> None:
    source = saved(mode, icc_profile=b"icc profile", exif=EXIF, xmp=b"<x/>", **options)
    unknown = b"UNKN" + struct.pack("<I", 3) + b"odd\0"
    source = source[:4] + struct.pack("<I", len(source) - 8 + len(unknown)) + source[8:] + unknown + b"behind"
    result = painted(source, stamp()).data
    pixel_chunks = {b"ALPH", b"VP8 ", b"VP8L"}
    assert [part for part in chunks(result) if part[0] not in pixel_chunks] == [
        part for part in chunks(source) if part[0] not in pixel_chunks
    ]
    assert [name for name, _ in chunks(result)] == [name for name, _ in chunks(source)]
    assert result.endswith(b"odd\0behind")


@pytest.mark.parametrize("alpha", [True, False])
def test_samples_that_the_label_leaves_alone_are_coded_as_they_were(alpha: bool) -> None:
    rng = np.random.default_rng(5)
    luma, chroma, own = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((23, 37), (2, 12, 19), (23, 37)))
    planes = _libwebp.Planes(luma.copy(), chroma.copy(), own.copy() if alpha else None)
    label = stamp(5, 7, 21, 9)
    Lossy(planes).draw(label)
    touched = ~outside((24, 38), label)
    touched[[7, 7, 15, 15], [5, 25, 5, 25]] = False
    assert (planes.luma[~touched[:23, :37]] == luma[~touched[:23, :37]]).all()
    assert (planes.chroma[:, ~_any_of_four(touched)] == chroma[:, ~_any_of_four(touched)]).all()
    assert (planes.luma != luma).any()
    assert (planes.chroma != chroma).any()
    if planes.alpha is not None:
        assert (planes.alpha[~touched[:23, :37]] == own[~touched[:23, :37]]).all()


def _any_of_four(touched: np.ndarray) -> np.ndarray:
    return touched.reshape(12, 2, 19, 2).any(axis=(1, 3))


def test_a_lossy_picture_loses_little_to_colour_conversion() -> None:
    source = saved(image=photo("RGB", 320, 240), quality=100)
    structure = read_structure(source, DEFAULT_LIMITS)
    assert structure.picture is not None
    still = open_still(source, structure.picture)
    again = pixels(still.save({"quality": 100.0, "method": 4}))
    assert psnr(pixels(source), again) > (45 if isinstance(still, Lossy) else 35)


def test_the_whole_canvas_may_be_label() -> None:
    source = saved(lossless=True, image=photo("RGB", 12, 8))
    result = painted(source, stamp(0, 0, 12, 8))
    assert pixels(result.data).shape == (8, 12, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1)])
def test_odd_sizes_are_drawn_on(size: tuple[int, int]) -> None:
    source = saved(lossless=True, image=photo("RGB", *size))
    label = Stamp(0, 0, np.full((1, 1), 255, np.uint8), np.full((1, 1), 255, np.uint8), (9, 8, 7), (0, 0, 0), 0.7)
    after = pixels(painted(source, label).data)
    assert after[0, 0].tolist() == [9, 8, 7]
    assert (after.reshape(-1, 3)[1:] == pixels(source).reshape(-1, 3)[1:]).all()


def test_alpha_that_the_header_denies_does_not_come_back() -> None:
    source = saved("RGBA", lossless=True, exact=True)
    at = source.index(b"VP8L") + 9
    denied = struct.pack("<I", struct.unpack_from("<I", source, at)[0] & ~(1 << 28))
    assert pixels(painted(source[:at] + denied + source[at + 4 :], stamp()).data).shape[2] == 3


def test_a_picture_that_cannot_be_written_is_named() -> None:
    """VP8L stores sides of up to 16384 pixels; libwebp writes 16383."""
    source = saved(lossless=True, image=Image.new("RGB", (16383, 1)))
    at = source.index(b"VP8L") + 9
    wide = source[:at] + struct.pack("<I", struct.unpack_from("<I", source, at)[0] | 0x3FFF) + source[at + 4 :]
    with pytest.raises(MediaError) as caught:
        painted(wide, stamp(0, 0, 1, 1))
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED
    assert caught.value.params["limit"] == 16383


@pytest.mark.parametrize("lossless", [True, False])
def test_damaged_pixels_are_refused(lossless: bool) -> None:
    source = saved(lossless=lossless)
    keep = len(source) // 2 & ~1
    cut = source[:4] + struct.pack("<I", keep - 8) + source[8:16] + struct.pack("<I", keep - 20) + source[20:keep]
    with pytest.raises(MediaError) as caught:
        painted(cut, stamp())
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_too_many_pixels_are_refused_before_decoding() -> None:
    source = saved()
    limits = replace(DEFAULT_LIMITS, pixels=WIDTH * HEIGHT - 1)
    with pytest.raises(LimitError) as caught:
        paint(source, parse(source, limits), stamp(), limits)
    assert caught.value.code is ErrorCode.LIMIT_PIXELS


SMALL = {flag: saved("RGBA", photo("RGBA", 24, 16), lossless=flag) for flag in (True, False)}


@settings(max_examples=120, deadline=None)
@given(
    lossless=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_are_drawn_on_or_refused_and_never_anything_else(
    lossless: bool, edits: list[tuple[int, int]]
) -> None:
    data = bytearray(SMALL[lossless])
    for place, value in edits:
        data[12 + place % (len(data) - 12)] = value
    try:
        result = painted(bytes(data), stamp(2, 2, 12, 8))
    except MediaError:
        return
    assert parse(result.data, DEFAULT_LIMITS).width == parse(bytes(data), DEFAULT_LIMITS).width
