"""The visible label on APNG: on every displayed frame, with frames, delays and loops kept."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.png import parse
from labeling.errors import ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.visible.raster.base import Painted
from labeling.visible.raster.png import paint
from labeling.visible.stamp import Stamp
from tests.labeling.png_files import (
    FrameSpec,
    animation,
    as_rgba,
    chunks,
    controls,
    displays,
    joined,
    noise,
    others,
    outside,
    read,
    sequence_numbers,
    stamp,
)

WIDTH, HEIGHT = 40, 30
NONE, BACKGROUND, PREVIOUS = 0, 1, 2
SOURCE, OVER = 0, 1
PALETTE = [(b"PLTE", bytes([255, 255, 255, 0, 0, 0, 200, 30, 30, 30, 200, 30])), (b"tRNS", b"\xff\xff\xff\0")]


def painted(data: bytes, mark: Stamp) -> Painted:
    return paint(data, parse(data, DEFAULT_LIMITS), mark, DEFAULT_LIMITS)


def frame(colour_type: int, box: tuple[int, int, int, int], seed: int, dispose: int = 0, blend: int = 0) -> FrameSpec:
    x, y, width, height = box
    samples = noise(width, height, colour_type, 8, seed=seed, top=4 if colour_type == 3 else None)
    if colour_type in (4, 6):
        rng = np.random.default_rng(seed)
        samples[..., -1] = rng.choice(np.array([0, 90, 255]), samples.shape[:2])
    return FrameSpec(samples, x, y, dispose, blend, delay=(seed + 1, 50), pieces=1 + seed % 3)


def film(colour_type: int, *steps: tuple[tuple[int, int, int, int], int, int], hidden: bool = False) -> bytes:
    """An animation with a full first frame (wiped by nothing) and then the given boxes, disposals and blends."""
    frames = [frame(colour_type, (0, 0, WIDTH, HEIGHT), 0)]
    frames += [frame(colour_type, box, index + 1, dispose, blend) for index, (box, dispose, blend) in enumerate(steps)]
    default = noise(WIDTH, HEIGHT, colour_type, 8, seed=77, top=4 if colour_type == 3 else None) if hidden else None
    before = PALETTE if colour_type == 3 else []
    return animation(WIDTH, HEIGHT, colour_type, frames, hidden=default, before=before)


def assert_labelled(source: bytes, result: Painted, mark: Stamp) -> None:
    """Every display has the solid label, and outside the label shows what it showed before."""
    before, after = displays(source), displays(result.data)
    assert len(before) == len(after) == result.frames
    box = mark.box
    untouched = outside(mark, WIDTH, HEIGHT)
    solid = (mark.ink == 0) & (mark.plate == 255)
    for old, new in zip(before, after, strict=True):
        drawn = new[box.y : box.bottom, box.x : box.right]
        assert (drawn[mark.ink == 255] == 1).all()
        assert (drawn[solid][:, :3] == 0).all()
        assert (drawn[solid][:, 3] == 1).all()
        assert np.abs(visible(old) - visible(new))[untouched].max() < 2 / 255


def visible(rgba: np.ndarray) -> np.ndarray:
    """Colours weighted with alpha, so that transparent pixels are equal whatever their colour."""
    return np.concatenate([rgba[..., :3] * rgba[..., 3:], rgba[..., 3:]], axis=2)


FULL = (0, 0, WIDTH, HEIGHT)
OVERLAPPING = (20, 12, 15, 10)
APART = (0, 0, 6, 6)
AROUND = (5, 5, 30, 22)
MARK = stamp(8, 9)


@pytest.mark.parametrize("colour_type", [0, 2, 3, 4, 6], ids=["grey", "rgb", "palette", "grey-alpha", "rgba"])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(FULL, NONE, SOURCE)] * 2, id="full"),
        pytest.param([(OVERLAPPING, NONE, SOURCE), (APART, NONE, SOURCE), (AROUND, NONE, OVER)], id="parts"),
        pytest.param([(OVERLAPPING, PREVIOUS, OVER), (APART, PREVIOUS, SOURCE), (FULL, NONE, OVER)], id="previous"),
        pytest.param([(AROUND, BACKGROUND, OVER), (FULL, BACKGROUND, SOURCE), (FULL, NONE, SOURCE)], id="covered"),
    ],
)
@pytest.mark.parametrize("hidden", [False, True], ids=["default-shown", "default-hidden"])
def test_every_displayed_frame_shows_the_label(colour_type, steps, hidden):
    source = film(colour_type, *steps, hidden=hidden)
    result = painted(source, MARK)
    assert_labelled(source, result, MARK)
    assert result.contrast > 20
    assert others(result.data) == others(source)
    assert [fields[1:] for fields in controls(result.data)] == [fields[1:] for fields in controls(source)]
    assert sequence_numbers(result.data) == list(range(len(sequence_numbers(result.data))))


@pytest.mark.parametrize("colour_type", [4, 6], ids=["grey-alpha", "rgba"])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(OVERLAPPING, BACKGROUND, SOURCE), (APART, NONE, SOURCE)], id="wiped-and-not-covered"),
        pytest.param([(FULL, BACKGROUND, OVER), (APART, NONE, OVER), (OVERLAPPING, PREVIOUS, OVER)], id="all-wiped"),
        pytest.param([(FULL, BACKGROUND, SOURCE), (APART, PREVIOUS, OVER), (APART, BACKGROUND, OVER)], id="twice"),
    ],
)
def test_a_label_that_would_be_wiped_is_kept_by_other_frames(colour_type, steps):
    source = film(colour_type, *steps)
    result = painted(source, MARK)
    assert_labelled(source, result, MARK)
    assert [fields[5:7] for fields in controls(result.data)] == [fields[5:7] for fields in controls(source)]
    assert {fields[7:] for fields in controls(result.data)} == {(NONE, SOURCE)}
    assert others(result.data) == others(source)
    assert sequence_numbers(result.data) == list(range(len(sequence_numbers(result.data))))


def test_a_wiped_palette_uses_its_transparent_entry():
    source = film(3, (OVERLAPPING, BACKGROUND, SOURCE), (APART, NONE, OVER))
    result = painted(source, MARK)
    assert_labelled(source, result, MARK)
    assert {fields[7:] for fields in controls(result.data)} == {(NONE, SOURCE)}


def test_a_wiped_key_picture_uses_its_key():
    frames = [
        FrameSpec(np.full((HEIGHT, WIDTH, 1), 9, np.uint16)),
        FrameSpec(np.full((10, 15, 1), 60, np.uint16), 20, 12, BACKGROUND),
        FrameSpec(np.full((6, 6, 1), 7, np.uint16), blend=OVER),
    ]
    source = animation(WIDTH, HEIGHT, 0, frames, before=[(b"tRNS", b"\0\7")])
    assert_labelled(source, painted(source, MARK), MARK)


def test_a_frame_after_a_hidden_default_image_may_be_small():
    source = animation(
        WIDTH,
        HEIGHT,
        6,
        [frame(6, OVERLAPPING, 1, PREVIOUS, OVER), frame(6, APART, 2)],
        hidden=noise(WIDTH, HEIGHT, 6, 8),
    )
    assert_labelled(source, painted(source, MARK), MARK)


def test_the_hidden_default_image_is_labelled_too():
    source = film(6, (FULL, NONE, SOURCE), hidden=True)
    result = painted(source, MARK)
    drawn = as_rgba(read(result.data), 6, {})[9:22, 8:30]
    assert (drawn[MARK.ink == 255] == 1).all()
    untouched = outside(MARK, WIDTH, HEIGHT)
    assert (read(result.data)[untouched] == read(source)[untouched]).all()


def test_a_frame_apart_from_the_label_keeps_its_bytes():
    source = film(2, (APART, NONE, SOURCE), (FULL, NONE, SOURCE))
    kept = [body for kind, body in chunks(source) if kind == b"fdAT"][:2]
    assert all(len(body) > 4 for body in kept)
    after = [body[4:] for kind, body in chunks(painted(source, MARK).data) if kind == b"fdAT"]
    assert after[:2] == [body[4:] for body in kept]


def test_a_wiped_rgb_animation_has_no_transparent_sample_and_is_refused():
    source = film(2, (OVERLAPPING, BACKGROUND, SOURCE), (APART, NONE, SOURCE))
    with pytest.raises(MediaError) as caught:
        painted(source, MARK)
    assert caught.value.code == ErrorCode.MEDIA_UNSUPPORTED
    assert caught.value.params == {"frame": 2}


def test_a_mixture_of_palette_entries_beside_a_wiped_label_is_refused():
    translucent = [PALETTE[0], (b"tRNS", b"\xff\xff\xff\x80")]
    frames = [
        FrameSpec(np.full((HEIGHT, WIDTH, 1), 2, np.uint16)),
        FrameSpec(np.full((10, 15, 1), 0, np.uint16), 20, 12, BACKGROUND),
        FrameSpec(np.full((6, 6, 1), 3, np.uint16), blend=OVER),
    ]
    with pytest.raises(MediaError) as caught:
        painted(animation(WIDTH, HEIGHT, 3, frames, before=translucent), MARK)
    assert caught.value.code == ErrorCode.MEDIA_UNSUPPORTED


def test_a_mixture_of_palette_entries_does_no_harm_where_nothing_is_wiped():
    translucent = [PALETTE[0], (b"tRNS", b"\xff\xff\xff\x80")]
    frames = [FrameSpec(np.full((HEIGHT, WIDTH, 1), value, np.uint16), blend=OVER) for value in (2, 3)]
    source = animation(WIDTH, HEIGHT, 3, frames, before=translucent)
    assert_labelled(source, painted(source, MARK), MARK)


def test_pillow_plays_three_hundred_frames_with_their_delays():
    rng = np.random.default_rng(4)
    base = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    pictures = [Image.fromarray(np.roll(base, index, axis=1)) for index in range(300)]
    out = io.BytesIO()
    pictures[0].save(out, "PNG", save_all=True, append_images=pictures[1:], duration=30, loop=2)
    mark = stamp(60, 40)
    result = painted(out.getvalue(), mark)
    assert result.frames == 300
    untouched = outside(mark, 90, 60)
    with Image.open(io.BytesIO(result.data)) as image:
        assert (image.n_frames, image.info["loop"]) == (300, 2)
        for index in (0, 1, 150, 299):
            image.seek(index)
            shown = np.asarray(image.convert("RGB"))
            assert image.info["duration"] == 30
            assert (shown[untouched] == np.asarray(pictures[index])[untouched]).all()
            assert (shown[40:53, 60:82][mark.ink == 255] == 255).all()


def test_an_actl_after_the_image_data_makes_no_animation():
    parts = chunks(film(2, (FULL, NONE, SOURCE)))
    moved = [part for part in parts if part[0] != b"acTL"]
    source = joined([*moved[:-1], parts[1], moved[-1]])
    result = painted(source, MARK)
    assert [part for part in chunks(result.data) if part[0] != b"IDAT"] == [
        part for part in chunks(source) if part[0] != b"IDAT"
    ]


def rewritten(kind: bytes, number: int, change) -> bytes:
    """The animation of two full frames with the body of one chunk changed (None drops it)."""
    seen, parts = 0, []
    for name, body in chunks(film(2, (FULL, NONE, SOURCE))):
        if name == kind:
            seen += 1
            if seen == number:
                changed = change(body)
                parts += [] if changed is None else [(name, changed)]
                continue
        parts.append((name, body))
    return joined(parts)


def fields(**changes: int):
    names = ("sequence", "width", "height", "x", "y", "delay", "per", "dispose", "blend")

    def change(body: bytes) -> bytes:
        values = dict(zip(names, struct.unpack(">IIIIIHHBB", body), strict=True)) | changes
        return struct.pack(">IIIIIHHBB", *values.values())

    return change


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(rewritten(b"acTL", 1, lambda _: struct.pack(">II", 3, 0)), id="a-frame-missing"),
        pytest.param(rewritten(b"fcTL", 2, lambda _: None), id="fcTL-missing"),
        pytest.param(rewritten(b"fcTL", 2, fields(sequence=7)), id="sequence"),
        pytest.param(rewritten(b"fcTL", 2, fields(width=0)), id="width-0"),
        pytest.param(rewritten(b"fcTL", 2, fields(x=1)), id="beyond-the-canvas"),
        pytest.param(rewritten(b"fcTL", 2, fields(dispose=3)), id="dispose-3"),
        pytest.param(rewritten(b"fcTL", 2, fields(blend=2)), id="blend-2"),
        pytest.param(rewritten(b"fcTL", 2, lambda body: body + b"\0"), id="fcTL-too-long"),
        pytest.param(rewritten(b"fcTL", 1, fields(width=WIDTH - 1)), id="first-frame-too-small"),
        pytest.param(rewritten(b"fdAT", 1, lambda _: b"\0"), id="fdAT-too-short"),
        pytest.param(rewritten(b"fcTL", 1, lambda body: None), id="first-fcTL-missing"),
    ],
)
def test_a_broken_animation_gets_a_named_error(data):
    with pytest.raises(MediaError) as caught:
        painted(data, MARK)
    assert caught.value.code == ErrorCode.MEDIA_MALFORMED


def test_a_frame_without_data_is_malformed():
    parts = chunks(film(2, (FULL, NONE, SOURCE)))
    with pytest.raises(MediaError) as caught:
        painted(joined([part for part in parts if part[0] != b"fdAT"]), MARK)
    assert caught.value.code == ErrorCode.MEDIA_MALFORMED


def test_a_bomb_in_a_frame_is_not_inflated():
    bomb = zlib.compress(bytes(20_000_000), 9)
    with pytest.raises(MediaError) as caught:
        painted(rewritten(b"fdAT", 1, lambda body: body[:4] + bomb), MARK)
    assert caught.value.code == ErrorCode.LIMIT_INFLATED


boxes = st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(1, 40), st.integers(1, 30)).map(
    lambda box: (box[0], box[1], min(box[2], WIDTH - box[0]), min(box[3], HEIGHT - box[1]))
)
steps = st.lists(st.tuples(boxes, st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=4)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([2, 3, 4, 6]), steps, st.booleans())
def test_any_animation_is_labelled_on_every_frame_or_refused(colour_type, moves, hidden):
    source = film(colour_type, *moves, hidden=hidden)
    try:
        result = painted(source, MARK)
    except LabelingError as error:
        code = error.code
    else:
        assert_labelled(source, result, MARK)
        code = None
    assert code is None or (code == ErrorCode.MEDIA_UNSUPPORTED and colour_type == 2)
