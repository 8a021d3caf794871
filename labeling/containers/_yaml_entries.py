"""The AIGC keys at the top of a YAML mapping: their values as JSON with every scalar as it is written.

Read from parser events (YAML 1.2, section 3.1), so that nothing is constructed: no number loses digits, no alias is
expanded, no tag is obeyed, and a key that occurs twice is seen twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.record_text import means_a_record

#: Notes of an entry. It stands below another key; its key only contains the key word; it is a string that should be a
#: mapping; a scalar in it would be a number, a truth value or a date to YAML, and is taken as it is written.
#: The parser's time grows with the square of the brackets that it has seen opened and not yet closed.
_OPENED_IN_A_ROW = re.compile(r"[\[{]{2,}+")
NESTED, OTHER_KEY, STRING, UNQUOTED = "nested", "other-key", "string", "unquoted"
#: Notes of an entry whose value is no tree of its own: it, or a key in it, stands elsewhere or is a collection.
ALIAS, COMPLEX_KEY = "alias", "complex-key"
UNRESOLVED = frozenset({ALIAS, COMPLEX_KEY})

#: YAML 1.2, 10.2.1.1: the plain scalars that mean null.
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: Plain scalars that are no strings by YAML 1.1 or 1.2: numbers, dates, truth values.
_NO_STRING = re.compile(
    r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.\d+|0[xo][\da-fA-F]+|\d+(?::[0-5]?\d)+(?:\.\d*)?)"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt \t].*)?|true|false|yes|no|on|off|y|n",
    re.IGNORECASE,
)
_COLON = re.compile(r"\s*:")
#: What the parser raises on hostile input besides its own errors (bad escapes, bad directives).
_PARSER_ERRORS = (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError)

Event = Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One AIGC key; `start` is the key's first character, `end` the first after its value.

    The payload is JSON, or a string's own text (note `STRING`), or the source where the value is no tree of its own
    (notes `ALIAS`, `COMPLEX_KEY`).
    """

    key: str
    start: int
    end: int
    payload: bytes
    notes: tuple[str, ...] = ()

    @property
    def is_resolved(self) -> bool:
        """Whether the payload is the value; else it is the source."""
        return UNRESOLVED.isdisjoint(self.notes)


@dataclass(frozen=True, slots=True)
class Mapping:
    """The top-level mapping of a YAML text. `start` is where its first key or its brace stands."""

    start: int
    #: True for `{...}`.
    flow: bool
    keys: int
    entries: tuple[Entry, ...]
    #: The same below other keys, where they do not belong.
    nested: tuple[Entry, ...] = ()


@dataclass(slots=True)
class _Node:
    """A value under construction: its JSON text, where it ends, what was odd about it."""

    json: str
    end: int
    notes: list[str] = field(default_factory=list)
    #: The same where the value can be rebuilt nevertheless.
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Search:
    """What is looked for while a value is read, and what was found of it below other keys."""

    text: str
    key_word: str
    limits: Limits
    found: list[Entry] = field(default_factory=list)
    #: True inside an entry, whose own keys are its own business.
    inside: bool = False

    def names(self, event: Event) -> bool:
        """Whether a key is the key word, in any case."""
        return isinstance(event, ScalarEvent) and event.value.casefold() == self.key_word.casefold()

    def contains(self, event: Event) -> bool:
        """Whether a key contains the key word, in any case."""
        return isinstance(event, ScalarEvent) and self.key_word.casefold() in event.value.casefold()


def read_mapping(text: str, key_word: str, limits: Limits) -> Mapping | None:
    """The mapping in `text` with the entries named `key_word` in any case; None for a text without a node.

    Raises MediaError(MEDIA_MALFORMED) where `text` is not YAML or not a mapping, LimitError(LIMIT_NESTING).
    """
    opened = max((len(row.group()) for row in _OPENED_IN_A_ROW.finditer(text)), default=0)
    require_within(ErrorCode.LIMIT_NESTING, opened, limits.nesting, "the nesting of the front matter")
    try:
        return _read(text, key_word, limits)
    except _PARSER_ERRORS as error:
        raise _malformed(f"the front matter is not valid YAML: {type(error).__name__}") from error


