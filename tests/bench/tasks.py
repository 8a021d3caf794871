"""What is measured: our labelling in its modes, and what others need for the same file."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from labeling import Declaration, Format, VisibleOptions, label
from labeling.signing import Signer, development_signer

DECLARATION = Declaration(provider="001191110102MACQD9K64010000")


@cache
def signer() -> Signer:
    """A development signer in a folder that goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="mingbiao-bench-")
    _FOLDERS.append(folder)
    return development_signer(Path(folder.name))


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def label_visible(data: bytes) -> bytes:
    """Visible label and record, no credential."""
    return label(data, DECLARATION, signer=None, now=datetime.now(UTC)).data


def label_implicit(data: bytes) -> bytes:
    """The record alone."""
    return label(data, DECLARATION, signer=None, now=datetime.now(UTC), visible=None).data


def label_with_everything(data: bytes) -> bytes:
    """Visible label, record and credential."""
    return label(data, DECLARATION, signer=signer(), now=datetime.now(UTC)).data


def label_text(data: bytes, fmt: Format) -> bytes:
    """Visible label and, where there is a place for one, the record."""
    return label(data, DECLARATION, signer=None, now=datetime.now(UTC), visible=VisibleOptions(), format=fmt).data


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)


def pillow_label(data: bytes, **options: object) -> bytes:
    """What one writes with Pillow: decode, draw a plate and the words, encode with the same kind of settings."""
    with Image.open(io.BytesIO(data)) as picture:
        fmt = picture.format
        if fmt == "JPEG":
            options = {"quality": "keep", **options}
        drawn = picture.convert("RGB") if picture.mode == "P" else picture
        _draw(drawn)
        out = io.BytesIO()
        drawn.save(out, fmt, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _draw(picture: Image.Image) -> None:
    size = round(min(picture.size) * 0.06)
    draw = ImageDraw.Draw(picture)
    right, bottom = picture.width - size // 3, picture.height - size // 3
    draw.rectangle((right - 4 * size, bottom - 3 * size // 2, right, bottom), fill=(0, 0, 0))
    draw.text((right - 7 * size // 2, bottom - 7 * size // 5), "AI生成", fill=(255, 255, 255), font=_font(size))
