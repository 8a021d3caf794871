"""Hard-edged pictures in coarse JPEG files: what a decoder cuts off is still there after the stamp was drawn."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from labeling.containers._jpeg_walk import walk
from labeling.containers.jpeg import parse
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Box
from labeling.visible.raster._jpeg_coding import Coding, Table, read_coding
from labeling.visible.raster._jpeg_decode import Coded, coded
from labeling.visible.raster._jpeg_headroom import with_headroom
from labeling.visible.raster._jpeg_planes import checked_planes, picture
from labeling.visible.raster._jpeg_redraw import touched
from labeling.visible.raster._jpeg_steps import halved, sharpened
from labeling.visible.raster.jpeg import paint
from labeling.visible.stamp import Stamp

Pixels = NDArray[Any]

SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}
SIZE = (320, 256)


def lines() -> Image.Image:
    """Black and coloured lines of a few pixels on white, some slanted, and a saturated bar."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 30), fill=(20, 60, 230))
    colours = ((0, 0, 0), (220, 0, 0), (0, 120, 0), (255, 230, 0))
    for number in range(40):
        x = number * 9
        draw.line((x, 40 + number % 7, x + number % 5 * 4, 220), fill=colours[number % 4], width=1 + number % 3)
        draw.text((x, 200), "AI"[number % 2], fill=(0, 0, 0))
    return image


def patches() -> Image.Image:
    """Flat colours of whole coded units beside black and white checks."""
    chance = np.random.default_rng(8)
    cells = chance.integers(1, 255, (SIZE[1] // 16, SIZE[0] // 16, 3))
    pixels = cells.repeat(16, axis=0).repeat(16, axis=1).astype(np.uint8)
    pixels[:64] = (np.indices((64, SIZE[0])).sum(axis=0) // 3 % 2 * 255)[..., None]
    return Image.fromarray(pixels)


def encoded(image: Image.Image, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format="JPEG", **options)
    return target.getvalue()


def stamp() -> Stamp:
    ink = np.zeros((28, 90), np.uint8)
    ink[8:-8, 12:-12] = 255
    return Stamp(213, 219, ink, np.full_like(ink, 255), (255, 255, 255), (0, 0, 0), 0.7)


def painted(data: bytes) -> bytes:
    return paint(data, parse(data, DEFAULT_LIMITS), stamp(), DEFAULT_LIMITS).data


def opened(data: bytes) -> tuple[Coded, Coding]:
    walked = walk(data, DEFAULT_LIMITS)
    coding = read_coding(data, walked)
    return coded(data, walked, coding), coding


def difference(one: bytes, other: bytes) -> Pixels:
    first, second = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int) for data in (one, other))
    return first - second


def beyond(box: Box) -> NDArray[np.bool_]:
    """True away from the coded units of the box and from the pixel around them over which a decoder blends chroma."""
    mask = np.ones(SIZE[::-1], bool)
    mask[box.y // 16 * 16 - 1 : -(-box.bottom // 16) * 16 + 1, box.x // 16 * 16 - 1 : -(-box.right // 16) * 16 + 1] = 0
    return mask


def fidelity(errors: Pixels) -> float:
    square = float((errors**2).mean())
    return 99.0 if square == 0 else float(10 * np.log10(255**2 / square))


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS.values(), ids=SUBSAMPLINGS)
@pytest.mark.parametrize(("quality", "least"), [(10, 99), (30, 99), (50, 70), (75, 60), (80, 52), (90, 50), (95, 48)])
@pytest.mark.parametrize("image", [lines(), patches()], ids=["lines", "patches"])
def test_hard_edges_in_coarse_files_stay(
    image: Image.Image, quality: int, least: float, subsampling: int, progressive: bool
) -> None:
    data = encoded(image, quality=quality, subsampling=subsampling, progressive=progressive)
    result = painted(data)
    errors = difference(data, result)
    assert fidelity(errors[beyond(stamp().box)]) >= least
    near = np.ones(SIZE[::-1], bool)
    near[stamp().box.y : stamp().box.bottom, stamp().box.x : stamp().box.right] = False
    assert fidelity(errors[near]) >= 41, "in so small a picture the units that the stamp touches weigh much"
    assert len(result) < 1.1 * len(data) + 600


@pytest.mark.parametrize("mode", ["L", "CMYK"])
@pytest.mark.parametrize("quality", [20, 40, 70])
def test_grey_and_inks_stay_too(mode: str, quality: int) -> None:
    data = encoded(lines().convert(mode), quality=quality)
    result = painted(data)
    first, second = (np.asarray(Image.open(io.BytesIO(file))).astype(int) for file in (data, result))
    assert fidelity((first - second)[beyond(stamp().box)]) >= 65


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(2, 255), others=st.integers(2, 255), colour=st.tuples(*[st.integers(1, 254)] * 3))
def test_flat_blocks_beside_hard_edges_keep_their_colour(steps: int, others: int, colour: tuple[int, int, int]) -> None:
    pixels = np.full((64, 128, 3), colour, np.uint8)
    pixels[:32] = (np.indices((32, 128)).sum(axis=0) // 3 % 2 * 255)[..., None]
    table = [steps, *[others] * 63]
    pixels_of, coding = opened(encoded(Image.fromarray(pixels), qtables=[table, table], subsampling=0))
    planes = checked_planes(pixels_of, coding)
    before = [plane.copy() for plane in planes]
    tables = with_headroom(planes, pixels_of, coding)
    again = encoded(picture(planes, coding), qtables=[list(part) for part in tables.write], subsampling=0)
    levels, _ = opened(again)
    shown = checked_planes(levels.with_tables(coding.tables), coding)
    for old, new in zip(before, shown, strict=True):
        # A step below 5 is less than what rounding does to a flat colour of half the contrast.
        assert np.abs(old[40:].astype(int) - new[40:]).max() <= (1 if steps < 5 else 0) or others < 8


@pytest.mark.parametrize("quality", [96, 98, 100])
def test_fine_chroma_is_read_with_multiples_of_its_steps(quality: int) -> None:
    _, coding = opened(encoded(lines(), quality=quality))
    steps = sharpened(coding, horizontal=True, vertical=True)
    assert steps.read[0] == steps.write[0] == coding.tables[0]
    shares = np.array(steps.write[1]) / np.array(steps.read[1])
    wanted = np.outer(*[[(3 + np.cos(np.pi * k / 8)) / 4 for k in range(8)]] * 2).ravel()
    assert (np.abs(shares / wanted - 1) <= 0.34).all()
    assert all(read >= own for read, own in zip(steps.read[1], coding.tables[1], strict=True))


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (8, 8), (9, 40), (24, 17)], ids=str)
def test_tiny_pictures_in_black_and_white_get_room_too(size: tuple[int, int], progressive: bool) -> None:
    checks = np.indices(size[::-1]).sum(axis=0) // 3 % 2 * 255
    colours = np.dstack([checks, 255 - checks, checks]).astype(np.uint8)
    data = encoded(Image.fromarray(colours), quality=40, progressive=progressive)
    mark = np.full((1, 1), 255, np.uint8)
    here = Stamp(0, 0, mark, mark, (255, 255, 255), (0, 0, 0), 0.7)
    result = paint(data, parse(data, DEFAULT_LIMITS), here, DEFAULT_LIMITS).data
    assert Image.open(io.BytesIO(result)).size == size


