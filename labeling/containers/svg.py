"""SVG: XMP, or a bare record, in `metadata` elements, and records in comments (SVG 2, 5.10; XMP part 3, 3.4).

A drawing may be large, so only its metadata go through the XML parser, each inside the root's start tag, which declares
the namespaces. A document type declaration is passed over: no entity is expanded, and a reference to one reads as its
name; older drawing programs use them for the names of namespaces. Read only; words in the picture are no visible label.

Units: 'metadata', 'xmpmeta', 'RDF', 'comment', 'DOCTYPE'. Offsets are 0 where the file is not in UTF-8.
Notes: 'unreadable' (a declaration whose entities, which are not read, may hold a record).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from labeling.carriers.xml import declared_encoding, in_utf_8, parse_xml
from labeling.containers._svg_scan import Drawing, Part, scan
from labeling.containers.base import Anatomy, Block, BlockKind, Reader, register
from labeling.content import Content, whole
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format
from labeling.profiles.gb45438 import KEY_WORD
from labeling.record_text import means_a_record, names_a_record

#: References to entities other than the five of XML itself (XML 1.0, 4.6) and to characters.
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)([\w.:\-]+);")
_IS_XMP = re.compile(rb"\bRDF\b|<(?:[\w.\-]+:)?aigc\b|[\s:]aigc\s*=", re.IGNORECASE)
#: C2PA 2.2, A.3.7: the manifest store as Base64 in an element of its own.
_MANIFEST_NAMESPACE = b"http://c2pa.org/manifest"
_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/=\s])[A-Za-z0-9+/=\s]{1024,}+")
#: Without one of these there is no object; a character reference can spell the brace.
_OF_OBJECTS = (b"{", b"&#")
_COMMENT = slice(len("<!--"), -len("-->"))


def parse(content: Content, limits: Limits) -> Anatomy:
    """Name the metadata of a drawing; width and height are left at 0, for they may be of any unit.

    Raises MediaError as `_svg_scan.scan` does, MEDIA_UNSUPPORTED for an unknown encoding; LimitError(LIMIT_METADATA)
    for too large metadata.
    """
    data = whole(content, limits)
    text = _decoded(data)
    drawing = scan(text, limits)
    require_within(ErrorCode.LIMIT_ITEMS, len(drawing.parts), limits.records, "the parts that may hold a record")
    total = sum(part.end - part.start for part in drawing.parts)
    require_within(ErrorCode.LIMIT_METADATA, total, limits.all_metadata_bytes, "the metadata of the drawing")
    blocks = tuple(block for part in drawing.parts for block in _blocks(text, drawing, part, limits))
    if text is not data:
        blocks = tuple(replace(block, start=0, end=0) for block in blocks)
    return Anatomy(Format.SVG, blocks=blocks)


def _decoded(data: bytes) -> bytes:
    """The drawing in UTF-8, or in ASCII and what it has besides."""
    text = in_utf_8(data)
    encoding = declared_encoding(text)
    if text is not data or encoding in ("", "utf-8", "utf8", "ascii", "us-ascii"):
        return text
    try:
        return text.decode(encoding).encode()
    except (UnicodeError, LookupError) as error:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the drawing is not in {encoding}", what="svg") from error


def _blocks(text: bytes, drawing: Drawing, part: Part, limits: Limits) -> Iterator[Block]:
    source = text[part.start : part.end]
    if part.kind == "doctype":
        if names_a_record(source) or any(mark in source for mark in _OF_OBJECTS):
            yield _block(BlockKind.OTHER, "DOCTYPE", part, b"", KEY_WORD, notes=("unreadable",))
    elif part.kind == "comment":
        if means_a_record(source[_COMMENT].decode("utf-8", "replace")):
            yield _block(BlockKind.TEXT, "comment", part, source[_COMMENT].strip(), carrier=Carrier.HTML_COMMENT)
    else:
        yield from _of_element(source, drawing, part, limits)


def _of_element(source: bytes, drawing: Drawing, part: Part, limits: Limits) -> Iterator[Block]:
    if _MANIFEST_NAMESPACE in source + drawing.root and b"manifest" in source:
        yield _block(BlockKind.C2PA, part.kind, part, b"")
        source = _BASE64.sub(b"", source)
    inside = _REFERENCE.sub(rb"\1", b"".join((drawing.root, source, b"</", drawing.root_name, b">")))
    if _IS_XMP.search(source):
        require_within(ErrorCode.LIMIT_METADATA, len(inside), limits.metadata_bytes, "the metadata of the drawing")
        yield _block(BlockKind.XMP, part.kind, part, inside)
        return
    if not any(mark in source for mark in _OF_OBJECTS):
        return
    words = "".join(str(piece) for piece in parse_xml(inside, limits).itertext("*")).strip()
    if means_a_record(words):
        yield _block(BlockKind.TEXT, part.kind, part, words.encode(), carrier=Carrier.APP_SEGMENT)


def _block(
    kind: BlockKind,
    unit: str,
    part: Part,
    payload: bytes,
    keyword: str = "",
    *,
    notes: tuple[str, ...] = (),
    carrier: Carrier | None = None,
) -> Block:
    return Block(kind, unit, part.start, part.end, payload, keyword, notes, carrier)


register(
    Reader(
        Format.SVG,
        parse,
        frozenset({Carrier.XMP, Carrier.XMP_ATTRIBUTE, Carrier.HTML_COMMENT, Carrier.APP_SEGMENT}),
    )
)
