"""HTML: tokens as the standard has them, the record in a meta element, everything else byte for byte."""

import html as stdlib_html
import itertools
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import html
from labeling.containers._html_scan import Kind, attributes, noted_tokens, tokens, tokens_and_runs, units
from labeling.containers.base import Anatomy, Changes
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format

PAYLOAD = b'{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"<a&\'b\'>"}'
META = f'<meta name="AIGC" content="{stdlib_html.escape(PAYLOAD.decode())}">'


def parse(text):
    return html.parse(text.encode() if isinstance(text, str) else text, DEFAULT_LIMITS)


def splice(text, *, entry=("AIGC", PAYLOAD), drop=True):
    data = text.encode() if isinstance(text, str) else text
    anatomy = html.parse(data, DEFAULT_LIMITS)
    return html.splice(data, anatomy, Changes(drop=anatomy.blocks if drop else (), text=entry), DEFAULT_LIMITS)


RECORDS = {
    "meta": ('<meta name="AIGC" content="{&quot;a&quot;:1}">', "meta", '{"a":1}'),
    "reversed": ("<meta content='{\"a\":1}' name='AIGC'/>", "meta", '{"a":1}'),
    "unquoted": ("<meta name=AIGC content={}>", "meta", "{}"),
    "upper-case": ('<META NAME="AIGC" CONTENT="{}">', "meta", "{}"),
    "line-ends-inside": ('<meta\nname\n=\n"AIGC"\ncontent\n=\n"{}"\n>', "meta", "{}"),
    "name-as-reference": ('<meta name="&#65;IGC" content="&#x7b;&#125;">', "meta", "{}"),
    "first-attribute-wins": ('<meta name=AIGC name=x content="{}" content="y">', "meta", "{}"),
    "greater-than-in-value": ('<meta data-x=">" name=AIGC content="a>b">', "meta", "a>b"),
    "in-the-body": ("<body><p>x</p><div><meta name=AIGC content={}></div>", "meta", "{}"),
    "no-content": ("<meta name=AIGC>", "meta", ""),
    "comment": ('<!-- AIGC: {"a":1} -->', "comment", '{"a":1}'),
    "comment-wrapped": ('<!--{"AIGC":{"a":1}}-->', "comment", '{"AIGC":{"a":1}}'),
    "comment-equals": ('<!--AIGC={"a":1}--!>', "comment", '{"a":1}'),
    "property": ('<meta property="AIGC" content="{}">', "meta", "{}"),
    "itemprop": ('<meta itemprop="AIGC" content="{}">', "meta", "{}"),
    "qualified": ('<meta name="TC260:AIGC" content="{}">', "meta", "{}"),
    "other-key": (
        """<meta name="AIGC-label" content='{"Label":"1","ProduceID":"2"}'>""",
        "meta",
        '{"Label":"1","ProduceID":"2"}',
    ),
    "in-a-template": ("<template><meta name=AIGC content={}></template>", "meta", "{}"),
    "absurd-reference": (f'<meta name=AIGC content="&#{"9" * 5000};">', "meta", f"&#{'9' * 5000};"),
}


@pytest.mark.parametrize(("text", "unit", "payload"), RECORDS.values(), ids=RECORDS.keys())
def test_a_record_is_found_however_it_is_written(text, unit, payload):
    data = f"<!doctype html>\n人{text}<p>after".encode()
    (block,) = parse(data).blocks
    assert (block.unit, block.payload.decode()) == (unit, payload)
    found = data[block.start : block.end].decode()
    assert found in text
    assert (found[:2], found[-1]) == ("<!" if unit == "comment" else text[text.lower().index("<meta") :][:2], ">")


def test_a_record_for_readers_without_scripts_is_found_and_noted():
    data = b"<noscript><p>x</p><meta name=AIGC content={}></noscript><meta name=aigc content={}>"
    inner, outer = parse(data).blocks
    assert data[inner.start : inner.end] == b"<meta name=AIGC content={}>"
    assert (inner.notes, outer.notes) == (("noscript",), ("other-case",))
    assert len(parse(splice(data.decode())).blocks) == 1


