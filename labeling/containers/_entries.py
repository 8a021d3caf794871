"""The metadata blocks of one audio or video file, collected within the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labeling.containers.base import Block, BlockKind
from labeling.content import Content
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier
from labeling.profiles import gb45438

UNREADABLE = "unreadable"
QUALIFIED_KEY = "qualified-key"
#: Entries that are looked at in one file, some 10 µs each; an album with many chapters has some hundreds.
MOST_ENTRIES = 8_192
#: Names of entries are cut here; the one that counts has four letters.
NAME_BYTES = 1024

_KEY_WORD = gb45438.KEY_WORD.casefold()


def is_record_key(keyword: str) -> bool:
    """Whether an entry under this keyword may be the record: it says so, or it has no name at all."""
    return not keyword or keyword.casefold() == _KEY_WORD


def plain_keyword(name: str) -> tuple[str, tuple[str, ...]]:
    """A key as keyword and notes: of a reverse-DNS name that ends in the key word only that is left."""
    name = name.strip("\0 \t\r\n")
    last = name.rpartition(".")[2]
    if last.casefold() == _KEY_WORD and last != name:
        return last, (QUALIFIED_KEY,)
    return name, ()


def utf8(raw: bytes) -> str:
    """Text in UTF-8, with a byte order mark or without; raises UnicodeError."""
    return raw.decode("utf-8-sig")


def utf16(raw: bytes) -> str:
    """Text in UTF-16, big-endian unless a byte order mark says otherwise; raises UnicodeError."""
    return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-be")


def any_unicode(raw: bytes) -> str:
    """Text in UTF-8, or in UTF-16 where its first bytes look like it; raises UnicodeError, also for binary values."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw[:1] == b"\0"
    text = utf16(raw) if wide else utf8(raw)
    if "\0" in text.rstrip("\0"):
        raise UnicodeError("a text has no zeros inside")
    return text


@dataclass(frozen=True, slots=True)
class Entry:
    """One named entry, and where it lies with its header."""

    unit: str
    keyword: str
    carrier: Carrier
    start: int
    end: int
    notes: tuple[str, ...] = ()


class Entries:
    """Collects blocks; raises LimitError (LIMIT_METADATA, LIMIT_ITEMS) where they become too large or too many."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self._content = content
        self._limits = limits
        self._total = 0
        self._seen = 0
        self._blocks: list[Block] = []

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What was collected, in file order."""
        return tuple(sorted(self._blocks, key=lambda block: block.start))

    def add(self, block: Block) -> None:
        """Take a finished block."""
        self._blocks.append(block)
        self.count()

    def count(self) -> None:
        """Count an entry that is looked at, whether it becomes a block or not."""
        self._seen += 1
        require_within(ErrorCode.LIMIT_ITEMS, self._seen, min(MOST_ENTRIES, self._limits.items), "the metadata entries")

    def unreadable(self, unit: str, start: int, end: int, notes: tuple[str, ...] = (), keyword: str = "") -> None:
        """Note a place where a record may lie and that cannot be read."""
        self.add(Block(BlockKind.OTHER, unit, start, end, b"", keyword, (*notes, UNREADABLE)))

    def text(
        self, entry: Entry, start: int, end: int, decode: Callable[[bytes], str] = utf8, *, optional: bool = False
    ) -> None:
        """Read the value of an entry between two offsets.

        Where it is no text it becomes an unreadable block. An `optional` entry, which need not be text, is left out
        then and where it is too large, and so is a large one that cannot be the record.
        """
        if end - start > self._limits.metadata_bytes and (optional or not is_record_key(entry.keyword)):
            return
        self.decoded(entry, self.read(start, end), decode, optional=optional)

    def decoded(self, entry: Entry, raw: bytes, decode: Callable[[bytes], str], *, optional: bool = False) -> None:
        """Take a value that was read; see `text`."""
        try:
            value = decode(raw).rstrip("\0").encode()
        except UnicodeError:
            if not optional:
                self.unreadable(entry.unit, entry.start, entry.end, entry.notes, entry.keyword)
            return
        self.add(
            Block(BlockKind.TEXT, entry.unit, entry.start, entry.end, value, entry.keyword, entry.notes, entry.carrier)
        )

    def read(self, start: int, end: int) -> bytes:
        """Bytes of metadata, counted; raises LimitError (LIMIT_METADATA)."""
        limits = self._limits
        require_within(ErrorCode.LIMIT_METADATA, end - start, limits.metadata_bytes, "the size of a metadata entry")
        self._total += end - start
        require_within(ErrorCode.LIMIT_METADATA, self._total, limits.all_metadata_bytes, "all metadata entries")
        return self._content[start:end]
