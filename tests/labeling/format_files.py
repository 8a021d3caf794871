"""The table of generated files: every format, depth, layout and piece of metadata that must survive a labelling."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from tests.labeling import png_files

SAMPLES = Path(__file__).parents[2] / "sample_media"
WIDTH, HEIGHT = 160, 120
XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    b'dc:source="the archive" xmp:Rating="4"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
Builder = Callable[[], bytes]


@cache
def photo(mode: str = "RGB", width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A real photograph in the mode and size."""
    with Image.open(SAMPLES / "photo.png") as picture:
        scaled = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    if mode == "P":
        return scaled.quantize(200)
    if mode in ("RGBA", "LA"):
        scaled.putalpha(Image.linear_gradient("L").resize(scaled.size))
    return scaled.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Maker"
    tags[0x0131] = "Darkroom 3"
    tags.get_ifd(0x8769)[0x9003] = "2026:11:21 08:00:00"
    tags.get_ifd(0x8825)[1] = "N"
    return tags


def films(mode: str = "RGB", count: int = 4) -> list[Image.Image]:
    """Frames in which a square wanders over the photograph."""
    frames = []
    for index in range(count):
        frame = photo(mode).copy()
        frame.paste(photo(mode).crop((0, 0, 40, 40)), (10 + 12 * index, 20))
        frames.append(frame)
    return frames


# JPEG


def jpeg(mode: str = "RGB", **options: Any) -> Builder:
    return lambda: saved(photo(mode), "JPEG", **{"quality": 88, **options})


def turned_jpeg(orientation: int) -> Builder:
    width, height = (HEIGHT, WIDTH) if orientation >= 5 else (WIDTH, HEIGHT)
    return lambda: saved(photo("RGB", width, height), "JPEG", quality=90, exif=exif(orientation))


def jpeg_with_everything() -> bytes:
    return saved(
        photo(), "JPEG", quality=90, exif=exif(), icc_profile=ICC, xmp=XMP, comment=b"a comment", dpi=(300, 300)
    )


JPEG: dict[str, Builder] = {
    "jpeg-444": jpeg(subsampling=0),
    "jpeg-422": jpeg(subsampling=1),
    "jpeg-420": jpeg(subsampling=2),
    "jpeg-grey": jpeg("L"),
    "jpeg-progressive": jpeg(progressive=True),
    "jpeg-progressive-grey": jpeg("L", progressive=True),
    "jpeg-cmyk": jpeg("CMYK"),
    "jpeg-low-quality": jpeg(quality=30),
    "jpeg-high-quality": jpeg(quality=98, subsampling=0),
    "jpeg-restarts": jpeg(restart_marker_rows=1),
    "jpeg-everything": jpeg_with_everything,
    "jpeg-100-kb": lambda: saved(photo("RGB", 900, 700), "JPEG", quality=92),
    "jpeg-100-kb-progressive": lambda: saved(photo("RGB", 900, 700), "JPEG", quality=92, progressive=True),
    **{f"jpeg-orientation-{turn}": turned_jpeg(turn) for turn in range(1, 9)},
}

# PNG

_CHUNKS = [
    (b"gAMA", struct.pack(">I", 45455)),
    (b"iCCP", b"sRGB\0\0" + zlib.compress(ICC)),
    (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
    (b"tIME", struct.pack(">HBBBBB", 2026, 11, 21, 8, 0, 0)),
    (b"tEXt", b"Title\0A cat"),
    (b"zTXt", b"Comment\0\0" + zlib.compress(b"at home")),
    (b"iTXt", "Author\0\0\0zh\0作者\0某人".encode()),
    (b"prVt", b"private"),
]


def samples(colour_type: int, depth: int) -> np.ndarray:
    """The photograph as samples of a PNG colour type (no palette) and depth."""
    mode = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}[colour_type]
    values = np.atleast_3d(np.asarray(photo(mode))).astype(np.uint16)
    if depth == 16:
        return values * 257 - (values % 7)
    return values >> (8 - depth)


def png(colour_type: int, depth: int, **options: Any) -> Builder:
    return lambda: png_files.picture(samples(colour_type, depth), colour_type, depth, **options)


def png_with_everything() -> bytes:
    after = [(b"eXIf", exif().tobytes().removeprefix(b"Exif\0\0")), (b"tEXt", b"Late\0after the pixels")]
    packet = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    return png_files.picture(samples(2, 8), 2, 8, before=[*_CHUNKS, packet], after=after)