def _read(text: str, key_word: str, limits: Limits) -> Mapping | None:
    events = _events(text)
    first = next(events)
    if isinstance(first, StreamEndEvent):
        return None
    if not isinstance(first, MappingStartEvent):
        raise _malformed("the front matter is no mapping")
    search = _Search(text, key_word, limits)
    entries, keys, start = [], 0, first.start_mark.index
    for event in events:
        if isinstance(event, MappingEndEvent):
            break
        _node(event, events, search, 1)
        keys += 1
        search.inside = search.contains(event)
        value = _node(next(events), events, search, 1)
        entry = _entry(text, event, value) if search.contains(event) else None
        if entry and search.names(event):
            entries.append(entry)
        elif entry and means_a_record(entry.payload.decode("utf-8", "replace")):
            entries.append(replace(entry, notes=(*entry.notes, OTHER_KEY)))
    for _ in events:
        pass
    return Mapping(start, bool(first.flow_style), keys, tuple(entries), tuple(search.found))


def _events(text: str) -> Iterator[Event]:
    for event in YAML(typ="safe", pure=True).parse(text):
        if not isinstance(event, StreamStartEvent | DocumentStartEvent):
            yield event


def _entry(text: str, key: Event, value: _Node) -> Entry:
    start, after_key = key.start_mark.index, key.end_mark.index
    end = value.end
    if end <= after_key:
        colon = _COLON.match(text, after_key)
        end = colon.end() if colon else after_key
    end = start + len(text[start:end].rstrip())
    payload, notes = value.json, [*value.notes, *value.remarks]
    if value.notes:
        payload = text[start:end]
    elif payload.startswith('"'):
        payload, notes = json.loads(payload), [*notes, STRING]
    # A lone surrogate from an escape becomes the same JSON escape again.
    return Entry(key.value, start, end, payload.encode("utf-8", "backslashreplace"), tuple(dict.fromkeys(notes)))


def _node(event: Event, events: Iterator[Event], search: _Search, depth: int) -> _Node:
    most = search.limits.nesting
    require_within(ErrorCode.LIMIT_NESTING, depth, most, "the nesting of the front matter")
    if isinstance(event, ScalarEvent):
        return _leaf(event)
    if isinstance(event, SequenceStartEvent):
        return _sequence(event, events, search, depth)
    if isinstance(event, MappingStartEvent):
        return _map(event, events, search, depth)
    if isinstance(event, AliasEvent):
        return _Node("null", event.end_mark.index, [ALIAS])
    raise _malformed("the front matter ends inside a value")


def _leaf(event: Event) -> _Node:
    is_string = event.style is not None or event.tag is not None or not _NO_STRING.fullmatch(event.value)
    end = event.end_mark.index if event.value or event.style else 0
    return _Node(_scalar(event), end, remarks=[] if is_string else [UNQUOTED])


def _scalar(event: Event) -> str:
    if event.style is None and event.value in _NULLS:
        return "null"
    return json.dumps(event.value, ensure_ascii=False)


def _sequence(first: Event, events: Iterator[Event], search: _Search, depth: int) -> _Node:
    node = _Node("", first.end_mark.index)
    items = []
    for event in events:
        if isinstance(event, SequenceEndEvent):
            _close(node, first, event)
            break
        items.append(_joined(node, _node(event, events, search, depth + 1)))
    node.json = f"[{','.join(items)}]"
    return node


def _map(first: Event, events: Iterator[Event], search: _Search, depth: int) -> _Node:
    node = _Node("", first.end_mark.index)
    items = []
    for event in events:
        if isinstance(event, MappingEndEvent):
            _close(node, first, event)
            break
        key = _joined(node, _node(event, events, search, depth + 1))
        if isinstance(event, ScalarEvent):
            key = json.dumps(event.value, ensure_ascii=False)
        else:
            node.notes.append(COMPLEX_KEY)
        value = _value(event, events, search, depth + 1)
        items.append(f"{key}:{_joined(node, value)}")
    node.json = f"{{{','.join(items)}}}"
    return node


def _value(key: Event, events: Iterator[Event], search: _Search, depth: int) -> _Node:
    """The value of a key; an entry of its own where the key is the key word and stands in no entry."""
    is_entry = search.names(key) and not search.inside
    search.inside = search.inside or is_entry
    value = _node(next(events), events, search, depth)
    if is_entry:
        search.inside = False
        entry = _entry(search.text, key, value)
        if not entry.is_resolved or means_a_record(entry.payload.decode("utf-8", "replace")):
            search.found.append(replace(entry, notes=(*entry.notes, NESTED)))
    return value


def _joined(node: _Node, child: _Node) -> str:
    node.end = max(node.end, child.end)
    node.notes += child.notes
    node.remarks += child.remarks
    return child.json


def _close(node: _Node, first: Event, last: Event) -> None:
    """A flow collection ends at its bracket; a block collection's end mark lies after later comments."""
    if first.flow_style:
        node.end = max(node.end, last.end_mark.index)


def _malformed(detail: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, detail, part="front matter")
