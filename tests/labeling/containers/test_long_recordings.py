"""Recordings of a gigabyte are read by seeking: a few kilobytes of them, wherever the record lies."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from labeling.containers import avi, flac, flv, mp3, ogg, wav
from labeling.containers.base import Anatomy
from labeling.content import Content, StreamContent
from labeling.limits import DEFAULT_LIMITS, GIB, MIB, Limits
from tests.labeling.counted_stream import CountedStream
from tests.labeling.media_files import (
    AVI_HEADERS,
    COMMENT,
    FLV_HEADER,
    METADATA,
    OPUS,
    RECORD,
    VORBIS,
    WAV_FORMAT,
    Tiled,
    amf_string,
    ape,
    chunk,
    ds64,
    flv_tag,
    id3,
    id3v1,
    listed,
    ogg_page,
    records,
    script,
    txxx,
    unreadable,
)
from tests.labeling.media_files import (
    flac as flac_file,
)
from tests.labeling.media_files import (
    ogg as ogg_file,
)

Parse = Callable[[Content, Limits], Anatomy]
LABEL = chunk(b"AIGC", RECORD)
INFO = listed(b"INFO", LABEL)


def size(number: int) -> bytes:
    return number.to_bytes(4, "little")


def sparse(path: Path, head: bytes, hole: int, tail: bytes = b"") -> Path:
    """A file with nothing but zeros between its two ends, which take no room on most disks."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + hole)
        file.seek(0, os.SEEK_END)
        file.write(tail)
    return path


def read(parse: Parse, stream: BinaryIO) -> tuple[Anatomy, CountedStream]:
    counted = CountedStream(stream)
    return parse(StreamContent(counted), DEFAULT_LIMITS), counted  # type: ignore[arg-type]


WAV_HEAD = b"RIFF" + size(4 + len(WAV_FORMAT) + 8 + GIB + len(LABEL)) + b"WAVE" + WAV_FORMAT + b"data" + size(GIB)
RF64 = ds64(6 * GIB + 4 + len(ds64(0, 0)) + len(WAV_FORMAT) + 8 + len(LABEL), 6 * GIB)
AVI_HEAD = b"AVI " + AVI_HEADERS + b"LIST" + size(GIB + 4) + b"movi"
FILES: dict[str, tuple[Parse, bytes, int, bytes]] = {
    "WAV": (wav.parse, WAV_HEAD, GIB, LABEL),
    "WAV of 6 GiB": (
        wav.parse,
        b"RF64\xff\xff\xff\xffWAVE" + RF64 + WAV_FORMAT + b"data\xff\xff\xff\xff",
        6 * GIB,
        LABEL,
    ),
    "AVI": (avi.parse, b"RIFF" + size(len(AVI_HEAD) + GIB + len(INFO)) + AVI_HEAD, GIB, INFO),
    "AVI in two parts": (
        avi.parse,
        b"RIFF" + size(len(AVI_HEAD) + GIB) + AVI_HEAD,
        GIB,
        b"RIFF" + size(4 + len(INFO)) + b"AVIX" + INFO,
    ),
    "MP3 with a tag in front": (mp3.parse, id3(txxx()), GIB, id3v1(b"song")),
    "MP3 with a tag behind": (mp3.parse, b"\xff\xfb", GIB, ape(("AIGC", RECORD, 0)) + id3v1(b"song")),
    "FLAC": (
        flac.parse,
        flac_file((6, bytes(900)), (4, COMMENT)),
        GIB,
        b"",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_media_data_are_stepped_over(name: str, tmp_path: Path) -> None:
    parse, head, hole, tail = FILES[name]
    path = sparse(tmp_path / "long", head, hole, tail)
    with path.open("rb", buffering=0) as file:
        anatomy, counted = read(parse, file)
    path.unlink()
    assert len(records(anatomy)) == 1
    assert not unreadable(anatomy)
    assert counted.bytes_read < 4096
    assert counted.reads < 60


def test_the_tags_of_a_long_flv_file_are_stepped_over(tmp_path: Path) -> None:
    path, video = tmp_path / "long.flv", 15 * MIB
    with path.open("wb") as file:
        file.write(FLV_HEADER + script(amf_string(b"onMetaData"), METADATA))
        for _ in range(70):
            file.write(flv_tag(9, b"", video)[:11])
            file.seek(video, os.SEEK_CUR)
            file.write((video + 11).to_bytes(4, "big"))
        file.write(script(amf_string(b"onMetaData"), METADATA))
    with path.open("rb", buffering=0) as file:
        anatomy, counted = read(flv.parse, file)
    path.unlink()
    assert records(anatomy) == [(), ("second-script-tag",)]
    assert counted.bytes_read < 4096


def test_an_flv_file_of_many_small_tags_is_stepped_over_up_to_a_bound() -> None:
    head = FLV_HEADER + script(amf_string(b"onMetaData"), METADATA)
    anatomy, counted = read(flv.parse, Tiled(head, flv_tag(9, bytes(5000)), 214_000))  # type: ignore[arg-type]
    assert records(anatomy) == [()]
    assert [block.notes for block in anatomy.blocks] == [(), ("not-searched",)]
    assert counted.reads < flv.STEPPED + 20
    assert counted.bytes_read < 4 * flv.STEPPED + 4096


PAGE = ogg_page(b"\xff" * 16, bytes(255 * 16))


def test_an_ogg_file_of_many_pages_is_stepped_over_up_to_a_bound() -> None:
    anatomy, counted = read(ogg.parse, Tiled(ogg_file(*VORBIS), PAGE, 262_144))  # type: ignore[arg-type]
    assert records(anatomy) == [()]
    assert [block.notes for block in anatomy.blocks][-1] == ("not-searched",)
    assert counted.reads < ogg.STEPPED + 40
    assert counted.bytes_read < 282 * ogg.STEPPED + MIB // 2


def test_a_link_behind_a_gigabyte_of_sound_is_found_by_bisection() -> None:
    last = ogg_file(*OPUS, serial=8) + ogg_page(b"\xff" * 16, bytes(255 * 16), serial=8) * 100
    anatomy, counted = read(ogg.parse, Tiled(ogg_file(*VORBIS), PAGE, 262_144, last))  # type: ignore[arg-type]
    assert records(anatomy) == [(), ("chained",)]
    assert not unreadable(anatomy)
    assert counted.reads < ogg.STEPPED + 400
    assert counted.bytes_read < 282 * ogg.STEPPED + 4 * MIB


def test_a_tiled_stream_holds_what_it_says() -> None:
    tiled, whole = Tiled(b"head", b"tile!", 3, b"tail"), b"headtile!tile!tile!tail"
    assert tiled.seek(0, io.SEEK_END) == len(whole)
    for start in range(len(whole)):
        for stop in range(start, len(whole) + 1):
            tiled.seek(start)
            assert tiled.read(stop - start) == whole[start:stop]
