"""Text strings of PDF as text (ISO 32000-2, 7.9.2.2 and annex D.3)."""

from __future__ import annotations

import re
from typing import Final

_BYTE_ORDER_MARKS: Final = (
    (b"\xfe\xff", "utf-16-be", "utf-16"),
    (b"\xff\xfe", "utf-16-le", "utf-16-le"),
    (b"\xef\xbb\xbf", "utf-8", "utf-8"),
)
#: A language code between two escape characters (7.9.2.2.1).
_LANGUAGE: Final = re.compile("\x1b[A-Za-z]{2}(?:-?[A-Za-z]{2})?\x1b")
#: D.3: where PDFDocEncoding is not Latin-1. What it does not define stays as it is.
_DIFFERENCES: Final = {
    0x18: "˘ˇˆ˙˝˛˚˜",
    0x80: "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž",
    0xA0: "€",
}
_TABLE: Final = {
    start + index: character for start, text in _DIFFERENCES.items() for index, character in enumerate(text)
}


def decode_text(value: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a text string, and a note on its encoding where that is not PDFDocEncoding.

    Without a byte order mark it is PDFDocEncoding by the rules, but what is UTF-8 and not ASCII is hardly ever meant
    to be anything else.
    """
    for mark, encoding, note in _BYTE_ORDER_MARKS:
        if value.startswith(mark):
            text = value[len(mark) :].decode(encoding, "replace")
            return (_LANGUAGE.sub("", text) if "\x1b" in text else text), (note,)
    if not value.isascii():
        try:
            return value.decode("utf-8"), ("utf-8-unmarked",)
        except UnicodeDecodeError:
            pass
    return value.decode("latin-1").translate(_TABLE), ()
