"""Changes to a TIFF structure: nothing moves, nothing old stays."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import ifd
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Dialect
from labeling.ifd_edit import Draft, Occupancy, Value, build, integers, rewrite, table_spans
from labeling.limits import DEFAULT_LIMITS

LITTLE = Dialect("<")
DIALECTS = {"II": LITTLE, "MM": Dialect(">"), "BigTIFF": Dialect("<", big=True)}


def raw(data: bytes) -> Value:
    return Value(ifd.UNDEFINED, len(data), data)


def values(data: bytes) -> dict[str, dict[int, bytes]]:
    tree = ifd.read(data, DEFAULT_LIMITS)
    skipped = (ifd.EXIF_POINTER,)
    return {part.name: {e.tag: tree.raw(e) for e in part.entries if e.tag not in skipped} for part in tree.walk()}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_tags_are_added_replaced_and_taken_away_in_one_go(dialect: Dialect) -> None:
    before = build(dialect, {1: raw(b"a" * 20), 2: raw(b"b" * 20), 4: raw(b"inl")}, {9: raw(b"e" * 20)})
    tree = ifd.read(before, DEFAULT_LIMITS)
    after = rewrite(tree, {"IFD0": {1: None, 2: raw(b"B" * 30), 3: raw(b"c" * 20)}, "IFD0/Exif": {8: raw(b"f" * 20)}})
    assert values(after) == {
        "IFD0": {2: b"B" * 30, 3: b"c" * 20, 4: b"inl"},
        "IFD0/Exif": {8: b"f" * 20, 9: b"e" * 20},
    }
    assert b"aaa" not in after
    assert b"bbb" not in after


def test_entries_stay_sorted_by_tag() -> None:
    before = build(LITTLE, {5: raw(b"five"), 9: raw(b"nine")}, {})
    after = rewrite(ifd.read(before, DEFAULT_LIMITS), {"IFD0": {7: raw(b"seven"), 1: raw(b"one")}})
    assert [e.tag for e in ifd.read(after, DEFAULT_LIMITS).chain[0].entries] == [1, 5, 7, 9]


def test_a_removal_keeps_the_length_and_the_chain() -> None:
    first = build(LITTLE, {1: raw(b"a" * 20), 2: raw(b"b" * 20)}, {})
    root = ifd.read(first, DEFAULT_LIMITS).chain[0]
    second = LITTLE.counter.pack(1) + LITTLE.entry.pack(3, ifd.LONG, 1, LITTLE.offset(33)) + LITTLE.offset(0)
    before = first[: root.end - 4] + LITTLE.offset(len(first)) + first[root.end :] + second
    after = rewrite(ifd.read(before, DEFAULT_LIMITS), {"IFD0": {1: None}})
    assert len(after) == len(before)
    assert values(after) == {"IFD0": {2: b"b" * 20}, "IFD1": {3: LITTLE.offset(33)}}


def test_a_directory_that_moves_takes_the_pointers_of_the_next_one_with_it() -> None:
    first = build(LITTLE, {1: raw(b"a" * 20)}, {})
    root = ifd.read(first, DEFAULT_LIMITS).chain[0]
    second = LITTLE.counter.pack(1) + LITTLE.entry.pack(3, ifd.LONG, 1, LITTLE.offset(33)) + LITTLE.offset(0)
    before = first[: root.end - 4] + LITTLE.offset(len(first)) + first[root.end :] + second
    after = rewrite(ifd.read(before, DEFAULT_LIMITS), {"IFD0": {2: raw(b"two")}, "IFD1": {4: raw(b"four")}})
    assert values(after) == {"IFD0": {1: b"a" * 20, 2: b"two"}, "IFD1": {3: LITTLE.offset(33), 4: b"four"}}


def test_a_shared_value_is_refused() -> None:
    before = bytearray(build(LITTLE, {1: raw(b"a" * 20), 2: raw(b"b" * 20)}, {}))
    one, two = ifd.read(bytes(before), DEFAULT_LIMITS).chain[0].entries
    before[two.at + 8 : two.at + 12] = struct.pack("<I", one.value_at + 4)
    with pytest.raises(MediaError) as caught:
        rewrite(ifd.read(bytes(before), DEFAULT_LIMITS), {"IFD0": {1: raw(b"new")}})
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_an_old_value_outside_the_data_is_refused() -> None:
    before = bytearray(build(LITTLE, {1: raw(b"a" * 20)}, {}))
    (entry,) = ifd.read(bytes(before), DEFAULT_LIMITS).chain[0].entries
    before[entry.at + 8 : entry.at + 12] = struct.pack("<I", 1 << 20)
    with pytest.raises(MediaError) as caught:
        rewrite(ifd.read(bytes(before), DEFAULT_LIMITS), {"IFD0": {1: raw(b"new")}})
    assert caught.value.code is ErrorCode.MEDIA_TRUNCATED


def test_integers_are_written_in_the_order_of_the_structure() -> None:
    assert integers(Dialect(">"), ifd.SHORT, [1, 2]).data == b"\0\x01\0\x02"


@pytest.mark.parametrize(
    ("span", "alone"),
    [((0, 10), True), ((10, 20), True), ((20, 30), False), ((25, 26), False), ((9, 11), False), ((40, 50), False)],
)
def test_occupancy_knows_what_belongs_to_one_thing(span: tuple[int, int], alone: bool) -> None:
    occupancy = Occupancy([(0, 10), (10, 20), (20, 30), (25, 28), (33, 33)])
    assert occupancy.alone(*span) is alone


def test_table_spans_cover_header_tables_and_values() -> None:
    data = build(LITTLE, {1: raw(b"a" * 20)}, {})
    assert sum(end - start for start, end in table_spans(ifd.read(data, DEFAULT_LIMITS))) == len(data)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 70_000),
    st.lists(st.tuples(st.integers(0, 69_999), st.binary(max_size=40_000)), max_size=6),
    st.lists(st.binary(max_size=9), max_size=3),
)
def test_a_draft_does_what_a_bytearray_does(length: int, writes: list[tuple[int, bytes]], added: list[bytes]) -> None:
    source = bytes(i * 7 % 251 for i in range(length))
    draft, model = Draft(memoryview(source)), bytearray(source)
    for start, data in writes:
        at = min(start, length)
        draft.overwrite(at, data[: length - at])
        model[at : at + len(data[: length - at])] = data[: length - at]
    assert draft.read(length // 3, length // 2) == model[length // 3 : length // 3 + length // 2]
    for more in added:
        model += b"\0" * (len(model) % 2)
        assert draft.append(more) == len(model)
        model += more
    assert draft.finish() == bytes(model)
    assert source == bytes(i * 7 % 251 for i in range(length))
