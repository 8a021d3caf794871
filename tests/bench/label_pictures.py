"""Pictures to try the reading of visible labels on: ten grounds, our own labels, other people's, and none."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont, ImageOps

Random = np.random.Generator
Colour = tuple[int, int, int]

SAMPLES = Path(__file__).parents[2] / "sample_media"

_PROSE = (
    "本平台的人工智能生成内容需要标识。服务提供者应当在生成合成的图片上添加显式标识，"
    "例如注明由AI生成，并在文件元数据中添加隐式标识。标识办法自九月一日起施行，"
    "各省市网信部门会同有关部门开展检查。春天的早晨，河边的柳树已经发芽，"
    "孩子们在草地上放风筝。昨天的会议讨论了三件事：预算、时间表和人员。"
)
_MENU = ("首页", "消息", "发现", "购物车", "我的", "设置", "搜索", "筛选", "收藏", "更多", "Home", "Search", "Profile")
#: What stands in the corners of pictures that bear no label.
OTHER_WORDS = (
    "©2026 Studio",
    "2026-11-21 14:03",
    "AIR MAX",
    "OpenAI",
    "新华社记者 摄",
    "小红书号:95270",
    "@摄影师小王",
    "HUAWEI P90 Pro",
    "SAIC MOTOR",
    "版权所有 翻印必究",
    "第 12 页",
    "图片来源:视觉中国",
    "生成时间 10:24",
    "合成纤维",
    "DAILY NEWS",
    "仅供参考",
    "AIA 友邦保险",
    "CHAIR",
    "PAID",
    "AI芯片展",
)


@cache
def sans(size: int) -> ImageFont.FreeTypeFont:
    """The font of the package, at this em size in pixels."""
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)


def _plain(colour: Colour) -> Callable[[int, int, Random], Image.Image]:
    return lambda width, height, _: Image.new("RGB", (width, height), colour)


def _gradient(width: int, height: int, random: Random) -> Image.Image:
    ends = random.integers(0, 256, (2, 3))
    share = np.linspace(0, 1, width)[None, :, None] * 0.5 + np.linspace(0, 1, height)[:, None, None] * 0.5
    return Image.fromarray((ends[0] * (1 - share) + ends[1] * share).astype(np.uint8))


@cache
def _photograph(name: str) -> Image.Image:
    return Image.open(SAMPLES / name).convert("RGB")


def _photo(width: int, height: int, random: Random) -> Image.Image:
    """A part of a sample photograph, perhaps mirrored, with its colours shifted a little and grain."""
    source = _photograph(("photo.jpg", "photo.png", "cmyk.jpg")[random.integers(3)])
    share = random.uniform(0.6, 1)
    piece = ImageOps.fit(source, (max(8, int(source.width * share)), max(8, int(source.height * share))))
    if random.random() < 0.5:
        piece = ImageOps.mirror(piece)
    picture = ImageOps.fit(piece, (width, height), Image.Resampling.BICUBIC)
    pixels = np.asarray(picture, np.float32) * random.uniform(0.8, 1.1, 3).astype(np.float32)
    grain = random.normal(0, 2, (height, width, 1)).astype(np.float32)
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def _noise(width: int, height: int, random: Random) -> Image.Image:
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


def _stripes(width: int, height: int, random: Random) -> Image.Image:
    period = max(4, int(min(width, height) * random.uniform(0.02, 0.12)))
    colours = random.integers(0, 256, (2, 3), dtype=np.uint8)
    rows, columns = np.mgrid[0:height, 0:width]
    run = (rows, columns, rows + columns)[random.integers(3)]
    return Image.fromarray(colours[(run // period) % 2])


def _page(width: int, height: int, random: Random) -> Image.Image:
    """A page of Chinese prose that speaks of AI generation."""
    picture = Image.new("RGB", (width, height), (252, 252, 250))
    draw = ImageDraw.Draw(picture)
    em = max(7, int(min(width, height) * random.uniform(0.022, 0.036)))
    margin = int(em * random.uniform(1.5, 3))
    per_line = max(4, (width - 2 * margin) // em)
    start, top = int(random.integers(len(_PROSE))), margin
    while top + em < height - margin // 2:
        line = "".join(_PROSE[(start + index) % len(_PROSE)] for index in range(per_line))
        length = per_line if random.random() > 0.15 else max(4, per_line // 3)
        draw.text((margin, top), line[:length], fill=(30, 30, 30), font=sans(em))
        start, top = start + length, top + int(em * 1.6)
    return picture


def _interface(width: int, height: int, random: Random) -> Image.Image:
    """What a screenshot of an application looks like: a bar, cards with headings, a row of tabs."""
    picture = Image.new("RGB", (width, height), (243, 244, 246))
    draw = ImageDraw.Draw(picture)
    unit = max(8, min(width, height) // 24)
    draw.rectangle((0, 0, width, unit * 2), fill=(37, 99, 235))
    draw.text((unit, unit // 2), "消息中心", fill=(255, 255, 255), font=sans(unit))
    for top in range(unit * 3, height - unit * 4, unit * 5):
        for left in range(unit, width - unit * 8, unit * 10):
            draw.rounded_rectangle((left, top, left + unit * 9, top + unit * 4), unit // 3, fill=(255, 255, 255))
            draw.ellipse((left + unit // 2, top + unit // 2, left + unit * 2, top + unit * 2), fill=_colour(random))
            draw.text((left + unit * 5 // 2, top + unit // 2), _word(random), fill=(17, 24, 39), font=sans(unit))
            note = _PROSE[random.integers(0, 40) :][:7]
            draw.text((left + unit * 5 // 2, top + unit * 2), note, fill=(107, 114, 128), font=sans(unit * 3 // 4))
    draw.rectangle((0, height - unit * 2, width, height), fill=(255, 255, 255))
    for index in range(4):
        left = width * index // 4 + unit
        draw.text((left, height - unit * 3 // 2), _MENU[index], fill=(75, 85, 99), font=sans(unit))
    return picture


def _saturated(width: int, height: int, random: Random) -> Image.Image:
    """Full colours in large shapes."""
    picture = Image.new("RGB", (width, height), _colour(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = int(random.integers(width)), int(random.integers(height))
        side = int(min(width, height) * random.uniform(0.1, 0.5))
        shape = (draw.ellipse, draw.rectangle)[random.integers(2)]
        shape((left, top, left + side, top + side), fill=_colour(random))
    return picture


def _colour(random: Random) -> Colour:
    """A colour of full saturation."""
    values = [0, 255, int(random.integers(256))]
    red, green, blue = (values[index] for index in random.permutation(3))
    return red, green, blue


def _word(random: Random) -> str:
    return _MENU[random.integers(len(_MENU))]


GROUNDS: dict[str, Callable[[int, int, Random], Image.Image]] = {
    "white": _plain((255, 255, 255)),
    "black": _plain((0, 0, 0)),
    "grey": _plain((128, 128, 128)),
    "gradient": _gradient,
    "photo": _photo,
    "noise": _noise,
    "stripes": _stripes,
    "page": _page,
    "interface": _interface,
    "saturated": _saturated,
}

#: Name, Pillow's format and options.
CODINGS: tuple[tuple[str, dict[str, object]], ...] = (
    ("JPEG", {"quality": 50}),
    ("JPEG", {"quality": 75}),
    ("JPEG", {"quality": 95}),
    ("PNG", {"compress_level": 1}),
    ("WEBP", {"quality": 80, "method": 2}),
)

ASPECTS = ((1, 1), (16, 9), (9, 16), (3, 1))
#: Longest sides, in pixels; the shortest side is never below 256.
SIDES = (256, 384, 512, 768, 1024, 1280, 1600, 2048, 3072, 4096)


def canvas(side: int, aspect: tuple[int, int]) -> tuple[int, int]:
    """Width and height for a longest side; grown where the shortest would fall below 256."""
    wide, high = aspect
    side = max(side, -(-256 * max(aspect) // min(aspect)))
    return side * wide // max(aspect), side * high // max(aspect)


def encoded(picture: Image.Image, coding: tuple[str, dict[str, object]]) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    picture.save(file, coding[0], **coding[1])  # type: ignore[arg-type]
    return file.getvalue()


def decorated(picture: Image.Image, random: Random) -> Image.Image:
    """The picture with one to three ordinary words in its corners and at its edges, in place."""
    draw = ImageDraw.Draw(picture)
    shortest = min(picture.size)
    for index in random.permutation(8)[: random.integers(1, 4)]:
        words = OTHER_WORDS[random.integers(len(OTHER_WORDS))]
        font = sans(max(9, int(shortest * random.uniform(0.03, 0.09))))
        ink, edge = ((255, 255, 255), (0, 0, 0)) if random.random() < 0.5 else ((20, 20, 20), (255, 255, 255))
        at = anchored(picture.size, draw.textbbox((0, 0), words, font=font), int(index), int(shortest * 0.03))
        draw.text(at, words, fill=ink, font=font, stroke_width=1, stroke_fill=edge)
    return picture


_ANCHORS = ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.0, 0.5), (1.0, 0.5), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0))


def anchored(
    size: tuple[int, int], box: tuple[float, float, float, float], anchor: int, margin: int
) -> tuple[int, int]:
    """Where to draw a text of this box so that its ink stands at one of the eight places."""
    free = (size[0] - (box[2] - box[0]) - 2 * margin, size[1] - (box[3] - box[1]) - 2 * margin)
    horizontal, vertical = _ANCHORS[anchor]
    return int(margin + free[0] * horizontal - box[0]), int(margin + free[1] * vertical - box[1])
