"""The visible label as a machine reads it: our own are found and measured, other words are no labels."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from labeling import Declaration, ImageMark, ImageNotice, VisibleOptions, label, verify
from labeling.errors import DeclarationError
from labeling.model import Place
from labeling.report import TraceKind, VisibleAnswer
from labeling.visible.recognition import LabelRecogniser, available
from tests.bench.recognition import measured

SAMPLES = Path(__file__).parents[3] / "sample_media"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOTICE = ImageNotice()

pytestmark = [
    pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed (make ocr)"),
    pytest.mark.xdist_group("recognition"),
]


@pytest.fixture(scope="module")
def recogniser() -> LabelRecogniser:
    return LabelRecogniser()


def labelled(name: str, notice: ImageNotice = NOTICE) -> tuple[bytes, ImageMark]:
    data = (SAMPLES / name).read_bytes()
    made = label(data, Declaration("p"), signer=None, now=NOW, visible=VisibleOptions(notice))
    assert isinstance(made.visible, ImageMark)
    return made.data, made.visible


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "scan.tiff"])
def test_our_own_label_conforms_and_is_measured(name: str, recogniser: LabelRecogniser) -> None:
    data, mark = labelled(name)
    report = verify(data, recogniser=recogniser)
    assert report.visible.answer is VisibleAnswer.CONFORMING
    [seen] = report.visible.in_picture
    assert abs(seen.ink_height / mark.ink_height - 1) <= 0.1
    assert seen.place is mark.place
    assert seen.contrast >= 4
    assert "its visible label conforms" in report.summary.en


@pytest.mark.parametrize("place", Place)
def test_a_label_is_found_at_every_place(place: Place, recogniser: LabelRecogniser) -> None:
    data, _ = labelled("photo.jpg", replace(NOTICE, place=place))
    [seen] = verify(data, recogniser=recogniser).visible.in_picture
    assert seen.place is place


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_picture_is_read_as_a_viewer_sees_it(orientation: int, recogniser: LabelRecogniser) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    with Image.open(SAMPLES / "photo.jpg") as picture:
        picture.save(out, "JPEG", exif=exif, quality=90)
    made = label(out.getvalue(), Declaration("p"), signer=None, now=NOW)
    [seen] = verify(made.data, recogniser=recogniser).visible.in_picture
    assert seen.place is Place.BOTTOM_RIGHT


def test_a_label_that_is_too_small_is_deficient_and_says_why(recogniser: LabelRecogniser) -> None:
    data, _ = labelled("photo.png")
    with Image.open(io.BytesIO(data)) as picture:
        tall = Image.new("RGB", (picture.width * 2, picture.height * 2), (90, 120, 90))
        tall.paste(picture.convert("RGB"), (picture.width, picture.height))
    out = io.BytesIO()
    tall.save(out, "PNG")
    report = verify(out.getvalue(), recogniser=recogniser)
    assert report.visible.answer is VisibleAnswer.DEFICIENT
    assert "picture.label_small" in [check.params["code"] for check in report.checks]
    assert f"trace.{TraceKind.VISIBLE_LABEL}" in report.article6.grounds


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "animation.gif"])
def test_an_ordinary_picture_has_none(name: str, recogniser: LabelRecogniser) -> None:
    assert verify((SAMPLES / name).read_bytes(), recogniser=recogniser).visible.answer is VisibleAnswer.NOT_SEEN


def test_an_animation_conforms_where_its_frames_do(recogniser: LabelRecogniser) -> None:
    data, _ = labelled("animation.gif")
    seen = verify(data, recogniser=recogniser).visible
    assert seen.answer is VisibleAnswer.CONFORMING
    assert len(seen.frames) > 1


def test_what_cannot_be_decoded_is_not_checked(recogniser: LabelRecogniser) -> None:
    data = (SAMPLES / "broken" / "truncated.jpg").read_bytes()
    assert verify(data, recogniser=recogniser).visible.answer is VisibleAnswer.NOT_CHECKED


def test_a_number_of_threads_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(DeclarationError):
        LabelRecogniser(threads=9)


def test_the_pictures_of_the_bench_in_small() -> None:
    tallies = dict(measured(12))
    ours, without = tallies["labelled by us"], tallies["without a label"]
    assert (ours.right, ours.close) == (ours.pictures, ours.pictures), ours.misses
    assert without.right == without.pictures, without.misses
