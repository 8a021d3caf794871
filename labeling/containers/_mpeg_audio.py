"""Whether a file is MPEG audio, which has no signature: frames that follow one another (ISO/IEC 11172-3, 2.4.1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from labeling.containers._id3_tag import after_id3
from labeling.content import Content
from labeling.limits import Limits

__all__ = ["after_id3", "is_mpeg_audio"]  # The sniffer asks both.

#: Bytes behind an ID3 tag that are searched for the first frame: padding that the tag does not count, or noise.
_SEARCHED: Final = 32 * 1024
_HEADER = 4
#: Frames that must follow one another.
_FRAMES = 2
_MPEG_1, _RESERVED_VERSION = 3, 1
_LAYER_1, _LAYER_3, _RESERVED_LAYER = 3, 1, 0
_FREE_RATE, _FORBIDDEN_RATE, _RESERVED_FREQUENCY = 0, 15, 3
#: Kilobits a second by (MPEG 1?, layer 3 - 1 as coded): tables of 11172-3 and 13818-3, from index 1 to 14.
_RATES = {
    (True, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES[False, 1] = _RATES[False, 2]
#: Hertz of MPEG 1; MPEG 2 has half of it and MPEG 2.5 a quarter.
_FREQUENCIES = (44_100, 48_000, 32_000)
_DIVISORS = {3: 1, 2: 2, 0: 4}


def _is_kind(byte: int) -> bool:
    return byte >= 0xE0 and byte >> 3 & 3 != _RESERVED_VERSION and byte >> 1 & 3 != _RESERVED_LAYER


def _is_rate(byte: int) -> bool:
    return byte >> 4 not in (_FREE_RATE, _FORBIDDEN_RATE) and byte >> 2 & 3 != _RESERVED_FREQUENCY


def _one_of(accepted: Callable[[int], bool]) -> bytes:
    """The bytes that are accepted, as a class of a regular expression."""
    return b"[" + b"".join(re.escape(bytes((byte,))) for byte in range(0x100) if accepted(byte)) + b"]"


#: Three bytes in which no field has a reserved value: eleven set bits, version, layer; bit rate, frequency.
_SYNC = re.compile(rb"\xff" + _one_of(_is_kind) + _one_of(_is_rate))


def is_mpeg_audio(content: Content, limits: Limits) -> bool:
    """Whether frames of MPEG audio (layer I, II or III) follow one another at the beginning, behind any ID3v2 tags.

    Without a tag the first frame must be the first byte. Behind a tag some bytes may lie between, as players allow.
    A single frame will do where the file ends with it.
    """
    start = after_id3(content)
    head = content[start : start + (min(_SEARCHED, limits.metadata_bytes) if start else _HEADER)]
    at = 0
    while (found := _SYNC.search(head, at)) is not None and (start or found.start() == 0):
        if _frames_follow(content, start + found.start()):
            return True
        at = found.start() + 1
    return False


def _frames_follow(content: Content, at: int) -> bool:
    first = None
    for _ in range(_FRAMES):
        if first is not None and at == len(content):
            break
        header = content[at : at + _HEADER]
        length = _frame_length(header)
        kind = _kind(header)
        if not length or (first is not None and kind != first):
            return False
        first, at = kind, at + length
    return True


def _kind(header: bytes) -> tuple[int, ...]:
    """What does not change from frame to frame: version, layer, sampling frequency."""
    return (header[1] >> 1, header[2] >> 2 & 3) if len(header) == _HEADER else ()


def _frame_length(header: bytes) -> int:
    """Bytes of the frame with this header; 0 where it is none, or one of a free bit rate."""
    if len(header) < _HEADER or not _SYNC.match(header):
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate, frequency, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    bits = 1000 * _RATES[version == _MPEG_1, layer][rate - 1]
    hertz = _FREQUENCIES[frequency] // _DIVISORS[version]
    if layer == _LAYER_1:
        return (12 * bits // hertz + padding) * 4
    samples = 72 if layer == _LAYER_3 and version != _MPEG_1 else 144
    return samples * bits // hertz + padding
