"""The record in EXIF: UserComment (the form of Annex B of TC260-PG-20259A); to read, ImageDescription and XPComment.

The payload is a TIFF structure that starts with II or MM, wherever it lay in a file. Source: Exif 3.0 (CIPA DC-008),
4.6.5 ImageDescription and Orientation, 4.6.6 UserComment; XPComment is what Windows writes, UTF-16 in bytes. The
segment of a JPEG holds at most 65,527 bytes of EXIF; whether a result fits is the container's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

from labeling import ifd as tiff
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Dialect, Entry, Ifd, Tree
from labeling.ifd_edit import Value, build, rewrite
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Notice
from labeling.record_text import means_a_record

ORIENTATION: Final = 0x0112
IMAGE_DESCRIPTION: Final = 0x010E
SOFTWARE: Final = 0x0131
USER_COMMENT: Final = 0x9286
XP_COMMENT: Final = 0x9C9C

#: The tags that are searched. XPComment is a description by another name.
CARRIERS: Final[Mapping[int, Carrier]] = {
    USER_COMMENT: Carrier.EXIF_USER_COMMENT,
    IMAGE_DESCRIPTION: Carrier.EXIF_IMAGE_DESCRIPTION,
    XP_COMMENT: Carrier.EXIF_IMAGE_DESCRIPTION,
}
#: The directories that are searched, by the name of the place; each tag is looked for in both.
_PLACES: Final[Mapping[str, str]] = {"IFD0": "IFD0", "IFD0/Exif": "Exif"}

#: Entries of the directories that are read, some 3 µs each; cameras write fewer than two hundred.
_MOST_ENTRIES: Final = 4_096
#: A program's name with its version is shorter; more of it is not looked at.
_LONGEST_NAME: Final = 256
_ASCII_CODE: Final = b"ASCII\0\0\0"
_UNICODE_CODE: Final = b"UNICODE\0"
_JIS_CODE: Final = b"JIS\0\0\0\0\0"
_UNDEFINED_CODE: Final = bytes(8)
_CODES: Final = frozenset({_ASCII_CODE, _UNICODE_CODE, _JIS_CODE, _UNDEFINED_CODE})
#: Exif wants ASCII; files hold UTF-8 and, from older Chinese software, GB 18030.
_EIGHT_BIT: Final = ("utf-8-sig", "gb18030")
#: What names a record, in one byte a character and in UTF-16 of either order.
_NAMES_RECORD: Final = re.compile(
    b"|".join(rb"\0?".join(bytes([letter]) for letter in word) for word in (b"AIGC", b"ProduceID")), re.IGNORECASE
)

#: Codes of `ExifReading.notes`.
UNREADABLE: Final = "exif.comment_unreadable"
UNDECODABLE: Final = "exif.comment_undecodable"


class ExifComment(NamedTuple):
    """One text that may hold a record; `place` is 'IFD0', 'Exif', or one of them and 'XPComment'."""

    carrier: Carrier
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ExifReading:
    """What the package needs to know of an EXIF block."""

    #: 1..8 as in tag 0x0112; 1 where it is absent or invalid.
    orientation: int
    comments: tuple[ExifComment, ...]
    #: Texts that could not be read: `UNREADABLE` (what it says is not known), `UNDECODABLE` (bytes that are no text and
    #: do not name a record); params name tag and place.
    notes: tuple[Notice, ...] = ()
    #: The program that wrote the file (tag 0x0131), as it says.
    software: str = ""


def read(payload: bytes, limits: Limits) -> ExifReading:
    """Read orientation and comments.

    Raises MediaError (media.malformed, media.truncated) where the directories cannot be read, LimitError where the
    payload is larger than `Limits.metadata_bytes` or a bound of the walk is reached. A text that cannot be read
    becomes a note.
    """
    tree = _open(payload, limits)
    texts = sum(entry.size for _, entry in _comment_entries(tree))
    require_within(ErrorCode.LIMIT_METADATA, texts, limits.metadata_bytes, "the texts of the EXIF block together")
    comments: list[ExifComment] = []
    notes: list[Notice] = []
    for ifd, entry in _comment_entries(tree):
        place = _place(ifd, entry)
        try:
            texts_of_entry = _texts(tree, entry)
        except MediaError as error:
            notes.append(_note(UNREADABLE, error.detail, entry, place))
            continue
        if texts_of_entry is None:
            notes.append(_note(UNDECODABLE, "the comment's bytes are no text", entry, place))
        else:
            comments += [ExifComment(CARRIERS[entry.tag], place, text) for text in texts_of_entry if text]
    return ExifReading(_orientation(tree), tuple(comments), tuple(notes), _software(tree))


def write(payload: bytes | None, text: str, limits: Limits) -> bytes:
    """The EXIF block with `text` as its UserComment, in ASCII where it is that and else as UTF-8 under the same code.

    An earlier UserComment is overwritten in place or zeroed; whatever is new stands at the end, so every offset in the
    block stays valid and MakerNotes do not move. Without a block a new one is made. Errors as `read`, and
    media.malformed where the old comment shares its bytes with something else.
    """
    value = _ASCII_CODE + text.encode()
    comment = Value(tiff.UNDEFINED, len(value), value)
    if payload is None:
        return build(Dialect(">"), {}, {USER_COMMENT: comment})
    return rewrite(_open(payload, limits), {"IFD0/Exif": {USER_COMMENT: comment}})


def without_record(payload: bytes, carrier: Carrier, limits: Limits) -> bytes:
    """The EXIF block without the records in texts of `carrier`: entries taken out in place, values zeroed, same length.

    A text that is no record stays. Errors as `write`.
    """
    tree = _open(payload, limits)
    changes: dict[str, dict[int, Value | None]] = {}
    for ifd, entry in _comment_entries(tree):
        if CARRIERS[entry.tag] is carrier and any(means_a_record(text) for text in _texts(tree, entry) or ()):
            changes.setdefault(ifd.name, {})[entry.tag] = None
    return rewrite(tree, changes)


def _open(payload: bytes, limits: Limits) -> Tree:
    """The directories that are searched; GPS, thumbnail and the rest may be damaged, as they often are."""
    require_within(ErrorCode.LIMIT_METADATA, len(payload), limits.metadata_bytes, "the EXIF block")
    return tiff.read(payload, _few_entries(limits), follow=(tiff.EXIF_POINTER,), chain=False)


@lru_cache(maxsize=8)
def _few_entries(limits: Limits) -> Limits:
    return replace(limits, items=min(limits.items, _MOST_ENTRIES))


def _comment_entries(tree: Tree) -> Iterator[tuple[Ifd, Entry]]:
    for ifd in tree.walk():
        if ifd.name in _PLACES:
            yield from ((ifd, entry) for entry in ifd.entries if entry.tag in CARRIERS)


def _orientation(tree: Tree) -> int:
    try:
        value = tree.number(tree.chain[0], ORIENTATION, 1)
    except MediaError:
        return 1
    return value if 1 <= value <= 8 else 1


def _software(tree: Tree) -> str:
    """The first bytes of the tag; the empty string where it is absent or damaged."""
    entry = next((entry for entry in tree.chain[0].entries if entry.tag == SOFTWARE), None)
    try:
        return "" if entry is None else _decoded(tree.raw(entry)[:_LONGEST_NAME], _EIGHT_BIT) or ""
    except MediaError:
        return ""


def _place(ifd: Ifd, entry: Entry) -> str:
    return _PLACES[ifd.name] + ("/XPComment" if entry.tag == XP_COMMENT else "")


def _texts(tree: Tree, entry: Entry) -> tuple[str, ...] | None:
    """The text of a comment, and one behind a NUL in it that names a record; None where the bytes are no text.

    Raises MediaError where the value lies outside the block, is of an unknown type, or names a record and is no text.
    """
    if entry.kind not in tiff.TYPE_SIZES:
        raise tiff.malformed(f"tag {entry.tag:#06x} has the unknown field type {entry.kind}")
    raw = tree.raw(entry)
    text = _decoded_comment(raw, entry.tag, tree.dialect)
    names_record = _NAMES_RECORD.search(raw) is not None
    if text is None and not names_record:
        return None
    body = raw[8:] if raw[:8].upper() in _CODES else raw
    first, _, rest = (body.decode("utf-8", "replace") if text is None else text).partition("\0")
    texts = (first, rest) if names_record else (first,)
    if text is None and not any(map(means_a_record, texts)):
        raise tiff.malformed(f"tag {entry.tag:#06x} names a record and cannot be decoded")
    return texts


def _decoded_comment(raw: bytes, tag: int, dialect: Dialect) -> str | None:
    """The text of a comment without padding at its end, None where its bytes are no text."""
    if tag == IMAGE_DESCRIPTION:
        return _decoded(raw, _EIGHT_BIT)
    if tag == XP_COMMENT:
        return _decoded(raw, (_utf_16(raw, dialect) or "utf-16-le",))
    code, body = raw[:8].upper(), raw[8:]
    if code == _JIS_CODE:
        return _decoded(body, ("iso2022_jp", "shift_jis"))
    if code not in (_ASCII_CODE, _UNICODE_CODE, _UNDEFINED_CODE):
        body = raw
    if code != _UNICODE_CODE or body.isascii():
        sniffed = _utf_16(body, dialect)
        return _decoded(body, (sniffed,) if sniffed else _EIGHT_BIT)
    return _decoded(body, (_utf_16(body, dialect) or _native_utf_16(dialect),))


def _utf_16(body: bytes, dialect: Dialect) -> str | None:
    """The UTF-16 codec that a byte order mark or the place of the NULs in ASCII text point to, None for neither."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    text = body.rstrip(b"\0 ")
    high, low = text[0::2].count(0), text[1::2].count(0)
    # A NUL here and there ends an 8-bit text; a quarter of the characters must be ASCII.
    if max(high, low) * 8 < len(text):
        return None
    if high == low:
        return _native_utf_16(dialect) if high else None
    return "utf-16-be" if high > low else "utf-16-le"


def _native_utf_16(dialect: Dialect) -> str:
    return "utf-16-le" if dialect.order == "<" else "utf-16-be"


def _decoded(body: bytes, codecs: tuple[str, ...]) -> str | None:
    for codec in codecs:
        whole = body[: len(body) // 2 * 2] if codec.startswith("utf-16") else body
        try:
            return whole.decode(codec).rstrip("\0 ")
        except UnicodeError:
            continue
    return None


def _note(code: str, detail: str, entry: Entry, place: str) -> Notice:
    return Notice(code, detail, {"tag": entry.tag, "place": place})