def palette_png(colours: int, *, see_through: bool = False, **options: Any) -> Builder:
    def build() -> bytes:
        image = photo("RGB").quantize(colours)
        if see_through:
            options["transparency"] = bytes([0, 128, *[255] * (colours - 2)])
        return saved(image, "PNG", **options)

    return build


def animated_png() -> bytes:
    frames = films()
    info = PngInfo()
    info.add_text("Title", "moving")
    return saved(
        frames[0], "PNG", save_all=True, append_images=frames[1:], duration=[40, 120, 40, 500], loop=3, pnginfo=info
    )


PNG: dict[str, Builder] = {
    **{f"png-grey-{depth}": png(0, depth) for depth in (1, 2, 4, 8, 16)},
    **{f"png-rgb-{depth}": png(2, depth) for depth in (8, 16)},
    **{f"png-grey-alpha-{depth}": png(4, depth) for depth in (8, 16)},
    **{f"png-rgba-{depth}": png(6, depth) for depth in (8, 16)},
    "png-grey-key": png(0, 8, before=[(b"tRNS", struct.pack(">H", 90))]),
    "png-rgb-key": png(2, 8, before=[(b"tRNS", struct.pack(">HHH", 90, 80, 70))]),
    "png-rgb-16-key": png(2, 16, before=[(b"tRNS", struct.pack(">HHH", 900, 80, 70))]),
    "png-interlaced-rgb": png(2, 8, interlaced=True),
    "png-interlaced-grey-1": png(0, 1, interlaced=True),
    "png-interlaced-rgba-16": png(6, 16, interlaced=True),
    "png-palette-2": palette_png(2),
    "png-palette-16": palette_png(16),
    "png-palette-200": palette_png(200),
    "png-palette-256": palette_png(256),
    "png-palette-transparent": palette_png(100, see_through=True),
    "png-everything": png_with_everything,
    "apng": animated_png,
}

# WebP


def webp(mode: str = "RGB", **options: Any) -> Builder:
    return lambda: saved(photo(mode), "WEBP", **{"quality": 82, **options})


def animated_webp(**options: Any) -> Builder:
    def build() -> bytes:
        frames = films()
        return saved(
            frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=[40, 120, 50, 500], loop=2, **options
        )

    return build


_METADATA: dict[str, Any] = {"icc_profile": ICC, "xmp": XMP}

WEBP: dict[str, Builder] = {
    "webp-lossy": webp(),
    "webp-lossless": webp(lossless=True),
    "webp-lossy-alpha": webp("RGBA"),
    "webp-lossless-alpha": webp("RGBA", lossless=True, exact=True),
    "webp-lossy-everything": webp(exif=exif(), **_METADATA),
    "webp-lossless-everything": webp(lossless=True, exif=exif(), **_METADATA),
    "webp-animated-lossy": animated_webp(quality=80),
    "webp-animated-lossless": animated_webp(lossless=True),
    "webp-animated-everything": animated_webp(lossless=True, exif=exif(), **_METADATA),
}

# GIF


def gif(colours: int = 120, **options: Any) -> Builder:
    return lambda: saved(photo().quantize(colours), "GIF", **options)


def gif87a() -> bytes:
    data = gif()()
    return b"GIF87a" + data[6:]


def animated_gif(count: int, **options: Any) -> Builder:
    def build() -> bytes:
        width, height = options.get("size", (WIDTH, HEIGHT))
        ground = photo("RGB", width, height).quantize(60)
        frames = []
        for index in range(count):
            frame = ground.copy()
            frame.paste(index % 60, (index % (width - 8), 4, index % (width - 8) + 8, 12))
            frames.append(frame)
        return saved(
            frames[0],
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=[20 + 10 * (index % 5) for index in range(count)],
            loop=7,
            disposal=options.get("disposal", 1),
            comment=b"moving",
        )

    return build


