"""The parts of a Matroska segment that say something about the file (RFC 9559), and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from labeling.containers._ebml import Ebml, Element
from labeling.containers._entries import Entries, Entry, any_unicode, is_record_key, plain_keyword, utf8
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier

NESTED = "nested"
BINARY = "binary"
NOT_WHOLE_FILE = "not-whole-file"

#: RFC 9559, 5.1: elements at the top of a segment.
SEEK_HEAD, INFO, TRACKS, CUES = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B
CHAPTERS, ATTACHMENTS, TAGS, CLUSTER = 0x1043A770, 0x1941A469, 0x1254C367, 0x1F43B675

_TAG, _TARGETS, _SIMPLE_TAG = 0x7373, 0x63C0, 0x67C8
_TAG_NAME, _TAG_STRING, _TAG_BINARY = 0x45A3, 0x4487, 0x4485
_VALUES = frozenset({_TAG_STRING, _TAG_BINARY})
#: Tracks, editions, chapters and attachments for which a tag is; 0 is all of them.
_TARGET_UIDS = frozenset({0x63C5, 0x63C9, 0x63C4, 0x63C6})
_INFO_TEXTS = {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"}
_TRACK, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0xE0, 0xB0, 0xBA
_FILE, _FILE_TYPE, _FILE_DATA = 0x61A7, 0x4660, 0x465C
#: Types under which a C2PA manifest store is attached.
_CREDENTIALS = frozenset({"application/c2pa", "application/x-c2pa-manifest-store"})


@dataclass(slots=True)
class MatroskaSource:
    """One file while it is read: its elements, the blocks found so far, the size of the first picture track."""

    ebml: Ebml
    limits: Limits
    entries: Entries
    width: int = 0
    height: int = 0


def read_tags(source: MatroskaSource, tags: Element, notes: tuple[str, ...]) -> None:
    """Hand out every SimpleTag, also the nested ones (5.1.8). Raises MediaError where the tags are damaged."""
    for tag in source.ebml.inside(tags):
        if tag.id == _TAG:
            _read_tag(source, tag, notes)


def _read_tag(source: MatroskaSource, tag: Element, notes: tuple[str, ...]) -> None:
    inside = source.ebml.inside
    if any(_is_partial(source, element) for element in inside(tag) if element.id == _TARGETS):
        notes = (*notes, NOT_WHOLE_FILE)
    # The iterators of a tag and of the simple tags that are open in it.
    opened = [inside(tag)]
    while opened:
        element = next(opened[-1], None)
        if element is None:
            opened.pop()
        elif element.id == _SIMPLE_TAG:
            require_within(ErrorCode.LIMIT_NESTING, len(opened), source.limits.nesting, "the nesting of tags")
            if _read_simple_tag(source, element, (*notes, NESTED) if len(opened) > 1 else notes):
                opened.append(inside(element))


def _is_partial(source: MatroskaSource, targets: Element) -> bool:
    inner = source.ebml.inside(targets)
    return any(element.id in _TARGET_UIDS and source.ebml.number(element) for element in inner)


def _read_simple_tag(source: MatroskaSource, tag: Element, notes: tuple[str, ...]) -> bool:
    """Hand out the values of a SimpleTag; says whether there are others in it."""
    source.entries.count()
    name, nests, valued = "", False, False
    for element in source.ebml.inside(tag):
        if element.id == _TAG_NAME:
            name = source.ebml.name(element)
        nests = nests or element.id == _SIMPLE_TAG
        valued = valued or element.id in _VALUES
    keyword, more = plain_keyword(name)
    entry = Entry("Tags/Tag/SimpleTag", keyword, Carrier.MATROSKA_TAG, tag.start, tag.end, notes + more)
    for element in source.ebml.inside(tag) if valued else ():
        if element.id == _TAG_STRING:
            source.entries.text(entry, element.body, element.end, utf8)
        elif element.id == _TAG_BINARY and is_record_key(keyword):
            binary = replace(entry, notes=(*entry.notes, BINARY))
            source.entries.text(binary, element.body, element.end, any_unicode, optional=not keyword)
    if keyword and is_record_key(keyword) and not valued and not nests:
        source.entries.unreadable(entry.unit, tag.start, tag.end, entry.notes, keyword)
    return nests


def read_info(source: MatroskaSource, info: Element, notes: tuple[str, ...]) -> None:
    """Hand out the title of the segment and the names of the programs that wrote it (5.1.2)."""
    for element in source.ebml.inside(info):
        keyword = _INFO_TEXTS.get(element.id)
        if keyword is not None:
            entry = Entry("Info", keyword, Carrier.MATROSKA_TAG, element.start, element.end, notes)
            source.entries.text(entry, element.body, element.end)


def read_tracks(source: MatroskaSource, tracks: Element, _notes: tuple[str, ...]) -> None:
    """Note the size of the first track of pictures (5.1.4)."""
    for track in source.ebml.inside(tracks):
        for video in source.ebml.inside(track) if track.id == _TRACK and not source.width else ():
            if video.id == _VIDEO:
                _read_size(source, video)


def _read_size(source: MatroskaSource, video: Element) -> None:
    for element in source.ebml.inside(video):
        if element.id == _WIDTH:
            source.width = source.ebml.number(element)
        elif element.id == _HEIGHT:
            source.height = source.ebml.number(element)


def read_attachments(source: MatroskaSource, attachments: Element, notes: tuple[str, ...]) -> None:
    """Hand out an attached C2PA manifest store; other attachments are files of their own (5.1.6)."""
    for attached in source.ebml.inside(attachments):
        if attached.id == _FILE:
            data = _credential(source, attached)
            if data is not None:
                unit = "Attachments/AttachedFile"
                source.entries.add(Block(BlockKind.C2PA, unit, data.body, data.end, b"", notes=notes))


def _credential(source: MatroskaSource, attached: Element) -> Element | None:
    media_type, data = "", None
    for element in source.ebml.inside(attached):
        if element.id == _FILE_TYPE:
            media_type = source.ebml.name(element)
        elif element.id == _FILE_DATA:
            data = element
    return data if media_type.casefold() in _CREDENTIALS else None


#: What is read, by identifier, with its name.
PARTS: dict[int, tuple[str, Callable[[MatroskaSource, Element, tuple[str, ...]], None]]] = {
    TAGS: ("Tags", read_tags),
    INFO: ("Info", read_info),
    TRACKS: ("Tracks", read_tracks),
    ATTACHMENTS: ("Attachments", read_attachments),
}
