"""Where a file says how long its parts are, so that a mutation in a part can keep the sizes around it true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labeling.model import Format

Order = str


@dataclass(frozen=True, slots=True)
class Span:
    """A part [start, end) and the field that holds its size."""

    field: int
    width: int
    #: '>' and '<' as in struct; 'vint' as in EBML, 'safe' as in ID3.
    order: str
    start: int
    end: int


def resized(data: bytearray, spans: tuple[Span, ...], at: int, grown: int) -> None:
    """Let every part around `at` say that it is `grown` bytes longer, as far as its field can say so."""
    for span in spans:
        if span.start <= at <= span.end and span.field + span.width <= at:
            field = slice(span.field, span.field + span.width)
            data[field] = _written(_read(bytes(data[field]), span.order) + grown, span.width, span.order)


def _read(field: bytes, order: str) -> int:
    if order == "safe":
        return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(field)))
    value = int.from_bytes(field, "little" if order == "<" else "big")
    return value & ((1 << 7 * len(field)) - 1) if order == "vint" else value


def _written(value: int, width: int, order: str) -> bytes:
    bits = 7 * width if order in ("vint", "safe") else 8 * width
    value = max(0, min(value, (1 << bits) - 1))
    if order == "safe":
        return bytes(value >> 7 * place & 0x7F for place in reversed(range(width)))
    return (value | (1 << bits if order == "vint" else 0)).to_bytes(width, "little" if order == "<" else "big")


def spans_of(data: bytes, fmt: Format) -> tuple[Span, ...]:
    """All sizes that are found by walking the file; none for formats without any."""
    walk = _WALKS.get(fmt)
    return tuple(walk(data)) if walk else ()


_ISO_PARENTS = frozenset(
    b"moov udta meta trak mdia minf stbl ilst moof traf mvex iprp ipco iinf uuid ---- dinf edts".split()
)


def _iso(data: bytes) -> Iterator[Span]:
    waiting = [(0, len(data))]
    while waiting:
        at, end = waiting.pop()
        while at + 8 <= end:
            size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
            if size < 8 or at + size > end:
                break
            yield Span(at, 4, ">", at + 8, at + size)
            if kind in _ISO_PARENTS or kind[:2] == b"\0\0":
                skipped = 4 if kind in (b"meta", b"iinf") and data[at + 12 : at + 16] != b"hdlr" else 0
                waiting.append((at + 8 + skipped, at + size))
            at += size


def _riff(data: bytes) -> Iterator[Span]:
    waiting = [(0, len(data))]
    while waiting:
        at, end = waiting.pop()
        while at + 8 <= end:
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            if at + 8 + size > end:
                break
            yield Span(at + 4, 4, "<", at + 8, at + 8 + size)
            if data[at : at + 4] in (b"RIFF", b"LIST"):
                waiting.append((at + 12, at + 8 + size))
            at += 8 + size + size % 2


def _png(data: bytes) -> Iterator[Span]:
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield Span(at, 4, ">", at + 8, at + 8 + size)
        at += 12 + size


def _jpeg(data: bytes) -> Iterator[Span]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        yield Span(at + 2, 2, ">", at + 4, at + 2 + size)
        at += 2 + size


#: Elements of Matroska that hold elements: Segment, Tags, Tag, SimpleTag, Targets, Info, Tracks, TrackEntry.
_EBML_PARENTS = frozenset((0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x63C0, 0x1549A966, 0x1654AE6B, 0xAE, 0x1A45DFA3))


def _ebml(data: bytes) -> Iterator[Span]:
    waiting = [(0, len(data))]
    while waiting:
        at, end = waiting.pop()
        while at + 2 <= end and data[at] and (length := 9 - data[at].bit_length()) <= 4:
            field = at + length
            if field >= end or not data[field]:
                break
            width = 9 - data[field].bit_length()
            body = field + width
            size = _read(data[field:body], "vint")
            stop = min(end, body + size)
            if stop == body + size:
                yield Span(field, width, "vint", body, stop)
            if int.from_bytes(data[at:field], "big") in _EBML_PARENTS:
                waiting.append((body, stop))
            at = stop


def _mp3(data: bytes) -> Iterator[Span]:
    if data[:3] != b"ID3" or len(data) < 10:
        return
    end = min(10 + _read(data[6:10], "safe"), len(data))
    yield Span(6, 4, "safe", 10, end)
    at, order = 10, "safe" if data[3] == 4 else ">"
    while data[3] > 2 and at + 10 <= end and data[at]:
        size = _read(data[at + 4 : at + 8], order)
        yield Span(at + 4, 4, order, at + 10, at + 10 + size)
        at += 10 + size


def _flac(data: bytes) -> Iterator[Span]:
    at = 4
    while at + 4 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        yield Span(at + 1, 3, ">", at + 4, at + 4 + size)
        if data[at] & 0x80:
            return
        at += 4 + size


def _flv(data: bytes) -> Iterator[Span]:
    at = 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        yield Span(at + 1, 3, ">", at + 11, at + 11 + size)
        at += 15 + size


_WALKS: dict[Format, Callable[[bytes], Iterator[Span]]] = {
    **dict.fromkeys((Format.MP4, Format.MOV, Format.M4A, Format.AVIF, Format.HEIC), _iso),
    **dict.fromkeys((Format.WEBP, Format.WAV, Format.AVI), _riff),
    **dict.fromkeys((Format.MKV, Format.WEBM), _ebml),
    Format.PNG: _png,
    Format.JPEG: _jpeg,
    Format.MP3: _mp3,
    Format.FLAC: _flac,
    Format.FLV: _flv,
}
