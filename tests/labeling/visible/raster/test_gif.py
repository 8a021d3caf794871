"""The label on GIF frames, judged by a compositor of its own (GIF89a, browsers' reading) and by Pillow's."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labeling.containers.gif import parse
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.visible.raster.gif import paint
from labeling.visible.stamp import Stamp, colour_contrast

GREYS = b"".join(bytes((level, level, level)) for level in range(256))
BLACK_WHITE = b"\x00\x00\x00\xff\xff\xff"
DULL = b"".join(bytes((100 + level % 16, 110 + level // 16, 105)) for level in range(256))
KEEP, CLEAR, RESTORE = 1, 2, 3


def stamp_at(x: int, y: int, width: int = 12, height: int = 7, **changes: object) -> Stamp:
    """Two bars of ink on a plate without its corners."""
    plate = np.full((height, width), 255, np.uint8)
    plate[[0, 0, -1, -1], [0, -1, 0, -1]] = 0
    ink = np.zeros_like(plate)
    ink[2:-2, 2:4] = ink[2:-2, 6:-2] = 255
    return replace(Stamp(x, y, ink, plate, (255, 255, 255), (0, 0, 0), 0.7), **changes)


@dataclass(frozen=True)
class Shot:
    """One frame to be written; `table` is its local one."""

    x: int
    y: int
    pixels: np.ndarray
    transparent: int | None = None
    disposal: int = KEEP
    table: bytes = b""
    interlaced: bool = False
    controlled: bool = True
    before: bytes = b""

    def encoded(self) -> bytes:
        height, width = self.pixels.shape
        bits = max(2, int(self.pixels.max()).bit_length())
        flags = 0x40 * self.interlaced | (0x80 | table_bits(self.table) if self.table else 0)
        lzw = Image.fromarray(self.pixels).tobytes("gif", "L", bits, int(self.interlaced))
        picture = struct.pack("<BHHHHB", 0x2C, self.x, self.y, width, height, flags) + self.table
        return self.before + self._control() + picture + bytes((bits,)) + lzw + b"\0"

    def _control(self) -> bytes:
        if not self.controlled:
            return b""
        flags = self.disposal << 2 | (self.transparent is not None)
        return b"\x21\xf9\x04" + struct.pack("<BHB", flags, 7 + self.x, self.transparent or 0) + b"\0"


def table_bits(table: bytes) -> int:
    return (len(table) // 3).bit_length() - 2


def gif(width: int, height: int, *shots: Shot, table: bytes = GREYS, head: bytes = b"", tail: bytes = b"") -> bytes:
    flags = 0x80 | 0x70 | table_bits(table) if table else 0x70
    start = b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + table + head
    return start + b"".join(shot.encoded() for shot in shots) + b";" + tail


def noise(width: int, height: int, colours: int = 256, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, colours, (height, width), dtype=np.uint8)


def blank(width: int, height: int, index: int = 0) -> np.ndarray:
    return np.full((height, width), index, np.uint8)


# --- a compositor of its own ---


@dataclass
class Seen:
    """One picture as the reference reads it."""

    box: tuple[int, int, int, int]
    pixels: np.ndarray
    table: bytes
    transparent: int | None
    disposal: int
    delay: int


def lzw_decoded(bits: int, payload: bytes, count: int) -> list[int]:
    """GIF's variable-length LZW, one code at a time."""
    clear, out, position = 1 << bits, [], 0
    stream = int.from_bytes(payload, "little")
    words: list[list[int]] = []
    size, last = bits + 1, None
    while len(out) < count:
        assert position + size <= 8 * len(payload), "the data end too early"
        code = stream >> position & (1 << size) - 1
        position += size
        if code == clear:
            words, size, last = [[index] for index in range(clear)] + [[], []], bits + 1, None
            continue
        assert code != clear + 1, "the end code comes too early"
        word = words[code] if code < len(words) else [*last, last[0]]
        if last is not None and len(words) < 4096:
            words.append([*last, word[0]])
            if len(words) == 1 << size and size < 12:
                size += 1
        out += word
        last = word
    return out


def deinterlaced(rows: np.ndarray) -> np.ndarray:
    height = len(rows)
    order = [row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(start, height, step)]
    result = np.empty_like(rows)
    result[order] = rows
    return result


