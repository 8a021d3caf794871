"""RIFF files as they are in the wild, walked chunk by chunk without reading media data.

`labeling.containers._riff` is strict, because WebP is written; a recording may be cut, have no sizes yet (written to a
pipe), be larger than 32 bits say (RF64), or go on behind the end that it announces. Sources: Microsoft RIFF (1991),
EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from labeling.containers._block_list import require_units
from labeling.containers._riff import FILE_HEADER, HEADER, Chunk
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits

Order = Literal["little", "big"]

#: The name of the file's first chunk, and the order of its numbers.
ORDERS: Final[Mapping[bytes, Order]] = {b"RIFF": "little", b"RIFX": "big", b"RF64": "little", b"BW64": "little"}
LIST: Final = b"LIST"

#: Sizes that writers leave where they do not know better: the data goes on to the end of the file.
_UNKNOWN = frozenset({0, 0xFFFFFFFF})
_LARGE = 0xFFFFFFFF
_DS64 = b"ds64"
#: Three sizes of 64 bits, and the number of entries that follow, each a name and 64 bits.
_DS64_HEAD = 28
_DS64_ENTRY = 12
#: Entries of ds64 that are read; a file has a handful of chunks.
_MOST_LARGE_CHUNKS = 64


@dataclass(frozen=True, slots=True)
class Form:
    """One RIFF chunk of a file with what it says of itself."""

    order: Order
    start: int
    #: First byte of its chunks.
    body: int
    #: Where it says that it ends; None where it does not know.
    announced: int | None
    #: Sizes of chunks whose size field is 0xFFFFFFFF, by name.
    large: Mapping[bytes, int] = field(default_factory=dict)

    def end(self, content: Content) -> int:
        """Where its chunks end, as far as the file goes."""
        return len(content) if self.announced is None else min(self.announced, len(content))

    def misses_chunks(self, reached: int) -> bool:
        """Whether it announces more than `reached`, with room for a chunk."""
        return self.announced is not None and self.announced - reached > HEADER


class Steps:
    """Counts the chunks of a file."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._count = 0

    def count(self) -> None:
        """One more chunk; raises LimitError (LIMIT_ITEMS)."""
        self._count += 1
        require_units(self._count, self._limits, "chunks")


def form_at(content: Content, start: int, name: bytes) -> Form | None:
    """The RIFF chunk of type `name` at `start`; None where there is none."""
    head = content[start : start + FILE_HEADER]
    order = ORDERS.get(head[:4])
    if order is None or head[8:] != name:
        return None
    size, large = int.from_bytes(head[4:8], order), {}
    if head[:4] in (b"RF64", b"BW64"):
        large = _large_sizes(content, start + FILE_HEADER)
        size = large.pop(head[:4], size)
    announced = None if size in _UNKNOWN else start + HEADER + size
    return Form(order, start, start + FILE_HEADER, announced, large)


def require_form(content: Content, name: bytes) -> Form:
    """The RIFF chunk of type `name` at the very beginning; raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED)."""
    form = form_at(content, 0, name)
    if form is None and len(content) < FILE_HEADER:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends inside the RIFF header", actual=len(content))
    if form is None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"no RIFF header of type {name.decode('latin-1')}")
    return form


def walk(content: Content, start: int, end: int, form: Form, steps: Steps) -> Iterator[Chunk]:
    """The chunks between two offsets. The last one may run past `end`: it is handed out as it says it is.

    Fewer than 8 bytes at the end belong to no chunk.
    """
    while end - start >= HEADER:
        steps.count()
        head = content[start : start + HEADER]
        size = int.from_bytes(head[4:], form.order)
        if size == _LARGE:
            size = form.large.get(head[:4], size)
        stop = start + HEADER + size
        chunk = Chunk(head[:4], start, size, stop if stop >= end else stop + _padding(content, stop, size))
        yield chunk
        start = chunk.end


def walk_behind(content: Content, start: int, form: Form, steps: Steps) -> Iterator[Chunk]:
    """Chunks behind the end that the form announces, where a writer forgot to count them; ends at anything else."""
    for chunk in walk(content, start + start % 2, len(content), form, steps):
        if chunk.body + chunk.size > len(content) or not is_name(chunk.fourcc):
            return
        yield chunk


def is_name(fourcc: bytes) -> bool:
    """Whether four bytes can be the name of a chunk: printable ASCII."""
    return len(fourcc) == 4 and all(0x20 <= byte < 0x7F for byte in fourcc)


def has_unknown_size(chunk: Chunk) -> bool:
    """Whether the size of a media chunk was never filled in."""
    return chunk.size in _UNKNOWN


def _padding(content: Content, stop: int, size: int) -> int:
    """1 behind a payload of odd length, but for writers who forget it and go on with the next name at once."""
    if size % 2 == 0:
        return 0
    follows = content[stop : stop + 4]
    return 0 if follows[:1] != b"\0" and is_name(follows) else 1


def _large_sizes(content: Content, start: int) -> dict[bytes, int]:
    """What the chunk ds64 says: the size of the file, of 'data' and of others."""
    head = content[start : start + HEADER + _DS64_HEAD]
    if head[:4] != _DS64 or len(head) < HEADER + _DS64_HEAD:
        return {}
    whole, data, count = (int.from_bytes(head[at : at + length], "little") for at, length in ((8, 8), (16, 8), (32, 4)))
    at = start + HEADER + _DS64_HEAD
    table = content[at : at + _DS64_ENTRY * min(count, _MOST_LARGE_CHUNKS)]
    sizes = {
        table[at : at + 4]: int.from_bytes(table[at + 4 : at + _DS64_ENTRY], "little")
        for at in range(0, len(table) - _DS64_ENTRY + 1, _DS64_ENTRY)
    }
    return {**sizes, b"data": data, b"RF64": whole, b"BW64": whole}
