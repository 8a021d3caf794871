"""Small real files, made here."""

from __future__ import annotations

import io

from PIL import Image


def picture(fmt: str = "PNG", size: tuple[int, int] = (320, 240), shade: int = 128) -> bytes:
    """A picture with a gradient, so that lossy formats have something to code."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste((shade, 40, 90), (0, 0, size[0] // 3, size[1] // 3))
    stream = io.BytesIO()
    image.save(stream, fmt)
    return stream.getvalue()


MARKDOWN = "# 标题\n\n正文第一段。\n\n正文第二段。\n"
HTML = "<!doctype html><html><head><title>t</title></head><body><p>正文。</p></body></html>"