def read(data: bytes) -> tuple[tuple[int, int], list[Seen], list[bytes]]:
    """Canvas, pictures, and every extension that is no graphic control."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13
    shared = b""
    if flags & 0x80:
        shared = data[13 : 13 + (6 << (flags & 7))]
        position += len(shared)
    pictures, others, control = [], [], None
    while data[position] != 0x3B:
        start = position
        if data[position] == 0x21:
            position += 2
        else:
            x, y, w, h, flags = struct.unpack_from("<HHHHB", data, position + 1)
            position += 10
            table = data[position : position + (6 << (flags & 7))] if flags & 0x80 else shared
            position += len(table) if flags & 0x80 else 0
            bits = data[position]
            position += 1
        payload = b""
        while data[position]:
            payload += data[position + 1 : position + 1 + data[position]]
            position += 1 + data[position]
        position += 1
        if data[start] == 0x2C:
            pixels = np.array(lzw_decoded(bits, payload, w * h)[: w * h], np.uint8).reshape(h, w)
            packed, delay, transparent = struct.unpack("<BHB", control) if control else (0, 0, 0)
            pixels = deinterlaced(pixels) if flags & 0x40 else pixels
            transparent = transparent if packed & 1 else None
            pictures.append(Seen((x, y, w, h), pixels, table, transparent, packed >> 2 & 7, delay))
            control = None
        elif data[start + 1] == 0xF9:
            control = payload
        else:
            others.append(data[start:position])
    return (width, height), pictures, others


def displayed(data: bytes) -> list[np.ndarray]:
    """Every frame as a viewer shows it, RGBA, shape (height, width, 4); transparent pixels are all zero."""
    (width, height), pictures, _ = read(data)
    canvas = np.zeros((height, width, 4), np.uint8)
    shown = []
    for seen in pictures:
        before = canvas.copy()
        x, y, w, h = seen.box
        region = canvas[y : y + h, x : x + w]
        pixels = seen.pixels[: region.shape[0], : region.shape[1]]
        colours = np.zeros((256, 4), np.uint8)
        colours[: len(seen.table) // 3, :3] = np.frombuffer(seen.table, np.uint8).reshape(-1, 3)
        colours[:, 3] = 255
        opaque = np.ones(pixels.shape, bool) if seen.transparent is None else pixels != seen.transparent
        region[opaque] = colours[pixels[opaque]]
        shown.append(canvas.copy())
        if seen.disposal == CLEAR:
            region[...] = 0
        elif seen.disposal == RESTORE:
            canvas = before
    return shown


def displayed_by_pillow(data: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(data)) as image:
        shown = [np.array(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    for frame in shown:
        frame[frame[..., 3] == 0] = 0
    return shown


# --- what must hold ---


def painted(data: bytes, stamp: Stamp, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Paint, and check what holds for every file."""
    result = paint(data, parse(data, limits), stamp, limits)
    assert result.frames == len(read(data)[1])
    assert result.contrast >= 4.5
    assert_label_only(displayed(data), displayed(result.data), stamp, result.contrast)
    assert_rest_kept(data, result.data)
    return result.data


def assert_label_only(before: list[np.ndarray], after: list[np.ndarray], stamp: Stamp, contrast: float) -> None:
    ink, plate = (mask.astype(bool) for mask in stamp.two_colour())
    rows, columns = slice(stamp.y, stamp.box.bottom), slice(stamp.x, stamp.box.right)
    assert len(before) == len(after)
    for source, result in zip(before, after, strict=True):
        label = result[rows, columns]
        inks, plates = np.unique(label[ink], axis=0), np.unique(label[plate & ~ink], axis=0)
        assert len(inks) == len(plates) == 1, "the label is whole and of one piece"
        assert inks[0, 3] == plates[0, 3] == 255
        assert colour_contrast(tuple(inks[0, :3].tolist()), tuple(plates[0, :3].tolist())) >= contrast - 1e-3
        expected = source.copy()
        expected[rows, columns][plate] = label[plate]
        assert np.array_equal(expected, result), "nothing else changes"


def assert_rest_kept(source: bytes, result: bytes) -> None:
    canvas, pictures, others = read(source)
    new_canvas, new_pictures, new_others = read(result)
    assert (canvas, others) == (new_canvas, new_others)
    assert [seen.delay for seen in pictures] == [seen.delay for seen in new_pictures]


