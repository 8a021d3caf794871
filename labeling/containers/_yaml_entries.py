"""The AIGC keys at the top of a YAML mapping: their values as JSON with every scalar as it is written.

Read from parser events (YAML 1.2, section 3.1), so that nothing is constructed: no number loses digits, no alias is
expanded, no tag is obeyed, and a key that occurs twice is seen twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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

#: YAML 1.2, 10.2.1.1: the plain scalars that mean null.
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_COLON = re.compile(r"\s*:")
#: What the parser raises on hostile input besides its own errors (bad escapes, bad directives).
_PARSER_ERRORS = (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError)

Event = Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One AIGC key; `start` is the key's first character, `end` the first after its value.

    The payload is JSON, or a string's own text (note 'string'), or the source where the value is no tree of its own
    (notes 'alias', 'complex-key').
    """

    key: str
    start: int
    end: int
    payload: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """The top-level mapping of a YAML text. `start` is where its first key or its brace stands."""

    start: int
    #: True for `{...}`.
    flow: bool
    keys: int
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class _Node:
    """A value under construction: its JSON text, where it ends, what was odd about it."""

    json: str
    end: int
    notes: list[str] = field(default_factory=list)


def read_mapping(text: str, key_word: str, limits: Limits) -> Mapping | None:
    """The mapping in `text` with the entries named `key_word` in any case; None for a text without a node.

    Raises MediaError(MEDIA_MALFORMED) where `text` is not YAML or not a mapping, LimitError(LIMIT_NESTING).
    """
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
    entries, keys, start = [], 0, first.start_mark.index
    for event in events:
        if isinstance(event, MappingEndEvent):
            break
        _node(event, events, limits, 1)
        keys += 1
        value = _node(next(events), events, limits, 1)
        if isinstance(event, ScalarEvent) and event.value.casefold() == key_word.casefold():
            entries.append(_entry(text, event, value))
    for _ in events:
        pass
    return Mapping(start, bool(first.flow_style), keys, tuple(entries))


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
    payload, notes = value.json, value.notes
    if notes:
        payload = text[start:end]
    elif payload.startswith('"'):
        payload, notes = json.loads(payload), ["string"]
    # A lone surrogate from an escape becomes the same JSON escape again.
    return Entry(key.value, start, end, payload.encode("utf-8", "backslashreplace"), tuple(notes))


def _node(event: Event, events: Iterator[Event], limits: Limits, depth: int) -> _Node:
    require_within(ErrorCode.LIMIT_NESTING, depth, limits.nesting, "the nesting of the front matter")
    if isinstance(event, ScalarEvent):
        return _Node(_scalar(event), event.end_mark.index if event.value or event.style else 0)
    if isinstance(event, SequenceStartEvent):
        return _sequence(event, events, limits, depth)
    if isinstance(event, MappingStartEvent):
        return _map(event, events, limits, depth)
    if isinstance(event, AliasEvent):
        return _Node("null", event.end_mark.index, ["alias"])
    raise _malformed("the front matter ends inside a value")


def _scalar(event: Event) -> str:
    if event.style is None and event.value in _NULLS:
        return "null"
    return json.dumps(event.value, ensure_ascii=False)


def _sequence(first: Event, events: Iterator[Event], limits: Limits, depth: int) -> _Node:
    node = _Node("", first.end_mark.index)
    items = []
    for event in events:
        if isinstance(event, SequenceEndEvent):
            _close(node, first, event)
            break
        items.append(_joined(node, _node(event, events, limits, depth + 1)))
    node.json = f"[{','.join(items)}]"
    return node


def _map(first: Event, events: Iterator[Event], limits: Limits, depth: int) -> _Node:
    node = _Node("", first.end_mark.index)
    items = []
    for event in events:
        if isinstance(event, MappingEndEvent):
            _close(node, first, event)
            break
        key = _joined(node, _node(event, events, limits, depth + 1))
        if isinstance(event, ScalarEvent):
            key = json.dumps(event.value, ensure_ascii=False)
        else:
            node.notes.append("complex-key")
        items.append(f"{key}:{_joined(node, _node(next(events), events, limits, depth + 1))}")
    node.json = f"{{{','.join(items)}}}"
    return node


def _joined(node: _Node, child: _Node) -> str:
    node.end = max(node.end, child.end)
    node.notes += child.notes
    return child.json


def _close(node: _Node, first: Event, last: Event) -> None:
    """A flow collection ends at its bracket; a block collection's end mark lies after later comments."""
    if first.flow_style:
        node.end = max(node.end, last.end_mark.index)


def _malformed(detail: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, detail, part="front matter")
