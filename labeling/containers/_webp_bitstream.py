"""Sizes and alpha from the first bytes of WebP image data, without decoding it."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.errors import ErrorCode, MediaError

#: RFC 6386, section 9.1: three bytes of frame tag, then the start code of a key frame.
VP8_START_CODE = b"\x9d\x01\x2a"
VP8_HEADER = 10
#: RFC 9649, section 3.4: signature, 14 + 14 bits of size, alpha bit, 3 bits of version.
VP8L_SIGNATURE = 0x2F
VP8L_HEADER = 5


@dataclass(frozen=True, slots=True)
class Bitstream:
    """What the header of one coded picture says."""

    width: int
    height: int
    lossless: bool
    #: Only VP8L carries alpha itself; VP8 has it in an ALPH chunk beside it.
    alpha: bool


def read_vp8(head: bytes) -> Bitstream:
    """Read the header of a VP8 key frame from its first 10 bytes (RFC 6386, section 9.1); MediaError otherwise."""
    if len(head) < VP8_HEADER:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the VP8 data ends inside its header", actual=len(head))
    if head[0] & 1 or head[3:6] != VP8_START_CODE:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the VP8 data does not start with a key frame")
    width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return _sized(Bitstream(width, height, lossless=False, alpha=False))


def read_vp8l(head: bytes) -> Bitstream:
    """Read the header of VP8L data from its first 5 bytes (RFC 9649, section 3.4); MediaError otherwise."""
    if len(head) < VP8L_HEADER:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the VP8L data ends inside its header", actual=len(head))
    bits = int.from_bytes(head[1:VP8L_HEADER], "little")
    if head[0] != VP8L_SIGNATURE or bits >> 29:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the VP8L data has an unknown signature or version")
    return Bitstream((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, lossless=True, alpha=bool(bits >> 28 & 1))


def _sized(bitstream: Bitstream) -> Bitstream:
    if not bitstream.width or not bitstream.height:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the picture has no pixels")
    return bitstream


READERS = {b"VP8 ": read_vp8, b"VP8L": read_vp8l}