def assert_also_by_pillow(source: bytes, result: bytes, stamp: Stamp) -> None:
    assert_label_only(displayed_by_pillow(source), displayed_by_pillow(result), stamp, 4.5)


# --- any file ---

TABLES = [GREYS[::-1], BLACK_WHITE, DULL, DULL[:12], GREYS[300:324]]


@st.composite
def places(draw: st.DrawFn, width: int, height: int) -> tuple[int, int, int, int]:
    """The whole canvas, or a rectangle on it."""
    if draw(st.booleans()):
        return 0, 0, width, height
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y))


@st.composite
def animations(draw: st.DrawFn, agreed: bool = False) -> tuple[bytes, Stamp]:
    """Small animations of any build and a stamp on them; if `agreed`, without what Pillow and browsers read apart."""
    width, height = draw(st.integers(14, 26)), draw(st.integers(9, 18))
    stamp = stamp_at(draw(st.integers(0, width - 12)), draw(st.integers(0, height - 7)))
    shared = draw(st.sampled_from(TABLES))
    shots = []
    for number in range(draw(st.integers(1, 5))):
        covers = agreed and not shots
        x, y, w, h = (0, 0, width, height) if covers else draw(places(width, height))
        table = draw(st.sampled_from([b"", *TABLES]))
        entries = len(table or shared) // 3
        transparent = draw(st.integers(0, entries - 1) if agreed else st.none() | st.integers(0, entries - 1))
        pixels = noise(w, h, draw(st.integers(1, entries)), seed=number)
        if transparent is not None:
            pixels[noise(w, h, 4, seed=draw(st.integers(0, 99))) > draw(st.integers(0, 3))] = transparent
        disposal = draw(st.sampled_from((KEEP, CLEAR, RESTORE) if agreed else (0, KEEP, CLEAR, RESTORE)))
        controlled = transparent is not None or draw(st.booleans())
        shots.append(Shot(x, y, pixels, transparent, disposal, table, draw(st.booleans()), controlled))
    return gif(width, height, *shots, table=shared), stamp


def painted_or_refused(data: bytes, stamp: Stamp) -> bytes | None:
    """Paint; None where the rules leave no way, which is rare and has two codes."""
    try:
        return painted(data, stamp)
    except LabelingError as error:
        refusal = error
    assert refusal.code in {ErrorCode.PALETTE_FULL, ErrorCode.MEDIA_UNSUPPORTED}
    return None


@given(animations())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_label_is_whole_on_every_frame_and_nothing_else_changes(made: tuple[bytes, Stamp]) -> None:
    painted_or_refused(*made)


@given(animations(agreed=True))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pillow_sees_the_same(made: tuple[bytes, Stamp]) -> None:
    data, stamp = made
    assume(all(map(np.array_equal, displayed(data), displayed_by_pillow(data))))
    result = painted_or_refused(data, stamp)
    if result is not None:
        assert all(map(np.array_equal, displayed(result), displayed_by_pillow(result)))


# --- which frames are coded anew ---

FULL = Shot(0, 0, noise(40, 30))
CORNER = stamp_at(26, 21)


def sprite(x: int, y: int, width: int, height: int, **changes: object) -> Shot:
    return replace(Shot(x, y, noise(width, height, 200, seed=x + y)), **changes)


def test_a_still_changes_only_inside_the_box() -> None:
    source = gif(40, 30, FULL)
    result = painted(source, CORNER)
    assert_also_by_pillow(source, result, CORNER)
    assert read(result)[1][0].table == GREYS


def test_nearest_entries_keep_ink_and_plate_apart_as_asked() -> None:
    for ink, plate in (((255, 255, 255), (0, 0, 0)), ((20, 20, 20), (240, 240, 240))):
        result = painted(gif(40, 30, FULL), stamp_at(26, 21, ink_colour=ink, plate_colour=plate))
        assert tuple(displayed(result)[0][24, 29, :3]) == ink
        assert tuple(displayed(result)[0][22, 27, :3]) == plate


def test_colours_that_are_not_legible_give_way_to_the_extremes_of_the_table() -> None:
    stamp = stamp_at(26, 21, ink_colour=(120, 120, 120), plate_colour=(100, 100, 100))
    assert tuple(displayed(painted(gif(40, 30, FULL), stamp))[0][24, 29, :3]) == (255, 255, 255)


