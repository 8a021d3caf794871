"""TIFF: XMP in tag 700, EXIF in the file's own directories, C2PA in tag 0xCD41.

A TIFF file *is* an EXIF structure, and handing it out as a payload would copy its pixels. The EXIF block of a directory
is therefore an extract: a TIFF structure of its own in the same byte order with only Orientation, Software,
ImageDescription, UserComment and XPComment. `splice` takes such a structure back and carries its comments over, in
place where they fit; every other byte and offset of the file stays.

Notes: 'not-the-first-page' (in any directory but the first).

Source: TIFF 6.0; the BigTIFF design (libtiff); XMP Specification Part 3, 3.2.3; C2PA 2.2, A.3.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from labeling import ifd as tiff
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Ifd, Tree, malformed
from labeling.ifd_edit import Occupancy, Span, TagChanges, Value, build, integers, rewrite, table_spans
from labeling.limits import Limits, require_pixels, require_within
from labeling.model import Carrier, Format, RecordForm

NEW_SUBFILE_TYPE: Final = 254
IMAGE_WIDTH: Final = 256
IMAGE_LENGTH: Final = 257
IMAGE_DESCRIPTION: Final = 270
STRIP_OFFSETS: Final = 273
ORIENTATION: Final = 274
STRIP_BYTE_COUNTS: Final = 279
TILE_OFFSETS: Final = 324
TILE_BYTE_COUNTS: Final = 325
SOFTWARE: Final = 305
XMP: Final = 700
USER_COMMENT: Final = 0x9286
XP_COMMENT: Final = 0x9C9C
C2PA: Final = 0xCD41

#: TIFF 6.0, NewSubfileType: a smaller copy of another picture (bit 0), a transparency mask (bit 2).
_NOT_A_PAGE: Final = 0b101
_COMMENTS: Final = (IMAGE_DESCRIPTION, USER_COMMENT, XP_COMMENT)
#: A program's name with its version is shorter; more of it is not handed out.
_LONGEST_NAME: Final = 256
_TAG_OF: Final[Mapping[BlockKind, int]] = {BlockKind.XMP: XMP, BlockKind.C2PA: C2PA}


def read_tree(data: bytes, limits: Limits) -> Tree:
    """All directories of a TIFF file; errors as `labeling.ifd.read`."""
    return tiff.read(data, limits)


def pages(tree: Tree) -> tuple[Ifd, ...]:
    """The directories of the main chain that a viewer shows as pictures.

    The first one always counts; a later one does not where NewSubfileType calls it a reduced copy or a mask, or where
    it holds a C2PA manifest store and no picture, as c2pa appends one to files of several pages.
    """
    return (tree.chain[0], *(ifd for ifd in tree.chain[1:] if _is_page(tree, ifd)))


def _is_page(tree: Tree, ifd: Ifd) -> bool:
    holds_a_store_only = ifd.find(C2PA) is not None and not tree.number(ifd, IMAGE_WIDTH, 0)
    return not holds_a_store_only and not tree.number(ifd, NEW_SUBFILE_TYPE, 0) & _NOT_A_PAGE


def canvas(tree: Tree, ifd: Ifd) -> tuple[int, int]:
    """Width and height of a directory's picture; MediaError (media.malformed) where there is none."""
    width, height = tree.number(ifd, IMAGE_WIDTH, 0), tree.number(ifd, IMAGE_LENGTH, 0)
    if not width or not height:
        raise malformed(f"{ifd.name} has no width or no height")
    return width, height


def pixel_spans(tree: Tree, ifd: Ifd) -> tuple[Span, ...]:
    """Where the strips or tiles of a directory lie; MediaError (media.truncated) where one lies outside the file."""
    offsets = tree.numbers(ifd, STRIP_OFFSETS) or tree.numbers(ifd, TILE_OFFSETS)
    counts = tree.numbers(ifd, STRIP_BYTE_COUNTS) or tree.numbers(ifd, TILE_BYTE_COUNTS)
    if not offsets or len(offsets) != len(counts):
        raise malformed(f"{ifd.name} names {len(offsets)} strips or tiles and {len(counts)} lengths")
    spans = tuple((at, at + count) for at, count in zip(offsets, counts, strict=True))
    last = max(end for _, end in spans)
    if last > len(tree.data):
        raise MediaError(
            ErrorCode.MEDIA_TRUNCATED, f"the pixels of {ifd.name} end at {last}, the file at {len(tree.data)}"
        )
    return spans


