"""The ID3v2 tags of a file, read one after another: those in front, and those to which they point."""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import TRUNCATED, BlockList, require_units
from labeling.containers._id3_entries import FrameReader
from labeling.containers._id3_frames import FrameData
from labeling.containers._id3_tag import (
    HEADER,
    MOST_TAGS,
    SIGNATURE,
    UNSYNCHRONISED_NOTE,
    Tag,
    desynchronised,
    is_frame_name,
    tag_at,
    walk_frames,
)
from labeling.containers._key_word import occurs_in
from labeling.content import Content
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within

UNIT: Final = "ID3v2"
SECOND_TAG: Final = "second-tag"
BY_SEEK: Final = "by-seek"


class Id3Reader:
    """Reads the tags of one file into a `BlockList`, each once and at most `MOST_TAGS` of them."""

    def __init__(self, content: Content, blocks: BlockList, limits: Limits) -> None:
        self._content = content
        self._blocks = blocks
        self._limits = limits
        self._data = FrameData(limits)
        self._seen: set[int] = set()
        self._frames = 0

    def read_in_front(self, *notes: str) -> int:
        """All tags at the beginning of the file, and those to which they point; returns where the tags in front end."""
        at = 0
        while self._content[at : at + len(SIGNATURE)] == SIGNATURE:
            end = self.read_at(at, *notes, *((SECOND_TAG,) if at else ()))
            if end is None:
                break
            at = end
        return at

    def read_at(self, start: int, *notes: str) -> int | None:
        """The tag at `start` and those to which it points; returns its end, None where it was not read.

        A header that is damaged gives a block with the note 'unreadable'.
        """
        first = tag = tag_at(self._content, start)
        if tag is None:
            self._blocks.unreadable(UNIT, (start, min(start + HEADER, len(self._content))), *notes)
        while tag is not None and tag.start not in self._seen:
            require_within(ErrorCode.LIMIT_ITEMS, len(self._seen) + 1, MOST_TAGS, "the number of ID3 tags")
            self._seen.add(tag.start)
            offset = self._read(tag, notes)
            tag = None if offset is None else tag_at(self._content, tag.end + offset)
            notes = (*notes, BY_SEEK)
        return None if first is None else first.end

    def _read(self, tag: Tag, notes: tuple[str, ...]) -> int | None:
        """The frames of one tag; returns the offset of its SEEK frame."""
        content, whole = self._content, (tag.start, min(tag.end, len(self._content)))
        if tag.end > len(content):
            self._blocks.unreadable(UNIT, whole, *notes, TRUNCATED)
        if not tag.known:
            self._blocks.unreadable(UNIT, whole, *notes)
            return None
        # 1. What the frames are read from: the file, or the whole tag as it was before unsynchronisation.
        source, begin, end = content, tag.start + HEADER, min(tag.frames_end, len(content))
        place = None
        if tag.unsynchronised and tag.version < 4:
            source, place = self._desynchronised(begin, end), whole
            begin, end = 0, len(source)
            notes = (*notes, UNSYNCHRONISED_NOTE)
        # 2. The frames.
        reader = FrameReader(source, tag, self._blocks, self._data, self._limits, notes, place)
        frames, stopped = walk_frames(source, begin, end, tag, self._limits)
        self._frames += len(frames)
        require_units(self._frames, self._limits, "ID3 frames")
        for frame in frames:
            reader.read(frame)
        # 3. What lies behind the last one.
        if self._may_hold_a_record(source[stopped : min(end, stopped + self._limits.metadata_bytes)], tag):
            self._blocks.unreadable(UNIT, whole, *notes)
        return reader.offset

    def _desynchronised(self, begin: int, end: int) -> bytes:
        limit = self._limits.all_metadata_bytes
        require_within(ErrorCode.LIMIT_METADATA, end - begin, limit, "an unsynchronised ID3 tag")
        return desynchronised(self._content[begin:end])

    def _may_hold_a_record(self, rest: bytes, tag: Tag) -> bool:
        """Whether bytes behind the last sound frame may hold one: not padding, which begins with a zero byte."""
        if rest[:1] in (b"", b"\0"):
            return False
        return (rest[:3] == b"TXX" and is_frame_name(rest, tag.version)) or occurs_in(rest)
