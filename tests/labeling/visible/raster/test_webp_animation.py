"""The visible label on animated WebP: on every displayed frame, with nothing else to be seen of it."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.webp import parse
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster.webp import paint
from labeling.visible.stamp import ColourSpace, Stamp

WIDTH, HEIGHT = 40, 30
OPAQUE, HOLES, EMPTY = "opaque", "holes", "empty"


@dataclass(frozen=True)
class Part:
    """One frame to be built: where, what, and how it is put on the canvas."""

    x: int
    y: int
    width: int
    height: int
    fill: str = OPAQUE
    blend: bool = True
    dispose: bool = False
    lossless: bool = True
    duration: int = 50


def stamp(x: int = 21, y: int = 17, width: int = 16, height: int = 11) -> Stamp:
    ink = np.zeros((height, width), np.uint8)
    ink[3:-3, 3:-3:3] = 255
    plate = np.full((height, width), 255, np.uint8)
    plate[[0, 0, -1, -1], [0, -1, 0, -1]] = 0
    return Stamp(x, y, ink, plate, (255, 255, 255), (0, 0, 0), 0.7)


LABEL = stamp()


def chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def u24(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)


def anmf(part: Part, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (part.height, part.width, 4), dtype=np.uint8)
    pixels[..., 3] = {
        OPAQUE: 255,
        HOLES: rng.choice([0, 255], (part.height, part.width), p=[0.4, 0.6]),
        EMPTY: 0,
    }[part.fill]
    image = Image.fromarray(pixels) if part.fill != OPAQUE else Image.fromarray(pixels).convert("RGB")
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=part.lossless, exact=True, quality=70)
    body = out.getvalue()[12:]
    if body.startswith(b"VP8X"):
        body = body[18:]
    flags = (0 if part.blend else 2) | (1 if part.dispose else 0)
    head = u24(part.x // 2, part.y // 2, part.width - 1, part.height - 1, part.duration) + bytes([flags])
    return chunk(b"ANMF", head + body)


def animation(*parts: Part, extra: bytes = b"", alpha: bool = True) -> bytes:
    canvas = bytes([0x12 if alpha else 0x02, 0, 0, 0]) + u24(WIDTH - 1, HEIGHT - 1)
    frames = b"".join(anmf(part, seed) for seed, part in enumerate(parts))
    body = b"WEBP" + chunk(b"VP8X", canvas) + chunk(b"ANIM", b"\x01\x02\x03\x04\x05\0") + frames + extra
    return b"RIFF" + struct.pack("<I", len(body)) + body


def painted(data: bytes, label: Stamp = LABEL) -> bytes:
    result = paint(data, parse(data, DEFAULT_LIMITS), label, DEFAULT_LIMITS)
    assert result.frames == parse(data, DEFAULT_LIMITS).frames
    return result.data


def displayed(data: bytes) -> tuple[list[np.ndarray], list[int], tuple[object, object]]:
    pictures, durations = [], []
    with Image.open(io.BytesIO(data)) as image:
        for index in range(image.n_frames):
            image.seek(index)
            pictures.append(np.array(image.convert("RGBA")))
            durations.append(image.info["duration"])
        return pictures, durations, (image.info["loop"], image.info["background"])


def frames(data: bytes) -> list[bytes]:
    found, at = [], 12
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"ANMF":
            found.append(data[at : at + 8 + size])
        at += 8 + size + size % 2
    return found


def unseen_is_zero(pixels: np.ndarray) -> np.ndarray:
    """RGBA with the colours of transparent pixels, which no viewer shows, set to zero."""
    return np.where(pixels[..., 3:] == 0, 0, pixels)


def assert_labelled(source: bytes, result: bytes, label: Stamp = LABEL) -> None:
    """Outside the box every displayed frame is identical; inside it is the stamp over what was displayed."""
    before, durations, rest = displayed(source)
    after, new_durations, new_rest = displayed(result)
    assert (new_durations, new_rest) == (durations, rest)
    box = label.box
    rows, columns = slice(box.y, box.bottom), slice(box.x, box.right)
    for old, new in zip(before, after, strict=True):
        wanted, _ = label.blend(old[rows, columns], ColourSpace.RGBA)
        solid = wanted[..., 3] == 255
        assert (new[rows, columns][solid] == wanted[solid]).all()
        old[rows, columns] = new[rows, columns] = 0
        assert (unseen_is_zero(old) == unseen_is_zero(new)).all()


FULL = Part(0, 0, WIDTH, HEIGHT)
AWAY = Part(0, 0, 10, 8)
INSIDE = Part(24, 20, 6, 4)
ACROSS = Part(10, 10, 18, 12)

CASES = {
    "full frames": (FULL, FULL, FULL),
    "full frames that replace": (FULL, replace(FULL, fill=HOLES, blend=False)),
    "full frames that are cleared": (replace(FULL, dispose=True, fill=HOLES), replace(FULL, fill=HOLES)),
    "a first frame away from the label": (AWAY, AWAY),
    "a frame inside the label": (FULL, INSIDE, AWAY),
    "a frame across the edge of the label": (FULL, ACROSS, AWAY),
    "a frame with holes across the edge": (FULL, replace(ACROSS, fill=HOLES), AWAY),
    "a replacing frame with holes across the edge": (FULL, replace(ACROSS, fill=HOLES, blend=False), AWAY),
    "a cleared frame across the edge": (FULL, replace(ACROSS, dispose=True), AWAY, INSIDE),
    "two cleared frames across the edge": (
        FULL,
        replace(ACROSS, dispose=True),
        replace(INSIDE, dispose=True),
        replace(AWAY, dispose=True),
        AWAY,
    ),
    "a cleared full frame, then one away": (replace(FULL, dispose=True), AWAY, AWAY),
    "sprites on nothing": tuple(Part(x, 12, 10, 10, dispose=True) for x in range(0, 30, 4)),
    "holes over what a smaller cleared frame left": (
        FULL,
        Part(20, 18, 2, 1, dispose=True),
        Part(20, 14, 17, 14, fill=HOLES),
    ),
    "an empty frame over the label": (FULL, replace(ACROSS, fill=EMPTY), AWAY),
}


@pytest.mark.parametrize("name", CASES)
def test_every_displayed_frame_shows_the_label(name: str) -> None:
    source = animation(*CASES[name])
    assert_labelled(source, painted(source))


rectangles = st.builds(
    lambda x, y, width, height: (2 * x, 2 * y, min(width, WIDTH - 2 * x), min(height, HEIGHT - 2 * y)),
    st.integers(0, WIDTH // 2 - 1),
    st.integers(0, HEIGHT // 2 - 1),
    st.integers(1, WIDTH),
    st.integers(1, HEIGHT),
)
parts = st.builds(
    lambda rectangle, fill, blend, dispose: Part(*rectangle, fill=fill, blend=blend, dispose=dispose),
    rectangles,
    st.sampled_from([OPAQUE, HOLES, EMPTY]),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(parts, min_size=1, max_size=6))
def test_any_animation_shows_the_label_on_every_frame(some: list[Part]) -> None:
    source = animation(*some)
    assert_labelled(source, painted(source))


@pytest.mark.parametrize("label", [stamp(0, 0, 40, 30), stamp(1, 1, 9, 9), stamp(0, 19, 16, 11)])
def test_the_label_may_stand_anywhere(label: Stamp) -> None:
    source = animation(FULL, ACROSS, replace(INSIDE, dispose=True), AWAY)
    assert_labelled(source, painted(source, label), label)


def test_frames_that_leave_the_label_alone_keep_their_bytes() -> None:
    source = animation(FULL, AWAY, replace(ACROSS, fill=EMPTY), ACROSS, AWAY)
    before, after = frames(source), frames(painted(source))
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True, False, True]


def test_a_frame_grows_no_further_than_to_the_label() -> None:
    after = frames(painted(animation(FULL, Part(10, 10, 14, 8))))[1]
    x, y, width, height = (int.from_bytes(after[at : at + 3], "little") for at in (8, 11, 14, 17))
    assert (2 * x, 2 * y, width + 1, height + 1) == (10, 10, 27, 18)


def test_each_frame_stays_lossy_or_lossless() -> None:
    source = animation(FULL, replace(FULL, lossless=False), replace(ACROSS, lossless=False), ACROSS)
    kinds = [frame[24:28] for frame in frames(painted(source))]
    assert kinds == [b"VP8L", b"VP8 ", b"ALPH", b"VP8L"]


def test_lossy_frames_show_the_label_too() -> None:
    source = animation(*(replace(part, lossless=False) for part in (FULL, AWAY, ACROSS, INSIDE)))
    for picture in displayed(painted(source))[0]:
        inside = picture[LABEL.y : LABEL.y + 11, LABEL.x : LABEL.x + 16].astype(float).mean(axis=2)
        assert inside[LABEL.ink == 255].mean() > inside[LABEL.ink == 0].mean() + 60


def test_the_canvas_learns_of_alpha_when_a_frame_grows() -> None:
    source = animation(FULL, ACROSS, alpha=False)
    result = painted(source)
    assert (source[20], result[20]) == (0x02, 0x12)
    assert painted(animation(FULL, FULL, alpha=False))[20] == 0x02


def test_chunks_around_and_inside_the_frames_survive() -> None:
    extra = chunk(b"EXIF", b"II*\0\x08\0\0\0\0\0") + chunk(b"XMP ", b"<x/>") + chunk(b"UNKN", b"odd")
    source = animation(FULL, ACROSS, extra=extra)
    frame = frames(source)[0]
    with_unknown = chunk(b"ANMF", frame[8:] + b"\0" * (len(frame) % 2) + chunk(b"insi", b"de"))
    padded = frame + b"\0" * (len(frame) % 2)
    source = source.replace(padded, with_unknown)
    source = source[:4] + struct.pack("<I", len(source) - 8) + source[8:]
    result = painted(source)
    assert result.endswith(extra)
    assert frames(result)[0].endswith(chunk(b"insi", b"de"))
    assert result[:12] + result[30:44] == result[:12] + source[30:44]


def test_three_hundred_frames_are_labelled() -> None:
    some = [replace(ACROSS, x=2 * (index % 10), duration=10 + index) for index in range(299)]
    source = animation(FULL, *some)
    assert_labelled(source, painted(source))


def test_a_damaged_frame_is_refused() -> None:
    source = animation(FULL, replace(FULL, lossless=False))
    at = source.rindex(b"VP8 ")
    damaged = source[: at + 18] + b"\xff" * (len(source) - at - 18)
    with pytest.raises(MediaError) as caught:
        painted(damaged)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_too_many_frames_are_refused_before_decoding() -> None:
    source = animation(FULL, FULL, FULL)
    limits = replace(DEFAULT_LIMITS, frames=2)
    with pytest.raises(LimitError) as caught:
        paint(source, parse(source, limits), LABEL, limits)
    assert caught.value.code is ErrorCode.LIMIT_FRAMES
