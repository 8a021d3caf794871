"""The blocks of one audio or video file as they are found, kept within the limits."""

from __future__ import annotations

from typing import Final

from labeling.containers._key_word import case_notes, may_name_a_record
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier

#: Text entries of one file, some 30 µs each with all that is done with them later. A tag has a few dozen.
MOST_ENTRIES: Final = 2_000
#: Chunks, frames, metadata blocks of one file that are looked at one by one, up to 20 µs each. Files have hundreds.
MOST_UNITS: Final = 5_000
#: Characters of a keyword that are kept; more is no name.
LONGEST_KEYWORD: Final = 256

#: Note of a block that says: a record may lie here, and it cannot be read.
UNREADABLE: Final = "unreadable"
#: The file ends inside the unit, or before units that it announces.
TRUNCATED: Final = "truncated"
#: Note of a stretch that was left alone because stepping through it would take too long.
NOT_SEARCHED: Final = "not-searched"


def require_units(count: int, limits: Limits, what: str) -> None:
    """Refuse more than `MOST_UNITS` units, or `Limits.items` where that is less, with LimitError (LIMIT_ITEMS)."""
    require_within(ErrorCode.LIMIT_ITEMS, count, min(limits.items, MOST_UNITS), f"the number of {what}")


class BlockList:
    """Gathers blocks; a bound that is reached raises LimitError, but a large entry of no interest is left out.

    One entry is bounded by `Limits.metadata_bytes`; all of them by `Limits.all_metadata_bytes`, and in number by
    `Limits.items` and `MOST_ENTRIES`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._blocks: list[Block] = []
        self._bytes = 0

    def admits(self, unit: str, keyword: str, size: int) -> bool:
        """Whether an entry of `size` bytes is to be read; if so, it is counted.

        One that is too large is to be left out, but raises LimitError (LIMIT_METADATA) where its keyword may name a
        record; so do entries that are too large together.
        """
        if size > self._limits.metadata_bytes and not may_name_a_record(keyword):
            return False
        self._count_bytes(size, f"the {unit} entry {keyword[:LONGEST_KEYWORD]}")
        return True

    def text(
        self, unit: str, span: tuple[int, int], keyword: str, payload: bytes, carrier: Carrier, *notes: str
    ) -> None:
        """One text entry, `payload` in UTF-8; a key word in other letters is noted."""
        all_notes = (*dict.fromkeys(notes), *case_notes(keyword))
        self._add(Block(BlockKind.TEXT, unit, *span, payload, keyword[:LONGEST_KEYWORD], all_notes, carrier))

    def packet(self, unit: str, span: tuple[int, int], payload: bytes, *notes: str) -> None:
        """One XMP packet, whose size the caller has passed to `require_packet`."""
        self._add(Block(BlockKind.XMP, unit, *span, payload, notes=notes))

    def require_packet(self, unit: str, size: int) -> None:
        """Refuse an XMP packet that is too large before it is read; raises LimitError (LIMIT_METADATA)."""
        self._count_bytes(size, f"the XMP packet in {unit}")

    def credential(self, unit: str, span: tuple[int, int]) -> None:
        """One C2PA manifest store."""
        self._add(Block(BlockKind.C2PA, unit, *span, b""))

    def unreadable(self, unit: str, span: tuple[int, int], *notes: str, keyword: str = "") -> None:
        """A place where a record may lie and that cannot be read."""
        self._add(Block(BlockKind.OTHER, unit, *span, b"", keyword, (*notes, UNREADABLE)))

    def not_searched(self, unit: str, span: tuple[int, int]) -> None:
        """A stretch of the file that was not looked at, media data for all that is known."""
        self._add(Block(BlockKind.OTHER, unit, *span, b"", unit, (NOT_SEARCHED,)))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in file order."""
        return tuple(sorted(self._blocks, key=lambda block: block.start))

    def _count_bytes(self, size: int, what: str) -> None:
        limits = self._limits
        require_within(ErrorCode.LIMIT_METADATA, size, limits.metadata_bytes, what)
        self._bytes += size
        require_within(ErrorCode.LIMIT_METADATA, self._bytes, limits.all_metadata_bytes, "all metadata of the file")

    def _add(self, block: Block) -> None:
        self._blocks.append(block)
        most = min(self._limits.items, MOST_ENTRIES)
        require_within(ErrorCode.LIMIT_ITEMS, len(self._blocks), most, "the number of metadata entries")