def test_a_label_without_a_plate_gets_its_whole_box_as_one() -> None:
    bare = stamp_at(26, 21)
    bare = replace(bare, plate=np.zeros_like(bare.plate), plate_opacity=0.0)
    result = paint(source := gif(40, 30, FULL), parse(source, DEFAULT_LIMITS), bare, DEFAULT_LIMITS)
    assert_label_only(displayed(source), displayed(result.data), stamp_at(26, 21, plate=bare.ink * 0 + 255), 4.5)


@pytest.mark.parametrize(
    "shots",
    [
        pytest.param([FULL, *(Shot(0, 0, noise(40, 30, seed=n)) for n in range(3))], id="full-frames"),
        pytest.param([FULL, sprite(20, 10, 15, 15), sprite(30, 25, 10, 5)], id="rectangles-across-the-label"),
        pytest.param([FULL, sprite(20, 10, 15, 15, disposal=RESTORE), sprite(0, 0, 5, 5)], id="restored"),
        pytest.param([FULL, sprite(20, 10, 15, 15, disposal=CLEAR), sprite(0, 0, 5, 5)], id="cleared-then-elsewhere"),
        pytest.param([sprite(0, 0, 9, 9), sprite(9, 9, 9, 9), FULL], id="first-frame-without-the-box"),
        pytest.param(
            [Shot(0, 0, noise(40, 30, 99, n), transparent=7, disposal=CLEAR) for n in range(3)], id="all-cleared"
        ),
        pytest.param([sprite(x, 3, 6, 20, disposal=CLEAR) for x in (0, 12, 33)], id="cleared-rectangles-on-nothing"),
        pytest.param(
            [FULL, sprite(20, 20, 20, 10, disposal=CLEAR), sprite(24, 20, 10, 10, disposal=CLEAR)],
            id="cleared-twice-at-one-place",
        ),
        pytest.param([replace(FULL, interlaced=True), sprite(20, 10, 20, 20, interlaced=True)], id="interlaced"),
        pytest.param([FULL, replace(FULL, pixels=noise(40, 30, 4), table=DULL[:12])], id="dull-local-table"),
        pytest.param([FULL, sprite(30, 22, 60, 40), sprite(2, 2, 3, 3)], id="later-frame-beyond-the-canvas"),
        pytest.param([sprite(0, 0, 9, 9), sprite(50, 50, 4, 4), FULL], id="later-frame-wholly-outside"),
    ],
)
def test_label_survives(shots: list[Shot]) -> None:
    painted(gif(40, 30, *shots), CORNER)


def test_a_frame_away_from_the_label_keeps_its_bytes() -> None:
    away = [sprite(0, 0, 20, 20), sprite(3, 3, 20, 17, disposal=CLEAR, table=GREYS[::-1])]
    assert b"".join(shot.encoded() for shot in away) in painted(gif(40, 30, FULL, *away), CORNER)


def test_a_frame_that_is_transparent_over_the_label_keeps_its_bytes() -> None:
    see_through = Shot(0, 0, blank(40, 30, 9), transparent=9)
    see_through.pixels[:10] = 77
    assert see_through.encoded() in painted(gif(40, 30, FULL, see_through), CORNER)


def test_a_frame_that_clears_may_restore_instead_where_it_grows() -> None:
    """Its own rectangle was clear before; what stands in the added part must stay."""
    shots = [Shot(0, 10, noise(40, 20)), sprite(20, 20, 20, 10, disposal=CLEAR), sprite(0, 0, 5, 5, disposal=CLEAR)]
    result = painted(gif(40, 30, *shots, FULL), CORNER)
    assert [seen.disposal for seen in read(result)[1]] == [KEEP, CLEAR, RESTORE, KEEP]


def test_a_frame_that_would_clear_too_much_is_refused() -> None:
    shots = [FULL, sprite(20, 20, 20, 10, disposal=CLEAR), sprite(0, 0, 5, 5, disposal=CLEAR)]
    with pytest.raises(MediaError) as caught:
        painted(gif(40, 30, *shots, FULL), CORNER)
    assert caught.value.code is ErrorCode.MEDIA_UNSUPPORTED


