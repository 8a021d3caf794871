"""The record in EXIF: UserComment (the form of Annex B of TC260-PG-20259A) and, to read, ImageDescription.

The payload is a TIFF structure that starts with II or MM, wherever it lay in a file. Source: Exif 3.0 (CIPA DC-008),
4.6.5 ImageDescription and Orientation, 4.6.6 UserComment. The segment of a JPEG holds at most 65,527 bytes of EXIF;
whether a result fits is the container's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from labeling import ifd as tiff
from labeling.errors import ErrorCode, MediaError
from labeling.ifd import Dialect, Entry, Ifd, Tree
from labeling.ifd_edit import Value, build, rewrite
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Notice

ORIENTATION: Final = 0x0112
IMAGE_DESCRIPTION: Final = 0x010E
USER_COMMENT: Final = 0x9286

CARRIERS: Final[Mapping[int, Carrier]] = {
    USER_COMMENT: Carrier.EXIF_USER_COMMENT,
    IMAGE_DESCRIPTION: Carrier.EXIF_IMAGE_DESCRIPTION,
}
#: The directories that are searched, by the name of the place; an ImageDescription in 'Exif' is searched as well.
_PLACES: Final[Mapping[str, str]] = {"IFD0": "IFD0", "IFD0/Exif": "Exif"}

_ASCII_CODE: Final = b"ASCII\0\0\0"
_UNICODE_CODE: Final = b"UNICODE\0"
_JIS_CODE: Final = b"JIS\0\0\0\0\0"
_UNDEFINED_CODE: Final = bytes(8)
#: Exif wants ASCII; files hold UTF-8 and, from older Chinese software, GB 18030.
_EIGHT_BIT: Final = ("utf-8-sig", "gb18030")


class ExifComment(NamedTuple):
    """One text that may hold a record; `place` is 'IFD0' or 'Exif'."""

    carrier: Carrier
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ExifReading:
    """What the package needs to know of an EXIF block."""

    #: 1..8 as in tag 0x0112; 1 where it is absent or invalid.
    orientation: int
    comments: tuple[ExifComment, ...]
    #: Texts that could not be read: 'exif.comment_undecodable', 'exif.comment_outside'; params name tag and place.
    notes: tuple[Notice, ...] = ()


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
        place = _PLACES[ifd.name]
        try:
            text = _text(tree, entry)
        except MediaError:
            notes.append(_note("exif.comment_outside", "the comment lies outside the EXIF block", entry, place))
            continue
        if text is None:
            notes.append(_note("exif.comment_undecodable", "the comment's bytes are no text", entry, place))
        elif text:
            comments.append(ExifComment(CARRIERS[entry.tag], place, text))
    return ExifReading(_orientation(tree), tuple(comments), tuple(notes))


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
    """The EXIF block without the texts of `carrier`: entries taken out in place, values zeroed, same length.

    Errors as `write`.
    """
    tags = [tag for tag, known in CARRIERS.items() if known == carrier]
    return rewrite(_open(payload, limits), {name: dict.fromkeys(tags) for name in _PLACES})


def _open(payload: bytes, limits: Limits) -> Tree:
    """The directories that are searched; GPS, thumbnail and the rest may be damaged, as they often are."""
    require_within(ErrorCode.LIMIT_METADATA, len(payload), limits.metadata_bytes, "the EXIF block")
    return tiff.read(payload, limits, follow=(tiff.EXIF_POINTER,), chain=False)


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


def _text(tree: Tree, entry: Entry) -> str | None:
    """The text of a comment without padding at its end, None where its bytes are no text."""
    raw = tree.raw(entry)
    if entry.tag == IMAGE_DESCRIPTION:
        return _decoded(raw, _EIGHT_BIT)
    code, body = raw[:8].upper(), raw[8:]
    if code == _JIS_CODE:
        return _decoded(body, ("iso2022_jp", "shift_jis"))
    if code not in (_ASCII_CODE, _UNICODE_CODE, _UNDEFINED_CODE):
        body = raw
    if code != _UNICODE_CODE or body.isascii():
        sniffed = _utf_16(body, tree.dialect)
        return _decoded(body, (sniffed,) if sniffed else _EIGHT_BIT)
    return _decoded(body, (_utf_16(body, tree.dialect) or _native_utf_16(tree.dialect),))


def _utf_16(body: bytes, dialect: Dialect) -> str | None:
    """The UTF-16 codec that a byte order mark or the place of the NULs in ASCII text point to, None for neither."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    text = body.rstrip(b"\0 ")
    high, low = text[0::2].count(0), text[1::2].count(0)
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
