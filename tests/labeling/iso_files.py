"""MP4, MOV and M4A files built by the letter of ISO/IEC 14496-12 and the QuickTime File Format."""

from __future__ import annotations

import struct

RECORD = (
    b'{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"p-1",'
    b'"ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}'
)
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def wide(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 64-bit size."""
    body = b"".join(parts)
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def rest(kind: bytes, *parts: bytes) -> bytes:
    """A box that reaches to the end of the file."""
    return bytes(4) + kind + b"".join(parts)


def full(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def file_type(brand: bytes = b"isom", *compatible: bytes) -> bytes:
    return box(b"ftyp", brand, bytes(4), *(compatible or (brand,)))


def handler(kind: bytes) -> bytes:
    return full(b"hdlr", bytes(4), kind, bytes(13))


def keys(*names: bytes, namespace: bytes = b"mdta") -> bytes:
    return full(b"keys", struct.pack(">I", len(names)), *(box(namespace, name) for name in names))


def data(value: bytes, kind: int = 1, locale: int = 0) -> bytes:
    return box(b"data", struct.pack(">II", kind, locale), value)


def item(number: int, *values: bytes) -> bytes:
    """An item of `ilst` by the number of its key; values are `data` boxes."""
    return box(struct.pack(">I", number), *values)


def freeform(name: bytes, *values: bytes) -> bytes:
    return box(b"----", full(b"mean", b"com.apple.iTunes"), full(b"name", name), *values)


def ilst(*items: bytes) -> bytes:
    return box(b"ilst", *items)


def meta(*parts: bytes, kind: bytes = b"mdta") -> bytes:
    """A `meta` box as ISO has it, with version and flags."""
    return full(b"meta", handler(kind), *parts)


def quicktime_meta(*parts: bytes, kind: bytes = b"mdta") -> bytes:
    """A `meta` atom as QuickTime has it."""
    return box(b"meta", handler(kind), *parts)


def labelled(value: bytes = RECORD, key: bytes = b"AIGC", kind: int = 1) -> tuple[bytes, bytes]:
    """What is in a `meta` box with one record."""
    return keys(key), ilst(item(1, data(value, kind)))


def track(kind: bytes = b"vide", width: int = 640, height: int = 360, *parts: bytes) -> bytes:
    header = full(b"tkhd", bytes(72), struct.pack(">II", width << 16, height << 16))
    return box(b"trak", header, box(b"mdia", full(b"mdhd", bytes(20)), handler(kind)), *parts)


def movie(*parts: bytes, tracks: tuple[bytes, ...] = (track(),)) -> bytes:
    return box(b"moov", full(b"mvhd", bytes(96)), *tracks, *parts)


def user_data(*parts: bytes) -> bytes:
    return box(b"udta", *parts)


def text_atom(kind: bytes, *texts: bytes, language: int = 0x55C4) -> bytes:
    """A QuickTime text atom: size, language and characters of each text; 0x55C4 is 'und'."""
    return box(kind, *(struct.pack(">HH", len(text), language) + text for text in texts))


def fragment(*parts: bytes) -> bytes:
    return box(b"moof", full(b"mfhd", bytes(4)), *parts) + box(b"mdat", b"frame")


def mp4(*parts: bytes, brand: bytes = b"isom") -> bytes:
    """A file with media data in front of its movie header, as encoders write it."""
    return b"".join((file_type(brand), box(b"mdat", b"media data"), *parts))


def guide() -> bytes:
    """The record where TC260-PG-20257A has it."""
    return mp4(movie(user_data(meta(*labelled()))))
