"""Which stretch of a text, or of foreign bytes, means to be a record, before anything of it is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from labeling.limits import Limits
from labeling.profiles.gb45438 import KEY_WORD
from labeling.record import FIELD_NAMES

_NAMES = "|".join(FIELD_NAMES.values())
#: A field's name between quotation marks: of JSON, of a Python literal, or escaped.
_FIELD = re.compile(rf"[\"'](?:{_NAMES})\\?[\"']")
#: `AIGC{`, `AIGC: {`, `"AIGC"={`, `{"AIGC": {` at the start; the last also where nothing follows.
_OPENING = re.compile(
    rf"[\s\0\ufeff]*+(?:\{{\s*+[\"']{KEY_WORD}[\"']|[\"']?{KEY_WORD}[\"']?[\s\0]*+(?:[:=][\s\0]*+)?[\"']?\{{)",
    re.IGNORECASE,
)
#: An object, behind nothing or behind the name of something.
_OBJECT = re.compile(r"[\s\0\ufeff]*+(?:[\w.\- ]{1,32}[:=]\s*+)?\{")
#: How much of a text is searched for the names of fields.
_SEARCHED = 64 * 1024

#: The key word in front of an object, or an object that begins with a field.
_HIT = re.compile(
    rf"(?<![a-z0-9_]){KEY_WORD}[\"']?[\s\0]{{0,16}}[:=]?[\s\0]{{0,16}}[\"']?(?P<named>\{{)|\{{\s{{0,16}}[\"'](?:{_NAMES})\\?[\"']",
    re.IGNORECASE,
)
#: One of these stands in every record, in lower case.
_WORDS = (KEY_WORD.lower().encode(), b"contentproducer", b"produceid")
_BEFORE_KEY = re.compile(r"(?P<wrap>\{\s{0,16})?[\"']?\Z")
_LOOK_BACK = 18
#: The second field of a record follows the first within so many characters.
_NEAR = 4096
#: Objects with one of the fields that turn out to be something else; to see that costs up to `_NEAR` each.
_MOST_MISSES = 500
#: A string (closed or not) or a bracket; possessive, so that an unclosed string is not tried again from each quote.
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}]', re.DOTALL)
#: Objects in one another: more than `Limits.nesting` will ever be, and nothing that anybody reads.
_DEEPEST = 1_000


class Stretch(NamedTuple):
    """A record among other bytes: where it begins, where its object begins, and the first byte after it."""

    start: int
    object_start: int
    end: int


def means_a_record(text: str) -> bool:
    """Whether a text that may say anything is a record, well formed or not.

    It names the key word in front of an object, or is an object, alone or behind a name, with two of the fields.
    """
    if _OPENING.match(text):
        return True
    if not _OBJECT.match(text):
        return False
    return len(set(_FIELD.findall(text[:_SEARCHED]))) >= 2


def names_a_record(raw: bytes) -> bool:
    """Whether a word without which there is no record stands among bytes of which ASCII is a part."""
    folded = raw.lower()
    return any(word in folded for word in _WORDS)


def object_text(text: str) -> str:
    """The first object in `text` without what stands around it; all of `text` where there is none."""
    start = text.find("{")
    return text if start < 0 else text[start : _closing(text, start)]


def stretches(raw: bytes, limits: Limits) -> Iterator[Stretch]:
    """The records among bytes of any kind, in order, at most `Limits.records`.

    One that is not closed reaches to the next NUL or to the end. Linear in the length of `raw`.
    """
    if not names_a_record(raw):
        return
    # Latin-1 keeps offsets, and no byte of a longer UTF-8 character looks like ASCII.
    text = raw.decode("latin-1")
    at = found = misses = 0
    while found < limits.records and misses < _MOST_MISSES and (hit := _HIT.search(text, at)):
        start, object_start = _begin(text, hit)
        if object_start < 0:
            at = hit.end()
            misses += 1
            continue
        at = _closing(text, object_start)
        found += 1
        yield Stretch(start, object_start, at)


def _begin(text: str, hit: re.Match[str]) -> tuple[int, int]:
    """Where the record and its object begin; the latter is -1 for an object of another kind."""
    if not hit["named"]:
        near = _FIELD.findall(text, hit.start(), hit.end() + _NEAR)
        return hit.start(), hit.start() if len(set(near)) >= 2 else -1
    before = _BEFORE_KEY.search(text, max(0, hit.start() - _LOOK_BACK), hit.start())
    start = before.start() if before else hit.start()
    return start, start if before and before["wrap"] else hit.start("named")


def _closing(text: str, start: int) -> int:
    """The index after the brace that closes the one at `start`; where none does, or far too many open, the end."""
    depth = 0
    for match in _BRACKETS.finditer(text, start):
        bracket = match.group()
        depth += (bracket == "{") - (bracket == "}")
        if not depth:
            return match.end()
        if depth > _DEEPEST:
            break
    end = text.find("\0", start)
    return len(text) if end < 0 else end