def table(*steps: int) -> Table:
    return steps + (16,) * (64 - len(steps))


@pytest.mark.parametrize(
    ("steps", "half"),
    [((16, 9, 2), (8, 5, 1)), ((3, 255), (2, 128)), ((1, 40), None), ((65535,), (32768,))],
    ids=["coarse", "odd", "too fine to halve", "sixteen bits"],
)
def test_half_the_steps(steps: tuple[int, ...], half: tuple[int, ...] | None) -> None:
    assert halved(table(*steps)) == (table(*steps) if half is None else half + (8,) * (64 - len(half)))


def test_a_picture_without_black_or_white_needs_no_room() -> None:
    image = Image.blend(patches(), Image.new("RGB", SIZE, (128, 128, 128)), 0.7)
    pixels, coding = opened(encoded(image, quality=60))
    planes = checked_planes(pixels, coding)
    assert with_headroom(planes, pixels, coding).read == coding.tables


@pytest.mark.parametrize(
    ("box", "area"),
    [(Box(0, 0, 16, 16), Box(0, 0, 16, 16)), (Box(15, 17, 2, 15), Box(0, 16, 32, 16))],
)
def test_the_touched_units(box: Box, area: Box) -> None:
    _, coding = opened(encoded(lines(), quality=60))
    assert touched(box, coding) == area


def test_components_may_share_a_table() -> None:
    source = encoded(lines(), quality=98, subsampling=2)
    frame = source.index(b"\xff\xc0")
    shared = bytearray(source)
    shared[frame + 15] = shared[frame + 18] = 0
    data = bytes(shared)
    errors = difference(data, painted(data))
    assert fidelity(errors[beyond(stamp().box)]) >= 48
