"""Labels as other people draw them: other fonts, no plate, shadows, outlines, half transparent, too small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from labeling.report import VisibleAnswer
from tests.bench.label_pictures import CODINGS, GROUNDS, Colour, Random, anchored, encoded, sans

#: Debian's fonts-noto-cjk; the font of the package stands in where they are missing.
_FOLDER = Path("/usr/share/fonts/opentype/noto")
_FILES = {
    "bold": "NotoSansCJK-Bold.ttc",
    "serif": "NotoSerifCJK-Regular.ttc",
    "serif bold": "NotoSerifCJK-Bold.ttc",
}
#: Simplified Chinese in each of those files.
_FACE = 2

_SIZES = ((1024, 1024), (1280, 720), (720, 1280), (1600, 900), (768, 768))
_TOP_LEFT, _TOP, _TOP_RIGHT, _BOTTOM_LEFT, _BOTTOM, _BOTTOM_RIGHT = 0, 1, 2, 5, 6, 7


@dataclass(frozen=True, slots=True)
class Style:
    """One way of drawing a label: words, ink height as a share of the shortest side, place, looks."""

    words: str
    share: float
    anchor: int
    ground: str
    ink: Colour = (255, 255, 255)
    opacity: float = 1.0
    shadow: bool = False
    outline: bool = False
    plate: Colour | None = None
    font: str = "sans"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file, the ink height of its label in pixels, and the answer that it deserves."""

    style: Style
    data: bytes
    size: tuple[int, int]
    ink_height: int
    expected: VisibleAnswer


STYLES = (
    # The big services: white, no plate, a shadow at most, about 3 % to 4 %.
    Style("豆包AI生成", 0.04, _BOTTOM_RIGHT, "photo", shadow=True),
    Style("豆包AI生成", 0.033, _BOTTOM_RIGHT, "photo", opacity=0.8),
    Style("AI生成", 0.03, _BOTTOM_RIGHT, "photo", opacity=0.7, shadow=True),
    Style("即梦AI生成", 0.035, _TOP_LEFT, "photo", font="bold"),
    Style("内容由AI生成", 0.028, _BOTTOM, "photo", shadow=True),
    Style("图片由AI生成", 0.04, _BOTTOM_LEFT, "gradient", font="serif"),
    # The same, large enough.
    Style("AI生成", 0.055, _BOTTOM_RIGHT, "photo", shadow=True),
    Style("AI生成", 0.06, _BOTTOM_RIGHT, "photo", opacity=0.8),
    Style("内容由AI生成", 0.055, _BOTTOM_LEFT, "photo", font="bold", shadow=True),
    Style("本图由人工智能生成", 0.06, _BOTTOM, "photo", font="serif bold"),
    Style("人工智能合成", 0.08, _TOP_RIGHT, "photo", font="bold", opacity=0.7),
    Style("AI 生成", 0.07, _TOP_LEFT, "gradient", font="serif"),
    Style("由AI生成", 0.06, _TOP, "stripes", font="bold"),
    Style("AI合成", 0.1, _BOTTOM_RIGHT, "saturated"),
    # Outlines.
    Style("AI生成", 0.06, _BOTTOM_RIGHT, "photo", outline=True, font="bold"),
    Style("豆包AI生成", 0.06, _BOTTOM_LEFT, "noise", outline=True, font="bold"),
    Style("内容由AI生成", 0.07, _TOP_RIGHT, "saturated", outline=True, font="serif bold", ink=(255, 220, 0)),
    Style("AI生成", 0.06, _BOTTOM, "gradient", outline=True, font="serif"),
    # Plates and dark ink.
    Style("AI生成", 0.055, _BOTTOM_RIGHT, "photo", plate=(255, 255, 255), ink=(30, 30, 30)),
    Style("AI生成", 0.06, _TOP_LEFT, "page", plate=(220, 38, 38), font="bold"),
    Style("由AI生成", 0.06, _BOTTOM_RIGHT, "interface", plate=(0, 0, 0), font="serif bold"),
    Style("AI生成", 0.03, _BOTTOM_RIGHT, "white", ink=(60, 60, 60)),
    Style("本内容由AI生成", 0.055, _BOTTOM, "white", ink=(90, 90, 90), font="serif"),
    Style("AI生成", 0.05, _BOTTOM_RIGHT, "grey", ink=(0, 0, 0), font="bold"),
    # Half labels.
    Style("AI绘画", 0.06, _BOTTOM_RIGHT, "photo", shadow=True),
    Style("Made with AI", 0.06, _BOTTOM_LEFT, "photo", shadow=True),
    Style("AI-generated image", 0.05, _BOTTOM_RIGHT, "photo", plate=(0, 0, 0)),
    Style("AI作品", 0.05, _TOP_RIGHT, "photo", font="serif bold", shadow=True),
    Style("机器生成", 0.06, _BOTTOM_RIGHT, "photo", font="bold", shadow=True),
    Style("AI", 0.07, _BOTTOM_RIGHT, "photo", plate=(0, 0, 0), font="bold"),
)

