"""Reading the quantiser of an AV1 key frame."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.visible.raster._av1_header import read_base_quantiser


def coded(width: int, height: int, frames: int = 1, **options: object) -> bytes:
    """The OBUs of a picture; AVIF files of this encoder start them with an empty temporal delimiter."""
    out = io.BytesIO()
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    extra = (
        {"save_all": True, "append_images": [picture.rotate(90)] * (frames - 1), "duration": 9} if frames > 1 else {}
    )
    picture.save(out, "AVIF", speed=10, **extra, **options)
    data = out.getvalue()
    return data[data.index(b"\x12\x00\x0a") :]


#: quantizer_to_qindex of libaom at the quantisers that libavif makes of these qualities.
EXPECTED = {0: 255, 25: 208, 50: 148, 75: 76, 100: 0}


@pytest.mark.parametrize("quality", EXPECTED)
@pytest.mark.parametrize(
    ("width", "height", "options"),
    [
        (64, 64, {}),
        (33, 17, {"subsampling": "4:4:4"}),
        (70, 300, {"subsampling": "4:2:2"}),
        (600, 200, {"tile_cols": 1, "tile_rows": 1, "autotiling": False}),
    ],
    ids=["plain", "4:4:4", "4:2:2", "tiles"],
)
def test_the_quantiser_of_a_still_is_read(quality: int, width: int, height: int, options: dict[str, object]) -> None:
    assert read_base_quantiser(coded(width, height, quality=quality, **options)[:512]) == EXPECTED[quality]


def test_the_quantiser_of_a_picture_wider_than_a_tile_is_read() -> None:
    assert read_base_quantiser(coded(4200, 16, quality=50)[:512]) == EXPECTED[50]


def test_a_sequence_has_a_full_header_that_is_read() -> None:
    indices = [read_base_quantiser(coded(64, 48, frames=3, quality=quality)[:512]) for quality in (10, 40, 70, 100)]
    assert None not in indices
    assert indices == sorted(indices, reverse=True)
    assert indices[-1] == 0


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_give_an_index_or_nothing(data: bytes) -> None:
    found = read_base_quantiser(b"\x12\x00\x0a\x0b" + data)
    assert found is None or 0 <= found <= 255
