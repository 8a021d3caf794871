"""Plain text: encodings, and that there is no place for a record."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import plain
from labeling.containers._encoding import line_view, read_text
from labeling.containers.base import Anatomy, Changes, container_for
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format

WORDS = "人工智能，AI。\n"

ENCODED = {
    "utf-8": (WORDS.encode(), "utf-8", b""),
    "utf-8-bom": (b"\xef\xbb\xbf" + WORDS.encode(), "utf-8", b"\xef\xbb\xbf"),
    "utf-16-le": (b"\xff\xfe" + WORDS.encode("utf-16-le"), "utf-16-le", b"\xff\xfe"),
    "utf-16-be": (b"\xfe\xff" + WORDS.encode("utf-16-be"), "utf-16-be", b"\xfe\xff"),
    "gb18030": (WORDS.encode("gb18030"), "gb18030", b""),
    "ascii-is-utf-8": (b"plain\n", "utf-8", b""),
    "bom-inside-stays": ("a\ufeffb".encode(), "utf-8", b""),
}


@pytest.mark.parametrize(("data", "codec", "mark"), ENCODED.values(), ids=ENCODED.keys())
def test_encoding_is_told_from_the_bytes(data, codec, mark):
    source = read_text(data, DEFAULT_LIMITS)
    assert (source.codec, source.mark) == (codec, mark)
    assert source.mark + source.text.encode(source.codec) == data


REFUSED = {
    "empty": (b"", ErrorCode.MEDIA_EMPTY),
    "only-a-mark": (b"\xef\xbb\xbf", ErrorCode.MEDIA_EMPTY),
    "nul": (b"a\0b", ErrorCode.TEXT_ENCODING),
    "nul-in-utf-16": (b"\xff\xfea\0\0\0", ErrorCode.TEXT_ENCODING),
    "controls": (bytes(range(1, 9)) * 9 + b"abc", ErrorCode.TEXT_ENCODING),
    "bad-utf-8-after-mark": (b"\xef\xbb\xbf\xff", ErrorCode.TEXT_ENCODING),
    "lone-surrogate": (b"\xff\xfe\x00\xd8", ErrorCode.TEXT_ENCODING),
    "odd-utf-16": (b"\xff\xfea", ErrorCode.TEXT_ENCODING),
    "latin-1": ("café ".encode("latin-1"), ErrorCode.TEXT_ENCODING),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_text_is_refused_with_its_code(data, code):
    with pytest.raises(MediaError) as caught:
        plain.parse(data, DEFAULT_LIMITS)
    assert caught.value.code is code


def test_a_text_beyond_the_limit_is_refused():
    with pytest.raises(LimitError) as caught:
        plain.parse(b"x" * 11, Limits(text_bytes=10))
    assert caught.value.params["limit"] == 10


def test_gb18030_is_tried_first_where_html_declares_it():
    both = b'<meta charset="gb2312">' + "中文".encode()
    assert both.decode("utf-8") != both.decode("gb18030")
    assert read_text(both, DEFAULT_LIMITS, markup=True).codec == "gb18030"
    assert read_text(both, DEFAULT_LIMITS).codec == "utf-8"


def test_an_unknown_declared_charset_is_refused_unless_the_bytes_are_ascii():
    with pytest.raises(MediaError) as caught:
        read_text(b'<meta charset="big5">\xa4\xa4', DEFAULT_LIMITS, markup=True)
    assert caught.value.params["charset"] == "big5"
    assert read_text(b'<meta charset="big5">x', DEFAULT_LIMITS, markup=True).in_markup("生") == "&#29983;"


@pytest.mark.parametrize(
    ("text", "newline"),
    [("a", "\n"), ("a\nb\r\nc\r\n", "\r\n"), ("a\rb", "\r"), ("a\nb\n\r\n", "\n")],
    ids=["none", "crlf", "cr", "lf"],
)
def test_the_dominant_line_end_is_found(text, newline):
    assert read_text(text.encode(), DEFAULT_LIMITS).newline == newline


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="gb18030"), min_size=1), st.sampled_from(["utf-8", "gb18030"]), st.data())
def test_offsets_and_splices_follow_the_encoding(text, codec, data):
    encoded = text.encode(codec)
    try:
        source = read_text(encoded, DEFAULT_LIMITS)
    except MediaError:
        return
    index = data.draw(st.integers(0, len(source.text)))
    offset = source.offset(index)
    assert encoded[:offset].decode(source.codec) == source.mark.decode(source.codec) + source.text[:index]
    assert source.spliced(encoded, [(index, index, "生")]) == encoded[:offset] + source.encode("生") + encoded[offset:]


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_arbitrary_bytes_raise_only_own_errors(data):
    with contextlib.suppress(LabelingError):
        assert plain.parse(data, DEFAULT_LIMITS).blocks == ()


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("a\r\n ")))
def test_the_line_view_keeps_every_index(text):
    view = line_view(text)
    assert len(view) == len(text)
    assert all(one == other or (one, other) == ("\r", "\n") for one, other in zip(text, view, strict=True))
    assert view.replace("\r\n", "\n").split("\n") == text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def test_plain_text_refuses_a_record_and_is_read_only():
    container = container_for(Format.PLAIN)
    assert container is not None
    assert container.forms == {}
    with pytest.raises(DeclarationError) as caught:
        container.splice(b"x", Anatomy(Format.PLAIN), Changes(text=("AIGC", b"{}")), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED
    assert container.splice(b"x", Anatomy(Format.PLAIN), Changes(), DEFAULT_LIMITS) == b"x"
