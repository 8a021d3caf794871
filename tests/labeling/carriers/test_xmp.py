"""The XMP carrier: every form is read, exactly one record is written, all else survives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from labeling.carriers import xmp
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, SourceType

JSON = '{"Label":"1","ContentProducer":"a<b&c\'"}'
AI = SourceType.TRAINED_ALGORITHMIC_MEDIA
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
TC = "http://www.tc260.org.cn/ns/AIGC/1.0/"


def packet(inside: str, about: str = "") -> bytes:
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>'
        f'<rdf:Description rdf:about="{about}" {inside}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


PHOTO = packet(
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" lr:mark="7">'
    "<dc:subject><rdf:Bag><rdf:li>山</rdf:li></rdf:Bag></dc:subject><!-- kept --></rdf:Description>",
    about="uuid:photo",
)


def texts(data: bytes) -> list[str]:
    return [item.text for item in xmp.read(data, DEFAULT_LIMITS).properties]


def test_a_fresh_packet_holds_the_record_and_the_source_type() -> None:
    written = xmp.write([], JSON, AI, DEFAULT_LIMITS)
    reading = xmp.read(written, DEFAULT_LIMITS)
    assert reading.properties == (xmp.Property(Carrier.XMP, TC, JSON),)
    assert reading.source_types == (AI,)


def test_quotation_marks_are_written_as_entities_as_the_guide_shows() -> None:
    assert b"&quot;Label&quot;:&quot;1&quot;" in xmp.write([PHOTO], JSON, AI, DEFAULT_LIMITS)


def test_foreign_properties_comments_and_the_subject_survive() -> None:
    written = xmp.write([PHOTO], JSON, AI, DEFAULT_LIMITS)
    root = etree.fromstring(written)
    assert root.xpath("string(//*[local-name()='li'])") == "山"
    assert root.xpath("string(//@*[local-name()='mark'])") == "7"
    assert set(root.xpath("//@*[local-name()='about']")) == {"uuid:photo"}
    assert b"<!-- kept -->" in written


def test_writing_twice_replaces_the_record() -> None:
    once = xmp.write([PHOTO], '{"Label":"2"}', SourceType.COMPOSITE_SYNTHETIC, DEFAULT_LIMITS)
    twice = xmp.write([once], JSON, AI, DEFAULT_LIMITS)
    assert texts(twice) == [JSON]
    assert xmp.read(twice, DEFAULT_LIMITS).source_types == (AI,)
    assert twice == xmp.write([twice], JSON, AI, DEFAULT_LIMITS)


@pytest.mark.parametrize(
    "inside",
    [
        f'xmlns:TC260="{TC}"><TC260:AIGC>{{}}</TC260:AIGC></rdf:Description>',
        f'xmlns:q="{TC}" q:AIGC="{{}}"/>',
        f'xmlns:q="{TC}"><q:Aigc><![CDATA[{{}}]]></q:Aigc></rdf:Description>',
        'xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0"><q:AIGC>{}</q:AIGC></rdf:Description>',
        'xmlns:q="http://ns.adobe.com/xap/1.0/tc/" q:AIGC="{}"/>',
    ],
    ids=["element", "attribute", "any-prefix-cdata", "no-last-slash", "foreign-namespace"],
)
def test_every_form_is_read_and_replaced(inside: str) -> None:
    assert texts(packet(inside)) == ["{}"]
    assert texts(xmp.write([packet(inside)], JSON, AI, DEFAULT_LIMITS)) == [JSON]


RECORD = '{"Label":"1","ContentProducer":"c","ProduceID":"p"}'
QUOTED = RECORD.replace('"', "&quot;")
DC = "http://purl.org/dc/elements/1.1/"


def within(inside: str, attributes: str = "") -> bytes:
    prefixes = f'xmlns:T="{TC}" xmlns:dc="{DC}"'
    return packet(f"{prefixes} {attributes}>{inside}</rdf:Description>")


IN_ELEMENT, IN_ATTRIBUTE = Carrier.XMP, Carrier.XMP_ATTRIBUTE
FORMS = {
    "literal": (within(f'<T:AIGC rdf:parseType="Literal">{QUOTED}</T:AIGC>'), [(IN_ELEMENT, TC, RECORD)]),
    "value": (within(f'<T:AIGC rdf:parseType="Resource"><rdf:value>{QUOTED}</rdf:value></T:AIGC>'), 1),
    "value-with-a-qualifier": (
        within(f"<T:AIGC><rdf:Description><rdf:value>{QUOTED}</rdf:value><dc:x>y</dc:x></rdf:Description></T:AIGC>"),
        1,
    ),
    "language": (within(f'<T:AIGC xml:lang="zh">{QUOTED}</T:AIGC>'), 1),
    "alternatives-that-say-the-same": (
        within(
            f'<T:AIGC><rdf:Alt><rdf:li xml:lang="x-default">{QUOTED}</rdf:li>\n<rdf:li xml:lang="zh"> {QUOTED}</rdf:li>'
            "</rdf:Alt></T:AIGC>"
        ),
        1,
    ),
    "alternatives-that-differ": (
        within(f"<T:AIGC><rdf:Alt><rdf:li>{QUOTED}</rdf:li><rdf:li>{{}}</rdf:li></rdf:Alt></T:AIGC>"),
        [(IN_ELEMENT, TC, RECORD), (IN_ELEMENT, TC, "{}")],
    ),
    "a-bag-of-two": (
        within(f"<T:AIGC><rdf:Bag><rdf:li>{QUOTED}</rdf:li><rdf:li>{QUOTED}</rdf:li></rdf:Bag></T:AIGC>"),
        [(IN_ELEMENT, TC, RECORD)] * 2,
    ),
    "resource": (within(f'<T:AIGC rdf:resource="{QUOTED}"/>'), 1),
    "comments-inside": (within(f"<T:AIGC><!-- x -->{QUOTED[:9]}<?y z?>{QUOTED[9:]}</T:AIGC>"), 1),
    "in-a-structure": (within(f'<dc:x rdf:parseType="Resource"><T:AIGC>{QUOTED}</T:AIGC></dc:x>'), 1),
    "typed-node": (
        packet(f'/><T:Thing xmlns:T="{TC}" rdf:about=""><T:AIGC>{QUOTED}</T:AIGC></T:Thing>'),
        1,
    ),
    "in-a-second-description": (
        packet(f'/><rdf:Description xmlns:T="{TC}" rdf:about="other" T:AIGC="{QUOTED}"/>'),
        [(IN_ATTRIBUTE, TC, RECORD)],
    ),
    "element-and-attribute": (
        within(f"<T:AIGC>{QUOTED}</T:AIGC>", f'T:AIGC="{QUOTED}"'),
        [(IN_ATTRIBUTE, TC, RECORD), (IN_ELEMENT, TC, RECORD)],
    ),
    "repeated-for-two-languages": (
        within(f'<T:AIGC xml:lang="zh">{QUOTED}</T:AIGC><T:AIGC xml:lang="en">{QUOTED}</T:AIGC>'),
        [(IN_ELEMENT, TC, RECORD)] * 2,
    ),
    "under-another-name": (
        within(f"<dc:description><rdf:Alt><rdf:li>AIGC={QUOTED}</rdf:li></rdf:Alt></dc:description>"),
        [(IN_ELEMENT, DC + "description", RECORD)],
    ),
    "under-another-name-as-attribute": (within("", f'dc:source="{QUOTED}"'), [(IN_ATTRIBUTE, DC + "source", RECORD)]),
    "empty": (within("<T:AIGC/>"), [(IN_ELEMENT, TC, "")]),
}


@pytest.mark.parametrize(("source", "found"), FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_every_statement_of_rdf_is_read_and_taken_out(source: bytes, found: object, codec: str) -> None:
    text = source.decode()
    encoded = (text if codec == "utf-8" else f'<?xml version="1.0" encoding="UTF-16"?>{text}').encode(codec)
    wanted = [(IN_ELEMENT, TC, RECORD)] if found == 1 else found
    read = xmp.read(encoded, DEFAULT_LIMITS).properties
    assert [(one.carrier, one.namespace, one.text) for one in read] == wanted
    assert texts(xmp.write([encoded], JSON, AI, DEFAULT_LIMITS)) == [JSON]


STRUCTURES = {
    "properties": within("<T:Label>1</T:Label><T:ContentProducer>c</T:ContentProducer>", 'T:ProduceID="p"'),
    "structure": within('<T:AIGC rdf:parseType="Resource"><T:Label>1</T:Label><T:ProduceID>p</T:ProduceID></T:AIGC>'),
    "node": within(
        "<T:AIGC><rdf:Description><dc:Label>1</dc:Label><dc:produceid>p</dc:produceid></rdf:Description></T:AIGC>"
    ),
    "attributes": within('<T:AIGC T:Label="1" T:ProduceID="p"/>'),
}


@pytest.mark.parametrize("source", STRUCTURES.values(), ids=STRUCTURES.keys())
def test_fields_that_stand_alone_are_one_record_each_with_its_name(source: bytes) -> None:
    (one,) = xmp.read(source, DEFAULT_LIMITS).properties
    assert one.fields
    fields = dict(one.fields)
    assert (fields["Label"], fields["ProduceID"]) == ("1", "p")
    assert texts(xmp.write([source], JSON, AI, DEFAULT_LIMITS)) == [JSON]


def test_two_subjects_with_fields_of_their_own_are_two_records() -> None:
    one = '<rdf:Description xmlns:T="http://www.tc260.org.cn/ns/AIGC/1.0/" rdf:about="" T:Label="1"/>'
    assert len(xmp.read(packet("/>" + one + one), DEFAULT_LIMITS).properties) == 2


@pytest.mark.parametrize(
    "inside",
    [
        "<dc:title>AIGC</dc:title>",
        "<dc:description>made with AIGC tools, ContentProducer and ProduceID included</dc:description>",
        "<dc:subject><rdf:Bag><rdf:li>aigc</rdf:li></rdf:Bag></dc:subject>",
        "<T:AIGCType>image</T:AIGCType>",
    ],
)
def test_what_speaks_of_the_matter_is_no_record(inside: str) -> None:
    assert xmp.read(within(inside), DEFAULT_LIMITS).properties == ()


def test_records_in_a_packet_are_bounded() -> None:
    with pytest.raises(LimitError):
        xmp.read(within("<T:AIGC/>" * 9), Limits(records=8))


def test_a_packet_full_of_names_is_refused_soon() -> None:
    full = within("<dc:a>AIGC</dc:a>" * 30_000)
    started = time.perf_counter()
    with pytest.raises(LimitError):
        xmp.read(full, DEFAULT_LIMITS)
    with pytest.raises(LimitError):
        xmp.write([full], JSON, AI, DEFAULT_LIMITS)
    assert time.perf_counter() - started < 8


def test_fields_spread_as_properties_of_the_namespace_are_replaced() -> None:
    spread = packet(f'xmlns:TC260="{TC}" TC260:Label="1"><TC260:ProduceID>x</TC260:ProduceID></rdf:Description>')
    assert b"ProduceID>" not in xmp.write([spread], JSON, AI, DEFAULT_LIMITS)


def test_a_second_packet_is_merged_without_its_record() -> None:
    second = packet(f'xmlns:TC260="{TC}" TC260:AIGC="{{}}" xmlns:z="http://z/" z:keep="yes"/>')
    written = xmp.write([PHOTO, second], JSON, AI, DEFAULT_LIMITS)
    assert texts(written) == [JSON]
    assert etree.fromstring(written).xpath("string(//@*[local-name()='keep'])") == "yes"


def test_the_source_type_can_be_written_without_a_record() -> None:
    reading = xmp.read(xmp.write([PHOTO], None, AI, DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert (reading.properties, reading.source_types) == ((), (AI,))


@pytest.mark.parametrize(
    "head",
    [b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="UTF-8"?>', b"\0\0 \n", b"garbage "],
    ids=["plain", "bom", "declaration", "padding", "garbage"],
)
def test_bytes_around_the_packet_do_not_hide_it(head: bytes) -> None:
    assert texts(head + xmp.write([], JSON, AI, DEFAULT_LIMITS) + b"\0\0") == [JSON]


def test_the_doubled_question_mark_of_a_known_writer_is_read() -> None:
    assert texts(xmp.write([], JSON, AI, DEFAULT_LIMITS).replace(b'kc9d"?>', b'kc9d"??>')) == [JSON]


def test_an_rdf_without_prefix_is_edited() -> None:
    bare = b'<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Description xmlns:z="http://z/" z:a="1"/></RDF>'
    assert texts(xmp.write([bare], JSON, AI, DEFAULT_LIMITS)) == [JSON]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", ErrorCode.MEDIA_MALFORMED),
        (b"<x", ErrorCode.MEDIA_MALFORMED),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ErrorCode.MEDIA_MALFORMED),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), ErrorCode.MEDIA_MALFORMED),
        (b"<a>" * 60 + b"</a>" * 60, ErrorCode.LIMIT_NESTING),
        (b"<a>" * 5000 + b"</a>" * 5000, ErrorCode.MEDIA_MALFORMED),
        (b"<a>" + b"x" * 5000 + b"</a>", ErrorCode.LIMIT_METADATA),
    ],
    ids=["empty", "cut", "dtd", "dtd-utf16", "deep", "very-deep", "large"],
)
def test_hostile_xml_is_refused_by_name(source: bytes, code: ErrorCode) -> None:
    limits = Limits(inflated_metadata_bytes=4000) if code is ErrorCode.LIMIT_METADATA else DEFAULT_LIMITS
    with pytest.raises(MediaError) as caught:
        xmp.read(source, limits)
    assert caught.value.code is code
    assert isinstance(caught.value, LimitError) == code.startswith("limit.")


def test_no_file_is_read_for_an_external_entity(tmp_path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "secret"
    secret.write_text("do-not-read")
    source = f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><a>&b;</a>'.encode()
    with pytest.raises(MediaError):
        xmp.read(source, DEFAULT_LIMITS)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.tuples(st.integers(0, len(PHOTO)), st.binary(max_size=6)).map(
        lambda cut: PHOTO[: cut[0]] + cut[1] + PHOTO[cut[0] + len(cut[1]) :]
    )
)
def test_mutated_packets_raise_nothing_else(source: bytes) -> None:
    try:
        written = xmp.write([source], JSON, AI, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert texts(written) == [JSON]
