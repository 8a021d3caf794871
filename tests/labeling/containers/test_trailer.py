"""Bytes behind the end of a picture: a record there is found in every format, and taken out where it can be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import DeclarationError, Format, Verdict, verify
from labeling.containers import container_for
from labeling.containers._trailer import trailer_blocks, without
from labeling.containers.base import BlockKind, Changes
from labeling.errors import ErrorCode
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Carrier
from tests.labeling import real_world as rw
from tests.labeling.format_files import file
from tests.labeling.png_files import chunk

TEXT = rw.compact(rw.fields())
BARE = b"AIGC" + TEXT.encode()
FILES = {
    Format.JPEG: "jpeg-everything",
    Format.PNG: "png-everything",
    Format.WEBP: "webp-animated-everything",
    Format.GIF: "gif-animated",
}
FORMATS = pytest.mark.parametrize("fmt", FILES)
#: Bytes between the end and a record, and behind it.
GAPS = {
    "none": (b"", b""),
    "line": (b"\n", b"\n"),
    "near": (b"\0" * 99, b"tail" * 30_000),
    "far": (bytes(150_000), b""),
}


@FORMATS
@pytest.mark.parametrize("gap", GAPS)
def test_a_record_is_found_and_taken_out_and_all_else_stays(fmt: Format, gap: str) -> None:
    before, behind = GAPS[gap]
    source = file(FILES[fmt])
    data = source + before + BARE + behind
    report = verify(data)
    assert [(site.carrier, site.offset) for site in report.sites] == [(Carrier.TRAILER, len(source + before))]
    assert report.verdict is Verdict.CONFORMANT
    container = container_for(fmt)
    assert container is not None
    anatomy = container.parse(data, DEFAULT_LIMITS)
    drop = tuple(block for block in anatomy.blocks if block.unit == "trailer")
    assert container.splice(data, anatomy, Changes(drop=drop), DEFAULT_LIMITS) == source + before + behind


@FORMATS
def test_a_packet_is_found(fmt: Format) -> None:
    (site,) = verify(file(FILES[fmt]) + rw.packet(rw.fields())).sites
    assert (site.carrier, site.place) == (Carrier.XMP, "trailer")


@FORMATS
def test_a_record_there_and_one_in_the_file_are_two(fmt: Format) -> None:
    container = container_for(fmt)
    assert container is not None
    source = file(FILES[fmt])
    anatomy = container.parse(source, DEFAULT_LIMITS)
    drop = anatomy.of(BlockKind.XMP)
    labelled = container.splice(source, anatomy, Changes(drop=drop, xmp=rw.packet(rw.fields())), DEFAULT_LIMITS)
    report = verify(labelled + BARE)
    assert len(report.sites) == 2
    assert report.verdict is Verdict.NONCONFORMANT


@FORMATS
@pytest.mark.parametrize(
    "behind",
    [b"AIGC is spoken of here", bytes(500_000), file("jpeg-420") + BARE, b"\0\0\0\x1cftypisom" + BARE],
    ids=["words", "zeros", "picture", "film"],
)
def test_what_else_follows_is_no_label_of_the_file(fmt: Format, behind: bytes) -> None:
    assert verify(file(FILES[fmt]) + behind).verdict is Verdict.NOT_FOUND


def test_text_chunks_behind_the_last_one_of_a_png_are_read() -> None:
    behind = chunk(*rw.text(rw.fields())) + chunk(*rw.itxt(rw.packet(rw.fields()), compressed=True)) + BARE
    report = verify(rw.png() + behind)
    found = [(site.carrier, site.place) for site in report.sites]
    assert found == [(Carrier.PNG_TEXT, "tEXt"), (Carrier.XMP, "iTXt"), (Carrier.TRAILER, "trailer")]
    container = container_for(Format.PNG)
    assert container is not None
    anatomy = container.parse(rw.png() + behind, DEFAULT_LIMITS)
    assert all("trailer" in block.notes for block in anatomy.blocks)
    assert container.splice(rw.png() + behind, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS) == rw.png()


def test_a_record_behind_an_avif_is_found_and_its_painter_refuses_the_file() -> None:
    data = file("avif-420") + BARE
    assert [site.carrier for site in verify(data).sites] == [Carrier.TRAILER]
    container = container_for(Format.AVIF)
    assert container is not None
    anatomy = container.parse(data, DEFAULT_LIMITS)
    blanked = container.splice(data, anatomy, Changes(drop=anatomy.blocks), DEFAULT_LIMITS)
    assert blanked == file("avif-420") + b" " * len(BARE)
    with pytest.raises(DeclarationError) as caught:
        container.splice(data, anatomy, Changes(drop=anatomy.blocks, xmp=b"x"), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([BARE, b"AIGC", b"{", b"}", rw.packet(rw.fields()), b"\0\0"]) | st.binary(max_size=9)))
def test_blocks_of_any_trailer_lie_in_it(pieces: list[bytes]) -> None:
    data = b"picture" + b"".join(pieces)
    blocks = trailer_blocks(data, 7, DEFAULT_LIMITS)
    assert all(data[block.start : block.end] == block.payload and block.start >= 7 for block in blocks)
    bare = [block for block in blocks if block.kind is BlockKind.OTHER]
    assert len(without(data, 7, bare)) == len(data) - 7 - sum(len(block.payload) for block in bare)
