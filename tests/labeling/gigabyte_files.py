"""Recordings of a gigabyte: real beginnings and ends, and a hole where the sound and the pictures would be.

The holes take no room on most disks. Each holds the record where the guide of its format puts it, behind the media data
where the format allows that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from labeling.limits import GIB, MIB
from labeling.model import Format
from tests.labeling import iso_files, matroska_files, media_files

RECORD = media_files.RECORD
_CHUNK = media_files.chunk(b"AIGC", RECORD)
#: What encoders put into one fragment of a film, one cluster, one tag.
_FRAGMENT, _CLUSTER, _TAG = 2 * MIB, 5 * MIB, 15 * MIB


def _box(kind: bytes, body: int) -> bytes:
    """The header of a box whose body is left out."""
    return struct.pack(">I4s", 8 + body, kind) if body < 4 * GIB - 8 else struct.pack(">I4sQ", 1, kind, 16 + body)


def _labelled_movie(*tables: bytes) -> bytes:
    label = iso_files.user_data(iso_files.meta(*iso_files.labelled(RECORD)))
    return iso_files.movie(label, tracks=(iso_files.track(b"vide", 640, 360, *tables),))


def _mp4_with_index_behind(file: BinaryIO) -> None:
    file.write(iso_files.file_type() + _box(b"mdat", GIB))
    _hole(file, GIB)
    file.write(_labelled_movie(iso_files.box(b"stbl", bytes(MIB))))


def _mp4_with_index_in_front(file: BinaryIO) -> None:
    file.write(iso_files.file_type() + _labelled_movie(iso_files.box(b"stbl", bytes(MIB))) + _box(b"mdat", GIB))
    _hole(file, GIB)


def _mp4_of_fragments(file: BinaryIO) -> None:
    file.write(iso_files.file_type() + _labelled_movie())
    for _ in range(GIB // _FRAGMENT):
        file.write(iso_files.box(b"moof", iso_files.full(b"mfhd", bytes(4))) + _box(b"mdat", _FRAGMENT))
        _hole(file, _FRAGMENT)


def _mp4_with_credential(file: BinaryIO) -> None:
    """A store that is no store: what matters is that nobody reads a gigabyte to find out."""
    file.write(iso_files.file_type() + iso_files.box(b"uuid", iso_files.C2PA_UUID, bytes(4), b"manifest\0", bytes(500)))
    file.write(_labelled_movie() + _box(b"mdat", GIB))
    _hole(file, GIB)


def _mkv(file: BinaryIO) -> None:
    """As encoders write it: clusters of known size, the tags behind them."""
    simple = matroska_files.simple_tag(b"AIGC", RECORD)
    file.write(matroska_files.header() + matroska_files.identifier(matroska_files.SEGMENT) + matroska_files.UNKNOWN)
    file.write(matroska_files.tracks())
    for _ in range(GIB // _CLUSTER):
        file.write(matroska_files.identifier(matroska_files.CLUSTER) + matroska_files.size(_CLUSTER, 8))
        _hole(file, _CLUSTER)
    file.write(matroska_files.tags(simple))


def _avi(file: BinaryIO) -> None:
    info, index = media_files.listed(b"INFO", _CHUNK), media_files.chunk(b"idx1", bytes(MIB))
    body = b"AVI " + media_files.AVI_HEADERS + b"LIST" + struct.pack("<I", GIB + 4) + b"movi"
    file.write(b"RIFF" + struct.pack("<I", len(body) + GIB + len(index) + len(info)) + body)
    _hole(file, GIB)
    file.write(index + info)


def _flv(file: BinaryIO) -> None:
    file.write(media_files.FLV_HEADER)
    file.write(media_files.script(media_files.amf_string(b"onMetaData"), media_files.METADATA))
    for _ in range(GIB // _TAG):
        file.write(media_files.flv_tag(9, b"", _TAG)[:11])
        _hole(file, _TAG)
        file.write((_TAG + 11).to_bytes(4, "big"))


def _wav(file: BinaryIO) -> None:
    size = 4 + len(media_files.WAV_FORMAT) + 8 + GIB + len(_CHUNK)
    file.write(b"RIFF" + struct.pack("<I", size) + b"WAVE" + media_files.WAV_FORMAT + b"data" + struct.pack("<I", GIB))
    _hole(file, GIB)
    file.write(_CHUNK)


def _ogg(file: BinaryIO) -> None:
    """Pages of 65 kB, as large as they get; ten hours of sound."""
    file.write(media_files.ogg(*media_files.VORBIS))
    header = media_files.ogg_page(b"\xff" * 255, bytes(255 * 255))[: 27 + 255]
    for _ in range(GIB // (255 * 255)):
        file.write(header)
        _hole(file, 255 * 255)


def _mp3(file: BinaryIO) -> None:
    file.write(media_files.id3(media_files.txxx()) + media_files.SOUND)
    _hole(file, GIB)
    file.write(media_files.id3v1(b"song"))


def _flac(file: BinaryIO) -> None:
    file.write(media_files.flac((4, media_files.COMMENT), (6, bytes(MIB))))
    _hole(file, GIB)


def _hole(file: BinaryIO, size: int) -> None:
    file.truncate(file.tell() + size)
    file.seek(size, 1)


FILES: dict[str, tuple[Format, Callable[[BinaryIO], None]]] = {
    "MP4, index behind": (Format.MP4, _mp4_with_index_behind),
    "MP4, index in front": (Format.MP4, _mp4_with_index_in_front),
    "MP4 of fragments": (Format.MP4, _mp4_of_fragments),
    "MP4 with a credential": (Format.MP4, _mp4_with_credential),
    "MKV": (Format.MKV, _mkv),
    "AVI": (Format.AVI, _avi),
    "FLV": (Format.FLV, _flv),
    "WAV": (Format.WAV, _wav),
    "Ogg": (Format.OGG, _ogg),
    "MP3": (Format.MP3, _mp3),
    "FLAC": (Format.FLAC, _flac),
}


def write(name: str, path: Path) -> None:
    """The file of `FILES` at this path."""
    with path.open("wb") as file:
        FILES[name][1](file)