NONE = {
    "in-script": "<script>'<meta name=AIGC content=1>'</script>",
    "in-style": "<style><meta name=AIGC content=1></style>",
    "in-title": "<title><meta name=AIGC content=1></title>",
    "in-textarea": "<textarea><meta name=AIGC content=1></textarea>",
    "in-comment": "<!-- <meta name=AIGC content=1> -->",
    "in-attribute": "<p title='<meta name=AIGC content=1>'>",
    "in-cdata": "<svg><![CDATA[<meta name=AIGC content=1>]]></svg>",
    "double-escaped-script": "<script><!--<script></script><meta name=AIGC content=1>--></script>",
    "unclosed-script": "<script></scripty><meta name=AIGC content=1>",
    "unclosed-comment": "<!-- <meta name=AIGC content=1>",
    "unclosed-attribute": "<p title='<meta name=AIGC content=1>",
    "processing-instruction": "<?x <meta name=AIGC content=1>",
    "other-name": "<meta name=AIGC2 content=1>",
    "comment-about-it": "<!-- AIGC section begins -->",
    "end-tag": "</meta name=AIGC content=1>",
    "text": "&lt;meta name=AIGC content=1&gt;",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE.keys())
def test_what_no_browser_takes_for_a_record_is_none(text):
    assert parse(text).blocks == ()


STILL_FOUND = {
    "after-script-with-comment": "<script><!-- </script><meta name=AIGC content=1>",
    "after-abrupt-comment": "<!--><meta name=AIGC content=1>",
    "after-abrupt-comment-2": "<!---><meta name=AIGC content=1>",
    "after-bogus-cdata": "<![CDATA[x><meta name=AIGC content=1>",
    "after-svg-title": "<svg><title></svg><meta name=AIGC content=1>",
    "after-breakout": "<svg><p><![CDATA[x><meta name=AIGC content=1>",
    "after-lone-less-than": "a < b <meta name=AIGC content=1>",
    "after-empty-end-tag": "</><meta name=AIGC content=1>",
    "after-short-comment-end": "<!--a--!><meta name=AIGC content=1>",
}


@pytest.mark.parametrize("text", STILL_FOUND.values(), ids=STILL_FOUND.keys())
def test_what_follows_odd_markup_is_found(text):
    assert len(parse(text).blocks) == 1


WRITTEN = {
    "after-charset": (
        "<!doctype html>\n<html><head>\n<title>x</title><meta charset=utf-8>\n</head></html>",
        f"<!doctype html>\n<html><head>\n<title>x</title><meta charset=utf-8>\n{META}\n</head></html>",
    ),
    "after-content-type": (
        "<head><meta http-equiv='Content-Type' content='text/html; charset=utf-8'></head>",
        f"<head><meta http-equiv='Content-Type' content='text/html; charset=utf-8'>{META}</head>",
    ),
    "after-head": ("<html><head lang=zh><title></title></head>", f"<html><head lang=zh>{META}<title></title></head>"),
    "no-head": ("<html>\n<body>x</body></html>", f"<html>\n{META}\n<body>x</body></html>"),
    "doctype-only": ("<!doctype html><p>x", f"<!doctype html>\n{META}<p>x"),
    "fragment": ("<p>x</p>\n<p>y</p>", f"{META}\n<p>x</p>\n<p>y</p>"),
    "text-fragment": ("x < y", f"{META}\nx < y"),
    "comment-first": ("<!-- c -->\n<p>x", f"{META}\n<!-- c -->\n<p>x"),
    "crlf": ("<head>\r\n</head>", f"<head>\r\n{META}\r\n</head>"),
    "xhtml": (
        "<?xml version='1.0'?>\n<html>x</html>",
        f"<?xml version='1.0'?>\n<html>{META[:-1]} /></html>".replace("/></", "/>x</"),
    ),
    "head-named-in-the-body": ("<p>a<head>b", f"{META}\n<p>a<head>b"),
    "replaced-in-place": (
        "<head>\n  <meta name=aigc content='{}'>\n  <title>t</title>\n</head>",
        f"<head>\n  {META}\n  <title>t</title>\n</head>",
    ),
    "from-body-to-head": ("<head>\n</head>\n<body>\n<meta name=AIGC>\n<p>x", f"<head>\n{META}\n</head>\n<body>\n<p>x"),
    "comment-becomes-meta": ("<!-- AIGC: {} -->\n<p>x", f"{META}\n<p>x"),
    "two-become-one": ("<head><meta name=AIGC><meta name=AIGC></head>", f"<head>{META}</head>"),
}


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN.keys())
def test_the_record_goes_into_the_head_and_nothing_else_changes(before, after):
    result = splice(before)
    assert result.decode() == after
    (block,) = parse(result).blocks
    assert block.payload == PAYLOAD
    assert splice(result) == result


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_other_encodings_are_kept(encoding):
    text = f'<html><head><meta charset="{encoding}"></head><body>人工</body></html>'
    data = text.encode(encoding)
    assert splice(data).decode(encoding) == text.replace("</head>", f"{META}</head>")


