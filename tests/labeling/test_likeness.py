"""A file in memory that holds only what differs from another one."""

from __future__ import annotations

from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import _likeness
from labeling._likeness import Likeness

ORIGIN = bytes(range(256)) * 300

PIECES = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda at, size: ORIGIN[at : at + size], st.integers(0, 80_000), st.integers(0, 40_000)),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), PIECES),
        st.tuples(st.just("read"), st.integers(0, 50_000)),
        st.tuples(st.just("seek"), st.integers(-40_000, 100_000), st.sampled_from([SEEK_SET, SEEK_CUR, SEEK_END])),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(start=PIECES, steps=STEPS, buffered=st.booleans())
def test_it_is_a_file_like_any_other(start: bytes, steps: list[tuple], buffered: bool) -> None:
    likeness, model = Likeness(ORIGIN, start), BytesIO(start)
    file = likeness.buffered() if buffered else likeness
    for step in steps:
        if step[0] == "write":
            assert file.write(step[1]) == model.write(step[1])
        elif step[0] == "read":
            assert file.read(step[1]) == model.read(step[1])
        else:
            # BytesIO and files differ in what a place before the start is.
            base = {SEEK_SET: 0, SEEK_CUR: model.tell(), SEEK_END: len(model.getvalue())}[step[2]]
            assert file.seek(max(0, base + step[1])) == model.seek(max(0, base + step[1]))
    file.flush()
    assert likeness.getvalue() == model.getvalue()


def test_what_is_the_same_is_not_held() -> None:
    likeness = Likeness(ORIGIN, ORIGIN[:50_000] + b"#" + ORIGIN[50_001:] + b"more")
    assert len(likeness._own) == 2
    assert Likeness(ORIGIN, ORIGIN)._own == {}


@pytest.mark.parametrize("at", [0, 10, _likeness._BUFFER - 3, _likeness._BUFFER + 70_000])
def test_bytes_are_found_wherever_they_lie(at: int) -> None:
    origin = bytes(_likeness._BUFFER + 80_000)
    assert b"needle" in Likeness(origin, origin[:at] + b"needle" + origin[at + 6 :])
    assert b"needle" not in Likeness(origin, origin)


def test_a_place_before_the_start_is_the_start() -> None:
    likeness = Likeness(ORIGIN, b"abc")
    assert likeness.seek(-10, SEEK_CUR) == 0
    assert likeness.read(1) == b"a"
