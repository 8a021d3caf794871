"""Where ID3v2 tags lie and where their frames do (ID3v2.2.0, 2.3.0 and 2.4.0; id3.org).

Nothing here reads what a frame says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from labeling.containers._block_list import require_units
from labeling.content import Content
from labeling.limits import Limits

SIGNATURE: Final = b"ID3"
HEADER: Final = 10
#: Flags of the tag header. Bit 6 is another thing in version 2.2: the whole tag is compressed, no one knows how.
_UNSYNCHRONISED = 0x80
_EXTENDED = 0x40
_FOOTER = 0x10
#: Tags one behind the other at the beginning of a file that are looked at; real files have one, rarely two.
MOST_TAGS: Final = 64
#: Note of a frame whose size is written as another version has it; early iTunes wrote 2.4 so.
OTHER_SIZE: Final = "other-size-form"
UNSYNCHRONISED_NOTE: Final = "unsynchronised"

_VERSIONS = frozenset({2, 3, 4})
#: The names of frames; some writers left a space or a NUL behind the three letters of version 2.2.
_NAMES = {2: re.compile(rb"[A-Z][A-Z0-9]{2}"), 4: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]")}
_NAMES[3] = _NAMES[4]


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag where it lies in the file."""

    #: 2, 3 or 4; another number is of a version that nobody has defined.
    version: int
    flags: int
    start: int
    #: First byte after the frames and their padding.
    frames_end: int
    #: First byte after the tag, with its footer.
    end: int

    @property
    def known(self) -> bool:
        """Whether the version is a known one, and not the compressed form of 2.2, which was never defined."""
        return self.version in _VERSIONS and not (self.version == 2 and self.flags & _EXTENDED)

    @property
    def unsynchronised(self) -> bool:
        """Whether it is unsynchronised: as a whole, since 2.4 each frame for itself."""
        return bool(self.flags & _UNSYNCHRONISED)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `body` is the first byte after its header, `end` the first after its data."""

    name: bytes
    start: int
    body: int
    end: int
    #: The second byte of flags, which says how the data are stored; 0 in version 2.2.
    format: int
    #: Whether its size is written as another version has it.
    other_size: bool = False


def tag_at(content: Content, start: int) -> Tag | None:
    """The tag whose header stands at `start`; None where there is none, or a damaged one."""
    head = content[start : start + HEADER]
    if len(head) < HEADER or head[:3] != SIGNATURE or 0xFF in head[3:5] or max(head[6:]) > 0x7F:
        return None
    version, flags = head[3], head[5]
    end = start + HEADER + synchsafe(head[6:])
    return Tag(version, flags, start, end, end + (HEADER if version == 4 and flags & _FOOTER else 0))


def after_id3(content: Content) -> int:
    """Where the content behind the ID3v2 tags at the beginning starts; 0 where there are none."""
    at = 0
    for _ in range(MOST_TAGS):
        tag = tag_at(content, at)
        if tag is None:
            break
        at = tag.end
    return at


def synchsafe(raw: bytes) -> int:
    """A number of seven bits a byte."""
    value = 0
    for byte in raw:
        value = value << 7 | byte
    return value


def desynchronised(raw: bytes) -> bytes:
    """`raw` without the zero bytes that keep it from looking like MPEG audio (2.4.0 structure, section 6.1)."""
    return raw.replace(b"\xff\0", b"\xff")


def walk_frames(source: Content, at: int, end: int, tag: Tag, limits: Limits) -> tuple[list[Frame], int]:
    """The frames of `tag` between two offsets of `source`, and where the walk came to its end.

    That is `end`, or the first byte that begins no frame: padding, or something damaged.
    Raises LimitError (LIMIT_ITEMS).
    """
    frames: list[Frame] = []
    at += _extended_header(source, at, tag)
    while True:
        frame = _frame_at(source, at, end, tag)
        if frame is None or frame.end > end:
            return frames, at
        frames.append(frame)
        require_units(len(frames), limits, "ID3 frames")
        at = frame.end


def is_frame_name(raw: bytes, version: int) -> bool:
    """Whether a frame of this version may have the name with which `raw` begins."""
    return _NAMES[version].match(raw) is not None


def _extended_header(source: Content, at: int, tag: Tag) -> int:
    """The length of the extended header; some writers set its flag and write none."""
    raw = source[at : at + 4]
    if tag.version == 2 or not tag.flags & _EXTENDED or is_frame_name(raw, tag.version):
        return 0
    return int.from_bytes(raw, "big") + 4 if tag.version == 3 else synchsafe(raw)


def _frame_at(source: Content, at: int, end: int, tag: Tag) -> Frame | None:
    width = 6 if tag.version == 2 else 10
    head = source[at : min(at + width, end)]
    if len(head) < width or not is_frame_name(head, tag.version):
        return None
    body = at + width
    if tag.version == 2:
        return Frame(head[:3], at, body, body + int.from_bytes(head[3:], "big"), 0)
    if head[4:7] == b"\0\0\0" and head[7] < 0x80:
        return Frame(head[:4], at, body, body + head[7], head[9])
    sizes = [read(head[4:8]) for read in _SIZES[tag.version]]
    stops = [body + size for size in dict.fromkeys(sizes) if size >= 0]
    stop = next((stop for stop in stops if _is_boundary(source, stop, end, tag)), stops[0]) if stops[1:] else stops[0]
    return Frame(head[:4], at, body, stop, head[9], stop != body + sizes[0])


def _is_boundary(source: Content, at: int, end: int, tag: Tag) -> bool:
    """Whether a frame, padding or the end of the tag is at `at`."""
    if at >= end:
        return at == end
    follows = source[at : min(at + 4, end)]
    return not any(follows) or is_frame_name(follows, tag.version)


def _plain(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _strictly_synchsafe(raw: bytes) -> int:
    """The number, or -1 where a byte has its top bit set."""
    return synchsafe(raw) if max(raw) < 0x80 else -1


#: How a version writes the size of a frame, and how another one does.
_SIZES: dict[int, tuple[Callable[[bytes], int], ...]] = {
    3: (_plain, _strictly_synchsafe),
    4: (_strictly_synchsafe, _plain),
}