def test_three_hundred_frames_keep_their_count_delays_and_loop() -> None:
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x00"
    note = b"\x21\xfe\x05hello\x00"
    shots = [sprite(n % 20, n % 15, 20, 15, disposal=n % 4, before=note if n == 9 else b"") for n in range(299)]
    source = gif(40, 30, FULL, *shots, head=loop, tail=b"after")
    result = painted(source, CORNER)
    assert result.endswith(b";after")
    with Image.open(io.BytesIO(result)) as image:
        assert (image.n_frames, image.info["loop"]) == (300, 5)


def test_gif87a_stays_what_it_is_unless_a_control_comes_in() -> None:
    still = gif(40, 30, replace(FULL, controlled=False)).replace(b"GIF89a", b"GIF87a")
    assert painted(still, CORNER).startswith(b"GIF87a")
    small = gif(40, 30, sprite(0, 0, 9, 9, controlled=False)).replace(b"GIF89a", b"GIF87a")
    assert painted(small, CORNER).startswith(b"GIF89a")


# --- room for two colours ---


def test_the_global_table_grows_once_for_all_frames() -> None:
    shots = [Shot(0, 0, noise(40, 30, 4, seed)) for seed in range(5)]
    source = gif(40, 30, *shots, Shot(0, 0, noise(9, 9, 4)), table=DULL[:12])
    result = painted(source, CORNER)
    tables = {seen.table for seen in read(result)[1]}
    assert len(tables) == 1
    (table,) = tables
    assert table[:12] == DULL[:12]
    assert len(table) == 24
    assert shots[0].encoded() not in result
    assert Shot(0, 0, noise(9, 9, 4)).encoded() in result


def test_a_full_table_lends_the_entries_that_the_frame_does_not_use() -> None:
    pixels = (np.arange(1200) % 254).reshape(30, 40).astype(np.uint8)
    source = gif(40, 30, Shot(0, 0, pixels), Shot(0, 0, blank(9, 9, 255)), table=DULL)
    result = painted(source, CORNER)
    first, second = read(result)[1]
    assert first.table[: 3 * 254] == DULL[: 3 * 254]
    assert second.table == DULL


def test_one_free_entry_is_enough() -> None:
    pixels = np.arange(1200).reshape(30, 40).astype(np.uint8)
    pixels[pixels == 33] = 34
    painted(gif(40, 30, Shot(0, 0, pixels), table=DULL), CORNER)


def test_duplicates_in_a_full_table_are_merged_for_the_label() -> None:
    pixels = np.arange(1200).reshape(30, 40).astype(np.uint8)
    painted(gif(40, 30, Shot(0, 0, pixels), table=DULL[: 3 * 128] * 2), CORNER)


def test_a_full_dull_table_lets_a_label_that_stands_show_through() -> None:
    pixels = np.arange(1200).reshape(30, 40).astype(np.uint8)
    source = gif(40, 30, Shot(0, 0, noise(40, 30, 2), table=BLACK_WHITE), Shot(0, 0, pixels, transparent=5), table=DULL)
    result = painted(source, CORNER)
    assert read(result)[1][1].table == DULL


def test_a_full_dull_table_is_refused() -> None:
    pixels = np.arange(1200).reshape(30, 40).astype(np.uint8)
    with pytest.raises(DeclarationError) as caught:
        painted(gif(40, 30, Shot(0, 0, pixels), table=DULL), CORNER)
    assert caught.value.code is ErrorCode.PALETTE_FULL


def test_a_transparent_index_beyond_the_table_stays_transparent() -> None:
    pixels = noise(40, 30, 4)
    pixels[5:28, 3:] = 4
    source = gif(40, 30, FULL, Shot(0, 0, pixels, transparent=4, table=DULL[:12]))
    painted(source, stamp_at(0, 0))


# --- files that are refused ---


def with_lzw(lzw: bytes, *, bits: int = 8, width: int = 40, height: int = 30, table: bytes = GREYS) -> bytes:
    """A still whose LZW data are given; they go into one sub-block, or into as many as needed."""
    blocks = b"".join(bytes((len(lzw[at : at + 255]),)) + lzw[at : at + 255] for at in range(0, len(lzw), 255))
    picture = struct.pack("<BHHHHBB", 0x2C, 0, 0, width, height, 0, bits)
    return gif(40, 30, table=table)[:-1] + picture + blocks + b"\0;"