def see_through_gif() -> bytes:
    image = photo().quantize(100)
    image.paste(99, (0, 0, WIDTH, HEIGHT // 3))
    image.paste(99, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return saved(image, "GIF", transparency=99)


GIF: dict[str, Builder] = {
    "gif-87a": gif87a,
    "gif-89a-comment": gif(comment=b"a comment"),
    "gif-2-colours": gif(2),
    "gif-256-colours": gif(256),
    "gif-interlaced": gif(interlace=1),
    "gif-transparent": see_through_gif,
    "gif-animated": animated_gif(5),
    "gif-animated-background": animated_gif(5, disposal=2),
    "gif-300-frames": animated_gif(300, size=(64, 48)),
}

# TIFF


def tiff(mode: str = "RGB", **options: Any) -> Builder:
    return lambda: saved(photo(mode), "TIFF", **options)


def tiff_with_everything() -> bytes:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270], tags[305], tags[65001] = "A cat", "Darkroom 3", "private"
    tags.tagtype[65001] = 2
    tags[700] = XMP
    tags.tagtype[700] = 1
    return saved(photo(), "TIFF", compression="tiff_lzw", icc_profile=ICC, dpi=(300, 300), tiffinfo=tags)


def many_pages() -> bytes:
    # Copies, because Pillow leaves the settings of an earlier encoder on an image.
    pages = [photo().copy(), photo("L").copy(), photo("RGB", 320, 240).copy()]
    return saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")


def assembled_tiff(order: str, bits: int, storage: dict[int, list[int]], pieces: list[bytes], places: int) -> bytes:
    """RGB by the letter of TIFF 6.0; `storage` are further tags (LONG), `places` the tag that says where pieces lie."""
    offsets = np.cumsum([8, *map(len, pieces)]).tolist()
    tags = {256: [WIDTH], 257: [HEIGHT], 258: [bits] * 3, 259: [1], 262: [2], 277: [3], **storage}
    tags[places], tags[places + (1 if places == 324 else 6)] = offsets[:-1], [len(piece) for piece in pieces]
    body, table, at = b"".join(pieces), struct.pack(order + "H", len(tags)), offsets[-1]
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(packed) > 4:
            body, packed, at = body + packed, struct.pack(order + "I", at), at + len(packed)
        table += struct.pack(order + "HHI", tag, 4, len(values)) + packed
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HI", 42, at) + body + table + bytes(4)


def deep_tiff() -> bytes:
    """16 bits a sample in one strip without compression, big-endian."""
    return assembled_tiff(">", 16, {278: [HEIGHT]}, [samples(2, 16).astype(">u2").tobytes()], 273)


def tiled_tiff() -> bytes:
    """Tiles of 64 x 64, deflated; those at the edges are filled up."""
    padded = np.pad(samples(2, 8).astype(np.uint8), ((0, -HEIGHT % 64), (0, -WIDTH % 64), (0, 0)))
    tiles = [
        zlib.compress(padded[y : y + 64, x : x + 64].tobytes())
        for y in range(0, padded.shape[0], 64)
        for x in range(0, padded.shape[1], 64)
    ]
    return assembled_tiff("<", 8, {259: [8], 322: [64], 323: [64]}, tiles, 324)


TIFF: dict[str, Builder] = {
    "tiff-none": tiff(),
    "tiff-lzw": tiff(compression="tiff_lzw"),
    "tiff-lzw-predictor": tiff(compression="tiff_lzw", tiffinfo={317: 2}),
    "tiff-deflate": tiff(compression="tiff_adobe_deflate"),
    "tiff-packbits": tiff(compression="packbits"),
    "tiff-g4": tiff("1", compression="group4"),
    "tiff-jpeg": tiff(compression="jpeg", quality=90),
    "tiff-grey": tiff("L", compression="tiff_lzw"),
    "tiff-grey-16": lambda: saved(Image.fromarray(samples(0, 16)[..., 0]), "TIFF", compression="tiff_lzw"),
    "tiff-rgb-16": deep_tiff,
    "tiff-rgba": tiff("RGBA", compression="tiff_lzw"),
    "tiff-palette": tiff("P", compression="tiff_lzw"),
    "tiff-cmyk": tiff("CMYK", compression="tiff_lzw"),
    "tiff-pages": many_pages,
    "tiff-tiled": tiled_tiff,
    "tiff-grey-16-big-endian": lambda: saved(photo("I;16B"), "TIFF"),
    "tiff-everything": tiff_with_everything,
}


# AVIF

AVIF: dict[str, Builder] = {
    "avif-420": lambda: saved(photo(), "AVIF", quality=80, speed=9),
    "avif-444": lambda: saved(photo(), "AVIF", quality=90, speed=9, subsampling="4:4:4"),
    "avif-alpha": lambda: saved(photo("RGBA"), "AVIF", quality=80, speed=9),
    "avif-everything": lambda: saved(photo(), "AVIF", quality=80, speed=9, exif=exif(), icc_profile=ICC, xmp=XMP),
    "avif-orientation-6": lambda: saved(photo(), "AVIF", quality=80, speed=9, exif=exif(6)),
}

FILES: dict[str, Builder] = {**JPEG, **PNG, **WEBP, **GIF, **TIFF, **AVIF}


@cache
def file(name: str) -> bytes:
    return FILES[name]()
