"""Pictures as a viewer sees them: orientation, frames, transparency, depth, and what cannot be decoded."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from labeling.containers import reader_for
from labeling.containers.base import Anatomy
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Box, Format
from labeling.sniff import sniff
from labeling.visible._seeing_picture import View, can_decode, views

SAMPLES = Path(__file__).parents[3] / "sample_media"


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def seen(data: bytes, limits=DEFAULT_LIMITS, orientation: int = 1) -> list[View]:
    fmt = sniff(data, limits)
    return list(views(data, reader_for(fmt).parse(data, limits), orientation, limits))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_part_is_what_a_viewer_sees_there(orientation: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    stored = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(saved(stored, "PNG", exif=exif))))
    view = View(stored, orientation, 0)
    assert (view.width, view.height) == shown.size
    box = Box(3, 7, 20, 11)
    assert view.part(box).tobytes() == shown.crop((3, 7, 23, 18)).tobytes()
    assert view.reduced(view.width, view.height).tobytes() == shown.tobytes()


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "photo.avif", "scan.tiff", "cmyk.jpg"])
def test_every_still_sample_is_seen_once(name: str) -> None:
    [view] = seen((SAMPLES / name).read_bytes())
    assert view.pixels.mode == "RGB"


@pytest.mark.parametrize(
    ("name", "frames"),
    [("animation.gif", [0, 3, 6, 8, 11]), ("animation.webp", [0, 1, 2, 4, 5]), ("animation.png", [0, 1, 2, 4, 5])],
)
def test_frames_are_spread_evenly(name: str, frames: list[int]) -> None:
    found = sorted({view.frame for view in seen((SAMPLES / name).read_bytes())})
    assert found == frames


def test_one_frame_is_the_first() -> None:
    data = (SAMPLES / "animation.gif").read_bytes()
    assert {view.frame for view in seen(data, replace(DEFAULT_LIMITS, seen_frames=1))} == {0}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_transparent_picture_is_seen_over_white_and_over_black(kind: str) -> None:
    image = Image.new("RGBA", (8, 8), (200, 10, 10, 0))
    image.paste((0, 0, 255, 255), (0, 0, 4, 8))
    grounds = [view.pixels.getpixel((6, 4)) for view in seen(saved(image, kind, lossless=True))]
    assert grounds == [(255, 255, 255), (0, 0, 0)]


def test_alpha_that_hides_nothing_does_not_count() -> None:
    assert len(seen(saved(Image.new("RGBA", (8, 8), (200, 10, 10, 255)), "PNG"))) == 1


@pytest.mark.parametrize(
    ("image", "value"),
    [
        (Image.fromarray(np.full((4, 4), 40_000, np.uint16)), 155),
        (Image.new("1", (4, 4), 1), 255),
        (Image.new("L", (4, 4), 90), 90),
        (Image.new("LA", (4, 4), (90, 255)), 90),
    ],
    ids=["16 bits", "1 bit", "grey", "grey with alpha"],
)
def test_every_depth_becomes_eight_bits(image: Image.Image, value: int) -> None:
    [view] = seen(saved(image, "PNG"))
    assert view.pixels.getpixel((1, 1)) == (value, value, value)


def test_a_turned_page_of_tiff_is_turned_once() -> None:
    image = Image.new("RGB", (6, 4))
    data = saved(image, "TIFF", tiffinfo={0x0112: 6})
    [view] = seen(data, orientation=6)
    assert (view.width, view.height) == (4, 6)


def test_smaller_copies_in_a_tiff_file_are_left_out() -> None:
    page, copy = Image.new("RGB", (6, 4)), Image.new("RGB", (3, 2))
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    data = saved(page, "TIFF", save_all=True, append_images=[copy])
    assert [view.pixels.size for view in seen(data)] == [(6, 4)]


@pytest.mark.parametrize("name", ["truncated.jpg", "truncated.png"])
def test_a_damaged_picture_is_a_media_error(name: str) -> None:
    data = (SAMPLES / "broken" / name).read_bytes()
    anatomy = Anatomy(sniff(data, DEFAULT_LIMITS), 451, 300)
    with pytest.raises(MediaError):
        list(views(data, anatomy, 1, DEFAULT_LIMITS))


def test_more_pixels_than_allowed_are_not_decoded() -> None:
    data = saved(Image.new("L", (200, 200)), "PNG")
    # The container said less than the picture holds.
    with pytest.raises(LimitError) as raised:
        list(views(data, Anatomy(Format.PNG, 10, 10), 1, replace(DEFAULT_LIMITS, pixels=30_000)))
    assert raised.value.code is ErrorCode.LIMIT_PIXELS


def test_formats_without_a_decoder_are_named() -> None:
    assert not can_decode(Format.HEIC)
    assert not can_decode(Format.SVG)
    assert can_decode(Format.BMP)


@given(
    name=st.sampled_from(["photo.webp", "palette.png", "sideways.jpg", "photo.avif", "cmyk.jpg"]),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.floats(0.2, 1),
)
@settings(max_examples=60, deadline=None)
def test_a_mutated_picture_is_seen_or_refused(name: str, edits: list[tuple[float, int]], cut: float) -> None:
    data = bytearray((SAMPLES / name).read_bytes())
    for at, value in edits:
        data[int(at * len(data))] = value
    data = data[: int(cut * len(data))]
    anatomy = Anatomy(Format({"webp": "webp", "png": "png", "jpg": "jpeg", "avif": "avif"}[name.rsplit(".")[1]]))
    try:
        for view in views(bytes(data), anatomy, 1, replace(DEFAULT_LIMITS, pixels=1_000_000)):
            assert view.shortest_side > 0
    except LabelingError:
        pass
