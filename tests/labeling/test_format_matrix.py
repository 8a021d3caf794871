"""Nothing but the label changes: every format, depth, layout and metadata, with the visible label and without."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from PIL import Image

from labeling import (
    Declaration,
    DeclarationError,
    ErrorCode,
    Format,
    ImageMark,
    Labeled,
    SourceType,
    Verdict,
    VisibleOptions,
    label,
    verify,
)
from labeling.model import Box
from tests.labeling import png_files
from tests.labeling.format_files import AVIF, FILES, GIF, JPEG, PNG, TIFF, WEBP, XMP, file, photo, saved
from tests.labeling.kept import facts_of, frames_of, palette_of, segments, shown, source_types

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DECLARATION = Declaration(provider="001191110102MACQD9K64010000", produce_id="content-1")
LOSSY = [name for name in FILES if name.startswith(("jpeg", "avif")) or "lossy" in name or name == "tiff-jpeg"]
#: Two like colours and no place for a third: the label would need another bit depth.
REFUSED = {"png-palette-2": ErrorCode.PALETTE_FULL}
#: JPEG codes blocks; those that the label touches change up to their edge (16 pixels at 4:2:0).
BLOCK = 16


def labelled(data: bytes, visible: bool = True) -> Labeled:
    return label(data, DECLARATION, signer=None, now=NOW, visible=VisibleOptions() if visible else None)


@dataclass(frozen=True)
class Pair:
    """A file before and after."""

    name: str
    source: bytes
    result: Labeled

    @property
    def mark(self) -> ImageMark:
        assert isinstance(self.result.visible, ImageMark)
        return self.result.visible


@pytest.fixture(scope="module", params=[name for name in FILES if name not in REFUSED])
def marked(request: pytest.FixtureRequest) -> Pair:
    """A file with the visible label and the record."""
    return Pair(request.param, file(request.param), labelled(file(request.param)))


@pytest.fixture(scope="module", params=[name for name in FILES if name not in AVIF])
def recorded(request: pytest.FixtureRequest) -> Pair:
    """A file with the record alone."""
    return Pair(request.param, file(request.param), labelled(file(request.param), visible=False))


def assert_conformant(pair: Pair) -> None:
    report = verify(pair.result.data)
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == [pair.result.record]
    assert source_types(report) == {SourceType.TRAINED_ALGORITHMIC_MEDIA}


def assert_rest_kept(pair: Pair) -> None:
    before, after = (facts_of(data, pair.result.format) for data in (pair.source, pair.result.data))
    assert {name: after[name] for name in before if after[name] != before[name]} == {}
    palettes = [palette_of(data, pair.result.format) for data in (pair.source, pair.result.data)]
    assert palettes[1].startswith(palettes[0])
    if "everything" in pair.name:
        assert (b"the archive" in pair.result.data) is (XMP in pair.source)


def test_the_visible_label_comes_with_one_record(marked: Pair) -> None:
    assert_conformant(marked)


def test_the_visible_label_keeps_all_else(marked: Pair) -> None:
    assert_rest_kept(marked)


def test_the_visible_label_changes_its_box_alone(marked: Pair) -> None:
    before, after = (frames_of(data, marked.result.format) for data in (marked.source, marked.result.data))
    assert marked.mark.frames == len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        if len(before) > 1 and one.shape[:2] != before[0].shape[:2]:
            continue  # pages of another size have a label of their own size: tests of the TIFF painter
        inside = within(marked.mark.box, one.shape)
        assert np.count_nonzero(one[inside] != other[inside]) > 0.2 * inside.sum()
        if marked.name in LOSSY:
            wanted = 48 if marked.result.format in (Format.JPEG, Format.TIFF) else 36
            assert psnr(one, other, ~within(marked.mark.box, one.shape, BLOCK)) >= wanted
        else:
            assert np.array_equal(one[~inside], other[~inside])


def within(box: Box, shape: tuple[int, ...], unit: int = 1) -> np.ndarray:
    """True inside the box, grown to whole blocks of `unit` pixels."""
    flags = np.zeros(shape[:2], bool)
    flags[box.y // unit * unit : -(-box.bottom // unit) * unit, box.x // unit * unit : -(-box.right // unit) * unit] = (
        True
    )
    return flags


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    error = float(np.mean((one[where].astype(float) - other[where].astype(float)) ** 2))
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


@cache
def reference(width: int, height: int) -> tuple[np.ndarray, ImageMark]:
    """The label as it looks on a plain grey PNG of that size: all other formats must look like it."""
    result = labelled(saved(Image.new("RGB", (width, height), (128, 128, 128)), "PNG"))
    assert isinstance(result.visible, ImageMark)
    return shown(result.data, 128), result.visible


def test_the_visible_label_is_upright_whole_and_legible(marked: Pair) -> None:
    frames = {0, marked.mark.frames // 2, marked.mark.frames - 1}
    for frame, ground in itertools.product(frames, (0, 255)):
        seen = shown(marked.result.data, ground, frame)
        if marked.name == "tiff-pages" and frame == 2:
            continue  # a page of another size has a label of its own size: tests of the TIFF painter
        ideal, mark = reference(seen.shape[1], seen.shape[0])
        assert marked.mark.box == mark.box
        crop, wanted = (luma[mark.box.y : mark.box.bottom, mark.box.x : mark.box.right] for luma in (seen, ideal))
        ink, behind = crop[wanted > 250], crop[wanted == wanted[len(wanted) // 2, 1]]
        share = 10 if marked.name in LOSSY else 0  # a coder blurs edges
        low, high = light(np.percentile(ink, share)), light(np.percentile(behind, 100 - share))
        assert (low + 0.05) / (high + 0.05) >= 4.5, f"frame {frame} on {ground}"
        rows = np.flatnonzero((crop[:, 3:-3] > (np.median(ink) + np.median(behind)) / 2).any(axis=1))
        assert rows[-1] - rows[0] + 1 >= 0.05 * min(seen.shape)


def light(luma: float) -> float:
    """Relative luminance of a grey (WCAG 2.2)."""
    part = luma / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def test_the_record_alone_reads_back(recorded: Pair) -> None:
    assert_conformant(recorded)


def test_the_record_alone_keeps_all_else(recorded: Pair) -> None:
    assert_rest_kept(recorded)


def test_the_record_alone_keeps_every_pixel(recorded: Pair) -> None:
    before, after = (frames_of(data, recorded.result.format) for data in (recorded.source, recorded.result.data))
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", [name for name in FILES if name not in AVIF])
def test_labelling_twice_leaves_one_record(name: str) -> None:
    once = labelled(file(name), visible=False).data
    second = Declaration(DECLARATION.provider, produce_id="content-2")
    twice = label(once, second, signer=None, now=NOW, visible=None)
    assert [site.record for site in verify(twice.data).sites] == [twice.record]
    assert b"content-1" not in twice.data


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_what_cannot_take_the_visible_label_is_refused_by_name(name: str, code: ErrorCode) -> None:
    with pytest.raises(DeclarationError) as caught:
        labelled(file(name))
    assert caught.value.code is code


@pytest.mark.parametrize("name", AVIF)
def test_a_record_alone_in_avif_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        labelled(file(name), visible=False)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


# JPEG keeps how it was coded.


@pytest.mark.parametrize("name", JPEG)
def test_jpeg_keeps_its_coding(name: str) -> None:
    before, after = (Image.open(io.BytesIO(data)) for data in (file(name), labelled(file(name)).data))
    assert before.quantization == after.quantization
    assert before.layer == after.layer
    assert ("progressive" in before.info) is ("progressive" in after.info)
    coding = [marker for marker, _ in segments(file(name)) if 0xC0 <= marker <= 0xC2]
    assert coding == [marker for marker, _ in segments(labelled(file(name)).data) if 0xC0 <= marker <= 0xC2]


@pytest.mark.parametrize("name", [name for name in JPEG if "100-kb" in name])
def test_jpeg_keeps_its_size(name: str) -> None:
    assert len(file(name)) >= 100_000
    assert abs(len(labelled(file(name)).data) / len(file(name)) - 1) <= 0.1


# Odd sizes.

KINDS = {"JPEG": {}, "PNG": {}, "WEBP": {"lossless": True}, "GIF": {}, "TIFF": {}}


@pytest.mark.parametrize("kind", [*KINDS, "AVIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (20, 9)], ids=lambda size: "x".join(map(str, size)))
def test_a_picture_without_room_names_the_smallest_that_has(kind: str, size: tuple[int, int]) -> None:
    with pytest.raises(DeclarationError) as caught:
        labelled(saved(photo("RGB", *size), kind))
    params = caught.value.params
    assert caught.value.code is ErrorCode.NO_ROOM
    assert (params["width"], params["height"]) == size
    enough = params["minimum_width"], params["minimum_height"]
    assert verify(labelled(saved(photo("RGB", *enough), kind)).data).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1)], ids=lambda size: "x".join(map(str, size)))
def test_a_picture_without_room_takes_the_record_alone(kind: str, size: tuple[int, int]) -> None:
    source = saved(photo("RGB", *size), kind, **KINDS[kind])
    pair = Pair(kind, source, labelled(source, visible=False))
    assert_conformant(pair)
    assert_rest_kept(pair)
    for one, other in zip(*(frames_of(data, pair.result.format) for data in (source, pair.result.data)), strict=True):
        assert np.array_equal(one, other)


@cache
def large() -> Image.Image:
    """16 MP that compress like a photograph."""
    return photo("RGB", 1000, 1000).resize((4000, 4000), Image.Resampling.BILINEAR)


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 88}), ("PNG", {"compress_level": 1})], ids=["jpeg", "png"]
)
def test_16_megapixels(kind: str, options: dict[str, int]) -> None:
    source = saved(large(), kind, **options)
    result = labelled(source)
    assert isinstance(result.visible, ImageMark)
    assert [site.record for site in verify(result.data).sites] == [result.record]
    one, other = (np.asarray(Image.open(io.BytesIO(data))) for data in (source, result.data))
    if kind == "PNG":
        outside = ~within(result.visible.box, one.shape)
        assert np.array_equal(one[outside], other[outside])
        assert len(result.data) <= 1.15 * len(source)
    else:
        assert psnr(one, other, ~within(result.visible.box, one.shape, BLOCK)) >= 48
        assert abs(len(result.data) / len(source) - 1) <= 0.1
    below = labelled(source, visible=False)
    assert len(below.data) - len(source) < 4000


def test_the_table_is_whole() -> None:
    assert {Format(name.split("-")[0].replace("apng", "png")) for name in FILES} == {
        verify(file(name)).format for name in FILES
    }
    assert len(FILES) == sum(map(len, (JPEG, PNG, WEBP, GIF, TIFF, AVIF)))
    assert {(file(name)[25], file(name)[24]) for name in PNG} >= set(png_files.KINDS) - {(3, 1), (3, 2)}
