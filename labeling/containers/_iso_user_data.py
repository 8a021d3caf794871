"""User data of ISO base media files: text atoms of QuickTime and 3GPP, XMP and C2PA boxes.

Sources: QuickTime File Format, 'User data atoms' (international text); 3GPP TS 26.244, 8 (localised text);
XMP Specification Part 3 (MPEG-4: a uuid box; QuickTime: XMP_); C2PA Technical Specification, 'BMFF-based assets'.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from labeling.containers._entries import MOST_ENTRIES, Entry, is_record_key, utf8, utf16
from labeling.containers._iso_metadata import FULL, UTF_16, Item, read_item
from labeling.containers._iso_source import IsoSource
from labeling.containers._isobmff import HEADER, IsoBox
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode
from labeling.limits import require_within
from labeling.model import Carrier
from labeling.profiles import gb45438

USER_DATA = "user-data"

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
#: The purpose of a C2PA box that holds hashes of one fragment and no manifest store.
MERKLE = b"merkle\0"

#: Texts of 3GPP that may be of interest: version, flags, packed language, text.
LOCALISED = frozenset({b"titl", b"dscp", b"cprt", b"auth", b"perf", b"kywd"})
#: The first language code that is no code of the Macintosh script manager.
FIRST_ISO_LANGUAGE = 0x400

_STRING = struct.Struct(">HH")
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_KEY_ATOM = gb45438.KEY_WORD.encode()


def read_uuid(source: IsoSource, box: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    """Hand out XMP or a C2PA manifest store; a box of another type is somebody else's."""
    if box.uuid == XMP_UUID:
        read_packet(source, box, unit, notes)
    elif box.uuid == C2PA_UUID and source.content[box.body + FULL : box.body + FULL + len(MERKLE)] != MERKLE:
        source.entries.add(Block(BlockKind.C2PA, unit, box.start, box.end, b"", notes=notes))


def read_packet(source: IsoSource, box: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    """Hand out the XMP packet that is all there is in a box."""
    payload = source.entries.read(box.body, box.end)
    source.entries.add(Block(BlockKind.XMP, unit, box.start, box.end, payload, notes=notes))


def read_atom(source: IsoSource, box: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    """Hand out what an atom directly in user data says, where it is a text, a packet, or named AIGC."""
    if box.kind == b"XMP_":
        read_packet(source, box, f"{unit}/XMP_", notes)
    elif box.kind in LOCALISED or box.kind[:1] == b"\xa9" or box.kind.upper() == _KEY_ATOM:
        _read_texts(source, box, unit, (*notes, USER_DATA))


def _read_texts(source: IsoSource, box: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    keyword = box.kind.decode("latin-1")
    size, kind = struct.unpack(">I4s", source.ahead.piece(box.body, HEADER).ljust(HEADER, b"\0"))
    # Some writers put what belongs into `ilst` directly into user data.
    if kind == b"data" and HEADER <= size <= box.end - box.body:
        read_item(source, Item(box, keyword, Carrier.MP4_ITEM, notes), unit)
        return
    if box.end - box.body > source.limits.metadata_bytes and not is_record_key(keyword):
        return
    raw = source.entries.read(box.body, box.end)
    for language, text in _localised(raw) if box.kind in LOCALISED else _international(raw):
        more = (UTF_16,) if text[:2] in _MARKS else ()
        entry = Entry(unit, keyword, Carrier.MP4_ITEM, box.start, box.end, notes + more)
        source.entries.decoded(entry, text, utf16 if more else _DECODERS[language < FIRST_ISO_LANGUAGE])


def _localised(raw: bytes) -> list[tuple[int, bytes]]:
    """One text behind version, flags and the packed language."""
    return [(FIRST_ISO_LANGUAGE, raw[FULL + 2 :])]


def _international(raw: bytes) -> list[tuple[int, bytes]]:
    """Texts behind their size and language; what does not fit is a text without them."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while len(raw) - at >= _STRING.size:
        size, language = _STRING.unpack_from(raw, at)
        start, end = at + _STRING.size, at + _STRING.size + size
        if end > len(raw):
            return [*found, (FIRST_ISO_LANGUAGE, raw[at:])]
        if size:
            found.append((language, raw[start:end]))
            require_within(ErrorCode.LIMIT_ITEMS, len(found), MOST_ENTRIES, "the number of texts in one atom")
        at = end
    return found


def _macintosh(raw: bytes) -> str:
    """Text under a Macintosh language code: UTF-8 all the same as a rule, else Mac OS Roman."""
    try:
        return utf8(raw)
    except UnicodeDecodeError:
        return raw.decode("mac-roman")


_DECODERS: dict[bool, Callable[[bytes], str]] = {False: utf8, True: _macintosh}
