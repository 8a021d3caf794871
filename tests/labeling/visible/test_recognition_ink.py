"""Measuring ink, finding connected pieces, telling grounds and looks apart, and places: what needs no models."""

from __future__ import annotations

import numpy as np
import pylopdf_fonts_zh_cn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw, ImageFont

from labeling.model import Box, Place
from labeling.visible._seeing_grounds import grounds
from labeling.visible._seeing_ink import by_colour, by_light
from labeling.visible._seeing_look import look_of, same_look
from labeling.visible._seeing_places import AT_SIDE, bounds, neighbours, place_of, stacked
from labeling.visible._seeing_regions import pieces, regions

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def font(em: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), em)


def line(words: str, em: int, ink: tuple[int, int, int], ground: tuple[int, int, int]) -> tuple[Image.Image, int]:
    """A line with a rim as the detector leaves one, and the ink height of its tallest glyph."""
    box = font(em).getbbox(words)
    rim = em // 3
    image = Image.new("RGB", (int(box[2] - box[0]) + 2 * rim, int(box[3] - box[1]) + 2 * rim), ground)
    ImageDraw.Draw(image).text((rim - box[0], rim - box[1]), words, fill=ink, font=font(em))
    return image, max(tallest(glyph, em) for glyph in words)


def tallest(glyph: str, em: int) -> int:
    mask = Image.new("L", (2 * em, 2 * em))
    ImageDraw.Draw(mask).text((em // 2, em // 4), glyph, fill=255, font=font(em))
    rows = np.flatnonzero((np.asarray(mask) >= 128).any(axis=1))
    return int(rows[-1] - rows[0] + 1)


@pytest.mark.parametrize("em", [18, 40, 150, 400])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        (WHITE, BLACK),
        (BLACK, WHITE),
        ((255, 255, 0), (0, 0, 90)),
        ((140, 0, 0), (250, 250, 250)),
        (WHITE, (90, 90, 90)),
    ],
    ids=["white on black", "black on white", "yellow on blue", "red on white", "white on grey"],
)
def test_ink_is_measured_whatever_its_colour(em: int, ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    image, true = line("AI生成", em, ink, ground)
    found = by_light(image, (0.0, 1.0))
    best = max(found, key=lambda one: one.height)
    assert abs(best.height - true) <= max(1, 0.02 * true)
    assert all(abs(a - b) <= 12 for a, b in zip(best.ink_colour, ink, strict=True))
    assert all(abs(a - b) <= 12 for a, b in zip(best.ground_colour, ground, strict=True))


def test_words_as_light_as_their_ground_are_told_by_their_colour() -> None:
    image, true = line("AI生成", 60, (0, 128, 0), (205, 30, 40))
    assert any(abs(ink.height - true) <= 2 for ink in by_colour(image, (0.0, 1.0)))


def test_where_there_is_no_ink_nothing_is_measured() -> None:
    assert by_light(Image.new("RGB", (90, 30), (7, 7, 7)), (0.0, 1.0)) == []


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 60), st.just(3))))
@settings(max_examples=40, deadline=None)
def test_any_pixels_can_be_measured(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    for ink in [*by_light(image, (0.1, 0.9)), *by_colour(image, (0.1, 0.9))]:
        assert 0 < ink.height <= image.height
        assert ink.contrast >= 1
    grounds(image)
    look_of(image)


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
@settings(max_examples=200, deadline=None)
def test_pieces_are_the_connected_sets(mask: np.ndarray) -> None:
    found = sorted(
        (one.left, one.top, one.right, one.bottom, one.area) for one in pieces(mask, mask.astype(np.float32))
    )
    assert found == sorted(flooded(mask))


def flooded(mask: np.ndarray) -> list[tuple[int, int, int, int, int]]:
    left, found = {(int(row), int(column)) for row, column in np.argwhere(mask)}, []
    while left:
        todo, piece = [left.pop()], []
        while todo:
            row, column = todo.pop()
            piece.append((row, column))
            for beside in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if beside in left:
                    left.remove(beside)
                    todo.append(beside)
        rows, columns = [row for row, _ in piece], [column for _, column in piece]
        found.append((min(columns), min(rows), max(columns) + 1, max(rows) + 1, len(piece)))
    return found


def test_a_faint_region_is_no_line() -> None:
    chart = np.zeros((64, 128), np.float32)
    chart[10:20, 10:100] = 0.9
    chart[40:50, 10:100] = 0.4
    [region] = regions(chart)
    assert region.top < 10 / 64
    assert region.bottom > 20 / 64


def test_a_plate_beside_other_text_is_a_ground_of_its_own() -> None:
    page, _ = line("服务提供者应当在图片上", 40, (30, 30, 30), WHITE)
    plate, _ = line("AI生成", 40, WHITE, (60, 60, 60))
    whole = Image.new("RGB", (page.width + plate.width, plate.height), WHITE)
    whole.paste(page)
    whole.paste(plate, (page.width, 0))
    assert grounds(page) == []
    (_, first), (second, last) = grounds(whole)
    assert abs(first - page.width) < 10
    assert abs(second - page.width) < 10
    assert last == whole.width


def test_looks_differ_in_size_and_in_colour() -> None:
    heading, body, plate = (
        look_of(line("标题文字", em, ink, ground)[0])
        for em, ink, ground in ((60, BLACK, WHITE), (40, BLACK, WHITE), (40, WHITE, BLACK))
    )
    assert same_look(body, look_of(line("正文内容", 40, BLACK, WHITE)[0]))
    assert not same_look(heading, body)
    assert not same_look(plate, body)
    assert not same_look(None, body)


@pytest.mark.parametrize(
    ("box", "place"),
    [
        (Box(10, 10, 100, 40), Place.TOP_LEFT),
        (Box(450, 10, 100, 40), Place.TOP),
        (Box(890, 10, 100, 40), Place.TOP_RIGHT),
        (Box(10, 300, 100, 40), Place.LEFT),
        (Box(890, 300, 100, 40), Place.RIGHT),
        (Box(10, 550, 100, 40), Place.BOTTOM_LEFT),
        (Box(450, 550, 100, 40), Place.BOTTOM),
        (Box(890, 550, 100, 40), Place.BOTTOM_RIGHT),
        (Box(450, 300, 100, 40), None),
        (Box(20, 540, 960, 40), Place.BOTTOM),
        (Box(20, 20, 970, 560), Place.RIGHT),
        (Box(450, round(AT_SIDE * 600) + 1, 100, 40), None),
        (Box(450, round(AT_SIDE * 600), 100, 40), Place.TOP),
    ],
)
def test_a_place_is_the_side_that_is_near(box: Box, place: Place | None) -> None:
    assert place_of(box, 1000, 600) is place


def test_lines_that_belong_together() -> None:
    upper, lower = Box(100, 100, 200, 40), Box(110, 145, 180, 38)
    assert stacked(upper, lower)
    assert not stacked(lower, upper)
    assert not stacked(upper, Box(110, 190, 180, 40))
    assert not stacked(upper, Box(100, 145, 200, 20))
    assert bounds([upper, lower]) == Box(100, 100, 200, 83)


def test_neighbours_are_of_one_size_and_near() -> None:
    box = Box(100, 100, 200, 40)
    row, below, far, small = Box(700, 102, 90, 38), Box(120, 150, 80, 42), Box(120, 400, 80, 40), Box(120, 150, 80, 20)
    assert neighbours(box, [row, below, far, small]) == [row, below]
