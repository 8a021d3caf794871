"""Named metadata in ISO base media files: a `meta` box with `keys` and `ilst`, or with iTunes items.

Sources: QuickTime File Format, 'Metadata' (keys, ilst, data, well-known types); ISO/IEC 14496-12, 8.11.1 (meta as a
FullBox); TC260-PG-20257A for the key AIGC under moov/udta/meta. iTunes items have no public specification.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from labeling.containers._entries import (
    NAME_BYTES,
    Entry,
    any_unicode,
    is_record_key,
    plain_keyword,
    utf8,
    utf16,
)
from labeling.containers._iso_source import IsoSource
from labeling.containers._isobmff import HEADER, IsoBox
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import require_within
from labeling.model import Carrier

QUICKTIME_FORM = "quicktime-form"
KEYLESS = "keyless"
FREEFORM = "freeform"
SECOND_VALUE = "second-value"
DATA_TYPE = "data-type"
UTF_16 = "utf-16"

#: Version and flags of a FullBox.
FULL = 4
#: Type indicator and locale in front of a value.
VALUE_HEADER = 8
#: Item types below are numbers of keys: four characters start higher.
FIRST_FOURCC = 1 << 24

_KEY = struct.Struct(">I4s")
#: QuickTime File Format, 'Well-known types'. 0 leaves it to the reader; the others are pictures and numbers.
_TEXT_TYPES: dict[int, Callable[[bytes], str]] = {1: utf8, 2: utf16, 4: utf8, 5: utf16}
_WIDE_TYPES = frozenset({2, 5})


@dataclass(frozen=True, slots=True)
class Item:
    """One item of `ilst` and how it is called; `notes` say what is odd about it."""

    box: IsoBox
    keyword: str
    carrier: Carrier
    notes: tuple[str, ...]


def read_meta(source: IsoSource, meta: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    """Hand out every text item of a `meta` box; `unit` is the path of the box, `notes` what is odd about its place.

    An item that cannot be read becomes an unreadable block; raises MediaError where the box itself cannot be.
    """
    start, form = _body(source, meta)
    names = _names(source, start, meta.end)
    for box in source.boxes(start, meta.end):
        if box.kind == b"ilst":
            _read_items(source, box, names, unit, notes + form)


def _body(source: IsoSource, meta: IsoBox) -> tuple[int, tuple[str, ...]]:
    """Where the boxes inside start: QuickTime has no version and flags in front of them."""
    size, kind = _KEY.unpack(source.ahead.piece(meta.body, HEADER).ljust(HEADER, b"\0"))
    if HEADER <= size <= meta.end - meta.body and all(0x20 <= byte < 0x7F for byte in kind):
        return meta.body, (QUICKTIME_FORM,)
    return meta.body + FULL, ()


def _names(source: IsoSource, start: int, end: int) -> list[str]:
    """The names of all keys; item n has the name n - 1. Empty where there is no `keys` box."""
    tables = (box for box in source.boxes(start, end) if box.kind == b"keys")
    table = next(tables, None)
    if next(tables, None) is not None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there are several tables of keys for one list", offset=start)
    return _key_names(source, table) if table else []


def _key_names(source: IsoSource, keys: IsoBox) -> list[str]:
    """Version, flags and a count, which is not relied on, and then size, namespace and name of each key."""
    raw = source.entries.read(keys.body, keys.end)
    names: list[str] = []
    at = FULL + 4
    while len(raw) - at >= HEADER:
        size, _namespace = _KEY.unpack_from(raw, at)
        if not HEADER <= size <= len(raw) - at:
            raise MediaError(ErrorCode.MEDIA_MALFORMED, "a key runs past the end of its table", offset=keys.body + at)
        names.append(raw[at + HEADER : min(at + size, at + HEADER + NAME_BYTES)].decode("utf-8", "replace"))
        at += size
        require_within(ErrorCode.LIMIT_ITEMS, len(names), source.limits.items, "the number of keys")
    return names


def _read_items(source: IsoSource, ilst: IsoBox, names: list[str], unit: str, notes: tuple[str, ...]) -> None:
    for box in source.inside(ilst):
        source.entries.count()
        item = Item(box, "", Carrier.MP4_ITEM, notes)
        try:
            item = _named(source, box, names, notes)
            read_item(source, item, unit)
        except LimitError:
            raise
        except MediaError:
            source.entries.unreadable(unit, box.start, box.end, item.notes, item.keyword)


def _named(source: IsoSource, box: IsoBox, names: list[str], notes: tuple[str, ...]) -> Item:
    """How an item is called: by the number of its key, by a name of its own, by four characters or not at all."""
    number = int.from_bytes(box.kind, "big")
    if box.kind == b"data":
        return Item(box, "", Carrier.MP4_ITEM, (*notes, KEYLESS))
    if box.kind == b"----":
        keyword, more = plain_keyword(_freeform_name(source, box))
        return Item(box, keyword, Carrier.MP4_ITEM, (*notes, FREEFORM, *more))
    if number >= FIRST_FOURCC:
        return Item(box, box.kind.decode("latin-1"), Carrier.MP4_ITEM, notes)
    if 1 <= number <= len(names):
        keyword, more = plain_keyword(names[number - 1])
        return Item(box, keyword, Carrier.MP4_KEYS, (*notes, *more))
    return Item(box, "", Carrier.MP4_ITEM, (*notes, KEYLESS))


def _freeform_name(source: IsoSource, box: IsoBox) -> str:
    name = next((child for child in source.inside(box) if child.kind == b"name"), None)
    if name is None:
        return ""
    start = name.body + FULL
    return source.content[start : min(name.end, start + NAME_BYTES)].decode("utf-8", "replace")


def read_item(source: IsoSource, item: Item, unit: str) -> None:
    """Hand out every text value of an item. Raises MediaError where a value is damaged or the record has none."""
    if item.box.kind == b"data":
        _read_value(source, item, item.box, unit, ())
        return
    values = 0
    for box in source.inside(item.box):
        if box.kind == b"data":
            _read_value(source, item, box, unit, (SECOND_VALUE,) if values else ())
            values += 1
    if not values and item.keyword and is_record_key(item.keyword):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "an item has no value", offset=item.box.start)


def _read_value(source: IsoSource, item: Item, data: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    """A value that says that it is text, or that may be the record all the same."""
    start = data.body + VALUE_HEADER
    if start > data.end:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "a value is shorter than its header", offset=data.start)
    kind = int.from_bytes(source.ahead.piece(data.body, 4), "big")
    decode = _TEXT_TYPES.get(kind)
    if decode is None and kind and not is_record_key(item.keyword):
        return
    notes = (*item.notes, *notes)
    if kind in _WIDE_TYPES:
        notes += (UTF_16,)
    elif decode is None and kind:
        notes += (DATA_TYPE,)
    optional = decode is None and not (item.keyword and is_record_key(item.keyword))
    entry = Entry(unit, item.keyword, item.carrier, item.box.start, item.box.end, notes)
    source.entries.text(entry, start, data.end, decode or any_unicode, optional=optional)
