"""Markdown: the AIGC key of the front matter is read as it is written and edited by its own lines only."""

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import markdown
from labeling.containers.base import BlockKind, Changes
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits

RECORD = {"Label": "1", "ContentProducer": "001191110102MACQD9K64010000", "ProduceID": "it's"}
PAYLOAD = json.dumps(RECORD, separators=(",", ":")).encode()
LINES = "AIGC:\n  Label: '1'\n  ContentProducer: '001191110102MACQD9K64010000'\n  ProduceID: 'it''s'\n"


def parse(text, limits=DEFAULT_LIMITS):
    return markdown.parse(text.encode() if isinstance(text, str) else text, limits)


def splice(text, *, text_entry=("AIGC", PAYLOAD), drop=True):
    data = text.encode() if isinstance(text, str) else text
    anatomy = markdown.parse(data, DEFAULT_LIMITS)
    changes = Changes(drop=anatomy.blocks if drop else (), text=text_entry)
    return markdown.splice(data, anatomy, changes, DEFAULT_LIMITS)


READ = {
    "block-single-quotes": ("AIGC:\n  Label: '1'\n", '{"Label":"1"}'),
    "block-double-quotes": ('AIGC:\n  Label: "1"\n', '{"Label":"1"}'),
    "block-plain": ("AIGC:\n  Label: 1\n", '{"Label":"1"}'),
    "flow-map": ("AIGC: {Label: '1', ProduceID: x}\n", '{"Label":"1","ProduceID":"x"}'),
    "one-line-json": ('AIGC: {"Label":"1","ProduceID":"x"}\n', '{"Label":"1","ProduceID":"x"}'),
    "json-over-lines": ('AIGC: {\n  "Label": "1",\n  "ProduceID": "x"\n  }\n', '{"Label":"1","ProduceID":"x"}'),
    "quoted-key": ("'AIGC': {a: b}\n", '{"a":"b"}'),
    "long-number": ("AIGC:\n  ProduceID: 00119111010211202234567\n", '{"ProduceID":"00119111010211202234567"}'),
    "exponent": ("AIGC:\n  ProduceID: 1.12e22\n", '{"ProduceID":"1.12e22"}'),
    "date-and-bool": ("AIGC: {a: 2025-09-01, b: yes, c: true}\n", '{"a":"2025-09-01","b":"yes","c":"true"}'),
    "null-stays-null": ("AIGC: {a: null, b: ~, c: , d: '~'}\n", '{"a":null,"b":null,"c":null,"d":"~"}'),
    "nested": ("AIGC:\n  ReservedCode1:\n    Hash: [a, 'b']\n", '{"ReservedCode1":{"Hash":["a","b"]}}'),
    "duplicate-keys": ("AIGC:\n  Label: '1'\n  Label: '2'\n", '{"Label":"1","Label":"2"}'),
    "tag-is-not-obeyed": ("AIGC: {a: !!python/name:os.system x}\n", '{"a":"x"}'),
    "anchor-is-ignored": ("AIGC: &x {a: &y b}\n", '{"a":"b"}'),
    "string-value": ('AIGC: \'{"Label":"1"}\'\n', '{"Label":"1"}'),
    "comment-between": ("AIGC: # c\n  # d\n  Label: '1' # e\n", '{"Label":"1"}'),
    "no-value": ("AIGC:\n", "null"),
}


