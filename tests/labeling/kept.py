"""What a labelling must keep of a picture, read independently of the package: by Pillow and by plain byte walks."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from labeling import Format, Report
from labeling.report import TraceKind
from tests.labeling import png_files

#: Of TIFF: where strips and tiles lie, the XMP packet, the place of other directories; the palette is compared apart.
_MOVES_IN_TIFF = frozenset({273, 279, 324, 325, 700, 330, 34665, 34853, 320})
_XMP_IN_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_IN_GIF = b"XMP DataXMP"

Facts = dict[str, Any]


def source_types(report: Report) -> set[str]:
    """The IPTC source types that a report names as traces in XMP."""
    return {trace.text for trace in report.traces if trace.kind is TraceKind.SOURCE_TYPE}


def facts_of(data: bytes, fmt: Format) -> Facts:
    """Everything that must be the same before and after, by name."""
    return {**_seen_by_pillow(data), **_FACTS[fmt](data)}


def _seen_by_pillow(data: bytes) -> Facts:
    with Image.open(io.BytesIO(data)) as image:
        tags = image.getexif()
        moves = _MOVES_IN_TIFF if image.format == "TIFF" else frozenset()
        facts: Facts = {name: image.info.get(name) for name in ("icc_profile", "dpi", "gamma", "loop", "comment")}
        facts |= {"mode": image.mode, "size": image.size}
        facts["exif"] = {tag: value for tag, value in tags.items() if tag not in {*moves, 34665, 34853}}
        facts |= {f"exif-{ifd:#x}": dict(tags.get_ifd(ifd)) for ifd in (0x8769, 0x8825)}
        facts["durations"] = [frame.info.get("duration") for frame in ImageSequence.Iterator(image)]
    return facts


# JPEG


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) up to the first scan."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker == 0xDA:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _jpeg_facts(data: bytes) -> Facts:
    stays = [(m, body) for m, body in segments(data) if m not in (0xC4, 0xDD) and not body.startswith(_XMP_IN_APP1)]
    return {"segments": [(m, body) for m, body in stays if m != 0xDB], "tables": {b for m, b in stays if m == 0xDB}}


# PNG


def _png_facts(data: bytes) -> Facts:
    changes = (b"IDAT", b"fdAT", b"fcTL", b"PLTE", b"tRNS")
    stays = [(kind, body) for kind, body in png_files.chunks(data) if kind not in changes]
    controls = [(delay, per) for *_, delay, per, _, _ in png_files.controls(data)]
    keyed = data[25] != 3 and dict(png_files.chunks(data)).get(b"tRNS")
    return {
        "chunks": [part for part in stays if not part[1].startswith(b"XML:com.adobe.xmp\0")],
        "delays": controls,
        "key": keyed,
    }


# WebP


def riff_chunks(data: bytes, at: int = 12) -> Iterator[tuple[bytes, bytes]]:
    while at < len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_facts(data: bytes) -> Facts:
    parts = list(riff_chunks(data))
    inner = [part for name, body in parts if name == b"ANMF" for part in riff_chunks(body, 16)]
    pictures = (b"VP8 ", b"VP8L", b"ALPH")
    return {
        "chunks": [(n, body) for n, body in parts if n not in (*pictures, b"VP8X", b"XMP ", b"ANMF")],
        "codings": {name for name, _ in [*parts, *inner] if name in (b"VP8 ", b"VP8L")},
        "alpha": any(
            (name == b"VP8X" and body[0] & 0x10) or (name == b"VP8L" and body[4] & 0x10) for name, body in parts
        ),
    }


# GIF


def _gif_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    start = at
    while data[at]:
        at += 1 + data[at]
    return data[start : at + 1], at + 1


def _gif_facts(data: bytes) -> Facts:
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    extensions: list[tuple[int, bytes]] = []
    while data[at] != 0x3B:
        if data[at] == 0x21:
            label = data[at + 1]
            # The packet of an XMP extension is no sub-blocks, yet reads as some: that is what its trailer is for.
            body, at = _gif_blocks(data, at + 2)
            if label != 0xF9 and not body[1:].startswith(_XMP_IN_GIF):
                extensions.append((label, body))
        else:
            packed = data[at + 9]
            at += 10 + (3 << (packed & 7) + 1 if packed & 0x80 else 0) + 1
            _, at = _gif_blocks(data, at)
    return {"extensions": extensions, "screen": data[6:10]}


# TIFF


def _tiff_facts(data: bytes) -> Facts:
    pages = []
    with Image.open(io.BytesIO(data)) as image:
        for page in ImageSequence.Iterator(image):
            tags = page.tag_v2  # type: ignore[attr-defined]
            pages.append({tag: value for tag, value in tags.items() if tag not in _MOVES_IN_TIFF})
    return {"pages": pages, "order": data[:4]}


def _avif_facts(data: bytes) -> Facts:
    at = data.index(b"av1C")
    profile_and_depth = data[at + 5] >> 5, data[at + 6] & 0x7F
    return {"profile": profile_and_depth, "nclx": b"nclx" in data, "brand": data[8:12]}


_FACTS: dict[Format, Callable[[bytes], Facts]] = {
    Format.JPEG: _jpeg_facts,
    Format.PNG: _png_facts,
    Format.WEBP: _webp_facts,
    Format.GIF: _gif_facts,
    Format.TIFF: _tiff_facts,
    Format.AVIF: _avif_facts,
}


def palette_of(data: bytes, fmt: Format) -> bytes:
    """The file's own palette; later entries may be added, earlier ones stay."""
    if fmt is Format.PNG:
        return dict(png_files.chunks(data)).get(b"PLTE", b"")
    if fmt is Format.GIF and data[10] & 0x80:
        return data[13 : 13 + (3 << (data[10] & 7) + 1)]
    return b""


