"""The front matter of a Markdown file: where it lies, and edits of its AIGC key by whole lines.

There is no standard for front matter; what is kept here is what Jekyll, Hugo, Pandoc and the authority's text guide
(TC260-PG-20258A) have in common: `---` on the very first line, a YAML mapping, `---` or `...` on a line of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from labeling.containers._encoding import line_view
from labeling.containers._yaml_entries import Entry, Mapping, read_mapping
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits

_OPENING = re.compile(r"---[ \t\r]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t\r]*(?:\n|\Z)", re.MULTILINE)
#: Of TOML only this much is read: whether it has a key of that name.
_TOML_KEY = r"^[ \t]*\[*[ \t]*[\"']?{}[\"']?[ \t]*[=.\]]"
_TOML = re.compile(r"\+\+\+[ \t\r]*\n(?:.*\n)*?\+\+\+[ \t\r]*(?:\n|\Z)")
#: The first line that is neither blank nor a comment, where it opens a mapping; prose does not, nor does a list.
_KEYED = re.compile(
    r"(?:[ \t\r]*(?:#.*)?\n)*[ \t]*(?:\{|\? |\"[^\"\n]*\"\s*:\s|'[^'\n]*'\s*:\s"
    r"|(?:[^\s#\-\[\]{}%@`!>|'\",?:<*]|[-?:](?=\S))[^\n]*?:(?:\s|\Z))"
)
_NOTHING = re.compile(r"(?:[ \t\r]*(?:#.*)?\n)*[ \t]*\Z")
_COMMA = re.compile(r"\s*,\s*")
_LINE_END = re.compile(r"[^\n]*\n?")
#: What a single-quoted YAML scalar cannot hold on one line (YAML 1.2, 5.1 and 7.3.2).
_UNQUOTABLE = re.compile(
    "[^\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]|[\u2028\u2029]"
)
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")

#: Notes of entries that are no entries of a mapping.
MALFORMED, TOML = "malformed", "toml"

#: (first index, index after the last, replacement), in code points of the text.
Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Indexes into the text: the lines between the delimiters are `inner`..`inner_end`; the body begins at `end`."""

    inner: int
    inner_end: int
    end: int
    toml: bool = False


def locate(view: str, limits: Limits) -> FrontMatter | None:
    """The front matter at the very start of `view` (from `line_view`), or None.

    A `---` that is a thematic break, or that nothing closes within `limits.front_matter_bytes`, opens none.
    """
    toml = _TOML.match(view[: limits.front_matter_bytes]) if view.startswith("+++") else None
    if toml:
        return FrontMatter(0, toml.end(), toml.end(), toml=True)
    opening = _OPENING.match(view)
    closing = _CLOSING.search(view, opening.end()) if opening else None
    if opening is None or closing is None or closing.start() >= limits.front_matter_bytes:
        return None
    inner = view[opening.end() : closing.start()]
    if not _KEYED.match(inner) and not _NOTHING.match(inner):
        return None
    return FrontMatter(opening.end(), closing.start(), closing.end())


def entries(text: str, front: FrontMatter, key_word: str, limits: Limits) -> tuple[Entry, ...]:
    """The entries named `key_word`, in their order, with indexes into the whole text.

    Where the YAML is broken and names the key word, the whole inside is one entry with the note 'malformed'; so it is
    for TOML, which is not read, with the note 'toml'.
    """
    inner = text[front.inner : front.inner_end]
    if key_word.casefold() not in inner.casefold():
        return ()
    if front.toml:
        named = re.search(_TOML_KEY.format(re.escape(key_word)), inner, re.MULTILINE | re.IGNORECASE)
        return (Entry(key_word, front.inner, front.inner_end, b"", (TOML,)),) if named else ()
    try:
        mapping = read_mapping(inner, key_word, limits)
    except MediaError as error:
        if error.code is not ErrorCode.MEDIA_MALFORMED:
            raise
        if not re.search(rf"^\s*[\"']?{re.escape(key_word)}[\"']?\s*:", inner, re.MULTILINE | re.IGNORECASE):
            return ()
        return (Entry(key_word, front.inner, front.inner_end, inner.encode("utf-8", "replace"), (MALFORMED,)),)
    found = sorted((*mapping.entries, *mapping.nested), key=lambda item: item.start) if mapping else ()
    return tuple(
        Entry(item.key, item.start + front.inner, item.end + front.inner, item.payload, item.notes) for item in found
    )


