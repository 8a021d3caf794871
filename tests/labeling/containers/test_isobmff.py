"""Walking over boxes and stepping over parts, whatever the bytes come from."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers._isobmff import Fields, IsoBox, walk
from labeling.containers._stepping import FREE, LEAST_AVERAGE, ReadAhead, Steps
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from tests.labeling.iso_files import XMP_UUID, box, rest, wide

LAID_OUT = box(b"free", b"12") + wide(b"mdat", b"345") + box(b"uuid", XMP_UUID, b"6") + rest(b"skip", b"78")


def stream(data: bytes) -> StreamContent:
    return StreamContent(io.BytesIO(data))


def test_boxes_are_told_with_their_bodies() -> None:
    boxes = walk(LAID_OUT, 0, len(LAID_OUT), DEFAULT_LIMITS)
    assert [(box.kind, LAID_OUT[box.body : box.end]) for box in boxes] == [
        (b"free", b"12"),
        (b"mdat", b"345"),
        (b"uuid", b"6"),
        (b"skip", b"78"),
    ]
    assert boxes[2] == IsoBox(b"uuid", 29, 53, 54, XMP_UUID)


def test_a_stream_is_walked_like_bytes() -> None:
    assert walk(stream(LAID_OUT), 0, len(LAID_OUT), DEFAULT_LIMITS) == walk(LAID_OUT, 0, len(LAID_OUT), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\0\0\0", ErrorCode.MEDIA_MALFORMED),
        (b"\0\0\0\7free", ErrorCode.MEDIA_MALFORMED),
        (b"\0\0\0\x09free", ErrorCode.MEDIA_TRUNCATED),
        (b"\0\0\0\1free", ErrorCode.MEDIA_MALFORMED),
        (b"\0\0\0\1free" + (15).to_bytes(8, "big"), ErrorCode.MEDIA_MALFORMED),
        (b"\0\0\0\x10uuid" + bytes(8), ErrorCode.MEDIA_MALFORMED),
        (box(b"uuid", bytes(15)), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["stub", "small", "cut", "no 64-bit size", "small 64-bit size", "cut type", "short type"],
)
def test_a_box_that_is_none_is_a_named_error(data: bytes, code: ErrorCode) -> None:
    for content in (data, stream(data)):
        with pytest.raises(MediaError) as caught:
            walk(content, 0, len(data), DEFAULT_LIMITS)
        assert caught.value.code is code


def test_the_number_of_boxes_is_bounded() -> None:
    data = box(b"free") * 5
    assert len(walk(data, 0, len(data), Limits(items=5))) == 5
    with pytest.raises(LimitError):
        walk(data, 0, len(data), Limits(items=4))


@pytest.mark.parametrize(
    ("data", "text", "at"),
    [
        (b"word\0more", "word", 5),
        (b"word", "word", 4),
        (b"\0", "", 1),
        (b"", "", 0),
        ("长".encode() * 2000 + b"\0x", "长" * 2000, 6001),
        (b"x" * 5000, "x" * 5000, 5000),
    ],
    ids=["ended", "open", "empty", "nothing", "long", "long and open"],
)
def test_a_text_ends_with_a_zero_or_with_its_box(data: bytes, text: str, at: int) -> None:
    for content in (data, stream(data)):
        fields = Fields(content, 0, len(data))
        assert (fields.text(), fields.at) == (text, at)


def test_a_field_past_the_end_is_a_named_error() -> None:
    fields = Fields(stream(b"123456"), 1, 4)
    assert fields.number(2) == int.from_bytes(b"23", "big")
    with pytest.raises(MediaError) as caught:
        fields.take(2)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 64)), max_size=30))
def test_reading_ahead_changes_no_byte(places: list[tuple[int, int]]) -> None:
    data = bytes(range(251)) * 60
    ahead = ReadAhead(stream(data))
    for start, count in places:
        assert ahead.piece(start, count) == data[start : start + count]


def allowed(spacing: int, most: int) -> int:
    """How many parts, `spacing` bytes apart, are stepped over."""
    steps = Steps(most)
    for count in range(3 * FREE):
        try:
            steps.take(count * spacing)
        except LimitError:
            return count
    return 3 * FREE


@pytest.mark.parametrize(
    ("spacing", "most", "steps"),
    [(1, 1_000_000, FREE + FREE // (LEAST_AVERAGE - 1)), (2 * LEAST_AVERAGE, 1_000_000, 3 * FREE), (99, 50, 50)],
    ids=["small parts", "ordinary parts", "a smaller bound"],
)
def test_small_parts_may_be_fewer_than_ordinary_ones(spacing: int, most: int, steps: int) -> None:
    assert abs(allowed(spacing, most) - steps) <= 1
