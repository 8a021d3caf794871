"""The visible label on TIFF: every kind of storage, nothing outside the box, refusals with a name."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from labeling import ifd
from labeling.containers import tiff as container
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError, MediaError
from labeling.ifd import Dialect
from labeling.ifd_edit import Draft, encode_table, integers, rewrite
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.visible.raster import tiff
from labeling.visible.raster.base import Painted, painter_for
from labeling.visible.stamp import ColourSpace, Stamp

WIDTH, HEIGHT = 200, 160
RNG = np.random.default_rng(45438)


def stamp_at(x: int, y: int, width: int = 60, height: int = 20, opacity: float = 0.7) -> Stamp:
    """White bars of 10 rows on a black plate."""
    ink = np.zeros((height, width), np.uint8)
    ink[5 : height - 5, 4 : width - 4 : 8] = 255
    ink[5 : height - 5, 5 : width - 4 : 8] = 255
    plate = np.full((height, width), 255, np.uint8)
    plate[0, 0] = plate[-1, -1] = 0
    return Stamp(x, y, ink, plate, (255, 255, 255), (0, 0, 0), opacity)


STAMP = stamp_at(130, 135)
LITTLE = Dialect("<")


def saved(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def painted(data: bytes, stamp: Stamp = STAMP, limits: Limits = DEFAULT_LIMITS) -> Painted:
    return tiff.paint(data, container.parse(data, limits), stamp, limits)


def pixels(data: bytes, page: int = 0) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(data)) as image:
        image.seek(page)
        return np.array(image)


def tags(data: bytes, page: int = 0) -> dict[int, Any]:
    with Image.open(io.BytesIO(data)) as image:
        image.seek(page)
        assert isinstance(image.tag_v2, object)
        return {tag: value for tag, value in image.tag_v2.items() if tag not in (273, 279, 324, 325)}


def assert_only_the_box_changed(before: bytes, after: bytes, stamp: Stamp = STAMP, page: int = 0) -> None:
    old, new = pixels(before, page), pixels(after, page)
    box = stamp.box
    assert old.shape == new.shape
    assert old.dtype == new.dtype
    inside = np.zeros(old.shape[:2], bool)
    inside[box.y : box.bottom, box.x : box.right] = (stamp.ink > 0) | (stamp.plate > 0)
    assert np.array_equal(old[~inside], new[~inside])
    assert not np.array_equal(old[inside], new[inside])


def noise(mode: str) -> Image.Image:
    bands = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2, "1": 1, "P": 1}[mode]
    values = np.repeat(RNG.integers(0, 256, (HEIGHT, WIDTH // 4, bands), np.uint8), 4, axis=1)
    if mode == "1":
        return Image.fromarray(values[..., 0]).convert("1")
    if mode == "P":
        return Image.fromarray(values[..., 0]).convert("RGB").quantize(32)
    return Image.fromarray(values[..., 0] if bands == 1 else values, mode if mode in ("CMYK",) else None)


COMPRESSIONS = [None, "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=str)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "1", "LA"])
def test_every_mode_and_compression_changes_only_the_box(mode: str, compression: str | None) -> None:
    before = saved(noise(mode), compression=compression)
    result = painted(before)
    assert_only_the_box_changed(before, result.data)
    assert result.contrast >= 4.5
    assert tags(result.data) == tags(before)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_horizontal_differencing_changes_only_the_box(mode: str, compression: str) -> None:
    before = saved(noise(mode), compression=compression, tiffinfo={317: 2})
    assert tags(before)[317] == 2
    result = painted(before)
    assert_only_the_box_changed(before, result.data)


@pytest.mark.parametrize("compression", ["tiff_ccitt", "group3", "group4"])
def test_fax_compressions_change_only_the_box(compression: str) -> None:
    before = saved(noise("1"), compression=compression)
    result = painted(before)
    assert_only_the_box_changed(before, result.data)
    assert result.contrast == pytest.approx(21)


def test_two_dimensional_group_3_stays_two_dimensional() -> None:
    before = saved(noise("1"), compression="group3", tiffinfo={292: 1})
    assert tags(before)[292] == 1
    assert_only_the_box_changed(before, painted(before).data)


def photo() -> Image.Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    bands = [128 + 90 * np.sin(x / 31 + y / 17), 128 + 70 * np.cos(x / 23), 128 + 80 * np.sin(y / 29)]
    return Image.fromarray(
        (np.stack(bands, axis=-1) + RNG.normal(0, 2, (HEIGHT, WIDTH, 3))).clip(0, 255).astype(np.uint8)
    )


def tree_of(data: bytes) -> ifd.Tree:
    return ifd.read(data, DEFAULT_LIMITS)


# Storage that Pillow cannot write: built here, read back here.


def stored(
    samples: np.ndarray[Any, Any],
    photometric: int,
    *,
    dialect: Dialect = LITTLE,
    compression: int = 1,
    planar: bool = False,
    segment: tuple[int, int] | None = None,
    tiled: bool = False,
    more: dict[int, tuple[int, list[int]]] | None = None,
    reverse: bool = False,
) -> bytes:
    """A TIFF of samples (height, width, samples), uint8 or uint16, in strips or tiles of `segment` = width, height."""
    height, width, count = samples.shape
    wide, high = segment or (width, height)
    bits = samples.dtype.itemsize * 8
    parts = []
    for plane in [samples[..., i : i + 1] for i in range(count)] if planar else [samples]:
        for y in range(0, height, high):
            for x in range(0, width, wide):
                cut = plane[y : y + high, x : x + wide]
                if tiled:
                    cut = np.pad(cut, ((0, high - cut.shape[0]), (0, wide - cut.shape[1]), (0, 0)), constant_values=77)
                raw = cut.astype(cut.dtype.newbyteorder(dialect.order)).tobytes()
                raw = zlib.compress(raw) if compression == 8 else raw
                parts.append(raw.translate(REVERSED) if reverse else raw)
    names = (322, 323, 324, 325) if tiled else (None, 278, 273, 279)
    return assembled(
        parts,
        {
            256: (ifd.LONG, [width]),
            257: (ifd.LONG, [height]),
            258: (ifd.SHORT, [bits] * count),
            259: (ifd.SHORT, [compression]),
            262: (ifd.SHORT, [photometric]),
            277: (ifd.SHORT, [count]),
            284: (ifd.SHORT, [2 if planar else 1]),
            names[1]: (ifd.LONG, [high]),
            **({names[0]: (ifd.LONG, [wide])} if names[0] else {}),
        },
        (names[2], names[3]),
        dialect,
        more or {},
    )


def assembled(
    parts: list[bytes],
    rows: dict[int, tuple[int, list[int]]],
    places: tuple[int, int],
    dialect: Dialect,
    more: dict[int, tuple[int, list[int]]],
) -> bytes:
    """A TIFF of strips or tiles; `places` are the tags of their offsets and lengths, `more` overrides any tag."""
    draft = Draft(memoryview(dialect.header + dialect.offset(0)))
    offsets = [draft.append(part) for part in parts]
    lengths = [len(part) for part in parts]
    rows = rows | {places[0]: (ifd.LONG, offsets), places[1]: (ifd.LONG, lengths)} | more
    cells = []
    for tag, (kind, values) in sorted(rows.items()):
        value = integers(dialect, kind, values)
        data = value.data if len(value.data) <= dialect.inline else dialect.offset(draft.append(value.data))
        cells.append(dialect.entry.pack(tag, kind, len(values), data.ljust(dialect.inline, b"\0")))
    at = draft.append(encode_table(dialect, cells) + dialect.offset(0))
    draft.overwrite(len(dialect.header), dialect.offset(at))
    return draft.finish()


def jpeg_strips(image: Image.Image, rows: int, sampling: int) -> bytes:
    """A TIFF of whole JPEG streams in YCbCr."""
    parts = []
    for y in range(0, image.height, rows):
        out = io.BytesIO()
        strip = image.crop((0, y, image.width, min(image.height, y + rows)))
        strip.save(out, "JPEG", quality=90, subsampling=sampling)
        parts.append(out.getvalue())
    tags = {256: [image.width], 257: [image.height], 258: [8, 8, 8], 259: [7], 262: [6], 277: [3], 278: [rows]}
    tags[530] = [[1, 1], [2, 1], [2, 2]][sampling]
    return assembled(parts, {tag: (ifd.SHORT, value) for tag, value in tags.items()}, (273, 279), LITTLE, {})


REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def samples_of(data: bytes) -> np.ndarray[Any, Any]:
    """The samples of a file that `stored` made, by way of the tags alone."""
    tree = ifd.read(data, DEFAULT_LIMITS)
    main = tree.chain[0]
    width, height, count = (tree.number(main, tag, 1) for tag in (256, 257, 277))
    kind = np.dtype(f"{tree.dialect.order}u{tree.number(main, 258, 8) // 8}")
    planar = tree.number(main, 284, 1) == 2
    wide, high = tree.number(main, 322, width), tree.number(main, 323, tree.number(main, 278, height))
    offsets = tree.numbers(main, 273) or tree.numbers(main, 324)
    lengths = tree.numbers(main, 279) or tree.numbers(main, 325)
    parts = iter([data[at : at + size] for at, size in zip(offsets, lengths, strict=True)])
    planes = []
    for _ in range(count if planar else 1):
        plane = np.zeros((height + high, width + wide, 1 if planar else count), kind)
        for y in range(0, height, high):
            for x in range(0, width, wide):
                raw = next(parts)
                raw = raw.translate(REVERSED) if tree.number(main, 266, 1) == 2 else raw
                raw = zlib.decompress(raw) if tree.number(main, 259, 1) == 8 else raw
                values = np.frombuffer(raw, kind).reshape(-1, wide, plane.shape[2])
                plane[y : y + values.shape[0], x : x + wide] = values
        planes.append(plane[:height, :width])
    return np.concatenate(planes, axis=2)


STORAGES = {
    "one strip": {},
    "strips": {"segment": (WIDTH, 7)},
    "tiles": {"segment": (48, 32), "tiled": True},
    "planes in strips": {"segment": (WIDTH, 50), "planar": True},
    "planes in tiles": {"segment": (64, 64), "tiled": True, "planar": True},
    "deflated tiles": {"segment": (48, 32), "tiled": True, "compression": 8},
    "deflated planes": {"segment": (WIDTH, 16), "planar": True, "compression": 8},
    "reversed bits": {"segment": (WIDTH, 16), "reverse": True, "more": {266: (ifd.SHORT, [2])}},
    "reversed bits, deflated": {"reverse": True, "compression": 8, "more": {266: (ifd.SHORT, [2])}},
}
ORDERS = {"II": Dialect("<"), "MM": Dialect(">"), "BigTIFF": Dialect(">", big=True)}


@pytest.mark.parametrize("storage", STORAGES.values(), ids=STORAGES)
@pytest.mark.parametrize("dialect", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("photometric", "count"), [(0, 1), (1, 1), (2, 3), (5, 4)], ids=["white", "black", "rgb", "cmyk"]
)
def test_every_storage_changes_only_the_box(
    storage: dict[str, Any], dialect: Dialect, kind: type, photometric: int, count: int
) -> None:
    samples = RNG.integers(0, np.iinfo(kind).max, (HEIGHT, WIDTH, count), kind, endpoint=True)
    data = stored(samples, photometric, dialect=dialect, **storage)
    assert np.array_equal(samples_of(data), samples)
    result = painted(data)
    after = samples_of(result.data)
    box = STAMP.box
    touched = np.zeros((HEIGHT, WIDTH), bool)
    touched[box.y : box.bottom, box.x : box.right] = (STAMP.ink > 0) | (STAMP.plate > 0)
    assert np.array_equal(after[~touched], samples[~touched])
    ink, white = after[box.y : box.bottom, box.x : box.right][STAMP.ink == 255], np.iinfo(kind).max
    assert (ink == (white if photometric in (1, 2) else 0)).all()
    assert result.contrast >= 4.5


@pytest.mark.parametrize("kind", [1, 2], ids=["associated", "unassociated"])
@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_alpha_becomes_opaque_under_the_label_and_stays_outside(kind: int, alpha: int) -> None:
    samples = np.full((HEIGHT, WIDTH, 4), alpha, np.uint8)
    if kind == 2:
        samples[..., :3] = 200
    data = stored(samples, 2, segment=(WIDTH, 16), more={338: (ifd.SHORT, [kind])})
    result = painted(data)
    after = samples_of(result.data)
    box = STAMP.box
    inside = after[box.y : box.bottom, box.x : box.right]
    assert (inside[(STAMP.plate > 0) | (STAMP.ink > 0)][:, 3] == 255).all()
    assert (inside[STAMP.ink == 255] == 255).all()
    assert (inside[0, 0] == samples[0, 0]).all()
    assert result.contrast >= 4.5


def test_an_extra_sample_that_is_no_alpha_stays() -> None:
    samples = RNG.integers(0, 256, (HEIGHT, WIDTH, 5), np.uint8)
    data = stored(samples, 5, more={338: (ifd.SHORT, [0])})
    after = samples_of(painted(data).data)
    assert np.array_equal(after[..., 4], samples[..., 4])
    assert not np.array_equal(after[..., :4], samples[..., :4])


def palette_file(colours: list[tuple[int, int, int]], used: int) -> bytes:
    samples = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1) % used).astype(np.uint8)
    entries = [colours[i % len(colours)] for i in range(256)]
    colour_map = [entry[band] * 257 for band in range(3) for entry in entries]
    return stored(samples, 3, segment=(WIDTH, 40), compression=8, more={320: (ifd.SHORT, colour_map)})


def test_a_palette_label_takes_existing_entries_with_contrast() -> None:
    before = palette_file([(250, 250, 250), (10, 10, 10), (90, 20, 20)], used=256)
    result = painted(before)
    assert_only_the_box_changed(before, result.data)
    assert tags(result.data) == tags(before)
    assert result.contrast >= 4.5


@pytest.mark.parametrize("used", [254, 255], ids=["two to spare", "one to spare"])
def test_a_palette_label_takes_unused_entries_where_no_two_have_contrast(used: int) -> None:
    before = palette_file([(200, 200, 200), (190, 190, 190)], used=used)
    result = painted(before)
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(result.data)) as new:
        box = STAMP.box
        assert (
            old.convert("RGB").crop((0, 0, WIDTH, box.y)).tobytes()
            == new.convert("RGB").crop((0, 0, WIDTH, box.y)).tobytes()
        )
    assert result.contrast >= 4.5


def test_a_full_palette_without_contrast_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        painted(palette_file([(200, 200, 200), (190, 190, 190)], used=256))
    assert caught.value.code is ErrorCode.PALETTE_FULL


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [2, 4])
def test_grey_of_2_and_4_bits_changes_only_the_box(bits: int, photometric: int) -> None:
    packed = RNG.integers(0, 256, (HEIGHT, WIDTH * bits // 8, 1), np.uint8)
    data = bytearray(stored(packed, photometric, segment=(WIDTH * bits // 8, 20)))
    main = ifd.read(bytes(data), DEFAULT_LIMITS).chain[0]
    for tag, value in ((256, WIDTH), (258, bits)):
        entry = main.find(tag)
        assert entry
        data[entry.value_at : entry.value_at + 2] = struct.pack("<H", value)
    before = bytes(data)
    result = painted(before)
    assert_only_the_box_changed(before, result.data)
    assert result.contrast >= 4.5


# JPEG.


def assert_close_outside(before: bytes, after: bytes, around: int) -> None:
    """At least 48 dB outside the label and the coded units that it touches."""
    box, outside = STAMP.box, np.ones((HEIGHT, WIDTH), bool)
    outside[box.y - around : box.bottom + around, box.x - around : box.right + around] = False
    error = ((np.float64(pixels(before)) - np.float64(pixels(after)))[outside] ** 2).mean()
    assert 10 * np.log10(255**2 / max(1e-9, error)) >= 48
    assert pixels(after)[box.y : box.bottom, box.x : box.right][STAMP.ink == 255].mean() > 240


@pytest.mark.parametrize("mode", ["L", "RGB", "YCbCr"])
def test_jpeg_strips_that_the_label_does_not_touch_stay_byte_for_byte(mode: str) -> None:
    before = saved(photo().convert(mode), compression="jpeg", strip_size=16 * WIDTH * (1 if mode == "L" else 3))
    result = painted(before)
    above = [container.pixel_spans(tree, tree.chain[0])[:2] for tree in (tree_of(before), tree_of(result.data))]
    assert above[0] == above[1]
    start, end = above[0][0][0], above[0][-1][1]
    assert result.data[start:end] == before[start:end]
    assert_close_outside(before, result.data, 8)
    assert tags(result.data) == tags(before)
    assert result.contrast >= 4.5


@pytest.mark.parametrize("sampling", [0, 1, 2], ids=["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("rows", [16, HEIGHT], ids=["strips", "one strip"])
def test_jpeg_keeps_its_sampling_and_its_tables(rows: int, sampling: int) -> None:
    before = jpeg_strips(photo(), rows, sampling)
    after = painted(before).data
    assert_close_outside(before, after, 16)
    last = [container.pixel_spans(tree_of(data), tree_of(data).chain[0])[-1] for data in (before, after)]
    with Image.open(io.BytesIO(before[slice(*last[0])])) as old, Image.open(io.BytesIO(after[slice(*last[1])])) as new:
        assert isinstance(old, JpegImagePlugin.JpegImageFile)
        assert isinstance(new, JpegImagePlugin.JpegImageFile)
        assert new.quantization == old.quantization
        assert JpegImagePlugin.get_sampling(new) == sampling


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({262: [5], 277: [4], 258: [8] * 4}, ErrorCode.MEDIA_UNSUPPORTED),
        ({262: [2], 258: [16] * 3}, ErrorCode.MEDIA_UNSUPPORTED),
        ({278: [HEIGHT - 1]}, ErrorCode.MEDIA_MALFORMED),
        ({256: [WIDTH + 16]}, ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["CMYK", "16 bits", "fewer rows", "wider"],
)
def test_jpeg_that_contradicts_its_tags_is_refused(change: dict[int, list[int]], code: ErrorCode) -> None:
    tree = tree_of(jpeg_strips(photo(), HEIGHT, 0))
    values = {tag: integers(tree.dialect, ifd.SHORT, value) for tag, value in change.items()}
    with pytest.raises(MediaError) as caught:
        painted(rewrite(tree, {"IFD0": values}))
    assert caught.value.code is code


# Where the result lies.


def test_strips_that_fit_stay_and_the_file_does_not_grow() -> None:
    before = saved(Image.fromarray(RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)), compression="tiff_lzw")
    result = painted(before)
    assert len(result.data) == len(before)
    assert_only_the_box_changed(before, result.data)


def test_strips_that_grow_move_to_the_end_and_leave_zeros() -> None:
    before = saved(Image.new("RGB", (WIDTH, HEIGHT), (9, 9, 9)), compression="tiff_adobe_deflate")
    result = painted(before)
    assert len(result.data) > len(before)
    tree = ifd.read(before, DEFAULT_LIMITS)
    start, end = container.pixel_spans(tree, tree.chain[0])[-1]
    assert not any(result.data[start:end])
    assert_only_the_box_changed(before, result.data)


def test_painting_twice_gives_a_file_that_still_reads() -> None:
    once = painted(saved(Image.new("L", (WIDTH, HEIGHT), 99), compression="packbits")).data
    assert_only_the_box_changed(once, painted(once, stamp_at(10, 10)).data, stamp_at(10, 10))


def test_unknown_tags_and_metadata_survive() -> None:
    info = {700: b"<x/>", 34675: b"profile" * 30, 65000: "private", 270: "a cat"}
    before = saved(noise("RGB"), compression="tiff_lzw", tiffinfo=info, dpi=(300, 300))
    after = painted(before).data
    assert {tag: tags(after)[tag] for tag in info} == {tag: tags(before)[tag] for tag in info}
    assert tags(after) == tags(before)


# Pages.


def file_of(images: list[Image.Image], **options: Any) -> bytes:
    return saved(images[0], save_all=True, append_images=images[1:], **options)


def test_every_page_gets_the_label() -> None:
    before = file_of([noise("RGB"), noise("L"), noise("1")], compression="tiff_adobe_deflate")
    result = painted(before)
    assert result.frames == 3
    for page in range(3):
        assert_only_the_box_changed(before, result.data, page=page)


def test_a_page_of_another_size_gets_a_label_of_the_same_share() -> None:
    big = stamp_at(300, 250, 90, 40)
    before = file_of(
        [Image.new("L", (400, 300), 120), Image.new("L", (800, 600), 120), Image.new("L", (280, 210), 120)]
    )
    result = painted(before, big)
    for page, scale in ((1, 2), (2, 0.7)):
        new = pixels(result.data, page)
        rows, columns = np.nonzero(new != 120)
        assert rows.min() == pytest.approx(big.box.y * scale, abs=1.5)
        assert columns.max() + 1 == pytest.approx(big.box.right * scale, abs=1.5)
        ink = np.nonzero((new > 200).any(axis=1))[0]
        assert len(ink) / min(new.shape) >= 0.05


def test_a_page_that_a_viewer_turns_gets_the_label_where_a_viewer_expects_it() -> None:
    out = io.BytesIO()
    first, second = Image.new("L", (WIDTH, HEIGHT), 120), Image.new("L", (HEIGHT, WIDTH), 120)
    first.encoderinfo = {}
    second.encoderinfo = {"tiffinfo": {274: 6}}
    first.save(out, "TIFF", save_all=True, append_images=[second])
    assert tags(out.getvalue(), 1)[274] == 6
    after = painted(out.getvalue()).data
    # Pillow turns what it reads from a TIFF.
    assert pixels(after, 1).shape == (HEIGHT, WIDTH)
    assert np.array_equal(pixels(after, 1), pixels(after, 0))


def test_a_page_without_room_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        painted(file_of([noise("L"), Image.new("L", (30, 30))]))
    assert caught.value.code is ErrorCode.NO_ROOM


def test_a_stamp_that_reaches_beyond_the_page_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        painted(saved(noise("L")), stamp_at(WIDTH - 30, 0))
    assert caught.value.code is ErrorCode.NO_ROOM


def test_a_reduced_copy_of_a_page_is_left_alone() -> None:
    data = file_of([noise("L"), Image.new("L", (30, 30), 5)])
    tree = ifd.read(data, DEFAULT_LIMITS)
    reduced = rewrite(tree, {"IFD1": {254: integers(tree.dialect, ifd.LONG, [1])}})
    result = painted(reduced)
    assert result.frames == 1
    assert (pixels(result.data, 1) == 5).all()


# Refusals.

GREY = RNG.integers(0, 256, (HEIGHT, WIDTH, 1), np.uint8)
RGB = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
REFUSED = {
    "Compression 6": stored(GREY, 1, more={259: (ifd.SHORT, [6])}),
    "Predictor 3": stored(GREY, 1, compression=8, more={317: (ifd.SHORT, [3])}),
    "PhotometricInterpretation 8": stored(RGB, 8),
    "PhotometricInterpretation -1": stored(GREY, 1, more={262: (ifd.SHORT, [])}),
    "YCbCr that is not JPEG": stored(RGB, 6),
    "samples of different depths": stored(RGB, 2, more={258: (ifd.SHORT, [8, 8, 16])}),
    "samples that are no unsigned integers": stored(GREY, 1, more={339: (ifd.SHORT, [3])}),
    "inks other than CMYK": stored(np.repeat(GREY, 4, axis=2), 5, more={332: (ifd.SHORT, [2])}),
    "1 samples of 32 bits": stored(GREY, 1, more={258: (ifd.SHORT, [32])}),
}


@pytest.mark.parametrize("feature", REFUSED)
def test_what_cannot_be_drawn_into_is_refused_by_name(feature: str) -> None:
    with pytest.raises(MediaError) as caught:
        painted(REFUSED[feature])
    assert (caught.value.code, caught.value.params["feature"]) == (ErrorCode.MEDIA_UNSUPPORTED, feature)


LONG_PAGE = {257: (ifd.LONG, [HEIGHT]), 278: (ifd.LONG, [HEIGHT])}
HUGE_TILE = {tag: (ifd.LONG, [value]) for tag, value in ((322, 1 << 30), (323, 1 << 30), (324, 8), (325, 8))}
DAMAGED = {
    "no LZW": stored(GREY, 1, compression=5),
    "no deflate": stored(GREY, 1, more={259: (ifd.SHORT, [8])}),
    "too short": stored(GREY[:10], 1, compression=8, more=LONG_PAGE),
    "too few strips": stored(GREY, 1, more={257: (ifd.LONG, [HEIGHT * 2])}),
    "a short ColorMap": stored(GREY, 3, more={320: (ifd.SHORT, [0] * 30)}),
    "strips without rows": stored(GREY, 1, more={278: (ifd.LONG, [0])}),
    "RGB of one sample": stored(GREY, 2),
    "a tile of 2^60 pixels": stored(GREY, 1, compression=8, more=HUGE_TILE),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_pixels_that_do_not_decode_are_malformed(data: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        painted(data)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_a_strip_that_would_inflate_beyond_the_bound_is_refused() -> None:
    bomb = stored(GREY, 1, compression=8, more={277: (ifd.SHORT, [60000]), 258: (ifd.SHORT, [8])})
    with pytest.raises(LimitError) as caught:
        painted(bomb)
    assert caught.value.code is ErrorCode.LIMIT_INFLATED


def test_strips_that_share_their_bytes_are_not_drawn_into() -> None:
    data = stored(RGB, 2, segment=(WIDTH, HEIGHT // 2))
    entry = ifd.read(data, DEFAULT_LIMITS).chain[0].find(273)
    assert entry
    shared = data[: entry.value_at + 4] + data[entry.value_at : entry.value_at + 4] + data[entry.value_at + 8 :]
    with pytest.raises(MediaError) as caught:
        painted(shared)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


def test_the_painter_is_registered() -> None:
    assert painter_for(container.Format.TIFF) is tiff.paint


SEEDS = [
    saved(noise("RGB"), compression="tiff_lzw", tiffinfo={317: 2}),
    saved(noise("1"), compression="group4"),
    saved(noise("P"), compression="packbits"),
    stored(RGB, 2, segment=(64, 64), tiled=True, planar=True, compression=8),
    file_of([noise("L"), noise("L")], compression="tiff_adobe_deflate"),
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_raise_only_our_errors(data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    damaged = bytearray(seed)
    first = ifd.read(seed, DEFAULT_LIMITS).chain[0]
    for _ in range(data.draw(st.integers(1, 6))):
        near = st.integers(first.at, min(first.end, len(seed)) - 1)
        damaged[data.draw(near | st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LabelingError):
        painted(bytes(damaged), limits=Limits(pixels=1_000_000))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, WIDTH - 60),
    st.integers(0, HEIGHT - 20),
    st.sampled_from(list(STORAGES.values())),
    st.floats(0.6, 1),
)
def test_any_place_in_any_storage_changes_only_the_box(x: int, y: int, storage: dict[str, Any], opacity: float) -> None:
    stamp = stamp_at(x, y, opacity=opacity)
    data = stored(RGB, 2, **storage)
    after = samples_of(painted(data, stamp).data)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[stamp.box.y : stamp.box.bottom, stamp.box.x : stamp.box.right] = (stamp.ink > 0) | (stamp.plate > 0)
    assert np.array_equal(after[~inside], RGB[~inside])
    expected, _ = stamp.blend(RGB[y : y + 20, x : x + 60], ColourSpace.RGB)
    assert np.array_equal(after[y : y + 20, x : x + 60], expected)
