"""The fields of an AV1 sequence and key frame header (AV1 Bitstream & Decoding Process Specification) that we need."""

from __future__ import annotations

from dataclasses import dataclass

#: 6.2.2: obu_type.
SEQUENCE_HEADER, FRAME_HEADER, FRAME = 1, 3, 6
#: 5.5.1: 'the frame header says'.
SELECT = 2
KEY_FRAME = 0
#: 4.10.5: the size of an OBU takes at most 8 bytes.
LEB128_BYTES = 8


class Unreadable(Exception):  # noqa: N818 - says what the header is, and never leaves this module
    """The header uses a feature that is not followed here, or ends too early."""


class Bits:
    """Reads unsigned numbers, most significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits (4.10.2); Unreadable past the end."""
        if count > self._left:
            raise Unreadable
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a key frame header cannot be read without (5.5.1)."""

    reduced: bool
    width: int
    height: int
    width_bits: int
    height_bits: int
    frame_id_bits: int
    wide_superblocks: bool
    screen_content: int
    integer_motion: int
    order_hint_bits: int
    superres: bool


def read_base_quantiser(obus: bytes) -> int | None:
    """base_q_idx (0 finest .. 255) of the first key frame in a run of OBUs; None where it cannot be told.

    The first 512 bytes of a coded picture are enough.
    """
    try:
        sequence: Sequence | None = None
        for kind, payload in _obus(obus):
            if kind == SEQUENCE_HEADER:
                sequence = _read_sequence(Bits(payload[:128]))
            elif kind in (FRAME, FRAME_HEADER) and sequence is not None:
                return _read_quantiser(Bits(payload[:128]), sequence)
    except Unreadable:
        pass
    return None


def _obus(data: bytes) -> list[tuple[int, bytes]]:
    """Types and payloads (5.3.1); the last payload may be cut short."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data) and len(found) < 16:
        head = data[at]
        at += 2 if head & 4 else 1
        size = len(data) - at
        if head & 2:
            size, at = _leb128(data, at)
        found.append((head >> 3 & 15, data[at : at + size]))
        at += size
    return found


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + LEB128_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    raise Unreadable


def _read_sequence(bits: Bits) -> Sequence:
    """5.5.1, up to enable_superres; timing and decoder models are not followed."""
    bits.take(3 + 1)  # seq_profile, still_picture
    reduced = bool(bits.take(1))
    if reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(width_bits) + 1, bits.take(height_bits) + 1
    frame_id_bits = 0
    if not reduced and bits.take(1):
        frame_id_bits = bits.take(4) + 2 + bits.take(3) + 1
    wide = bool(bits.take(1))
    bits.take(2)  # enable_filter_intra, enable_intra_edge_filter
    screen, integer, order_hint = (SELECT, SELECT, 0) if reduced else _read_tools(bits)
    superres = bool(bits.take(1))
    return Sequence(
        reduced, width, height, width_bits, height_bits, frame_id_bits, wide, screen, integer, order_hint, superres
    )


def _skip_operating_points(bits: Bits) -> None:
    if bits.take(1):  # timing_info_present_flag
        raise Unreadable
    delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delays and bits.take(1):
            bits.take(4)


def _read_tools(bits: Bits) -> tuple[int, int, int]:
    """seq_force_screen_content_tools, seq_force_integer_mv, OrderHintBits."""
    bits.take(4)
    order_hint = bits.take(1)
    if order_hint:
        bits.take(2)
    screen = SELECT if bits.take(1) else bits.take(1)
    integer = SELECT
    if screen:
        integer = SELECT if bits.take(1) else bits.take(1)
    return screen, integer, bits.take(3) + 1 if order_hint else 0


def _read_quantiser(bits: Bits, sequence: Sequence) -> int:
    """5.9.2 for a shown key frame, up to base_q_idx (5.9.12)."""
    if not sequence.reduced and bits.take(4) != KEY_FRAME << 1 | 1:  # show_existing_frame, frame_type, show_frame
        raise Unreadable
    no_cdf_update = bits.take(1)
    screen = bits.take(1) if sequence.screen_content == SELECT else sequence.screen_content
    if screen and sequence.integer_motion == SELECT:
        bits.take(1)
    bits.take(sequence.frame_id_bits)
    override = 0 if sequence.reduced else bits.take(1)
    bits.take(sequence.order_hint_bits)
    width, height, scaled = _read_size(bits, sequence, override=bool(override))
    if screen and not scaled:
        bits.take(1)  # allow_intrabc
    if not sequence.reduced and not no_cdf_update:
        bits.take(1)
    _skip_tiles(bits, width, height, wide=sequence.wide_superblocks)
    return bits.take(8)


def _read_size(bits: Bits, sequence: Sequence, *, override: bool) -> tuple[int, int, bool]:
    """5.9.5 to 5.9.8: coded width and height, and whether superres is used."""
    width, height = sequence.width, sequence.height
    if override:
        width, height = bits.take(sequence.width_bits) + 1, bits.take(sequence.height_bits) + 1
    scaled = sequence.superres and bool(bits.take(1))
    if scaled:
        denominator = bits.take(3) + 9
        width = (width * 8 + denominator // 2) // denominator
    if bits.take(1):  # render_and_frame_size_different
        bits.take(32)
    return width, height, scaled


def _skip_tiles(bits: Bits, width: int, height: int, *, wide: bool) -> None:
    """5.9.15 with uniform spacing; other spacings are not followed."""
    side = 7 if wide else 6
    columns, rows = (-(-(2 * (-(-length // 8))) // (1 << side - 2)) for length in (width, height))
    if not bits.take(1):
        raise Unreadable
    least_columns = _log2(4096 >> side, columns)
    least = max(least_columns, _log2((4096 * 2304) >> 2 * side, rows * columns))
    column_bits = _increments(bits, least_columns, _log2(1, min(columns, 64)))
    row_bits = _increments(bits, max(least - column_bits, 0), _log2(1, min(rows, 64)))
    if column_bits or row_bits:
        bits.take(column_bits + row_bits + 2)


def _increments(bits: Bits, value: int, most: int) -> int:
    while value < most and bits.take(1):
        value += 1
    return value


def _log2(block: int, target: int) -> int:
    """tile_log2 of 5.9.16: the smallest k with block << k >= target."""
    return max(0, (-(-target // block) - 1).bit_length())
