"""The visible label on still PNGs: drawn, legible, and nothing else changed, sample by sample."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.containers.png import parse
from labeling.errors import DeclarationError, ErrorCode, LabelingError, MediaError
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Format
from labeling.visible.raster.base import Painted, painter_for
from labeling.visible.raster.png import paint
from labeling.visible.stamp import ColourSpace, Stamp
from tests.labeling.png_files import (
    KINDS,
    chunks,
    filtered,
    header,
    joined,
    noise,
    others,
    outside,
    picture,
    read,
    stamp,
)

SPACES = {0: ColourSpace.GREY, 2: ColourSpace.RGB, 4: ColourSpace.GREY_ALPHA, 6: ColourSpace.RGBA}
GREYS = b"".join(bytes([value]) * 3 for value in range(256))


def painted(data: bytes, mark: Stamp) -> Painted:
    return paint(data, parse(data, DEFAULT_LIMITS), mark, DEFAULT_LIMITS)


def palette_of(depth: int) -> list[tuple[bytes, bytes]]:
    """A grey ramp from black to white that fills the depth."""
    count = 1 << depth
    return [(b"PLTE", b"".join(bytes([value * 255 // (count - 1)]) * 3 for value in range(count)))]


def sample(colour_type: int, depth: int, width: int = 45, height: int = 37, interlaced: bool = False) -> bytes:
    before = palette_of(depth) if colour_type == 3 else []
    return picture(noise(width, height, colour_type, depth), colour_type, depth, interlaced=interlaced, before=before)


def test_the_painter_is_registered():
    assert painter_for(Format.PNG) is paint


@pytest.mark.parametrize("place", [(0, 0), (9, 11), (23, 24)], ids=["top-left", "inside", "bottom-right"])
@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "adam7"])
@pytest.mark.parametrize(("colour_type", "depth"), KINDS)
def test_every_kind_gets_a_legible_label_and_keeps_every_other_sample(colour_type, depth, interlaced, place):
    source = sample(colour_type, depth, interlaced=interlaced)
    mark = stamp(*place)
    result = painted(source, mark)
    before, after = read(source), read(result.data)
    untouched = outside(mark, 45, 37)
    assert (before[untouched] == after[untouched]).all()
    box = mark.box
    drawn = after[box.y : box.bottom, box.x : box.right]
    white = (1 << depth) - 1
    assert (drawn[mark.ink == 255] == white).all()
    solid = (mark.ink == 0) & (mark.plate == 255)
    colours = drawn[solid] if colour_type not in (4, 6) else drawn[solid][:, :-1]
    assert (colours == 0).all()
    assert result.contrast == pytest.approx(21)
    assert result.frames == 1


@pytest.mark.parametrize(("colour_type", "depth"), [(0, 8), (2, 8), (4, 8), (6, 8), (0, 16), (2, 16), (4, 16), (6, 16)])
def test_the_box_holds_what_the_stamp_blends(colour_type, depth):
    source = sample(colour_type, depth)
    mark = stamp(20, 7, plate_opacity=0.7)
    box = mark.box
    result = painted(source, mark)
    region = read(source)[box.y : box.bottom, box.x : box.right].astype(np.uint8 if depth == 8 else np.uint16)
    expected, contrast = mark.blend(region, SPACES[colour_type], (1 << depth) - 1)
    assert (read(result.data)[box.y : box.bottom, box.x : box.right] == expected).all()
    assert result.contrast == contrast


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_pillow_shows_the_same_picture_outside_the_label(mode):
    pixels = noise(160, 120, 6, 8).astype(np.uint8)
    if mode == "P":
        pixels[..., 3] = 255
    image = Image.fromarray(pixels).convert(mode)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(300, 300))
    mark = stamp(130, 100)
    result = painted(out.getvalue(), mark)
    with Image.open(io.BytesIO(result.data)) as shown:
        shown.load()
        assert (shown.mode, shown.size, shown.info["dpi"]) == (mode, image.size, pytest.approx((300, 300), abs=0.1))
        before, after = np.asarray(image.convert("RGBA")), np.asarray(shown.convert("RGBA"))
    untouched = outside(mark, 160, 120)
    assert (before[untouched] == after[untouched]).all()


def test_rows_away_from_the_label_keep_their_filtered_bytes():
    samples = noise(40, 50, 2, 8)
    source = picture(samples, 2, 8, filters=[4] * 50)
    mark = stamp(5, 20)
    after = zlib.decompress(b"".join(body for kind, body in chunks(painted(source, mark).data) if kind == b"IDAT"))
    before, stride = filtered(samples, 8, filters=[4] * 50), 121
    top, below = mark.box.y * stride, (mark.box.bottom + 1) * stride
    assert after[:top] == before[:top]
    assert after[below:] == before[below:]
    assert after[top:below] != before[top:below]


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4], ids=["none", "sub", "up", "average", "paeth"])
@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "adam7"])
def test_each_filter_below_and_above_the_label_is_handled(kind, interlaced):
    samples = noise(41, 30, 6, 16)
    source = picture(samples, 6, 16, interlaced=interlaced, filters=[kind] * 200)
    mark = stamp(3, 8)
    after = read(painted(source, mark).data)
    untouched = outside(mark, 41, 30)
    assert (after[untouched] == samples[untouched]).all()


def test_a_picture_of_many_strips_is_decoded_right():
    rng = np.random.default_rng(3)
    pixels = np.cumsum(rng.integers(-2, 3, (400, 800, 3)), axis=1).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    mark = stamp(770, 380)
    with Image.open(io.BytesIO(painted(out.getvalue(), mark).data)) as shown:
        after = np.asarray(shown)
    untouched = outside(mark, 800, 400)
    assert (after[untouched] == pixels[untouched]).all()


def test_all_other_chunks_and_the_tail_are_kept_in_order():
    before = [(b"gAMA", b"\0\0\xb1\x8f"), (b"prVt", b"x" * 9), (b"tEXt", b"AIGC\0{}"), (b"pHYs", bytes(9))]
    after = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"), (b"eXIf", b"II*\0")]
    source = picture(noise(40, 30, 2, 8), 2, 8, before=before, after=after, pieces=5) + b"tail"
    result = painted(source, stamp(4, 4)).data
    assert others(result) == others(source)
    assert result.endswith(b"tail")
    names = [kind for kind, _ in chunks(result)]
    assert names.index(b"IDAT") == 5
    assert names.count(b"IDAT") == 1


def test_large_image_data_is_written_in_pieces():
    out = io.BytesIO()
    Image.fromarray(noise(700, 700, 2, 8).astype(np.uint8)).save(out, "PNG")
    sizes = [len(body) for kind, body in chunks(painted(out.getvalue(), stamp(600, 600)).data) if kind == b"IDAT"]
    assert max(sizes) == 512 * 1024
    assert len(sizes) == 3


def photo(size: int = 500) -> Image.Image:
    rng = np.random.default_rng(5)
    coarse = Image.fromarray(rng.integers(0, 256, (size // 16, size // 16, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)).astype(np.int16)
    return Image.fromarray((smooth + rng.integers(-3, 4, smooth.shape)).clip(0, 255).astype(np.uint8))


def drawing(size: int = 500) -> Image.Image:
    pixels = np.full((size, size, 3), 240, np.uint8)
    pixels[40:60, 20:-20] = (20, 60, 160)
    pixels[100::24, 30:-30:7] = 0
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    "options", [{}, {"optimize": True}, {"compress_level": 9}], ids=["default", "optimize", "nine"]
)
@pytest.mark.parametrize("make", [photo, lambda: photo().convert("RGBA"), lambda: photo().quantize(200)])
def test_the_file_grows_by_less_than_fifteen_percent(make, options):
    out = io.BytesIO()
    make().save(out, "PNG", **options)
    source = out.getvalue()
    assert len(painted(source, stamp(470, 480)).data) < 1.15 * len(source)


def test_a_small_drawing_stays_small():
    out = io.BytesIO()
    drawing().save(out, "PNG", optimize=True)
    source = out.getvalue()
    assert len(painted(source, stamp(470, 480)).data) < 1.15 * len(source) + 300


def test_memory_stays_below_three_times_the_decoded_picture():
    out = io.BytesIO()
    photo(800).save(out, "PNG")
    source = out.getvalue()
    anatomy, mark = parse(source, DEFAULT_LIMITS), stamp(700, 700)
    tracemalloc.start()
    paint(source, anatomy, mark, DEFAULT_LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 800 * 800 * 3


# Transparency.


def test_a_transparent_background_gets_an_opaque_label():
    source = picture(np.zeros((30, 40, 4), np.uint16), 6, 8)
    mark = stamp(10, 10, plate_opacity=0.2)
    after = read(painted(source, mark).data)[10:23, 10:32]
    assert (after[mark.plate == 255][:, 3] == 255).all()
    assert (after[mark.ink == 255] == 255).all()


@pytest.mark.parametrize(("colour_type", "depth"), [(0, 8), (2, 8), (0, 16), (2, 16)])
@pytest.mark.parametrize("key", [0, -1], ids=["black-key", "white-key"])
def test_no_drawn_pixel_becomes_the_transparent_key(colour_type, depth, key):
    channels = 3 if colour_type == 2 else 1
    value = key % (1 << depth)
    samples = noise(40, 30, colour_type, depth)
    samples[12:20, 5:25] = value
    source = picture(samples, colour_type, depth, before=[(b"tRNS", struct.pack(">H", value) * channels)])
    mark = stamp(8, 9)
    result = painted(source, mark)
    after = read(result.data)
    touched = ~outside(mark, 40, 30)
    assert not (after[touched] == value).all(axis=1).any()
    assert (after[~touched] == samples[~touched]).all()
    assert result.contrast > 20
    assert others(result.data) == others(source)


@pytest.mark.parametrize(("depth", "key"), [(2, 0), (2, 3), (4, 15), (4, 0)])
def test_short_greys_draw_with_levels_that_are_not_the_key(depth, key):
    source = picture(noise(40, 30, 0, depth), 0, depth, before=[(b"tRNS", struct.pack(">H", key))])
    mark = stamp(8, 9)
    result = painted(source, mark)
    assert key not in read(result.data)[~outside(mark, 40, 30) & hard(mark, 40, 30)]
    assert result.contrast >= 4.5


def hard(mark: Stamp, width: int, height: int) -> np.ndarray:
    flags = np.zeros((height, width), bool)
    box = mark.box
    flags[box.y : box.bottom, box.x : box.right] = mark.two_colour()[1].astype(bool)
    return flags


def test_one_bit_grey_with_a_key_has_no_second_level():
    source = picture(noise(40, 30, 0, 1), 0, 1, before=[(b"tRNS", b"\0\0")])
    with pytest.raises(DeclarationError) as caught:
        painted(source, stamp(8, 9))
    assert caught.value.code == ErrorCode.PALETTE_FULL


# Palettes.


def indexed(colours: bytes, *, depth: int = 8, top: int | None = None, extra: list[tuple[bytes, bytes]] = []) -> bytes:  # noqa: B006
    samples = noise(40, 30, 3, depth, top=top or len(colours) // 3)
    return picture(samples, 3, depth, before=[(b"PLTE", colours), *extra])


def plte(data: bytes) -> bytes:
    return dict(chunks(data))[b"PLTE"]


MUD = bytes([100, 90, 80, 110, 100, 90, 120, 100, 95])


def test_a_palette_with_contrast_is_left_as_it_is():
    source = indexed(MUD + bytes([250, 250, 250, 5, 5, 5]))
    mark = stamp(8, 9)
    result = painted(source, mark)
    assert others(result.data) == others(source)
    drawn = read(result.data)[9:22, 8:30]
    assert (drawn[mark.ink == 255] == 3).all()
    assert result.contrast > 15


def test_the_label_takes_the_entries_nearest_to_its_own_colours():
    source = indexed(bytes([255, 255, 255, 0, 0, 0, 255, 240, 0, 0, 0, 150]))
    mark = stamp(8, 9, ink_colour=(255, 255, 0), plate_colour=(0, 0, 140))
    drawn = read(painted(source, mark).data)[9:22, 8:30]
    assert (drawn[mark.ink == 255] == 2).all()
    assert (drawn[(mark.ink == 0) & (mark.plate == 255)] == 3).all()


def test_dark_ink_on_a_light_plate_stays_that_way_round():
    source = indexed(MUD + bytes([250, 250, 250, 5, 5, 5]))
    mark = stamp(8, 9, ink_colour=(0, 0, 0), plate_colour=(255, 255, 255))
    assert (read(painted(source, mark).data)[9:22, 8:30][mark.ink == 255] == 4).all()


def test_a_transparent_entry_is_not_drawn_with():
    source = indexed(MUD + bytes([255] * 3 + [0] * 3 + [254] * 3), extra=[(b"tRNS", b"\xff\xff\xff\0\x80")])
    result = painted(source, stamp(8, 9))
    assert plte(result.data)[:18] == plte(source)
    used = set(read(result.data)[hard(stamp(8, 9), 40, 30)].ravel())
    assert not used & {3, 4}
    assert result.contrast >= 4.5


def test_a_palette_with_room_grows_and_its_companions_stay_aligned():
    extra = [(b"tRNS", b"\xff\0"), (b"hIST", b"\0\1\0\2\0\3"), (b"bKGD", b"\1")]
    source = indexed(MUD, extra=extra)
    result = painted(source, stamp(8, 9))
    named = dict(chunks(result.data))
    assert named[b"PLTE"] == MUD + b"\xff\xff\xff\0\0\0"
    assert named[b"hIST"] == b"\0\1\0\2\0\3\0\0\0\0"
    assert named[b"tRNS"] == b"\xff\0"
    assert [kind for kind, _ in chunks(result.data)] == [kind for kind, _ in chunks(source)]
    assert result.contrast == pytest.approx(21)


def test_one_free_entry_is_enough():
    source = indexed(MUD, depth=2)
    result = painted(source, stamp(8, 9))
    assert plte(result.data)[:9] == MUD
    assert len(plte(result.data)) == 12
    assert result.contrast >= 4.5


def test_a_full_palette_lends_entries_that_nothing_else_uses():
    samples = (np.arange(40 * 30) % 200).astype(np.uint16).reshape(30, 40, 1)
    before = [(b"PLTE", MUD[:3] * 256), (b"tRNS", bytes(256)), (b"bKGD", b"\xc8")]
    source = picture(samples, 3, 8, before=before)
    mark = stamp(8, 9)
    result = painted(source, mark)
    named = dict(chunks(result.data))
    new = [index for index in range(256) if named[b"PLTE"][index * 3 : index * 3 + 3] != MUD[:3]]
    assert len(new) == 2
    assert min(new) > 200
    assert [index for index in range(256) if named[b"tRNS"][index]] == new
    before, after = read(source), read(result.data)
    assert (before[outside(mark, 40, 30)] == after[outside(mark, 40, 30)]).all()


def test_entries_that_only_the_label_covers_are_free():
    samples = np.zeros((30, 40, 1), np.uint16)
    mark = stamp(8, 9)
    samples[hard(mark, 40, 30)] = 1
    result = painted(picture(samples, 3, 1, before=[(b"PLTE", MUD[:6])]), mark)
    assert result.contrast >= 4.5
    assert plte(result.data)[:3] == MUD[:3]


def test_a_full_palette_in_full_use_is_refused():
    samples = (np.arange(30 * 40) % 4).astype(np.uint16).reshape(30, 40, 1)
    source = picture(samples, 3, 2, before=[(b"PLTE", MUD + MUD[:3])])
    with pytest.raises(DeclarationError) as caught:
        painted(source, stamp(8, 9))
    assert caught.value.code == ErrorCode.PALETTE_FULL
    assert caught.value.params["entries"] == 4


# Odd sizes.


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 4000), (4000, 1), (7, 3)])
@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "adam7"])
@pytest.mark.parametrize(("colour_type", "depth"), [(0, 1), (2, 8), (6, 16)])
def test_a_label_may_cover_any_part_of_an_odd_picture(width, height, interlaced, colour_type, depth):
    source = sample(colour_type, depth, width, height, interlaced)
    box_width, box_height = min(width, 3), min(height, 3)
    ink = np.zeros((box_height, box_width), np.uint8)
    ink[-1, -1] = 255
    plate = np.full_like(ink, 255)
    mark = Stamp(width - box_width, height - box_height, ink, plate, (255, 255, 255), (0, 0, 0), 1.0)
    after = read(painted(source, mark).data)
    assert (after[-1, -1] == (1 << depth) - 1).all()
    assert (after[outside(mark, width, height)] == read(source)[outside(mark, width, height)]).all()


# Broken files.


def with_stream(stream: bytes, colour_type: int = 2) -> bytes:
    return joined([(b"IHDR", header(40, 30, colour_type, 8)), (b"IDAT", stream), (b"IEND", b"")])


RAW = filtered(noise(40, 30, 2, 8), 8)


def bad_filter(row: int) -> bytes:
    raw = bytearray(RAW)
    raw[row * 121] = 5
    return bytes(raw)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(with_stream(zlib.compress(RAW)[:-9]), ErrorCode.MEDIA_TRUNCATED, id="stream-cut"),
        pytest.param(with_stream(zlib.compress(RAW)[:-1]), ErrorCode.MEDIA_TRUNCATED, id="adler-cut"),
        pytest.param(with_stream(zlib.compress(RAW[:-1])), ErrorCode.MEDIA_TRUNCATED, id="one-byte-missing"),
        pytest.param(with_stream(b""), ErrorCode.MEDIA_TRUNCATED, id="empty-stream"),
        pytest.param(with_stream(b"no zlib stream"), ErrorCode.MEDIA_MALFORMED, id="no-zlib"),
        pytest.param(with_stream(zlib.compress(RAW)[:-4] + bytes(4)), ErrorCode.MEDIA_MALFORMED, id="wrong-adler"),
        pytest.param(with_stream(zlib.compress(RAW + b"x")), ErrorCode.LIMIT_INFLATED, id="one-byte-too-many"),
        pytest.param(with_stream(zlib.compress(bytes(50_000_000), 9)), ErrorCode.LIMIT_INFLATED, id="bomb"),
        pytest.param(with_stream(zlib.compress(bad_filter(0))), ErrorCode.MEDIA_MALFORMED, id="bad-filter-above"),
        pytest.param(with_stream(zlib.compress(bad_filter(12))), ErrorCode.MEDIA_MALFORMED, id="bad-filter-in-the-box"),
        pytest.param(with_stream(zlib.compress(bad_filter(29))), ErrorCode.MEDIA_MALFORMED, id="bad-filter-below"),
        pytest.param(with_stream(zlib.compress(bytes(41 * 30)), 3), ErrorCode.MEDIA_MALFORMED, id="palette-missing"),
        pytest.param(indexed(MUD + b"\0"), ErrorCode.MEDIA_MALFORMED, id="palette-of-10-bytes"),
        pytest.param(indexed(b"", top=1), ErrorCode.MEDIA_MALFORMED, id="palette-empty"),
        pytest.param(indexed(MUD, depth=1, top=2), ErrorCode.MEDIA_MALFORMED, id="palette-too-long"),
        pytest.param(
            picture(noise(40, 30, 2, 8), 2, 8, before=[(b"tRNS", b"\0\0")]), ErrorCode.MEDIA_MALFORMED, id="short-tRNS"
        ),
    ],
)
def test_damaged_image_data_gets_a_named_error(data, code):
    with pytest.raises(MediaError) as caught:
        painted(data, stamp(8, 9))
    assert caught.value.code == code


def test_a_bomb_is_not_inflated_beyond_the_picture():
    data = with_stream(zlib.compress(bytes(50_000_000), 9))
    anatomy = parse(data, DEFAULT_LIMITS)
    tracemalloc.start()
    with pytest.raises(MediaError):
        paint(data, anatomy, stamp(8, 9), DEFAULT_LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_canvas_beyond_the_limit_is_refused_before_anything_is_inflated():
    data = joined([(b"IHDR", header(65_000, 65_000, 6, 16)), (b"IDAT", b"no zlib stream"), (b"IEND", b"")])
    with pytest.raises(MediaError) as caught:
        painted(data, stamp(8, 9))
    assert caught.value.code == ErrorCode.LIMIT_PIXELS


def test_bytes_after_the_end_of_the_stream_do_no_harm():
    result = painted(with_stream(zlib.compress(RAW) + b"junk"), stamp(8, 9))
    assert result.contrast == pytest.approx(21)


# Properties.

kinds = st.sampled_from(KINDS)


@settings(max_examples=120, deadline=None)
@given(kinds, st.booleans(), st.integers(1, 24), st.integers(1, 24), st.data())
def test_samples_outside_any_box_are_identical(kind, interlaced, width, height, data):
    colour_type, depth = kind
    samples = noise(width, height, colour_type, depth, seed=data.draw(st.integers(0, 99)))
    before = palette_of(depth) if colour_type == 3 else []
    source = picture(samples, colour_type, depth, interlaced=interlaced, before=before)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    shape = (data.draw(st.integers(1, height - y)), data.draw(st.integers(1, width - x)))
    rng = np.random.default_rng(1)
    ink, plate = (rng.choice(np.array([0, 100, 255], np.uint8), shape) for _ in range(2))
    mark = Stamp(x, y, ink, plate, (255, 255, 255), (0, 0, 0), 0.7)
    result = painted(source, mark)
    untouched = outside(mark, width, height)
    assert (read(result.data)[untouched] == samples[untouched]).all()
    assert others(result.data) == others(source)


STREAM = zlib.compress(RAW, 0)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_damaged_streams_raise_only_our_errors(changes):
    stream = bytearray(STREAM)
    for position, value in changes:
        stream[position] = value
    data = with_stream(bytes(stream))
    try:
        result = painted(data, stamp(8, 9))
    except LabelingError:
        assert bytes(stream) != STREAM
    else:
        assert parse(result.data, DEFAULT_LIMITS).width == 40


def test_the_painter_takes_the_limits_that_it_is_given():
    source = sample(2, 8)
    with pytest.raises(MediaError) as caught:
        paint(source, parse(source, DEFAULT_LIMITS), stamp(8, 9), replace(DEFAULT_LIMITS, pixels=1000))
    assert caught.value.code == ErrorCode.LIMIT_PIXELS
