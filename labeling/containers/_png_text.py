"""What the textual chunks of PNG say (W3C PNG third edition, section 11.3.3), and the hidden profiles of ImageMagick.

Every chunk here is untrusted; one that cannot be read becomes a block that says so, never an exception.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from isal import isal_zlib

from labeling.containers._key_word import case_notes
from labeling.containers._png_chunks import Chunk
from labeling.containers.base import Block, BlockKind
from labeling.errors import ErrorCode, LimitError
from labeling.model import Carrier

#: XMP specification part 3, section 1.1.5.
XMP_KEYWORD = "XML:com.adobe.xmp"
EXIF_PREFIX = b"Exif\0\0"
JPEG_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
#: ImageMagick writes metadata of other formats as hexadecimal text under these keywords.
RAW_PROFILES = frozenset({"raw profile type exif", "raw profile type app1", "raw profile type xmp"})

#: What a stream costs at least, however little it inflates to: starting one takes as long as inflating this much.
LEAST_COST = 1024

COMPRESSED = "compressed"
UNREADABLE = "unreadable"
RAW_PROFILE = "raw-profile"


class InflateBudget:
    """How many bytes the compressed text chunks of one file may still inflate to, all together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def inflate(self, data: bytes | memoryview) -> bytes | None:
        """The inflated bytes, None where `data` is no whole zlib stream; raises LIMIT_INFLATED past the budget."""
        stream = isal_zlib.decompressobj()
        try:
            text = stream.decompress(data, max(self._left, 0) + 1)
        except isal_zlib.IsalError:  # type: ignore[misc]  # its stub calls the class an instance
            return None
        if len(text) > self._left:
            what = "the inflated text of the PNG"
            raise LimitError(
                ErrorCode.LIMIT_INFLATED, f"{what} exceeds {self._limit} bytes", limit=self._limit, what=what
            )
        self._left -= max(len(text), LEAST_COST)
        return text if stream.eof else None


class _Entry(NamedTuple):
    """One text entry: `value` is None where it cannot be read."""

    keyword: str
    value: bytes | None
    compressed: bool = False


def read_text(chunk: Chunk, data: bytes, budget: InflateBudget) -> Block:
    """The block of a tEXt, zTXt or iTXt chunk: XMP, EXIF, TEXT, or OTHER with the note 'unreadable'."""
    body = bytes(chunk.body(data))
    unit = chunk.kind.decode("ascii")
    entry = _READERS[chunk.kind](body, budget)
    notes: tuple[str, ...] = (COMPRESSED,) if entry.compressed else ()
    if entry.value is None:
        notes += (UNREADABLE,)
        return Block(BlockKind.OTHER, unit, chunk.start, chunk.end, body, entry.keyword, notes)
    notes += case_notes(entry.keyword)
    block = Block(BlockKind.TEXT, unit, chunk.start, chunk.end, entry.value, entry.keyword, notes, Carrier.PNG_TEXT)
    return _recognised(block)


def _recognised(block: Block) -> Block:
    """The block as XMP or EXIF, where its keyword says that it is one; unreadable where it is none of the kind."""
    keyword = block.keyword.strip().casefold()
    if keyword == XMP_KEYWORD.casefold():
        return replace(block, kind=BlockKind.XMP, carrier=None)
    if keyword not in RAW_PROFILES:
        return block
    profile = _raw_profile(block.payload)
    notes = (*block.notes, RAW_PROFILE)
    if profile is None:
        return replace(block, kind=BlockKind.OTHER, carrier=None, notes=(*notes, UNREADABLE))
    for kind, prefix, starts in _PROFILE_KINDS:
        content = profile.removeprefix(prefix)
        if content.startswith(starts):
            return replace(block, kind=kind, payload=content, carrier=None, notes=notes)
    return replace(block, kind=BlockKind.OTHER, payload=profile, carrier=None, notes=notes)


_PROFILE_KINDS = (
    (BlockKind.EXIF, EXIF_PREFIX, (b"II*\0", b"MM\0*")),
    (BlockKind.XMP, JPEG_XMP_PREFIX, (b"<", b"\xef\xbb\xbf<")),
)


def _raw_profile(text: bytes) -> bytes | None:
    """A profile written as a newline, its name, its length and lines of hexadecimal digits."""
    lines = text.lstrip().split(b"\n", 2)
    if len(lines) != 3:
        return None
    try:
        profile = binascii.unhexlify(b"".join(lines[2].split()))
        return profile if len(profile) == int(lines[1][:16]) else None
    except ValueError:
        return None


def _read_latin(body: bytes, _budget: InflateBudget) -> _Entry:
    keyword, found, value = body.partition(b"\0")
    return _Entry(_word(keyword), _as_utf8(value) if found else None)


def _read_compressed(body: bytes, budget: InflateBudget) -> _Entry:
    keyword, _, rest = body.partition(b"\0")
    value = budget.inflate(memoryview(rest)[1:]) if rest[:1] == b"\0" else None
    return _Entry(_word(keyword), None if value is None else _as_utf8(value), compressed=True)


def _read_international(body: bytes, budget: InflateBudget) -> _Entry:
    """Keyword, compression flag and method, language tag, translated keyword, UTF-8 text."""
    keyword, _, rest = body.partition(b"\0")
    flags, names = rest[:2], rest[2:].split(b"\0", 2)
    if flags not in _FLAGS or len(names) != 3:
        return _Entry(_word(keyword), None)
    if not flags[0]:
        return _Entry(_word(keyword), names[2])
    return _Entry(_word(keyword), budget.inflate(names[2]), compressed=True)


#: Uncompressed with any method byte is tolerated: some writers leave it unset.
_FLAGS = frozenset({b"\0\0", b"\0\1", b"\1\0"})
_READERS: dict[bytes, Callable[[bytes, InflateBudget], _Entry]] = {
    b"tEXt": _read_latin,
    b"zTXt": _read_compressed,
    b"iTXt": _read_international,
}
TEXT_CHUNKS = frozenset(_READERS)


def _word(keyword: bytes) -> str:
    return keyword[:79].decode("latin-1")


def _as_utf8(value: bytes) -> bytes:
    """Text as UTF-8. The specification says Latin-1, but many writers put UTF-8 there, and that is hardly ever both."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1").encode("utf-8")
    return value
