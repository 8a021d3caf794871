"""The XMP carrier: every form is read, exactly one record is written, all else survives."""

from __future__ import annotations

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
