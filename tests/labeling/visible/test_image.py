"""The visible label after lossy coding: legible on the final pixels, or refused with the number."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from labeling.containers import container_for
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format, ImageMark, ImageNotice
from labeling.visible.image import draw
from labeling.visible.layout import lay_out
from labeling.visible.stamp import ColourSpace

GROUNDS = {
    "white": lambda size: Image.new("RGB", size, "white"),
    "noise": lambda size: Image.effect_noise(size, 200).convert("RGB"),
}


def coded(ground: str, size: tuple[int, int], fmt: Format, quality: int) -> bytes:
    out = io.BytesIO()
    GROUNDS[ground](size).save(out, str(fmt), quality=quality)
    return out.getvalue()


def drawn(data: bytes, fmt: Format, notice: ImageNotice) -> tuple[Image.Image, ImageMark]:
    container = container_for(fmt)
    assert container is not None
    result, mark = draw(data, container.parse(data, DEFAULT_LIMITS), 1, notice, DEFAULT_LIMITS)
    return Image.open(io.BytesIO(result)).convert("RGB"), mark


def measured(picture: Image.Image, notice: ImageNotice) -> float:
    """Contrast of nine tenths of the ink against nine tenths of what lies behind it."""
    stamp = lay_out(*picture.size, notice).stamp
    region = picture.crop((stamp.box.x, stamp.box.y, stamp.box.right, stamp.box.bottom))
    return stamp.contrast(np.asarray(region), ColourSpace.RGB, aside=0.1)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("size", [(200, 150), (640, 480)], ids=["small", "medium"])
@pytest.mark.parametrize(
    ("fmt", "quality"),
    [
        *((Format.JPEG, quality) for quality in (20, 30, 50, 75, 90)),
        *((Format.WEBP, quality) for quality in (1, 20, 80)),
        *((Format.AVIF, quality) for quality in (20, 60)),
    ],
)
def test_the_label_keeps_its_contrast_through_coarse_coding(
    fmt: Format, quality: int, size: tuple[int, int], ground: str
) -> None:
    picture, mark = drawn(coded(ground, size, fmt, quality), fmt, ImageNotice())
    assert mark.contrast >= 4.5
    assert measured(picture, ImageNotice()) >= 4.5


def test_coarse_coding_makes_the_plate_opaque_and_fine_coding_does_not() -> None:
    darkest = []
    for quality in (20, 90):
        picture, mark = drawn(coded("white", (200, 150), Format.JPEG, quality), Format.JPEG, ImageNotice())
        box = mark.box
        plate = picture.convert("L").crop((box.x + 3, box.y + 1, box.right - 3, box.y + 3))
        darkest.append(np.median(np.asarray(plate)))
    assert darkest[0] < 20
    assert 65 < darkest[1] < 90


@pytest.mark.parametrize("notice", [ImageNotice(), ImageNotice(plate_opacity=1.0)], ids=["default", "opaque"])
def test_a_label_that_coding_makes_illegible_is_refused_with_the_number(notice: ImageNotice) -> None:
    with pytest.raises(DeclarationError) as caught:
        drawn(coded("noise", (200, 150), Format.JPEG, 3), Format.JPEG, notice)
    assert caught.value.code is ErrorCode.CONTRAST_BELOW_MINIMUM
    assert caught.value.params["contrast"] < 4.5


def test_a_larger_label_outlives_the_same_coding() -> None:
    _, mark = drawn(coded("noise", (200, 150), Format.JPEG, 10), Format.JPEG, ImageNotice(ink_ratio=0.12))
    assert mark.contrast >= 4.5
