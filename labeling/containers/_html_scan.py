"""The tokens of an HTML text with their places, after the HTML Standard's tokenizer (section 13.2.5).

Only what decides where markup begins and ends is kept: tags with quoted attributes, comments with their odd endings,
raw text elements, CDATA in foreign content. Every pattern is possessive or searched forwards, so time is linear in
the text whatever it holds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within


class Kind(IntEnum):
    """What a token is."""

    START = 1
    END = 2
    COMMENT = 3
    #: DOCTYPE, processing instruction, CDATA section, bogus comment.
    OTHER = 4
    #: A tag, comment or raw text that the end of the file cuts off: nothing from here on is shown.
    UNFINISHED = 5
    #: A simple element as a whole, and several of them with nothing but white space between.
    UNIT = 6
    RUN = 7


class Token(NamedTuple):
    """One token; `name` is lower case and empty for comments. `inner` is where attributes or comment text begin."""

    kind: Kind
    name: str
    start: int
    end: int
    inner: int


_SPACE = r"\t\n\f\r "
_NAME = rf"[^{_SPACE}/>][^{_SPACE}/>=]*+"
_VALUE = (
    rf"(?:[{_SPACE}]*+=[{_SPACE}]*+"
    rf"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^{_SPACE}>\"'][^{_SPACE}>]*+)?+)?+"
)
_ATTRIBUTES = rf"(?:[{_SPACE}/]++|{_NAME}{_VALUE})*+"
#: Attributes of an element that they cannot hide.
_OPEN_ATTRIBUTES = rf"(?:[{_SPACE}/]++|(?!(?i:hidden|style)[{_SPACE}/>=]){_NAME}{_VALUE})*+"
_ANY = (
    rf"<(?:(?P<tag>/?[a-zA-Z][^{_SPACE}/>]*+){_ATTRIBUTES}(?P<close>>|\Z)"
    r"|(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<other>[!?/][^>]*+(?P<ended>>|\Z)))"
)
_INLINE = "a|b|i|u|s|q|em|strong|span|code|sup|sub|small|mark|br|img|cite|abbr|kbd|del|ins|time|wbr|font|var|samp"
_ITEMS = f"{_INLINE}|li|tr|td|th|thead|tbody|tfoot|caption|col|colgroup"


def _rest(attributes: str) -> str:
    """The pattern of a tag after its name; most tags have no attributes."""
    return rf"(?:>|(?=[{_SPACE}/]){attributes}>)"


def _tag(names: str, attributes: str) -> str:
    """The pattern of a tag of one of these names; the first letter tells most others apart."""
    initials = "".join(sorted({name[0] for name in names.split("|")}))
    return rf"</?(?=[{initials}])(?:{names}){_rest(attributes)}"


def _unit(name: str, inside: str) -> str:
    """The pattern of a simple element after its `<`: text and tags of the names `inside`, none of which is hidden."""
    content = rf"[^<]*+(?:{_tag(inside, _OPEN_ATTRIBUTES)}[^<]*+)*+"
    return rf"{name}{_rest(_OPEN_ATTRIBUTES)}{content}</{name}[{_SPACE}]*+>"


#: Text and phrases, or a list or table of such without another list or table inside.
_SIMPLE = dict.fromkeys("p li td th dt dd h1 h2 h3 h4 h5 h6".split(), _INLINE) | dict.fromkeys(
    ("ul", "ol", "table"), _ITEMS
)
_UNIT = f"<(?:{'|'.join(_unit(name, inside) for name, inside in _SIMPLE.items())})"
_PAIR = re.compile(
    rf"({_NAME})"
    rf"(?:[{_SPACE}]*+=[{_SPACE}]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^{_SPACE}>\"'][^{_SPACE}>]*+)))?+"
)
#: A tag or comment, for taking markup out of a short text.
MARKUP = re.compile(rf"<!--.*?-->|</?[a-zA-Z][^{_SPACE}/>]*+{_ATTRIBUTES}(?:>|\Z)", re.DOTALL)
_OPEN_TAG = re.compile(rf"<([a-z0-9]++){_ATTRIBUTES}>")
_TOKEN = re.compile(_ANY)
_ONE_UNIT = re.compile(_UNIT)
_UNITS = re.compile(rf"(?:[{_SPACE}]*+{_UNIT})*+")
_TOKEN_OR_RUN = re.compile(rf"(?P<run>(?:{_UNIT}[{_SPACE}]*+)++)|{_ANY}")
_COMMENT_END = re.compile(r"--!?>")
#: A comment that ends as soon as it begins (13.2.5.43).
_ABRUPT = re.compile(r"-?>")
_SCRIPT_PART = re.compile(rf"<!---*>|<!--|-->|<(/?)script(?=[{_SPACE}/>])", re.IGNORECASE)

RAW_TEXT = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"}
)
_RAW_END = {name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE) for name in RAW_TEXT}
_FOREIGN = frozenset({"svg", "math"})
_HTML_INSIDE_FOREIGN = frozenset({"foreignobject", "annotation-xml"})
_NOTED = "|".join(sorted({"meta", *RAW_TEXT, *_FOREIGN, *_HTML_INSIDE_FOREIGN}))
#: The next token that holds metadata or changes what markup means; other tags are passed over inside the pattern.
_COMMON_TAG = _tag(f"{_INLINE}|p|li|div|td|th|tr|h[1-6]", _ATTRIBUTES)
_OTHER_TAG = rf"<(?!/?(?i:{_NOTED})(?:[{_SPACE}/>]|\Z))/?[a-zA-Z][^{_SPACE}/>]*+{_ATTRIBUTES}>"
_NOTED_TOKEN = re.compile(rf"[^<]*+(?:(?:{_COMMON_TAG}|{_OTHER_TAG}|<(?![a-zA-Z!/?]))[^<]*+)*+{_ANY}")
#: Start tags that end foreign content (13.2.6.5).
BREAKOUT = frozenset(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta"
    " nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split()
)


def tokens(text: str, start: int = 0, stop: int | None = None) -> Iterator[Token]:
    """Yield the tokens of `text` in order; what lies between two of them is character data.

    The content of a raw text element lies between its START and its END token. Linear in the length of `text`.
    """
    return _scan(text, start, len(text) if stop is None else stop, _TOKEN.search)


def tokens_and_runs(text: str) -> Iterator[Token]:
    """As `tokens`, with each run of simple paragraphs, headings, list items or cells as one RUN token.

    The white space after it belongs to the run.
    """
    return _scan(text, 0, len(text), _TOKEN_OR_RUN.search)


def units(text: str, start: int, stop: int) -> Iterator[Token]:
    """The UNIT tokens of a run: `inner` is where the content begins; it ends at the last `<`."""
    for found in _ONE_UNIT.finditer(text, start, stop):
        opening = _OPEN_TAG.match(text, found.start())
        if opening:
            yield Token(Kind.UNIT, opening[1], found.start(), found.end(), opening.end())


def units_until(text: str, start: int, stop: int) -> int:
    """The end of the last unit that ends at `stop` or before, in a run that begins at `start`."""
    found = _UNITS.match(text, start, stop)
    return found.end() if found else start


def noted_tokens(text: str) -> Iterator[Token]:
    """As `tokens`, but of the tags only `meta` and those that change what markup means."""
    return _scan(text, 0, len(text), _NOTED_TOKEN.match)


def bounded(found: Iterator[Token], limits: Limits) -> Iterator[Token]:
    """The same tokens; raises LimitError(LIMIT_ITEMS) beyond `Limits.markup_tokens`."""
    for count, token in enumerate(found, 1):
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.markup_tokens, "the number of tags and comments")
        yield token


Finder = Callable[[str, int, int], "re.Match[str] | None"]


def _scan(text: str, at: int, stop: int, find: Finder) -> Iterator[Token]:
    foreign = _ForeignContent()
    while found := (_TOKEN.search if foreign.depth else find)(text, at, stop):
        if found.lastgroup == "run":
            at = found.end()
            yield Token(Kind.RUN, "", found.start(), at, found.start())
            continue
        token = _token(text, found, foreign.depth > 0)
        yield token
        at = token.end
        if token.kind <= Kind.END:
            foreign.see(token)
            if token.kind is Kind.START and token.name in RAW_TEXT and not foreign.depth:
                at = _raw_end(text, token.name, at)
                if at < 0:
                    yield Token(Kind.UNFINISHED, token.name, token.start, len(text), token.end)
                    return


def attributes(text: str, token: Token) -> dict[str, str]:
    """The attributes of a START token: names in lower case, references decoded, the first of a name wins."""
    found: dict[str, str] = {}
    for match in _PAIR.finditer(text, token.inner, token.end - 1):
        name, quoted, single, bare = match.groups()
        found.setdefault(name.lower(), unescaped(quoted or single or bare or ""))
    return found


def unescaped(text: str) -> str:
    """Character references decoded (13.5); text with a reference of absurd length stays as it is."""
    try:
        return html.unescape(text)
    except ValueError:
        # int() refuses more than 4300 digits.
        return text


class _ForeignContent:
    """How deep the scanner is in SVG or MathML, where raw text elements and CDATA mean something else."""

    def __init__(self) -> None:
        self.depth = 0
        self._outer: list[int] = []

    def see(self, token: Token) -> None:
        name = token.name
        if token.kind is Kind.START:
            if name in _FOREIGN:
                self.depth += 1
            elif self.depth and name in _HTML_INSIDE_FOREIGN:
                self._outer.append(self.depth)
                self.depth = 0
            elif self.depth and name in BREAKOUT:
                self.depth = 0
        elif self._outer and name in _HTML_INSIDE_FOREIGN:
            self.depth = self._outer.pop()
        elif self.depth and name in _FOREIGN:
            self.depth -= 1


def _token(text: str, found: re.Match[str], foreign: bool) -> Token:
    end, tag = found.end(), found["tag"]
    if tag is not None:
        start = found.start("tag") - 1
        kind = Kind.END if tag[0] == "/" else Kind.START
        name = tag.lstrip("/").lower()
        if not found["close"]:
            kind = Kind.UNFINISHED
        elif kind is Kind.START and name in _FOREIGN and text[end - 2] == "/":
            kind = Kind.OTHER
        return Token(kind, name, start, end, found.end("tag"))
    if found["comment"]:
        return _comment(text, end - 4, end)
    if found["cdata"]:
        start = end - 9
        closing = text.find("]]>", end) if foreign else text.find(">", end)
        return _closed(Kind.OTHER, text, start, end, closing, 3 if foreign else 1)
    start = found.start("other") - 1
    return Token(Kind.OTHER if found["ended"] else Kind.UNFINISHED, "", start, end, start + 2)


def _comment(text: str, start: int, inner: int) -> Token:
    abrupt = _ABRUPT.match(text, inner)
    if abrupt:
        return Token(Kind.COMMENT, "", start, abrupt.end(), inner)
    ending = _COMMENT_END.search(text, inner)
    if ending is None:
        return Token(Kind.UNFINISHED, "", start, len(text), inner)
    return Token(Kind.COMMENT, "", start, ending.end(), inner)


def _closed(kind: Kind, text: str, start: int, inner: int, closing: int, length: int) -> Token:
    if closing < 0:
        return Token(Kind.UNFINISHED, "", start, len(text), inner)
    return Token(kind, "", start, closing + length, inner)


def _raw_end(text: str, name: str, at: int) -> int:
    """Where the end tag of a raw text element begins; -1 where there is none."""
    if name == "plaintext":
        return -1
    if name == "script":
        return _script_end(text, at)
    found = _RAW_END[name].search(text, at)
    return found.start() if found else -1


def _script_end(text: str, at: int) -> int:
    """The end of script data, with its escaped and double escaped states (13.2.5.15 to 13.2.5.31)."""
    escaped = nested = False
    for part in _SCRIPT_PART.finditer(text, at):
        word = part[0]
        if word == "<!--":
            escaped = True
        elif word == "-->":
            escaped = nested = False
        elif not word.startswith("<!") and part[1]:
            if not nested:
                return part.start()
            nested = False
        elif escaped and not word.startswith("<!"):
            nested = True
    return -1
