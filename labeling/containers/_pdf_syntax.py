"""Objects of PDF as they are written (ISO 32000-2, 7.3): one value at a time, without recursion.

Dictionaries keep every entry, also the second of one name, because each may be a record. Strings stay as they are
written until somebody asks for their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits, require_within

_BLANK: Final = rb"[\0\t\n\f\r ]"
_REGULAR: Final = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
#: One token behind blanks and comments; possessive, so that no run of bytes is looked at twice.
_TOKEN: Final = re.compile(
    rb"(?:" + _BLANK + rb"++|%[^\r\n]*+)*+(?:"
    rb"(?P<reference>(\d{1,10})" + _BLANK + rb"++(\d{1,5})" + _BLANK + rb"++R(?!" + _REGULAR + rb"))"
    rb"|(?P<number>[+-]?(?:\d++\.?+\d*+|\.\d++))(?!" + _REGULAR + rb")"
    rb"|(?P<open><<|\[)|(?P<close>>>|\])|(?P<literal>\()"
    rb"|<(?P<hexadecimal>[\0\t\n\f\r 0-9A-Fa-f]*+)>"
    rb"|/(?P<name>" + _REGULAR + rb"*+)|(?P<word>" + _REGULAR + rb"++))"
)
_HEADER: Final = re.compile(
    _BLANK + rb"*+(\d{1,10})" + _BLANK + rb"++(\d{1,5})" + _BLANK + rb"++obj(?!" + _REGULAR + rb")"
)
#: The keyword, and generation and number before it, read backwards.
_KEYWORD: Final = re.compile(rb"obj(?<=" + _BLANK + rb"obj)(?!" + _REGULAR + rb")")
_BACKWARDS: Final = re.compile(_BLANK + rb"{1,9}+\d{1,5}" + _BLANK + rb"{1,9}+(\d{1,10})(?!\d)")
_MOST_BACKWARDS: Final = 40
#: 7.3.8.1: the keyword is followed by CR LF or LF; a single CR and blanks before it are seen as well.
_STREAM: Final = re.compile(rb"(?:" + _BLANK + rb"++|%[^\r\n]*+)*+stream[ \t]*+(?:\r?\n|\r)?")
_END_OF_STREAM: Final = re.compile(_BLANK + rb"{0,9}end(?:stream|obj)")
#: Up to the next parenthesis that is not escaped.
_PARENTHESIS: Final = re.compile(rb"[^()\\]*+(?:\\.[^()\\]*+)*+([()])", re.DOTALL)
#: 7.3.4.2: what a backslash means, and ends of lines, which all become a line feed.
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPED: Final = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_OPENED: Final = {b"]": b"[", b">>": b"<<"}
_CONSTANTS: Final[dict[bytes, bool | None]] = {b"true": True, b"false": False, b"null": None}
#: Words that never stand inside a value.
_STRUCTURE: Final = frozenset({b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref"})


@dataclass(frozen=True, slots=True)
class Name:
    """A name object, its `#` escapes resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an indirect object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class String:
    """A string object as it is written between its delimiters."""

    raw: bytes
    hexadecimal: bool

    @property
    def value(self) -> bytes:
        """The bytes that it stands for (7.3.4)."""
        if self.hexadecimal:
            digits = self.raw.translate(None, b"\0\t\n\f\r ")
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
        return _ESCAPE.sub(_unescaped, self.raw) if b"\\" in self.raw or b"\r" in self.raw else self.raw


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary object with all its entries in order."""

    entries: tuple[tuple[str, Value], ...]

    def get(self, key: str) -> Value:
        """The value of a key, the last one as most readers have it; None where it is missing or null."""
        return next((value for name, value in reversed(self.entries) if name == key), None)


Value: TypeAlias = bool | int | float | Name | String | Reference | Dictionary | tuple["Value", ...] | None


@dataclass(frozen=True, slots=True)
class Indirect:
    """An indirect object (7.3.10) where it lies."""

    number: int
    value: Value
    #: First byte of `n g obj`, and first byte behind the value.
    start: int
    end: int
    #: First byte of the data of a stream; None for any other object.
    data: int | None = None


class Allowance:
    """How many tokens and parentheses of one file may still be read; some 2 µs each."""

    def __init__(self, limits: Limits) -> None:
        self.nesting = limits.nesting
        self._limit = self._left = limits.items

    def spend(self) -> None:
        """Count one; LimitError(LIMIT_ITEMS) above `Limits.items`."""
        self._left -= 1
        if self._left < 0:
            what = "the number of tokens in the objects of the PDF"
            detail = f"{what} exceeds {self._limit}"
            raise LimitError(ErrorCode.LIMIT_ITEMS, detail, limit=self._limit, what=what)


def parse_value(source: bytes, at: int, allowance: Allowance) -> tuple[Value, int]:
    """The value at `at` (blanks and comments may come first) and the position behind it.

    Raises MediaError(MEDIA_MALFORMED) for what is no value; LimitError: LIMIT_NESTING, LIMIT_ITEMS.
    """
    #: Arrays and dictionaries that are not closed yet, innermost last: how each begins and what is in it.
    pending: list[tuple[bytes, list[Value]]] = []
    while token := _TOKEN.match(source, at):
        allowance.spend()
        at = token.end()
        if token.lastgroup == "open":
            pending.append((token["open"], []))
            require_within(ErrorCode.LIMIT_NESTING, len(pending), allowance.nesting, "the nesting of a PDF object")
            continue
        if token.lastgroup == "close":
            value = _closed(pending, token["close"], at)
        elif token.lastgroup == "literal":
            start, at = at, _literal_end(source, at, allowance)
            value = String(source[start : at - 1], hexadecimal=False)
        else:
            value = _simple(token, at)
        if not pending:
            return value, at
        pending[-1][1].append(value)
    raise malformed("a value ends too early", at)


def parse_indirect(source: bytes, at: int, allowance: Allowance) -> Indirect:
    """The indirect object at `at`; errors as `parse_value`, and MEDIA_MALFORMED where none begins there."""
    header = _HEADER.match(source, at)
    if header is None:
        raise malformed("no object begins here", at)
    value, end = parse_value(source, header.end(), allowance)
    stream = _STREAM.match(source, end) if isinstance(value, Dictionary) else None
    return Indirect(int(header[1]), value, header.start(1), end, stream.end() if stream else None)


def stream_end(source: bytes, start: int, length: int | None) -> int:
    """Where the data of a stream that begins at `start` ends.

    `length` is what the file says; where no `endstream` follows, the next one counts, less the end of line before it.
    Raises MediaError(MEDIA_TRUNCATED) where there is none.
    """
    if length is not None and 0 <= length <= len(source) - start and _END_OF_STREAM.match(source, start + length):
        return start + length
    end = source.find(b"endstream", start)
    if end < 0:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "a stream does not end", what="pdf", offset=start)
    for line_end in (b"\r\n", b"\n", b"\r"):
        if source.endswith(line_end, start, end):
            return end - len(line_end)
    return end


def find_objects(source: bytes, limits: Limits) -> Iterator[tuple[int, int]]:
    """Number and position of everything that looks like the beginning of an object, in file order.

    Raises LimitError(LIMIT_ITEMS) above `Limits.items` of them.
    """
    for count, keyword in enumerate(_KEYWORD.finditer(source), 1):
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of objects in a damaged PDF")
        at = keyword.start()
        header = _BACKWARDS.match(source[max(0, at - _MOST_BACKWARDS) : at][::-1])
        if header is not None:
            yield int(header[1][::-1]), at - header.end()


def malformed(detail: str, at: int | None = None) -> MediaError:
    """The error for a PDF that is not built as it should be."""
    return MediaError(ErrorCode.MEDIA_MALFORMED, detail, what="pdf", **({} if at is None else {"offset": at}))


def _simple(token: re.Match[bytes], at: int) -> Value:
    """The value of a token that stands for itself."""
    match token.lastgroup:
        case "reference":
            return Reference(int(token[2]), int(token[3]))
        case "number":
            return _number(token["number"], at)
        case "hexadecimal":
            return String(token["hexadecimal"], hexadecimal=True)
        case "name":
            return Name(_NAME_ESCAPE.sub(_unhidden, token["name"]).decode("utf-8", "replace"))
    word = token["word"]
    if word in _STRUCTURE:
        raise malformed(f"{word.decode()} stands inside an object", at)
    # Words that mean nothing are null to most readers.
    return _CONSTANTS.get(word)


def _unhidden(code: re.Match[bytes]) -> bytes:
    return bytes([int(code[1], 16)])


def _number(digits: bytes, at: int) -> int | float:
    if len(digits) > 100:
        raise malformed("a number is longer than any number", at)
    return float(digits) if b"." in digits else int(digits)


def _closed(pending: list[tuple[bytes, list[Value]]], bracket: bytes, at: int) -> Value:
    """The innermost array or dictionary, complete."""
    opened, items = pending.pop() if pending else (b"", [])
    if opened != _OPENED[bracket]:
        raise malformed("a bracket is closed that was not opened", at)
    if bracket == b"]":
        return tuple(items)
    keys, values = items[::2], items[1::2]
    names = [key.text for key in keys if isinstance(key, Name)]
    if len(names) != len(keys) or len(keys) != len(values):
        raise malformed("a dictionary does not pair names and values", at)
    return Dictionary(tuple(zip(names, values, strict=True)))


def _literal_end(source: bytes, at: int, allowance: Allowance) -> int:
    """The position behind the parenthesis that closes a literal string; `at` lies behind the one that opens it."""
    depth = 1
    while depth:
        allowance.spend()
        found = _PARENTHESIS.match(source, at)
        if found is None:
            raise malformed("a string does not end", at)
        at = found.end()
        depth += 1 if found[1] == b"(" else -1
    return at


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code is None:
        return b"\n"
    if code.isdigit() and code[:1] < b"8":
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPED.get(code, code)
