"""PDF: where a record is found, what is noted, what is refused, and what it costs."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, Block, BlockKind, reader_for
from labeling.containers.pdf import parse
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.pdf_files import (
    CATALOGUE,
    HEADER,
    INFO,
    RECORD,
    ROOT_AND_INFO,
    Written,
    from_pikepdf,
    hybrid,
    object_stream,
    predicted_rows,
    saved,
    stream,
    up_predicted,
    updated,
    with_info,
    with_streams,
    with_table,
)

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
ENCRYPTIONS = {
    "rc4-40": pikepdf.Encryption(owner="o", user="u", R=2, aes=False, metadata=False),
    "aes-128": pikepdf.Encryption(owner="o", user="u", R=4),
    "aes-256": pikepdf.Encryption(owner="o", user="u", R=6),
    "readable-without-a-password": pikepdf.Encryption(owner="o", user="", R=6),
    "metadata-in-the-clear": pikepdf.Encryption(owner="o", user="", R=6, metadata=False),
}


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def entries(data: bytes, key: str = "AIGC") -> list[Block]:
    return [block for block in read(data).of(BlockKind.TEXT) if block.keyword.casefold() == key.casefold()]


def the_entry(data: bytes) -> Block:
    (block,) = entries(data)
    return block


def refused(data: bytes) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        read(data)
    return caught.value.code


def test_pdf_has_a_reader_of_both_carriers() -> None:
    reader = reader_for(Format.PDF)
    assert reader is not None
    assert reader.parse is parse
    assert reader.reads == {Carrier.PDF_INFO, Carrier.XMP, Carrier.XMP_ATTRIBUTE}


def linearised() -> bytes:
    return from_pikepdf(linearize=True)


def as_update() -> bytes:
    return updated(with_info(b"<< /Title (old) >>"), {3: INFO})


WHERE: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "literal": (with_info, ()),
    "one-byte-line-ends": (lambda: with_table({3: INFO}, end=b"\n"), ()),
    "hexadecimal": (lambda: with_info(b"<< /AIGC <" + RECORD.hex(" ", 20).encode() + b"> >>"), ("hex-string",)),
    "utf-16": (lambda: with_info(b"<< /AIGC <FEFF" + utf_16().hex().encode() + b"> >>"), ("hex-string", "utf-16")),
    "utf-8": (lambda: with_info(b"<< /AIGC (\xef\xbb\xbf" + RECORD + b") >>"), ("utf-8",)),
    "escaped": (lambda: with_info(b"<< /AIGC (" + escaped() + b") >>"), ()),
    "escaped-name": (lambda: with_info(b"<< /A#49GC (" + RECORD + b") >>"), ()),
    "object-of-its-own": (lambda: with_info(b"<< /AIGC 4 0 R >>", n4=b"(" + RECORD + b")"), ()),
    "object-stream": (lambda: with_streams({3: INFO}), ("object-stream",)),
    "second-in-an-object-stream": (lambda: with_streams({4: b"(x)", 3: INFO}), ("object-stream",)),
    "trailer": (lambda: with_table({}, b"/Root 1 0 R /Info " + INFO), ("direct",)),
    "hybrid": (hybrid, ("object-stream",)),
    "update": (as_update, ()),
    "linearised": (linearised, ()),
    "from-qpdf": (from_pikepdf, ()),
    "from-qpdf-with-object-streams": (
        lambda: from_pikepdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
        ("object-stream",),
    ),
    "free-lines-and-comments": (lambda: with_info(b"<< % a comment >>\n\n/AIGC\0\t(" + RECORD + b")\r\n>>"), ()),
    "junk-at-the-end": (lambda: with_info() + b"\0" * 4000 + b"<html>", ()),
}


def utf_16() -> bytes:
    return RECORD.decode().encode("utf-16-be")


def escaped() -> bytes:
    return RECORD.replace(b"P-1", b"P\\0551").replace(b",", b",\\\r\n")


@pytest.mark.parametrize("name", WHERE)
def test_the_record_is_found(name: str) -> None:
    build, notes = WHERE[name]
    data = build()
    block = the_entry(data)
    assert block.payload == RECORD
    assert (block.carrier, block.unit, block.notes) == (Carrier.PDF_INFO, "Info", notes)
    if block.start:
        assert data[block.start : block.end].split()[1:3] == [b"0", b"obj"]
    else:
        assert {"object-stream", "direct"} & set(notes)


@pytest.mark.parametrize("name", WHERE)
def test_qpdf_reads_the_same_record(name: str) -> None:
    with pikepdf.open(io.BytesIO(WHERE[name][0]())) as pdf:
        assert str(pdf.trailer.Info.AIGC) == RECORD.decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(b"(a(b(c)d)e)", "a(b(c)d)e", id="nested-parentheses"),
        pytest.param(rb"(\(\)\\\n\q\101\8)", "()\\\nqA8", id="escapes"),
        pytest.param(b"(a\r\nb\rc\\\nd)", "a\nb\ncd", id="line-ends"),
        pytest.param(b"<48 6 5 7>", "Hep", id="odd-number-of-digits"),
        pytest.param(b"(\x80 \xa0 \x1f)", "• € ˜", id="pdf-doc-encoding"),
        pytest.param("(标识)".encode(), "标识", id="utf-8-without-a-mark"),
        pytest.param(b"(\xff\xfeA\0)", "A", id="little-endian"),
        pytest.param(b"(\xfe\xff\0\x1b\0z\0h\0\x1b\0A)", "A", id="language-code"),
        pytest.param(b"()", "", id="empty"),
    ],
)
def test_a_text_string_is_read_as_the_standard_has_it(value: bytes, text: str) -> None:
    assert the_entry(with_info(b"<< /AIGC " + value + b" >>")).payload.decode() == text


def test_other_entries_are_handed_out_with_their_keyword() -> None:
    data = with_info(b"<< /Title (T) /Creator (C) /Trapped /False /CreationDate (D:2026) /Pages 7 >>")
    assert [(b.keyword, b.payload) for b in read(data).blocks] == [
        ("Title", b"T"),
        ("Creator", b"C"),
        ("CreationDate", b"D:2026"),
    ]


def test_every_entry_of_the_name_counts() -> None:
    blocks = entries(with_info(b"<< /AIGC (one) /aigc (two) /AIGC (three) >>"))
    assert [block.payload for block in blocks] == [b"one", b"two", b"three"]
    assert [block.notes for block in blocks] == [(), ("other-case",), ()]


@pytest.mark.parametrize(
    ("value", "kind", "notes"),
    [
        (b"/Label", BlockKind.TEXT, ("not-a-string",)),
        (b"7.5", BlockKind.TEXT, ("not-a-string",)),
        (b"<< /Label (1) >>", BlockKind.OTHER, ("not-a-string", "unreadable")),
        (b"9 0 R", BlockKind.OTHER, ("unreadable",)),
    ],
    ids=["name", "number", "dictionary", "dangling"],
)
def test_a_value_that_is_no_string_is_reported(value: bytes, kind: BlockKind, notes: tuple[str, ...]) -> None:
    (block,) = read(with_info(b"<< /AIGC " + value + b" >>")).blocks
    assert (block.kind, block.keyword, block.notes) == (kind, "AIGC", notes)


def test_a_null_entry_is_no_entry() -> None:
    assert not read(with_info(b"<< /AIGC null >>")).blocks


@pytest.mark.parametrize("unit", ["Root", "trailer"])
def test_a_record_beside_the_information_dictionary_is_found(unit: str) -> None:
    entry = b"/AIGC (" + RECORD + b")"
    if unit == "Root":
        data = with_table({1: b"<< /Type /Catalog /Pages 2 0 R " + entry + b" >>"}, b"/Root 1 0 R")
    else:
        data = with_table({}, b"/Root 1 0 R " + entry)
    block = the_entry(data)
    assert (block.unit, block.payload, block.notes) == (unit, RECORD, ("not-in-info",))


@pytest.mark.parametrize(
    ("update", "payload"),
    [(b"<< /AIGC (new) >>", [b"new"]), (b"<< /Title (no record) >>", []), (b"null", [])],
    ids=["replaced", "removed", "emptied"],
)
def test_only_the_newest_revision_counts(update: bytes, payload: list[bytes]) -> None:
    assert [block.payload for block in entries(updated(with_info(), {3: update}))] == payload


def test_an_object_of_an_older_revision_is_still_found() -> None:
    data = updated(updated(with_info(), {2: CATALOGUE[2]}), {2: CATALOGUE[2]})
    assert the_entry(data).payload == RECORD


def test_a_file_without_information_dictionary_has_no_blocks() -> None:
    assert read(from_pikepdf(record=None)).of(BlockKind.TEXT)
    assert not read(with_table({}, b"/Root 1 0 R")).blocks
    assert not read(with_table({}, b"/Root 1 0 R /Info 77 0 R")).blocks


def test_an_information_dictionary_that_is_none_is_reported() -> None:
    (block,) = read(with_info(b"[ (AIGC) ]")).blocks
    assert (block.kind, block.unit, block.keyword, block.notes) == (BlockKind.OTHER, "Info", "", ("unreadable",))


# XMP and the manifest store


def with_packet(body: bytes, **objects: bytes) -> bytes:
    catalogue = b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>"
    further = {int(name[1:]): value for name, value in objects.items()}
    return with_table({1: catalogue, 4: body, **further}, b"/Root 1 0 R")


PACKET = b"/Type /Metadata /Subtype /XML "


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        (stream(PACKET, XMP), ()),
        (stream(PACKET + b"/Filter /FlateDecode", zlib.compress(XMP)), ("compressed",)),
        (stream(PACKET + b"/Filter [/ASCIIHexDecode /Fl]", zlib.compress(XMP).hex().encode() + b">"), ("compressed",)),
        (stream(PACKET, XMP, b"5 0 R"), ()),
        (stream(PACKET, XMP, b"1"), ()),
        (stream(PACKET, XMP, b"9999999"), ()),
        (stream(PACKET, XMP, b"77 0 R"), ()),
        (stream(PACKET, XMP).replace(b"stream\n", b"stream\r\n", 1), ()),
        (stream(PACKET + b"/Filter /FlateDecode", zlib.compress(XMP)[:-4]), ("compressed",)),
        (stream(PACKET + b"/Filter 6 0 R", zlib.compress(XMP)), ("compressed",)),
    ],
    ids=[
        "plain",
        "deflated",
        "twice",
        "length-elsewhere",
        "short",
        "long",
        "dangling",
        "crlf",
        "no-checksum",
        "filter-elsewhere",
    ],
)
def test_the_packet_is_found(body: bytes, notes: tuple[str, ...]) -> None:
    data = with_packet(body, n5=b"%d" % len(XMP), n6=b"/FlateDecode")
    (block,) = read(data).blocks
    assert (block.kind, block.unit, block.payload, block.notes) == (BlockKind.XMP, "Metadata", XMP, notes)
    assert data[block.start :].startswith(b"4 0 obj")
    assert data[block.end :].lstrip().startswith(b"endstream")


@pytest.mark.parametrize(
    "body",
    [
        stream(PACKET + b"/Filter /LZWDecode", b"\x80\x0b"),
        stream(PACKET + b"/Filter /Crypt", XMP),
        stream(PACKET + b"/Filter /FlateDecode", b"no zlib stream"),
        stream(PACKET + b"/Filter /ASCIIHexDecode", b"4g>"),
        stream(PACKET + b"/Filter [" + b"/FlateDecode " * 5 + b"]", XMP),
        b"<< /Type /Metadata >>",
    ],
    ids=["lzw", "crypt", "no-zlib", "no-digits", "many-filters", "no-stream"],
)
def test_a_packet_that_cannot_be_read_is_reported(body: bytes) -> None:
    (block,) = read(with_packet(body)).blocks
    assert (block.kind, block.unit, block.keyword, block.notes) == (BlockKind.OTHER, "Metadata", "", ("unreadable",))


def test_a_packet_that_qpdf_wrote_is_found() -> None:
    with pikepdf.new() as pdf:
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "A title"
        data = saved(pdf)
    (block,) = read(data).of(BlockKind.XMP)
    assert b"A title" in block.payload


@pytest.mark.parametrize("mode", ["disable", "generate"])
def test_a_manifest_store_is_found(mode: str) -> None:
    with pikepdf.new() as pdf:
        for name, relationship in (("notes.txt", "/Data"), ("manifest.c2pa", "/C2PA_Manifest")):
            file = pikepdf.AttachedFileSpec(pdf, b"jumb" + name.encode(), relationship=pikepdf.Name(relationship))
            pdf.attachments[name] = file
        pdf.Root.AF = pikepdf.Array([pdf.attachments[name].obj for name in pdf.attachments])
        data = saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode[mode], compress_streams=False)
    (block,) = read(data).of(BlockKind.C2PA)
    assert (block.unit, block.payload) == ("AF", b"")
    assert b"jumbmanifest.c2pa" in data[block.start : block.end]
    assert b"notes" not in data[block.start : block.end]


# Encrypted and damaged files


@pytest.mark.parametrize("name", ENCRYPTIONS)
@pytest.mark.parametrize("record", [RECORD.decode(), None], ids=["labelled", "unlabelled"])
def test_an_encrypted_file_is_refused(name: str, record: str | None) -> None:
    assert refused(from_pikepdf(record, encryption=ENCRYPTIONS[name])) is ErrorCode.MEDIA_ENCRYPTED


def test_an_encrypted_file_with_a_broken_table_is_refused_as_encrypted() -> None:
    data = from_pikepdf(encryption=ENCRYPTIONS["aes-256"])
    assert refused(data.replace(b"startxref\n", b"startxref\n9")) is ErrorCode.MEDIA_ENCRYPTED


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "shifted": lambda data: data.replace(b"\n", b"\n% one more line\n", 1),
    "no-startxref": lambda data: data[: data.rindex(b"startxref")],
    "wrong-startxref": lambda data: data.replace(b"startxref\n", b"startxref\n9"),
    "no-table": lambda data: data.replace(b"xref\n0", b"\n\n\n\n\n0", 1),
    "spoilt-entry": lambda data: data.replace(b"0000000015 ", b"000000001x ", 1),
}


@pytest.mark.parametrize(
    ("build", "name"),
    [
        *((with_info, name) for name in DAMAGE),
        *((lambda: with_streams({3: INFO}), name) for name in ("shifted", "no-startxref", "wrong-startxref")),
        *((linearised, name) for name in ("shifted", "no-startxref", "wrong-startxref", "spoilt-entry")),
    ],
)
def test_a_file_with_broken_tables_is_searched(build: Callable[[], bytes], name: str) -> None:
    data = build()
    damaged = DAMAGE[name](data)
    assert damaged != data
    block = the_entry(damaged)
    assert block.payload == RECORD
    assert block.notes[0] == "rebuilt"


@pytest.mark.parametrize("name", [name for name in DAMAGE if name != "spoilt-entry"])
def test_a_broken_file_without_information_dictionary_is_never_said_to_hold_no_record(name: str) -> None:
    damaged = DAMAGE[name](with_table({}, b"/Root 1 0 R"))
    assert refused(damaged) in (ErrorCode.MEDIA_MALFORMED, ErrorCode.MEDIA_TRUNCATED)


def test_an_update_that_was_cut_off_does_not_bring_the_older_revision_back() -> None:
    data = updated(with_info(b"<< /AIGC (old) >>"), {3: b"<< /AIGC (new) >>"})
    block = the_entry(data[: data.rindex(b"xref", 0, data.rindex(b"startxref"))])
    assert (block.payload, block.notes) == (b"new", ("rebuilt",))


def test_a_newest_trailer_that_cannot_be_read_does_not_bring_the_older_revision_back() -> None:
    data = updated(with_info(b"<< /Title (old) >>"), {3: INFO})
    head, _, tail = data.rpartition(b"/Info 3 0 R")
    assert refused(head + b"/Info 3>" + tail) is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    data = from_pikepdf(pages=20)
    assert refused(data[: int(len(data) * share)]) is ErrorCode.MEDIA_TRUNCATED


def test_a_reference_to_another_object_than_the_table_names_is_damage() -> None:
    data = with_info().replace(b"3 0 obj", b"8 0 obj")
    assert refused(data) is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize(
    "filters",
    [b"/Filter /LZWDecode", b"/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 6 >>"],
    ids=["lzw", "tiff-predictor"],
)
def test_tables_in_a_coding_that_is_not_handled_are_refused(filters: bytes) -> None:
    assert refused(with_streams({3: INFO}, filters=filters)) is ErrorCode.MEDIA_UNSUPPORTED


def test_a_table_without_its_last_rows_is_damage() -> None:
    assert refused(with_streams({3: INFO}, encode=lambda rows: zlib.compress(rows[:-6]))) is ErrorCode.MEDIA_MALFORMED
    assert the_entry(with_streams({3: INFO}, encode=lambda rows: zlib.compress(rows)[:-4])).payload == RECORD


@pytest.mark.parametrize("kind", range(5))
def test_every_png_predictor_of_a_table_is_undone(kind: int) -> None:
    parameters = b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 6 >>"
    data = with_streams({3: INFO}, encode=lambda rows: up_predicted(rows, 6, kind), filters=parameters)
    assert the_entry(data).payload == RECORD


def test_mixed_png_predictors_of_a_table_are_undone() -> None:
    def encode(rows: bytes) -> bytes:
        return zlib.compress(b"".join(predicted_rows(rows, 6, lambda row: row % 5)))

    parameters = b"/Filter [/FlateDecode] /DecodeParms [<< /Predictor 15 /Columns 6 /Colors 1 >>]"
    assert the_entry(with_streams({3: INFO}, encode=encode, filters=parameters)).payload == RECORD


@pytest.mark.parametrize("columns", [b"0", b"7", b"999999", b"-6", b"(6)"])
def test_rows_that_do_not_fill_a_table_are_damage(columns: bytes) -> None:
    parameters = b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns " + columns + b" >>"
    data = with_streams({3: INFO}, encode=lambda rows: up_predicted(rows, 6), filters=parameters)
    assert refused(data) is ErrorCode.MEDIA_MALFORMED


# Hostile files: each with the code of its refusal, or None where it is read


@cache
def bomb(size: int = 60_000_000) -> bytes:
    return zlib.compress(bytes(size), 9)


def chain_of_lengths(count: int = 12_000) -> bytes:
    """Streams whose length is the next stream's business each: a recursive reader ends with its stack."""
    objects = {n: stream(b"/Type /ObjStm /N 1 /First 4", b"abcdef", b"%d 0 R" % (n + 1)) for n in range(3, 3 + count)}
    return with_table({**objects, 3 + count: b"6"})