def occupancy(tree: Tree) -> Occupancy:
    """Every span of the file that means something: tables, values, pixels of all pages."""
    return Occupancy([*table_spans(tree), *(span for ifd in pages(tree) for span in pixel_spans(tree, ifd))])


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Walk a TIFF or BigTIFF file.

    `frames` counts the pages. Raises MediaError where a directory, a value that is needed or a strip lies outside the
    file or contradicts the rules; LimitError where a bound is reached.
    """
    tree = read_tree(data, limits)
    _require_whole(tree)
    shown = pages(tree)
    sizes = [canvas(tree, ifd) for ifd in shown]
    require_within(ErrorCode.LIMIT_FRAMES, len(shown), limits.frames, "the number of pages")
    for width, height in sizes:
        require_pixels(width, height, limits)
    if len(sizes) > 1:
        total = sum(width * height for width, height in sizes)
        require_within(ErrorCode.LIMIT_PIXELS, total, limits.animation_pixels, "the number of pixels in all pages")
    strips = sum(len(pixel_spans(tree, ifd)) for ifd in shown)
    require_within(ErrorCode.LIMIT_ITEMS, strips, limits.items, "the number of strips and tiles")
    blocks = tuple(_within(limits, (block for ifd in tree.walk() for block in _blocks(tree, ifd, limits))))
    return Anatomy(Format.TIFF, *sizes[0], frames=len(shown), blocks=blocks)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Write XMP and EXIF comments into IFD0 and take dropped blocks out of the directories that their units name.

    What fits goes where the old value was; else it is added at the end. Old values are zeroed. Errors as
    `labeling.ifd_edit.rewrite`.
    """
    tree = read_tree(data, limits)
    wanted: dict[str, dict[int, Value | None]] = {}
    for block in changes.drop:
        for name, tags in _dropped(block).items():
            wanted.setdefault(name, {}).update(tags)
    if changes.exif is not None:
        for name, tags in _carried_over(tree, changes.exif, limits).items():
            wanted.setdefault(name, {}).update(tags)
    if changes.xmp is not None:
        wanted.setdefault("IFD0", {})[XMP] = Value(_xmp_kind(tree), len(changes.xmp), changes.xmp)
    return rewrite(tree, _without_same(tree, wanted), occupancy(tree))


def _require_whole(tree: Tree) -> None:
    """Refuse a file that ends before a value of one of its pages does."""
    for ifd in tree.chain:
        for entry in ifd.entries:
            if entry.value_at + entry.size > len(tree.data):
                raise tiff.outside(entry.tag, entry.value_at, entry.size, len(tree.data))


def _xmp_kind(tree: Tree) -> int:
    """The field type of a packet: TC260-PG-20259A wants UNDEFINED; a BYTE that is there is as good (XMP Part 3)."""
    entry = tree.chain[0].find(XMP)
    return tiff.BYTE if entry and entry.kind == tiff.BYTE else tiff.UNDEFINED


def _blocks(tree: Tree, ifd: Ifd, limits: Limits) -> Iterable[Block]:
    notes = () if ifd.name == "IFD0" else ("not-the-first-page",)
    for xmp in (entry for entry in ifd.entries if entry.tag == XMP):
        payload = _bounded(tree, xmp, limits)
        yield Block(BlockKind.XMP, ifd.name, xmp.value_at, xmp.value_at + xmp.size, payload, notes=notes)
    # IFD0 always has an EXIF block, so that orientation is known and there is a place to write to.
    # Comments of an Exif directory stand in the block of the one around it.
    if ifd.name == "IFD0" or (not ifd.name.endswith("/Exif") and _has_comments(ifd)):
        yield Block(BlockKind.EXIF, ifd.name, ifd.at, ifd.end, _extract(tree, ifd, limits), notes=notes)
    credential = ifd.find(C2PA)
    if credential:
        end = credential.value_at + credential.size
        yield Block(BlockKind.C2PA, ifd.name, credential.value_at, end, b"")


