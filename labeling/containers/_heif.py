"""Items and their properties in a HEIF file (ISO/IEC 23008-12, ISO/IEC 14496-12, 8.11), as far as labelling needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from labeling.containers._isobmff import Fields, IsoBox, announced, full_box, one, runs_past, walk
from labeling.containers._stepping import ReadAhead
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

#: 8.11.3: where the extents of an item count from.
IN_FILE, IN_IDAT = 0, 1
#: Boxes that stand at the top of such files; one of these that is cut is a file that is cut.
_TOP = frozenset(
    f"{kind:4}".encode()
    for kind in "ftyp meta mdat moov free skip uuid jumb idat moof mfra styp sidx wide udta pdin grpl".split()
)


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes in the file."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its type, and for `mime` items the content type."""

    id: int
    kind: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the bytes of an item are; `method` is iloc's construction method."""

    method: int
    #: (offset, length) pairs, not yet checked against the file.
    extents: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Heif:
    """The parts of one HEIF file."""

    brands: tuple[bytes, ...]
    #: Boxes at the top of the file.
    boxes: tuple[IsoBox, ...]
    primary: int | None = None
    items: dict[int, Item] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    #: The boxes of ipco; associations count from 1.
    properties: tuple[IsoBox, ...] = ()
    associations: dict[int, tuple[int, ...]] = field(default_factory=dict)
    #: The kinds of references between items: 'auxl', 'cdsc', 'prem' ...
    references: frozenset[bytes] = frozenset()
    idat: IsoBox | None = None
    #: Where the boxes end; what follows belongs to no box.
    end: int = 0

    def properties_of(self, item: int | None) -> tuple[IsoBox, ...]:
        """The property boxes of an item, in the order in which they are to be applied."""
        indices = self.associations.get(item, ()) if item is not None else ()
        return tuple(self.properties[index - 1] for index in indices if 0 < index <= len(self.properties))


def read_heif(data: bytes, limits: Limits, *, with_trailer: bool = False) -> Heif:
    """Walk the boxes of a HEIF or AVIF file; bytes behind them are accepted `with_trailer`.

    Raises MediaError and LimitError only.
    """
    # 1. The file type box comes first (ISO/IEC 14496-12, 4.3).
    if len(data) < 12 or data[4:8] != b"ftyp":
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the file does not start with a file type box")
    boxes = _before_trailer(data, limits) if with_trailer else walk(data, 0, len(data), limits)
    brands = _brands(data, boxes[0], limits)
    # 2. Without a meta box there are no items; an image sequence may do without.
    meta = one(boxes, b"meta")
    if meta is None:
        return Heif(brands, boxes, end=boxes[-1].end)
    if sum(box.kind == b"meta" for box in boxes) > 1:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is more than one meta box at the top of the file")
    # 3. The boxes of the meta box, each optional here.
    inner = walk(data, full_box(data, meta)[2].at, meta.end, limits)
    properties, associations = _properties(data, one(inner, b"iprp"), limits)
    return Heif(
        brands,
        boxes,
        _primary(data, one(inner, b"pitm")),
        _items(data, one(inner, b"iinf"), limits),
        _locations(data, one(inner, b"iloc"), limits),
        properties,
        associations,
        _references(data, one(inner, b"iref"), limits),
        one(inner, b"idat"),
        boxes[-1].end,
    )


def _before_trailer(data: bytes, limits: Limits) -> tuple[IsoBox, ...]:
    """The boxes at the top, up to bytes that are no box of such a file and would reach past its end."""
    boxes: list[IsoBox] = []
    ahead, at = ReadAhead(data), 0
    while at < len(data):
        require_within(ErrorCode.LIMIT_ITEMS, len(boxes) + 1, limits.items, "the number of boxes")
        try:
            box = announced(ahead, at, len(data))
            if box.end > len(data):
                raise runs_past(box, len(data))
        except MediaError:
            if data[at + 4 : at + 8] in _TOP:
                raise
            break
        boxes.append(box)
        at = box.end
    return tuple(boxes)


