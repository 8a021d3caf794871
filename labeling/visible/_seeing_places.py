"""Where a line stands in the picture, and whether it is part of a page: menus, paragraphs, rows of captions."""

from __future__ import annotations

from collections.abc import Iterable

from labeling.model import Box, Place

#: Ours: words whose ink is no further from a side than this share of the shortest side stand at it. The labels of
#: `labeling` have 4 % to 10 % between ink and side (margin and plate); those of the big services 2 % to 6 %.
AT_SIDE = 0.15

#: Lines of a page look alike: boxes of about this height ...
_ALIKE = (0.75, 1.34)
#: ... in the same row, or no further above each other than this many heights ...
_LEADING = 1.5

_PLACES: dict[tuple[int, int], Place] = {
    (-1, -1): Place.TOP_LEFT,
    (0, -1): Place.TOP,
    (1, -1): Place.TOP_RIGHT,
    (-1, 0): Place.LEFT,
    (1, 0): Place.RIGHT,
    (-1, 1): Place.BOTTOM_LEFT,
    (0, 1): Place.BOTTOM,
    (1, 1): Place.BOTTOM_RIGHT,
}


def place_of(ink: Box, width: int, height: int) -> Place | None:
    """The edge or corner at which the ink stands in a picture of this size; None inside the picture.

    Words that reach from one side to the other stand at neither of the two, unless nothing else is near.
    """
    near = AT_SIDE * min(width, height)
    before, after = (ink.x, ink.y), (width - ink.right, height - ink.bottom)
    at = [int(far <= near) - int(close <= near) for close, far in zip(before, after, strict=True)]
    if at == [0, 0] and min(before + after) <= near:
        axis = 0 if min(before[0], after[0]) <= min(before[1], after[1]) else 1
        at[axis] = -1 if before[axis] <= after[axis] else 1
    return _PLACES.get((at[0], at[1]))


def bounds(boxes: Iterable[Box]) -> Box:
    """The box around boxes."""
    boxes = tuple(boxes)
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def stacked(upper: Box, lower: Box) -> bool:
    """Whether two lines stand one under the other as one label would: close, alike, left, right or middle in line."""
    if not _similar(upper, lower):
        return False
    higher = max(upper.height, lower.height)
    gap = lower.y - upper.bottom
    offsets = (upper.x - lower.x, upper.right - lower.right, (upper.x + upper.right - lower.x - lower.right) / 2)
    return lower.y > upper.y and gap < higher / 2 and min(map(abs, offsets)) < higher


def neighbours(box: Box, others: Iterable[Box]) -> list[Box]:
    """The lines that look like parts of the same page: of similar height, in its row or right above or below it."""
    return [other for other in others if _similar(box, other) and (_same_row(box, other) or _same_column(box, other))]


def _similar(box: Box, other: Box) -> bool:
    low, high = _ALIKE
    return low * box.height <= other.height <= high * box.height


def _same_row(box: Box, other: Box) -> bool:
    return abs(box.y + box.bottom - other.y - other.bottom) < box.height


def _same_column(box: Box, other: Box) -> bool:
    apart = max(box.y, other.y) - min(box.bottom, other.bottom)
    overlap = min(box.right, other.right) - max(box.x, other.x)
    return overlap > 0 and apart < _LEADING * box.height