def _within(limits: Limits, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, as long as they are within the limit together: a thousand pages may name the same 4 MB."""
    total = 0
    for block in blocks:
        total += len(block.payload)
        require_within(ErrorCode.LIMIT_METADATA, total, limits.all_metadata_bytes, "XMP and EXIF of all pages")
        yield block


def _has_comments(ifd: Ifd) -> bool:
    inner = ifd.child("Exif")
    return any(entry.tag in _COMMENTS for part in (ifd, inner) if part for entry in part.entries)


def _extract(tree: Tree, ifd: Ifd, limits: Limits) -> bytes:
    """The structure that stands for a directory's EXIF: orientation, software and comments."""
    inner = ifd.child("Exif")
    main = {ORIENTATION: integers(tree.dialect, tiff.SHORT, [_orientation(tree, ifd)])} | _software(tree, ifd)
    main |= _comment_values(tree, ifd, limits)
    return build(tree.dialect, main, _comment_values(tree, inner, limits) if inner else {})


def _comment_values(tree: Tree, ifd: Ifd, limits: Limits) -> dict[int, Value]:
    found = [entry for entry in ifd.entries if entry.tag in _COMMENTS]
    if len({entry.tag for entry in found}) < len(found):
        raise malformed(f"{ifd.name} has a comment twice")
    return {entry.tag: Value(entry.kind, entry.count, _bounded(tree, entry, limits)) for entry in found}


def _software(tree: Tree, ifd: Ifd) -> dict[int, Value]:
    entry = ifd.find(SOFTWARE)
    if entry is None or entry.kind != tiff.ASCII:
        return {}
    name = bytes(tree.data[entry.value_at : entry.value_at + min(entry.size, _LONGEST_NAME)])
    return {SOFTWARE: Value(tiff.ASCII, len(name), name)}


def _orientation(tree: Tree, ifd: Ifd) -> int:
    try:
        value = tree.number(ifd, ORIENTATION, 1)
    except MediaError:
        return 1
    return value if 1 <= value <= 8 else 1


def _bounded(tree: Tree, entry: tiff.Entry, limits: Limits) -> bytes:
    require_within(ErrorCode.LIMIT_METADATA, entry.size, limits.metadata_bytes, f"tag {entry.tag:#06x}")
    return tree.raw(entry)


def _dropped(block: Block) -> dict[str, dict[int, Value | None]]:
    """The tags to take away for a dropped block; of an EXIF block only its comments are the block's own."""
    if block.kind is BlockKind.EXIF:
        return {name: dict.fromkeys(_COMMENTS) for name in (block.unit, f"{block.unit}/Exif")}
    return {block.unit: {_TAG_OF[block.kind]: None}}


def _carried_over(tree: Tree, payload: bytes, limits: Limits) -> dict[str, dict[int, Value | None]]:
    """The comments of an EXIF structure as changes of IFD0 and its Exif directory; missing ones are taken away."""
    given = tiff.read(payload, limits, follow=(tiff.EXIF_POINTER,), chain=False)
    found = {ifd.name: _comment_values(given, ifd, limits) for ifd in given.walk()}
    return {name: dict.fromkeys(_COMMENTS) | found.get(name, {}) for name in ("IFD0", "IFD0/Exif")}


def _without_same(tree: Tree, wanted: Mapping[str, TagChanges]) -> dict[str, TagChanges]:
    """Only what differs from the file, so that a value that stays is not touched at all."""
    kept: dict[str, TagChanges] = {}
    directories = {ifd.name: ifd for ifd in tree.walk()}
    for name, tags in wanted.items():
        ifd = directories.get(name)
        kept[name] = {tag: value for tag, value in tags.items() if ifd is None or not _is_there(tree, ifd, tag, value)}
    return kept


def _is_there(tree: Tree, ifd: Ifd, tag: int, value: Value | None) -> bool:
    entry = ifd.find(tag)
    if entry is None or value is None:
        return entry is None and value is None
    return (entry.kind, entry.count) == (value.kind, value.count) and tree.raw(entry) == value.data


register(
    Container(
        Format.TIFF,
        parse,
        splice,
        forms={RecordForm.STANDARD: BlockKind.XMP, RecordForm.ANNEX_B: BlockKind.EXIF},
        reads=frozenset(
            {Carrier.XMP, Carrier.XMP_ATTRIBUTE, Carrier.EXIF_USER_COMMENT, Carrier.EXIF_IMAGE_DESCRIPTION}
        ),
    )
)
