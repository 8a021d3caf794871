"""How the pixels of one TIFF page are stored: the tags that matter, read once and checked, and the grid of segments.

A segment is a strip or a tile. Source: TIFF 6.0, sections 3-9, 13-15, 22; TIFF Technical Note 2 for JPEG.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

from labeling.containers.tiff import (
    ORIENTATION,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    TILE_BYTE_COUNTS,
    TILE_OFFSETS,
    canvas,
    pixel_spans,
)
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Ifd, Tree, malformed
from labeling.ifd_edit import Span
from labeling.limits import Limits, require_within
from labeling.model import Box

_Member = TypeVar("_Member", bound=IntEnum)

_BITS_PER_SAMPLE: Final = 258
_COMPRESSION: Final = 259
_PHOTOMETRIC: Final = 262
_FILL_ORDER: Final = 266
_SAMPLES_PER_PIXEL: Final = 277
_ROWS_PER_STRIP: Final = 278
_PLANAR: Final = 284
_T4_OPTIONS: Final = 292
_PREDICTOR: Final = 317
COLOUR_MAP: Final = 320
_TILE_WIDTH: Final = 322
_TILE_LENGTH: Final = 323
_INK_SET: Final = 332
_EXTRA_SAMPLES: Final = 338
_SAMPLE_FORMAT: Final = 339
JPEG_TABLES: Final = 347


#: With `Limits.pixels` the bound on one decoded strip or tile: a whole picture in 8-bit RGBA or CMYK.
_BYTES_PER_PIXEL: Final = 4


class Compression(IntEnum):
    """The compressions that can be decoded and encoded again."""

    NONE = 1
    CCITT_RLE = 2
    CCITT_T4 = 3
    CCITT_T6 = 4
    LZW = 5
    JPEG = 7
    DEFLATE = 8
    PACKBITS = 32773
    DEFLATE_OLD = 32946


FAX: Final = frozenset({Compression.CCITT_RLE, Compression.CCITT_T4, Compression.CCITT_T6})
#: Predictor (TIFF 6.0, section 14) is defined for these; elsewhere the tag means nothing.
_PREDICTED: Final = frozenset({Compression.LZW, Compression.DEFLATE, Compression.DEFLATE_OLD})


class Photometric(IntEnum):
    """The colour models that a label can be drawn in."""

    WHITE_IS_ZERO = 0
    BLACK_IS_ZERO = 1
    RGB = 2
    PALETTE = 3
    CMYK = 5
    YCBCR = 6


#: Samples of a pixel before any extra ones.
COLOURS: Final[Mapping[Photometric, int]] = {
    Photometric.WHITE_IS_ZERO: 1,
    Photometric.BLACK_IS_ZERO: 1,
    Photometric.RGB: 3,
    Photometric.PALETTE: 1,
    Photometric.CMYK: 4,
    Photometric.YCBCR: 3,
}


class Alpha(IntEnum):
    """What the first extra sample is (ExtraSamples, section 18)."""

    NONE = 0
    ASSOCIATED = 1
    UNASSOCIATED = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """One strip or tile: its place in the page's pixels and among the page's offsets.

    Of a strip that is not compressed only the rows that are needed; `skip` is the number of bytes before them.
    """

    index: int
    box: Box
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a TIFF file as it is stored."""

    ifd: Ifd
    big_endian: bool
    width: int
    height: int
    bits: int
    samples: int
    photometric: Photometric
    alpha: Alpha
    #: True where each sample has segments of its own.
    planar: bool
    compression: Compression
    predicted: bool
    #: True where the bits of each stored byte are in reverse order.
    reversed_bits: bool
    t4_options: int
    jpeg_tables: bytes
    orientation: int
    tiled: bool
    segment_width: int
    segment_height: int
    spans: tuple[Span, ...]

    @property
    def white(self) -> int:
        """The largest value of a sample."""
        return (1 << self.bits) - 1

    @property
    def planes(self) -> int:
        """How many grids of segments there are."""
        return self.samples if self.planar else 1

    @property
    def segment_samples(self) -> int:
        """Samples of one pixel in one segment."""
        return 1 if self.planar else self.samples

    def row_bytes(self, segment: Segment) -> int:
        """Bytes of one decoded row of a segment."""
        return self._bytes_of(segment.box.width)

    def segments(self, plane: int, within: Box) -> Iterator[Segment]:
        """The segments of a plane that share pixels with a rectangle, row by row."""
        wide, high = self.segment_width, self.segment_height
        across = -(-self.width // wide)
        first = plane * across * -(-self.height // high)
        for row in range(within.y // high, -(-within.bottom // high)):
            y, bottom = row * high, (row + 1) * high
            if not self.tiled:
                bottom = min(bottom, self.height)
            skip = 0
            if self.compression is Compression.NONE:
                skip = max(0, within.y - y) * self._bytes_of(wide)
                y, bottom = max(y, within.y), min(bottom, within.bottom)
            for column in range(within.x // wide, -(-within.right // wide)):
                yield Segment(first + row * across + column, Box(column * wide, y, wide, bottom - y), skip)

    def _bytes_of(self, columns: int) -> int:
        return (columns * self.segment_samples * self.bits + 7) // 8


def read_page(tree: Tree, ifd: Ifd) -> Page:
    """Read how a page's pixels are stored.

    Raises MediaError: media.unsupported with `feature` for what cannot be drawn into, media.malformed for tags that
    contradict each other, media.truncated for segments outside the file; LimitError for a segment of too many bytes.
    """
    # 1. The colour model and what a sample looks like.
    width, height = canvas(tree, ifd)
    photometric = _member(Photometric, tree.number(ifd, _PHOTOMETRIC, -1), "PhotometricInterpretation")
    samples = tree.number(ifd, _SAMPLES_PER_PIXEL, 1)
    bits = _bits(tree, ifd, photometric, samples)
    # 2. How the samples are laid out and packed.
    compression = _member(Compression, tree.number(ifd, _COMPRESSION, 1), "Compression")
    tiled = ifd.find(TILE_OFFSETS) is not None
    segment_width, segment_height = _segment_size(tree, ifd, width, height, tiled)
    page = Page(
        ifd=ifd,
        big_endian=tree.dialect.order == ">",
        width=width,
        height=height,
        bits=bits,
        samples=samples,
        photometric=photometric,
        alpha=_alpha(tree, ifd, photometric, samples),
        planar=tree.number(ifd, _PLANAR, 1) == 2 and samples > 1,
        compression=compression,
        predicted=_predicted(tree, ifd, compression, bits),
        # libtiff does not turn the bits of JPEG around.
        reversed_bits=tree.number(ifd, _FILL_ORDER, 1) == 2 and compression is not Compression.JPEG,
        t4_options=tree.number(ifd, _T4_OPTIONS, 0),
        jpeg_tables=_jpeg_tables(tree, ifd),
        orientation=_orientation(tree, ifd),
        tiled=tiled,
        segment_width=segment_width,
        segment_height=segment_height,
        spans=pixel_spans(tree, ifd),
    )
    # 3. What the parts say of each other.
    _require_consistent(page, tree.limits)
    return page


def unsupported(feature: str) -> MediaError:
    """The error for a kind of TIFF that the label cannot be drawn into."""
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"TIFF with {feature} cannot be drawn into", feature=feature)


def _member(kind: type[_Member], value: int, tag: str) -> _Member:
    try:
        return kind(value)
    except ValueError:
        raise unsupported(f"{tag} {value}") from None


def _bits(tree: Tree, ifd: Ifd, photometric: Photometric, samples: int) -> int:
    depths = set(tree.numbers(ifd, _BITS_PER_SAMPLE) or (1,))
    if len(depths) > 1:
        raise unsupported("samples of different depths")
    bits = depths.pop()
    allowed = (1, 2, 4, 8) if photometric is Photometric.PALETTE else (1, 2, 4, 8, 16)
    if bits not in allowed or (bits < 8 and samples > 1):
        raise unsupported(f"{samples} samples of {bits} bits")
    if set(tree.numbers(ifd, _SAMPLE_FORMAT)) - {1, 4}:
        raise unsupported("samples that are no unsigned integers")
    return bits


def _alpha(tree: Tree, ifd: Ifd, photometric: Photometric, samples: int) -> Alpha:
    """What the first extra sample means; extra samples that are no alpha are left as they are."""
    if samples < COLOURS[photometric]:
        raise malformed(f"{samples} samples are too few for {photometric.name}")
    if photometric is Photometric.CMYK and tree.number(ifd, _INK_SET, 1) != 1:
        raise unsupported("inks other than CMYK")
    kind = tree.number(ifd, _EXTRA_SAMPLES, 0) if samples > COLOURS[photometric] else 0
    if kind in (1, 2) and photometric in (Photometric.CMYK, Photometric.PALETTE, Photometric.YCBCR):
        raise unsupported(f"alpha in {photometric.name}")
    return Alpha(kind) if kind in (1, 2) else Alpha.NONE


def _predicted(tree: Tree, ifd: Ifd, compression: Compression, bits: int) -> bool:
    predictor = tree.number(ifd, _PREDICTOR, 1) if compression in _PREDICTED else 1
    if predictor not in (1, 2):
        raise unsupported(f"Predictor {predictor}")
    if predictor == 2 and bits < 8:
        raise unsupported(f"Predictor 2 on {bits} bits")
    return predictor == 2


def _segment_size(tree: Tree, ifd: Ifd, width: int, height: int, tiled: bool) -> tuple[int, int]:
    if not tiled:
        rows = min(tree.number(ifd, _ROWS_PER_STRIP, height), height)
        return width, _positive(rows, "RowsPerStrip")
    wide = _positive(tree.number(ifd, _TILE_WIDTH, 0), "TileWidth")
    high = _positive(tree.number(ifd, _TILE_LENGTH, 0), "TileLength")
    # Section 15: multiples of 16, so a small picture has one tile that reaches a little beyond it.
    if wide > 2 * width + 4096 or high > 2 * height + 4096:
        raise malformed(f"a tile of {wide} x {high} for a picture of {width} x {height}")
    return wide, high


def _positive(value: int, tag: str) -> int:
    if value < 1:
        raise malformed(f"{tag} is {value}")
    return value


def _orientation(tree: Tree, ifd: Ifd) -> int:
    value = tree.number(ifd, ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def _jpeg_tables(tree: Tree, ifd: Ifd) -> bytes:
    entry = ifd.find(JPEG_TABLES)
    return tree.raw(entry) if entry else b""


def _require_consistent(page: Page, limits: Limits) -> None:
    if page.compression is not Compression.NONE:
        size = page.segment_width * page.segment_height * page.segment_samples * page.bits // 8
        require_within(ErrorCode.LIMIT_INFLATED, size, limits.pixels * _BYTES_PER_PIXEL, "a strip or tile when decoded")
    if page.photometric is Photometric.YCBCR and page.compression is not Compression.JPEG:
        raise unsupported("YCbCr that is not JPEG")
    if page.compression in FAX and page.bits != 1:
        raise malformed(f"{page.compression.name} with {page.bits} bits")
    across, down = -(-page.width // page.segment_width), -(-page.height // page.segment_height)
    needed = across * down * page.planes
    if len(page.spans) < needed:
        raise malformed(f"{page.ifd.name} needs {needed} strips or tiles and names {len(page.spans)}")


#: The tags that name a page's segments, by whether it is tiled.
SEGMENT_TAGS: Final[Mapping[bool, tuple[int, int]]] = {
    False: (STRIP_OFFSETS, STRIP_BYTE_COUNTS),
    True: (TILE_OFFSETS, TILE_BYTE_COUNTS),
}
