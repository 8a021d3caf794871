"""Where the functions of libwebp are looked for, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np
import pytest
from PIL import Image, _imaging

from labeling.errors import ErrorCode, MediaError
from labeling.visible.raster import _libwebp


@pytest.fixture(autouse=True)
def looked_up_again() -> Iterator[None]:
    _libwebp.library.cache_clear()
    yield
    _libwebp.library.cache_clear()


@pytest.mark.parametrize("origin", [None, "/nowhere/_webp.so", _imaging.__file__], ids=["none", "missing", "hidden"])
def test_a_pillow_that_hides_its_libwebp_has_none(origin: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("PIL._webp", None, origin=origin) if origin else None
    monkeypatch.setattr(_libwebp, "find_spec", lambda _: spec)
    assert _libwebp.library() is None


def test_another_byte_order_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libwebp.sys, "byteorder", "big")
    assert _libwebp.library() is None


def test_a_libwebp_with_another_interface_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libwebp, "_ENCODER_ABI", 0x0300)
    assert _libwebp.library() is None


def coded(**options: Any) -> np.ndarray:
    out = io.BytesIO()
    Image.new("RGBA", (20, 10), (10, 20, 30, 40)).save(out, "WEBP", **options)
    return np.frombuffer(out.getvalue(), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(19, 10), (20, 9), (1, 1)])
def test_a_picture_larger_than_announced_is_refused(width: int, height: int) -> None:
    if _libwebp.library() is None:
        pytest.skip("this Pillow does not hand on the functions of libwebp")
    for decode in (
        lambda: _libwebp.decode_planes(coded(), width, height, alpha=True),
        lambda: _libwebp.decode_planes(coded(), width, height, alpha=False),
        lambda: _libwebp.decode_packed(coded(lossless=True), width, height),
    ):
        with pytest.raises(MediaError) as caught:
            decode()
        assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_settings_that_libwebp_refuses_are_an_error_of_our_own() -> None:
    if _libwebp.library() is None:
        pytest.skip("this Pillow does not hand on the functions of libwebp")
    with pytest.raises(MediaError) as caught:
        _libwebp.encode_packed(np.zeros((4, 4, 4), np.uint8), {"quality": 20.0, "method": 77})
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED
