"""File names as hints: which format a name promises. Content decides; see `labeling.sniff`."""

from __future__ import annotations

from pathlib import PurePath

from labeling.model import Format

_EXTENSIONS: dict[str, Format] = {
    ".jpg": Format.JPEG,
    ".jpeg": Format.JPEG,
    ".jpe": Format.JPEG,
    ".jfif": Format.JPEG,
    ".png": Format.PNG,
    ".apng": Format.PNG,
    ".webp": Format.WEBP,
    ".gif": Format.GIF,
    ".tif": Format.TIFF,
    ".tiff": Format.TIFF,
    ".avif": Format.AVIF,
    ".heic": Format.HEIC,
    ".heif": Format.HEIC,
    ".txt": Format.PLAIN,
    ".text": Format.PLAIN,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
}


def promised_format(name: str) -> Format | None:
    """The format that a file's name promises by its extension, or None where it promises nothing known."""
    return _EXTENSIONS.get(PurePath(name).suffix.lower())
