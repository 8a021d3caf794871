"""The blocks of a GIF file, found without decoding a pixel (GIF89a specification, CompuServe 1990).

Shared by the container, which splices metadata between the blocks, and by the painter, which redraws some of them.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

SIGNATURES = (b"GIF87a", b"GIF89a")
EXTENSION = 0x21
PICTURE = 0x2C
TRAILER = 0x3B

#: Extension labels (GIF89a, appendix A).
GRAPHIC_CONTROL = 0xF9
COMMENT = 0xFE
APPLICATION = 0xFF

#: Offsets in the file: signature 6, logical screen descriptor 7.
SCREEN_FLAGS = 10
HEADER_BYTES = 13
DESCRIPTOR_BYTES = 10

#: First and last offset of what goes, and what comes in its place.
Edit = tuple[int, int, bytes]

#: Width, height, packed flags; left, top, width, height, packed flags.
_SCREEN = Struct("<6xHHB")
_DESCRIPTOR = Struct("<xHHHHB")
#: How many sub-blocks of equal size one step of the walk may cross.
_STRIDE = 128


class Screen(NamedTuple):
    """The logical screen: size in pixels, packed flags, and where the first block starts."""

    width: int
    height: int
    flags: int
    end: int

    @property
    def table(self) -> slice:
        """Where the global colour table lies; empty where there is none."""
        return slice(HEADER_BYTES, self.end)


class Extension(NamedTuple):
    """One extension block, from its introducer to its terminator."""

    label: int
    start: int
    end: int


class Picture(NamedTuple):
    """One image descriptor with its local colour table and its LZW data, whose code size stands at `data_start`."""

    start: int
    left: int
    top: int
    width: int
    height: int
    flags: int
    data_start: int
    end: int

    @property
    def interlaced(self) -> bool:
        """True where the rows are stored in four passes."""
        return bool(self.flags & 0x40)

    @property
    def table(self) -> slice:
        """Where the local colour table lies; empty where there is none."""
        return slice(self.start + DESCRIPTOR_BYTES, self.data_start)


class Blocks(NamedTuple):
    """A whole GIF: its screen, its blocks in file order, and the offset of the trailer."""

    screen: Screen
    parts: tuple[Extension | Picture, ...]
    trailer: int


def read_blocks(data: bytes, limits: Limits) -> Blocks:
    """Walk a GIF from its signature to its trailer; bytes after the trailer are not looked at.

    Raises MediaError where the structure breaks off or holds an unknown block, LimitError where it has too many.
    """
    walk = _Walk(data, limits)
    screen = walk.screen()
    parts: list[Extension | Picture] = []
    while (introducer := walk.peek()) != TRAILER:
        if introducer == EXTENSION:
            parts.append(walk.extension())
        elif introducer == PICTURE:
            parts.append(walk.picture())
        else:
            raise MediaError(
                ErrorCode.MEDIA_MALFORMED,
                f"byte {walk.position} is 0x{introducer:02X}, which starts no GIF block",
                offset=walk.position,
            )
    return Blocks(screen, tuple(parts), walk.position)


def sub_blocks(data: bytes, start: int) -> bytes:
    """Join the payloads of the sub-blocks from `start` to their terminator; the walk has seen that they end."""
    pieces = []
    while length := data[start]:
        pieces.append(data[start + 1 : start + 1 + length])
        start += length + 1
    return b"".join(pieces)


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Copy `data` once with the edits made; they may come in any order and do not overlap."""
    source = memoryview(data)
    pieces: list[bytes | memoryview] = []
    position = 0
    for start, end, new in sorted(edits):
        pieces += [source[position:start], new]
        position = end
    return b"".join([*pieces, source[position:]])


def table_bytes(flags: int) -> int:
    """Bytes of the colour table that packed flags of a screen or a picture announce."""
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


class _Walk:
    """A position in a GIF file and the number of steps that it took to get there."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.position = 0
        self.steps = 0

    def peek(self) -> int:
        if self.position >= len(self.data):
            raise _truncated("the file ends before its trailer")
        return self.data[self.position]

    def screen(self) -> Screen:
        data = self.data
        if not data.startswith(SIGNATURES):
            raise MediaError(ErrorCode.MEDIA_MALFORMED, "the file does not start with a GIF signature")
        if len(data) < HEADER_BYTES:
            raise _truncated("the file ends inside its logical screen descriptor")
        width, height, flags = _SCREEN.unpack_from(data)
        if not (width and height):
            raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the logical screen is {width} x {height}")
        self.position = HEADER_BYTES + table_bytes(flags)
        return Screen(width, height, flags, self.position)

    def extension(self) -> Extension:
        start = self.position
        if start + 2 > len(self.data):
            raise _truncated("the file ends inside an extension")
        self._skip_sub_blocks(start + 2)
        return Extension(self.data[start + 1], start, self.position)

    def picture(self) -> Picture:
        data, start = self.data, self.position
        if start + DESCRIPTOR_BYTES > len(data):
            raise _truncated("the file ends inside an image descriptor")
        left, top, width, height, flags = _DESCRIPTOR.unpack_from(data, start)
        data_start = start + DESCRIPTOR_BYTES + table_bytes(flags)
        self._skip_sub_blocks(data_start + 1)
        return Picture(start, left, top, width, height, flags, data_start, self.position)

    def _skip_sub_blocks(self, position: int) -> None:
        """Cross sub-blocks up to their terminator; neighbours of equal size, the usual case, in one step."""
        data, size = self.data, len(self.data)
        while position < size:
            self.steps += 1
            require_within(ErrorCode.LIMIT_ITEMS, self.steps, self.limits.items, "the number of GIF blocks")
            length = data[position]
            if not length:
                self.position = position + 1
                return
            step = length + 1
            sizes = data[position : position + step * _STRIDE : step]
            position += step * (len(sizes) - len(sizes.lstrip(sizes[:1])))
        raise _truncated("the file ends inside a block")


def _truncated(detail: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_TRUNCATED, detail)
