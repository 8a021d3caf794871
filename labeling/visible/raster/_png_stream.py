"""The zlib stream of one PNG image: inflate under a hard bound, deflate at a size close to the one that it had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from isal import isal_zlib
from zlib_ng import zlib_ng

from labeling.errors import ErrorCode, LimitError, MediaError

Buffer = bytes | memoryview

#: A result up to this many times the old stream is taken at once; a larger one sends us to the next coder.
GOOD_GROWTH = 1.13
#: A cheaper coder is tried when it needs at most this many times the bytes of the best one, on a sample.
SAMPLE_TOLERANCE = 1.12
SAMPLE_SLICES = 4
SAMPLE_BYTES = 16 * 1024
#: The last coder takes about a second for each MiB that it writes: larger streams stay at the best of the others.
LAST_RESORT_BYTES = 2 * 1024 * 1024


class _Compressor(Protocol):
    def compress(self, data: Buffer, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Coder(NamedTuple):
    """One way to deflate; `start` makes a compressor."""

    name: str
    start: Callable[[], _Compressor]

    def deflate(self, parts: Sequence[Buffer]) -> bytes:
        """The zlib stream of the joined `parts`."""
        compressor = self.start()
        pieces = [compressor.compress(part) for part in parts]
        return b"".join((*pieces, compressor.flush()))


def _zlib_ng(level: int, strategy: int = zlib_ng.Z_DEFAULT_STRATEGY) -> Callable[[], _Compressor]:
    return lambda: zlib_ng.compressobj(level, zlib_ng.DEFLATED, zlib_ng.MAX_WBITS, 9, strategy)


#: From cheap to dear. Filtered photographs hold few repeats: run lengths with a Huffman code come within some percent
#: of a full search. Palettes and drawings need the search.
CODERS = (
    Coder("run-length", _zlib_ng(6, zlib_ng.Z_RLE)),
    Coder("isal-3", lambda: isal_zlib.compressobj(3)),
    Coder("search-5", _zlib_ng(5)),
)
LAST_RESORT = Coder("search-9", _zlib_ng(9))


def inflate(stream: Buffer, size: int) -> bytes:
    """The `size` bytes that the stream of an image must hold.

    Raises MEDIA_TRUNCATED where it holds fewer or has no end, LIMIT_INFLATED where it holds more (never inflating
    beyond the first byte too many), MEDIA_MALFORMED where it is damaged or its Adler-32 is wrong.
    """
    decoder = isal_zlib.decompressobj()
    try:
        raw = decoder.decompress(stream, size + 1)
    except isal_zlib.IsalError as error:  # type: ignore[misc]  # its stub calls the class an instance
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the image data cannot be inflated: {error}") from error
    if len(raw) > size:
        detail = f"the image data inflates to more than the {size} bytes that the header allows"
        raise LimitError(ErrorCode.LIMIT_INFLATED, detail, limit=size, what="the inflated image data")
    if len(raw) < size or not decoder.eof:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the image data ends too early", expected=size, actual=len(raw))
    return raw


def deflate(parts: Sequence[Buffer], old_size: int) -> bytes:
    """A zlib stream of the joined `parts`, by the cheapest coder that comes near `old_size` bytes."""
    coders = _promising(parts)
    if old_size <= LAST_RESORT_BYTES:
        coders.append(LAST_RESORT)
    best = coders[0].deflate(parts)
    for coder in coders[1:]:
        if len(best) <= old_size * GOOD_GROWTH:
            break
        best = min(best, coder.deflate(parts), key=len)
    return best


def _promising(parts: Sequence[Buffer]) -> list[Coder]:
    sample = _sample(parts)
    sizes = [len(coder.deflate(sample)) for coder in CODERS]
    return [coder for coder, size in zip(CODERS, sizes, strict=True) if size <= min(sizes) * SAMPLE_TOLERANCE]


def _sample(parts: Sequence[Buffer]) -> list[Buffer]:
    """Slices of the longest part, evenly spread."""
    view = memoryview(max(parts, key=len))
    step = max(1, len(view) // SAMPLE_SLICES)
    return [view[start : start + min(step, SAMPLE_BYTES)] for start in range(0, len(view), step)]