_WHOLE = ("AI生成", "AI 生成", "AI合成", "人工智能")


def drawn(styles: tuple[Style, ...] = STYLES) -> Iterator[Drawn]:
    """Each style on its ground, in the codings and sizes in turn."""
    for index, style in enumerate(styles):
        random = np.random.default_rng([4242, index])
        size = _SIZES[index % len(_SIZES)]
        picture, height = _picture(style, size, random)
        whole = any(words in style.words for words in _WHOLE)
        conforms = whole and height >= 0.05 * min(size)
        expected = VisibleAnswer.CONFORMING if conforms else VisibleAnswer.DEFICIENT
        yield Drawn(style, encoded(picture, CODINGS[index % len(CODINGS)]), size, height, expected)


def _picture(style: Style, size: tuple[int, int], random: Random) -> tuple[Image.Image, int]:
    """A ground with the style's label, and the ink height of its tallest glyph in pixels."""
    picture = GROUNDS[style.ground](*size, random)
    font = _fitting(style, style.share * min(size))
    box = ImageDraw.Draw(picture).textbbox((0, 0), style.words, font=font)
    at = anchored(size, box, style.anchor, int(min(size) * 0.025))
    em = font.size
    if style.plate is not None:
        pad = em / 4
        area = (at[0] + box[0] - pad, at[1] + box[1] - pad, at[0] + box[2] + pad, at[1] + box[3] + pad)
        ImageDraw.Draw(picture).rounded_rectangle(area, em / 4, fill=style.plate)
    if style.shadow:
        cast = _mask(style, size, font, (at[0] + 1 + int(em) // 24, at[1] + 1 + int(em) // 24), 200)
        picture.paste((0, 0, 0), mask=cast.filter(ImageFilter.GaussianBlur(1 + em / 24)))
    if style.outline:
        width = max(1, int(em) // 16)
        ImageDraw.Draw(picture).text(at, style.words, fill=(0, 0, 0), font=font, stroke_width=width)
    picture.paste(style.ink, mask=_mask(style, size, font, at, int(255 * style.opacity)))
    return picture, _tallest(style.words, font)


def _mask(
    style: Style, size: tuple[int, int], font: ImageFont.FreeTypeFont, at: tuple[int, int], full: int
) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text(at, style.words, fill=full, font=font)
    return mask


def _fitting(style: Style, wished: float) -> ImageFont.FreeTypeFont:
    """The smallest size at which the tallest glyph has the wished ink height."""
    return next(
        font
        for em in range(int(wished), 4 * int(wished) + 9)
        if _tallest(style.words, font := _font(style.font, em)) >= wished
    )


@cache
def _font(name: str, em: int) -> ImageFont.FreeTypeFont:
    file = _FOLDER / _FILES.get(name, "")
    return ImageFont.truetype(str(file), em, index=_FACE) if file.is_file() else sans(em)


def _tallest(words: str, font: ImageFont.FreeTypeFont) -> int:
    return max(_ink(glyph, font) for glyph in words if not glyph.isspace())


def _ink(glyph: str, font: ImageFont.FreeTypeFont) -> int:
    box = font.getbbox(glyph)
    mask = Image.new("L", (int(box[2]) + 8, int(box[3]) + 8))
    ImageDraw.Draw(mask).text((0, 0), glyph, fill=255, font=font)
    rows = np.flatnonzero((np.asarray(mask) >= 128).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if rows.size else 0
