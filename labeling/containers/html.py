"""HTML: the record is a `meta` element named AIGC; an older form is a comment.

The authority's guides define no place in HTML; `<meta name="AIGC" content="{...}">` is what services write.

Notes: 'other-case' (the key word in other letters), 'other-key' (a name that only contains it), 'property-attribute'
(named by `property` or `itemprop`), 'noscript' (inside that element, where readers without scripts see it).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from labeling.containers._encoding import SourceText, read_text
from labeling.containers._html_scan import Kind, Token, attributes, bounded, noted_tokens, tokens
from labeling.containers._key_word import case_notes, may_name_a_record
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format, RecordForm
from labeling.profiles.gb45438 import KEY_WORD
from labeling.record_text import means_a_record

META = "meta"
_NO_SCRIPT = "noscript"
COMMENT = "comment"

#: `AIGC: {...}` or `{"AIGC": {...}}`; a comment that merely begins with the word is none.
_IN_COMMENT = (
    rf"\s*+(?:[\"']?(?P<key>{KEY_WORD})[\"']?\s*+(?:[:=]\s*+)?(?P<bare>\{{)|(?P<wrapped>\{{)\s*+\"{KEY_WORD}\"\s*+:)"
)
_RECORD_COMMENT = re.compile(_IN_COMMENT, re.IGNORECASE)
#: Where a record may begin, by the looks of it.
_MAY_BEGIN = re.compile(rf"<(?:{META}[\s/]|!--{_IN_COMMENT})", re.IGNORECASE)
#: Elements that may stand before the body without opening it (HTML Standard 13.2.6.4.4).
HEAD_ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "link", "style", "script", "base", "noscript", "template", "bgsound", "basefont"}
)
_XHTML = re.compile(r"\s*<\?xml\b|\s*<!doctype[^>]*xhtml", re.IGNORECASE)


def parse(data: bytes, limits: Limits) -> Anatomy:
    """One TEXT block for each `meta` named AIGC and each comment that holds a record, wherever it stands.

    Raises MediaError as `_encoding.read_text` does.
    """
    source = read_text(data, limits, markup=True)
    return Anatomy(Format.HTML, blocks=tuple(block for _, block in _records(source, limits)), text=source)


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Drop blocks and write a `meta` into the head; a fragment gets it at its start, and no head is invented.

    A dropped `meta` of the head is replaced where it stood. Raises DeclarationError(RECORD_UNSUPPORTED) for XMP and
    EXIF, MediaError(MEDIA_UNSUPPORTED) where dropping a block would turn other markup into a record.
    """
    if changes.xmp is not None or changes.exif is not None:
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED, "HTML carries the record in a meta element", format=str(anatomy.format)
        )
    source = anatomy.text or read_text(data, limits, markup=True)
    starts = {block.start for block in changes.drop}
    gone = [token for token, block in _records(source, limits) if block.start in starts] if starts else []
    if changes.text is None:
        return _checked(
            source.spliced(data, [(*_whole_line(source.text, token), "") for token in gone]), anatomy, changes, limits
        )
    meta = _meta(source, *changes.text)
    head_end, place, lead, tail = _head(source, limits)
    heir = next((token for token in gone if token.kind is Kind.START and token.start < head_end), None)
    edits = [
        (token.start, token.end, meta) if token is heir else (*_whole_line(source.text, token), "") for token in gone
    ]
    if heir is None:
        edits.append((place, place, lead + meta + tail))
    return _checked(source.spliced(data, sorted(edits)), anatomy, changes, limits)


