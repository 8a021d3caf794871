"""Which stretch of a text, or of foreign bytes, is taken for a record before anything of it is parsed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.record_text import means_a_record, names_a_record, object_text, stretches

BARE = '{"Label":"1","ProduceID":"x"}'


@pytest.mark.parametrize(
    "text",
    [
        BARE,
        f'{{"AIGC": {BARE}}}',
        f"AIGC{BARE}",
        f"AIGC: {BARE}",
        f'"AIGC"={BARE}',
        f"aigc = {BARE}",
        f"\ufeff\0 {BARE}",
        f"Comment={BARE}",
        BARE.replace('"', "'"),
        BARE.replace('"', '\\"'),
        '{"AIGC": ',
        "AIGC{",
        '{"ReservedCode1":{},"Label":1',
    ],
)
def test_what_means_to_be_a_record(text: str) -> None:
    assert means_a_record(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AIGC",
        "AIGC video of a cat",
        "made with AIGC {tools}",
        '{"Label":"1"}',
        '{"Label":"1","Label":"2"}',
        '{"label":"1","produceid":"2"}',
        '{"nodes":[],"prompt":"Label, ProduceID"}',
        f"write something like {BARE}",
        '{"aigc_label_type":1}',
    ],
)
def test_what_does_not(text: str) -> None:
    assert not means_a_record(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"AIGC={BARE} and more", BARE),
        (BARE + "}", BARE),
        ('{"a":"}"}', '{"a":"}"}'),
        ('{"a":{"b":1}', '{"a":{"b":1}'),
        ('{"a":1\0\0', '{"a":1'),
        ("nothing", "nothing"),
    ],
)
def test_the_object_of_a_text(text: str, found: str) -> None:
    assert object_text(text) == found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", []),
        (BARE.encode(), [BARE]),
        (f"xx AIGC{BARE}yy".encode(), [f"AIGC{BARE}"]),
        (f'\0{{"AIGC": {BARE}}}\0{BARE}'.encode(), [f'{{"AIGC": {BARE}}}', BARE]),
        (f"AIGC\0\0{BARE}".encode(), [f"AIGC\0\0{BARE}"]),
        ("标识AIGC:{}".encode(), ["AIGC:{}"]),
        (f"AIGC{BARE[:-1]}\0rest".encode(), [f"AIGC{BARE[:-1]}"]),
        (b"XAIGC{} AIGCX{} AIGC {tools}", ["AIGC {tools}"]),
        (b'{"Label":"1"}{"Label":"2"} ContentProducer', []),
        (b"\xff\xfe" + BARE.encode("utf-16-le"), []),
    ],
    ids=["empty", "bare", "named", "two", "zeros", "chinese", "cut", "words", "one-field", "utf-16"],
)
def test_records_among_other_bytes(raw: bytes, found: list[str]) -> None:
    spans = list(stretches(raw, DEFAULT_LIMITS))
    assert [raw[one.start : one.end].decode() for one in spans] == found
    assert all(raw[one.object_start : one.object_start + 1] == b"{" for one in spans)


def test_not_more_records_than_the_limit_allows_are_told() -> None:
    assert len(list(stretches(b"AIGC{}" * 50, Limits(records=7)))) == 7


@pytest.mark.parametrize("raw", [b"AIGC", b"xx contentproducer", b'"ProduceID"'])
def test_a_word_of_a_record_is_seen_in_any_case(raw: bytes) -> None:
    assert names_a_record(raw)
    assert not names_a_record(raw[:-2])


HOSTILE = [b"AIGC" * 50_000, b"AIGC{" * 40_000, b'{"Label":' * 20_000, b'{"AIGC":{' * 20_000, b'AIGC{"\\' * 30_000]


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: repr(raw[:9]))
def test_hostile_bytes_take_linear_time(raw: bytes) -> None:
    started = time.perf_counter()
    list(stretches(raw + b"ProduceID", DEFAULT_LIMITS))
    means_a_record(raw.decode("latin-1"))
    assert time.perf_counter() - started < 4


PIECES = st.sampled_from(["AIGC", '"', "{", "}", ":", "=", "\0", " ", '"Label"', '"ProduceID"', "\\", "中", BARE])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_stretches_lie_one_behind_the_other(text: str) -> None:
    raw, at = text.encode(), 0
    for one in stretches(raw, DEFAULT_LIMITS):
        assert at <= one.start <= one.object_start < one.end <= len(raw)
        at = one.end
    means_a_record(text)
    assert object_text(text) in text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60).filter(lambda raw: b"{" not in raw))
def test_a_record_is_found_among_any_bytes(behind: bytes, before: bytes) -> None:
    raw = before + b"\0AIGC" + BARE.encode() + behind
    first = next(stretches(raw, DEFAULT_LIMITS))
    assert raw[first.object_start : first.end] == BARE.encode()
