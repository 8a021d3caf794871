"""The character encoding of a text, found strictly, and what is needed to splice text into its bytes.

Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16), GB 18030-2022, HTML Standard 13.2.3.2 (the charset hint).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits, require_within

UTF_8 = "utf-8"
GB18030 = "gb18030"

#: Byte order marks, the longest first; nothing without a mark is taken for UTF-16.
_MARKS = ((b"\xef\xbb\xbf", UTF_8), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: HTML Standard 13.2.3.2: the hint stands within the first 1024 bytes.
_PRESCAN_BYTES = 1024
_CHARSET_HINT = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
#: WHATWG Encoding: labels of the encodings that GB 18030 contains, and of UTF-8.
_GB_LABELS = frozenset({"gb18030", "gbk", "gb2312", "gb_2312", "gb_2312-80", "x-gbk", "chinese", "csgb2312"})
_UTF8_LABELS = frozenset({"utf-8", "utf8", "unicode-1-1-utf-8", "utf-16", "utf-16le", "utf-16be"})
#: Control characters that no text uses; tab, line ends, form feed and escape are left out.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b")) + b"\x7f"
_CONTROL_WINDOW = 64 * 1024
#: Ours: text with more control characters than one in ten is a binary file.
_CONTROL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text as decoded. Indexes count code points of `text`; offsets count bytes of the file."""

    #: Without the byte order mark.
    text: str
    codec: str
    mark: bytes = b""
    #: Bytes of the whole file.
    size: int = 0
    #: True where the document claims an encoding other than `codec`, so that only ASCII reads the same in both.
    ascii_only: bool = False

    def offset(self, index: int) -> int:
        """Byte offset of the code point at `index`; the codecs round-trip, so encoding the shorter side tells it."""
        if index > len(self.text) // 2:
            return self.size - self.width(index, len(self.text))
        return len(self.mark) + self.width(0, index)

    def encode(self, words: str) -> bytes:
        """`words` in the file's encoding; raises DeclarationError(TEXT_NOT_ENCODABLE)."""
        codec = "ascii" if self.ascii_only else self.codec
        try:
            return words.encode(codec)
        except UnicodeEncodeError as error:
            raise DeclarationError(
                ErrorCode.TEXT_NOT_ENCODABLE, f"the words cannot be written in {codec}", encoding=codec
            ) from error

    def in_markup(self, markup: str) -> str:
        """`markup` with character references for what the declared charset may not hold (HTML Standard 13.5)."""
        if not self.ascii_only:
            return markup
        return markup.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def spliced(self, data: bytes, edits: Iterable[tuple[int, int, str]]) -> bytes:
        """`data` with each (start index, end index, replacement); edits are disjoint and in order."""
        rest = memoryview(data)
        parts: list[bytes | memoryview] = []
        at = done = 0
        for start, end, replacement in edits:
            first = done + self.width(at, start) if at else self.offset(start)
            parts += [rest[done:first], self.encode(replacement)]
            at, done = end, first + self.width(start, end)
        return b"".join([*parts, rest[done:]])

    @property
    def newline(self) -> str:
        """The line end that occurs most often; LF where there is none."""
        if "\r" not in self.text:
            return "\n"
        pairs = self.text.count("\r\n")
        counts = {
            "\n": self.text.count("\n") - pairs,
            "\r\n": pairs,
            "\r": self.text.count("\r") - pairs,
        }
        return max(counts, key=lambda end: counts[end])

    def width(self, start: int, end: int) -> int:
        """Bytes of the code points from `start` to `end`."""
        return len(self.text[start:end].encode(self.codec))


def read_text(data: bytes, limits: Limits, *, markup: bool = False) -> SourceText:
    """Decode a whole text strictly: by its byte order mark, else UTF-8, else GB 18030.

    With `markup` an HTML charset hint is heeded. Raises MediaError(MEDIA_EMPTY), MediaError(TEXT_ENCODING) for bytes
    that are no text or in no known encoding, LimitError(LIMIT_BYTES) above `limits.text_bytes`.
    """
    require_within(ErrorCode.LIMIT_BYTES, len(data), limits.text_bytes, "the number of bytes of the text")
    source = _decoded(data, markup)
    if not source.text:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "the text is empty")
    _require_text(data, source)
    return source


def line_view(text: str) -> str:
    """The text, index for index, with every lone CR as LF, so that all lines end in LF or CRLF."""
    if "\r" not in text or text.count("\r") == text.count("\r\n"):
        return text
    return re.sub(r"\r(?!\n)", "\n", text)


def _decoded(data: bytes, markup: bool) -> SourceText:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return SourceText(_strict(data[len(mark) :], (codec,))[0], codec, mark, len(data))
    hint = _charset_hint(data) if markup else ""
    text, codec = _strict(data, (GB18030, UTF_8) if hint in _GB_LABELS else (UTF_8, GB18030))
    known = _GB_LABELS if codec == GB18030 else _UTF8_LABELS
    if hint and hint not in known and not data.isascii():
        raise _not_text("the declared charset is not supported", charset=hint)
    return SourceText(text, codec, size=len(data), ascii_only=bool(hint) and hint not in known)


def _strict(data: bytes, codecs: tuple[str, ...]) -> tuple[str, str]:
    for codec in codecs:
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError:
            continue
    raise _not_text(f"the bytes are not valid {' or '.join(codecs)}")


def _charset_hint(data: bytes) -> str:
    found = _CHARSET_HINT.search(data, 0, _PRESCAN_BYTES)
    return found[1].decode("ascii").lower() if found else ""


def _require_text(data: bytes, source: SourceText) -> None:
    # In UTF-8 and GB 18030 a NUL byte is a NUL character, and bytes are searched quicker.
    if b"\0" in data and "\0" in source.text:
        raise _not_text("the bytes hold NUL characters")
    head = source.text[:_CONTROL_WINDOW].encode("ascii", "replace")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) * _CONTROL_SHARE:
        raise _not_text("the bytes are mostly control characters", controls=controls)


def _not_text(detail: str, **params: object) -> MediaError:
    return MediaError(ErrorCode.TEXT_ENCODING, detail, **params)
