"""A bounded reader of CBOR (RFC 8949): enough for the headers of a COSE signature, iterative, strict where it matters.

Tags are read over; floating-point numbers come as None. A map that names a key twice is refused: two readers could
each take another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = 2, 3, 4, 5, 6, 7
#: Additional information of the first byte (RFC 8949, 3): 24 to 27 say that 1, 2, 4 or 8 bytes of argument follow.
_FIRST_LONG, _LAST_LONG, _INDEFINITE = 24, 27, 31
_BREAK = b"\xff"
_SIMPLE_VALUES = {20: False, 21: True}


class CborError(ValueError):
    """The bytes are not one well-formed CBOR item within the limits."""


@dataclass(slots=True)
class _Open:
    """A container whose items are still being read."""

    major: int
    #: Items that it takes; None until a break ends it.
    size: int | None
    items: list[Any] = field(default_factory=list)


def decode(data: bytes, *, items: int, nesting: int) -> Any:
    """The first item of `data`: int, bytes, str, list, dict (keys int, str or bytes), bool or None.

    Raises CborError; bytes behind the item are not looked at. At most so many `items` in all, `nesting` deep.
    """
    at = 0
    stack: list[_Open] = []
    for _ in range(items):
        if data[at : at + 1] == _BREAK:
            value, at = _ended(stack), at + 1
        else:
            value, at = _item(data, at)
        if isinstance(value, _Open):
            if value.size != len(value.items):
                stack.append(value)
                if len(stack) > nesting:
                    raise CborError("nested too deeply")
                continue
            value = _closed(value)
        # Give the value to the container that waits for it; one that is full by it is a value in turn.
        while stack:
            stack[-1].items.append(value)
            if stack[-1].size != len(stack[-1].items):
                break
            value = _closed(stack.pop())
        else:
            return value
    raise CborError("too many items")


def _item(data: bytes, at: int) -> tuple[Any, int]:
    """The value or the opening container at `at`, and where it ends."""
    major, argument, at = _head(data, at)
    if argument is None:
        return _Open(major, None), at
    if major in (_BYTES, _TEXT):
        end = at + argument
        if end > len(data):
            raise CborError("the bytes end within an item")
        return data[at:end] if major == _BYTES else data[at:end].decode("utf-8", "replace"), end
    if major < _BYTES:
        return -1 - argument if major else argument, at
    if major == _SIMPLE:
        return _SIMPLE_VALUES.get(argument), at
    size = {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}[major]
    if size > len(data) - at:
        raise CborError("a container is longer than the bytes that are left")
    return _Open(major, size), at


def _head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Major type, argument (None where a break will end the item) and the place behind them (RFC 8949, 3)."""
    if at >= len(data):
        raise CborError("the bytes end before an item")
    major, argument = data[at] >> 5, data[at] & 31
    at += 1
    if argument < _FIRST_LONG:
        return major, argument, at
    if argument <= _LAST_LONG:
        end = at + (1 << (argument - _FIRST_LONG))
        if end > len(data):
            raise CborError("the bytes end within a head")
        return major, int.from_bytes(data[at:end], "big"), end
    if argument != _INDEFINITE or not _BYTES <= major <= _MAP:
        raise CborError("a head that is not well-formed")
    return major, None, at


def _ended(stack: list[_Open]) -> _Open:
    """The container that a break ends."""
    if not stack or stack[-1].size is not None:
        raise CborError("a break outside an indefinite item")
    ended = stack.pop()
    ended.size = len(ended.items)
    return ended


def _closed(container: _Open) -> Any:
    items = container.items
    match container.major:
        case 2:
            return b"".join(_all_of(items, bytes))
        case 3:
            return "".join(_all_of(items, str))
        case 5:
            return _mapping(items)
        case 6:
            return items[0]
    return items


def _all_of(items: list[Any], kind: type) -> list[Any]:
    if not all(isinstance(item, kind) for item in items):
        raise CborError("a string of pieces of another kind")
    return items


def _mapping(items: list[Any]) -> dict[Any, Any]:
    keys, values = items[::2], items[1::2]
    if len(keys) != len(values) or not all(isinstance(key, (int, str, bytes)) for key in keys):
        raise CborError("a map that is not well-formed")
    found = dict(zip(keys, values, strict=True))
    if len(found) != len(keys):
        raise CborError("a map that names a key twice")
    return found
