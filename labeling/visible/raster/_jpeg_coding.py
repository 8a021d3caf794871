"""How the pixels of a JPEG file are coded: colour, sampling, tables; and what the painter can keep of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from labeling.containers._jpeg_walk import APP0, APP14, DHT, DQT, DRI, SOS, Component, Frame, Segment, Walk, malformed
from labeling.errors import ErrorCode, MediaError
from labeling.limits import require_within

#: Baseline, extended Huffman, progressive Huffman: the frames that the encoder can write.
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
#: Encoders write about ten; every scan costs a pass over all coefficients, however few bytes it has.
_MOST_SCANS = 64
_ADOBE = b"Adobe"
_JFIF = b"JFIF\0"


class JpegSpace(StrEnum):
    """What the components of the file mean."""

    GREY = "grey"
    YCBCR = "ycbcr"
    RGB = "rgb"
    CMYK = "cmyk"
    YCCK = "ycck"


Table = tuple[int, ...]
#: Pairs of symbol and code length in bits, for one Huffman table.
CodeLengths = tuple[tuple[int, int], ...]

#: T.81, figure A.6: the natural position of the k-th coefficient in zig-zag order.
ZIGZAG = tuple(
    row * 8 + column
    for _, _, row, column in sorted(
        (row + column, row if (row + column) % 2 else column, row, column) for row in range(8) for column in range(8)
    )
)
#: The inverse: where each natural position comes in zig-zag order.
_ORDER = tuple(sorted(range(64), key=ZIGZAG.__getitem__))
#: By the precision of a table: 0 for bytes, 1 for two bytes a value.
_TABLE_LAYOUTS = {0: struct.Struct(">64B"), 1: struct.Struct(">64H")}
#: T.81, table B.4: numbers go from 0 to 3.
_LAST_TABLE = 3


@dataclass(frozen=True, slots=True)
class Coding:
    """Everything that the re-encoded scans must share with the source."""

    frame: Frame
    space: JpegSpace
    #: One quantisation table for each component, 64 values in natural order.
    tables: tuple[Table, ...]
    #: MCUs between restart markers, 0 for none.
    restart: int
    #: The source's code lengths for luma AC coefficients; empty where it has no such table before the first scan.
    lengths: CodeLengths

    @property
    def progressive(self) -> bool:
        return self.frame.marker == _PROGRESSIVE

    @property
    def factors(self) -> tuple[tuple[int, int], ...]:
        """Horizontal and vertical sampling factor of each component."""
        return tuple((component.horizontal, component.vertical) for component in self.frame.components)

    @property
    def unit(self) -> tuple[int, int]:
        """Width and height in pixels of the minimum coded unit of a scan with all components (T.81, A.2)."""
        if len(self.factors) == 1:
            return 8, 8
        return 8 * max(across for across, _ in self.factors), 8 * max(down for _, down in self.factors)


def read_coding(data: bytes, walked: Walk) -> Coding:
    """What `data` says of its coding before the first scan.

    Raises MediaError: MEDIA_UNSUPPORTED for arithmetic, lossless, hierarchical and 12-bit files and for tables that
    change between scans, MEDIA_MALFORMED for tables that are missing or broken; LimitError for too many scans.
    """
    frame = walked.frame
    _require_paintable(frame)
    first_scan = walked.of(SOS)[0].start
    scans = len(walked.of(SOS))
    require_within(ErrorCode.LIMIT_ITEMS, scans, _MOST_SCANS, "the number of scans")
    if any(segment.start > first_scan for segment in walked.of(DQT)):
        raise unsupported("quantisation tables between scans")
    tables = _quantisation_tables(data, walked.of(DQT))
    missing = [component.table for component in frame.components if component.table not in tables]
    if missing:
        raise malformed("a quantisation table is missing", table=missing[0])
    return Coding(
        frame=frame,
        space=_space(data, walked),
        tables=tuple(tables[component.table] for component in frame.components),
        restart=_restart_interval(data, [segment for segment in walked.of(DRI) if segment.start < first_scan]),
        lengths=luma_code_lengths(data, [segment for segment in walked.of(DHT) if segment.start < first_scan]),
    )


def unsupported(feature: str) -> MediaError:
    """The error for a JPEG file that is sound and cannot be painted."""
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"a JPEG file with {feature} cannot be painted", feature=feature)


def _require_paintable(frame: Frame) -> None:
    if frame.marker not in (_BASELINE, _EXTENDED, _PROGRESSIVE):
        raise unsupported("arithmetic, lossless or hierarchical coding")
    if frame.precision != 8:
        raise unsupported(f"{frame.precision} bits a sample")
    if len(frame.components) not in (1, 3, 4):
        raise unsupported(f"{len(frame.components)} components")
    if len({component.id for component in frame.components}) < len(frame.components):
        raise unsupported("component identifiers that are not unique")
    if any(not (1 <= part.horizontal <= 4 and 1 <= part.vertical <= 4) for part in frame.components):
        raise malformed("a sampling factor is not in 1..4")


def _space(data: bytes, walked: Walk) -> JpegSpace:
    """The colour space as decoders guess it: by JFIF, the Adobe marker, the component identifiers (T.872, 6.5.3)."""
    components = walked.frame.components
    if len(components) == 1:
        return JpegSpace.GREY
    transform = _adobe_transform(data, walked.of(APP14))
    if len(components) == 4:
        return JpegSpace.CMYK if not transform else JpegSpace.YCCK
    if any(data.startswith(_JFIF, segment.body, segment.end) for segment in walked.of(APP0)):
        return JpegSpace.YCBCR
    if transform is None:
        return JpegSpace.RGB if _named_rgb(components) else JpegSpace.YCBCR
    return JpegSpace.YCBCR if transform else JpegSpace.RGB


def _named_rgb(components: tuple[Component, ...]) -> bool:
    return bytes(component.id for component in components) == b"RGB"


def _adobe_transform(data: bytes, segments: tuple[Segment, ...]) -> int | None:
    """The transform byte of the last Adobe marker (Adobe TN 5116, 18), None where there is none."""
    found = [
        data[segment.body + 11]
        for segment in segments
        if segment.end - segment.body >= 12 and data.startswith(_ADOBE, segment.body, segment.end)
    ]
    return found[-1] if found else None


def _quantisation_tables(data: bytes, segments: tuple[Segment, ...]) -> dict[int, Table]:
    """T.81, B.2.4.1, in natural order."""
    tables: dict[int, Table] = {}
    for segment in segments:
        at = segment.body
        while at < segment.end:
            layout = _TABLE_LAYOUTS.get(data[at] >> 4)
            if layout is None or at + 1 + layout.size > segment.end:
                raise malformed("a quantisation table is too short", offset=at)
            values = layout.unpack_from(data, at + 1)
            if data[at] & 15 > _LAST_TABLE or not all(values):
                raise malformed("a quantisation table has a step of 0 or a number above 3", table=data[at] & 15)
            tables[data[at] & 15] = tuple(map(values.__getitem__, _ORDER))
            at += 1 + layout.size
    return tables


def _restart_interval(data: bytes, segments: list[Segment]) -> int:
    return next((int.from_bytes(data[part.body : part.body + 2], "big") for part in reversed(segments)), 0)


def quantisation_segment(number: int, table: Table) -> bytes:
    """A DQT segment with one table, given in natural order (T.81, B.2.4.1)."""
    wide = max(table) > 255
    layout = _TABLE_LAYOUTS[wide]
    head = struct.pack(">BBHB", 0xFF, DQT, 3 + layout.size, wide << 4 | number)
    return head + layout.pack(*map(table.__getitem__, ZIGZAG))


def luma_code_lengths(data: bytes, segments: list[Segment]) -> CodeLengths:
    """Bits for each symbol of AC table 0, which by custom is luma's; empty where `segments` have none."""
    for name, counts, symbols in _huffman_tables(data, segments):
        if name == 0x10:
            lengths = (length for length, count in enumerate(counts, 1) for _ in range(count))
            return tuple(zip(symbols, lengths, strict=False))
    return ()


def _huffman_tables(data: bytes, segments: list[Segment]) -> Iterator[tuple[int, bytes, bytes]]:
    """Class and number, the 16 counts, the symbols of each table (T.81, B.2.4.2)."""
    for segment in segments:
        at = segment.body
        while at + 17 <= segment.end:
            counts = data[at + 1 : at + 17]
            end = at + 17 + sum(counts)
            yield data[at], counts, data[at + 17 : min(end, segment.end)]
            at = end
