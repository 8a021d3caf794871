"""PNG files built and read by the letter of the specification, slowly and independently of the package."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from labeling.visible.stamp import Stamp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
#: (colour type, depth) of every kind that the specification permits.
KINDS = [
    *((0, depth) for depth in (1, 2, 4, 8, 16)),
    *((3, depth) for depth in (1, 2, 4, 8)),
    *((kind, depth) for kind in (2, 4, 6) for depth in (8, 16)),
]


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
        if found[-1][0] == b"IEND":
            break
    return found


def joined(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts)


def others(data: bytes) -> list[tuple[bytes, bytes]]:
    """All chunks but the image data, in order."""
    return [(kind, body) for kind, body in chunks(data) if kind not in (b"IDAT", b"fdAT", b"fcTL")]


def header(width: int, height: int, colour_type: int, depth: int, interlaced: bool = False) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))


def picture(
    samples: np.ndarray,
    colour_type: int,
    depth: int,
    *,
    interlaced: bool = False,
    before: Iterable[tuple[bytes, bytes]] = (),
    after: Iterable[tuple[bytes, bytes]] = (),
    pieces: int = 1,
    filters: Iterable[int] | None = None,
) -> bytes:
    """A file with `samples` (height, width, channels), random row filters and the given chunks around the data."""
    height, width = samples.shape[:2]
    stream = zlib.compress(filtered(samples, depth, interlaced, filters))
    step = max(1, -(-len(stream) // pieces))
    data = [(b"IDAT", stream[at : at + step]) for at in range(0, len(stream), step)]
    first = (b"IHDR", header(width, height, colour_type, depth, interlaced))
    return joined([first, *before, *data, *after, (b"IEND", b"")])


def lattices(width: int, height: int, interlaced: bool) -> Iterator[tuple[slice, slice, int, int]]:
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, rows = len(range(x, width, dx)), len(range(y, height, dy))
        if columns and rows:
            yield slice(y, None, dy), slice(x, None, dx), columns, rows


def filtered(samples: np.ndarray, depth: int, interlaced: bool = False, filters: Iterable[int] | None = None) -> bytes:
    height, width, channels = samples.shape
    distance = max(1, channels * depth // 8)
    choice = iter(filters) if filters is not None else None
    rng = np.random.default_rng(width * 31 + height)
    out = bytearray()
    for rows, columns, _, count in lattices(width, height, interlaced):
        above = None
        for line in packed(samples[rows, columns], depth)[:count]:
            above = bytes(len(line)) if above is None else above
            kind = next(choice) if choice is not None else int(rng.integers(0, 5))
            guesses = [predict(kind, line, above, at, distance) for at in range(len(line))]
            out += bytes([kind]) + bytes((value - guess) & 255 for value, guess in zip(line, guesses, strict=True))
            above = line
    return bytes(out)


def read(data: bytes) -> np.ndarray:
    """The stored samples of a still picture (or of the default image)."""
    parts = chunks(data)
    width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    stream = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    return unfiltered(stream, width, height, CHANNELS[colour_type], depth, bool(interlace))


def unfiltered(raw: bytes, width: int, height: int, channels: int, depth: int, interlaced: bool = False) -> np.ndarray:
    samples = np.zeros((height, width, channels), np.uint16)
    distance = max(1, channels * depth // 8)
    at = 0
    for rows, columns, columns_count, rows_count in lattices(width, height, interlaced):
        size = (columns_count * channels * depth + 7) // 8
        above, lines = bytes(size), []
        for _ in range(rows_count):
            line = bytearray(raw[at + 1 : at + 1 + size])
            for index in range(size):
                line[index] = (line[index] + predict(raw[at], line, above, index, distance)) & 255
            above = bytes(line)
            lines.append(above)
            at += 1 + size
        samples[rows, columns] = unpacked(lines, columns_count, channels, depth)
    assert at == len(raw)
    return samples


def predict(kind: int, line: bytes | bytearray, above: bytes, at: int, distance: int) -> int:
    left = line[at - distance] if at >= distance else 0
    corner = above[at - distance] if at >= distance else 0
    up = above[at]
    if kind == 4:
        estimate = left + up - corner
        return min((left, up, corner), key=lambda value: abs(estimate - value))
    return (0, left, up, (left + up) // 2)[kind]


def packed(samples: np.ndarray, depth: int) -> list[bytes]:
    lines = []
    for row in samples:
        bits = "".join(f"{int(value):0{depth}b}" for value in row.reshape(-1))
        bits += "0" * (-len(bits) % 8)
        lines.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return lines


def unpacked(lines: list[bytes], width: int, channels: int, depth: int) -> np.ndarray:
    rows = []
    for line in lines:
        bits = f"{int.from_bytes(line, 'big'):0{len(line) * 8}b}"
        rows.append([int(bits[at : at + depth], 2) for at in range(0, width * channels * depth, depth)])
    return np.array(rows, np.uint16).reshape(len(lines), width, channels)


def noise(width: int, height: int, colour_type: int, depth: int, seed: int = 1, top: int | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, top or 1 << depth, (height, width, CHANNELS[colour_type]))
    return values.astype(np.uint16)


def stamp(x: int, y: int, width: int = 22, height: int = 13, **changes: object) -> Stamp:
    """A stamp with soft plate corners, a solid stroke, a soft stroke and a hole inside the box."""
    plate = np.full((height, width), 255, np.uint8)
    plate[0, 0] = plate[-1, -1] = 0
    plate[0, -1] = 90
    ink = np.zeros_like(plate)
    ink[3 : height - 3, 3:6] = 255
    ink[4 : height - 4, 8 : width - 3] = 255
    ink[3, 8 : width - 3] = 130
    values: dict[str, object] = {
        "ink_colour": (255, 255, 255),
        "plate_colour": (0, 0, 0),
        "plate_opacity": 1.0,
        **changes,
    }
    return Stamp(x, y, ink, plate, **values)  # type: ignore[arg-type]


def outside(mark: Stamp, width: int, height: int) -> np.ndarray:
    """True for every pixel that the stamp does not touch."""
    flags = np.ones((height, width), bool)
    box = mark.box
    flags[box.y : box.bottom, box.x : box.right] = (mark.ink == 0) & (mark.plate == 0)
    return flags


# Animations, 8 bits a sample.


@dataclass(frozen=True)
class FrameSpec:
    samples: np.ndarray
    x: int = 0
    y: int = 0
    dispose: int = 0
    blend: int = 0
    delay: tuple[int, int] = (4, 100)
    pieces: int = 1


def animation(
    width: int,
    height: int,
    colour_type: int,
    frames: list[FrameSpec],
    *,
    hidden: np.ndarray | None = None,
    before: Iterable[tuple[bytes, bytes]] = (),
    loops: int = 3,
) -> bytes:
    parts = [(b"IHDR", header(width, height, colour_type, 8)), (b"acTL", struct.pack(">II", len(frames), loops))]
    parts += before
    sequence = 0
    if hidden is not None:
        parts.append((b"IDAT", zlib.compress(filtered(hidden, 8))))
    for index, frame in enumerate(frames):
        rows, columns = frame.samples.shape[:2]
        fields = (sequence, columns, rows, frame.x, frame.y, *frame.delay, frame.dispose, frame.blend)
        parts.append((b"fcTL", struct.pack(">IIIIIHHBB", *fields)))
        sequence += 1
        stream = zlib.compress(filtered(frame.samples, 8))
        if index == 0 and hidden is None:
            parts.append((b"IDAT", stream))
            continue
        step = -(-len(stream) // frame.pieces)
        for at in range(0, len(stream), step):
            parts.append((b"fdAT", struct.pack(">I", sequence) + stream[at : at + step]))
            sequence += 1
    return joined([*parts, (b"IEND", b"")])


def controls(data: bytes) -> list[tuple[int, ...]]:
    return [struct.unpack(">IIIIIHHBB", body) for kind, body in chunks(data) if kind == b"fcTL"]


def sequence_numbers(data: bytes) -> list[int]:
    return [struct.unpack_from(">I", body)[0] for kind, body in chunks(data) if kind in (b"fcTL", b"fdAT")]


def displays(data: bytes) -> list[np.ndarray]:
    """What a player shows for each frame: RGBA as floats 0..1, by the rules of section 11.3.6.2."""
    parts = chunks(data)
    width, height, _, colour_type = struct.unpack_from(">IIBB", parts[0][1])
    named = dict(parts)
    canvas = np.zeros((height, width, 4))
    shown, control, stream = [], None, b""

    def finish() -> None:
        nonlocal canvas
        if control is None or not stream:
            return
        _, columns, rows, x, y, _, _, dispose, blend = control
        samples = unfiltered(zlib.decompress(stream), columns, rows, CHANNELS[colour_type], 8)
        above = as_rgba(samples, colour_type, named)
        place = (slice(y, y + rows), slice(x, x + columns))
        before = canvas.copy()
        canvas[place] = over(canvas[place], above) if blend else above
        shown.append(canvas.copy())
        if dispose == 1 or (dispose == 2 and len(shown) == 1):
            canvas[place] = 0
        elif dispose == 2:
            canvas = before

    for kind, body in parts:
        if kind in (b"fcTL", b"IEND"):
            finish()
            control, stream = (struct.unpack(">IIIIIHHBB", body), b"") if kind == b"fcTL" else (None, b"")
        elif kind == b"IDAT":
            stream += body
        elif kind == b"fdAT":
            stream += body[4:]
    return shown


def over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    alpha = above[..., 3:] + below[..., 3:] * (1 - above[..., 3:])
    colour = above[..., :3] * above[..., 3:] + below[..., :3] * below[..., 3:] * (1 - above[..., 3:])
    return np.concatenate([colour / np.where(alpha > 0, alpha, 1), alpha], axis=2)


def as_rgba(samples: np.ndarray, colour_type: int, named: dict[bytes, bytes]) -> np.ndarray:
    transparency = named.get(b"tRNS", b"")
    if colour_type == 3:
        colours = np.frombuffer(named[b"PLTE"], np.uint8).reshape(-1, 3)
        alphas = np.frombuffer(transparency.ljust(len(colours), b"\xff"), np.uint8)
        rgba = np.concatenate([colours, alphas[:, None]], axis=1)[samples[..., 0]]
        return rgba / 255
    colour = samples[..., : 3 if colour_type in (2, 6) else 1] / 255
    colour = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    if colour_type in (4, 6):
        return np.concatenate([colour, samples[..., -1:] / 255], axis=2)
    alpha = np.ones(samples.shape[:2])
    if transparency:
        alpha[(samples == np.frombuffer(transparency, ">u2")).all(axis=2)] = 0
    return np.concatenate([colour, alpha[..., None]], axis=2)
