"""The label's two colours and a transparent index in a colour table of 2 to 256 entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labeling.model import Colour
from labeling.profiles import gb45438
from labeling.visible.stamp import ColourSpace, colour_contrast, luminance

#: Ink and plate.
Pair = tuple[Colour, Colour]
#: Called with a table's number of entries: the indices below it that no remaining pixel of the frame uses.
FreeIndices = Callable[[int], Sequence[int]]

MOST_ENTRIES = 256
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Fit:
    """A colour table in which the label can be drawn, and the indices to draw it with."""

    table: bytes
    ink: int
    plate: int
    transparent: int | None
    #: True where an entry that pixels of other frames may use was given another colour.
    overwritten: bool = False

    @property
    def colours(self) -> Pair:
        """Ink and plate as a viewer sees them."""
        return entry(self.table, self.ink), entry(self.table, self.plate)


@dataclass(frozen=True, slots=True)
class Demand:
    """What one frame asks of its colour table."""

    #: The colours that the label should have.
    wished: Pair
    #: True where no other colours will do, because the rest of the label stands on the canvas in them.
    exact: bool
    #: True where pixels will be added that let the canvas through.
    needs_transparent: bool


def fit(table: bytes, transparent: int | None, free: FreeIndices, demand: Demand) -> Fit | None:
    """Find the label's colours in `table`, else make room for them; None where there is no room.

    In this order: two entries that are there; new entries at the end of the table, which may double up to 256;
    entries of `free`, the indices that no remaining pixel of the frame uses. `transparent` is never a colour.
    """
    pair = (_exact_pair if demand.exact else _best_pair)(table, transparent, demand.wished)
    if pair is not None:
        return _with_transparent(Fit(table, *pair, transparent), free, demand)
    for colours in _offers(table, transparent, demand):
        placed = _placed(table, transparent, colours, free)
        if placed is not None:
            return _with_transparent(placed, free, demand)
    return None


def transparent_entry(
    table: bytes, transparent: int | None, taken: tuple[int, ...], free: FreeIndices
) -> tuple[bytes, int] | None:
    """A table and a transparent index: the frame's own, else one that no pixel uses, `taken` apart, else a new one."""
    if transparent is not None:
        return table, transparent
    count = len(table) // 3
    index = next((index for index in free(count) if index not in taken), None)
    if index is not None:
        return table, index
    return (_grown(table, [BLACK]), count) if count < MOST_ENTRIES else None


def entry(table: bytes, index: int) -> Colour:
    """One colour of a table."""
    red, green, blue = table[3 * index : 3 * index + 3]
    return red, green, blue


def _with_transparent(found: Fit, free: FreeIndices, demand: Demand) -> Fit | None:
    if not demand.needs_transparent:
        return found
    extended = transparent_entry(found.table, found.transparent, (found.ink, found.plate), free)
    return replace(found, table=extended[0], transparent=extended[1]) if extended else None


def _offers(table: bytes, transparent: int | None, demand: Demand) -> list[Pair]:
    """Pairs worth making room for; where only one entry can be had, an extreme of the table serves as the other."""
    if demand.exact:
        return [demand.wished]
    offers = [demand.wished] if _legible(demand.wished) else []
    offers.append((WHITE, BLACK) if _is_light_on_dark(demand.wished) else (BLACK, WHITE))
    darkest, lightest = _extremes(table, transparent)
    dark, light = entry(table, darkest), entry(table, lightest)
    halves = [(WHITE, dark), (light, BLACK)]
    if not _is_light_on_dark(demand.wished):
        halves = [(plate, ink) for ink, plate in halves]
    return offers + [pair for pair in halves if _legible(pair)]


def _placed(table: bytes, transparent: int | None, colours: Pair, free: FreeIndices) -> Fit | None:
    """Put two colours into a table: where they are, at its end, or over entries of `free`."""
    if transparent is not None:
        # An index beyond the table may be the transparent one; what is appended must not land on it.
        table = _grown(table, [BLACK] * (transparent + 1 - len(table) // 3))
    count = len(table) // 3
    known = {entry(table, index): index for index in range(count) if index != transparent}
    missing = [colour for colour in colours if colour not in known]
    if count < MOST_ENTRIES:
        known.update({colour: count + place for place, colour in enumerate(missing)})
        return Fit(_grown(table, missing), known[colours[0]], known[colours[1]], transparent)
    kept = [known.get(colour) for colour in colours]
    spare = [index for index in free(count) if index != transparent and index not in kept]
    if len(missing) > len(spare):
        return None
    changed = bytearray(table)
    for colour, index in zip(missing, spare, strict=False):
        changed[3 * index : 3 * index + 3] = bytes(colour)
        known[colour] = index
    return Fit(bytes(changed), known[colours[0]], known[colours[1]], transparent, overwritten=True)


def _grown(table: bytes, colours: list[Colour]) -> bytes:
    """Append colours and pad with black to the next power of two."""
    count = len(table) // 3 + len(colours)
    table += b"".join(bytes(colour) for colour in colours)
    return table.ljust(3 * (1 << (count - 1).bit_length()), b"\x00")


@lru_cache(maxsize=64)
def _best_pair(table: bytes, transparent: int | None, wished: Pair) -> tuple[int, int] | None:
    """The entries nearest to the wished colours, else the darkest and the lightest, if they are legible."""
    nearest = (_nearest(table, transparent, wished[0]), _nearest(table, transparent, wished[1]))
    dark, light = _extremes(table, transparent)
    extremes = (light, dark) if _is_light_on_dark(wished) else (dark, light)
    for ink, plate in (nearest, extremes):
        if _legible((entry(table, ink), entry(table, plate))):
            return ink, plate
    return None


def merged(table: bytes, transparent: int | None) -> NDArray[np.uint8]:
    """A map of indices to indices that sends every entry to the first one of the same colour; pixels look the same."""
    first: dict[Colour, int] = {}
    targets = [
        index if index == transparent else first.setdefault(entry(table, index), index)
        for index in range(len(table) // 3)
    ]
    return np.array(targets, dtype=np.uint8)


def _exact_pair(table: bytes, transparent: int | None, wished: Pair) -> tuple[int, int] | None:
    found = {entry(table, index): index for index in range(len(table) // 3) if index != transparent}
    ink, plate = found.get(wished[0]), found.get(wished[1])
    return None if ink is None or plate is None else (ink, plate)


def _nearest(table: bytes, transparent: int | None, colour: Colour) -> int:
    distance = ((_rgb(table).astype(np.int32) - np.array(colour)) ** 2).sum(axis=1)
    if transparent is not None and transparent < len(distance):
        distance[transparent] = distance.max() + 1
    return int(distance.argmin())


def _extremes(table: bytes, transparent: int | None) -> tuple[int, int]:
    """Indices of the darkest and the lightest entry, the transparent one apart."""
    light = luminance(_rgb(table).astype(np.float32) / 255, ColourSpace.RGB)
    barred = np.arange(len(light)) == transparent
    return int(np.where(barred, 2, light).argmin()), int(np.where(barred, -1, light).argmax())


def _rgb(table: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(table, np.uint8).reshape(-1, 3)


def _is_light_on_dark(pair: Pair) -> bool:
    ink, plate = luminance(np.array(pair, dtype=np.float32) / 255, ColourSpace.RGB)
    return bool(ink >= plate)


def _legible(pair: Pair) -> bool:
    return colour_contrast(*pair) >= gb45438.MINIMUM_CONTRAST
