"""GIF: XMP, C2PA and comments as extensions between the pictures (GIF89a; Adobe XMP specification part 3, 1.1.2).

Notes: 'sub-blocks' (a packet cut into sub-blocks), 'plain-text' (words that are drawn as text), 'trailer' (behind the
end of the file proper).
"""

from __future__ import annotations

from labeling.containers._trailer import trailer_blocks
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.containers.gif_blocks import (
    APPLICATION,
    COMMENT,
    GRAPHIC_CONTROL,
    HEADER_BYTES,
    SCREEN_FLAGS,
    Extension,
    Picture,
    edited,
    read_blocks,
    sub_blocks,
    table_bytes,
)
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits, require_pixels, require_within
from labeling.model import Carrier, Format, RecordForm
from labeling.record_text import stretches

#: Introducer, label, length of the application identifier.
_APPLICATION_HEAD = b"\x21\xff\x0b"
_XMP = b"XMP DataXMP"
#: C2PA specification, appendix A (GIF); the three bytes that follow are its authentication code.
_C2PA = b"C2PA_GIF"
#: Both mean an animation's loop count; old viewers look for it right after the global colour table.
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: 'Magic trailer': wherever a reader that takes packet bytes for sub-block lengths lands in it, it comes to its end.
_MAGIC_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
#: Plain text has a header of its own in front of its words (GIF89a, section 25).
_PLAIN_TEXT = 0x01
_CONTENT = len(_APPLICATION_HEAD) + len(_XMP)


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk the blocks of a GIF and name those that carry metadata.

    Raises MediaError where the file is broken or has no trailer, LimitError where a bound is reached.
    """
    screen, parts, trailer = read_blocks(data, limits)
    pictures = [part for part in parts if isinstance(part, Picture)]
    require_pixels(screen.width, screen.height, limits, frames=len(pictures))
    found = (_block(data, part, limits) for part in parts if isinstance(part, Extension))
    blocks = (*(block for block in found if block is not None), *trailer_blocks(data, trailer + 1, limits))
    return Anatomy(Format.GIF, screen.width, screen.height, len(pictures), blocks)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Drop blocks and put an XMP packet in; every other byte is kept, except that GIF87a becomes GIF89a with it.

    The packet goes where a dropped one stood, else after the global colour table and the loop count. Raises
    DeclarationError for EXIF and text entries, which have no place in a GIF, and for a packet that holds a zero byte
    (it must be UTF-8).
    """
    # 1. Refuse what the format cannot hold.
    if changes.exif is not None or changes.text is not None:
        raise DeclarationError(ErrorCode.RECORD_FORM_UNSUPPORTED, "a GIF holds its record as XMP only", format="gif")
    # 2. Lay out what goes out and what comes in, each as (start, end, new bytes).
    edits = [(block.start, block.end, b"") for block in changes.drop]
    if changes.xmp is not None:
        xmp = _xmp_extension(changes.xmp, limits)
        dropped = [block for block in changes.drop if block.kind is BlockKind.XMP]
        place = min(block.start for block in dropped) if dropped else _first_place(data)
        edits += [(0, 6, b"GIF89a"), (place, place, xmp)]
    # 3. Copy everything else once.
    return edited(data, edits)


def _block(data: bytes, extension: Extension, limits: Limits) -> Block | None:
    label, start, end = extension
    if label == COMMENT:
        return _comment(data, start, end, limits)
    if label != APPLICATION or not data.startswith(_APPLICATION_HEAD, start):
        return _other(data, extension, limits)
    if data.startswith(_XMP, start + len(_APPLICATION_HEAD)):
        return _xmp(data, start, end, limits)
    if data.startswith(_C2PA, start + len(_APPLICATION_HEAD)):
        return Block(BlockKind.C2PA, "application extension", start, end, b"", _C2PA.decode())
    return _other(data, extension, limits)


def _other(data: bytes, extension: Extension, limits: Limits) -> Block | None:
    """Any other extension, if it holds a record."""
    label, start, end = extension
    if label == GRAPHIC_CONTROL or end - start > limits.metadata_bytes:
        return None
    payload = sub_blocks(data, start + 2)
    if next(stretches(payload, limits), None) is None:
        return None
    notes = ("plain-text",) if label == _PLAIN_TEXT else ()
    unit = _UNITS.get(label, "extension")
    return Block(BlockKind.OTHER, unit, start, end, payload, notes=notes)


_UNITS = {APPLICATION: "application extension", _PLAIN_TEXT: "plain text extension"}


def _comment(data: bytes, start: int, end: int, limits: Limits) -> Block:
    require_within(ErrorCode.LIMIT_METADATA, end - start, limits.metadata_bytes, "a GIF comment")
    return Block(BlockKind.TEXT, "comment extension", start, end, _as_utf8(sub_blocks(data, start + 2)), "Comment")


def _xmp(data: bytes, start: int, end: int, limits: Limits) -> Block:
    """One XMP packet: as the specification has it, or cut into sub-blocks, as some writers store it."""
    require_within(ErrorCode.LIMIT_METADATA, end - start, limits.metadata_bytes, "an XMP packet")
    content = data[start + _CONTENT : end]
    notes: tuple[str, ...] = ()
    if content.endswith(_MAGIC_TRAILER):
        payload = content[: -len(_MAGIC_TRAILER)]
    else:
        payload = sub_blocks(data, start + _CONTENT).removesuffix(_MAGIC_TRAILER[:-1])
        notes = ("sub-blocks",)
    return Block(BlockKind.XMP, "application extension", start, end, payload, _XMP.decode(), notes)


def _as_utf8(text: bytes) -> bytes:
    """GIF89a has comments in 7-bit ASCII; what is not UTF-8 is taken as Latin-1."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()
    return text


def _xmp_extension(packet: bytes, limits: Limits) -> bytes:
    require_within(ErrorCode.LIMIT_METADATA, len(packet), limits.metadata_bytes, "the XMP packet")
    if b"\x00" in packet:
        raise DeclarationError(ErrorCode.RECORD_UNSUPPORTED, "an XMP packet in a GIF cannot hold a zero byte")
    return b"".join((_APPLICATION_HEAD, _XMP, packet, _MAGIC_TRAILER))


def _first_place(data: bytes) -> int:
    """Right after the global colour table and the loop count, if that follows: before any graphic control."""
    place = HEADER_BYTES + table_bytes(data[SCREEN_FLAGS])
    for loop in _LOOPS:
        if data.startswith(_APPLICATION_HEAD + loop, place):
            place += _CONTENT
            while length := data[place]:
                place += length + 1
            place += 1
    return place


register(
    Container(
        format=Format.GIF,
        parse=parse,
        splice=splice,
        forms={RecordForm.STANDARD: BlockKind.XMP},
        reads=frozenset({Carrier.XMP, Carrier.XMP_ATTRIBUTE, Carrier.APP_SEGMENT, Carrier.TRAILER}),
    )
)
