"""Size, place and refusals of the visible label on pictures."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import ImageNotice, Place
from labeling.visible.glyphs import ink_height, render
from labeling.visible.layout import lay_out


def refusal(width: int, height: int, **options: object) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        lay_out(width, height, ImageNotice(**options))  # type: ignore[arg-type]
    return caught.value


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.sampled_from(list(Place)),
    st.sampled_from(["AI生成", "AI生成 AI-generated", "人工智能生成合成"]),
    st.floats(0.05, 0.2),
)
def test_a_label_is_whole_inside_and_high_enough_or_refused(
    width: int, height: int, place: Place, words: str, ratio: float
) -> None:
    notice = ImageNotice(words=words, place=place, ink_ratio=ratio)
    try:
        layout = lay_out(width, height, notice)
    except DeclarationError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.code is ErrorCode.NO_ROOM
        smallest = refused.params["minimum_width"], refused.params["minimum_height"]
        assert lay_out(*smallest, notice).ink_height >= 0.05 * min(smallest)
        return
    box = layout.stamp.box
    assert box.x >= 0
    assert box.y >= 0
    assert box.right <= width
    assert box.bottom <= height
    assert layout.ink_height >= 0.05 * min(width, height)
    assert layout.stamp.ink.shape == layout.stamp.plate.shape == (box.height, box.width)


@pytest.mark.parametrize("side", [64, 200, 512, 1024, 3000])
def test_the_measured_height_is_that_of_the_mask(side: int) -> None:
    layout = lay_out(side, side, ImageNotice(words="AI生成"))
    whole = ink_height(np.asarray(layout.stamp.ink))
    assert layout.lines == 1
    assert layout.ink_height <= whole <= layout.ink_height * 1.2
    assert layout.ink_height >= 0.055 * side


def test_the_default_is_close_to_its_aim() -> None:
    assert lay_out(2000, 1500, ImageNotice()).ink_height == pytest.approx(0.055 * 1500, abs=1.5)


@pytest.mark.parametrize(
    ("place", "horizontal", "vertical"),
    [
        (Place.TOP_LEFT, "left", "top"),
        (Place.TOP, "middle", "top"),
        (Place.TOP_RIGHT, "right", "top"),
        (Place.LEFT, "left", "middle"),
        (Place.RIGHT, "right", "middle"),
        (Place.BOTTOM_LEFT, "left", "bottom"),
        (Place.BOTTOM, "middle", "bottom"),
        (Place.BOTTOM_RIGHT, "right", "bottom"),
    ],
    ids=[
        place.value
        for place in (
            Place.TOP_LEFT,
            Place.TOP,
            Place.TOP_RIGHT,
            Place.LEFT,
            Place.RIGHT,
            Place.BOTTOM_LEFT,
            Place.BOTTOM,
            Place.BOTTOM_RIGHT,
        )
    ],
)
def test_places(place: Place, horizontal: str, vertical: str) -> None:
    box = lay_out(1000, 800, ImageNotice(place=place)).stamp.box
    margin = 16
    across = {"left": margin, "middle": (1000 - box.width) / 2, "right": 1000 - margin - box.width}
    down = {"top": margin, "middle": (800 - box.height) / 2, "bottom": 800 - margin - box.height}
    assert box.x == pytest.approx(across[horizontal], abs=1)
    assert box.y == pytest.approx(down[vertical], abs=1)


def test_two_lines_where_one_does_not_fit() -> None:
    layout = lay_out(70, 200, ImageNotice(words="AI生成 AI-generated"))
    assert layout.lines == 2
    assert layout.stamp.box.width <= 70


def test_a_wish_that_does_not_fit_falls_back_to_the_least_height() -> None:
    wide = lay_out(130, 200, ImageNotice(words="AI生成 AI-generated", ink_ratio=0.2))
    assert 0.05 * 130 <= wide.ink_height < 0.2 * 130


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 4000), (4000, 1), (20, 20)])
def test_no_room_names_the_smallest_picture(width: int, height: int) -> None:
    error = refusal(width, height)
    assert error.code is ErrorCode.NO_ROOM
    assert error.params["minimum_width"] >= width
    assert error.params["minimum_height"] >= height
    lay_out(error.params["minimum_width"], error.params["minimum_height"], ImageNotice())


def test_a_height_below_the_rule_is_refused_with_the_number() -> None:
    error = refusal(1000, 1000, ink_ratio=0.049)
    assert error.code is ErrorCode.HEIGHT_BELOW_MINIMUM
    assert error.params == {"ink_ratio": 0.049, "minimum": 0.05}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("AI", ErrorCode.WORDS_MISSING_ELEMENT),
        ("机器生成", ErrorCode.WORDS_MISSING_ELEMENT),
        ("AI-generated", ErrorCode.WORDS_MISSING_ELEMENT),
        ("智能创作", ErrorCode.WORDS_MISSING_ELEMENT),
        ("", ErrorCode.WORDS_MISSING_ELEMENT),
        ("AI生成\n", ErrorCode.OPTION_OUT_OF_RANGE),
        ("AI生成" + "啊" * 80, ErrorCode.OPTION_OUT_OF_RANGE),
        ("AI生成\U0001f600", ErrorCode.WORDS_NOT_DRAWABLE),
    ],
)
def test_words_that_break_a_rule_are_refused(words: str, code: ErrorCode) -> None:
    assert refusal(1000, 1000, words=words).code is code


@pytest.mark.parametrize("words", ["AI生成", "人工智能合成", "由AI生成", "ＡＩ生成", "本图由 ai 合成"])
def test_words_with_both_elements_pass(words: str) -> None:
    assert lay_out(1000, 1000, ImageNotice(words=words)).ink_height >= 50


@pytest.mark.parametrize(
    "option",
    [{"plate_opacity": 1.2}, {"margin": -0.1}, {"ink_colour": (0, 0, 256)}, {"ink_ratio": 0.9}],
    ids=["opacity", "margin", "colour", "ratio"],
)
def test_options_out_of_range_are_refused_with_the_range(option: dict[str, object]) -> None:
    error = refusal(1000, 1000, **option)
    assert error.code is ErrorCode.OPTION_OUT_OF_RANGE
    assert {"option", "value", "minimum", "maximum"} <= set(error.params)


def test_not_a_number_is_refused() -> None:
    assert refusal(1000, 1000, ink_ratio=float("nan")).code is ErrorCode.OPTION_OUT_OF_RANGE


def test_nothing_is_clipped() -> None:
    mask, _ = render(("AI生成gjpqÅ",), 60)
    assert mask[0].any()
    assert mask[-1].any()
    assert mask[:, 0].any()
    assert mask[:, -1].any()
    larger, _ = render(("AI生成gjpqÅ",), 120)
    assert larger.shape[0] == pytest.approx(2 * mask.shape[0], rel=0.05)
    assert larger.shape[1] == pytest.approx(2 * mask.shape[1], rel=0.05)


def test_words_of_one_letter_kind_are_not_split_into_nothing() -> None:
    assert lay_out(34, 60, ImageNotice(words="AI 生成")).lines in (1, 2)


def test_words_that_are_far_too_wide_are_refused_without_drawing_them() -> None:
    started = time.perf_counter()
    error = refusal(8192, 8192, words="AI生成" + "啊" * 60, ink_ratio=0.2)
    assert error.code is ErrorCode.NO_ROOM
    assert time.perf_counter() - started < 10