def chain_of_object_streams(count: int = 6_000) -> bytes:
    """Object streams whose length lies in the next object stream each, which the standard forbids."""
    written = Written()
    written.add(CATALOGUE)
    places = {}
    for place in range(count):
        number = 3 + 2 * place
        inside = INFO if not place else b"7"
        head = b"%d 0 " % number
        entries_ = b"/Type /ObjStm /N 1 /First %d" % len(head)
        written.add({number + 1: stream(entries_, head + inside, b"%d 0 R" % (number + 2))})
        places[number] = (number + 1, 0)
    return written.end(written.table_stream(ROOT_AND_INFO, places))


def chain_of_references(count: int = 20_000) -> bytes:
    return with_table({**{n: b"%d 0 R" % (n + 1) for n in range(3, 3 + count)}, 3 + count: INFO})


def deep_page_tree(count: int = 12_000) -> bytes:
    pages = {n: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 1) for n in range(4, 4 + count)}
    return with_table({2: b"<</Type/Pages/Count 1/Kids[4 0 R]>>", 3: INFO, **pages})


def revisions(count: int = 5_000) -> bytes:
    written = Written(bytearray(with_table({3: INFO}, b"/Root 1 0 R /Info 3 0 R")))
    previous = int(bytes(written.out).rpartition(b"startxref\n")[2].split()[0])
    for _ in range(count):
        written.offsets = {2: 60}
        at = len(written.out)
        written.out += (
            b"xref\n2 1\n0000000060 00000 n \ntrailer\n<</Size 4/Root 1 0 R/Info 3 0 R/Prev %d>>\n" % previous
        )
        previous = at
    return written.end(previous)


