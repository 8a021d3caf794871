"""The fields of which requests are made; each refuses with a code and the numbers that it goes by."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from marshmallow import Schema, ValidationError, fields

from labeling.errors import LabelingError

#: marshmallow's own keys -> our codes.
CODES = {"required": "field.required", "null": "field.null"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: RFC 2397, as browsers and image APIs hand it out.
_DATA_URL = re.compile(r"data:[\w.+/;=-]{0,200}?;base64,", re.ASCII)
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SEQ = re.compile(rb"seq:(\d{1,18})")
_TRUTH: dict[str | bool, bool] = {
    **dict.fromkeys(("true", "1", "yes", "on", True), True),
    **dict.fromkeys(("false", "0", "no", "off", False), False),
}
#: Unicode Standard Annex 9, section 2: explicit embeddings, overrides and isolates, and their ends.
_DIRECTION_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
#: What decoders, werkzeug's for forms among them, write in place of bytes that are not UTF-8.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST_NUMBER = 32
_N = TypeVar("_N", int, float)


class Guard(Schema):
    """A schema that refuses what it does not know, with our codes."""

    error_messages = {"unknown": "field.unknown", "type": "field.type"}  # noqa: RUF012


def refuse(code: str, **params: Any) -> ValidationError:
    """The error that a field raises."""
    return ValidationError([{"code": code, "params": params}])


def apply_rule(rule: Callable[[str], object], text: str) -> None:
    """Turn the library's refusal of one value into a problem of its field."""
    try:
        rule(text)
    except LabelingError as error:
        leaf = {"code": error.code, "params": error.params, "detail": error.detail}
        raise ValidationError([leaf]) from None


class Coded(fields.Field[Any]):
    """A field whose built-in errors are codes; `openapi` is what the document says of its kind."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string"}

    def __init__(self, description: str, *, shape: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(metadata={**self.openapi, **(shape or {}), "description": description}, **kwargs)

    def make_error(self, key: str, **_: Any) -> ValidationError:
        """Replace marshmallow's words."""
        return refuse(CODES[key])

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return self.read(value)

    def read(self, value: Any) -> Any:
        """The value that was meant. Raises ValidationError, made by `refuse`."""
        raise NotImplementedError