@pytest.mark.parametrize(("yaml", "payload"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_the_record_is_read_as_json_with_scalars_as_written(yaml, payload, newline):
    text = f"---\ntitle: x\n{yaml}---\nbody\n".replace("\n", newline)
    (block,) = parse(text).blocks
    assert (block.kind, block.unit, block.keyword) == (BlockKind.TEXT, "front matter", "AIGC")
    assert block.payload.decode() == payload


def test_the_offsets_of_a_block_are_those_of_key_and_value_in_bytes():
    text = "---\n标题: 人\nAIGC: {a: '生'} # c\n---\n"
    for codec, mark in (("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("gb18030", b"")):
        data = mark + text.encode(codec)
        (block,) = markdown.parse(data, DEFAULT_LIMITS).blocks
        assert data[block.start : block.end].decode(codec) == "AIGC: {a: '生'}"


UNREADABLE = {
    "alias": ("x: &x 1\nAIGC: {a: *x}\n", "alias"),
    "merge-key": ("x: &x {a: 1}\nAIGC:\n  <<: *x\n", "alias"),
    "map-as-key": ("AIGC:\n  ? {a: b}\n  : c\n", "complex-key"),
    "alias-below-another-key": ("x: &x 1\nm:\n  AIGC: {Label: *x}\n", "nested"),
    "broken": ("AIGC: {a: [}\n", "malformed"),
    "tab-indent": ("AIGC:\n\tLabel: 1\n", "malformed"),
}


@pytest.mark.parametrize(("yaml", "note"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_rebuilt_is_handed_out_as_it_stands(yaml, note):
    (block,) = parse(f"---\n{yaml}---\n").blocks
    assert note in block.notes
    assert b"AIGC" in block.payload


@pytest.mark.parametrize("name", ["alias", "merge-key", "map-as-key", "alias-below-another-key"])
def test_what_stands_elsewhere_is_unreadable(name):
    (block,) = parse(f"---\n{UNREADABLE[name][0]}---\n").blocks
    assert block.kind is BlockKind.OTHER
    assert "unreadable" in block.notes


@pytest.mark.parametrize("toml", ["AIGC = '{}'", "[AIGC]\nLabel = '1'", "aigc.Label = '1'", '"AIGC"= {Label="1"}'])
def test_a_key_in_toml_is_unreadable(toml):
    (block,) = parse(f"+++\ntitle = 'x'\n{toml}\n+++\n").blocks
    assert (block.kind, block.keyword, block.notes) == (BlockKind.OTHER, "AIGC", ("toml", "unreadable"))


LABEL = "{Label: '1', ProduceID: x}"
NOTED = {
    "plain-scalars": ("AIGC: {Label: 1, ContentProducer: 001191, b: true}\n", ("unquoted",)),
    "quoted": ("AIGC: {Label: '1', ContentProducer: \"001\", c: 001191110102MACQD9K64010000}\n", ()),
    "tagged": ("AIGC: {Label: !!str 1}\n", ()),
    "string": ("AIGC: '{}'\n", ("string",)),
    "lower-case": ("aigc: {a: b}\n", ("other-case",)),
    "nested": (f"meta:\n  AIGC: {LABEL}\n", ("nested",)),
    "nested-in-a-list": (f"meta:\n- x\n- a: b\n  AIGC: {LABEL}\n", ("nested",)),
    "other-key": (f"aigc-label: {LABEL}\n", ("other-key",)),
    "wrapped": (f"AIGC:\n  AIGC: {LABEL}\n", ()),
}


@pytest.mark.parametrize(("yaml", "notes"), NOTED.values(), ids=NOTED.keys())
def test_how_a_record_is_written_is_noted(yaml, notes):
    (block,) = parse(f"---\ntitle: x\n{yaml}b: c\n---\nbody\n").blocks
    assert block.notes == notes


def test_a_record_below_another_key_is_not_edited():
    with pytest.raises(MediaError) as caught:
        splice(f"---\nmeta:\n  AIGC: {LABEL}\n---\n")
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED


def test_a_key_that_occurs_twice_is_seen_twice():
    first, second = parse("---\nAIGC: {a: 1}\nb: c\naigc: {a: 2}\n---\n").blocks
    assert (first.keyword, second.keyword) == ("AIGC", "aigc")
    assert "repeated" in first.notes
    assert "repeated" in second.notes


NO_FRONT_MATTER = {
    "thematic-break": "---\n\nSome prose here.\n\n---\nAIGC: x\n",
    "unterminated": "---\nAIGC: {a: b}\n",
    "not-at-the-start": "\n---\nAIGC: {a: b}\n---\n",
    "four-dashes": "----\nAIGC: {a: b}\n---\n",
    "list": "---\n- AIGC: {a: b}\n---\n",
    "toml": "+++\ntitle = 'AIGC'\n+++\n",
    "nested-key": "---\nmeta:\n  AIGC: {a: b}\n---\n",
    "in-a-literal": "---\nx: |\n  AIGC: {a: b}\n---\n",
    "second-document": "---\nx: y\n...\nAIGC: {a: b}\n---\n",
}


@pytest.mark.parametrize("text", NO_FRONT_MATTER.values(), ids=NO_FRONT_MATTER.keys())
def test_what_only_looks_like_a_record_is_none(text):
    assert parse(text).blocks == ()


WRITTEN = {
    "no-front-matter": ("# 标题\n", f"---\n{LINES}---\n\n# 标题\n"),
    "blank-line-first": ("\ntext\n", f"---\n{LINES}---\n\ntext\n"),
    "thematic-break": ("---\n\ntext\n\n---\n", f"---\n{LINES}---\n\n---\n\ntext\n\n---\n"),
    "unterminated": ("---\ntitle: x\n", f"---\n{LINES}---\n\n---\ntitle: x\n"),
    "other-keys": (
        "---\ntitle: 'x'  # c\n\n# d\nb:   [1,2]\n---\nt",
        f"---\n{LINES}title: 'x'  # c\n\n# d\nb:   [1,2]\n---\nt",
    ),
    "indented": (
        "---\n  title: x\n---\n",
        "---\n" + "".join(f"  {line}\n" for line in LINES.splitlines()) + "  title: x\n---\n",
    ),
    "empty": ("---\n---\nt", f"---\n{LINES}---\nt"),
    "only-a-comment": ("---\n# c\n---\nt", f"---\n{LINES}# c\n---\nt"),
    "dots": ("---\na: b\n...\nt", f"---\n{LINES}a: b\n...\nt"),
    "replaced-in-place": (
        "---\na: 1 # x\nAIGC:\n  Label: '2' # gone\n  ProduceID: 'old'\n\n# kept\nb: \"y\"\n---\nt",
        f'---\na: 1 # x\n{LINES}\n# kept\nb: "y"\n---\nt',
    ),
    "one-line-json-replaced": ('---\nAIGC: {"Label":"2"} # gone\nb: c\n---\n', f"---\n{LINES}b: c\n---\n"),
    "last-line-replaced": ("---\nb: c\nAIGC:\n  Label: 2\n---\n", f"---\nb: c\n{LINES}---\n"),
    "null-replaced": ("---\nAIGC:\nb: c\n---\n", f"---\n{LINES}b: c\n---\n"),
    "twice-becomes-once": ("---\nAIGC: {a: 1}\nb: c\nAIGC:\n  a: 2\nd: e\n---\n", f"---\n{LINES}b: c\nd: e\n---\n"),
    "literal-after": ("---\nAIGC: x\nb: |\n  AIGC: y\n\n---\n", f"---\n{LINES}b: |\n  AIGC: y\n\n---\n"),
}


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_only_the_lines_of_the_record_change(before, after, newline):
    before, after = (text.replace("\n", newline) for text in (before, after))
    if newline not in before:
        pytest.skip("a text without line ends gets LF")
    result = splice(before)
    assert result.decode() == after
    (block,) = parse(result).blocks
    assert json.loads(block.payload) == RECORD
    assert splice(result) == result


FLOW = {
    "empty-braces": ("---\n{}\n---\n", '---\n{"AIGC": {'),
    "inserted": ("---\n{title: x}\n---\n", '{"AIGC": {'),
    "replaced": ("---\n{title: x, AIGC: {a: 1}, b: c}\n---\n", '{title: x, "AIGC": {'),
    "twice": ("---\n{AIGC: 1, title: x, AIGC: {a: 1}}\n---\n", "title: x}"),
}


@pytest.mark.parametrize(("before", "part"), FLOW.values(), ids=FLOW.keys())
def test_front_matter_in_one_flow_mapping_is_edited_inside_its_braces(before, part):
    result = splice(before)
    assert part.replace('"AIGC"', "AIGC") in result.decode().replace('"AIGC"', "AIGC")
    (block,) = parse(result).blocks
    assert json.loads(block.payload) == RECORD


DROPPED = {
    "block": ("---\na: b # c\nAIGC:\n  Label: '1'\n# d\n---\nt", "---\na: b # c\n# d\n---\nt"),
    "flow": ("---\n{a: b, AIGC: {c: d}}\n---\n", "---\n{a: b}\n---\n"),
    "flow-first": ("---\n{AIGC: {c: d}, a: b}\n---\n", "---\n{a: b}\n---\n"),
}


@pytest.mark.parametrize(("before", "after"), DROPPED.values(), ids=DROPPED.keys())
def test_a_dropped_record_takes_only_its_own_lines(before, after):
    assert splice(before, text_entry=None).decode() == after


def test_nothing_to_do_leaves_the_bytes_alone():
    assert splice("---\nAIGC: {a: b}\n---\n", text_entry=None, drop=False) == b"---\nAIGC: {a: b}\n---\n"


REFUSED = {
    "toml": ("+++\ntitle = 'x'\n+++\ntext\n", ErrorCode.MEDIA_UNSUPPORTED),
    "broken-yaml": ("---\ntitle: [\n---\ntext\n", ErrorCode.MEDIA_MALFORMED),
    "anchor-in-the-old-record": ("---\nAIGC: &x {a: 1}\nb: *x\n---\n", None),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_front_matter_that_cannot_be_edited_is_refused_or_edited_soundly(text, code):
    if code is None:
        assert len(parse(splice(text)).blocks) == 1
        return
    with pytest.raises(MediaError) as caught:
        splice(text)
    assert caught.value.code is code


def test_xmp_is_refused():
    with pytest.raises(DeclarationError) as caught:
        markdown.splice(b"x", parse("x"), Changes(xmp=b"x"), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


VALUES = {
    "null-and-nested": b'{"Label":"1","ReservedCode1":null,"ReservedCode2":{"a":["b",null]}}',
    "hard-strings": json.dumps({"Label": "a\nb", "x y": "\x00\u2028", "z": "'\"#: \\"}).encode(),
    "duplicates": b'{"Label":"1","Label":"2"}',
    "empty": b"{}",
}


@pytest.mark.parametrize("payload", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("text", ["t\n", "---\na: b\n---\n", "---\n{a: b}\n---\n"], ids=["none", "block", "flow"])
def test_any_json_reads_back_as_it_was_given(payload, text):
    (block,) = parse(splice(text, text_entry=("AIGC", payload))).blocks
    pairs = {"object_pairs_hook": list}
    assert json.loads(block.payload, **pairs) == json.loads(payload, **pairs)


@pytest.mark.parametrize("depth", [33, 5_000], ids=["just-beyond", "hostile"])
def test_nesting_is_bounded(depth):
    with pytest.raises(LimitError) as caught:
        parse(f"---\nAIGC: {'[' * depth}\n---\n")
    assert caught.value.code is ErrorCode.LIMIT_NESTING


def test_front_matter_beyond_its_limit_is_none():
    text = f"---\nx: {'y' * 100}\nAIGC: {{a: b}}\n---\n"
    assert len(parse(text).blocks) == 1
    assert parse(text, Limits(front_matter_bytes=100)).blocks == ()


HOSTILE = {
    "newlines": "---\n" + "\n" * 200_000 + "AIGC: x\n---\n",
    "comments": "---\n" + "# c\n" * 60_000 + "AIGC: x\n---\n",
    "spaces": "---\n" + " " * 250_000 + "AIGC: x\n---\n",
    "anchors": "---\nAIGC: x\n" + "a: &x *y\n" * 25_000 + "---\n",
    "quotes": "---\nAIGC: x\na: '" + "\n" * 250_000 + "\n---\n",
    "questions": "---\nAIGC: x\n" + "? " * 120_000 + "\n---\n",
    "toml": "+++\n" + "a\n" * 500_000,
    "dashes": "---\n" * 200_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_front_matter_takes_bounded_time(text):
    began = time.process_time()
    with contextlib.suppress(LabelingError):
        parse(text)
    assert time.process_time() - began < 5


YAMLISH = st.text(st.sampled_from(list("-:#'\"{}[]&*!|>?%@ \t\n\r,~aAIGC1\\\ufeff人")), max_size=80)


@settings(max_examples=200, deadline=None)
@given(YAMLISH, YAMLISH)
def test_arbitrary_front_matter_raises_only_own_errors_and_keeps_the_body(inside, body):
    data = f"---\n{inside}AIGC: {body}\n---\n{body}".encode()
    try:
        result = splice(data)
    except LabelingError:
        return
    (block,) = parse(result).blocks
    assert json.loads(block.payload) == RECORD
    assert result.endswith(body.encode())


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(codec="gb18030"), min_size=1),
    st.sampled_from(
        [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")]
    ),
)
def test_a_text_without_front_matter_is_kept_byte_for_byte_behind_the_new_one(text, encoding):
    codec, mark = encoding
    data = mark + text.encode(codec)
    try:
        result = splice(data)
    except LabelingError:
        return
    assert result.startswith(mark)
    if not text.startswith(("---", "+++")):
        assert result.endswith(data[len(mark) :])
    assert splice(result) == result
