"""The strings of an ID3v2 frame: an encoding byte, then strings that NUL ends or separates (2.4.0 structure, 4)."""

from __future__ import annotations

from typing import Final

from labeling.containers._eight_bit import UTF_16, as_utf8

#: Note of text that says it is Latin-1 and is UTF-8.
MISLABELLED: Final = "utf-8-as-latin-1"
SEVERAL_VALUES: Final = "several-values"

_LATIN_1, _UTF_16_WITH_MARK, _UTF_16_BIG_ENDIAN, _UTF_8 = range(4)
#: Strings of one frame that are told apart; the last holds the rest.
_MOST_STRINGS = 1_000
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def strings(encoding: int, raw: bytes, most: int = _MOST_STRINGS) -> tuple[list[str], tuple[str, ...]] | None:
    """The strings of `raw`, at most that many, and notes on how they were written; None for an unknown encoding.

    Notes: 'utf-16', 'utf-8-as-latin-1', 'not-utf-8'.
    """
    if encoding in (_UTF_16_WITH_MARK, _UTF_16_BIG_ENDIAN):
        return [_unmarked(part) for part in _wide(encoding, raw).split("\0", most - 1)], (UTF_16,)
    if encoding == _LATIN_1:
        text, notes = _latin(raw)
    elif encoding == _UTF_8:
        text, notes = _utf_8(raw)
    else:
        return None
    return text.split("\0", most - 1), notes


def split_first(encoding: int, raw: bytes) -> tuple[bytes, bytes]:
    """The bytes of the first string without its NUL, and what follows."""
    if encoding not in (_UTF_16_WITH_MARK, _UTF_16_BIG_ENDIAN):
        first, _, rest = raw.partition(b"\0")
        return first, rest
    at = raw.find(b"\0\0")
    while at % 2 and at > 0:
        at = raw.find(b"\0\0", at + 1)
    return (raw, b"") if at < 0 else (raw[:at], raw[at + 2 :])


def values(found: list[str]) -> list[str]:
    """The strings without the empty ones that padding makes at the end; at least one."""
    last = max((index for index, text in enumerate(found) if text), default=0)
    return found[: last + 1] or [""]


def _wide(encoding: int, raw: bytes) -> str:
    """UTF-16 in the order that its mark says, little-endian where it has none and should."""
    codec = "utf-16-be" if encoding == _UTF_16_BIG_ENDIAN else _MARKS.get(raw[:2], "utf-16-le")
    return raw[: len(raw) & ~1].decode(codec, "replace")


def _unmarked(text: str) -> str:
    """A string without its own mark; one in the other order is turned round."""
    if text.startswith("\ufffe"):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-be", "replace")
    return text.removeprefix("\ufeff")


def _latin(raw: bytes) -> tuple[str, tuple[str, ...]]:
    if raw.isascii():
        return raw.decode("ascii"), ()
    try:
        return raw.decode("utf-8"), (MISLABELLED,)
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ()


def _utf_8(raw: bytes) -> tuple[str, tuple[str, ...]]:
    text, notes = as_utf8(raw)
    return text.decode(), notes
