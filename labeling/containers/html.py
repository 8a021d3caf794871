"""HTML: the record is a `meta` element named AIGC; an older form is a comment.

The authority's guides define no place in HTML; `<meta name="AIGC" content="{...}">` is what services write.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from labeling.containers._encoding import GB18030, UTF_8, SourceText, read_text
from labeling.containers._html_scan import Kind, Token, attributes, bounded, noted_tokens, tokens
from labeling.containers.base import Anatomy, Block, BlockKind, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Format, RecordForm
from labeling.profiles.gb45438 import KEY_WORD

META = "meta"
COMMENT = "comment"

#: `AIGC: {...}` or `{"AIGC": {...}}`; a comment that merely begins with the word is none.
_RECORD_COMMENT = re.compile(
    rf"\s*(?:[\"']?(?P<key>{KEY_WORD})[\"']?\s*[:=]?\s*(?P<bare>\{{)|(?P<wrapped>\{{)\s*\"{KEY_WORD}\"\s*:)",
    re.IGNORECASE,
)
#: Elements that may stand before the body without opening it (HTML Standard 13.2.6.4.4).
HEAD_ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "link", "style", "script", "base", "noscript", "template", "bgsound", "basefont"}
)
#: Encodings in which the letters of the key word are their ASCII bytes.
_ASCII_COMPATIBLE = frozenset({UTF_8, GB18030})
_XHTML = re.compile(r"\s*<\?xml\b|\s*<!doctype[^>]*xhtml", re.IGNORECASE)


def parse(data: bytes, limits: Limits) -> Anatomy:
    """One TEXT block for each `meta` named AIGC and each comment that holds a record, wherever it stands.

    Raises MediaError as `_encoding.read_text` does.
    """
    source = read_text(data, limits, markup=True)
    blocks = tuple(_blocks(source, limits)) if _may_hold_a_record(data, source) else ()
    return Anatomy(Format.HTML, blocks=blocks, text=source)


def _may_hold_a_record(data: bytes, source: SourceText) -> bool:
    """Whether the key word can stand anywhere, plainly or as character references; saves most pages the walk."""
    if source.codec not in _ASCII_COMPATIBLE:
        return True
    return b"&#" in data or KEY_WORD.lower().encode() in data.lower()


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


def _blocks(source: SourceText, limits: Limits) -> Iterator[Block]:
    for _token, block in _records(source, limits):
        yield block


def _records(source: SourceText, limits: Limits) -> Iterator[tuple[Token, Block]]:
    for token in bounded(noted_tokens(source.text), limits):
        if token.kind is Kind.START and token.name == META:
            found = _from_meta(source.text, token)
        elif token.kind is Kind.COMMENT:
            found = _from_comment(source.text, token)
        else:
            continue
        if found:
            unit = META if token.kind is Kind.START else COMMENT
            yield token, _block(source, token, unit, *found)


def _from_meta(text: str, token: Token) -> tuple[str, str] | None:
    given = attributes(text, token)
    name = given.get("name", "").strip()
    return (name, given.get("content", "")) if name.casefold() == KEY_WORD.casefold() else None


def _from_comment(text: str, token: Token) -> tuple[str, str] | None:
    found = _RECORD_COMMENT.match(text, token.inner, token.end)
    if not found:
        return None
    payload = text[found.start("bare" if found["bare"] else "wrapped") : token.end]
    return found["key"] or KEY_WORD, re.sub(r"-+!?>\Z", "", payload).rstrip()


def _block(source: SourceText, token: Token, unit: str, keyword: str, payload: str) -> Block:
    return Block(
        kind=BlockKind.TEXT,
        unit=unit,
        start=source.offset(token.start),
        end=source.offset(token.end),
        payload=payload.encode("utf-8", "replace"),
        keyword=keyword,
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


register(Container(Format.HTML, parse, splice, {RecordForm.STANDARD: BlockKind.TEXT}))
