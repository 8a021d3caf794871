"""The chunks that say what stored values mean: PLTE, tRNS, hIST and bKGD.

W3C PNG third edition, sections 11.2.2, 11.3.1.1, 11.3.4.1 and 11.3.4.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.containers._png_chunks import GREY, INDEXED, TRUECOLOUR, Chunk, Header, build, malformed
from labeling.errors import ErrorCode, MediaError
from labeling.visible.raster._png_palette import Palette, grey_scale


def find(chunks: tuple[Chunk, ...], kind: bytes) -> Chunk | None:
    """The first chunk of a kind before the image data, which is where these chunks stand."""
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            return None
        if chunk.kind == kind:
            return chunk
    return None


def read_key(data: bytes, chunks: tuple[Chunk, ...], header: Header) -> NDArray[Any] | None:
    """The transparent value of a grey or RGB picture, shape (channels,); None where there is none."""
    chunk = find(chunks, b"tRNS")
    if chunk is None or header.colour_type not in (GREY, TRUECOLOUR):
        return None
    body = chunk.body(data)
    if len(body) != 2 * header.channels:
        raise malformed(chunk, "its length does not fit the colour type")
    # Only the low bits count where the depth is below 16.
    return np.frombuffer(body, ">u2").astype(np.uint16) & ((1 << header.depth) - 1)


def read_palette(data: bytes, chunks: tuple[Chunk, ...], header: Header) -> Palette:
    """The palette of an indexed picture, or the levels of a grey one of less than 8 bits."""
    if header.colour_type == GREY:
        key = read_key(data, chunks, header)
        return grey_scale(header.depth, None if key is None else int(key[0]))
    chunk = find(chunks, b"PLTE")
    if chunk is None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the palette is missing", chunk="PLTE")
    body = chunk.body(data)
    count, rest = divmod(len(body), 3)
    room = 1 << header.depth
    if rest or not 0 < count <= room:
        raise malformed(chunk, "its length does not fit the bit depth")
    transparency = find(chunks, b"tRNS")
    alphas = [] if transparency is None else list(transparency.body(data))[:count]
    colours = tuple((body[at], body[at + 1], body[at + 2]) for at in range(0, len(body), 3))
    return Palette(colours, (*alphas, *[255] * (count - len(alphas))), room)


def background_entry(data: bytes, chunks: tuple[Chunk, ...]) -> set[int]:
    """The palette entry that bKGD names, which is in use even where no pixel has it."""
    chunk = find(chunks, b"bKGD")
    return set() if chunk is None else set(chunk.body(data)[:1])


def palette_chunks(data: bytes, chunks: tuple[Chunk, ...], header: Header, palette: Palette) -> dict[int, bytes]:
    """What stands in the place of PLTE, tRNS and hIST (by chunk start), so that all agree with `palette`.

    tRNS keeps its length: entries beyond it are opaque. hIST gets a zero for each new entry.
    """
    found: dict[int, bytes] = {}
    if header.colour_type != INDEXED:
        return found
    for kind in (b"PLTE", b"tRNS", b"hIST"):
        chunk = find(chunks, kind)
        if chunk is not None:
            found[chunk.start] = build(kind, _contents(kind, bytes(chunk.body(data)), palette))
    return found


def _contents(kind: bytes, old: bytes, palette: Palette) -> bytes:
    match kind:
        case b"PLTE":
            return bytes(value for colour in palette.colours for value in colour)
        case b"tRNS":
            return bytes(palette.alphas[: len(old)]) + old[len(palette.alphas) :]
        case _:
            return old.ljust(2 * len(palette.colours), b"\0")
