"""Blending: contrast on every background, colour space and orientation; nothing changes outside the masks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import ImageNotice
from labeling.visible.layout import lay_out
from labeling.visible.stamp import ColourSpace, Stamp, colour_contrast, require_contrast

CHANNELS = {
    ColourSpace.GREY: 1,
    ColourSpace.GREY_ALPHA: 2,
    ColourSpace.RGB: 3,
    ColourSpace.RGBA: 4,
    ColourSpace.YCBCR: 3,
    ColourSpace.CMYK: 4,
}


def stamp(**options: object) -> Stamp:
    return lay_out(400, 300, ImageNotice(**options)).stamp  # type: ignore[arg-type]


def backgrounds(shape: tuple[int, ...], white: int) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(7).integers(0, white + 1, shape)
    ramp = np.broadcast_to(np.linspace(0, white, shape[1])[None, :, None], shape)
    return {"black": np.zeros(shape), "white": np.full(shape, white), "noise": noise, "ramp": ramp}


@pytest.mark.parametrize("space", list(ColourSpace))
@pytest.mark.parametrize(("white", "dtype"), [(255, np.uint8), (65535, np.uint16)], ids=["8-bit", "16-bit"])
@pytest.mark.parametrize("background", ["black", "white", "noise", "ramp"])
def test_contrast_holds_on_every_background(space: ColourSpace, white: int, dtype: type, background: str) -> None:
    drawn = stamp()
    region = backgrounds((*drawn.ink.shape, CHANNELS[space]), white)[background].astype(dtype)
    pixels, contrast = drawn.blend(region, space, white)
    assert pixels.dtype == dtype
    assert pixels.shape == region.shape
    assert contrast >= 4.5
    assert contrast == pytest.approx(drawn.contrast(pixels, space, white))


def test_transparent_ground_becomes_opaque_under_the_plate() -> None:
    drawn = stamp()
    pixels, _ = drawn.blend(np.zeros((*drawn.ink.shape, 4), np.uint8), ColourSpace.RGBA)
    assert (pixels[drawn.plate == 255][:, 3] == 255).all()


def test_pixels_outside_the_masks_keep_their_values() -> None:
    drawn = stamp()
    region = np.random.default_rng(1).integers(0, 256, (*drawn.ink.shape, 4)).astype(np.uint8)
    pixels, _ = drawn.blend(region, ColourSpace.RGBA)
    outside = (drawn.ink == 0) & (drawn.plate == 0)
    assert outside.any()
    assert (pixels[outside] == region[outside]).all()


def test_a_label_that_cannot_be_read_is_refused_with_the_number() -> None:
    drawn = stamp(plate_opacity=0.0)
    _, contrast = drawn.blend(np.full((*drawn.ink.shape, 3), 230, np.uint8), ColourSpace.RGB)
    with pytest.raises(DeclarationError) as caught:
        require_contrast(contrast)
    assert caught.value.code is ErrorCode.CONTRAST_BELOW_MINIMUM
    assert caught.value.params["contrast"] < 4.5 == caught.value.params["minimum"]


def test_contrast_of_two_colours_is_that_of_wcag() -> None:
    assert colour_contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert colour_contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_viewer_sees_the_stamp_where_it_was_laid_out(orientation: int) -> None:
    stored = (300, 400) if orientation >= 5 else (400, 300)
    drawn = stamp()
    turned = drawn.oriented(orientation, *stored)
    canvas = np.zeros(stored[::-1], np.uint8)
    box = turned.box
    canvas[box.y : box.bottom, box.x : box.right] = turned.ink
    picture = Image.fromarray(canvas)
    picture.getexif()[0x0112] = orientation
    seen = np.asarray(ImageOps.exif_transpose(picture))
    wanted = np.zeros((300, 400), np.uint8)
    wanted[drawn.box.y : drawn.box.bottom, drawn.box.x : drawn.box.right] = drawn.ink
    assert (seen == wanted).all()


def test_hard_masks_hold_the_ink_inside_the_plate() -> None:
    ink, plate = stamp().two_colour()
    assert set(np.unique(ink)) == {0, 1}
    assert (plate[ink == 1] == 1).all()