def lzw_of(pixels: np.ndarray) -> bytes:
    coded, payload = Image.fromarray(pixels).tobytes("gif", "L", 8, 0), b""
    while coded:
        payload, coded = payload + coded[1 : 1 + coded[0]], coded[1 + coded[0] :]
    return payload


REFUSED = {
    "too-few-pixels": (with_lzw(lzw_of(noise(40, 29))), ErrorCode.MEDIA_TRUNCATED),
    "data-cut-off": (with_lzw(lzw_of(noise(40, 30))[:-40]), ErrorCode.MEDIA_TRUNCATED),
    "no-data": (with_lzw(b""), ErrorCode.MEDIA_TRUNCATED),
    "too-many-pixels": (with_lzw(lzw_of(noise(40, 31))), ErrorCode.MEDIA_MALFORMED),
    "impossible-code": (with_lzw(b"\x00\xff\xff\xff" * 20), ErrorCode.MEDIA_MALFORMED),
    "code-size-0": (with_lzw(lzw_of(noise(40, 30)), bits=0), ErrorCode.MEDIA_MALFORMED),
    "code-size-12": (with_lzw(lzw_of(noise(40, 30)), bits=12), ErrorCode.MEDIA_MALFORMED),
    "index-beyond-the-table": (gif(40, 30, Shot(0, 0, noise(40, 30, 5)), table=DULL[:12]), ErrorCode.MEDIA_MALFORMED),
    "no-table": (gif(40, 30, FULL, table=b""), ErrorCode.MEDIA_MALFORMED),
    "no-width": (with_lzw(b"\x00\x03", width=0), ErrorCode.MEDIA_MALFORMED),
    "no-picture": (gif(40, 30), ErrorCode.MEDIA_MALFORMED),
    "short-control": (gif(40, 30, replace(FULL, before=b"\x21\xf9\x01\x00\x00", controlled=False)), "media.malformed"),
    "first-frame-beyond-the-canvas": (gif(40, 30, Shot(0, 0, noise(41, 30))), ErrorCode.MEDIA_AMBIGUOUS),
    "reserved-disposal": (gif(40, 30, replace(FULL, disposal=4), FULL), ErrorCode.MEDIA_AMBIGUOUS),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_a_broken_frame_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MediaError) as caught:
        paint(data, parse(data, DEFAULT_LIMITS), CORNER, DEFAULT_LIMITS)
    assert caught.value.code == code


def test_a_broken_frame_far_from_the_label_is_refused_as_well() -> None:
    broken = struct.pack("<BHHHHBB", 0x2C, 0, 0, 5, 5, 0, 8) + b"\x02\x00\x03\x00"
    data = gif(40, 30, FULL)[:-1] + broken + b";"
    with pytest.raises(MediaError):
        paint(data, parse(data, DEFAULT_LIMITS), CORNER, DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        pytest.param(with_lzw(b"\x00", width=60000, height=60000), DEFAULT_LIMITS, id="one-huge-frame"),
        pytest.param(gif(40, 30, *[FULL] * 3), Limits(animation_pixels=3000), id="many-frames"),
    ],
)
def test_frames_beyond_the_limits_are_refused_before_they_are_decoded(data: bytes, limits: Limits) -> None:
    with pytest.raises(LimitError):
        paint(data, parse(data, DEFAULT_LIMITS), CORNER, limits)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damage_is_refused_or_harmless(draws: st.DataObject) -> None:
    """A flipped bit either names its error or leaves a file that the same reader takes again."""
    data = bytearray(gif(40, 30, FULL, sprite(20, 10, 15, 15, disposal=CLEAR), sprite(0, 0, 5, 5), table=GREYS[:384]))
    for _ in range(draws.draw(st.integers(1, 3))):
        data[draws.draw(st.integers(0, len(data) - 1))] ^= 1 << draws.draw(st.integers(0, 7))
    data = data[: draws.draw(st.integers(len(data) // 2, 4 * len(data)))]
    limits = Limits(pixels=1 << 20)
    try:
        anatomy = parse(bytes(data), limits)
        assume(anatomy.width >= 38 and anatomy.height >= 28)
        result = paint(bytes(data), anatomy, CORNER, limits)
    except LabelingError:
        return
    assert parse(result.data, limits).frames == result.frames
