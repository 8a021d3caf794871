"""HEIF files built by the letter of ISO/IEC 23008-12: one picture without pixels, and items of metadata."""

from __future__ import annotations

import struct


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *payload: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


def infe(number: int, kind: bytes, tail: bytes = b"\0", version: int = 2) -> bytes:
    return full(b"infe", number.to_bytes(4 if version == 3 else 2, "big"), b"\0\0", kind, tail, version=version)


def iloc(version: int, method: int, *entries: tuple[int, list[tuple[int, int]]]) -> bytes:
    """Locations with 4-byte offsets and lengths; version 2 has item numbers of 4 bytes."""
    wide = ">I" if version == 2 else ">H"
    rows = []
    for number, extents in entries:
        row = struct.pack(wide, number) + (struct.pack(">H", method) if version else b"") + struct.pack(">H", 0)
        rows.append(row + struct.pack(">H", len(extents)) + b"".join(struct.pack(">II", *run) for run in extents))
    return full(b"iloc", b"\x44\0", struct.pack(wide, len(entries)), *rows, version=version)


def heif(
    *properties: bytes,
    brand: bytes = b"heic",
    locations: bytes = b"",
    items: tuple[bytes, ...] = (),
    idat: bytes = b"",
) -> bytes:
    """A file of one picture item with properties, and perhaps metadata items."""
    kind = b"av01" if brand == b"avif" else b"hvc1"
    entries = (infe(1, kind), *items)
    shape = full(b"ispe", struct.pack(">II", 40, 30))
    associations = bytes([1 + len(properties), 0x81, *range(2, 2 + len(properties))])
    meta = full(
        b"meta",
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iinf", struct.pack(">H", len(entries)), *entries),
        locations,
        box(
            b"iprp",
            box(b"ipco", shape, *properties),
            full(b"ipma", struct.pack(">IH", 1, 1), associations),
        ),
        box(b"idat", idat) if idat else b"",
    )
    return box(b"ftyp", brand, b"\0\0\0\0", brand, b"mif1") + meta
