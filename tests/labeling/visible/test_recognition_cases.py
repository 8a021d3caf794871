"""Pictures that ask for judgement: pages and menus, half labels, two lines, other people's labels, and bad input."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from labeling.containers.base import Anatomy
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Format, Place
from labeling.report import VisibleAnswer, VisibleLabels
from labeling.visible import recognition
from labeling.visible.recognition import LabelRecogniser, available
from tests.bench import label_styles
from tests.bench.label_pictures import sans

SAMPLES = Path(__file__).parents[3] / "sample_media"
BLACK, WHITE, GREY = (20, 20, 20), (255, 255, 255), (120, 130, 140)

needs_extra = pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed (make ocr)")
pytestmark = pytest.mark.xdist_group("recognition")


@pytest.fixture(scope="module")
def recogniser() -> LabelRecogniser:
    return LabelRecogniser()


def look(recogniser: LabelRecogniser, image: Image.Image, limits: Limits = DEFAULT_LIMITS) -> VisibleLabels:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return recogniser.recognise(file.getvalue(), Anatomy(Format.PNG, *image.size), 1, limits)


Texts = tuple[tuple[str, int, int, int], ...]


def written(texts: Texts, ground: tuple[int, int, int] = WHITE, ink: tuple[int, int, int] = BLACK) -> Image.Image:
    """A picture of 800 x 600 with texts: words, left, top, size in pixels."""
    image = Image.new("RGB", (800, 600), ground)
    draw = ImageDraw.Draw(image)
    for words, left, top, em in texts:
        draw.text((left, top), words, fill=ink, font=sans(em))
    return image


PAGE: Texts = tuple(
    (words, 60, 40 + 55 * row, 30)
    for row, words in enumerate(
        (
            "服务提供者应当对生成合成内容添加标识",
            "例如在图片的边角注明",
            "AI生成",
            "字样的高度不低于最短边的百分之五",
            "文件元数据中应当包含隐式标识",
            "平台核验到隐式标识的",
            "应当显著提示公众",
            "由AI生成",
            "用户应当主动声明",
            "并使用平台的标识功能",
        )
    )
)
MENU: Texts = tuple(
    (words, 40 + 200 * index, 545, 34) for index, words in enumerate(("首页", "AI生成", "消息", "我的"))
)


@needs_extra
@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        ((("AI生成", 600, 530, 40),), VisibleAnswer.CONFORMING),
        ((("AI生成", 640, 550, 24),), VisibleAnswer.DEFICIENT),
        ((("AI生成", 320, 280, 40),), VisibleAnswer.DEFICIENT),
        ((("AI绘画", 600, 530, 40),), VisibleAnswer.DEFICIENT),
        ((("AI绘画", 320, 280, 40),), VisibleAnswer.NOT_SEEN),
        ((("AI", 730, 540, 40),), VisibleAnswer.DEFICIENT),
        ((("AI", 380, 280, 40),), VisibleAnswer.NOT_SEEN),
        ((("人工智能生成", 480, 490, 36), ("合成内容", 480, 540, 36)), VisibleAnswer.CONFORMING),
        ((("OpenAI", 600, 530, 40),), VisibleAnswer.NOT_SEEN),
        ((("AI生成技术大会", 40, 30, 40),), VisibleAnswer.NOT_SEEN),
        ((("非AI生成", 560, 530, 40),), VisibleAnswer.NOT_SEEN),
        (MENU, VisibleAnswer.NOT_SEEN),
        (PAGE, VisibleAnswer.NOT_SEEN),
        ((*PAGE, ("AI生成", 560, 520, 56)), VisibleAnswer.CONFORMING),
    ],
    ids=[
        "label",
        "too small",
        "inside the picture",
        "half a label",
        "half a label inside",
        "the letters in a corner",
        "the letters inside",
        "two lines",
        "a brand",
        "a title",
        "a denial",
        "a menu",
        "a page",
        "a page with a label",
    ],
)
def test_words_are_judged_by_what_they_say_and_where(
    texts: Texts, answer: VisibleAnswer, recogniser: LabelRecogniser
) -> None:
    assert look(recogniser, written(texts)).answer is answer


@needs_extra
def test_two_stacked_lines_are_one_label(recogniser: LabelRecogniser) -> None:
    image = written((("人工智能生成", 560, 490, 36), ("合成内容", 560, 540, 36)))
    [label] = look(recogniser, image).in_picture
    assert label.words == "人工智能生成合成内容"
    assert label.place is Place.BOTTOM_RIGHT
    assert label.box.height > 2 * label.ink_height


@needs_extra
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_label_that_runs_along_the_side_is_read(turn: Image.Transpose, recogniser: LabelRecogniser) -> None:
    upright = written((("AI生成", 600, 530, 40),))
    [label], [turned] = look(recogniser, upright).in_picture, look(recogniser, upright.transpose(turn)).in_picture
    assert abs(label.ink_height - turned.ink_height) <= 1
    assert turned.place in (Place.TOP_RIGHT, Place.BOTTOM_LEFT)
    assert abs(turned.box.height - label.box.width) <= 6


@needs_extra
@pytest.mark.parametrize(
    ("ink", "answer"), [((128, 128, 128), VisibleAnswer.CONFORMING), (WHITE, VisibleAnswer.DEFICIENT)]
)
def test_a_label_on_a_transparent_picture_must_show_on_white_and_on_black(
    ink: tuple[int, int, int], answer: VisibleAnswer, recogniser: LabelRecogniser
) -> None:
    image = Image.new("RGBA", (800, 600), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((600, 530), "AI生成", fill=(*ink, 255), font=sans(40))
    assert look(recogniser, image).answer is answer


@needs_extra
def test_a_label_on_some_frames_only_is_deficient(recogniser: LabelRecogniser) -> None:
    frames = [written((("AI生成", 600, 530, 40),)), written(())]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    seen = recogniser.recognise(file.getvalue(), Anatomy(Format.GIF, 800, 600, frames=2), 1, DEFAULT_LIMITS)
    assert seen.answer is VisibleAnswer.DEFICIENT
    assert seen.frames == (0, 1)
    assert [label.frame for label in seen.in_picture] == [0]


@needs_extra
def test_the_labels_of_others_are_read_and_measured(recogniser: LabelRecogniser) -> None:
    for other in label_styles.drawn(tuple(label_styles.STYLES[index] for index in (0, 6, 13, 18, 26))):
        seen = recogniser.recognise(other.data, _anatomy(other.data, other.size), 1, DEFAULT_LIMITS)
        assert seen.answer is other.expected, other.style
        assert any(abs(label.ink_height / other.ink_height - 1) <= 0.1 for label in seen.in_picture), other.style


def _anatomy(data: bytes, size: tuple[int, int]) -> Anatomy:
    formats = {b"\x89PNG": Format.PNG, b"RIFF": Format.WEBP}
    return Anatomy(formats.get(data[:4], Format.JPEG), *size)


@needs_extra
def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert look(LabelRecogniser(), written((("AI生成", 600, 530, 40),))).answer is VisibleAnswer.CONFORMING


@needs_extra
def test_one_object_serves_several_threads() -> None:
    recogniser = LabelRecogniser()
    image = written((("AI生成", 600, 530, 40),))
    with ThreadPoolExecutor(2) as pool:
        first, *rest = pool.map(lambda _: look(recogniser, image), range(4))
    assert all(other == first for other in rest)


@needs_extra
@pytest.mark.parametrize(
    "make",
    [
        lambda: (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, Anatomy(Format.PNG, 8, 8)),
        lambda: (b"\xff\xd8\xff\xe0junk", Anatomy(Format.JPEG, 8, 8)),
        lambda: ((SAMPLES / "hostile" / "inflate-bomb.png").read_bytes(), Anatomy(Format.PNG, 64, 64)),
        lambda: ((SAMPLES / "hostile" / "huge-canvas.png").read_bytes(), Anatomy(Format.PNG, 8, 8)),
        lambda: ((SAMPLES / "photo.png").read_bytes(), Anatomy(Format.PNG, 100_000, 100_000)),
        lambda: ((SAMPLES / "photo.png").read_bytes(), Anatomy(Format.JPEG, 451, 300)),
        lambda: (b"", Anatomy(Format.HEIC, 8, 8)),
        lambda: (b"<svg/>", Anatomy(Format.SVG)),
    ],
    ids=["empty png", "junk", "inflate bomb", "huge canvas", "too many pixels", "another format", "heic", "svg"],
)
def test_bad_input_is_not_checked(make: Callable[[], tuple[bytes, Anatomy]], recogniser: LabelRecogniser) -> None:
    data, anatomy = make()
    seen = recogniser.recognise(data, anatomy, 1, DEFAULT_LIMITS)
    assert seen.answer in (VisibleAnswer.NOT_CHECKED, VisibleAnswer.NOT_SEEN)
    assert not seen.in_picture


@needs_extra
@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (2, 4000), (16, 16)])
def test_odd_shapes_are_looked_at(size: tuple[int, int], recogniser: LabelRecogniser) -> None:
    assert look(recogniser, Image.effect_noise(size, 90).convert("RGB")).answer is VisibleAnswer.NOT_SEEN


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "model_files", lambda: None)
    assert not recognition.available()
    with pytest.raises(DeclarationError) as raised:
        LabelRecogniser().recognise(b"", Anatomy(Format.PNG, 1, 1), 1, DEFAULT_LIMITS)
    assert raised.value.code is ErrorCode.RECOGNITION_UNAVAILABLE
    assert "mingbiao[ocr]" in raised.value.detail
