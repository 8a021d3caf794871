"""Office documents: where a record is found, what is noted, what is refused, and what it costs."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers.base import Anatomy, Block, BlockKind, reader_for
from labeling.containers.ooxml import parse
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.office_files import (
    CUSTOM_OVERRIDE,
    CUSTOM_RELATION,
    CUSTOM_TYPE,
    OFFICE,
    RECORD,
    STRICT_CUSTOM,
    STRICT_OFFICE,
    STRICT_VALUES,
    RawEntry,
    a_property,
    content_types,
    custom_part,
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

CUSTOM = "docProps/custom.xml"
CORE = "docProps/core.xml"
APP = "docProps/app.xml"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def entries(data: bytes) -> list[Block]:
    return [block for block in read(data).of(BlockKind.TEXT) if block.keyword.casefold() == "aigc"]


def the_entry(data: bytes) -> Block:
    (block,) = entries(data)
    return block


def with_custom(*properties: str, **namespaces: str) -> bytes:
    return package({CUSTOM: custom_part(*properties, **namespaces)})


@pytest.mark.parametrize("fmt", [Format.DOCX, Format.XLSX, Format.PPTX])
def test_every_office_format_has_the_reader(fmt: Format) -> None:
    reader = reader_for(fmt)
    assert reader is not None
    assert reader.parse is parse
    assert reader.reads == {Carrier.OOXML_PROPERTY, Carrier.XMP, Carrier.XMP_ATTRIBUTE}


@pytest.mark.parametrize(
    ("build", "fmt"),
    [
        (lambda: word(custom_part()), Format.DOCX),
        (lambda: sheet(RECORD), Format.XLSX),
        (lambda: slides(custom_part()), Format.PPTX),
        (package, Format.DOCX),
    ],
    ids=["python-docx", "openpyxl", "python-pptx", "by-hand"],
)
def test_the_record_is_found(build: Callable[[], bytes], fmt: Format) -> None:
    data = build()
    block = the_entry(data)
    assert block.payload.decode() == RECORD
    assert (block.carrier, block.unit, block.notes) == (Carrier.OOXML_PROPERTY, CUSTOM, ())
    assert read(data).format is fmt
    assert data[block.start :].startswith(b"PK\3\4")
    assert CUSTOM.encode() in data[block.start : block.end]


@pytest.mark.parametrize("build", [word, sheet, slides], ids=["docx", "xlsx", "pptx"])
def test_an_ordinary_document_has_no_record_and_its_other_properties(build: Callable[[], bytes]) -> None:
    data = build()
    assert not entries(data)
    found = {(block.unit, block.keyword): block.payload for block in read(data).of(BlockKind.TEXT)}
    assert found[CORE, "title"] == b"A title"


def test_the_application_is_handed_out() -> None:
    app = (
        b'<Properties xmlns="u"><Application>A writer</Application><Pages>1</Pages><Parts><p>x</p></Parts></Properties>'
    )
    (first, second) = read(package({APP: app}, content_types(), relations())).blocks
    assert [(b.keyword, b.payload, b.unit, b.carrier) for b in (first, second)] == [
        ("Application", b"A writer", APP, Carrier.OOXML_PROPERTY),
        ("Pages", b"1", APP, Carrier.OOXML_PROPERTY),
    ]


STRICT = package(
    {CUSTOM: custom_part(namespace=STRICT_CUSTOM, values=STRICT_VALUES)},
    related=relations(relation(CUSTOM, STRICT_OFFICE + "customProperties"), main=STRICT_OFFICE + "officeDocument"),
)
ELSEWHERE = package(
    {"props/own.xml": custom_part()},
    content_types(override("props/own.xml", CUSTOM_TYPE)),
    relations(relation("/props/own.xml", OFFICE + "custom-properties")),
)


@pytest.mark.parametrize(
    ("data", "unit"),
    [(STRICT, CUSTOM), (ELSEWHERE, "props/own.xml")],
    ids=["strict", "elsewhere"],
)
def test_the_part_is_found_through_its_relation(data: bytes, unit: str) -> None:
    block = the_entry(data)
    assert (block.unit, block.notes, block.payload.decode()) == (unit, (), RECORD)


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        pytest.param(package(related=relations()), ("no-relationship",), id="no-relation"),
        pytest.param(package(types=content_types()), ("no-content-type",), id="no-content-type"),
        pytest.param(
            package(types=content_types(), related=relations()), ("no-relationship", "no-content-type"), id="neither"
        ),
        pytest.param(with_custom(a_property(kind="lpstr")), ("lpstr",), id="lpstr"),
        pytest.param(with_custom(a_property(kind="bstr")), ("bstr",), id="bstr"),
        pytest.param(with_custom(a_property(kind="blob")), ("not-a-string",), id="blob"),
        pytest.param(with_custom(a_property(fmtid="{0}")), ("other-fmtid",), id="other-fmtid"),
        pytest.param(with_custom(a_property(fmtid="{d5cdd505-2e9c-101b-9397-08002b2cf9ae}")), (), id="small-fmtid"),
        pytest.param(with_custom(namespace="urn:x"), ("other-namespace",), id="other-namespace"),
        pytest.param(with_custom(a_property(name="Aigc")), ("other-case",), id="other-case"),
        pytest.param(package({"DOCPROPS/Custom.xml": custom_part()}), (), id="other-case-of-the-part"),
    ],
)
def test_what_is_odd_about_a_record_is_noted(data: bytes, notes: tuple[str, ...]) -> None:
    block = the_entry(data)
    assert (block.payload.decode(), block.notes) == (RECORD, notes)


def test_every_record_counts() -> None:
    part = custom_part(a_property("one"), a_property("two", name="aigc", pid=3), a_property("three", pid=4))
    data = package(
        {"props/own.xml": part, CUSTOM: custom_part(a_property("four")), "props/more.xml": custom_part()},
        content_types(*(override(name, CUSTOM_TYPE) for name in ("props/own.xml", "props/more.xml", CUSTOM))),
        relations(
            relation("props/own.xml", OFFICE + "custom-properties", 7),
            relation("props/more.xml", OFFICE + "custom-properties", 8),
        ),
    )
    found = {block.payload.decode(): block.notes for block in entries(data)}
    assert found == {
        "one": (),
        "two": ("other-case",),
        "three": (),
        RECORD: ("second-part",),
        "four": ("no-relationship", "second-part"),
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<vt:lpwstr>a&lt;&#x4e2d;<!-- comment -->b</vt:lpwstr>", "a<中b"),
        ('<vt:lpwstr><![CDATA[{"a":"<"}]]></vt:lpwstr>', '{"a":"<"}'),
        ("<vt:lpwstr> \n a </vt:lpwstr>", " \n a "),
        ("<vt:bstr>_x007B_a_x000a__x7D_</vt:bstr>", "{a\n_x7D_"),
        ("<vt:lpwstr>_x007B_</vt:lpwstr>", "_x007B_"),
        ("<vt:lpwstr/>", ""),
        ("", ""),
        ("<vt:vector><vt:lpwstr>a</vt:lpwstr><vt:lpwstr>b</vt:lpwstr></vt:vector>", "ab"),
    ],
    ids=["entities", "cdata", "blanks", "escapes-of-bstr", "no-escapes-of-lpwstr", "empty", "nothing", "vector"],
)
def test_a_value_is_read_as_text(content: str, text: str) -> None:
    part = custom_part(f'<property name="AIGC">{content}</property>')
    assert the_entry(package({CUSTOM: part})).payload.decode() == text


def test_a_part_in_utf_16_is_read() -> None:
    part = custom_part().decode().replace('encoding="UTF-8" ', "").encode("utf-16")
    assert the_entry(package({CUSTOM: part})).payload.decode() == RECORD


def test_other_properties_are_handed_out_up_to_a_number() -> None:
    others = [a_property(str(number), f"CITATION_{number}", pid=number + 2) for number in range(3_000)]
    blocks = read(with_custom(*others, a_property())).blocks
    assert [block.payload for block in blocks[:2]] == [b"0", b"1"]
    assert blocks[-1].payload.decode() == RECORD
    assert len(blocks) == 257


def test_a_core_property_of_the_name_is_found() -> None:
    core = f'<coreProperties xmlns="u"><AIGC>{RECORD}</AIGC></coreProperties>'.encode()
    block = the_entry(package({CORE: core}, related=relations()))
    assert (block.unit, block.notes) == (CORE, ("not-custom-property",))


@pytest.mark.parametrize(
    ("parts", "types", "related"),
    [
        ({"docProps/meta.xmp": XMP}, content_types(), relations()),
        (
            {"props/x.xml": XMP},
            content_types(override("props/x.xml", "application/rdf+xml")),
            relations(relation("props/x.xml", "u")),
        ),
    ],
    ids=["beside-the-properties", "related"],
)
def test_the_packet_of_a_package_is_found(parts: dict[str, bytes], types: bytes, related: bytes) -> None:
    (block,) = read(package(parts, types, related)).blocks
    assert (block.kind, block.unit, block.payload) == (BlockKind.XMP, *parts.popitem())


def test_the_packet_of_a_picture_inside_is_not_the_documents() -> None:
    assert not read(package({"word/media/image1.xmp": XMP}, content_types(), relations())).blocks


def test_a_manifest_store_is_found() -> None:
    data = package({"META-INF/content_credential.c2pa": b"jumb" * 9}, content_types(), relations(), method=0)
    (block,) = read(data).blocks
    assert (block.kind, block.payload, block.unit) == (BlockKind.C2PA, b"", "META-INF/content_credential.c2pa")
    assert data[block.start : block.end].endswith(b"jumb" * 9)


def test_a_workbook_that_excel_users_keep_is_read_with_all_its_properties() -> None:
    book = openpyxl.Workbook()
    for prop in (
        openpyxl.packaging.custom.IntProperty(name="Count", value=7),
        openpyxl.packaging.custom.BoolProperty(name="Checked", value=True),
        openpyxl.packaging.custom.StringProperty(name="AIGC", value=RECORD),
    ):
        book.custom_doc_props.append(prop)
    out = io.BytesIO()
    book.save(out)
    found = [(b.keyword, b.payload.decode(), b.notes) for b in read(out.getvalue()).blocks if b.unit == CUSTOM]
    assert found == [("Count", "7", ("not-a-string",)), ("Checked", "1", ("not-a-string",)), ("AIGC", RECORD, ())]


# What cannot be read is never absent

DTD = b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 500 + b'">]><Properties>' + b"&b;" * 500 + b"</Properties>"


@pytest.mark.parametrize(
    "part",
    [DTD, b"", b"<Properties>", custom_part()[:-9], custom_part().replace(b"UTF-8", b"utf-7")],
    ids=["dtd", "empty", "unclosed", "cut", "strange-encoding"],
)
def test_a_part_that_cannot_be_read_is_reported(part: bytes) -> None:
    core = b"<coreProperties><title>A title</title></coreProperties>"
    first, second = sorted(read(package({CUSTOM: part, CORE: core})).blocks, key=lambda block: block.kind)
    assert (first.kind, first.unit, first.keyword, first.notes) == (BlockKind.OTHER, CUSTOM, "", ("unreadable",))
    assert (second.kind, second.keyword) == (BlockKind.TEXT, "title")


def test_a_part_that_is_missing_is_reported() -> None:
    (block,) = read(package({})).blocks
    assert (block.kind, block.unit, block.keyword, block.notes) == (BlockKind.OTHER, CUSTOM, "", ("unreadable",))


def test_a_damaged_entry_of_the_archive_is_reported() -> None:
    data = package(method=0).replace(b"ProduceID", b"ProduceId")
    (block,) = read(data).blocks
    assert block.notes == ("unreadable",)


def test_core_properties_that_cannot_be_read_hide_no_record() -> None:
    block, other = sorted(
        read(package({CUSTOM: custom_part(), CORE: DTD})).blocks, key=lambda block: -len(block.payload)
    )
    assert block.payload.decode() == RECORD
    assert (other.kind, other.keyword, other.notes) == (BlockKind.OTHER, CORE, ("unreadable",))


def refused(data: bytes) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        read(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (package()[:-200], ErrorCode.MEDIA_TRUNCATED),
        (package(types=b"<Types/>"), ErrorCode.MEDIA_MALFORMED),
        (zipped({"a": b""}), ErrorCode.MEDIA_MALFORMED),
        (raw_zip([RawEntry(b"[Content_Types].xml", content_types(), flags=1)]), ErrorCode.MEDIA_ENCRYPTED),
        (raw_zip([RawEntry(CUSTOM.encode(), b""), RawEntry(b"docprops/custom.xml", b"")]), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["cut", "no-types", "no-office-document", "encrypted", "two-parts-of-one-name"],
)
def test_a_package_that_cannot_be_read_is_refused(data: bytes, code: ErrorCode) -> None:
    assert refused(data) is code


# Hostile documents


def many(inner: str, count: int) -> bytes:
    return f"<Properties>{inner * count}</Properties>".encode()


HOSTILE: dict[str, tuple[Callable[[], bytes], ErrorCode | None]] = {
    "bomb": (lambda: package({CUSTOM: bytes(20_000_000)}), ErrorCode.LIMIT_INFLATED),
    "bomb-in-core": (lambda: package({CORE: bytes(20_000_000)}, related=relations()), None),
    "bomb-in-a-packet": (
        lambda: package({"docProps/a.xmp": bytes(20_000_000)}, related=relations()),
        ErrorCode.LIMIT_METADATA,
    ),
    "many-properties": (lambda: package({CUSTOM: many('<property name="x"><a/></property>', 20_000)}), None),
    "many-records": (lambda: package({CUSTOM: many('<property name="AIGC"/>', 20_000)}), ErrorCode.LIMIT_ITEMS),
    "many-tags": (lambda: package({CUSTOM: many("<a/>", 100_000)}), ErrorCode.LIMIT_ITEMS),
    "many-tags-everywhere": (
        lambda: package({name: many("<a>" + "x" * 100 + "</a>", 31_000) for name in (CUSTOM, CORE, APP)}),
        None,
    ),
    "many-parts": (
        lambda: package(
            {f"props/{number}.xml": b"" for number in range(3_000)},
            related=relations(*(relation(f"props/{n}.xml", OFFICE + "custom-properties", n) for n in range(3_000))),
        ),
        ErrorCode.LIMIT_ITEMS,
    ),
    "many-packets": (lambda: package({f"docProps/{n}.xmp": b"x" * 3_000 for n in range(3_000)}), ErrorCode.LIMIT_ITEMS),
    "deep": (lambda: package({CUSTOM: b"<a>" * 100 + b"</a>" * 100}), ErrorCode.LIMIT_NESTING),
    "large-record": (
        lambda: package({CUSTOM: custom_part(a_property("x" * 4_190_000))}),
        None,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_costs_little(name: str) -> None:
    build, code = HOSTILE[name]
    data = build()
    started = time.process_time()
    if code is None:
        read(data)
    else:
        assert refused(data) is code
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", ["bomb", "bomb-in-core", "many-tags-everywhere", "large-record"])
def test_a_hostile_document_takes_little_memory(name: str) -> None:
    data = HOSTILE[name][0]()
    tracemalloc.start()
    try:
        with suppress(LabelingError):
            read(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


# Any bytes

SEEDS = [package(), word(custom_part()), sheet(RECORD), STRICT, ELSEWHERE]
#: Parts that mutate as XML, so that the changes reach the parser and not only the checksum.
PARTS = {"[Content_Types].xml": content_types(CUSTOM_OVERRIDE), "_rels/.rels": relations(CUSTOM_RELATION)}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_document_gives_blocks_or_our_error(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with suppress(LabelingError):
        read(bytes(source))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_xml_gives_blocks_or_our_error(data: st.DataObject) -> None:
    parts = {**PARTS, CUSTOM: custom_part(), CORE: b"<c><title>x</title></c>", "word/document.xml": b"<a/>"}
    name = data.draw(st.sampled_from(sorted(parts)))
    source = bytearray(parts[name])
    words = [b"<", b">", b"/>", b"&amp;", b"&#0;", b"<!--", b"<![CDATA[", b"<?x", b'"', b"vt:", b"\0", b"</property>"]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 9))] = data.draw(st.sampled_from(words) | st.binary(max_size=4))
    with suppress(LabelingError):
        anatomy = read(zipped({**parts, name: bytes(source)}))
        assert all(isinstance(block, Block) for block in anatomy.blocks)


def test_a_document_with_pictures_is_not_inflated() -> None:
    data = package({CUSTOM: custom_part(), "word/media/image1.bin": bytes(20_000_000)})
    started = time.process_time()
    assert the_entry(data)
    assert time.process_time() - started < 0.5