def _checked(result: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Where a block was dropped, see that this did not turn other markup into a record (`<svg><meta><script>...`)."""
    if changes.drop:
        left = len(anatomy.blocks) - len(changes.drop) + (changes.text is not None)
        if len(parse(result, limits).blocks) != left:
            raise MediaError(
                ErrorCode.MEDIA_UNSUPPORTED, "the record cannot be replaced", feature="record in odd markup"
            )
    return result


def _records(source: SourceText, limits: Limits) -> Iterator[tuple[Token, Block]]:
    at, offset = 0, source.offset(0)
    for token, entry in _entries(source.text, limits):
        # Each offset goes on from the one before, so that many records do not cost a pass over the text each.
        start = offset + source.width(at, token.start)
        at, offset = token.end, start + source.width(token.start, token.end)
        yield token, _block((start, offset), token, entry)


class _Entry(NamedTuple):
    """The name and the text of what may be a record."""

    keyword: str
    payload: str
    notes: tuple[str, ...] = ()


def _entries(text: str, limits: Limits) -> Iterator[tuple[Token, _Entry]]:
    for count, (token, notes) in enumerate(_candidates(text, limits), 1):
        require_within(ErrorCode.LIMIT_ITEMS, count, limits.records, "the tags and comments that may be records")
        entry = _from_comment(text, token) if token.kind is Kind.COMMENT else _from_meta(text, token)
        if entry:
            yield token, entry._replace(notes=(*entry.notes, *notes))


def _candidates(text: str, limits: Limits) -> Iterator[tuple[Token, tuple[str, ...]]]:
    """The tags and comments with the key word, and notes on where they stand; also those inside `noscript`."""
    opened = None
    for token in _tokens_until_last_record(text, limits):
        if token.kind is Kind.END and token.name == _NO_SCRIPT and opened is not None:
            inner = bounded(tokens(text, opened.end, token.start), limits)
            yield from ((one, (_NO_SCRIPT,)) for one in inner if _may_be_record(text, one))
        opened = token if token.kind is Kind.START and token.name == _NO_SCRIPT else None
        if _may_be_record(text, token):
            yield token, ()


def _may_be_record(text: str, token: Token) -> bool:
    if token.kind is Kind.COMMENT:
        return _RECORD_COMMENT.match(text, token.inner, token.end) is not None
    if token.kind is not Kind.START or token.name != META:
        return False
    source = text[token.start : token.end]
    return may_name_a_record(source) or _REFERENCE in source


#: A character reference can spell any letter of a name.
_REFERENCE = "&#"


def _tokens_until_last_record(text: str, limits: Limits) -> Iterator[Token]:
    """The tokens up to the last place where a record may begin; on most pages that is in the head."""
    last = max((found.start() for found in _MAY_BEGIN.finditer(text)), default=-1)
    if last < 0:
        return
    for token in bounded(noted_tokens(text), limits):
        yield token
        if token.end > last:
            return


def _from_meta(text: str, token: Token) -> _Entry | None:
    given = attributes(text, token)
    attribute = next((name for name in _NAMING if may_name_a_record(given.get(name, ""))), None)
    if attribute is None:
        return None
    name, content = given[attribute].strip(), given.get("content", "")
    notes = (*case_notes(name), *(() if attribute == "name" else ("property-attribute",)))
    if _LAST_PART.split(name.casefold())[-1] == KEY_WORD.casefold():
        return _Entry(name, content, notes)
    return _Entry(name, content, (*notes, "other-key")) if means_a_record(content) else None


#: Attributes that name a `meta`, the usual one first, and what parts a qualified name.
_NAMING = ("name", "property", "itemprop")
_LAST_PART = re.compile(r"[.:/]")


def _from_comment(text: str, token: Token) -> _Entry | None:
    found = _RECORD_COMMENT.match(text, token.inner, token.end)
    if not found:
        return None
    payload = text[found.start("bare" if found["bare"] else "wrapped") : token.end]
    return _Entry(found["key"] or KEY_WORD, re.sub(r"-+!?>\Z", "", payload).rstrip())


def _block(span: tuple[int, int], token: Token, entry: _Entry) -> Block:
    in_comment = token.kind is Kind.COMMENT
    return Block(
        kind=BlockKind.TEXT,
        unit=COMMENT if in_comment else META,
        start=span[0],
        end=span[1],
        payload=entry.payload.encode("utf-8", "replace"),
        keyword=entry.keyword,
        notes=entry.notes,
        carrier=Carrier.HTML_COMMENT if in_comment else Carrier.HTML_META,
    )


def _meta(source: SourceText, keyword: str, payload: bytes) -> str:
    content = html.escape(payload.decode("utf-8", "replace"))
    close = " />" if _XHTML.match(source.text) else ">"
    return source.in_markup(f'<meta name="{html.escape(keyword)}" content="{content}"{close}')


def _head(source: SourceText, limits: Limits) -> tuple[int, int, str, str]:
    """Where the head ends, where the new `meta` goes, and the white space before and after it.

    After the charset declaration, else after `<head>`, else after `<html>`, else after the document type.
    """
    text, newline = source.text, source.newline
    place, end, rank = 0, len(text), 0
    at = 0
    for token in bounded(tokens(text), limits):
        if at < token.start and text[at : token.start].strip("\t\n\f\r \ufeff") and not _inside_raw(text, token):
            end = at
            break
        found = _rank(text, token)
        if found is None:
            end = token.start
            break
        if found > rank:
            rank, place = found, token.end
        at = token.end
    if rank == 0:
        return end, 0, "", newline
    return end, place, newline if text[place : place + 1] in ("\r", "\n", "") or rank == 1 else "", ""


def _rank(text: str, token: Token) -> int | None:
    """How good the place after `token` is for a `meta`; None where the head is over."""
    if token.kind is Kind.UNFINISHED or (token.kind is Kind.START and token.name not in HEAD_ELEMENTS):
        return None
    if token.kind is Kind.END:
        return None if token.name in ("head", "body", "html") else 0
    if token.kind is Kind.OTHER:
        return 1
    if token.kind is Kind.COMMENT:
        return 0
    if token.name == META:
        given = attributes(text, token)
        charset = "charset" in given or given.get("http-equiv", "").lower() == "content-type"
        return 4 if charset else 0
    return {"html": 2, "head": 3}.get(token.name, 0)


def _inside_raw(text: str, token: Token) -> bool:
    """Say whether what precedes `token` is the content of a raw text element that it ends."""
    return token.kind is Kind.END and token.name in HEAD_ELEMENTS and token.name not in ("html", "head")


def _whole_line(text: str, token: Token) -> tuple[int, int]:
    """The token's span, with its whole line where nothing else stands on it."""
    start, end = token.start, token.end
    while start and text[start - 1] in " \t":
        start -= 1
    if start and text[start - 1] not in "\r\n":
        return token.start, token.end
    line_end = re.compile(r"[ \t]*(?:\r\n|\r|\n)").match(text, end)
    return (start, line_end.end()) if line_end else (token.start, token.end)


register(
    Container(
        Format.HTML,
        parse,
        splice,
        {RecordForm.STANDARD: BlockKind.TEXT},
        reads=frozenset({Carrier.HTML_META, Carrier.HTML_COMMENT}),
    )
)
