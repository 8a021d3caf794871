"""The tags that stand behind the sound: ID3v1, APEv2, Lyrics3v2 (stepped over), and an ID3v2.4 tag with a footer.

Each is known by its last bytes, so the file is read from its end. Sources: id3.org (ID3v1, ID3v2.4.0 structure 3.4 and
5, Lyrics3v2), Hydrogenaudio wiki (APEv2).
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import BlockList, require_units
from labeling.containers._eight_bit import as_utf8
from labeling.containers._id3 import Id3Reader
from labeling.containers._id3_tag import HEADER, synchsafe
from labeling.containers._key_word import may_name_a_record
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier

APPENDED: Final = "appended"
APE_UNIT: Final = "APEv2"
ID3V1_UNIT: Final = "ID3v1"

_ID3V1_BYTES = 128
#: Fields of 30 bytes; a record does not fit, but a generator's name does.
_ID3V1_FIELDS = (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93), ("comment", 97, 127))
_APE_SIGNATURE = b"APETAGEX"
_APE_FOOTER = 32
#: Of the flags of an item: 0 is text, 1 binary, 2 a link.
_APE_KIND = 0x06
_APE_TEXT = 0x00
#: An item's size and flags, then a key of 2 to 255 characters.
_APE_ITEM_HEAD = 8
_APE_LONGEST_KEY = 255
#: Values of one item that are told apart; the last holds the rest.
_MOST_VALUES = 1_000
_ID3_FOOTER = b"3DI"
_LYRICS = b"LYRICS200"
_LYRICS_SIZE_DIGITS = 6
#: Tags one before the other that are looked at.
_MOST_TAGS = 16


def read_tail(content: Content, start: int, tags: Id3Reader, blocks: BlockList, limits: Limits, *notes: str) -> None:
    """Put what the tags behind byte `start` say into `blocks`; a damaged APE tag gives one that is 'unreadable'."""
    end = _read_id3v1(content, start, blocks, *notes)
    for _ in range(_MOST_TAGS):
        footer = content[max(start, end - _APE_FOOTER) : end]
        if footer.startswith(_APE_SIGNATURE) and len(footer) == _APE_FOOTER:
            begin = _read_ape(content, start, end, footer, blocks, limits, *notes)
        elif footer[-HEADER:].startswith(_ID3_FOOTER):
            begin = _read_id3v2(content, start, end, footer, tags, *notes)
        elif footer.endswith(_LYRICS):
            begin = _before_lyrics(start, end, footer)
        else:
            return
        if not start <= begin < end:
            return
        end = begin


def _read_id3v1(content: Content, start: int, blocks: BlockList, *notes: str) -> int:
    """The tag at the very end, if there is one; returns where it begins."""
    begin = len(content) - _ID3V1_BYTES
    tag = content[begin : len(content)] if begin >= start else b""
    if tag[:3] != b"TAG":
        return len(content)
    for keyword, first, last in _ID3V1_FIELDS:
        raw = tag[first:last].partition(b"\0")[0].rstrip()
        if raw:
            text, encoding = as_utf8(raw)
            blocks.text(ID3V1_UNIT, (begin, len(content)), keyword, text, Carrier.TRAILER, *notes, *encoding)
    return begin


def _read_id3v2(content: Content, start: int, end: int, footer: bytes, tags: Id3Reader, *notes: str) -> int:
    """A tag of version 2.4 by its footer; returns where it begins, its end where there is none."""
    begin = end - 2 * HEADER - synchsafe(footer[-4:])
    if begin < start or max(footer[-4:]) > 0x7F or content[begin : begin + 3] != b"ID3":
        return end
    tags.read_at(begin, *notes, APPENDED)
    return begin


def _before_lyrics(start: int, end: int, footer: bytes) -> int:
    digits = footer[-len(_LYRICS) - _LYRICS_SIZE_DIGITS : -len(_LYRICS)]
    return end - len(_LYRICS) - _LYRICS_SIZE_DIGITS - int(digits) if digits.isdigit() else end


def _read_ape(
    content: Content, start: int, end: int, footer: bytes, blocks: BlockList, limits: Limits, *notes: str
) -> int:
    """The items of an APE tag by its footer; returns where the tag begins.

    Its size counts items and footer; a header in front is the business of whoever looks further.
    """
    size, count, flags = (int.from_bytes(footer[at : at + 4], "little") for at in (12, 16, 20))
    at, stop = end - size, end - _APE_FOOTER
    if size < _APE_FOOTER or at < start:
        blocks.unreadable(APE_UNIT, (stop, end), *notes)
        return end
    begin = at - _APE_FOOTER if flags >> 31 and content[max(start, at - _APE_FOOTER) : at][:8] == _APE_SIGNATURE else at
    require_units(count, limits, "APE items")
    for _ in range(count):
        following = _read_item(content, at, stop, blocks, *notes)
        if following is None:
            blocks.unreadable(APE_UNIT, (at, stop), *notes)
            break
        at = following
    return begin


def _read_item(content: Content, at: int, stop: int, blocks: BlockList, *notes: str) -> int | None:
    """One item; returns where the next one begins, None where it does not fit."""
    head = content[at : min(stop, at + _APE_ITEM_HEAD + _APE_LONGEST_KEY + 1)]
    size, flags = (int.from_bytes(head[place : place + 4], "little") for place in (0, 4))
    name, ended, _ = head[_APE_ITEM_HEAD:].partition(b"\0")
    value = at + _APE_ITEM_HEAD + len(name) + 1
    if not ended or value + size > stop:
        return None
    keyword = name.decode("latin-1")
    wanted = flags & _APE_KIND == _APE_TEXT or may_name_a_record(keyword)
    if wanted and blocks.admits(APE_UNIT, keyword, size):
        for raw in content[value : value + size].rstrip(b"\0").split(b"\0", _MOST_VALUES):
            text, encoding = as_utf8(raw)
            blocks.text(APE_UNIT, (at, value + size), keyword, text, Carrier.TRAILER, *notes, *encoding)
    return value + size
