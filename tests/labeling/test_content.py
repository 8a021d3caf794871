"""The bytes of a file in memory and in a stream are the same bytes, and no more is read than is asked for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.content import StreamContent, as_content, whole
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits

DATA = bytes(range(256)) * 4


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1100), st.integers(0, 1100) | st.none())
def test_a_stream_slices_as_bytes_do(start: int, stop: int | None) -> None:
    assert StreamContent(io.BytesIO(DATA))[start:stop] == DATA[start:stop]


def test_a_file_slices_as_bytes_do(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    for buffering in (0, -1):
        with path.open("rb", buffering=buffering) as stream:
            content = StreamContent(stream)
            assert len(content) == len(DATA)
            assert content[10:20] + content[1020:2000] + content[5:5] == DATA[10:20] + DATA[1020:]


def test_bytes_are_content_already() -> None:
    assert as_content(DATA) is DATA
    assert whole(DATA, Limits()) is DATA


def test_a_file_that_shrinks_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb") as stream:
        content = StreamContent(stream)
        path.write_bytes(DATA[:100])
        with pytest.raises(MediaError) as caught:
            content[90:200]
    assert caught.value.code is ErrorCode.MEDIA_TRUNCATED


def test_nothing_is_read_of_a_file_above_the_limit() -> None:
    with pytest.raises(LimitError) as caught:
        whole(StreamContent(io.BytesIO(DATA)), Limits(file_bytes=len(DATA) - 1))
    assert caught.value.code is ErrorCode.LIMIT_BYTES