def edits_to_write(
    text: str, front: FrontMatter | None, key: str, payload: bytes, newline: str, limits: Limits
) -> list[Edit]:
    """The edits that leave exactly one `key`, holding the JSON `payload`, in a front matter.

    Raises MediaError: MEDIA_UNSUPPORTED for TOML, MEDIA_MALFORMED where the YAML is broken.
    """
    if front is None:
        lines = _block(key, payload, newline)
        return [(0, 0, f"---{newline}{lines}---{newline}" + ("" if text[:1] in ("\n", "\r") else newline))]
    mapping = _mapping(text, front, key, limits)
    if mapping is None:
        return [(front.inner, front.inner, _block(key, payload, newline))]
    spans = list(_spans(text, front, mapping))
    if mapping.flow:
        return _flow_edits(text, front, mapping, spans, f"{_quoted_key(key)}: {_flow(payload)}")
    indent = _indent(text, front, mapping)
    lines = _block(key, payload, newline, indent)
    if not spans:
        return [(front.inner, front.inner, lines)]
    first, *others = spans
    return [(*first, lines), *((*span, "") for span in others)]


def edits_to_drop(text: str, front: FrontMatter, key: str, wanted: frozenset[int], limits: Limits) -> list[Edit]:
    """The edits that remove the entries named `key` whose first characters are at the indexes `wanted`."""
    mapping = _mapping(text, front, key, limits)
    if mapping is None:
        return []
    edits: list[Edit] = []
    for entry, span in zip(mapping.entries, _spans(text, front, mapping), strict=True):
        if entry.start + front.inner in wanted:
            start, end = _with_comma(text, span) if mapping.flow else span
            edits.append((max(start, edits[-1][1] if edits else 0), end, ""))
    return edits


def _mapping(text: str, front: FrontMatter, key: str, limits: Limits) -> Mapping | None:
    if front.toml:
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            "the file has TOML front matter; the record belongs in YAML front matter, and readers take only one",
            feature="TOML front matter",
        )
    return read_mapping(text[front.inner : front.inner_end], key, limits)


def _spans(text: str, front: FrontMatter, mapping: Mapping) -> Iterator[tuple[int, int]]:
    """Where each entry lies: whole lines in a block mapping, key to comma in a flow mapping."""
    view = line_view(text[: front.end])
    for entry in mapping.entries:
        start, end = entry.start + front.inner, entry.end + front.inner
        if mapping.flow:
            yield start, end
            continue
        line_end = _LINE_END.match(view, end)
        yield view.rfind("\n", 0, start) + 1, line_end.end() if line_end else end


def _flow_edits(text: str, front: FrontMatter, mapping: Mapping, spans: list[tuple[int, int]], pair: str) -> list[Edit]:
    if not spans:
        after_brace = front.inner + mapping.start + 1
        return [(after_brace, after_brace, pair + (", " if mapping.keys else ""))]
    return [(*spans[0], pair), *((*_with_comma(text, span), "") for span in spans[1:])]


def _with_comma(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The span with the comma before it or, for the first entry of a flow mapping, after it."""
    before = text[: span[0]].rstrip()
    if before.endswith(","):
        return len(before) - 1, span[1]
    after = _COMMA.match(text, span[1])
    return span[0], after.end() if after else span[1]


def _indent(text: str, front: FrontMatter, mapping: Mapping) -> str:
    first = front.inner + mapping.start
    line_start = line_view(text[:first]).rfind("\n") + 1
    lead = text[line_start:first]
    return lead if lead.isspace() else " " * (len(lead) - len(lead.lstrip(" ")))


def _block(key: str, payload: bytes, newline: str, indent: str = "") -> str:
    """`key:` with its value in block style, single-quoted as in the example of TC260-PG-20258A."""
    value = _loads(payload)
    if not isinstance(value, _Pairs) or not value.pairs:
        return f"{indent}{_quoted_key(key)}: {_scalar(value)}{newline}"
    lines = [f"{indent}{_quoted_key(key)}:"]
    lines += [f"{indent}  {_quoted_key(name)}: {_scalar(item)}" for name, item in value.pairs]
    return newline.join(lines) + newline


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A JSON object whose members keep their order and their duplicates."""

    pairs: list[tuple[str, object]]


def _loads(payload: bytes) -> object:
    try:
        return json.loads(payload, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "replace")


def _flow(payload: bytes) -> str:
    return _scalar(_loads(payload)) if not payload.startswith(b"{") else _dumps(_loads(payload))


def _scalar(value: object) -> str:
    if isinstance(value, str) and not _UNQUOTABLE.search(value):
        return "'" + value.replace("'", "''") + "'"
    return _dumps(value)


def _dumps(value: object) -> str:
    """JSON that is YAML flow style as well (a space after each colon)."""
    if isinstance(value, _Pairs):
        return "{" + ", ".join(f"{_dumps(name)}: {_dumps(item)}" for name, item in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _quoted_key(key: str) -> str:
    return key if _PLAIN_KEY.match(key) else json.dumps(key, ensure_ascii=False)
