"""Stepping over the parts of a long file: small reads, and a bound on their number."""

from __future__ import annotations

from labeling.content import Content
from labeling.errors import ErrorCode, LimitError

#: What is read at once where small parts lie close together.
AHEAD = 4096
#: So many parts may be as small as they like; a film has some hundreds apart from its fragments.
FREE = 16_384
#: Parts may be this small on the average once there are many; real blocks of sound and picture are larger.
LEAST_AVERAGE = 16


class Steps:
    """How many boxes or elements of one file may be looked at: a bound on time that small files reach sooner.

    `FREE` of them; more only where they are `LEAST_AVERAGE` bytes apart, and never above `most`.
    """

    __slots__ = ("_most", "_soon", "_taken")

    def __init__(self, most: int) -> None:
        self._most = most
        self._soon = min(FREE, most)
        self._taken = 0

    def take(self, at: int) -> None:
        """Count the part that starts at byte `at`; raises LimitError (LIMIT_ITEMS) for one too many."""
        self._taken += 1
        if self._taken > self._soon:
            self._require(min(FREE + at // LEAST_AVERAGE, self._most), at)

    def _require(self, limit: int, at: int) -> None:
        if self._taken > limit:
            what = "the number of parts"
            raise LimitError(
                ErrorCode.LIMIT_ITEMS, f"{what} exceeds {limit} at byte {at}", limit=limit, what=what, offset=at
            )


class ReadAhead:
    """Small pieces of `content`, mostly in ascending order; reads ahead where they turn out to lie close together."""

    __slots__ = ("_base", "_content", "_held")

    def __init__(self, content: Content) -> None:
        self._content = content
        self._base = -AHEAD
        self._held = b""

    def piece(self, start: int, count: int) -> bytes:
        """The bytes from `start`, `count` of them or as many as there are."""
        at = start - self._base
        if at >= 0 and at + count <= len(self._held):
            return self._held[at : at + count]
        reach = AHEAD if 0 <= at < AHEAD else count
        self._held = self._content[start : start + reach]
        self._base = start
        return self._held[:count]
