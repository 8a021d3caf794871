"""How finely a VP8 key frame was quantised, read from its header, and the encoder setting that repeats it."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: RFC 6386, section 9.1: the boolean-coded header starts behind frame tag, start code and dimensions.
FIRST_PARTITION = 10
#: RFC 6386, section 9.3: four segments; each quantiser update has 7 bits, each filter update 6, and a sign.
SEGMENTS = 4
QUANTISER_BITS, FILTER_BITS = 7, 6
#: RFC 6386, section 9.6: quantiser indices run from 0 to 127.
COARSEST = 127


class BoolDecoder:
    """The boolean entropy decoder of RFC 6386, section 7.3; past the end of the data it reads zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 2
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._range = 255
        self._shifted = 0

    def bit(self, probability: int = 128) -> int:
        """One boolean that is 0 with `probability` / 256."""
        split = 1 + (((self._range - 1) * probability) >> 8)
        found = self._value >= split << 8
        self._value -= (split << 8) if found else 0
        self._range = self._range - split if found else split
        while self._range < 128:
            self._shift()
        return int(found)

    def literal(self, bits: int) -> int:
        """An unsigned number, most significant bit first."""
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bit()
        return value

    def optional(self, bits: int, *, signed: bool) -> int | None:
        """A flag and, where it is set, a number with its sign behind it."""
        if not self.bit():
            return None
        value = self.literal(bits)
        return -value if signed and self.bit() else value

    def _shift(self) -> None:
        self._value <<= 1
        self._range <<= 1
        self._shifted += 1
        if self._shifted == 8:
            self._shifted = 0
            self._value |= self._data[self._at] if self._at < len(self._data) else 0
            self._at += 1


@dataclass(frozen=True, slots=True)
class Quantisers:
    """The quantiser indices of a key frame, 0 (finest) to 127, and the share of macroblocks that use each."""

    base: int
    indices: tuple[int, ...]
    shares: tuple[float, ...]


def read_quantisers(vp8: bytes) -> Quantisers:
    """Read y_ac_qi and the segment quantisers of a VP8 key frame (RFC 6386, sections 9.3 to 9.6, 19.2).

    `vp8` is the payload of a VP8 chunk; its first 128 bytes are enough.
    """
    bits = BoolDecoder(vp8[FIRST_PARTITION : FIRST_PARTITION + 128])
    bits.literal(2)  # color_space, clamping_type
    absolute, updates, shares = _read_segments(bits) if bits.bit() else (False, (0,), (1.0,))
    bits.literal(1 + 6 + 3)  # filter_type, loop_filter_level, sharpness_level
    if bits.bit() and bits.bit():  # loop_filter_adj_enable, mode_ref_lf_delta_update
        for _ in range(8):
            bits.optional(FILTER_BITS, signed=True)
    bits.literal(2)  # log2_nbr_of_dct_partitions
    base = bits.literal(QUANTISER_BITS)
    indices = tuple(min(max(update if absolute else base + update, 0), COARSEST) for update in updates)
    return Quantisers(base, indices, shares)


def matching_quality(quantisers: Quantisers) -> float:
    """The libwebp quality (0..100) whose quantisers are those of the source.

    libwebp derives a segment's index from the quality as `127 * (1 - c ** (1 - k * alpha))`, where `c` stands for the
    quality and the activities `alpha` of the segments average to zero: the mean of `log c` over the macroblocks gives
    the quality back, whatever the segments are.
    """
    log_sum = sum(
        share * math.log(max(1 - index / COARSEST, 1 / 512))
        for index, share in zip(quantisers.indices, quantisers.shares, strict=True)
    )
    linear = math.exp(log_sum) ** 3
    fraction = linear * 1.5 if linear < 0.5 else (linear + 1) / 2
    return min(max(100 * fraction, 0.0), 100.0)


def _read_segments(bits: BoolDecoder) -> tuple[bool, tuple[int, ...], tuple[float, ...]]:
    """Section 9.3: whether the updates are absolute, the quantiser updates, the share of each segment."""
    absolute, updates = False, (0,) * SEGMENTS
    has_map, has_data = bits.bit(), bits.bit()
    if has_data:
        absolute = bool(bits.bit())
        updates = tuple(bits.optional(QUANTISER_BITS, signed=True) or 0 for _ in range(SEGMENTS))
        for _ in range(SEGMENTS):
            bits.optional(FILTER_BITS, signed=True)
    if not has_map:
        return absolute, updates[:1], (1.0,)
    tree = [bits.optional(8, signed=False) for _ in range(3)]
    upper, left, right = (1.0 if value is None else value / 255 for value in tree)
    shares = (upper * left, upper * (1 - left), (1 - upper) * right, (1 - upper) * (1 - right))
    return absolute, updates, shares