def extents_of(data: bytes, heif: Heif, item: int) -> tuple[Extent, ...]:
    """Where the bytes of an item lie in the file.

    Raises MediaError: MEDIA_MALFORMED without a location, MEDIA_TRUNCATED past the end, MEDIA_UNSUPPORTED for an item
    that is made of other items (construction method 2).
    """
    location = heif.locations.get(item)
    if location is None or not location.extents:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"item {item} has no location", item=item)
    if location.method == IN_FILE:
        base, end = 0, len(data)
    elif location.method == IN_IDAT and heif.idat is not None:
        base, end = heif.idat.body, heif.idat.end
    else:
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            f"item {item} is stored by construction method {location.method}",
            feature="item construction",
            method=location.method,
        )
    extents = tuple(
        Extent(base + offset, base + offset + length if length else end) for offset, length in location.extents
    )
    if any(extent.end > end or extent.start > extent.end for extent in extents):
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, f"item {item} lies beyond the end of the file", item=item)
    return extents


def _brands(data: bytes, ftyp: IsoBox, limits: Limits) -> tuple[bytes, ...]:
    fields = Fields(data, ftyp.body, ftyp.end)
    require_within(ErrorCode.LIMIT_ITEMS, fields.left // 4, limits.items, "the number of brands")
    major, _version = fields.take(4), fields.number(4)
    rest = fields.take(fields.left & ~3)
    return (major, *(rest[at : at + 4] for at in range(0, len(rest), 4)))


def _primary(data: bytes, pitm: IsoBox | None) -> int | None:
    if pitm is None:
        return None
    version, _, fields = full_box(data, pitm)
    return fields.number(4 if version else 2)


def _items(data: bytes, iinf: IsoBox | None, limits: Limits) -> dict[int, Item]:
    """8.11.6; entries before version 2 belong to no HEIF file."""
    if iinf is None:
        return {}
    version, _, fields = full_box(data, iinf)
    fields.number(4 if version else 2)
    entries = (box for box in walk(data, fields.at, iinf.end, limits) if box.kind == b"infe")
    return {item.id: item for item in (_item(data, box) for box in entries)}


def _item(data: bytes, infe: IsoBox) -> Item:
    version, _, fields = full_box(data, infe)
    if version not in (2, 3):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"an item information entry has version {version}", version=version)
    number, _protection, kind = fields.number(4 if version == 3 else 2), fields.number(2), fields.take(4)
    fields.text()
    return Item(number, kind, fields.text() if kind == b"mime" else "")


def _locations(data: bytes, iloc: IsoBox | None, limits: Limits) -> dict[int, Location]:
    """8.11.3, versions 0 to 2."""
    if iloc is None:
        return {}
    version, _, fields = full_box(data, iloc)
    if version > 2:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the item location box has version {version}", version=version)
    sizes = fields.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    found: dict[int, Location] = {}
    extents = 0
    for _ in range(_count(fields, wide, limits)):
        number = fields.number(wide)
        method = fields.number(2) & 15 if version else IN_FILE
        fields.number(2)  # data_reference_index
        base, count = fields.number(base_size), fields.number(2)
        extents += count
        require_within(ErrorCode.LIMIT_ITEMS, extents, limits.items, "the number of item extents")
        runs = []
        for _ in range(count):
            fields.number(index_size if version else 0)
            runs.append((base + fields.number(offset_size), fields.number(length_size)))
        found[number] = Location(method, tuple(runs))
    return found


def _properties(
    data: bytes, iprp: IsoBox | None, limits: Limits
) -> tuple[tuple[IsoBox, ...], dict[int, tuple[int, ...]]]:
    """ISO/IEC 23008-12, 9.3: the properties and which item has which of them."""
    if iprp is None:
        return (), {}
    inner = walk(data, iprp.body, iprp.end, limits)
    container = one(inner, b"ipco")
    properties = walk(data, container.body, container.end, limits) if container is not None else ()
    associations: dict[int, tuple[int, ...]] = {}
    for ipma in (box for box in inner if box.kind == b"ipma"):
        associations |= _associations(data, ipma, limits)
    return properties, associations


def _associations(data: bytes, ipma: IsoBox, limits: Limits) -> dict[int, tuple[int, ...]]:
    version, flags, fields = full_box(data, ipma)
    found: dict[int, tuple[int, ...]] = {}
    wide, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
    for _ in range(_count(fields, 4, limits)):
        number = fields.number(4 if version else 2)
        found[number] = tuple(fields.number(wide) & mask for _ in range(fields.number(1)))
    return found


def _count(fields: Fields, size: int, limits: Limits) -> int:
    """A number of entries, bounded before they are read."""
    count = fields.number(size)
    require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of entries in a box")
    return count


def _references(data: bytes, iref: IsoBox | None, limits: Limits) -> frozenset[bytes]:
    if iref is None:
        return frozenset()
    return frozenset(box.kind for box in walk(data, full_box(data, iref)[2].at, iref.end, limits))
