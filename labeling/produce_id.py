"""The producer's unique number of a content: a caller's, or a UUID version 7 (RFC 9562) made here.

Version 7 starts with the time, so numbers sort as they were made, and its 36 characters lie inside Annex E j).
"""

from __future__ import annotations

import os
import threading
from datetime import datetime
from uuid import UUID

from labeling.errors import DeclarationError, ErrorCode
from labeling.record import require_charset

RANDOM_BYTES = 10

_COUNTER_BITS = 12
#: A clock that falls back by less than this does not disturb the order (RFC 9562, 6.2).
_TOLERANCE_MS = 1000


class _Ticks:
    """Milliseconds and a counter (RFC 9562, 6.2, method 1) as one number that only grows within a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -1

    def next(self, milliseconds: int, seed: int) -> int:
        """The number for this moment; `seed` starts the counter of a new millisecond."""
        with self._lock:
            behind = (self._last >> _COUNTER_BITS) - milliseconds
            if 0 <= behind < _TOLERANCE_MS:
                self._last += 1
            else:
                self._last = milliseconds << _COUNTER_BITS | seed
            return self._last

    def renew(self) -> None:
        """A child must not wait for a lock that a thread of its parent held."""
        self._lock = threading.Lock()


_ticks = _Ticks()
os.register_at_fork(after_in_child=_ticks.renew)


def new_produce_id(now: datetime, random_bytes: bytes | None = None) -> str:
    """A new number for the moment `now` (aware): 36 characters, later ones sort after earlier ones in one process.

    `random_bytes` (10) make it a function of its arguments, for tests and repeatable runs.
    """
    milliseconds = max(0, int(now.timestamp() * 1000))
    entropy = int.from_bytes(random_bytes or os.urandom(RANDOM_BYTES))
    # The counter starts in the lower half of its range, so that a busy millisecond has room.
    counter, node = entropy >> 62 & 0x7FF, entropy & (1 << 62) - 1
    repeatable = milliseconds << _COUNTER_BITS | counter
    tick = repeatable if random_bytes else _ticks.next(milliseconds, counter)
    milliseconds, counter = tick >> _COUNTER_BITS, tick & 0xFFF
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | node))


def require_produce_id(text: str) -> str:
    """The caller's number as it is; raises DeclarationError PRODUCE_ID_EMPTY, or PRODUCE_ID_CHARSET with the place."""
    if not text:
        raise DeclarationError(ErrorCode.PRODUCE_ID_EMPTY, "the produce id is empty; Annex E e) wants a unique number")
    require_charset(text, "produce_id")
    return text
