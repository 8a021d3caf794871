"""SVG drawings: metadata is found in every form, whatever else the drawing holds, and nothing is expanded."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import Format, Verdict, verify
from labeling.containers.base import BlockKind, reader_for
from labeling.containers.svg import parse
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier
from labeling.sniff import sniff

CODE = "001191110102MACQD9K64010000"
RECORD = (
    f'{{"Label":"1","ContentProducer":"{CODE}","ProduceID":"id-1","ReservedCode1":"",'
    f'"ContentPropagator":"{CODE}","PropagateID":"id-1","ReservedCode2":""}}'
)
QUOTED = RECORD.replace('"', "&quot;")
TC = "http://www.tc260.org.cn/ns/AIGC/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:TC260="{TC}">'
    f'<TC260:AIGC>{QUOTED}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
BARE_RDF = PACKET[PACKET.index("<rdf:Description") : PACKET.index("</rdf:RDF>")]
PATHS = '<g><path d="M0 0L9 9"/><text x="1" y="9">AI生成</text></g>'
ADOBE = """<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: a drawing program, don't ask which -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
  <!ENTITY ns_svg "http://www.w3.org/2000/svg">
  <!-- it's [their] way --> <!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">
  <!ENTITY ns_sfw "http://ns.adobe.com/SaveForWeb/1.0/">
]>
<svg version="1.1" xmlns:i="&ns_ai;" xmlns="&ns_svg;" width="9px">
"""


def svg(inside: str, root: str = "", head: str = "") -> str:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"{root}>{inside}{PATHS}</svg>'


def carriers(data: bytes) -> list[Carrier]:
    return [site.carrier for site in verify(data).sites]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (svg(f"<metadata>{PACKET}</metadata>"), [Carrier.XMP]),
        (svg(f"<metadata id='m'><rdf:RDF>{BARE_RDF}</rdf:RDF></metadata>", f' xmlns:rdf="{RDF}"'), [Carrier.XMP]),
        (svg(PACKET), [Carrier.XMP]),
        (svg(f"<metadata>{RECORD}</metadata>"), [Carrier.APP_SEGMENT]),
        (svg(f"<metadata><![CDATA[{RECORD}]]></metadata>"), [Carrier.APP_SEGMENT]),
        (svg(f'<metadata>AIGC: {{"AIGC": {RECORD}}}</metadata>'), [Carrier.APP_SEGMENT]),
        (svg(f"<metadata><TC260:AIGC xmlns:TC260='{TC}'>{RECORD}</TC260:AIGC></metadata>"), [Carrier.XMP]),
        (svg(f"<!-- AIGC: {RECORD} -->"), [Carrier.HTML_COMMENT]),
        (svg("", head=f"<!-- AIGC: {RECORD} -->"), [Carrier.HTML_COMMENT]),
        (svg(f"<metadata>{PACKET}</metadata>").replace("<svg", "<s:svg").replace("</svg", "</s:svg"), [Carrier.XMP]),
        (svg(f"<metadata>{PACKET}</metadata><metadata>{RECORD}</metadata>"), [Carrier.XMP, Carrier.APP_SEGMENT]),
        (ADOBE + f"<metadata><sfw xmlns='&ns_sfw;'/>{PACKET}</metadata>{PATHS}</svg>", [Carrier.XMP]),
        (svg(f"<metadata>{PACKET}</metadata>", head="<!--" + "x" * 20_000 + "-->"), [Carrier.XMP]),
    ],
    ids=[
        "packet", "rdf-declared-in-the-root", "packet-without-metadata", "bare", "cdata", "wrapped-with-key",
        "property", "comment", "comment-in-front", "prefixed-root", "two", "adobe", "long-licence",
    ],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_record_is_found_in_every_form(text: str, found: list[Carrier], codec: str) -> None:
    assert sniff(text.encode(codec), DEFAULT_LIMITS) is Format.SVG
    assert carriers(text.encode(codec)) == found


@pytest.mark.parametrize(
    "text",
    [
        svg(""),
        svg("<title>AI生成</title><metadata/>"),
        svg("<metadata> made with AIGC tools </metadata>"),
        svg("<metadata><about xmlns='http://x/'>y</about></metadata>"),
        svg(f"<![CDATA[<metadata>{RECORD}</metadata>]]>"),
        svg(f"<!-- <metadata>{RECORD}</metadata> -->"),
        svg("<style>.metadata{}</style><!-- AIGC -->"),
        ADOBE + "<metadata><sfw xmlns='&ns_sfw;'><sliceSourceBounds width='9'/></sfw></metadata>" + PATHS + "</svg>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
    ids=["plain", "title", "words", "foreign", "cdata", "commented-out", "style", "adobe", "empty"],
)
def test_an_ordinary_drawing_has_no_label(text: str) -> None:
    assert verify(text.encode()).verdict is Verdict.NOT_FOUND


def test_words_in_a_drawing_are_no_visible_label() -> None:
    assert verify(svg("").encode()).visible.in_text == ()


def test_a_record_in_gb_18030_is_decoded_as_declared() -> None:
    text = svg(
        f"<metadata>{RECORD.replace('id-1', '编号')}</metadata>", head='<?xml version="1.0" encoding="GB18030"?>'
    )
    (site,) = verify(text.encode("gb18030")).sites
    assert site.record is not None
    assert (site.record.produce_id, site.offset, site.length) == ("编号", 0, 0)


def test_offsets_are_those_of_the_element() -> None:
    data = svg(f"<title>标识</title><metadata>{RECORD}</metadata>").encode()
    (block,) = parse(data, DEFAULT_LIMITS).blocks
    assert data[block.start : block.end] == f"<metadata>{RECORD}</metadata>".encode()


def test_a_record_in_an_entity_is_unreadable_and_never_absent() -> None:
    declared = f"<!DOCTYPE svg [<!ENTITY r '{RECORD.replace(chr(34), '&#34;')}'>]>"
    report = verify(svg("<metadata>&r;</metadata>", head=declared).encode())
    assert report.verdict is Verdict.INCONCLUSIVE


def test_entities_are_not_expanded() -> None:
    bomb = (
        "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12))
        + "]>"
    )
    started = time.perf_counter()
    report = verify(svg("<metadata>&m;&m;&m;</metadata>", head=bomb).encode())
    assert report.verdict is Verdict.NOT_FOUND
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (svg("")[:-6], ErrorCode.MEDIA_TRUNCATED),
        (svg("<metadata>"), ErrorCode.MEDIA_TRUNCATED),
        (svg("<!-- x"), ErrorCode.MEDIA_TRUNCATED),
        (svg("<![CDATA["), ErrorCode.MEDIA_TRUNCATED),
        ("<!DOCTYPE svg [<!ENTITY a 'b'>" + svg(""), ErrorCode.MEDIA_TRUNCATED),
        ("<?xml version='1.0' encoding='utf-7'?>" + svg(""), ErrorCode.MEDIA_UNSUPPORTED),
        ("<?xml version='1.0' encoding='gbk'?>" + svg("\udcff"), ErrorCode.MEDIA_MALFORMED),
        ("<svgx/>", ErrorCode.MEDIA_MALFORMED),
        (svg("<metadata><a>{</metadata>"), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["cut", "open-metadata", "open-comment", "open-cdata", "open-type", "utf-7", "not-gbk", "no-svg", "broken"],
)  # fmt: skip
def test_broken_drawings_are_refused_by_name(text: str, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        parse(text.encode("utf-8", "surrogateescape"), DEFAULT_LIMITS)
    assert caught.value.code is code


def test_metadata_is_bounded() -> None:
    data = svg(f"<metadata>{'x' * 3000}</metadata>").encode()
    with pytest.raises(LimitError):
        parse(data, Limits(all_metadata_bytes=2000))


def test_a_manifest_store_is_a_block_and_the_packet_beside_it_is_read() -> None:
    store = f'<c2pa:manifest xmlns:c2pa="http://c2pa.org/manifest">{"QUJD" * 400_000}</c2pa:manifest>'
    anatomy = parse(svg(f"<metadata>{store}{PACKET}</metadata>").encode(), DEFAULT_LIMITS)
    assert [block.kind for block in anatomy.blocks] == [BlockKind.C2PA, BlockKind.XMP]


def test_a_large_drawing_is_read_in_linear_time() -> None:
    data = svg("<g fill='#fff'><path d='M0 0'/></g>" * 100_000 + f"<metadata>{RECORD}</metadata>").encode()
    started = time.perf_counter()
    assert len(parse(data, DEFAULT_LIMITS).blocks) == 1
    assert time.perf_counter() - started < 4


HOSTILE = {
    "comments": svg("<!---->" * 60_000),
    "quotes": svg("<metadata a='" * 20_000),
    "open-comments": "<svg>" + "<!--" * 50_000,
    "brackets": "<!DOCTYPE svg [" + "<" * 100_000,
    "quotes-in-type": "<!DOCTYPE svg [" + "'\"" * 50_000 + svg(""),
    "metadata": svg("<metadata>x</metadata>" * 20_000),
    "roots": "<svg>" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_drawings_take_bounded_time(name: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(LabelingError):
        parse(HOSTILE[name].encode(), DEFAULT_LIMITS)
    assert time.perf_counter() - started < 8


PIECES = st.sampled_from(
    ["<metadata>", "</metadata>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "<!DOCTYPE svg [", "]>", "<rdf:RDF",
     "</rdf:RDF>", "AIGC", RECORD, PACKET, "<svg>", "</svg>", "'", '"', "&x;", "<x:xmpmeta>",
     "</x:xmpmeta>", "标", "\0"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=14).map("".join), st.booleans())
def test_any_bytes_raise_only_own_errors(inside: str, framed: bool) -> None:
    data = (svg(inside) if framed else inside).encode("utf-8", "surrogatepass")
    with contextlib.suppress(LabelingError):
        parse(data, DEFAULT_LIMITS)
    verify(data)


def test_the_format_is_read_only() -> None:
    reader = reader_for(Format.SVG)
    assert reader is not None
    assert Carrier.XMP in reader.reads
