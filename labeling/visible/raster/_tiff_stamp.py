"""The stamp of the first page, fitted to the size and the orientation of another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from labeling.errors import DeclarationError, ErrorCode
from labeling.profiles import gb45438
from labeling.visible.raster._tiff_page import Page
from labeling.visible.stamp import Mask, Stamp

#: The orientation that undoes another one (Exif 3.0, tag 0x0112).
_INVERSE: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def stamp_for(page: Page, first: Page, stamp: Stamp) -> Stamp:
    """`stamp`, made for the first page, for `page`: scaled with the shortest side, at the same relative place, upright.

    Raises DeclarationError (visible.no_room) where it does not fit or its ink would be too small to read.
    """
    shape = (page.width, page.height, page.orientation)
    if shape == (first.width, first.height, first.orientation):
        if stamp.box.right > page.width or stamp.box.bottom > page.height:
            raise _no_room((page.width, page.height), stamp.box.width, stamp.box.height)
        return stamp
    # 1. As a viewer sees it on the first page.
    wide, high = _display_size(first)
    seen = stamp.oriented(_INVERSE[first.orientation], wide, high)
    # 2. Scaled and moved to this page, as a viewer sees that.
    fitted = _fitted(seen, (wide, high), _display_size(page))
    # 3. As this page is stored.
    return fitted.oriented(page.orientation, page.width, page.height)


def _display_size(page: Page) -> tuple[int, int]:
    return (page.height, page.width) if page.orientation >= 5 else (page.width, page.height)


def _fitted(stamp: Stamp, old: tuple[int, int], new: tuple[int, int]) -> Stamp:
    box = stamp.box
    # Rounded up, so that the share of the shortest side does not fall below what was asked for.
    width, height = (-(-side * min(new) // min(old)) for side in (box.width, box.height))
    if width > new[0] or height > new[1]:
        raise _no_room(new, width, height)
    ink = _scaled(stamp.ink, width, height)
    if _ink_height(ink) < max(gb45438.LEGIBLE_INK_PIXELS, gb45438.MINIMUM_INK_RATIO * min(new)):
        raise _no_room(new, width, height)
    x, y = (
        _moved(at, side, edge, scaled, new_edge)
        for at, side, edge, scaled, new_edge in (
            (box.x, box.width, old[0], width, new[0]),
            (box.y, box.height, old[1], height, new[1]),
        )
    )
    return replace(stamp, x=x, y=y, ink=ink, plate=_scaled(stamp.plate, width, height))


def _moved(at: int, side: int, edge: int, scaled: int, new_edge: int) -> int:
    """Where a side begins that divides the free length in the same ratio as before."""
    free = edge - side
    return round((new_edge - scaled) * at / free) if free else 0


def _scaled(mask: Mask, width: int, height: int) -> Mask:
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.BICUBIC))


def _ink_height(ink: Mask) -> int:
    """Rows of the tallest line: the longest run of rows that hold ink."""
    inked = np.concatenate([[0], (ink >= 128).any(axis=1), [0]])
    edges = np.flatnonzero(np.diff(inked))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _no_room(size: tuple[int, int], width: int, height: int) -> DeclarationError:
    return DeclarationError(
        ErrorCode.NO_ROOM,
        f"a page of {size[0]} x {size[1]} has no room for a label of {width} x {height} that can be read",
        width=size[0],
        height=size[1],
        label_width=width,
        label_height=height,
    )
