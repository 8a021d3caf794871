"""The frames of a GIF as a viewer draws them, and their colour indices out of LZW data and back into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.containers.gif_blocks import (
    GRAPHIC_CONTROL,
    PICTURE,
    Blocks,
    Extension,
    Picture,
    sub_blocks,
    table_bytes,
)
from labeling.errors import ErrorCode, MediaError
from labeling.model import Box

#: Colour indices of one frame, shape (height, width).
Indices = NDArray[np.uint8]

#: Disposal methods (GIF89a, 23.c.iv); 4 to 7 are reserved.
CLEAR = 2
RESTORE = 3

#: After the last pixel a stream holds an end code and at most a clear code before it, of up to 12 bits each.
_TAIL_BYTES = 4
#: Bytes of a colour table that no index can point beyond.
_FULL_TABLE = 768
_EMPTY_CONTROL = b"\x21\xf9\x04\x00\x00\x00\x00\x00"
_CONTROL_BYTES = len(_EMPTY_CONTROL)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with the graphic control that governs it."""

    number: int
    picture: Picture
    control: Extension | None
    #: On the canvas; may reach beyond it.
    box: Box
    #: The table that the indices point into: the local one, else the global one.
    table: bytes
    local: bool
    transparent: int | None
    disposal: int


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What a frame becomes; `table` is None where the frame goes on using the global one."""

    box: Box
    indices: Indices
    table: bytes | None
    transparent: int | None
    disposal: int


def frames(data: bytes, blocks: Blocks) -> Iterator[Frame]:
    """The pictures in file order, each with the last graphic control before it.

    Raises MediaError for a picture without pixels or without a colour table, and for a control of the wrong shape.
    """
    control = None
    number = 0
    for part in blocks.parts:
        if isinstance(part, Picture):
            yield _frame(data, number, part, control, data[blocks.screen.table])
            control, number = None, number + 1
        elif part.label == GRAPHIC_CONTROL:
            control = part


def decode(data: bytes, frame: Frame) -> Indices:
    """Colour indices of a frame, rows in display order.

    Raises MediaError: MEDIA_TRUNCATED where the data end before the last pixel, MEDIA_MALFORMED where a code is not
    possible, where data are left over, or where an index lies beyond the colour table.
    """
    picture = frame.picture
    code_size = data[picture.data_start]
    if not 1 <= code_size <= 8:
        raise _malformed(frame, f"has an LZW code size of {code_size}")
    payload = sub_blocks(data, picture.data_start + 1)
    image = Image.new("L", (picture.width, picture.height))
    _decode_into(image, payload, (code_size, int(picture.interlaced), -1), frame)
    indices: Indices = np.array(image)
    beyond = indices >= len(frame.table) // 3 if len(frame.table) < _FULL_TABLE else np.False_
    if beyond.any() and (indices[beyond] != frame.transparent).any():
        raise _malformed(frame, "points beyond its colour table")
    return indices


def replacement(data: bytes, frame: Frame, new: Redrawn) -> list[tuple[int, int, bytes]]:
    """The edits, each (start, end, new bytes), that turn a frame into its redrawn form."""
    picture = frame.picture
    edits = [(picture.start, picture.end, _picture_bytes(data, picture, new))]
    changed = (new.transparent, new.disposal) != (frame.transparent, frame.disposal)
    if not changed:
        return edits
    if frame.control is None:
        return [(picture.start, picture.start, _control_bytes(_EMPTY_CONTROL, new)), *edits]
    start, end = frame.control.start, frame.control.end
    return [(start, end, _control_bytes(data[start:end], new)), *edits]


def _frame(data: bytes, number: int, picture: Picture, control: Extension | None, global_table: bytes) -> Frame:
    transparent, disposal = None, 0
    if control is not None:
        content = data[control.start : control.end]
        if len(content) != _CONTROL_BYTES or content[2] != len(content) - 4:
            raise _malformed_at(number, "has a graphic control of the wrong size")
        disposal = content[3] >> 2 & 0x07
        transparent = content[6] if content[3] & 0x01 else None
    if not (picture.width and picture.height):
        raise _malformed_at(number, f"is {picture.width} x {picture.height}")
    local = bool(table_bytes(picture.flags))
    table = data[picture.table] if local else global_table
    if not table:
        raise _malformed_at(number, "has no colour table")
    box = Box(picture.left, picture.top, picture.width, picture.height)
    return Frame(number, picture, control, box, table, local, transparent, disposal)


def _decode_into(image: Image.Image, payload: bytes, args: tuple[int, int, int], frame: Frame) -> None:
    """Run Pillow's LZW decoder over a frame in two steps, so that an early or a late end is seen.

    `Image.frombytes` runs the same decoder but would accept any number of bytes after the last pixel.
    """
    decoder: Any = Image._getdecoder("L", "gif", args)
    decoder.setimage(image.im, (0, 0, *image.size))
    head = _as_sub_blocks(payload[:-_TAIL_BYTES])
    consumed, error = decoder.decode(head)
    if consumed == len(head):
        consumed, error = decoder.decode(_as_sub_blocks(payload[-_TAIL_BYTES:]) + b"\x00")
    elif consumed < 0 and not error:
        raise _malformed(frame, "has data after its last pixel")
    if error:
        raise _malformed(frame, "has broken LZW data")
    if consumed >= 0:
        raise MediaError(
            ErrorCode.MEDIA_TRUNCATED, f"frame {frame.number} ends before its last pixel", frame=frame.number
        )


def _as_sub_blocks(payload: bytes) -> bytes:
    pieces = []
    for start in range(0, len(payload), 255):
        piece = payload[start : start + 255]
        pieces += [bytes((len(piece),)), piece]
    return b"".join(pieces)


def _picture_bytes(data: bytes, picture: Picture, new: Redrawn) -> bytes:
    flags = picture.flags
    if new.table is not None:
        flags = flags & 0x78 | 0x80 | table_exponent(new.table)
    places = (new.box.x, new.box.y, new.box.width, new.box.height)
    descriptor = bytes((PICTURE,)) + b"".join(place.to_bytes(2, "little") for place in places) + bytes((flags,))
    code_size = max(2, data[picture.data_start], int(new.indices.max()).bit_length())
    lzw = Image.fromarray(new.indices).tobytes("gif", "L", code_size, int(picture.interlaced))
    return b"".join((descriptor, new.table or b"", bytes((code_size,)), lzw, b"\x00"))


def table_exponent(table: bytes) -> int:
    """The three bits by which packed flags name a table's size: 2 ** (bits + 1) entries."""
    return (len(table) // 3).bit_length() - 2


def _control_bytes(control: bytes, new: Redrawn) -> bytes:
    flags = control[3] & 0xE2 | new.disposal << 2 | (new.transparent is not None)
    index = control[6] if new.transparent is None else new.transparent
    return b"".join((control[:3], bytes((flags,)), control[4:6], bytes((index,)), control[7:]))


def _malformed(frame: Frame, what: str) -> MediaError:
    return _malformed_at(frame.number, what)


def _malformed_at(number: int, what: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"frame {number} {what}", frame=number)
