"""Stretches of a file that belong together, read as one: a packet over several pages, a block inside a file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from labeling.content import Content


class Pieces:
    """`Content` made of stretches of another one, each (start, end), in order; nothing is read before it is sliced."""

    def __init__(self, content: Content, spans: Sequence[tuple[int, int]]) -> None:
        self._content = content
        self._spans = spans
        #: Where each stretch begins among all of them together, and where the last ends.
        self._starts = [0, *accumulate(end - start for start, end in spans)]

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, piece: slice, /) -> bytes:
        start = min(piece.start or 0, len(self))
        stop = len(self) if piece.stop is None else min(piece.stop, len(self))
        parts = []
        index = bisect_right(self._starts, start) - 1
        while start < stop:
            first, _ = self._spans[index]
            end = min(stop, self._starts[index + 1])
            at = first + start - self._starts[index]
            parts.append(self._content[at : at + end - start])
            start, index = end, index + 1
        return b"".join(parts)

    def behind(self, at: int) -> Pieces:
        """What lies behind the first `at` bytes."""
        index = max(0, min(bisect_right(self._starts, at), len(self._spans)) - 1)
        rest = self._spans[index:]
        skipped = at - self._starts[index]
        return Pieces(self._content, [(min(start + skipped, end), end) for start, end in rest[:1]] + [*rest[1:]])

    def offset(self, at: int) -> int:
        """Where byte `at` lies in the file; the end of the last stretch for whatever lies behind it."""
        if at >= len(self):
            return self._spans[-1][1] if self._spans else 0
        index = bisect_right(self._starts, at) - 1
        return self._spans[index][0] + at - self._starts[index]
