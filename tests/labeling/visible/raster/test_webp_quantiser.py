"""Reading the quantisers of VP8 back, and finding the encoder setting that repeats them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.visible.raster._webp_quantiser import BoolDecoder, Quantisers, matching_quality, read_quantisers


def coded(quality: float, method: int = 4) -> bytes:
    """The VP8 payload of a picture with a flat, a soft and a noisy part, so that libwebp makes segments."""
    rng = np.random.default_rng(5)
    pixels = np.full((160, 160, 3), 90, np.uint8)
    pixels[:, 60:110] = np.linspace(0, 255, 50, dtype=np.uint8)[None, :, None]
    pixels[:, 110:] = rng.integers(0, 256, (160, 50, 3))
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality, method=method)
    return out.getvalue()[20:]


@pytest.mark.parametrize("method", [0, 4, 6])
@pytest.mark.parametrize("quality", [1, 10, 25, 50, 74, 76, 80, 90, 95, 100])
def test_the_quality_of_a_picture_is_found_again(quality: int, method: int) -> None:
    assert matching_quality(read_quantisers(coded(quality, method))) == pytest.approx(quality, abs=4)


def test_a_finer_picture_has_finer_quantisers() -> None:
    indices = [read_quantisers(coded(quality)).base for quality in (10, 40, 70, 90, 100)]
    assert indices == sorted(indices, reverse=True)
    assert indices[-1] == 0


def test_segments_are_read_with_their_shares() -> None:
    quantisers = read_quantisers(coded(50))
    assert len(quantisers.indices) == len(quantisers.shares) == 4
    assert len(set(quantisers.indices)) > 1
    assert sum(quantisers.shares) == pytest.approx(1)
    assert quantisers.base in quantisers.indices


@pytest.mark.parametrize(("index", "quality"), [(0, 100), (127, 0)])
def test_the_ends_of_the_scale_meet(index: int, quality: int) -> None:
    assert matching_quality(Quantisers(index, (index,), (1.0,))) == pytest.approx(quality, abs=0.01)


def encode_bools(bits: list[tuple[int, int]]) -> bytes:
    """The encoder of RFC 6386, section 7.3, with plain integers in place of carries: (value, probability) pairs."""
    low, width, shift = 0, 255, 0
    for value, probability in bits:
        split = 1 + (((width - 1) * probability) >> 8)
        low, width = (low + split, width - split) if value else (low, split)
        while width < 128:
            low, width, shift = low << 1, width << 1, shift + 1
    total = shift + 8
    return (low << (-total % 8)).to_bytes(-(-total // 8), "big")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 255)), max_size=200))
def test_booleans_are_decoded_as_they_were_coded(bits: list[tuple[int, int]]) -> None:
    decoder = BoolDecoder(encode_bools(bits))
    assert [decoder.bit(probability) for _, probability in bits] == [value for value, _ in bits]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_quality_in_range(data: bytes) -> None:
    assert 0 <= matching_quality(read_quantisers(data)) <= 100
