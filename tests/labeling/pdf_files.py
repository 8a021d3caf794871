"""PDF files written byte by byte, as the standard has them and as it does not."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pikepdf

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
RECORD = (
    b'{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"P-1","ReservedCode1":"",'
    b'"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"P-1","ReservedCode2":""}'
)
INFO = b"<< /AIGC (" + RECORD + b") /Producer (a writer) >>"
CATALOGUE = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}
ROOT_AND_INFO = b"/Root 1 0 R /Info 3 0 R"
Coder = Callable[[bytes], bytes]


def stream(entries: bytes, data: bytes, length: bytes | None = None) -> bytes:
    """The body of a stream object."""
    said = b"%d" % len(data) if length is None else length
    return b"<< %s /Length %s >>\nstream\n" % (entries, said) + data + b"\nendstream"


@dataclass
class Written:
    """Objects written one after the other, and where each begins."""

    out: bytearray = field(default_factory=lambda: bytearray(HEADER))
    offsets: dict[int, int] = field(default_factory=dict)

    def add(self, objects: Mapping[int, bytes]) -> None:
        for number, body in objects.items():
            self.offsets[number] = len(self.out)
            self.out += b"%d 0 obj\n%s\nendobj\n" % (number, body)

    def table(self, trailer: bytes, numbers: range | None = None, end: bytes = b" \n") -> int:
        """A cross-reference table of one run; returns where it begins."""
        at = len(self.out)
        numbers = range(max(self.offsets) + 1) if numbers is None else numbers
        self.out += b"xref\n%d %d\n" % (numbers.start, len(numbers))
        for number in numbers:
            offset = self.offsets.get(number)
            self.out += b"0000000000 65535 f" if offset is None else b"%010d 00000 n" % offset
            self.out += end
        self.out += b"trailer\n<< /Size %d %s >>\n" % (max(self.offsets) + 1, trailer)
        return at

    def table_stream(
        self,
        entries: bytes,
        compressed: Mapping[int, tuple[int, int]],
        encode: Coder = zlib.compress,
        filters: bytes = b"/Filter /FlateDecode",
    ) -> int:
        """A cross-reference stream; returns where it begins."""
        at = len(self.out)
        number = max(*self.offsets, *compressed, 0) + 1
        rows = b"".join(
            self._row(n, compressed) if n != number else b"\1" + at.to_bytes(4, "big") + b"\0"
            for n in range(number + 1)
        )
        body = stream(b"/Type /XRef /W [1 4 1] /Size %d %s %s" % (number + 1, entries, filters), encode(rows))
        self.out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        return at

    def end(self, start: int) -> bytes:
        self.out += b"startxref\n%d\n%%%%EOF\n" % start
        return bytes(self.out)

    def _row(self, number: int, compressed: Mapping[int, tuple[int, int]]) -> bytes:
        if number in compressed:
            container, place = compressed[number]
            return b"\2" + container.to_bytes(4, "big") + bytes([place])
        if number in self.offsets:
            return b"\1" + self.offsets[number].to_bytes(4, "big") + b"\0"
        return b"\0\0\0\0\0\xff"


def with_table(objects: Mapping[int, bytes], trailer: bytes = ROOT_AND_INFO, end: bytes = b" \n") -> bytes:
    """A file with a cross-reference table."""
    written = Written()
    written.add({**CATALOGUE, **objects})
    return written.end(written.table(trailer, end=end))


def with_info(info: bytes = INFO, **objects: bytes) -> bytes:
    """A file whose information dictionary is object 3; further objects as `n4=...`."""
    return with_table({3: info, **{int(name[1:]): body for name, body in objects.items()}})


def object_stream(objects: Mapping[int, bytes], encode: Coder = zlib.compress, padding: bytes = b"") -> bytes:
    """The body of an object stream."""
    head, content = b"", b""
    for number, body in objects.items():
        head += b"%d %d " % (number, len(content))
        content += body + b" "
    entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(objects), len(head))
    return stream(entries, encode(head + content + padding))


def with_streams(
    inside: Mapping[int, bytes],
    trailer: bytes = ROOT_AND_INFO,
    encode: Coder = zlib.compress,
    filters: bytes = b"/Filter /FlateDecode",
    padding: bytes = b"",
) -> bytes:
    """A file with a cross-reference stream, and `inside` in the object stream 9."""
    written = Written()
    written.add({**CATALOGUE, 9: object_stream(inside, padding=padding)})
    places = {number: (9, place) for place, number in enumerate(inside)}
    return written.end(written.table_stream(trailer, places, encode, filters))


def hybrid(hidden: bytes = INFO) -> bytes:
    """A hybrid file (7.5.8.4): object 3 is not in the newest table, and in an object stream by the hidden stream."""
    written = Written()
    written.add({**CATALOGUE, 9: object_stream({3: hidden})})
    stream_at = written.table_stream(b"", {3: (9, 0)})
    previous = written.table(b"/Root 1 0 R")
    at = written.table(ROOT_AND_INFO + b" /XRefStm %d /Prev %d" % (stream_at, previous), range(0))
    return written.end(at)


def updated(first: bytes, objects: Mapping[int, bytes], trailer: bytes = ROOT_AND_INFO) -> bytes:
    """`first` with an incremental update behind it."""
    written = Written(bytearray(first))
    written.add(objects)
    previous = int(first.rpartition(b"startxref\n")[2].split()[0])
    number = max(objects)
    assert len(objects) == 1
    start = written.table(trailer + b" /Prev %d" % previous, range(number, number + 1))
    return written.end(start)


def up_predicted(rows: bytes, width: int, kind: int = 2) -> bytes:
    """Rows with PNG's predictor `kind`, deflated."""
    return zlib.compress(b"".join(predicted_rows(rows, width, lambda _: kind)))


def predicted_rows(rows: bytes, width: int, kind_of: Callable[[int], int]) -> list[bytes]:
    """Each row behind the byte of its predictor, by the letter of the PNG specification."""
    above, out = bytes(width), []
    for at in range(0, len(rows), width):
        row, kind = rows[at : at + width], kind_of(at // width)
        out.append(bytes([kind]) + bytes((row[i] - _guess(kind, row, above, i)) & 0xFF for i in range(width)))
        above = row
    return out


def _guess(kind: int, row: bytes, above: bytes, i: int) -> int:
    left, corner = (row[i - 1], above[i - 1]) if i else (0, 0)
    estimate = left + above[i] - corner
    paeth = min((left, above[i], corner), key=lambda value: abs(estimate - value))
    return (0, left, above[i], (left + above[i]) // 2, paeth)[kind]


def saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def from_pikepdf(record: str | None = RECORD.decode(), pages: int = 2, **options: object) -> bytes:
    """A file that qpdf wrote."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        pdf.docinfo["/Title"] = "A title"
        if record is not None:
            pdf.docinfo["/AIGC"] = record
        return saved(pdf, **options)
