"""Text whose encoding no field tells, as UTF-8."""

from __future__ import annotations

from typing import Final

UTF_16: Final = "utf-16"
NOT_UTF_8: Final = "not-utf-8"

_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
#: What software on Chinese systems writes where a format leaves the encoding open, then what always decodes.
_OTHERS = ("gb18030", "latin-1")


def as_utf8(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """`raw` as UTF-8 without byte order mark and trailing NUL, and notes on what it was.

    Notes: 'utf-16' for text with its byte order mark, 'not-utf-8' for GB 18030 or Latin-1.
    """
    if raw.startswith(_UTF_16_MARKS):
        return raw.decode("utf-16", "replace").rstrip("\0").encode(), (UTF_16,)
    raw = raw.removeprefix(_UTF_8_MARK).rstrip(b"\0")
    if _is(raw, "utf-8"):
        return raw, ()
    codec = next(name for name in _OTHERS if _is(raw, name))
    return raw.decode(codec).encode(), (NOT_UTF_8,)


def _is(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
