"""Small audio and video files, built byte by byte from the descriptions of their formats, and files made by ffmpeg."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest

from labeling.containers.base import Anatomy, Block, BlockKind
from labeling.model import Carrier

RECORD = (
    b'{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"0123456789abcdef","ReservedCode1":"",'
    b'"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"0123456789abcdef","ReservedCode2":""}'
)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def texts(anatomy: Anatomy) -> list[tuple[str, str, bytes, Carrier | None, tuple[str, ...]]]:
    """Unit, keyword, payload, carrier and notes of every text block."""
    return [(b.unit, b.keyword, b.payload, b.carrier, b.notes) for b in anatomy.of(BlockKind.TEXT)]


def records(anatomy: Anatomy) -> list[tuple[str, ...]]:
    """The notes of every block that holds `RECORD` under the key word, in file order."""
    return [b.notes for b in anatomy.of(BlockKind.TEXT) if b.keyword.upper() == "AIGC" and b.payload == RECORD]


def unreadable(anatomy: Anatomy) -> list[Block]:
    """The blocks that say that something cannot be read."""
    return [block for block in anatomy.of(BlockKind.OTHER) if "unreadable" in block.notes]


class Tiled(io.RawIOBase):
    """A stream of any length that holds a beginning, then the same bytes again and again, then an end."""

    def __init__(self, head: bytes, tile: bytes, count: int, tail: bytes = b"") -> None:
        self._head, self._tile, self._tail = head, tile, tail
        self._tiled = len(head) + count * len(tile)
        self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset if whence == io.SEEK_SET else self._tiled + len(self._tail)
        return self._at

    def read(self, size: int = -1) -> bytes:
        start, stop = self._at, self._at + size
        self._at = stop
        first = max(start - len(self._head), 0)
        last = max(min(stop, self._tiled) - len(self._head), 0)
        phase = first % len(self._tile)
        tiles = self._tile * ((last - first + phase) // len(self._tile) + 1) if last > first else b""
        tail = self._tail[max(start - self._tiled, 0) : max(stop - self._tiled, 0)]
        return self._head[start:stop] + tiles[phase : phase + max(last - first, 0)] + tail


# ID3, APE


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames: bytes, version: int = 4, flags: int = 0, padding: int = 0) -> bytes:
    body = b"".join(frames) + bytes(padding)
    head = bytes((version, 0, flags)) + synchsafe(len(body))
    footer = b"3DI" + head if version == 4 and flags & 0x10 else b""
    return b"ID3" + head + body + footer


def frame(name: bytes, data: bytes, *, version: int = 4, flags: int = 0, size: bytes | None = None) -> bytes:
    if version == 2:
        return name + len(data).to_bytes(3, "big") + data
    plain = size or (synchsafe(len(data)) if version == 4 else len(data).to_bytes(4, "big"))
    return name + plain + bytes((0, flags)) + data


def txxx(description: str = "AIGC", value: bytes = RECORD, *, version: int = 4, encoding: int = 3) -> bytes:
    name = b"TXX" if version == 2 else b"TXXX"
    return frame(name, strings(encoding, description, value.decode()), version=version)


def strings(encoding: int, *parts: str) -> bytes:
    """An encoding byte and strings with NUL between them."""
    codec, end = (("latin-1", b"\0"), ("utf-16", b"\0\0"), ("utf-16-be", b"\0\0"), ("utf-8", b"\0"))[encoding]
    return bytes((encoding,)) + end.join(part.encode(codec) for part in parts)


#: MPEG 1 layer III, 128 kbit/s, 44.1 kHz: frames of 417 bytes.
MPEG_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
SOUND = MPEG_FRAME * 3


def ape(*items: tuple[str, bytes, int], header: bool = True) -> bytes:
    body = b"".join(struct.pack("<II", len(value), flags) + key.encode() + b"\0" + value for key, value, flags in items)
    fields = struct.pack("<III", 2000, len(body) + 32, len(items))
    flags = 1 << 31 if header else 0
    front = b"APETAGEX" + fields + struct.pack("<I", flags | 1 << 29) + bytes(8) if header else b""
    return front + body + b"APETAGEX" + fields + struct.pack("<I", flags) + bytes(8)


def id3v1(title: bytes = b"", comment: bytes = b"") -> bytes:
    return b"TAG" + title.ljust(30, b"\0") + bytes(64) + comment.ljust(30, b"\0") + b"\xff"


def lyrics3(text: bytes = b"LYR00005words") -> bytes:
    return b"LYRICSBEGIN" + text + b"%06d" % (11 + len(text)) + b"LYRICS200"


# RIFF


def chunk(name: bytes, payload: bytes, order: str = "little", size: int | None = None) -> bytes:
    announced = len(payload) if size is None else size
    return name + announced.to_bytes(4, order) + payload + bytes(len(payload) % 2)  # type: ignore[arg-type]


def listed(kind: bytes, *chunks: bytes, order: str = "little") -> bytes:
    return chunk(b"LIST", kind + b"".join(chunks), order)


def riff(form: bytes, *chunks: bytes, name: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = form + b"".join(chunks)
    order = "big" if name == b"RIFX" else "little"
    return name + (len(body) if size is None else size).to_bytes(4, order) + body  # type: ignore[arg-type]


def ds64(whole: int, data: int, *others: tuple[bytes, int]) -> bytes:
    table = b"".join(name + struct.pack("<Q", size) for name, size in others)
    return chunk(b"ds64", struct.pack("<QQQI", whole, data, 0, len(others)) + table)


WAV_FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
WAV_SOUND = chunk(b"data", bytes(100))
AVI_HEADERS = listed(b"hdrl", chunk(b"avih", bytes(56)), listed(b"strl", chunk(b"strh", bytes(56))))
AVI_MOVIE = listed(b"movi", chunk(b"00dc", bytes(50)), chunk(b"01wb", bytes(20)))


def wav(*chunks: bytes) -> bytes:
    return riff(b"WAVE", WAV_FORMAT, *chunks)


# Vorbis comment, FLAC, Ogg


def vorbis_comment(*entries: bytes, vendor: bytes = b"reference", count: int | None = None) -> bytes:
    counted = len(entries) if count is None else count
    body = b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", counted) + body


COMMENT = vorbis_comment(b"TITLE=song", b"AIGC=" + RECORD)


def flac_block(kind: int, body: bytes, *, last: bool = False) -> bytes:
    return bytes((kind | (0x80 if last else 0),)) + len(body).to_bytes(3, "big") + body


STREAMINFO = flac_block(0, bytes(34))
FLAC_FRAME = b"\xff\xf8\xc9\x18" + bytes(60)


def flac(*blocks: tuple[int, bytes]) -> bytes:
    """Metadata blocks behind STREAMINFO, and one frame."""
    tail = [flac_block(kind, body, last=place == len(blocks)) for place, (kind, body) in enumerate(blocks, 1)]
    return b"fLaC" + STREAMINFO + b"".join(tail) + FLAC_FRAME


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 with polynomial 0x04C11DB7, neither reflected nor inverted, bit by bit."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def ogg_page(lacing: bytes, body: bytes, *, serial: int = 7, flags: int = 0, number: int = 0) -> bytes:
    head = b"OggS" + struct.pack("<BBqII", 0, flags, 0, serial, number)
    rest = bytes((len(lacing),)) + lacing + body
    return head + struct.pack("<I", _ogg_checksum(head + bytes(4) + rest)) + rest


def ogg_pages(*packets: bytes, serial: int = 7, segments: int = 255) -> list[bytes]:
    """The packets on pages: the first alone, the others together, `segments` on a page."""
    pages = [_laced(packets[0])]
    sizes = b"".join(_lacing(packet) for packet in packets[1:])
    rest, at = b"".join(packets[1:]), 0
    for place in range(0, len(sizes), segments):
        lacing = sizes[place : place + segments]
        pages.append((lacing, rest[at : at + sum(lacing)]))
        at += sum(lacing)
    continued = [False, *(lacing[-1:] == b"\xff" for lacing, _ in pages)]
    return [
        ogg_page(lacing, body, serial=serial, flags=continued[number] or (0 if number else 2), number=number)
        for number, (lacing, body) in enumerate(pages)
    ]


def _laced(packet: bytes) -> tuple[bytes, bytes]:
    return _lacing(packet), packet


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))


def ogg(*packets: bytes, serial: int = 7) -> bytes:
    return b"".join(ogg_pages(*packets, serial=serial))


VORBIS = (b"\x01vorbis" + bytes(23), b"\x03vorbis" + COMMENT + b"\x01", b"\x05vorbis" + bytes(40), bytes(300))
OPUS = (b"OpusHead" + bytes(11), b"OpusTags" + COMMENT, bytes(300))
THEORA = (b"\x80theora" + bytes(35), b"\x81theora" + COMMENT, b"\x82theora" + bytes(40), bytes(300))
SPEEX = (b"Speex   " + bytes(72), COMMENT, bytes(300))
VP8 = (b"OVP80\x01" + bytes(20), b"OVP80\x02 " + COMMENT, bytes(300))
OGG_FLAC = (
    b"\x7fFLAC\x01\x00\x00\x01fLaC" + STREAMINFO,
    flac_block(4, COMMENT, last=True),
    FLAC_FRAME,
)

# FLV


def amf_string(text: bytes) -> bytes:
    return b"\x02" + len(text).to_bytes(2, "big") + text


def amf_array(*properties: tuple[bytes, bytes], marker: bytes = b"\x08") -> bytes:
    """Properties as (name, value); an ECMA array, or an object with the marker 3."""
    count = len(properties).to_bytes(4, "big") if marker == b"\x08" else b""
    pairs = b"".join(len(name).to_bytes(2, "big") + name + value for name, value in properties)
    return marker + count + pairs + b"\0\0\x09"


def flv_tag(kind: int, data: bytes, size: int | None = None) -> bytes:
    announced = len(data) if size is None else size
    return bytes((kind,)) + announced.to_bytes(3, "big") + bytes(7) + data + (11 + announced).to_bytes(4, "big")


FLV_HEADER = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"
FLV_VIDEO = flv_tag(9, b"\x17" + bytes(80))
METADATA = amf_array((b"duration", b"\x00" + bytes(8)), (b"AIGC", amf_string(RECORD)), (b"stereo", b"\x01\x01"))


def script(*values: bytes) -> bytes:
    return flv_tag(18, b"".join(values))


def flv(*tags: bytes) -> bytes:
    return FLV_HEADER + b"".join(tags)


# Other tools


@cache
def by_ffmpeg(folder: Path, name: str, *options: str) -> bytes:
    """A file of one second that ffmpeg makes, with the record and a title; skips the test where it cannot."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    target = folder / name
    sources = ["-f", "lavfi", "-i", "sine=duration=1"]
    if name.endswith((".flv", ".avi", ".ogv")):
        sources = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", *sources]
    labels = ["-metadata", f"AIGC={RECORD.decode()}", "-metadata", "title=Song"]
    made = subprocess.run(
        ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *sources, *labels, *options, str(target)],
        check=False,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    if b"Unknown encoder" in made.stderr:
        pytest.skip(f"ffmpeg has no encoder for {name}")
    made.check_returncode()
    return target.read_bytes()
