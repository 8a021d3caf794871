"""Pictures and texts to measure on: the sample photographs, mirrored, tiled and faintly grained."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SAMPLES = Path(__file__).parents[2] / "sample_media"
SIZES = {"1 MP": (1024, 1024), "16 MP": (4096, 4096)}

_SAVE = {
    "JPEG": {"quality": 90},
    "JPEG 4:2:2 fine": {"quality": 97, "subsampling": "4:2:2"},
    "JPEG 4:4:4 progressive": {"quality": 90, "subsampling": "4:4:4", "progressive": True},
    "PNG": {},
    "WebP": {"quality": 85},
    "WebP lossless": {"lossless": True, "method": 0},
    "GIF": {},
    "TIFF": {"compression": "tiff_lzw"},
}


@cache
def picture(size: tuple[int, int]) -> Image.Image:
    """An RGB photograph of this size."""
    tile = Image.open(SAMPLES / "photo.png").convert("RGB")
    canvas = Image.new("RGB", size)
    for row, top in enumerate(range(0, size[1], tile.height)):
        for column, left in enumerate(range(0, size[0], tile.width)):
            piece = ImageOps.mirror(tile) if column % 2 else tile
            canvas.paste(ImageOps.flip(piece) if row % 2 else piece, (left, top))
    return Image.fromarray(_with_grain(np.asarray(canvas)))


def _with_grain(pixels: np.ndarray) -> np.ndarray:
    """Faint sensor noise, so that no coder finds one tile again in the next."""
    grain = np.random.default_rng(45438).normal(0, 1.5, pixels.shape)
    return (pixels + grain).round().clip(0, 255).astype(np.uint8)


@cache
def encoded(kind: str, size: tuple[int, int]) -> bytes:
    """The photograph as a file of this kind, with its encoder's usual settings."""
    file = io.BytesIO()
    picture(size).save(file, kind.split(maxsplit=1)[0], **_SAVE[kind])
    return file.getvalue()


_DENSE = "本平台的AI生成内容需要标识。人工智能生成合成内容标识办法规定，服务提供者应当标识AI生成的图片。"


@cache
def dense(megabytes: int, kind: str) -> bytes:
    """A text in which every paragraph is short and speaks of AI generation: each must be judged."""
    paragraph = f"<p>{_DENSE}</p>\n" if kind == "html" else f"{_DENSE}\n\n"
    return (paragraph * (megabytes * 1_000_000 // len(paragraph.encode()))).encode()


@cache
def article(megabytes: int, kind: str) -> bytes:
    """A Chinese and English text of about this size, with headings, code and tables for Markdown."""
    text = (SAMPLES / "article.md").read_text(encoding="utf-8")
    body = text.rsplit("---\n", 1)[1]
    if kind == "html":
        piece = "".join(f"<p>{line}</p>\n" for line in body.splitlines() if line)
        head, foot = "<!doctype html>\n<html><head><title>x</title></head>\n<body>\n", "</body>\n</html>\n"
    else:
        piece, head, foot = body + "\nThe same in plain English, so that both scripts are there.\n\n", "", ""
    times = megabytes * 1_000_000 // len(piece.encode())
    return (head + piece * times + foot).encode()
