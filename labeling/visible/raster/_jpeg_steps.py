"""Quantisation steps that stand in for the source's own while the pixels go through a decoder and an encoder.

What a file holds are levels, whole multiples of a step. A decoder that is told other steps hands out other pixels; an
encoder that is told those same steps finds the same levels again. So the source's tables need not be the ones that the
pixels are decoded with, and the file that is written keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi

from labeling.visible.raster._jpeg_coding import Coding, Table

#: What is left of the k-th cosine of a block after the blur of `_jpeg_chroma`, if the block's neighbours continue it.
_ATTENUATION = tuple((3 + cos(pi * k / 8)) / 4 for k in range(8))
#: How far the two steps of a sharpened coefficient may be from the attenuation, and how large the first may get.
_OFF = 0.08
_LARGEST_READ = 4


@dataclass(frozen=True, slots=True)
class Steps:
    """Quantisation tables by component, in natural order: what the decoder is told, and what the encoder is told."""

    read: tuple[Table, ...]
    write: tuple[Table, ...]


def sharpened(coding: Coding, *, horizontal: bool, vertical: bool) -> Steps:
    """Steps that make up for the blur which upsampling and downsampling leave in chroma; luma's are the source's."""
    luma, *chroma = coding.tables
    pairs = [_sharpened(table, horizontal=horizontal, vertical=vertical) for table in chroma]
    return Steps((luma, *(read for read, _ in pairs)), (luma, *(write for _, write in pairs)))


def halved(table: Table) -> Table:
    """Half the steps, which decodes to half the contrast; the same where they are too fine for that.

    The shares of its coefficients have to stay about the same, and half of 1 is none. So fine a table makes little
    ringing.
    """
    return tuple((step + 1) // 2 for step in table) if min(table) > 1 else table


@lru_cache(maxsize=256)
def _sharpened(table: Table, *, horizontal: bool, vertical: bool) -> tuple[Table, Table]:
    """A pair of tables: what came out at 3/4 of its size is divided by 3/4 of its step.

    Between 1 and 2 lies no step, so a fine one is read as a multiple of itself where that makes the pair fit.
    """
    across = _ATTENUATION if horizontal else (1.0,) * 8
    down = _ATTENUATION if vertical else (1.0,) * 8
    pairs = [_pair(step, down[k // 8] * across[k % 8]) for k, step in enumerate(table)]
    return tuple(read for read, _ in pairs), tuple(write for _, write in pairs)


def _pair(step: int, left: float) -> tuple[int, int]:
    """The least step to read with whose share `left` is nearly whole, and that share; else what comes nearest."""
    choices = [(read, max(1, round(read * left))) for read in range(step, max(step, _LARGEST_READ) + 1)]
    off = [abs(write / (read * left) - 1) for read, write in choices]
    return next((pair for pair, error in zip(choices, off, strict=True) if error <= _OFF), choices[off.index(min(off))])
