"""Matroska and WebM files built by the letter of RFC 8794 and RFC 9559."""

from __future__ import annotations

UNKNOWN = b"\x01" + b"\xff" * 7

EBML, DOC_TYPE, MAX_ID_LENGTH, MAX_SIZE_LENGTH = 0x1A45DFA3, 0x4282, 0x42F2, 0x42F3
SEGMENT, CLUSTER, SEEK_HEAD, CUES, VOID, CRC = 0x18538067, 0x1F43B675, 0x114D9B74, 0x1C53BB6B, 0xEC, 0xBF
TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP = 0xE7, 0xA3, 0xA0
TAGS, TAG, TARGETS, SIMPLE_TAG = 0x1254C367, 0x7373, 0x63C0, 0x67C8
TAG_NAME, TAG_STRING, TAG_BINARY, TAG_LANGUAGE, TRACK_UID = 0x45A3, 0x4487, 0x4485, 0x447A, 0x63C5
INFO, TITLE, MUXING_APP, WRITING_APP = 0x1549A966, 0x7BA9, 0x4D80, 0x5741
TRACKS, TRACK, TRACK_TYPE, VIDEO, WIDTH, HEIGHT = 0x1654AE6B, 0xAE, 0x83, 0xE0, 0xB0, 0xBA
ATTACHMENTS, FILE, FILE_NAME, FILE_TYPE, FILE_DATA = 0x1941A469, 0x61A7, 0x466E, 0x4660, 0x465C


def identifier(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def size(value: int, length: int = 0) -> bytes:
    """A size in as few bytes as it needs, or in `length`."""
    length = length or next(n for n in range(1, 9) if value < (1 << 7 * n) - 1)
    return (value | 1 << 7 * length).to_bytes(length, "big")


def element(number: int, *parts: bytes, length: int = 0) -> bytes:
    """An element whose size takes `length` bytes, or as few as it can."""
    body = b"".join(parts)
    return identifier(number) + size(len(body), length) + body


def unending(number: int, *parts: bytes) -> bytes:
    """An element of unknown size."""
    return identifier(number) + UNKNOWN + b"".join(parts)


def header(doc_type: bytes = b"matroska", *parts: bytes) -> bytes:
    return element(EBML, element(DOC_TYPE, doc_type), *parts)


def simple_tag(name: bytes, value: bytes | None, *parts: bytes, kind: int = TAG_STRING) -> bytes:
    string = b"" if value is None else element(kind, value)
    return element(SIMPLE_TAG, element(TAG_NAME, name), string, *parts)


def tags(*simple: bytes, uid: int = 0) -> bytes:
    """A Tags element with one Tag."""
    target = element(TRACK_UID, uid.to_bytes(8, "big")) if uid else b""
    return element(TAGS, element(TAG, element(TARGETS, target), *simple))


def tracks(width: int = 640, height: int = 360) -> bytes:
    shape = element(WIDTH, width.to_bytes(2, "big")), element(HEIGHT, height.to_bytes(2, "big"))
    sound = element(TRACK, element(TRACK_TYPE, b"\2"))
    return element(TRACKS, sound, element(TRACK, element(TRACK_TYPE, b"\1"), element(VIDEO, *shape)))


def block(payload: bytes = b"frame") -> bytes:
    return element(SIMPLE_BLOCK, b"\x81\0\0\x80", payload)


def cluster(*blocks: bytes) -> bytes:
    return element(CLUSTER, element(TIMESTAMP, b"\0"), *(blocks or (block(),)))


def open_cluster(*blocks: bytes) -> bytes:
    """A cluster of unknown size."""
    return unending(CLUSTER, element(TIMESTAMP, b"\0"), *(blocks or (block(),)))


def mkv(*parts: bytes, doc_type: bytes = b"matroska") -> bytes:
    return header(doc_type) + element(SEGMENT, *parts, length=8)


def live(*parts: bytes, doc_type: bytes = b"webm") -> bytes:
    """A recording whose segment is of unknown size."""
    return header(doc_type) + unending(SEGMENT, *parts)
