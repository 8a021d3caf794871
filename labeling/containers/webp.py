"""WebP (RFC 9649): where XMP, EXIF and C2PA sit, and how to change the first two without touching anything else.

Notes: 'exif-prefix' (the EXIF block begins as in a JPEG), 'misspelt' (the chunk's name ends with NUL), 'unknown-chunk',
'in-frame' (inside a frame of an animation), 'trailer' (behind the RIFF chunk).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from labeling.containers._riff import Chunk, assemble, chunk, kept
from labeling.containers._trailer import trailer_blocks, without
from labeling.containers._webp_structure import (
    FLAG_EXIF,
    FLAG_XMP,
    FORM,
    PIXEL_CHUNKS,
    Structure,
    read_structure,
)
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format, RecordForm
from labeling.profiles.gb45438 import KEY_WORD
from labeling.record_text import stretches

UNKNOWN = "unknown-chunk"
IN_FRAME = "in-frame"

#: Some writers end the name of the XMP chunk with NUL instead of a space; ExifTool reads both.
KINDS = {
    b"XMP ": BlockKind.XMP,
    b"XMP\0": BlockKind.XMP,
    b"EXIF": BlockKind.EXIF,
    b"C2PA": BlockKind.C2PA,
}
#: Chunks of the format itself that never hold a record.
OWN_CHUNKS = PIXEL_CHUNKS | {b"VP8X", b"ICCP", b"ANIM"}
#: A JPEG habit that does not belong into WebP; some writers keep it.
EXIF_PREFIX = b"Exif\0\0"


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk a WebP file: canvas size, number of frames, metadata blocks.

    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED) and LimitError; never decodes pixels.
    """
    structure = read_structure(data, limits)
    blocks = [block for one in structure.chunks if one.fourcc not in OWN_CHUNKS for block in _block(data, one, limits)]
    for frame in structure.frames:
        inside = (block for one in frame.others for block in _block(data, one, limits))
        blocks += [replace(block, notes=(*block.notes, IN_FRAME)) for block in inside]
    blocks += trailer_blocks(data, structure.end, limits)
    in_order = tuple(sorted(blocks, key=lambda block: block.start))
    return Anatomy(Format.WEBP, structure.width, structure.height, max(1, len(structure.frames)), in_order)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """A new file with some metadata chunks dropped or put, in the order of RFC 9649, section 2.7 (EXIF, then XMP).

    A simple file becomes an extended one where it needs to. All other chunks and bytes behind the RIFF chunk stay.
    Raises DeclarationError: RECORD_FORM_UNSUPPORTED for a text entry, which WebP has no place for, RECORD_UNSUPPORTED
    for a record that is to be taken out of a frame.
    """
    if changes.text is not None:
        raise DeclarationError(ErrorCode.RECORD_FORM_UNSUPPORTED, "WebP has no text entries", format=Format.WEBP.value)
    if any(IN_FRAME in block.notes for block in changes.drop):
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED, "a record lies inside a frame and cannot be taken out", format="webp"
        )
    structure = read_structure(data, limits)
    # 1. Everything that stays, VP8X aside.
    dropped = {block.start for block in changes.drop}
    stay = [one for one in structure.chunks if one.start not in dropped and one is not structure.extended]
    # 2. EXIF directly after the picture, XMP after any EXIF that stands behind the picture.
    pieces: list[tuple[bytes, tuple[bytes | memoryview, ...]]] = [(one.fourcc, kept(data, one)) for one in stay]
    if changes.exif is not None:
        pieces.insert(_after(pieces, PIXEL_CHUNKS), (b"EXIF", (chunk(b"EXIF", changes.exif),)))
    if changes.xmp is not None:
        pieces.insert(_after(pieces, PIXEL_CHUNKS | {b"EXIF"}), (b"XMP ", (chunk(b"XMP ", changes.xmp),)))
    # 3. VP8X in front, its flags telling what is there.
    names = {name for name, _ in pieces}
    flat = [piece for _, run in pieces for piece in run]
    if structure.extended is not None or names & {b"EXIF", b"XMP "}:
        flat.insert(0, _canvas(data, structure, names))
    return assemble(FORM, flat, without(data, structure.end, changes.drop))


def _block(data: bytes, one: Chunk, limits: Limits) -> Iterator[Block]:
    kind = KINDS.get(one.fourcc)
    unit = one.fourcc.decode("latin-1")
    if kind is None:
        yield from _foreign(data, one, limits)
        return
    if kind is BlockKind.C2PA:
        yield Block(kind, unit, one.start, one.end, b"")
        return
    require_within(ErrorCode.LIMIT_METADATA, one.size, limits.metadata_bytes, f"the chunk {unit!r}")
    payload = one.payload(data)
    notes: tuple[str, ...] = ("misspelt",) if one.fourcc == b"XMP\0" else ()
    if kind is BlockKind.EXIF and payload.startswith(EXIF_PREFIX):
        payload, notes = payload.removeprefix(EXIF_PREFIX), ("exif-prefix",)
    yield Block(kind, unit, one.start, one.end, payload, notes=notes)


def _foreign(data: bytes, one: Chunk, limits: Limits) -> Iterator[Block]:
    """A chunk that WebP does not know, where it may hold a record: by its name, as in WAV, or by what it says."""
    named = one.fourcc.upper() == KEY_WORD.encode()
    if named:
        require_within(ErrorCode.LIMIT_METADATA, one.size, limits.metadata_bytes, f"the chunk {KEY_WORD}")
    elif one.size > limits.metadata_bytes:
        return
    payload = one.payload(data)
    if named or next(stretches(payload, limits), None):
        kind = BlockKind.TEXT if named else BlockKind.OTHER
        unit = one.fourcc.decode("latin-1")
        keyword = unit if named else ""
        yield Block(kind, unit, one.start, one.end, payload, keyword, (UNKNOWN,), Carrier.RIFF_CHUNK)


def _after(pieces: list[tuple[bytes, tuple[bytes | memoryview, ...]]], names: frozenset[bytes]) -> int:
    """The place behind the last chunk that is named."""
    return 1 + max(index for index, (name, _) in enumerate(pieces) if name in names)


def _canvas(data: bytes, structure: Structure, names: set[bytes]) -> bytes:
    """The VP8X chunk: as it was but for the EXIF and XMP flags, or a new one for a simple file."""
    flags = structure.flags & ~(FLAG_EXIF | FLAG_XMP)
    flags |= FLAG_EXIF if b"EXIF" in names else 0
    flags |= FLAG_XMP if b"XMP " in names else 0
    if structure.extended is not None:
        rest = structure.extended.payload(data)[1:]
    else:
        size = (side.to_bytes(3, "little") for side in (structure.width - 1, structure.height - 1))
        rest = b"\0\0\0" + b"".join(size)
    return chunk(b"VP8X", struct.pack("B", flags) + rest)


register(
    Container(
        Format.WEBP,
        parse,
        splice,
        {RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF},
        reads=frozenset(
            {
                Carrier.XMP,
                Carrier.XMP_ATTRIBUTE,
                Carrier.EXIF_USER_COMMENT,
                Carrier.EXIF_IMAGE_DESCRIPTION,
                Carrier.RIFF_CHUNK,
                Carrier.TRAILER,
            }
        ),
    )
)
