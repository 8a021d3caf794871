"""Whether a name or some bytes speak of a record: Annex E a) of GB 45438-2025 wants the key word in the name."""

from __future__ import annotations

import re

from labeling.profiles.gb45438 import KEY_WORD

#: Note of an entry whose name is the key word in other letters than the guides'.
OTHER_CASE = "other-case"

_FOLDED = KEY_WORD.casefold()
#: The key word in one byte a character, and in UTF-16 of either order.
_IN_BYTES = re.compile(rb"\0?".join(letter.encode() for letter in KEY_WORD), re.IGNORECASE)


def may_name_a_record(name: str) -> bool:
    """Whether `name` contains the key word, in any case."""
    return _FOLDED in name.casefold()


def occurs_in(raw: bytes) -> bool:
    """Whether the key word stands in `raw`, in ASCII or UTF-16 and in any case."""
    return _IN_BYTES.search(raw) is not None


def case_notes(name: str) -> tuple[str, ...]:
    """The note `OTHER_CASE` for a name that is the key word but for its case."""
    return (OTHER_CASE,) if name != KEY_WORD and name.casefold() == _FOLDED else ()
