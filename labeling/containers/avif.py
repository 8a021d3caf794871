"""AVIF and HEIC: where XMP, EXIF and C2PA sit; in AVIF an XMP item with room can be overwritten in place.

Moving items about is not done: a record goes where the AVIF painter has left room for it.

Notes: 'extents' (an item in several pieces), 'other-item' (an item of another media type), 'trailer' (behind the last
box).
"""

from __future__ import annotations

from labeling.containers._avif_rewrite import overwrite
from labeling.containers._avif_sequence import Track, read_track
from labeling.containers._heif import Extent, Heif, Item, extents_of, read_heif
from labeling.containers._isobmff import Fields, IsoBox, full_box, one
from labeling.containers._trailer import trailer_blocks
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format, RecordForm

XMP_CONTENT_TYPE = "application/rdf+xml"
EXIF_PREFIX = b"Exif\0\0"
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
AVIF_ITEMS = frozenset({b"av01"})
#: C2PA Technical Specification (BMFF-based assets) and XMP Specification Part 3 (MPEG-4).
UUIDS = {
    bytes.fromhex("d8fec3d61b0e483c92975828877ec481"): BlockKind.C2PA,
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): BlockKind.XMP,
}
#: Rotation (irot, quarter turns anticlockwise) followed by mirroring (imir: 0 top and bottom, 1 left and right are
#: exchanged) as the EXIF orientation that has the same effect.
ORIENTATIONS = {
    (0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6,
    (0, 0): 4, (1, 0): 5, (2, 0): 2, (3, 0): 7,
    (0, 1): 2, (1, 1): 7, (2, 1): 4, (3, 1): 5,
}  # fmt: skip


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk an AVIF or HEIC file: stored size of the primary picture, number of frames, metadata blocks.

    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED, MEDIA_UNSUPPORTED) and LimitError; never decodes pixels.
    """
    heif = read_heif(data, limits, with_trailer=True)
    track = read_track(data, heif.boxes, limits)
    width, height = _size(data, heif, track)
    return Anatomy(
        _format(heif),
        width,
        height,
        frames=track.frames if track else 1,
        blocks=_blocks(data, heif, limits) + trailer_blocks(data, heif.end, limits),
        orientation=_orientation(data, heif),
    )


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Overwrite or blank metadata in place; the length of the file and all offsets in it stay.

    Raises DeclarationError: RECORD_UNSUPPORTED where there is no item with enough room, RECORD_FORM_UNSUPPORTED for a
    text entry.
    """
    if changes.text is not None:
        raise DeclarationError(ErrorCode.RECORD_FORM_UNSUPPORTED, "AVIF has no text entries", format=Format.AVIF.value)
    return overwrite(data, changes)


def _orientation(data: bytes, heif: Heif) -> int:
    """How a viewer turns the stored picture, as an EXIF orientation (1..8), from irot and imir of the primary item.

    The properties are applied in their order (ISO/IEC 23008-12, 6.5.10 and 6.5.12); the EXIF tag turns nothing here.
    """
    turns, axis = 0, None
    for box in heif.properties_of(heif.primary):
        if box.kind == b"irot":
            # Turning after mirroring is mirroring after turning the other way.
            turn = Fields(data, box.body, box.end).number(1) & 3
            turns += turn if axis is None else -turn
        elif box.kind == b"imir":
            axis = Fields(data, box.body, box.end).number(1) & 1
    return ORIENTATIONS[turns % 4, axis]


def _format(heif: Heif) -> Format:
    brands = set(heif.brands)
    kinds = {item.kind for item in heif.items.values()}
    if brands & AVIF_BRANDS or (not brands & HEIC_BRANDS and kinds & AVIF_ITEMS):
        return Format.AVIF
    return Format.HEIC


def _size(data: bytes, heif: Heif, track: Track | None) -> tuple[int, int]:
    extents = one(heif.properties_of(heif.primary), b"ispe")
    if extents is not None:
        fields = full_box(data, extents)[2]
        width, height = fields.number(4), fields.number(4)
    elif track is not None:
        width, height = track.width, track.height
    else:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is no primary picture with a size")
    if not width or not height:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the picture has no pixels")
    return width, height


def _blocks(data: bytes, heif: Heif, limits: Limits) -> tuple[Block, ...]:
    found: list[Block] = []
    total = 0
    for item in heif.items.values():
        kind = _kind(item)
        if kind is None:
            continue
        extents = extents_of(data, heif, item.id)
        size = sum(extent.end - extent.start for extent in extents)
        if kind is BlockKind.OTHER and size > limits.metadata_bytes:
            continue
        total += size
        require_within(ErrorCode.LIMIT_METADATA, total, limits.all_metadata_bytes, "the metadata in items")
        require_within(ErrorCode.LIMIT_METADATA, size, limits.metadata_bytes, "an item of metadata")
        found.append(_block(data, item, kind, extents))
    found += [block for box in heif.boxes if (block := _uuid_block(data, box, limits)) is not None]
    return tuple(sorted(found, key=lambda block: block.start))


def _block(data: bytes, item: Item, kind: BlockKind, extents: tuple[Extent, ...]) -> Block:
    stored = b"".join(data[extent.start : extent.end] for extent in extents)
    payload = _tiff(stored) if kind is BlockKind.EXIF else stored
    notes: tuple[str, ...] = ("extents",) if len(extents) > 1 else ()
    notes += ("other-item",) if kind is BlockKind.OTHER else ()
    return Block(kind, item.kind.decode("latin-1"), extents[0].start, extents[0].end, payload, notes=notes)


def _kind(item: Item) -> BlockKind | None:
    """What an item may hold; items of media types other than XMP's are searched for a bare record."""
    if item.kind == b"Exif":
        return BlockKind.EXIF
    if item.kind != b"mime":
        return None
    media_type = item.content_type.partition(";")[0].strip().lower()
    return BlockKind.XMP if media_type == XMP_CONTENT_TYPE else BlockKind.OTHER


def _tiff(stored: bytes) -> bytes:
    """ISO/IEC 23008-12, A.2.1: four bytes that say how far behind them the TIFF header is."""
    start = 4 + int.from_bytes(stored[:4], "big")
    if start > len(stored):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the EXIF item points behind its own end")
    return stored[start:].removeprefix(EXIF_PREFIX)


def _uuid_block(data: bytes, box: IsoBox, limits: Limits) -> Block | None:
    kind = BlockKind.C2PA if box.kind == b"jumb" else UUIDS.get(box.uuid)
    if kind is None:
        return None
    unit = box.kind.decode("latin-1")
    if kind is BlockKind.C2PA:
        return Block(kind, unit, box.start, box.end, b"")
    require_within(ErrorCode.LIMIT_METADATA, box.end - box.body, limits.metadata_bytes, "the XMP box")
    return Block(kind, unit, box.start, box.end, data[box.body : box.end])


_READS = frozenset(
    {
        Carrier.XMP,
        Carrier.XMP_ATTRIBUTE,
        Carrier.EXIF_USER_COMMENT,
        Carrier.EXIF_IMAGE_DESCRIPTION,
        Carrier.APP_SEGMENT,
        Carrier.TRAILER,
    }
)
register(Container(Format.AVIF, parse, splice, {RecordForm.STANDARD: BlockKind.XMP}, _READS))
register(Container(Format.HEIC, parse, splice, {}, _READS))
