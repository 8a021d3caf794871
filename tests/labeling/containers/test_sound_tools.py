"""Sound and film files of ffmpeg, which knows nothing of this package, are read in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeling.containers import avi, flac, flv, mp3, ogg, wav
from labeling.containers._mpeg_audio import is_mpeg_audio
from labeling.containers.base import Anatomy, Reader, reader_for
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Carrier, Format
from tests.labeling.media_files import RECORD, by_ffmpeg, records, texts, unreadable

PARSERS = {
    "mp3": mp3.parse,
    "mp2": mp3.parse,
    "flac": flac.parse,
    "ogg": ogg.parse,
    "oga": ogg.parse,
    "opus": ogg.parse,
    "spx": ogg.parse,
    "ogv": ogg.parse,
    "flv": flv.parse,
    "wav": wav.parse,
    "avi": avi.parse,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ffmpeg")


def read(name: str, data: bytes) -> Anatomy:
    return PARSERS[name.rpartition(".")[2]](data, DEFAULT_LIMITS)


LABELLED = {
    "MP3": ("a.mp3", (), Carrier.ID3_TXXX),
    "MP3 with ID3v2.3 and ID3v1": ("b.mp3", ("-id3v2_version", "3", "-write_id3v1", "1"), Carrier.ID3_TXXX),
    "FLAC": ("a.flac", (), Carrier.VORBIS_COMMENT),
    "Vorbis": ("a.ogg", ("-c:a", "libvorbis"), Carrier.VORBIS_COMMENT),
    "Opus": ("a.opus", ("-c:a", "libopus"), Carrier.VORBIS_COMMENT),
    "Speex": ("a.spx", ("-c:a", "libspeex", "-ar", "16000"), Carrier.VORBIS_COMMENT),
    "FLAC in Ogg": ("a.oga", ("-c:a", "flac"), Carrier.VORBIS_COMMENT),
    "FLV": ("a.flv", ("-ar", "44100"), Carrier.FLV_METADATA),
}


@pytest.mark.parametrize("name", LABELLED)
def test_the_record_that_ffmpeg_writes_is_read_without_a_note(name: str, folder: Path) -> None:
    file, options, carrier = LABELLED[name]
    anatomy = read(file, by_ffmpeg(folder, file, *options))
    assert records(anatomy) == [()]
    assert [found for _, keyword, _, found, _ in texts(anatomy) if keyword == "AIGC"] == [carrier]
    assert not unreadable(anatomy)


def test_a_film_in_ogg_holds_the_record_once_for_each_stream(folder: Path) -> None:
    data = by_ffmpeg(folder, "a.ogv", "-c:v", "libtheora", "-c:a", "libvorbis")
    assert records(read("a.ogv", data)) == [(), ("other-stream",)]


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("a.wav", ()),
        ("b.wav", ("-rf64", "always")),
        ("a.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame")),
    ],
    ids=["WAV", "RF64", "AVI"],
)
def test_ffmpeg_loses_the_record_in_riff_files_and_the_title_is_read(
    file: str, options: tuple[str, ...], folder: Path
) -> None:
    anatomy = read(file, by_ffmpeg(folder, file, *options))
    assert not unreadable(anatomy)
    assert b"Song" in [payload for _, _, payload, _, _ in texts(anatomy)]
    assert RECORD not in [payload for _, _, payload, _, _ in texts(anatomy)]


@pytest.mark.parametrize("file", ["a.mp3", "a.mp2"])
def test_what_ffmpeg_writes_is_mpeg_audio(file: str, folder: Path) -> None:
    assert is_mpeg_audio(by_ffmpeg(folder, file), DEFAULT_LIMITS)


@pytest.mark.parametrize("file", ["a.flac", "a.ogg", "a.wav", "a.flv", "a.avi"])
def test_other_files_are_no_mpeg_audio(file: str, folder: Path) -> None:
    assert not is_mpeg_audio(by_ffmpeg(folder, file), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("fmt", "carrier"),
    [
        (Format.MP3, Carrier.ID3_TXXX),
        (Format.WAV, Carrier.RIFF_CHUNK),
        (Format.AVI, Carrier.RIFF_INFO),
        (Format.FLAC, Carrier.VORBIS_COMMENT),
        (Format.OGG, Carrier.VORBIS_COMMENT),
        (Format.FLV, Carrier.FLV_METADATA),
    ],
)
def test_the_reader_is_registered_with_the_carrier_of_the_guide(fmt: Format, carrier: Carrier) -> None:
    reader = reader_for(fmt)
    assert isinstance(reader, Reader)
    assert carrier in reader.reads
