"""FLV (Adobe, 'Video File Format Specification', version 10): the script tag onMetaData holds the record.

TC260-PG-20257A has it in the first script tag. Units: 'onMetaData', or whatever a script tag is called, 'script tag',
'tag'. Notes: 'second-script-tag' (in a script tag behind the first), 'not-onmetadata', 'nested' (a property of a
property), 'not-a-string', 'not-utf-8', 'other-case', 'encrypted', 'truncated', 'not-searched', 'unreadable'.

How far a file is searched. Stepping from tag to tag takes some 3 to 8 µs a tag, and 1 GB has some 200,000: the first
`STEPPED` tags are stepped over, which covers two minutes of video; a block with the note 'not-searched' says what was
not looked at. Players take the metadata from the beginning.
"""

from __future__ import annotations

from typing import Final

from labeling.containers._amf import AmfEntry, AmfReader
from labeling.containers._block_list import TRUNCATED, BlockList
from labeling.containers._eight_bit import as_utf8
from labeling.containers._key_word import may_name_a_record, occurs_in
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format

SIGNATURE: Final = b"FLV"
METADATA: Final = "onMetaData"
STEPPED: Final = 10_000
SECOND: Final = "second-script-tag"
NOT_METADATA: Final = "not-onmetadata"
NESTED: Final = "nested"
NOT_A_STRING: Final = "not-a-string"

#: What is kept of the name of a script tag.
_LONGEST_NAME = 64
_FILE_HEADER = 9
#: Type, size (3 bytes), time stamp (4), stream (3); behind the data the size of the whole tag (4).
_TAG_HEADER = 11
_TRAILER = 4
_AUDIO, _VIDEO, _SCRIPT = 8, 9, 18
#: The lower five bits are the type, the next says that the tag is encrypted.
_TYPE = 0x1F
_ENCRYPTED = 0x20
_RESERVED = 0xC0


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the script tags and step over pictures and sounds.

    A file may end inside a tag of media, as a recording does, once a script tag was read.
    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED) where there is no header, and LimitError.
    """
    walker = _Walker(content, limits)
    at = _first_tag(content)
    for _ in range(min(STEPPED, limits.stream_items)):
        following = walker.read_tag(at)
        if following is None:
            break
        at = following
    else:
        walker.leave(at)
    return Anatomy(Format.FLV, blocks=walker.blocks.blocks)


def _first_tag(content: Content) -> int:
    """Where the first tag is: behind the header and the size of a tag before it, which is none."""
    head = content[0:_FILE_HEADER]
    if head[:3] != SIGNATURE[: len(head)]:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is no FLV signature")
    if len(head) < _FILE_HEADER:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends inside the FLV header", actual=len(head))
    offset = max(int.from_bytes(head[5:9], "big"), _FILE_HEADER)
    if offset > len(content):
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the FLV file ends before its first tag", expected=offset)
    return offset + _TRAILER


class _Walker:
    """Goes through a file tag by tag."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.blocks = BlockList(limits)
        self._content = content
        self._limits = limits
        self._size = len(content)
        self._amf = AmfReader(limits)
        self._scripts = 0
        self._script_bytes = 0

    def read_tag(self, at: int) -> int | None:
        """The tag at `at`; returns where the next one is, None where nothing more can be read."""
        head = self._content[at : at + 4]
        if len(head) < 4:
            return None
        kind, data = head[0] & _TYPE, at + _TAG_HEADER
        end = data + int.from_bytes(head[1:], "big")
        if head[0] & _RESERVED or kind not in (_AUDIO, _VIDEO, _SCRIPT):
            self.leave(at)
            return None
        if kind == _SCRIPT:
            self._read_script(at, data, end, encrypted=bool(head[0] & _ENCRYPTED))
        elif end > self._size and not self._scripts:
            self.blocks.unreadable("tag", (at, self._size), TRUNCATED)
        return end + _TRAILER if end < self._size else None

    def leave(self, at: int) -> None:
        """Say that the rest of the file was not looked at."""
        if at < self._size:
            self.blocks.not_searched("tag", (at, self._size))

    def _read_script(self, start: int, data: int, end: int, *, encrypted: bool) -> None:
        self._scripts += 1
        second = (SECOND,) if self._scripts > 1 else ()
        if encrypted or end > self._size:
            why = "encrypted" if encrypted else TRUNCATED
            self.blocks.unreadable("script tag", (start, min(end, self._size)), *second, why)
            return
        self._require_size(end - data)
        raw = self._content[data:end]
        entries, whole = self._amf.read(raw)
        named = next((index for index, one in enumerate(entries) if _is_name(one)), None)
        name = "script tag" if named is None else _text(entries.pop(named).raw)[:_LONGEST_NAME]
        if not whole and occurs_in(raw):
            self.blocks.unreadable(name, (start, end), *second)
        for entry in entries:
            self._add(entry, data, name, *second)

    def _require_size(self, size: int) -> None:
        """Refuse a script tag that is too large to be read, or one too many."""
        self._script_bytes += size
        limits = self._limits
        require_within(ErrorCode.LIMIT_METADATA, size, limits.metadata_bytes, "an FLV script tag")
        together = "the FLV script tags together"
        require_within(ErrorCode.LIMIT_METADATA, self._script_bytes, limits.all_metadata_bytes, together)

    def _add(self, entry: AmfEntry, data: int, name: str, *notes: str) -> None:
        keyword = entry.path[-1] if entry.path else name
        notes += (NOT_METADATA,) if name != METADATA else ()
        notes += (NESTED,) if len(entry.path) > 1 else ()
        place = (data + entry.start, data + entry.end)
        if entry.raw is None:
            if may_name_a_record(keyword):
                self.blocks.unreadable(name, place, *notes, NOT_A_STRING, keyword=keyword)
        elif self.blocks.admits(name, keyword, len(entry.raw)):
            value, encoding = as_utf8(entry.raw)
            self.blocks.text(name, place, keyword, value, Carrier.FLV_METADATA, *notes, *encoding)


def _is_name(entry: AmfEntry) -> bool:
    """Whether it names the script: the first value that stands for itself, but for '@setDataFrame' in front of it."""
    return not entry.path and entry.raw is not None and not entry.raw.startswith(b"@")


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


register(Reader(Format.FLV, parse, frozenset({Carrier.FLV_METADATA})))