def test_a_record_in_a_foreign_charset_is_written_with_references():
    result = splice('<meta charset="windows-1252"><p>x', entry=("AIGC", '{"a":"生"}'.encode()))
    assert b"&#29983;" in result
    assert parse(result).blocks[0].payload.decode() == '{"a":"生"}'


def test_a_dropped_record_takes_its_own_line():
    assert splice("<head>\n  <meta name=AIGC>\n  <title></title>", entry=None) == b"<head>\n  <title></title>"


def test_exif_is_refused():
    with pytest.raises(DeclarationError) as caught:
        html.splice(b"x", parse("x"), Changes(exif=b"II"), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_attributes_are_read_as_the_standard_says():
    text = "<a =g=h b='1' C=2 d e=\"x&amp;y\" /f =k=l i = 'j' b=3>"
    (token,) = tokens(text)
    expected = {"=g": "h", "b": "1", "c": "2", "d": "", "e": "x&y", "f": "k=l", "i": "j"}
    assert attributes(text, token) == expected


HOSTILE = {
    "less-than": "<" * 300_000,
    "comments": "<!--" * 100_000,
    "bogus": "<!" * 100_000,
    "open-quotes": "<a b='" * 100_000,
    "paragraphs": "<p>" * 60_000,
    "paragraphs-and-phrases": "<p><b>" * 30_000,
    "lists": "<ul><li>" * 30_000,
    "end-tags": "</" * 100_000,
    "cdata": "<svg>" + "<![CDATA[" * 50_000,
    "attributes": "<a " + "x=1 " * 100_000,
    "spaces": "<a x=" + " " * 500_000,
    "scripts": "<script>" * 50_000,
    "script-parts": "<script>" + "<!--<script>" * 30_000,
    "textarea-ends": "<textarea>" + "</textare" * 50_000,
    "metas": "<meta name=AIGC " * 30_000,
    "svgs": "<svg>" * 40_000,
    "slashes": "<p" + "/" * 300_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_markup_takes_linear_time(text):
    began = time.process_time()
    parse(text)
    for _token in tokens_and_runs(text):
        pass
    assert time.process_time() - began < 5


SOUP = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "--!>",
            "<p>",
            "</p>",
            "<ul>",
            "<li>",
            "</li>",
            "</ul>",
            "<b x='",
            "'",
            '"',
            "<svg>",
            "</svg>",
            "<script>",
            "</script>",
            "<title>",
            "</title>",
            "<![CDATA[",
            "]]>",
            "<meta name=AIGC content={}>",
            " ",
            "\n",
            "a",
            "/",
            "<P>",
            "</P>",
            "<table>",
            "</table>",
            "<h1>",
            "</h1>",
            "<head>",
            "</head>",
            "<!doctype html>",
            "生",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(SOUP)
def test_tokens_tile_the_text_in_order_and_a_run_is_whole_tokens(text):
    all_tokens = list(tokens(text))
    for one, other in itertools.pairwise(all_tokens):
        assert one.end <= other.start or other.kind is Kind.UNFINISHED
    starts = {token.start for token in all_tokens}
    for token in tokens_and_runs(text):
        assert token.start in starts
        if token.kind is Kind.RUN:
            parts = list(units(text, token.start, token.end))
            assert parts[0].start == token.start
            assert text[parts[-1].end : token.end].strip() == ""
            assert all(part.start in starts for part in parts)


@settings(max_examples=200, deadline=None)
@given(SOUP)
def test_the_quick_scan_sees_the_same_metadata_as_the_full_one(text):
    def metas(found):
        return [
            token
            for token in found
            if token.kind is Kind.COMMENT or (token.kind is Kind.START and token.name == "meta")
        ]

    assert metas(noted_tokens(text)) == metas(tokens(text))


@settings(max_examples=200, deadline=None)
@given(SOUP)
def test_a_spliced_record_is_the_only_one_and_the_rest_is_kept(text):
    if not text:
        return
    try:
        result = splice(text)
    except MediaError:
        assert "<svg>" in text
        return
    assert [block.payload for block in parse(result).blocks] == [PAYLOAD]
    assert splice(result) == result
    if not parse(text).blocks:
        before, after = result.decode().split(META)
        assert text in (before + after, before.removesuffix("\n") + after, before + after.removeprefix("\n"))


NO_RECORD = [
    "",
    "<!--AIGC-->",
    "<p title='<meta name=AIGC>'>",
    "<script><meta name=AIGC></script>",
    "<metal name=AIGC>",
]


@pytest.mark.parametrize("behind", NO_RECORD)
@pytest.mark.parametrize("before", NO_RECORD)
def test_what_only_looks_like_a_record_neither_is_one_nor_hides_one(before, behind):
    (block,) = parse(f"<p>{before}<p>字<meta name=AIGC content={{}}>{behind}").blocks
    assert block.payload == b"{}"
    assert parse(f"<p>{before}<p>字{behind}").blocks == ()


def test_the_places_of_many_records_are_found_in_one_pass():
    many = Limits(records=5_000)
    record = '<!--AIGC:{"字":1}-->'
    data = ("字" * 1_000_000 + f"{record}<p>字" * 5_000).encode()
    started = time.perf_counter()
    blocks = html.parse(data, many).blocks
    assert {data[block.start : block.end] for block in blocks} == {record.encode()}
    assert len(blocks) == 5_000
    html.splice(data, Anatomy(Format.HTML, blocks=blocks), Changes(drop=blocks), many)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("unit", ["<meta name=AIGC content={}>", "<meta name=aigcs>", "<!-- AIGC: {} -->"])
def test_what_may_be_a_record_is_counted(unit):
    with pytest.raises(LimitError):
        html.parse(unit.encode() * 1_001, DEFAULT_LIMITS)


HIDING = ["hidden", "HIDDEN=x", "style=''", "class=a Style"]


@pytest.mark.parametrize("attribute", HIDING)
@pytest.mark.parametrize("unit", ["<p {}>b</p>", "<p>b<b {}>c</b></p>", "<ul><li {}>b</li></ul>"])
def test_a_run_has_no_element_that_may_be_hidden(unit, attribute):
    whole = "<p>a</p><p hide='hidden' data-style>a</p>"
    page = whole + unit.format(attribute) + whole
    runs = [text for text in (page[token.start : token.end] for token in tokens_and_runs(page)) if whole in text]
    assert runs == [whole, whole]


def test_a_record_whose_loss_would_change_the_markup_behind_it_is_refused():
    with pytest.raises(MediaError) as caught:
        splice("<svg><meta name=AIGC content={}><script><meta name=AIGC content={}>")
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED


@settings(max_examples=150, deadline=None)
@given(st.binary())
def test_arbitrary_bytes_raise_only_own_errors(data):
    try:
        result = splice(data)
    except LabelingError:
        return
    assert json.loads(parse(result).blocks[0].payload) == json.loads(PAYLOAD)


@pytest.mark.parametrize("unit", [b"<div>", b"<p>&#", b"<!--aigc-->"], ids=["tags", "open-paragraphs", "comments"])
def test_a_page_of_too_many_tags_is_refused_by_name(unit):
    from labeling import Declaration, Format, LimitError, Limits, label

    limits = Limits(markup_tokens=1_000)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(LimitError) as caught:
        label(unit * 2_000, Declaration("x"), signer=None, now=now, format=Format.HTML, limits=limits)
    assert caught.value.params["limit"] == 1_000
    label(b"<p>simple</p>\n" * 2_000, Declaration("x"), signer=None, now=now, format=Format.HTML, limits=limits)
