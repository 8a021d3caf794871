"""BMP: only the header is read, and what lies behind the picture."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling import Format, Verdict, verify
from labeling.containers.base import reader_for
from labeling.containers.bmp import parse
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier
from labeling.sniff import sniff

RECORD = b'AIGC{"Label":"1","ContentProducer":"a","ProduceID":"b","ContentPropagator":"c","PropagateID":"d"}'


def bitmap(mode: str = "RGB", size: tuple[int, int] = (30, 20)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 50).convert(mode).save(out, "BMP")
    return out.getvalue()


def os2_bitmap() -> bytes:
    """BITMAPCOREHEADER: sizes of 16 bits."""
    rows = bytes(30 * 3 + 2) * 20
    return struct.pack("<2sIHHI", b"BM", 26 + len(rows), 0, 0, 26) + struct.pack("<IHHHH", 12, 30, 20, 1, 24) + rows


FILES = {
    "rgb": bitmap(),
    "palette": bitmap("P"),
    "one-bit": bitmap("1"),
    "os-2": os2_bitmap(),
    "top-down": bitmap()[:22] + struct.pack("<i", -20) + bitmap()[26:],
    "no-size": bitmap()[:2] + bytes(4) + bitmap()[6:],
}


@pytest.mark.parametrize("name", FILES)
def test_size_and_format_are_read(name: str) -> None:
    data = FILES[name]
    assert sniff(data, DEFAULT_LIMITS) is Format.BMP
    anatomy = parse(data, DEFAULT_LIMITS)
    assert (anatomy.format, anatomy.width, anatomy.height, anatomy.blocks) == (Format.BMP, 30, 20, ())
    assert verify(data).verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("gap", [0, 100_000])
def test_a_record_behind_the_picture_is_found(name: str, gap: int) -> None:
    data = FILES[name] + bytes(gap) + RECORD
    (site,) = verify(data).sites
    assert (site.carrier, site.offset, site.length) == (Carrier.TRAILER, len(data) - len(RECORD), len(RECORD))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bitmap()[:20], ErrorCode.MEDIA_TRUNCATED),
        (bitmap()[:54], ErrorCode.MEDIA_TRUNCATED),
        (bitmap()[:18] + bytes(8) + bitmap()[26:], ErrorCode.MEDIA_MALFORMED),
        (bitmap()[:18] + struct.pack("<ii", -3, 4) + bitmap()[26:], ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["header-cut", "no-pixels", "no-size", "negative-width"],
)
def test_broken_files_are_refused_by_name(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        parse(data, DEFAULT_LIMITS)
    assert caught.value.code is code


def test_pixels_are_bounded() -> None:
    with pytest.raises(LimitError):
        parse(bitmap(), Limits(pixels=599))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(FILES.values())), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255))), st.binary())
def test_damage_raises_only_own_errors(data: bytes, edits: list[tuple[int, int]], behind: bytes) -> None:
    damaged = bytearray(data)
    for at, value in edits:
        damaged[at] = value
    with contextlib.suppress(LabelingError):
        parse(bytes(damaged) + behind, DEFAULT_LIMITS)
    verify(bytes(damaged) + behind)


def test_the_format_is_read_only() -> None:
    reader = reader_for(Format.BMP)
    assert reader is not None
    assert Carrier.TRAILER in reader.reads
