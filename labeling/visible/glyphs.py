"""Rendering words to a coverage mask, and measuring the ink that a reader sees.

The font is Noto Sans SC (SIL Open Font License) from the package `pylopdf-fonts-zh-cn`.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from labeling.errors import DeclarationError, ErrorCode
from labeling.visible.stamp import Mask

#: Coverage from which a pixel counts as ink.
INK_THRESHOLD = 128
#: Em size at which the proportions of a word are measured.
_REFERENCE_SIZE = 400
#: Below this em size, in pixels, a stroke is thinner than a pixel and would only be grey: its coverage is doubled.
_THIN_SIZE = 28
#: Space between two lines, as a share of the ink height.
_LINE_GAP = 0.35
#: A code point that no font draws; what it renders to is the 'missing glyph' box.
_MISSING = "\U0010fffd"


def ink_height(mask: Mask) -> int:
    """Rows from the first to the last that hold ink, in pixels."""
    rows = np.flatnonzero((mask >= INK_THRESHOLD).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if rows.size else 0


def least_width(lines: tuple[str, ...], target_ink: int) -> float:
    """A lower bound of the width of these lines in pixels, found without drawing them at that size."""
    font = _font(_REFERENCE_SIZE)
    longest = max(font.getlength(line) for line in lines)
    return 0.8 * longest * target_ink / _tallest(_glyphs(lines), _REFERENCE_SIZE)


def render(lines: tuple[str, ...], target_ink: int) -> tuple[Mask, int]:
    """Draw lines of text so that the tallest glyph's ink is at least `target_ink` pixels high.

    Returns the coverage mask (height, width; cropped to what is drawn, read-only) and the measured ink height of the
    tallest glyph. Raises DeclarationError(WORDS_NOT_DRAWABLE) where the font lacks a character.
    """
    glyphs = _glyphs(lines)
    size = target_ink * _REFERENCE_SIZE / _tallest(glyphs, _REFERENCE_SIZE)
    while (measured := _tallest(glyphs, size)) < target_ink:
        size += 0.25
    mask = _crop(_draw(lines, size, round(measured * _LINE_GAP)))
    mask.setflags(write=False)
    return mask, measured


def _glyphs(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The characters that leave ink, each once; refuses those that the font lacks."""
    glyphs = tuple(sorted({character for line in lines for character in line if not character.isspace()}))
    _require_drawable(glyphs)
    return glyphs


@lru_cache(maxsize=64)
def _tallest(glyphs: tuple[str, ...], size: float) -> int:
    return max(ink_height(_draw((glyph,), size, 0)) for glyph in glyphs)


def _draw(lines: tuple[str, ...], size: float, gap: int) -> Mask:
    """The lines under each other, centred, with room on all sides so that nothing is clipped."""
    font = _font(size)
    ascent, descent = font.getmetrics()
    room = math.ceil(size / 2)
    widths = [math.ceil(font.getlength(line)) for line in lines]
    height = (ascent + descent) * len(lines) + gap * (len(lines) - 1)
    canvas = Image.new("L", (max(widths) + 2 * room, height + 2 * room))
    draw = ImageDraw.Draw(canvas)
    for index, line in enumerate(lines):
        left = room + (max(widths) - widths[index]) // 2
        draw.text((left, room + index * (ascent + descent + gap)), line, fill=255, font=font)
    coverage = np.array(canvas)
    return np.minimum(coverage, 127) * 2 + (coverage > 127) if size < _THIN_SIZE else coverage


def _crop(mask: Mask) -> Mask:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size, layout_engine=ImageFont.Layout.BASIC)


def _require_drawable(glyphs: tuple[str, ...]) -> None:
    missing = [glyph for glyph in glyphs if not _drawable(glyph)]
    if missing or not glyphs:
        raise DeclarationError(
            ErrorCode.WORDS_NOT_DRAWABLE,
            f"the font has no glyph for {' '.join(missing) or 'an empty label'}",
            characters="".join(missing),
        )


@lru_cache(maxsize=1024)
def _drawable(glyph: str) -> bool:
    drawn, box = (np.array(_draw((character,), 32, 0)) for character in (glyph, _MISSING))
    return bool(drawn.any()) and not (drawn.shape == box.shape and (drawn == box).all())
