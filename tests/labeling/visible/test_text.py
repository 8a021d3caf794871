"""The visible label of a text: put where it is wanted, found as a reader sees it, nothing else touched."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import html, markdown, plain
from labeling.containers._encoding import read_text
from labeling.containers.base import Anatomy
from labeling.errors import DeclarationError, ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format, TextNotice, TextPlace
from labeling.report import VisibleFinding
from labeling.visible import text

PARSE = {Format.PLAIN: plain.parse, Format.MARKDOWN: markdown.parse, Format.HTML: html.parse}
WORDS = TextNotice().words
P = f'<p class="aigc-label">{WORDS}</p>'
TEXT_FORMATS = list(PARSE)
PROMPT_PLACES = [TextPlace.START, TextPlace.MIDDLE, TextPlace.END]


def place(fmt, source, where, words=WORDS):
    data = source.encode() if isinstance(source, str) else source
    return text.place(data, PARSE[fmt](data, DEFAULT_LIMITS), TextNotice(words, where), DEFAULT_LIMITS)


def find(fmt, source):
    data = source.encode() if isinstance(source, str) else source
    return text.find(data, PARSE[fmt](data, DEFAULT_LIMITS), DEFAULT_LIMITS)


def check(fmt, source, where, after, words=WORDS, seen=None):
    """Place once and compare, find it there, place again and see that nothing changes."""
    placed = place(fmt, source, where, words)
    assert placed.data.decode() == after
    assert placed.mark.added
    assert placed.mark.place is (seen or where)
    assert any(one.place is placed.mark.place and one.offset == placed.mark.offset for one in find(fmt, placed.data))
    again = place(fmt, placed.data, where, words)
    assert again.data == placed.data
    assert not again.mark.added
    assert (again.mark.place, again.mark.offset) == (placed.mark.place, placed.mark.offset)


PLAIN = {
    "start": ("一。\n\n二。\n", TextPlace.START, f"{WORDS}\n\n一。\n\n二。\n"),
    "start-below-blank-lines": ("\n\n一。\n", TextPlace.START, f"\n\n{WORDS}\n\n一。\n"),
    "start-indented": ("　　一。\n", TextPlace.START, f"{WORDS}\n\n　　一。\n"),
    "end": ("一。\n\n二。\n", TextPlace.END, f"一。\n\n二。\n\n{WORDS}\n"),
    "end-without-line-end": ("一。", TextPlace.END, f"一。\n\n{WORDS}"),
    "end-before-blank-lines": ("一。 \n\n \n", TextPlace.END, f"一。 \n\n{WORDS}\n\n \n"),
    "end-crlf": ("一。\r\n", TextPlace.END, f"一。\r\n\r\n{WORDS}\r\n"),
    "end-cr": ("一。\r", TextPlace.END, f"一。\r\r{WORDS}\r"),
    "middle": ("一。\n\n二。\n\n三。\n\n四。", TextPlace.MIDDLE, f"一。\n\n二。\n\n{WORDS}\n\n三。\n\n四。"),
    "middle-nearest": (
        "一。\n\n二二。\n\n三三三三。\n",
        TextPlace.MIDDLE,
        f"一。\n\n二二。\n\n{WORDS}\n\n三三三三。\n",
    ),
    "middle-one-paragraph-a-line": (
        "一。\n二。\n三。\n四。\n",
        TextPlace.MIDDLE,
        f"一。\n二。\n\n{WORDS}\n\n三。\n四。\n",
    ),
    "middle-crlf": ("一。\r\n\r\n二。\r\n", TextPlace.MIDDLE, f"一。\r\n\r\n{WORDS}\r\n\r\n二。\r\n"),
    "middle-not-below-the-title": ("标题\n\n一。\n\n二。", TextPlace.MIDDLE, f"标题\n\n一。\n\n{WORDS}\n\n二。"),
    "corner": ("　标题\n\n一。\n", TextPlace.CORNER_MARK, "　【AI】标题\n\n一。\n"),
    "corner-latin": ("Title\n", TextPlace.CORNER_MARK, "【AI】 Title\n"),
}


@pytest.mark.parametrize(("before", "where", "after"), PLAIN.values(), ids=PLAIN.keys())
def test_plain_text_gets_a_line_of_its_own(before, where, after):
    check(Format.PLAIN, before, where, after)


def test_a_break_below_the_title_serves_where_there_is_no_other():
    check(Format.PLAIN, "标题\n\n一。\n", TextPlace.MIDDLE, f"标题\n\n{WORDS}\n\n一。\n", seen=TextPlace.START)


def test_a_plain_text_of_one_paragraph_has_no_middle_and_gets_the_label_at_its_start():
    check(Format.PLAIN, "一二三\n", TextPlace.MIDDLE, f"{WORDS}\n\n一二三\n", seen=TextPlace.START)


Q = f"> {WORDS}"
FENCE = "```py\na\n\nb\n```"
MARKDOWN = {
    "start": ("# T\n\np\n", TextPlace.START, f"{Q}\n\n# T\n\np\n"),
    "start-after-front-matter": ("---\na: b\n---\n# T\n", TextPlace.START, f"---\na: b\n---\n\n{Q}\n\n# T\n"),
    "start-after-front-matter-and-blank": ("---\na: b\n---\n\np\n", TextPlace.START, f"---\na: b\n---\n\n{Q}\n\np\n"),
    "start-after-toml": ("+++\na = 1\n+++\np\n", TextPlace.START, f"+++\na = 1\n+++\n\n{Q}\n\np\n"),
    "start-before-a-thematic-break": ("---\n\np\n", TextPlace.START, f"{Q}\n\n---\n\np\n"),
    "start-before-code": (FENCE, TextPlace.START, f"{Q}\n\n{FENCE}"),
    "end": ("# T\n\np\n", TextPlace.END, f"# T\n\np\n\n{Q}\n"),
    "end-after-a-list": ("- a\n- b\n", TextPlace.END, f"- a\n- b\n\n{Q}\n"),
    "end-after-code": (f"p\n\n{FENCE}\n", TextPlace.END, f"p\n\n{FENCE}\n\n{Q}\n"),
    "end-closes-an-open-fence": ("p\n\n~~~~\ncode\n", TextPlace.END, f"p\n\n~~~~\ncode\n~~~~\n\n{Q}\n"),
    "end-closes-an-open-comment": ("p\n\n<!-- x\n", TextPlace.END, f"p\n\n<!-- x\n-->\n\n{Q}\n"),
    "end-after-a-setext-heading": ("T\n===\n", TextPlace.END, f"T\n===\n\n{Q}\n"),
    "end-fence-in-a-list": ("- a\n\n  ```\n  x\n\np\n", TextPlace.END, f"- a\n\n  ```\n  x\n\np\n\n{Q}\n"),
    "middle": ("aa\n\nbb\n\ncc\n\ndd\n", TextPlace.MIDDLE, f"aa\n\nbb\n\n{Q}\n\ncc\n\ndd\n"),
    "middle-not-in-code": (f"aa\n\n{FENCE}\n\nb\n", TextPlace.MIDDLE, f"aa\n\n{Q}\n\n{FENCE}\n\nb\n"),
    "middle-not-in-indented-code": (
        "aaaa\n\n    b\n\n    c\n\nd\n",
        TextPlace.MIDDLE,
        f"aaaa\n\n    b\n\n    c\n\n{Q}\n\nd\n",
    ),
    "middle-not-in-a-list": (
        "a\n\n- b\n\n- c\n\n  d\n\n- e\n\nf\n",
        TextPlace.MIDDLE,
        f"a\n\n- b\n\n- c\n\n  d\n\n- e\n\n{Q}\n\nf\n",
    ),
    "middle-not-in-html": (
        "a\n\n<div>\n\nb\n\nc\n\n</div>\n\nd\n\neeeee\n",
        TextPlace.MIDDLE,
        f"a\n\n<div>\n\nb\n\nc\n\n</div>\n\nd\n\n{Q}\n\neeeee\n",
    ),
    "middle-not-in-mathematics": (
        "a\n\n$$\nx\n\ny\n$$\n\nb\n\nc\n",
        TextPlace.MIDDLE,
        f"a\n\n{Q}\n\n$$\nx\n\ny\n$$\n\nb\n\nc\n",
    ),
    "middle-not-below-the-title": ("# T\n\naa\n\nbb\n", TextPlace.MIDDLE, f"# T\n\naa\n\n{Q}\n\nbb\n"),
    "middle-not-below-a-heading": ("aa\n\n## B\n\nbb\n", TextPlace.MIDDLE, f"aa\n\n{Q}\n\n## B\n\nbb\n"),
    "middle-not-at-definitions": (
        "aa\n\nbb\n\n[x]: y\n\n[z]: y\n",
        TextPlace.MIDDLE,
        f"aa\n\n{Q}\n\nbb\n\n[x]: y\n\n[z]: y\n",
    ),
    "middle-not-between-quotes": (
        "a\n\n> b\n\n> c\n\nd\n\nee\n",
        TextPlace.MIDDLE,
        f"a\n\n> b\n\n> c\n\nd\n\n{Q}\n\nee\n",
    ),
    "middle-crlf": ("aa\r\n\r\nbb\r\n", TextPlace.MIDDLE, f"aa\r\n\r\n{Q}\r\n\r\nbb\r\n"),
    "corner-heading": ("---\na: b\n---\n\n## T\n", TextPlace.CORNER_MARK, "---\na: b\n---\n\n## 【AI】 T\n"),
    "corner-setext": ("标题\n===\n", TextPlace.CORNER_MARK, "【AI】标题\n===\n"),
    "corner-paragraph": ("- a\n\n**x** y\n", TextPlace.CORNER_MARK, "- a\n\n【AI】 **x** y\n"),
    "corner-not-in-a-table": ("a|b\n-|-\n1|2\n\np\n", TextPlace.CORNER_MARK, "a|b\n-|-\n1|2\n\n【AI】 p\n"),
    "corner-alone": (FENCE, TextPlace.CORNER_MARK, f"【AI】\n\n{FENCE}"),
}


@pytest.mark.parametrize(("before", "where", "after"), MARKDOWN.values(), ids=MARKDOWN.keys())
def test_markdown_gets_a_quote_of_its_own_between_its_blocks(before, where, after):
    check(Format.MARKDOWN, before, where, after)


FALLS_BACK = {
    "one-paragraph": (Format.MARKDOWN, "p\n", f"{Q}\n\np\n"),
    "only-code": (Format.MARKDOWN, FENCE, f"{Q}\n\n{FENCE}"),
    "only-a-list": (Format.MARKDOWN, "- a\n\n- b\n", f"{Q}\n\n- a\n\n- b\n"),
    "html-one-paragraph": (Format.HTML, "<p>a</p>", f"{P}\n<p>a</p>"),
    "html-only-a-table": (
        Format.HTML,
        "<table><tr><td><p>a</p><p>b</p></table>",
        f"{P}\n<table><tr><td><p>a</p><p>b</p></table>",
    ),
}


@pytest.mark.parametrize(("fmt", "before", "after"), FALLS_BACK.values(), ids=FALLS_BACK.keys())
def test_a_text_without_a_break_gets_the_label_of_the_middle_at_its_start(fmt, before, after):
    check(fmt, before, TextPlace.MIDDLE, after, seen=TextPlace.START)


S = '<sup class="aigc-label">AI</sup>'
HTML = {
    "start-document": (
        "<html><body>\n<p>a</p>\n</body></html>",
        TextPlace.START,
        f"<html><body>\n{P}\n<p>a</p>\n</body></html>",
    ),
    "start-on-one-line": ("<body class=x><p>a</p></body>", TextPlace.START, f"<body class=x>{P}\n<p>a</p></body>"),
    "start-fragment": ("<p>a</p>", TextPlace.START, f"{P}\n<p>a</p>"),
    "start-text": ("a <b>b</b>", TextPlace.START, f"{P}\na <b>b</b>"),
    "start-after-doctype": (
        "<!doctype html>\n<title>t</title>\n<p>a",
        TextPlace.START,
        f"<!doctype html>\n<title>t</title>\n{P}\n<p>a",
    ),
    "start-after-xml": ("<?xml version='1.0'?><p>a</p>", TextPlace.START, f"<?xml version='1.0'?>{P}\n<p>a</p>"),
    "start-after-style": ("<style>p{}</style><p>a</p>", TextPlace.START, f"<style>p{{}}</style>{P}\n<p>a</p>"),
    "end-document": ("<body><p>a</p></body></html>", TextPlace.END, f"<body><p>a</p>{P}\n</body></html>"),
    "end-fragment": ("<p>a</p>\n", TextPlace.END, f"<p>a</p>\n{P}\n"),
    "end-unclosed-paragraph": ("<p>a", TextPlace.END, f"<p>a\n{P}"),
    "end-before-a-script": ("<p>a</p><script>x", TextPlace.END, f"<p>a</p>{P}\n<script>x"),
    "end-before-an-open-tag": ("<p>a</p><a href='x", TextPlace.END, f"<p>a</p>{P}\n<a href='x"),
    "end-body-in-a-script": (
        "<body><p>a<script>'</body>'</script>",
        TextPlace.END,
        f"<body><p>a<script>'</body>'</script>\n{P}",
    ),
    "middle": ("<p>aa</p>\n<p>bb</p>\n", TextPlace.MIDDLE, f"<p>aa</p>\n{P}\n<p>bb</p>\n"),
    "middle-by-visible-characters": (
        "<p title='xxxxxxxxxxxxxxxx'>a</p><p>b</p><p>cc</p>",
        TextPlace.MIDDLE,
        f"<p title='xxxxxxxxxxxxxxxx'>a</p><p>b</p>\n{P}<p>cc</p>",
    ),
    "middle-open-paragraphs": ("<p>aa<p>bb<p>cc<p>dd", TextPlace.MIDDLE, f"<p>aa<p>bb{P}\n<p>cc<p>dd"),
    "middle-not-in-a-list": (
        "<p>a</p><ul><li><p>b</p><p>c</p></li></ul><p>d</p>",
        TextPlace.MIDDLE,
        f"<p>a</p>\n{P}<ul><li><p>b</p><p>c</p></li></ul><p>d</p>",
    ),
    "middle-not-in-pre": (
        "<div>a</div><pre>b\n\nc<p>d</p></pre><div>e</div>",
        TextPlace.MIDDLE,
        f"<div>a</div>\n{P}<pre>b\n\nc<p>d</p></pre><div>e</div>",
    ),
    "middle-not-in-svg": (
        "<p>a</p><svg><p>b</p></svg><p>c</p>",
        TextPlace.MIDDLE,
        f"<p>a</p>\n{P}<svg><p>b</p></svg><p>c</p>",
    ),
    "middle-not-in-template": ("<p>a</p><template><p>b</p><p>c</p></template><p>d</p>", TextPlace.MIDDLE, None),
    "middle-not-below-the-title": ("<h1>T</h1><p>a</p><p>b</p>", TextPlace.MIDDLE, f"<h1>T</h1><p>a</p>\n{P}<p>b</p>"),
    "middle-in-sections": (
        "<main><section><p>a</p></section><section><p>b</p></section></main>",
        TextPlace.MIDDLE,
        None,
    ),
    "middle-hidden-does-not-count": (
        "<p>a</p><p>b</p><div hidden><p>cccccc</p><p>dddddd</p></div><p>e</p>",
        TextPlace.MIDDLE,
        None,
    ),
    "corner-heading": (
        "<body><h1 id=x>T</h1><p>a</p></body>",
        TextPlace.CORNER_MARK,
        f"<body><h1 id=x>{S}T</h1><p>a</p></body>",
    ),
    "corner-paragraph": ("<ul><li>a</ul><p>b</p>", TextPlace.CORNER_MARK, None),
    "corner-alone": ("a", TextPlace.CORNER_MARK, f"<p>{S}</p>\na"),
}


@pytest.mark.parametrize(("before", "where", "after"), HTML.values(), ids=HTML.keys())
def test_html_gets_a_paragraph_where_one_may_stand(before, where, after):
    if after is None:
        after = place(Format.HTML, before, where).data.decode()
        label = S if where is TextPlace.CORNER_MARK else P
        assert after.replace(f"\n{label}", "", 1).replace(label, "", 1) == before
        assert after.index("aigc-label") > after.index("a</")
    check(Format.HTML, before, where, after)


READ_AS_LABEL = """
AI生成
（AI生成）
【本文由人工智能生成】
ＡＩ生成
AI 合成
人工智能生成合成
本内容由AI生成。
本回答由 AI 生成，内容仅供参考，请仔细甄别。
内容由AI大模型生成，请仔细甄别
作者声明：内容由AI生成
疑似AI生成
AI生成 AI-generated
本文由生成式AI撰写
以上内容均由人工智能模型生成，其准确性和完整性无法保证
含AI生成内容
""".split("\n")[1:-1]
READ_AS_ARTICLE = """
AI生成内容标识办法于2025年施行……
AI生成内容标识办法
AI生成技术综述
如何识别AI生成的图片
为什么AI生成的文章总是这样？
本文不是AI生成
本文并非由人工智能生成
是否AI生成？
AI生成，是当下最热的话题。
我们用AI生成了一张图。
AI
机器生成
近年来，AI生成内容已经成为新闻业的日常，读者对此看法不一，有人欢迎，有人忧虑，也有人并不在意它究竟从何处来，只要好看。
""".split("\n")[1:-1]


@pytest.mark.parametrize("words", READ_AS_LABEL)
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_a_label_is_seen_at_start_middle_and_end(fmt, words):
    line = f"<p>{words}</p>" if fmt is Format.HTML else words
    body = ["<p>甲。</p>", "<p>乙。</p>"] if fmt is Format.HTML else ["甲。", "乙。"]
    for index, where in enumerate([TextPlace.START, TextPlace.MIDDLE, TextPlace.END]):
        blocks = [*body[:index], line, *body[index:]]
        assert [one.place for one in find(fmt, "\n\n".join(blocks))] == [where]


@pytest.mark.parametrize("words", READ_AS_ARTICLE)
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_a_text_that_speaks_of_generation_carries_no_label(fmt, words):
    line = f"<p>{words}</p>" if fmt is Format.HTML else words
    assert find(fmt, f"{line}\n\n{line}\n\n{line}\n") == ()


NOT_SEEN = {
    "markdown-code": (Format.MARKDOWN, "a\n\n```\n\nAI生成\n\n```\n\nb"),
    "markdown-indented-code": (Format.MARKDOWN, "a\n\n    AI生成\n\nb"),
    "markdown-heading": (Format.MARKDOWN, "# AI生成\n\nb"),
    "markdown-list": (Format.MARKDOWN, "- AI生成\n\nb"),
    "markdown-front-matter": (Format.MARKDOWN, "---\ntitle: AI生成\n---\nb"),
    "markdown-comment": (Format.MARKDOWN, "<!-- AI生成 -->\n\nb"),
    "markdown-inside-a-paragraph": (Format.MARKDOWN, "a\nAI生成\nb"),
    "plain-inside-a-paragraph": (Format.PLAIN, "甲\nAI生成\n乙"),
    "html-comment": (Format.HTML, "<!-- AI生成 --><p>b</p>"),
    "html-title": (Format.HTML, "<title>AI生成</title><p>b</p>"),
    "html-heading": (Format.HTML, "<h1>AI生成</h1><p>b</p>"),
    "html-hidden": (Format.HTML, "<p hidden>AI生成</p><p>b</p>"),
    "html-not-displayed": (Format.HTML, "<div style='display: none'><p>AI生成</p></div><p>b</p>"),
    "html-hidden-part": (Format.HTML, "<p><span style=opacity:0>AI生成</span></p><p>b</p>"),
    "html-script": (Format.HTML, "<script>AI生成</script><p>b</p>"),
    "html-attribute": (Format.HTML, "<a title='<p>AI生成</p>'>x</a><p>b</p>"),
    "html-list": (Format.HTML, "<ul><li>AI生成</li></ul><p>b</p>"),
    "html-meta": (Format.HTML, "<meta name=x content=AI生成><p>b</p>"),
}


@pytest.mark.parametrize(("fmt", "source"), NOT_SEEN.values(), ids=NOT_SEEN.keys())
def test_words_that_no_reader_sees_as_a_label_are_none(fmt, source):
    assert find(fmt, source) == ()


SEEN = {
    "emphasis": (Format.MARKDOWN, "*AI生成*\n\nb", "AI生成", TextPlace.START),
    "below-the-title": (Format.MARKDOWN, "# T\n\n**本文由AI生成**\n\nb\n\nc", "本文由AI生成", TextPlace.START),
    "inline-html": (Format.MARKDOWN, "<p align=center>AI生成</p>\n\nb", "AI生成", TextPlace.START),
    "escapes": (Format.MARKDOWN, "> AI生成 \\<x\\>\n\nb", "AI生成 <x>", TextPlace.START),
    "suffix": (Format.PLAIN, "甲。\n\n乙。（AI生成）\n", "AI生成", TextPlace.END),
    "last-line": (Format.PLAIN, "甲。\n乙。\nAI生成\n", "AI生成", TextPlace.END),
    "references": (Format.HTML, "<p>&#20154;&#24037;智能&#x751F;成</p><p>b</p>", "人工智能生成", TextPlace.START),
    "phrases": (Format.HTML, "<p><strong>AI</strong><em>生成</em></p><p>b</p>", "AI生成", TextPlace.START),
    "footer": (Format.HTML, "<p>b</p><footer><p>由AI生成</p></footer>", "由AI生成", TextPlace.END),
    "corner": (Format.PLAIN, "【AI】标题\n\nb", "AI", TextPlace.CORNER_MARK),
    "corner-brackets": (Format.MARKDOWN, "# [AI] T\n\nb", "AI", TextPlace.CORNER_MARK),
    "corner-superscript": (Format.MARKDOWN, "<sup>AI</sup>T\n\nb", "AI", TextPlace.CORNER_MARK),
    "corner-html": (Format.HTML, "<h1><sup>AI</sup>T</h1>", "AI", TextPlace.CORNER_MARK),
}


@pytest.mark.parametrize(("fmt", "source", "words", "where"), SEEN.values(), ids=SEEN.keys())
def test_labels_of_others_are_seen(fmt, source, words, where):
    (seen,) = find(fmt, source)
    assert (seen.words, seen.place) == (words, where)


def test_a_link_is_no_corner_mark():
    assert find(Format.MARKDOWN, "[AI](https://a.example) x\n\n[AI]: b\n") == ()


def test_findings_come_in_order_with_byte_offsets():
    source = "AI生成\n\n一。\n\n本文由人工智能生成\n"
    first, last = find(Format.PLAIN, source)
    assert first == VisibleFinding("AI生成", TextPlace.START, 0)
    assert last == VisibleFinding("本文由人工智能生成", TextPlace.END, source.encode().index("本文".encode()))


@pytest.mark.parametrize("where", PROMPT_PLACES)
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_other_words_replace_those_of_our_own_label(fmt, where):
    source = "<p>一。</p>\n<p>二。</p>\n" if fmt is Format.HTML else "一。\n\n二。\n"
    first = place(fmt, source, where)
    second = place(fmt, first.data, where, "人工智能合成 <A&*b*>")
    assert second.mark.added
    assert [one.words for one in find(fmt, second.data)] == ["人工智能合成 <A&*b*>"]
    assert place(fmt, second.data, where).data == first.data


def test_a_label_of_another_form_is_left_alone():
    placed = place(Format.MARKDOWN, "**AI生成**\n\nb\n", TextPlace.START)
    assert (placed.data, placed.mark.added, placed.mark.words) == (
        b"**AI\xe7\x94\x9f\xe6\x88\x90**\n\nb\n",
        False,
        "AI生成",
    )


REFUSED = {
    "no-generation": ("AI内容", TextPlace.START, ErrorCode.WORDS_MISSING_ELEMENT),
    "no-ai": ("机器生成", TextPlace.START, ErrorCode.WORDS_MISSING_ELEMENT),
    "two-lines": ("AI\n生成", TextPlace.START, ErrorCode.OPTION_OUT_OF_RANGE),
    "control": ("AI\x07生成", TextPlace.START, ErrorCode.OPTION_OUT_OF_RANGE),
    "too-long": ("AI生成" * 20, TextPlace.START, ErrorCode.OPTION_OUT_OF_RANGE),
    "denial": ("本文不是AI生成", TextPlace.START, ErrorCode.OPTION_OUT_OF_RANGE),
    "corner-without-ai": ("人工智能", TextPlace.CORNER_MARK, ErrorCode.WORDS_MISSING_ELEMENT),
    "corner-too-long": ("由AI助手生成", TextPlace.CORNER_MARK, ErrorCode.OPTION_OUT_OF_RANGE),
}


@pytest.mark.parametrize(("words", "where", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_words_that_break_a_rule_are_refused(words, where, code):
    with pytest.raises(DeclarationError) as caught:
        place(Format.PLAIN, "a", where, words)
    assert caught.value.code is code


def test_a_hidden_body_has_no_room():
    with pytest.raises(DeclarationError) as caught:
        place(Format.HTML, "<body style='display:none'><p>a</p></body>", TextPlace.START)
    assert caught.value.code is ErrorCode.NO_ROOM


@pytest.mark.parametrize("where", list(TextPlace), ids=str)
@pytest.mark.parametrize("tail", ["<p></p>", "<p> <br></p>\n", "<p></p><p></p>", "<ul><li>\n</li></ul>"])
def test_a_label_is_found_at_its_place_where_blank_elements_end_the_page(tail, where):
    placed = place(Format.HTML, "<body>" + "<p>字字字字</p>\n" * 10 + tail + "</body>", where)
    assert [seen.place for seen in find(Format.HTML, placed.data)] == [placed.mark.place] == [where]


UNSEEN = {
    "hidden": "<p hidden>AI生成</p>", "upper-case": "<p HIDDEN>AI生成</p>",
    "style": "<p style=display:none>AI生成</p>",
    "inside": "<p><span style=opacity:0>AI生成</span></p>", "item": "<ul><li hidden>AI生成</li></ul>",
}  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN.keys())
def test_one_hidden_element_among_thousands_is_not_seen_and_costs_no_more_than_itself(unseen):
    few = Limits(markup_tokens=100)
    page = ("<p>字</p>\n" * 2_000 + unseen + "<p>AI生成</p>" + "<p>字</p>\n" * 2_000).encode()
    (seen,) = text.find(page, html.parse(page, few), few)
    assert (seen.place, page[seen.offset - 3 :][:6]) == (TextPlace.MIDDLE, b"<p>AI\xe7")


def test_a_notice_is_found_behind_an_attribute_that_looks_like_a_paragraph():
    page = "<p>字</p>" * 5 + '<p title="<p ">AI生成</p>' + "<p>字</p>" * 5
    assert [seen.words for seen in find(Format.HTML, page)] == ["AI生成"]


def test_a_corner_mark_in_the_first_item_of_a_list_is_found():
    page = "<ul><li>\n<b>【AI】</b>字</li><li>字</li></ul>"
    assert [seen.place for seen in find(Format.HTML, page)] == [TextPlace.CORNER_MARK]


@pytest.mark.parametrize(
    "unit",
    [
        "<h2>生成</h2>",
        "<p>&#66;</p>",
        "<p></p>",
        '<p title="生成<p ">字</p>',
        "<li>AI生成</li>",
        "<p>AI生成" + "字" * 130,
    ],
)
def test_a_long_run_of_anything_takes_linear_time(unit):
    page = unit * (2_000_000 // len(unit.encode()))
    started = time.perf_counter()
    with contextlib.suppress(LabelingError):
        find(Format.HTML, page)
    assert time.perf_counter() - started < 20


def test_a_picture_is_no_text():
    with pytest.raises(MediaError) as caught:
        text.find(b"x", Anatomy(Format.PNG), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED


ENCODINGS = {
    "utf-8": ("utf-8", b""), "utf-8-bom": ("utf-8", b"\xef\xbb\xbf"), "gb18030": ("gb18030", b""),
    "utf-16-le": ("utf-16-le", b"\xff\xfe"), "utf-16-be": ("utf-16-be", b"\xfe\xff"),
}  # fmt: skip


@pytest.mark.parametrize("where", list(TextPlace))
@pytest.mark.parametrize(("codec", "mark"), ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_every_encoding_is_kept(fmt, codec, mark, where):
    source = "<p>一段。</p>\r\n<p>二段。</p>" if fmt is Format.HTML else "一段。\r\n\r\n二段。"
    placed = place(fmt, mark + source.encode(codec), where)
    words = placed.mark.words.encode(codec)
    assert placed.data.startswith(mark)
    assert placed.data[placed.mark.offset :].startswith(words)
    assert placed.data == mark + place(fmt, source.encode(), where).data.decode().encode(codec).replace(
        "\n".encode(codec), "\n".encode(codec)
    )


def test_html_in_a_foreign_charset_gets_references():
    placed = place(Format.HTML, '<meta charset="windows-1252"><p>x</p>', TextPlace.START)
    assert placed.data.isascii()
    assert [one.words for one in find(Format.HTML, placed.data)] == [WORDS]


@pytest.mark.parametrize("where", PROMPT_PLACES)
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_a_long_text_about_generation_is_labelled_near_its_middle(fmt, where):
    paragraph = (
        "利用人工智能生成内容的服务，应当添加标识，这是一项义务，也是对读者的尊重，更是行业得以长久的前提，读者应当知道自己读到的是什么，从何而来，由谁负责。"
        * 2
    )
    unit = f"<p>{paragraph}</p>\n<ul><li>甲</li><li>乙</li></ul>\n" if fmt is Format.HTML else f"{paragraph}\n\n"
    source = unit * 3_000
    placed = place(fmt, source, where)
    assert placed.mark.place is where
    share = placed.mark.offset / len(placed.data)
    assert abs(share - {"start": 0, "middle": 0.5, "end": 1}[where]) < 0.001
    assert [one.place for one in find(fmt, placed.data)] == [where]
    assert place(fmt, placed.data, where).data == placed.data


HOSTILE = {
    "labels": "AI生成\n\n" * 30_000,
    "almost-labels": "AI生成吗？\n\n" * 30_000,
    "newlines": "a" + "\n" * 500_000 + "b",
    "spaces": " " * 500_000 + "a",
    "blank-lines": "a\n" + " \n" * 250_000 + "b",
    "one-line": "AI生成" * 100_000,
    "fences": "```\n" * 100_001,
    "tildes": "\n".join("~" * (3 + n % 400) for n in range(5_000)),
    "details": "<details>\n\n" * 30_000,
    "lists": "- a\n\n" * 60_000,
    "list-fences": "- a\n  ```\n" * 20_000,
    "dollars": "$$\n\n" * 50_001,
    "brackets": "（" * 200_000,
    "quotes": "> " * 200_000,
    "tags": "<p><b>AI生成" * 20_000,
    "paragraphs": "<p>AI生成</p>" * 20_000,
    "hidden": "<div hidden>" * 20_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("fmt", TEXT_FORMATS)
def test_hostile_texts_take_linear_time(fmt, source):
    began = time.process_time()
    with contextlib.suppress(LabelingError):
        place(fmt, source, TextPlace.MIDDLE)
    assert time.process_time() - began < 6


MARKDOWN_SOUP = st.lists(
    st.sampled_from(
        [
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            " ",
            "    ",
            "\t",
            "# ",
            "---\n",
            "```\n",
            "~~~\n",
            "- a\n",
            "> ",
            "1. ",
            "|",
            "<div>\n",
            "</div>\n",
            "<!-- ",
            "-->",
            "[x]: y\n",
            "a",
            "段落。",
            "AI生成",
            "本内容由AI生成",
            "===\n",
            "$$\n",
            "+++\n",
            "a: b\n",
            "\ufeff",
            "<p>",
            "\u3000",
        ]
    ),
    min_size=1,
    max_size=25,
).map("".join)
HTML_SOUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<ul>",
            "<li>",
            "</ul>",
            "<b>",
            "</b>",
            "<h1>",
            "</h1>",
            "<body>",
            "</body>",
            "</html>",
            "<html>",
            "<head>",
            "</head>",
            "<table>",
            "</table>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<svg>",
            "</svg>",
            "<div hidden>",
            "\n",
            " ",
            "段落。",
            "a",
            "AI生成",
            "<hr>",
            "<title>",
            "</title>",
            "<a href='",
            "'",
            "<template>",
            "</template>",
            "<meta charset=utf-8>",
            "&lt;",
        ]
    ),
    min_size=1,
    max_size=25,
).map("".join)
PLAIN_TEXT = st.text(st.characters(codec="gb18030"), min_size=1) | MARKDOWN_SOUP


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(TEXT_FORMATS).flatmap(
        lambda fmt: st.tuples(st.just(fmt), HTML_SOUP if fmt is Format.HTML else MARKDOWN_SOUP | PLAIN_TEXT)
    ),
    st.sampled_from(list(ENCODINGS.values())),
    st.sampled_from(list(TextPlace)),
)
def test_the_rest_is_kept_and_a_second_labelling_changes_nothing(text_of_a_format, encoding, where):
    (fmt, source), (codec, mark) = text_of_a_format, encoding
    data = mark + source.encode(codec)
    try:
        placed = place(fmt, data, where)
    except LabelingError:
        return
    if not find(fmt, data):
        shared = next((n for n, (a, b) in enumerate(zip(data, placed.data, strict=False)) if a != b), len(data))
        assert placed.data.endswith(data[shared:])
        assert placed.mark.added
        assert placed.data[placed.mark.offset :].startswith(placed.mark.words.encode(codec_of(placed.data, fmt)))
    again = place(fmt, placed.data, where)
    assert (again.data, again.mark.added) == (placed.data, False)
    assert any(one.place is placed.mark.place for one in find(fmt, placed.data))


def codec_of(data, fmt):
    return read_text(data, DEFAULT_LIMITS, markup=fmt is Format.HTML).codec


@settings(max_examples=150, deadline=None)
@given(st.binary(), st.sampled_from(TEXT_FORMATS), st.sampled_from(list(TextPlace)))
def test_arbitrary_bytes_raise_only_own_errors(data, fmt, where):
    with contextlib.suppress(LabelingError):
        place(fmt, data, where)
