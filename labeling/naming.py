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
    ".svg": Format.SVG,
    ".bmp": Format.BMP,
    ".dib": Format.BMP,
    ".txt": Format.PLAIN,
    ".text": Format.PLAIN,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".docx": Format.DOCX,
    ".docm": Format.DOCX,
    ".dotx": Format.DOCX,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".xltx": Format.XLSX,
    ".pptx": Format.PPTX,
    ".pptm": Format.PPTX,
    ".potx": Format.PPTX,
    ".pdf": Format.PDF,
    ".mp3": Format.MP3,
    ".wav": Format.WAV,
    ".wave": Format.WAV,
    ".flac": Format.FLAC,
    ".ogg": Format.OGG,
    ".oga": Format.OGG,
    ".opus": Format.OGG,
    ".m4a": Format.M4A,
    ".m4b": Format.M4A,
    ".mp4": Format.MP4,
    ".m4v": Format.MP4,
    ".mov": Format.MOV,
    ".qt": Format.MOV,
    ".mkv": Format.MKV,
    ".mka": Format.MKV,
    ".webm": Format.WEBM,
    ".avi": Format.AVI,
    ".flv": Format.FLV,
}


def promised_format(name: str) -> Format | None:
    """The format that a file's name promises by its extension, or None where it promises nothing known."""
    return _EXTENSIONS.get(PurePath(name).suffix.lower())
