"""What the frames of an ID3v2 tag say: TXXX and its neighbours, XMP in PRIV, a C2PA store in GEOB.

The words for units and notes are those of `labeling.containers.mp3`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from labeling.containers import _id3_text as text
from labeling.containers._block_list import BlockList
from labeling.containers._id3_frames import ENCRYPTED, FrameData, Storage, storage
from labeling.containers._id3_tag import OTHER_SIZE, Frame, Tag
from labeling.containers._key_word import may_name_a_record, occurs_in
from labeling.content import Content
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier

#: Note of a record under its key word, and not in TXXX.
OTHER_FRAME: Final = "other-frame"

#: XMP specification part 3 (2020), 3.1.4: a PRIV frame of this owner.
_XMP_OWNER = b"XMP\0"
#: C2PA specification, A.3.4; the longer one is that of early writers. An encoding byte stands in front.
_CREDENTIAL_TYPES = (b"application/c2pa\0", b"application/x-c2pa-manifest-store\0")
_LONGEST_TYPE = 64
#: How much of a frame that is too large is searched for the key word.
_PEEK = 256


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the strings of a frame lie behind its encoding byte."""

    #: Bytes between, such as a language.
    skip: int = 0
    #: Whether the first string names the others.
    described: bool = True
    #: Whether it is the frame that the guide names.
    of_the_guide: bool = False
    #: Whether only the first string is in the frame's encoding, the rest in Latin-1.
    address: bool = False


_TEXT = _Shape(described=False)
_USER_TEXT, _COMMENT, _ADDRESS = _Shape(of_the_guide=True), _Shape(skip=3), _Shape(address=True)
#: By name, that of version 2.2 behind the later one.
_SHAPES = {
    b"TXXX": _USER_TEXT,
    b"TXX": _USER_TEXT,
    b"COMM": _COMMENT,
    b"COM": _COMMENT,
    b"WXXX": _ADDRESS,
    b"WXX": _ADDRESS,
}


class FrameReader:
    """Reads the frames of one tag into a `BlockList`. `whole` is the place of each where it has none of its own."""

    def __init__(
        self,
        source: Content,
        tag: Tag,
        blocks: BlockList,
        data: FrameData,
        limits: Limits,
        notes: tuple[str, ...],
        whole: tuple[int, int] | None,
    ) -> None:
        self._source = source
        self._tag = tag
        self._blocks = blocks
        self._data = data
        self._limits = limits
        self._notes = notes
        self._whole = whole
        #: What a SEEK frame said.
        self.offset: int | None = None

    def read(self, frame: Frame) -> None:
        """One frame; one that can hold neither a record nor a trace is passed over unread."""
        name = _name(frame)
        shape = _SHAPES.get(name, _TEXT if name[:1] == b"T" else None)
        if shape is None and name not in _OTHERS:
            return
        how = storage(frame, self._tag)
        if how.encrypted:
            self._unreadable_if(shape is not None and shape.described, frame, ENCRYPTED)
        elif shape is not None:
            self._read_strings(frame, how, shape)
        else:
            _OTHERS[name](self, frame, how)

    def _read_strings(self, frame: Frame, how: Storage, shape: _Shape) -> None:
        if not self._admits(frame, how):
            return
        data = self._data.read(self._source, frame, how)
        found = _strings(data, shape) if data is not None else None
        if found is not None:
            self._add(frame, shape, *found, how)
        else:
            self._unreadable_if(shape.described if data is None else occurs_in(data), frame, *how.notes)

    def _add(self, frame: Frame, shape: _Shape, strings: list[str], said: tuple[str, ...], how: Storage) -> None:
        """One block for each value."""
        unit = _name(frame).decode("ascii")
        keyword = unit
        if shape.described and len(strings) > 1:
            keyword, strings = strings[0], strings[1:]
            keyword = keyword or ("" if shape.of_the_guide else unit)
        elif shape.of_the_guide:
            keyword = ""
        values = text.values(strings)
        notes = [*self._notes, *how.notes, *said]
        notes += [text.SEVERAL_VALUES] if len(values) > 1 else []
        notes += [OTHER_SIZE] if frame.other_size else []
        notes += [OTHER_FRAME] if not shape.of_the_guide and may_name_a_record(keyword) else []
        for value in values:
            self._blocks.text(unit, self._span(frame), keyword, value.encode(), Carrier.ID3_TXXX, *notes)

    def _admits(self, frame: Frame, how: Storage) -> bool:
        """Whether a text frame is small enough to be read; raises LimitError where a larger one may hold a record."""
        size = frame.end - frame.body
        if size <= self._limits.metadata_bytes:
            return True
        if how.compressed or occurs_in(self._source[frame.body : frame.body + _PEEK]):
            require_within(ErrorCode.LIMIT_METADATA, size, self._limits.metadata_bytes, "an ID3 text frame")
        return False

    def _private(self, frame: Frame, how: Storage) -> None:
        """PRIV: an owner, then what the owner likes."""
        at = frame.body + how.extra
        if not how.compressed and self._source[at : min(at + len(_XMP_OWNER), frame.end)] != _XMP_OWNER:
            return
        self._blocks.require_packet("PRIV", frame.end - frame.body)
        data = self._data.read(self._source, frame, how)
        if data is None:
            self._unreadable_if(True, frame, *how.notes)
        elif data.startswith(_XMP_OWNER):
            packet = data.removeprefix(_XMP_OWNER)
            self._blocks.packet("PRIV", self._span(frame), packet, *self._notes, *how.notes)

    def _object(self, frame: Frame, how: Storage) -> None:
        """GEOB: an encoding byte, a media type, a file name, a description, an object."""
        at = frame.body + how.extra + 1
        if self._source[at : min(at + _LONGEST_TYPE, frame.end)].startswith(_CREDENTIAL_TYPES):
            self._blocks.credential("GEOB", self._span(frame))

    def _seek(self, frame: Frame, _how: Storage) -> None:
        """SEEK: the least distance from the end of this tag to the next one."""
        self.offset = int.from_bytes(self._source[frame.body : min(frame.end, frame.body + 4)], "big")

    def _unreadable_if(self, may_hold_a_record: bool, frame: Frame, *notes: str) -> None:
        if may_hold_a_record:
            self._blocks.unreadable(_name(frame).decode("ascii"), self._span(frame), *self._notes, *notes)

    def _span(self, frame: Frame) -> tuple[int, int]:
        return self._whole or (frame.start, frame.end)


_OTHERS: dict[bytes, Callable[[FrameReader, Frame, Storage], None]] = {
    b"PRIV": FrameReader._private,
    b"GEOB": FrameReader._object,
    b"GEO": FrameReader._object,
    b"SEEK": FrameReader._seek,
}


def _name(frame: Frame) -> bytes:
    """The frame's name without what some writers put behind the three letters of version 2.2."""
    return frame.name.rstrip(b" \0")


def _strings(data: bytes, shape: _Shape) -> tuple[list[str], tuple[str, ...]] | None:
    """The strings behind the encoding byte, with notes; None where it is none of the four that there are."""
    if not data:
        return None
    encoding, raw = data[0], data[1 + shape.skip :]
    if not shape.address:
        return text.strings(encoding, raw)
    first, rest = text.split_first(encoding, raw)
    description, address = text.strings(encoding, first), text.strings(0, rest)
    if description is None or address is None:
        return None
    return [*description[0], *address[0]], description[1]
