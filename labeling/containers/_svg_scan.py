"""The parts of a drawing that say something about it: metadata elements, comments, the document type declaration.

Found in the bytes, because a drawing may be too large for a tree; a part's own XML is parsed by others. XML 1.0 admits
no bare '<' but as markup, so what looks like a tag outside comments, CDATA, instructions and the declaration is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

_ATTRIBUTES = rb"(?:[^\"'<>]++|\"[^\"<]*+\"|'[^'<]*+')*+"
#: What the search stops at: whatever may hide markup, and the elements that are read.
_TOKEN = re.compile(
    rb"<(?:(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<instruction>\?)|(?P<doctype>!DOCTYPE\b)"
    rb"|(?P<name>(?:[\w.\-]+:)?(?P<local>svg|metadata|x[am]pmeta|RDF))(?=[\s/>])" + _ATTRIBUTES + rb">)"
)
_CLOSINGS = {"comment": b"-->", "cdata": b"]]>", "instruction": b"?>"}
#: A document type declaration behind its first word: names, and an internal subset (XML 1.0, 2.8).
_DOCTYPE = re.compile(
    rb"(?:[^\[>\"']++|\"[^\"]*+\"|'[^']*+')*+"
    rb"(?:\[(?:[^\]\"'<]++|\"[^\"]*+\"|'[^']*+'|<!--(?:[^\-]|-(?!->))*+-->|<(?!!--))*+\]\s*+)?>"
)
#: Comments, instructions and metadata elements of one drawing that are looked at, some 2 µs each.
_MOST_PARTS = 65_536


class Part(NamedTuple):
    """A part where it lies: `kind` is 'comment', 'doctype', or the name of an element without its prefix."""

    kind: str
    start: int
    #: First byte after it, with its end tag.
    end: int


class Drawing(NamedTuple):
    """The root's start tag with its name, and the parts in their order; comments only where one may hold an object."""

    root: bytes
    root_name: bytes
    parts: tuple[Part, ...]


def scan(text: bytes, limits: Limits) -> Drawing:
    """Find the parts of a drawing in UTF-8 or another encoding that contains ASCII.

    Raises MediaError: MEDIA_MALFORMED without an `svg` root, MEDIA_TRUNCATED where markup or the root does not end;
    LimitError(LIMIT_ITEMS).
    """
    root = root_name = b""
    parts = []
    for token, end in _tokens(text, limits):
        kind = (token.lastgroup or "") if token["name"] is None else token["local"].decode()
        if kind == "svg":
            root, root_name = root or token[0], root_name or token["name"]
        elif (
            kind == "doctype"
            or (token["name"] and root)
            or (kind == "comment" and text.find(b"{", token.start(), end) >= 0)
        ):
            parts.append(Part(kind, token.start(), end))
    if not root:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the drawing has no svg element", what="svg")
    if not root.endswith(b"/>") and text.rfind(b"</" + root_name) < 0:
        raise _cut("the root element")
    return Drawing(root, root_name, tuple(parts))


def _tokens(text: bytes, limits: Limits) -> Iterator[tuple[re.Match[bytes], int]]:
    """What the search stops at, each with the first byte after it; of an element that is read that is its end tag."""
    at = count = 0
    while token := _TOKEN.search(text, at):
        count += 1
        require_within(ErrorCode.LIMIT_ITEMS, count, min(limits.items, _MOST_PARTS), "the parts of the drawing")
        at = _end(text, token)
        yield token, at


def _end(text: bytes, token: re.Match[bytes]) -> int:
    if token["local"] == b"svg" or (token["name"] and token[0].endswith(b"/>")):
        return token.end()
    if token["doctype"]:
        declaration = _DOCTYPE.match(text, token.end())
        if declaration is None:
            raise _cut("the document type declaration")
        return declaration.end()
    closing = b"</" + token["name"] if token["name"] else _CLOSINGS[token.lastgroup or ""]
    end = text.find(closing, token.end())
    end = text.find(b">", end) if end >= 0 else end
    if end < 0:
        raise _cut(f"a part that begins at byte {token.start()}")
    return end + 1


def _cut(what: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_TRUNCATED, f"the drawing ends before {what} does", what="svg")