class Line(Coded):
    """One line of text that reads as it is stored: no control characters, nothing that turns it around.

    `check` is a rule of the library on the text; the LabelingError that it raises becomes a problem of the field.
    """

    def __init__(
        self, description: str, longest: int, check: Callable[[str], object] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(description, shape={"minLength": 1, "maxLength": longest}, **kwargs)
        self.longest = longest
        self.check = check

    def read(self, value: Any) -> str:
        """The text as it is."""
        text = _string(value)
        if not 1 <= len(text) <= self.longest:
            raise refuse("field.length", minimum=1, maximum=self.longest, actual=len(text))
        if any(_unfit(character) for character in text):
            raise refuse("field.characters")
        if self.check is not None:
            apply_rule(self.check, text)
        return text


class Body(Coded):
    """A text of any length, as UTF-8."""

    def read(self, value: Any) -> bytes:
        """The bytes of the text; a lone surrogate has none."""
        try:
            return _string(value).encode()
        except UnicodeEncodeError as error:
            raise refuse("field.characters", offset=error.start) from None


class Flag(Coded):
    """true or false; in a form also the words that HTML forms and shells write."""

    openapi: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def read(self, value: Any) -> bool:
        """The truth."""
        word = value.lower() if isinstance(value, str) else value
        if isinstance(word, (str, bool)) and word in _TRUTH:
            return _TRUTH[word]
        raise refuse("field.type", expected="boolean")


class Share(Coded):
    """A number within bounds; how small it may be under the rules is the library's to say."""

    openapi: ClassVar[dict[str, Any]] = {"type": "number"}

    def __init__(self, description: str, lowest: float, highest: float) -> None:
        super().__init__(description, shape={"minimum": lowest, "maximum": highest})
        self.lowest, self.highest = lowest, highest

    def read(self, value: Any) -> float:
        """The number, finite and within the bounds."""
        number = _number(value, float)
        # Not a number compares as false.
        if not self.lowest <= number <= self.highest:
            raise refuse("field.range", minimum=self.lowest, maximum=self.highest)
        return number


class Count(Coded):
    """A whole number within bounds."""

    openapi: ClassVar[dict[str, Any]] = {"type": "integer"}

    def __init__(self, description: str, lowest: int, highest: int, default: int) -> None:
        super().__init__(description, shape={"minimum": lowest, "maximum": highest}, load_default=default)
        self.lowest, self.highest = lowest, highest

    def read(self, value: Any) -> int:
        """The number, within the bounds."""
        number = _number(value, int)
        if not self.lowest <= number <= self.highest:
            raise refuse("field.range", minimum=self.lowest, maximum=self.highest)
        return number


class Choice(Coded):
    """One of the given words, turned into the value that it stands for."""

    def __init__(self, description: str, values: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(description, shape={"enum": list(values)}, **kwargs)
        self.values = values

    def read(self, value: Any) -> Any:
        """What the word stands for; a JSON number means its digits, so that `"label": 1` is `"label": "1"`."""
        word = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(word, str) or word not in self.values:
            raise refuse("field.choice", allowed=list(self.values))
        return self.values[word]


class Colour(Coded):
    """`#rrggbb` as three numbers."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}

    def read(self, value: Any) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255."""
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise refuse("field.colour")
        red, green, blue = bytes.fromhex(value[1:])
        return red, green, blue


class Sha256(Coded):
    """64 hex digits."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}

    def read(self, value: Any) -> str:
        """The digits in lower case, as the ledger has them."""
        digits = value.lower() if isinstance(value, str) else ""
        if not _SHA256.fullmatch(digits):
            raise refuse("field.sha256")
        return digits


class Moment(Coded):
    """RFC 3339; a date alone is its first moment, a time without a zone is UTC."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def read(self, value: Any) -> datetime:
        """The moment, in UTC."""
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise refuse("field.time") from None


class Cursor(Coded):
    """The opaque mark of a page, as `cursor_after` wrote it; its value is a seq."""

    def read(self, value: Any) -> int:
        """The seq."""
        if not isinstance(value, str) or not _CURSOR.fullmatch(value):
            raise refuse("field.cursor")
        try:
            decoded = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except ValueError:
            decoded = b""
        match = _SEQ.fullmatch(decoded)
        if match is None:
            raise refuse("field.cursor")
        return int(match[1])


class Base64(Coded):
    """Bytes as base64 (RFC 4648), bare as `b64_json` of image APIs or as a data URL; line breaks are allowed."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "format": "byte"}

    def read(self, value: Any) -> bytes:
        """The bytes."""
        text = _string(value)
        prefix = _DATA_URL.match(text)
        digits = text[prefix.end() :] if prefix else text
        try:
            return binascii.a2b_base64(digits, strict_mode=True)
        except ValueError:
            return _with_line_breaks(digits)


class File(Coded):
    """A file part of a multipart form, already read."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "format": "binary"}

    def read(self, value: Any) -> bytes:
        """The bytes of the part."""
        if not isinstance(value, bytes):
            raise refuse("field.file")
        return value


def _unfit(character: str) -> bool:
    """Whether the character controls something, turns what follows around, or stands for bytes that were no UTF-8."""
    return (
        unicodedata.category(character) in ("Cc", "Cs")
        or unicodedata.bidirectional(character) in _DIRECTION_CONTROLS
        or character == _REPLACEMENT
    )


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("field.type", expected="string")
    return value


def _number(value: Any, kind: type[_N]) -> _N:
    """A JSON number, or the text of one; a whole number may not come as 1.5."""
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (numeric or (isinstance(value, str) and len(value) <= _LONGEST_NUMBER)):
        raise refuse("field.type", expected="number")
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        raise refuse("field.type", expected="number") from None
    if numeric and number != value and value == value:  # noqa: PLR0124  # not a number is refused by its range
        raise refuse("field.type", expected="whole number")
    return number


def cursor_after(seq: int) -> str:
    """The mark of the page that follows the row with `seq`."""
    return base64.urlsafe_b64encode(f"seq:{seq}".encode()).decode().rstrip("=")


def _with_line_breaks(digits: str) -> bytes:
    try:
        return binascii.a2b_base64(digits.encode("ascii").translate(None, b" \t\r\n"), strict_mode=True)
    except ValueError:
        raise refuse("field.base64") from None