def many_bytes(pattern: bytes, size: int = 1_000_000) -> bytes:
    return HEADER + pattern * (size // len(pattern))


def looping_tables() -> bytes:
    data = with_table({3: INFO}, ROOT_AND_INFO + b" /Prev 0000")
    return data.replace(b"/Prev 0000", b"/Prev %04d" % data.rindex(b"xref\n0"))


def huge_table() -> bytes:
    return with_info().replace(b"xref\n0 4", b"xref\n0 999999999")


def overlapping_runs() -> bytes:
    data = with_info()
    return data.replace(b"trailer", b"3 1\n0000000015 00000 n \ntrailer")


def streams_without_end(kind: bytes) -> bytes:
    body = b"<< /Type /%s /N 1 /First 4 /W [1 1 1] /Size 4 /Length 99 >>\nstream\n" % kind
    return HEADER + b"".join(b"%d 0 obj\n%s" % (n, body) for n in range(1, 11_000)) + b"startxref\n0\n%%EOF"


def in_many_object_streams(count: int = 400) -> bytes:
    """Each entry lies in an object stream of its own that inflates to 100 KB."""
    written = Written()
    count = min(count, 90)
    info = b"<<" + b"".join(b"/K%d %d 0 R" % (n, 3 * n + 5) for n in range(count)) + b">>"
    written.add({**CATALOGUE, 3: info})
    places = {}
    for n in range(count):
        written.add({3 * n + 4: object_stream({3 * n + 5: b"(x)"}, padding=b" " * 100_000)})
        places[3 * n + 5] = (3 * n + 4, 0)
    return written.end(written.table_stream(ROOT_AND_INFO, places))


HOSTILE: dict[str, tuple[Callable[[], bytes], ErrorCode | None]] = {
    "bomb-in-a-table": (
        lambda: with_streams({3: INFO}, encode=lambda rows: bomb()),
        ErrorCode.LIMIT_INFLATED,
    ),
    "bomb-in-an-object-stream": (
        lambda: with_streams({3: INFO}, padding=b" " * 20_000_000),
        ErrorCode.LIMIT_INFLATED,
    ),
    "bomb-in-a-packet": (
        lambda: with_packet(stream(PACKET + b"/Filter /FlateDecode", bomb())),
        ErrorCode.LIMIT_INFLATED,
    ),
    "bomb-in-a-bomb": (
        lambda: with_packet(stream(PACKET + b"/Filter [/FlateDecode /FlateDecode]", zlib.compress(bomb(), 9))),
        ErrorCode.LIMIT_INFLATED,
    ),
    "large-plain-packet": (
        lambda: with_packet(stream(PACKET, b" " * 5_000_000)),
        ErrorCode.LIMIT_INFLATED,
    ),
    "many-object-streams": (in_many_object_streams, ErrorCode.LIMIT_INFLATED),
    "chain-of-lengths": (chain_of_lengths, None),
    "chain-of-object-streams": (chain_of_object_streams, None),
    "chain-of-references": (chain_of_references, ErrorCode.MEDIA_MALFORMED),
    "deep-page-tree": (deep_page_tree, None),
    "page-tree-in-a-circle": (lambda: with_table({2: b"<</Type/Pages/Kids[2 0 R]>>", 3: INFO}), None),
    "info-that-is-itself": (lambda: with_info(b"3 0 R"), ErrorCode.MEDIA_MALFORMED),
    "record-that-is-info": (lambda: with_info(b"<< /AIGC 3 0 R >>"), None),
    "length-that-is-the-stream": (lambda: with_packet(stream(PACKET, XMP, b"4 0 R")), None),
    "stream-in-itself": (lambda: with_streams({9: b"7", 3: INFO}), ErrorCode.MEDIA_MALFORMED),
    "deep-arrays": (lambda: with_info(b"<< /AIGC " + b"[" * 400_000 + b">>"), ErrorCode.LIMIT_NESTING),
    "deep-dictionaries": (lambda: with_info(b"<</A" * 200_000), ErrorCode.LIMIT_NESTING),
    "many-keys": (
        lambda: with_info(b"<<" + b"".join(b"/K%d()" % n for n in range(90_000)) + b">>"),
        ErrorCode.LIMIT_ITEMS,
    ),
    "many-entries": (
        lambda: with_info(b"<<" + b"".join(b"/K%d()" % n for n in range(1_500)) + b">>"),
        ErrorCode.LIMIT_ITEMS,
    ),
    "many-references": (
        lambda: with_info(b"<<" + b"".join(b"/K%d 9%d 0 R" % (n, n) for n in range(500)) + b">>"),
        ErrorCode.LIMIT_ITEMS,
    ),
    "many-associated-files": (
        lambda: with_table({1: b"<</AF[" + b"9 0 R " * 5_000 + b"]>>", 3: INFO}),
        ErrorCode.LIMIT_ITEMS,
    ),
    "many-parentheses": (lambda: with_info(b"<< /AIGC (" + b"(" * 900_000 + b" >>"), ErrorCode.LIMIT_ITEMS),
    "many-backslashes": (lambda: with_info(b"<< /AIGC (" + b"\\\\" * 500_000 + b") >>"), None),
    "many-blanks-in-a-hexadecimal-string": (lambda: with_info(b"<< /AIGC <" + b"4 1 " * 250_000 + b"> >>"), None),
    "record-of-many-bytes": (lambda: with_info(b"<< /AIGC (" + b"x" * 5_000_000 + b") >>"), ErrorCode.LIMIT_METADATA),
    "title-of-many-bytes": (lambda: with_info(b"<< /Title (" + b"x" * 5_000_000 + b") >>"), None),
    "many-revisions": (revisions, ErrorCode.LIMIT_ITEMS),
    "looping-tables": (looping_tables, None),
    "huge-table": (huge_table, None),
    "overlapping-runs": (overlapping_runs, None),
    "table-streams-without-end": (lambda: streams_without_end(b"XRef"), ErrorCode.MEDIA_MALFORMED),
    "object-streams-without-end": (lambda: streams_without_end(b"ObjStm"), ErrorCode.MEDIA_MALFORMED),
    "objects-without-table": (lambda: many_bytes(b"1 0 obj\n"), ErrorCode.LIMIT_ITEMS),
    "trailers-without-table": (lambda: many_bytes(b"trailer <<"), ErrorCode.MEDIA_TRUNCATED),
    "strings-without-end": (lambda: many_bytes(b"trailer <</A(\\("), ErrorCode.MEDIA_TRUNCATED),
    "starts-without-table": (lambda: many_bytes(b"startxref "), ErrorCode.MEDIA_TRUNCATED),
    "digits": (lambda: many_bytes(b"1"), ErrorCode.MEDIA_TRUNCATED),
    "digits-and-blanks": (lambda: many_bytes(b"1 "), ErrorCode.MEDIA_TRUNCATED),
    "blanks": (lambda: many_bytes(b" "), ErrorCode.MEDIA_TRUNCATED),
    "long-number": (lambda: with_info(b"<< /AIGC " + b"9" * 500_000 + b" >>"), ErrorCode.MEDIA_MALFORMED),
    "runs-without-entries": (
        lambda: with_info().replace(b"trailer", b"0 0\n" * 200_000 + b"trailer"),
        ErrorCode.LIMIT_ITEMS,
    ),
    "random": (lambda: HEADER + random.Random(1).randbytes(1_000_000), ErrorCode.MEDIA_TRUNCATED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_little(name: str) -> None:
    build, code = HOSTILE[name]
    data = build()
    started = time.process_time()
    if code is None:
        read(data)
    else:
        assert refused(data) is code
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", [name for name in HOSTILE if "bomb" in name or "many" in name])
def test_a_hostile_file_takes_little_memory(name: str) -> None:
    data = HOSTILE[name][0]()
    tracemalloc.start()
    try:
        with suppress(LabelingError):
            read(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_limits_are_the_callers() -> None:
    data = with_packet(stream(PACKET + b"/Filter /FlateDecode", zlib.compress(XMP)))
    with pytest.raises(LimitError) as caught:
        read(data, Limits(inflated_metadata_bytes=len(XMP) - 1))
    assert caught.value.params["limit"] == len(XMP) - 1
    assert read(data, Limits(inflated_metadata_bytes=len(XMP))).of(BlockKind.XMP)


# Any bytes

SEEDS = [build() for build, _ in WHERE.values()] + [with_packet(stream(PACKET, XMP)), updated(with_info(), {3: INFO})]
WORDS = [
    *(b"obj", b"endobj", b"stream\n", b"endstream", b"xref\n", b"trailer", b"startxref\n", b"<<", b">>", b"[", b"]"),
    *(b"(", b")", b"\\", b"3 0 R", b"9 0 R", b"/Prev 15", b"/Length 3 0 R", b"/Encrypt null", b"/XRefStm 15", b"%"),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_file_gives_blocks_or_our_error(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source)))
        cut = data.draw(st.integers(0, 12))
        source[at : at + cut] = data.draw(st.sampled_from(WORDS) | st.binary(max_size=6))
    started = time.process_time()
    try:
        anatomy = read(bytes(source))
    except LabelingError:
        pass
    else:
        assert all(0 <= block.start <= block.end <= len(source) for block in anatomy.blocks)
    assert time.process_time() - started < 4


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, b"1 0 obj\n", b"<</Root 1 0 R/Info 2 0 R>>"]) | st.binary(max_size=8)))
def test_any_words_give_blocks_or_our_error(words: list[bytes]) -> None:
    with suppress(LabelingError):
        read(HEADER + b" ".join(words))
