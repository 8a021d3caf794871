"""Texts in every encoding and with every line end: one insertion, all other bytes as they were."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime

import pytest

from labeling import (
    Declaration,
    Format,
    Labeled,
    TextMark,
    TextNotice,
    TextPlace,
    Verdict,
    VisibleOptions,
    label,
    verify,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DECLARATION = Declaration(provider="001191110102MACQD9K64010000", produce_id="content-1")
ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8-bom": ("utf-8", codecs.BOM_UTF8),
    "gb18030": ("gb18030", b""),
    "utf-16-le": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16-be": ("utf-16-be", codecs.BOM_UTF16_BE),
}
ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
PLAIN = """清晨的港口

渡轮在雾里鸣笛，码头上已经有人在等。第二句写得长一些，好让段落有它的分量。

A second paragraph, in English, with a tab\there and two spaces  there.

最后一段没有什么特别，只是为了有一个结尾。
"""
MARKDOWN = """---
title: 清晨的港口   # a comment
tags: [a, b]
---

# 清晨的港口

渡轮在雾里鸣笛，码头上已经有人在等。

```python
print("AI")

print("not here")
```

| a | b |
|---|---|
| 1 | 2 |

最后一段没有什么特别。
"""
HTML = """<!DOCTYPE html>
<html lang="zh"><head><title>清晨的港口</title>
</head>
<body>
<h1>清晨的港口</h1>
<p>渡轮在雾里鸣笛，码头上已经有人在等。</p>
<pre><code>no label here</code></pre>
<table><tr><td>1</td></tr></table>
<p>最后一段没有什么特别。</p>
</body></html>
"""
SOURCES = {Format.PLAIN: PLAIN, Format.MARKDOWN: MARKDOWN, Format.HTML: HTML}
FRAGMENTS = {"no-end": "一行，没有行尾", "blank-start": "\n\n一行\n", "bare-html": "<p>一</p><p>二</p>"}


def source(fmt: Format, encoding: str, end: str) -> bytes:
    name, mark = ENCODINGS[encoding]
    return mark + SOURCES[fmt].replace("\n", ENDS[end]).encode(name)


def labelled(data: bytes, fmt: Format, place: TextPlace | None) -> Labeled:
    visible = None if place is None else VisibleOptions(text=TextNotice(place=place))
    return label(data, DECLARATION, signer=None, now=NOW, visible=visible, format=fmt)


def inserted(before: bytes, after: bytes) -> bytes:
    """The one run of bytes that was put in; fails where anything else is different."""
    start = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    rest = len(before) - start
    assert after[:start] + after[len(after) - rest :] == before
    return after[start : len(after) - rest]


every_encoding = pytest.mark.parametrize("encoding", ENCODINGS)
every_end = pytest.mark.parametrize("end", ENDS)
every_place = pytest.mark.parametrize("place", TextPlace)


@every_encoding
@every_end
@every_place
@pytest.mark.parametrize("fmt", SOURCES)
def test_the_visible_label_is_one_insertion(fmt: Format, encoding: str, end: str, place: TextPlace) -> None:
    data = source(fmt, encoding, end)
    recorded = data if fmt is Format.PLAIN else labelled(data, fmt, None).data
    result = labelled(data, fmt, place)
    assert isinstance(result.visible, TextMark)
    assert result.visible.added
    name, mark = ENCODINGS[encoding]
    put_in = inserted(recorded, result.data)
    assert len(put_in) <= 400
    assert result.data.startswith(mark)
    assert result.data[result.visible.offset :].startswith(result.visible.words.encode(name))
    text = result.data[len(mark) :].decode(name)
    assert text.count(result.visible.words) == recorded[len(mark) :].decode(name).count(result.visible.words) + 1
    assert set(ends_in(text)) == {ENDS[end]}


def ends_in(text: str) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in text.splitlines(keepends=True) if line.endswith(("\r", "\n"))]


@every_encoding
@every_end
@every_place
@pytest.mark.parametrize("fmt", SOURCES)
def test_labelling_twice_is_labelling_once(fmt: Format, encoding: str, end: str, place: TextPlace) -> None:
    once = labelled(source(fmt, encoding, end), fmt, place)
    twice = labelled(once.data, fmt, place)
    assert twice.data == once.data
    assert isinstance(twice.visible, TextMark)
    assert not twice.visible.added


@every_encoding
@every_end
@pytest.mark.parametrize("fmt", [Format.MARKDOWN, Format.HTML])
def test_the_record_is_one_insertion_and_reads_back(fmt: Format, encoding: str, end: str) -> None:
    data = source(fmt, encoding, end)
    result = labelled(data, fmt, None)
    inserted(data, result.data)
    report = verify(result.data, format=fmt)
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == [result.record]


@every_place
@pytest.mark.parametrize("fragment", FRAGMENTS)
@pytest.mark.parametrize("fmt", SOURCES)
def test_a_fragment_keeps_its_bytes(fmt: Format, fragment: str, place: TextPlace) -> None:
    data = FRAGMENTS[fragment].encode()
    recorded = data if fmt is Format.PLAIN else labelled(data, fmt, None).data
    inserted(data, recorded)
    result = labelled(data, fmt, place)
    inserted(recorded, result.data)
    assert labelled(result.data, fmt, place).data == result.data
