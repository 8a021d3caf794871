"""PNG and APNG as a container: where carriers sit, and how to change them without touching the picture.

W3C PNG third edition. New chunks go directly after IHDR, where every reader meets them before the image data; all
other chunks stay byte for byte, in their order, and so do bytes after IEND.

Notes: 'compressed', 'after-image-data', 'raw-profile' (EXIF or XMP as hexadecimal text), 'other-case' (the keyword is
the key word in other letters), 'unknown-chunk', 'trailer' (behind IEND), 'unreadable'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from struct import Struct

from labeling.containers._png_chunks import AFTER_HEADER, Chunk, build, malformed, read_header, walk, walk_on
from labeling.containers._png_text import EXIF_PREFIX, TEXT_CHUNKS, XMP_KEYWORD, InflateBudget, read_text
from labeling.containers._trailer import TRAILER, trailer_blocks
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format, RecordForm
from labeling.profiles.gb45438 import KEY_WORD
from labeling.record_text import stretches

UNKNOWN = "unknown-chunk"
AFTER_IMAGE_DATA = "after-image-data"
_ACTL = Struct(">II")


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk the chunks of `data` and read its metadata; the image data is checked by CRC only, never inflated.

    Errors: those of `walk`, MEDIA_MALFORMED for IHDR and acTL, LIMIT_METADATA, LIMIT_INFLATED, LIMIT_FRAMES.
    """
    # 1. The chunks, each with a right CRC.
    chunks = walk(data, limits)
    header = read_header(data, chunks)
    # 2. The metadata blocks, with what lies after the picture marked as such.
    budget = InflateBudget(limits.inflated_metadata_bytes)
    image_data = next(chunk.start for chunk in chunks if chunk.kind == b"IDAT")
    later = tuple(walk_on(data, chunks[-1].end, limits))
    told = sum(chunk.kind not in _SILENT for chunk in chunks + later)
    require_within(
        ErrorCode.LIMIT_ITEMS, told, min(limits.items, _MOST_TOLD), "the number of chunks that may hold text"
    )
    found = [_read_block(chunk, data, budget, limits) for chunk in chunks if chunk.kind in _METADATA]
    found += [block for chunk in chunks if chunk.kind not in _KNOWN for block in _foreign(chunk, data, limits)]
    behind = _behind(data, later, chunks[-1].end, budget, limits)
    blocks = (*(_placed(block, image_data) for block in sorted(found, key=lambda block: block.start)), *behind)
    # 3. The number of frames.
    frames = read_frame_count(data, chunks)
    require_within(ErrorCode.LIMIT_FRAMES, frames, limits.frames, "the number of frames")
    return Anatomy(Format.PNG, header.width, header.height, frames, blocks)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """A new file without the dropped blocks and with the new ones directly after IHDR.

    XMP becomes an uncompressed iTXt, EXIF an eXIf, an ASCII text a tEXt, any other text an iTXt.
    """
    view = memoryview(data)
    parts: list[bytes | memoryview] = [view[:AFTER_HEADER], *_new_chunks(changes)]
    position = AFTER_HEADER
    for start, end in sorted({(block.start, block.end) for block in changes.drop}):
        parts.append(view[position:start])
        position = end
    parts.append(view[position:])
    return b"".join(parts)


def read_frame_count(data: bytes, chunks: tuple[Chunk, ...]) -> int:
    """Frames of the animation by acTL (section 11.3.6.1), 1 for a still; acTL counts only before the image data."""
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == b"acTL":
            body = chunk.body(data)
            frames = _ACTL.unpack(body)[0] if len(body) == _ACTL.size else 0
            if not frames:
                raise malformed(chunk, "it does not say how many frames there are")
            return int(frames)
    return 1


def _read_block(chunk: Chunk, data: bytes, budget: InflateBudget, limits: Limits) -> Block:
    if chunk.kind == b"caBX":
        return Block(BlockKind.C2PA, "caBX", chunk.start, chunk.end, b"")
    length = chunk.end - chunk.start - 12
    require_within(ErrorCode.LIMIT_METADATA, length, limits.metadata_bytes, "the length of a metadata chunk")
    if chunk.kind == b"eXIf":
        payload = bytes(chunk.body(data)).removeprefix(EXIF_PREFIX)
        return Block(BlockKind.EXIF, "eXIf", chunk.start, chunk.end, payload)
    return read_text(chunk, data, budget)


def _foreign(chunk: Chunk, data: bytes, limits: Limits) -> Iterator[Block]:
    """A chunk of another application, where it holds a record."""
    if chunk.end - chunk.start > limits.metadata_bytes:
        return
    payload = bytes(chunk.body(data))
    if chunk.kind.upper() == KEY_WORD.encode():
        payload = chunk.kind + payload
    if next(stretches(payload, limits), None):
        yield Block(BlockKind.OTHER, chunk.kind.decode("latin-1"), chunk.start, chunk.end, payload, notes=(UNKNOWN,))


def _behind(data: bytes, chunks: tuple[Chunk, ...], end: int, budget: InflateBudget, limits: Limits) -> Iterator[Block]:
    """Text chunks that follow IEND, as some tools append them, and then whatever else looks like a record."""
    for chunk in chunks:
        if chunk.kind in _METADATA - {b"caBX"}:
            block = _read_block(chunk, data, budget, limits)
            yield replace(block, notes=(*block.notes, TRAILER))
        end = chunk.end
    yield from trailer_blocks(data, end, limits)


def _placed(block: Block, image_data: int) -> Block:
    return block if block.start < image_data else replace(block, notes=(*block.notes, AFTER_IMAGE_DATA))


def _new_chunks(changes: Changes) -> list[bytes]:
    chunks = []
    if changes.xmp is not None:
        chunks.append(_international(XMP_KEYWORD, changes.xmp))
    if changes.text is not None:
        chunks.append(_text(*changes.text))
    if changes.exif is not None:
        chunks.append(build(b"eXIf", changes.exif))
    return chunks


def _international(keyword: str, value: bytes) -> bytes:
    """An uncompressed iTXt without language tag and translated keyword (section 11.3.3.4)."""
    return build(b"iTXt", keyword.encode("latin-1"), b"\0\0\0\0\0", value)


def _text(keyword: str, value: bytes) -> bytes:
    """Readers differ on whether a tEXt is Latin-1 or UTF-8, so only ASCII goes into one."""
    if not value.isascii():
        return _international(keyword, value)
    return build(b"tEXt", keyword.encode("latin-1"), b"\0", value)


_METADATA = TEXT_CHUNKS | {b"eXIf", b"caBX"}
#: Chunks of the specification and of APNG that hold no text.
_SILENT = frozenset(
    name.encode()
    for name in (
        "IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT tIME acTL fcTL fdAT"
    ).split()
)
_KNOWN = _METADATA | _SILENT
#: Chunks that are read one by one, some 10 µs each with all that is done with them later. A picture has a few dozen.
_MOST_TOLD = 8_192

register(
    Container(
        Format.PNG,
        parse,
        splice,
        forms={RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.TEXT},
        reads=frozenset(
            {
                Carrier.XMP,
                Carrier.XMP_ATTRIBUTE,
                Carrier.PNG_TEXT,
                Carrier.EXIF_USER_COMMENT,
                Carrier.EXIF_IMAGE_DESCRIPTION,
                Carrier.APP_SEGMENT,
                Carrier.TRAILER,
            }
        ),
    )
)
