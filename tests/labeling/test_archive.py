"""ZIP archives and office packages: what is opened, what is refused, and what it costs."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.archive import office_format, open_archive, open_package
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format
from tests.labeling.office_files import (
    OFFICE,
    STRICT_OFFICE,
    RawEntry,
    content_types,
    override,
    package,
    raw_zip,
    relation,
    relations,
    sheet,
    slides,
    word,
    zipped,
)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SHOW = "application/vnd.openxmlformats-officedocument.presentationml."


def contents(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    archive = open_archive(data, limits)
    found = {}
    for name in archive.names():
        entry = archive.find(name)
        assert entry is not None
        found[name] = archive.read(entry)
    return found


def refused(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        contents(data, limits)
    return caught.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_every_entry_is_read_as_it_was_written(method: int) -> None:
    parts = {"a": b"", "folder/b.xml": b"x" * 70_000, "标识": b"y"}
    assert contents(zipped(parts, method)) == parts


def test_an_archive_that_was_written_to_a_stream_is_read() -> None:
    class Stream(io.RawIOBase):
        """Without a position, so that sizes follow the content."""

        def __init__(self) -> None:
            self.out = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.out += data
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"aaaa")
        archive.writestr("b", b"bbbb")
    assert contents(bytes(stream.out)) == {"a": b"aaaa", "b": b"bbbb"}


def test_an_entry_is_found_in_any_case_and_with_either_separator() -> None:
    archive = open_archive(raw_zip([RawEntry(b"docProps\\Custom.xml", b"x")]), DEFAULT_LIMITS)
    entry = archive.find("DOCPROPS/custom.XML")
    assert entry is not None
    assert archive.read(entry) == b"x"
    assert archive.find("other") is None


def test_the_span_of_an_entry_is_its_header_and_its_content() -> None:
    data = zipped({"a": b"1", "b": b"x" * 100}, zipfile.ZIP_STORED)
    archive = open_archive(data, DEFAULT_LIMITS)
    entry = archive.find("b")
    assert entry is not None
    start, end = archive.span(entry)
    assert data[start : start + 4] == b"PK\3\4"
    assert data[end - 100 : end] == b"x" * 100


@pytest.mark.parametrize("junk", [b"\0" * 100, b"<html>", b"x" * 60_000], ids=["zeros", "text", "much"])
def test_bytes_behind_the_end_are_tolerated(junk: bytes) -> None:
    assert contents(zipped({"a": b"1"}) + junk) == {"a": b"1"}


def test_a_comment_is_tolerated() -> None:
    assert contents(raw_zip([RawEntry(b"a", b"1")], comment=b"a comment")) == {"a": b"1"}


A, B = RawEntry(b"a", b"aaaa"), RawEntry(b"b", b"bbbb")
GOOD = zipped({"a": b"aaaa", "b": b"bbbb"})

REFUSED: dict[str, tuple[bytes, ErrorCode]] = {
    "empty": (b"", ErrorCode.MEDIA_TRUNCATED),
    "no-end-record": (GOOD[:-22], ErrorCode.MEDIA_TRUNCATED),
    "half-an-end-record": (GOOD[:-5], ErrorCode.MEDIA_TRUNCATED),
    "cut-in-the-middle": (GOOD[: len(GOOD) // 2], ErrorCode.MEDIA_TRUNCATED),
    "bytes-in-front": (b"#!/bin/sh\n" + GOOD, ErrorCode.MEDIA_MALFORMED),
    "bytes-before-the-directory": (raw_zip([A]).replace(b"PK\1\2", b"\0\0PK\1\2"), ErrorCode.MEDIA_MALFORMED),
    "more-entries-than-it-says": (raw_zip([A, B], count=1), ErrorCode.MEDIA_MALFORMED),
    "fewer-entries-than-it-says": (raw_zip([A], count=2), ErrorCode.MEDIA_MALFORMED),
    "no-entries-but-a-directory": (raw_zip([A], count=0), ErrorCode.MEDIA_MALFORMED),
    "another-signature": (GOOD.replace(b"PK\1\2", b"PK\1\3"), ErrorCode.MEDIA_MALFORMED),
    "zip64-count": (raw_zip([A], count=0xFFFF), ErrorCode.MEDIA_UNSUPPORTED),
    "zip64-locator": (
        GOOD[:-22] + b"PK\6\7" + bytes(16) + GOOD[-22:],
        ErrorCode.MEDIA_UNSUPPORTED,
    ),
    "split": (raw_zip([A], disk=1), ErrorCode.MEDIA_UNSUPPORTED),
    "same-name": (raw_zip([A, A]), ErrorCode.MEDIA_MALFORMED),
    "same-name-in-another-case": (raw_zip([A, RawEntry(b"A", b"")]), ErrorCode.MEDIA_MALFORMED),
    "same-name-with-another-separator": (
        raw_zip([RawEntry(b"x/y", b""), RawEntry(b"x\\y", b"")]),
        ErrorCode.MEDIA_MALFORMED,
    ),
    "shared-bytes": (raw_zip([A, RawEntry(b"b", b"", start=0)]), ErrorCode.MEDIA_MALFORMED),
    "inside-another": (
        raw_zip([RawEntry(b"a", b"", method=0, packed=raw_zip([B])), RawEntry(b"b", b"bbbb", start=31)]),
        ErrorCode.MEDIA_MALFORMED,
    ),
    "beyond-the-directory": (raw_zip([RawEntry(b"a", b"", start=1_000_000)]), ErrorCode.MEDIA_MALFORMED),
    "no-local-header": (raw_zip([RawEntry(b"a", b"x" * 99, start=1)]), ErrorCode.MEDIA_MALFORMED),
    "another-local-name": (raw_zip([RawEntry(b"a", b"", local_name=b"b")]), ErrorCode.MEDIA_MALFORMED),
    "encrypted": (raw_zip([RawEntry(b"a", b"", flags=1)]), ErrorCode.MEDIA_ENCRYPTED),
    "strongly-encrypted": (raw_zip([RawEntry(b"a", b"", flags=0x40)]), ErrorCode.MEDIA_ENCRYPTED),
    "unknown-compression": (raw_zip([RawEntry(b"a", b"x", method=14)]), ErrorCode.MEDIA_UNSUPPORTED),
    "no-deflate-stream": (raw_zip([RawEntry(b"a", b"xxx", packed=b"\xff\xff")]), ErrorCode.MEDIA_MALFORMED),
    "half-a-deflate-stream": (raw_zip([RawEntry(b"a", b"xxx", packed=b"\xab")]), ErrorCode.MEDIA_MALFORMED),
    "wrong-checksum": (raw_zip([RawEntry(b"a", b"xxx", crc=1)]), ErrorCode.MEDIA_MALFORMED),
    "longer-than-it-says": (raw_zip([RawEntry(b"a", b"xxx", size=1)]), ErrorCode.MEDIA_MALFORMED),
    "name-that-is-no-utf-8": (raw_zip([RawEntry(b"\xff", b"", flags=0x800)]), ErrorCode.MEDIA_MALFORMED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_readers_would_differ_on_is_refused(name: str) -> None:
    data, code = REFUSED[name]
    assert refused(data) is code


@pytest.mark.parametrize(
    "name",
    [b"", b"/etc/passwd", b"\\a", b"../a", b"a/../b", b"a/..", b"a\\..\\b", b"C:\\a", b"c:a", b"a\0b", b"a\nb"],
)
def test_a_name_that_leads_elsewhere_is_refused(name: bytes) -> None:
    assert refused(raw_zip([RawEntry(name, b"")])) is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize("name", [b"a..b", b"..a", b".a", b"a/.../b", b"ab:c"])
def test_a_name_with_dots_is_a_name(name: bytes) -> None:
    assert contents(raw_zip([RawEntry(name, b"1")])) == {name.decode(): b"1"}


# Bounds


@pytest.mark.parametrize("said", [None, 10], ids=["honest", "lying"])
@pytest.mark.parametrize("method", [0, 8], ids=["stored", "deflated"])
def test_no_more_than_the_limit_is_inflated(said: int | None, method: int) -> None:
    limits = Limits(archive_part_bytes=100_000)
    assert refused(raw_zip([RawEntry(b"a", bytes(100_001), method, size=said)]), limits) is ErrorCode.LIMIT_INFLATED
    assert contents(raw_zip([RawEntry(b"a", bytes(100_000), method)]), limits) == {"a": bytes(100_000)}


def test_the_entries_are_counted_before_they_are_read() -> None:
    data = raw_zip([RawEntry(b"%d" % n, b"") for n in range(12)])
    assert refused(data, Limits(archive_entries=11)) is ErrorCode.LIMIT_ITEMS
    assert len(contents(data, Limits(archive_entries=12))) == 12


def test_a_bomb_costs_little() -> None:
    data = zipped({"a": bytes(20_000_000)})
    started = time.process_time()
    tracemalloc.start()
    try:
        assert refused(data) is ErrorCode.LIMIT_INFLATED
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 * 1024 * 1024
    assert time.process_time() - started < 2


def test_many_entries_cost_little() -> None:
    data = raw_zip([RawEntry(b"%x" % n, b"", method=0) for n in range(12_000)])
    assert len(data) < 1_100_000
    started = time.process_time()
    assert len(list(open_archive(data, DEFAULT_LIMITS).names())) == 12_000
    assert time.process_time() - started < 2
    assert refused(raw_zip([A], count=0xFFFE)) is ErrorCode.LIMIT_ITEMS


# Office packages

MAIN_TYPES = {
    Format.DOCX: [
        WORD + "document.main+xml",
        WORD + "template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
    Format.XLSX: [
        EXCEL + "sheet.main+xml",
        EXCEL + "template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
        "application/vnd.ms-excel.addin.macroEnabled.main+xml",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
    ],
    Format.PPTX: [
        SHOW + "presentation.main+xml",
        SHOW + "template.main+xml",
        SHOW + "slideshow.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    ],
}


@pytest.mark.parametrize(("fmt", "kind"), [(fmt, kind) for fmt, kinds in MAIN_TYPES.items() for kind in kinds])
def test_the_main_part_says_what_a_document_is(fmt: Format, kind: str) -> None:
    assert office_format(package(types=content_types(main=kind)), DEFAULT_LIMITS) is fmt


@pytest.mark.parametrize(
    ("build", "fmt"), [(word, Format.DOCX), (sheet, Format.XLSX), (slides, Format.PPTX)], ids=["docx", "xlsx", "pptx"]
)
def test_documents_of_other_libraries_are_recognised(build: Callable[[], bytes], fmt: Format) -> None:
    assert office_format(build(), DEFAULT_LIMITS) is fmt


@pytest.mark.parametrize(
    "data",
    [
        package(related=relations(main=STRICT_OFFICE + "officeDocument")),
        package(related=b"<Relationships/>"),
        package(types=content_types().replace(b"/word/document.xml", b"/WORD/Document.xml")),
        package(related=relations().replace(b'"word/document.xml"', b'"/word/./x/../document.xml"')),
        package(related=relations().replace(b'"word/document.xml"', b'"word/d%6Fcument.xml"')),
        package(types=content_types().decode().encode("utf-16")),
        package(
            types=content_types(main="application/xml")
            .replace(
                b'"xml" ContentType="application/xml"',
                b'"XML" ContentType="' + (WORD + "document.main+xml").encode() + b'"',
            )
            .replace(b"<Override", b"<Other")
        ),
    ],
    ids=["strict", "no-relations", "other-case", "relative", "escaped", "utf-16", "by-extension"],
)
def test_a_package_written_otherwise_is_recognised(data: bytes) -> None:
    assert office_format(data, DEFAULT_LIMITS) is Format.DOCX


@pytest.mark.parametrize(
    "data",
    [
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": b"<x/>"}),
        zipped({"META-INF/MANIFEST.MF": b"", "a.class": b""}),
        zipped({"content.json": b"[]", "metadata.json": b"{}"}),
        raw_zip([RawEntry(b"a", b"", flags=1), RawEntry(b"a", b"")]),
        package(types=content_types(main="application/vnd.ms-visio.drawing.main+xml")),
        package(types=content_types(override("x", MAIN_TYPES[Format.XLSX][0]), main="application/xml")),
        package(types=b"<Types/>"),
        raw_zip([]),
    ],
    ids=["odt", "epub", "jar", "xmind", "encrypted", "visio", "embedded-table", "no-types", "nothing"],
)
def test_another_archive_is_no_office_document(data: bytes) -> None:
    assert office_format(data, DEFAULT_LIMITS) is None


def test_two_main_parts_of_different_kinds_are_none() -> None:
    types = content_types(override("xl/workbook.xml", MAIN_TYPES[Format.XLSX][0]))
    both = relations(relation("xl/workbook.xml", OFFICE + "officeDocument"))
    assert office_format(package(types=types, related=both), DEFAULT_LIMITS) is None


def test_a_relation_to_the_outside_is_not_followed() -> None:
    mode = ' TargetMode="External"'
    data = package(related=relations(relation("http://127.0.0.1/x", OFFICE + "custom-properties", mode=mode)))
    assert [item.target for item in open_package(data, DEFAULT_LIMITS).relations] == ["word/document.xml"]


DTD = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize("part", ["types", "related"])
@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (DTD, ErrorCode.MEDIA_MALFORMED),
        (b"<a>", ErrorCode.MEDIA_MALFORMED),
        (b"", ErrorCode.MEDIA_MALFORMED),
        (b"<a>" * 40 + b"</a>" * 40, ErrorCode.LIMIT_NESTING),
        (b"<a>" + b"<b/>" * 200_000 + b"</a>", ErrorCode.LIMIT_ITEMS),
        (
            b"<a>" + (b"<b " + b"".join(b"a%d='' " % n for n in range(900)) + b"/>") * 200 + b"</a>",
            ErrorCode.LIMIT_ITEMS,
        ),
        (b"<a>" + b" " * 5_000_000 + b"</a>", ErrorCode.LIMIT_INFLATED),
    ],
    ids=["dtd", "unclosed", "empty", "deep", "many-tags", "many-attributes", "large"],
)
def test_hostile_xml_is_refused_and_costs_little(part: str, xml: bytes, code: ErrorCode) -> None:
    data = package(types=xml) if part == "types" else package(related=xml)
    started = time.process_time()
    with pytest.raises(MediaError) as caught:
        office_format(data, DEFAULT_LIMITS)
    assert caught.value.code is code
    assert isinstance(caught.value, LimitError) == code.startswith("limit.")
    assert time.process_time() - started < 2


# Any bytes

SEEDS = [GOOD, raw_zip([A, B], b"comment"), package(), word(), sheet(), zipped({"[Content_Types].xml": b"<Types/>"})]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_archive_gives_entries_or_our_error(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        # Near the end lies the directory, which is what there is to spoil.
        at = max(0, len(source) - data.draw(st.integers(0, 400) | st.integers(0, len(source))))
        cut = data.draw(st.integers(0, 4))
        source[at : at + cut] = data.draw(st.binary(max_size=4) | st.sampled_from([b"PK\5\6", b"PK\1\2", b"\xff\xff"]))
    with suppress(LabelingError):
        office_format(bytes(source), DEFAULT_LIMITS)
    with suppress(LabelingError):
        contents(bytes(source))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_entries_or_our_error(data: bytes) -> None:
    for changed in (data, data + GOOD[-22:]):
        with suppress(LabelingError):
            contents(changed)
