"""What labelling a JPEG file does to the pixels outside the label, over kinds of pictures and ways to code them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pylopdf_fonts_zh_cn
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from labeling import Declaration, label
from labeling.model import Box, ImageMark
from tests.bench import subjects

SIZE = (1024, 768)
QUALITIES = (30, 50, 75, 80, 90, 95, 98)
_DECLARATION = Declaration(provider="001191110102MACQD9K64010000")
_UNIT = {"4:2:0": 16, "4:4:4": 8}


def table() -> Iterator[tuple[object, ...]]:
    """A row for each picture and coding, PSNR in dB outside the label's box and away from its coded units."""
    yield "picture", "sampling", "coding", *(f"q {quality}" for quality in QUALITIES), "file / source"
    for name, picture in PICTURES.items():
        for sampling in _UNIT:
            for progressive in (False, True):
                results = [_measured(picture(), quality, sampling, progressive) for quality in QUALITIES]
                ratios = [ratio for *_, ratio in results]
                yield (
                    name,
                    sampling,
                    "progressive" if progressive else "baseline",
                    *(f"{_db(outside)} / {_db(beyond)}" for outside, beyond, _ in results),
                    f"{min(ratios):.3f} to {max(ratios):.3f}",
                )


def _measured(picture: Image.Image, quality: int, sampling: str, progressive: bool) -> tuple[float, float, float]:
    """Mean square error outside the box, the same beyond the coded units that it touches, and the growth."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=sampling, progressive=progressive)
    data = file.getvalue()
    result = label(data, _DECLARATION, signer=None, now=datetime.now(UTC))
    assert isinstance(result.visible, ImageMark)
    squares = (_pixels(data) - _pixels(result.data)) ** 2
    near = result.visible.box
    return (
        _mean_outside(squares, near),
        _mean_outside(squares, _widened(near, _UNIT[sampling])),
        len(result.data) / len(data),
    )


def _pixels(data: bytes) -> NDArray[np.int32]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int32)


def _widened(box: Box, unit: int) -> Box:
    """To whole coded units, and by the pixel over which a decoder blends chroma."""
    left, top = box.x // unit * unit - 1, box.y // unit * unit - 1
    return Box(left, top, -(-box.right // unit) * unit + 1 - left, -(-box.bottom // unit) * unit + 1 - top)


def _mean_outside(squares: NDArray[Any], box: Box) -> float:
    mask = np.ones(squares.shape[:2], bool)
    mask[max(0, box.y) : box.bottom, max(0, box.x) : box.right] = False
    return float(squares[mask].mean())


def _db(error: float) -> str:
    return "same" if error == 0 else f"{10 * np.log10(255**2 / error):.1f}"


@cache
def photo() -> Image.Image:
    """The sample photograph."""
    return subjects.picture(SIZE)


@cache
def graphic() -> Image.Image:
    """Saturated shapes, thin lines and fine stripes, drawn without smoothing."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    pixels = np.full((*x.shape, 3), 255, np.uint8)
    pixels[(x // 3 + y // 5) % 3 == 0] = (255, 40, 30)
    pixels[(x // 40 + y // 30) % 4 == 0] = (40, 240, 40)
    pixels[(x // 90 + y // 70) % 3 == 0] = (0, 0, 220)
    pixels[(x // 50 + y // 80) % 5 == 0] = 255
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for step in range(0, SIZE[0], 17):
        draw.line((step, 0, SIZE[0] - step, SIZE[1]), fill=(255, 255, 0) if step % 2 else (0, 0, 0))
    return image


@cache
def cartoon() -> Image.Image:
    """Flat colours with black outlines."""
    chance = np.random.default_rng(45438)
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(80):
        x, y = (int(chance.integers(-60, side)) for side in SIZE)
        width, height = (int(side) for side in chance.integers(40, 260, 2))
        colour = tuple(int(part) for part in chance.integers(0, 256, 3))
        draw.ellipse((x, y, x + width, y + height), fill=colour, outline=(0, 0, 0), width=3)
    return image


@cache
def screenshot() -> Image.Image:
    """Chinese and English text on white, as a screenshot has it."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 40), fill=(24, 80, 200))
    draw.text((12, 6), "设置 Settings", fill="white", font=_font(22))
    words = "The quick brown fox jumps over the lazy dog 人工智能生成合成内容标识 0123456789 " * 5
    colours = ((0, 0, 0), (200, 0, 0), (0, 90, 0), (40, 40, 160))
    for line, top in enumerate(range(56, SIZE[1] - 20, 24)):
        draw.text((12, top), words[line * 3 : line * 3 + 110], fill=colours[line % 4], font=_font(16))
    return image


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "photo": photo,
    "graphic": graphic,
    "cartoon": cartoon,
    "text screenshot": screenshot,
}