# Pixels


def frames_of(data: bytes, fmt: Format) -> list[np.ndarray]:
    """Every frame, at the depth of the file, turned as a viewer turns it; palettes looked up."""
    if fmt is Format.PNG and b"acTL" not in data:
        values = png_files.read(data).astype(np.uint16)
        return [_looked_up(values, dict(png_files.chunks(data))) if data[25] == 3 else values]
    if fmt is Format.TIFF and data[:2] == b"MM" and b"\0\x10\0\x10" in data:
        deep = _deep_strip(data)
        if deep is not None:
            return [deep]
    with Image.open(io.BytesIO(data)) as image:
        return [_upright(frame) for frame in ImageSequence.Iterator(image)]


def _looked_up(indices: np.ndarray, parts: dict[bytes, bytes]) -> np.ndarray:
    colours = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
    alphas = np.frombuffer(parts.get(b"tRNS", b"").ljust(len(colours), b"\xff"), np.uint8)
    return np.concatenate([colours, alphas[:, None]], axis=1)[indices[..., 0]]


def _deep_strip(data: bytes) -> np.ndarray | None:
    with Image.open(io.BytesIO(data)) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        if tags.get(277) != 3 or tags[258][0] != 16:
            return None
        at, length = tags[273][0], tags[279][0]
        return np.frombuffer(data[at : at + length], ">u2").reshape(image.height, image.width, 3)


def _upright(frame: Image.Image) -> np.ndarray:
    turned = ImageOps.exif_transpose(frame)
    assert turned is not None
    if turned.mode == "P":
        turned = turned.convert("RGBA")
    return np.atleast_3d(np.asarray(turned))


def shown(data: bytes, ground: int, frame: int = 0) -> np.ndarray:
    """Luma of a frame, 0..255, as a viewer shows it on a page of one grey."""
    with Image.open(io.BytesIO(data)) as image:
        image.seek(frame)
        turned = ImageOps.exif_transpose(image)
        assert turned is not None
        if turned.mode.startswith("I;16"):
            turned = Image.fromarray((np.asarray(turned) >> 8).astype(np.uint8))
        over = Image.new("RGBA", turned.size, (ground, ground, ground, 255))
        over.alpha_composite(turned.convert("RGB").convert("RGBA") if turned.mode == "CMYK" else turned.convert("RGBA"))
    return np.asarray(over.convert("L"))
