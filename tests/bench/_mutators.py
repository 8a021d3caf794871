"""Ways to spoil a file: flipped bits, cuts, splices, false lengths, repeated blocks, long runs."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from labeling.model import Format
from tests.bench._seeds import Seed
from tests.bench._spans import Span, resized, spans_of

#: The files of the bound that is measured: 1 MB.
LARGEST = 1_000_000
#: What parsers of one format or another repeat, nest or wait for.
_RUNS = (
    *(b"\0", b"\xff", b" ", b"\n", b"A", b"(", b"[", b"{", b"<", b'"', b"\\", b"%", b"\r\n", b"&amp;", b"\xff\xfe"),
    *(b"<a>", b"<p>x", b"</p>", b"<!--", b"<!-- AIGC", b"<div ", b"<meta name=AIGC content='{", b"<x:y a='b'>"),
    *(b'{"AIGC":', b'"Label":"1",', b"AIGC{", b"AIGC: ", b"- - - ", b"? ", b"&a ", b"*a ", b"'", b"---\n", b"# AI\n"),
    *(b"<<", b"[ ", b"1 0 obj\n", b"endobj\n", b"stream\n", b"/AIGC ", b"xref\n0 1\n", b"trailer\n", b"1 0 R "),
    *(b"\xff\xe1\0\x08Exif\0\0", b"\xff\xfe\0\x04ab", b"!\xfe\x01a\0", b"fLaC", b"OggS", b"ID3\4\0\0\0\0\0\0"),
    *(b"\0\0\0\x08free", b"\0\0\0\x08moov", b"\0\0\0\x08meta", b"junk\0\0\0\0", b"LIST\4\0\0\0INFO", b"\xec\x80"),
    *(b"TXXX\0\0\0\1\0\0\0", b"\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b", b"\x03\0\x01a", b"PK\3\4", b"PK\1\2", b"PK\5\6"),
    *("标".encode(), "本文由AI生成\n".encode(), "人工智能".encode(), "\u200b".encode(), b"\x1b[31m"),
)
_LENGTHS = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9 ]{3}|[<>\n{}\[\]()\"]|\xff[\xc0-\xfe]|\x1a\x45\xdf\xa3|\x12\x54\xc3\x67|!\xff")


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes [start, stop) become `new`."""

    start: int
    stop: int
    new: bytes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoilt file and how it came to be."""

    data: bytes
    how: str


@lru_cache(maxsize=1)
def _seams(data: bytes) -> tuple[int, ...]:
    """Where parts are likely to begin or end. One edit asks several times; what is kept counts as memory."""
    found = [match.start() + step for match in _WORD.finditer(data[:LARGEST]) for step in (-4, 0, 4)]
    return tuple(at for at in found[:5_000] if 0 <= at <= len(data)) or (0,)


@lru_cache(maxsize=1)
def _spans(data: bytes, fmt: Format) -> tuple[Span, ...]:
    return spans_of(data, fmt)


def _point(data: bytes, chance: Random) -> int:
    return chance.choice(_seams(data)) if chance.random() < 0.7 else chance.randrange(len(data) + 1)


def _slice(data: bytes, chance: Random) -> tuple[int, int]:
    """A part of the file, mostly from seam to seam, mostly short."""
    start = _point(data, chance)
    later = [at for at in chance.choices(_seams(data), k=8) if at > start]
    stop = min(later) if later and chance.random() < 0.7 else start + chance.choice((1, 4, 12, 40, 300))
    return start, min(max(stop, start + 1), len(data))


# One edit of a file.


def _flip(data: bytes, chance: Random) -> list[Edit]:
    near = _point(data, chance)
    reach = chance.choice((len(data), 64))
    edits = []
    for _ in range(chance.randint(1, 6)):
        at = (chance.randrange(len(data)) if reach == len(data) else near + chance.randrange(reach)) % len(data)
        edits.append(Edit(at, at + 1, bytes([data[at] ^ 1 << chance.randrange(8)])))
    return edits


def _cut(data: bytes, chance: Random) -> list[Edit]:
    return [Edit(_point(data, chance), len(data), b"")]


def _delete(data: bytes, chance: Random) -> list[Edit]:
    return [Edit(*_slice(data, chance), b"")]


def _false_length(data: bytes, chance: Random) -> list[Edit]:
    """A number where a size, a count or an offset may stand."""
    at, width, order = _point(data, chance), chance.choice((1, 2, 3, 4, 4, 4, 8)), chance.choice(("little", "big"))
    value = chance.choice(_LENGTHS) if chance.random() < 0.5 else len(data) - at + chance.randint(-9, 9)
    return [Edit(at, at + width, (max(0, value) % (1 << 8 * width)).to_bytes(width, order))]  # type: ignore[arg-type]


def _repeat(data: bytes, chance: Random) -> list[Edit]:
    """A block again and again, now and then as often as 1 MB allows."""
    start, stop = _slice(data, chance)
    block = data[start:stop] or b"\0"
    room = max(1, (LARGEST - len(data)) // len(block))
    times = room if chance.random() < 0.4 else min(room, chance.choice((1, 2, 3, 50, 2000)))
    return [Edit(stop, stop, block * times)]


def _run(data: bytes, chance: Random) -> list[Edit]:
    run, at = chance.choice(_RUNS), _point(data, chance)
    room = max(1, (LARGEST - len(data)) // len(run))
    times = room if chance.random() < 0.4 else min(room, chance.choice((1, 5, 40, 5000)))
    return [Edit(at, at, run * times)]


def _noise(data: bytes, chance: Random) -> list[Edit]:
    at = _point(data, chance)
    return [Edit(at, at + chance.choice((0, 8, 64)), chance.randbytes(chance.choice((4, 64, 4000))))]


_EDITS: dict[str, Callable[[bytes, Random], list[Edit]]] = {
    "flipped bits": _flip,
    "cut": _cut,
    "deleted": _delete,
    "false length": _false_length,
    "repeated block": _repeat,
    "long run": _run,
    "noise": _noise,
}


def _splice(data: bytes, chance: Random, other: bytes) -> bytes:
    """The head of one file and the tail of another, or a part of one inside the other."""
    at, start = _point(data, chance), _point(other, chance)
    if chance.random() < 0.5:
        return data[:at] + other[start:]
    part = other[slice(*_slice(other, chance))]
    return data[:at] + part + data[at:]


def mutate(seed: Seed, pool: list[Seed], chance: Random) -> Mutant:
    """A spoilt copy of `seed`, of at most `LARGEST` bytes; `pool` are the files to splice with."""
    if chance.random() < 0.1:
        data, how = _splice(seed.data, chance, chance.choice(pool).data), "splice"
    elif zipfile.is_zipfile(io.BytesIO(seed.data)) and chance.random() < 0.7:
        data, how = _inside_archive(seed.data, chance)
    else:
        data, how = _edited(seed.data, seed.format, chance)
    return Mutant(_repaired(data[:LARGEST], seed.format, chance), f"{seed.name}: {how}")


def _edited(data: bytes, fmt: Format | None, chance: Random) -> tuple[bytes, str]:
    """One to three edits; half of the time the sizes around an edit follow."""
    names = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        name = chance.choice(list(_EDITS))
        edits = _EDITS[name](data, chance) if data else []
        keep = fmt is not None and name != "cut" and chance.random() < 0.5
        for edit in edits:
            data = _applied(data, edit, _spans(data, fmt) if keep and fmt else ())
        names.append(f"{name}{' in true sizes' if keep else ''}")
    return data, ", ".join(names)


def _applied(data: bytes, edit: Edit, spans: tuple[Span, ...]) -> bytes:
    changed = bytearray(data)
    grown = len(edit.new) - (min(edit.stop, len(data)) - min(edit.start, len(data)))
    if grown:
        resized(changed, spans, edit.start, grown)
    changed[edit.start : edit.stop] = edit.new
    return bytes(changed)


def _inside_archive(data: bytes, chance: Random) -> tuple[bytes, str]:
    """One part of an office document spoilt, the archive around it whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        chosen = chance.choice([name for name in names if name.endswith((".xml", ".rels"))] or names)
        how = ""
        for name in names:
            part = source.read(name)
            if name == chosen:
                part, how = _edited(part, None, chance)
            target.writestr(zipfile.ZipInfo(name), part, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return out.getvalue(), f"{chosen}: {how}"


# Checksums that would hide all else.


def _repaired(data: bytes, fmt: Format, chance: Random) -> bytes:
    repair = _REPAIRS.get(fmt)
    return repair(data) if repair and chance.random() < 0.7 else data


def _png_checksums(data: bytes) -> bytes:
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = struct.pack(">I", zlib.crc32(out[at + 4 : end]))
        at = end + 4
    return bytes(out)


def _table() -> list[int]:
    """CRC-32 of Ogg: polynomial 0x04C11DB7, most significant bit first."""
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


_OGG_TABLE = _table()


def _ogg_checksums(data: bytes) -> bytes:
    """Of the first pages, which is where metadata lie."""
    out, at = bytearray(data), 0
    while out[at : at + 4] == b"OggS" and at + 27 <= len(out) and at < 20_000:
        segments = out[at + 26]
        end = at + 27 + segments + sum(out[at + 27 : at + 27 + segments])
        out[at + 22 : at + 26] = bytes(4)
        value = 0
        for byte in out[at:end]:
            value = (value << 8 & 0xFFFFFFFF) ^ _OGG_TABLE[value >> 24 ^ byte]
        out[at + 22 : at + 26] = value.to_bytes(4, "little")
        at = end
    return bytes(out)


_REPAIRS: dict[Format, Callable[[bytes], bytes]] = {Format.PNG: _png_checksums, Format.OGG: _ogg_checksums}
