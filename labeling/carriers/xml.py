"""The one guarded door for XML: no DTD, no entities, no network, bounded size and depth."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits, require_within

#: More than this many attributes in one tag, or namespace declarations in all, take a parser quadratic time.
_MOST_ATTRIBUTES = 1_000
#: A tag (or the text behind it) that is long enough to hold so many attributes; XML admits no '<' inside a tag.
_LONG_TAG = re.compile(rb"<[^<]{4000,}")
#: Encodings in which markup is ASCII, so that what is looked for in the bytes is what the parser sees.
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{0,40})""")
_PLAIN_ENCODINGS = re.compile(
    rb"utf-?(?:8|16|32)(?:[lb]e)?|(?:us-)?ascii|iso-8859-\d+|windows-125\d|gb[k\d]+", re.IGNORECASE
)

#: A byte order mark or '<' as the first character; the wider encodings come first.
_WIDE = tuple(
    (first.encode(codec), codec)
    for codec in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
    for first in ("\ufeff", "<")
)
_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]{0,200}\?>")

_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def parse_xml(source: bytes, limits: Limits) -> etree._Element:
    """Parse untrusted XML into its root element.

    Raises LimitError (size, depth, attributes) or MediaError: MEDIA_MALFORMED for a DTD, an entity or broken XML,
    MEDIA_UNSUPPORTED for an encoding that can hide markup.
    """
    require_within(ErrorCode.LIMIT_METADATA, len(source), limits.inflated_metadata_bytes, "the XML")
    _require_harmless(_markup_only(source), limits)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the XML cannot be read: {error}", what="xml") from None
    if _deeper_than(limits.nesting)(root):
        raise LimitError(ErrorCode.LIMIT_NESTING, "the XML is nested too deeply", limit=limits.nesting, what="the XML")
    return root


def in_utf_8(source: bytes) -> bytes:
    """XML in UTF-16 or UTF-32 as UTF-8, without its declaration; any other as it is."""
    for start, codec in _WIDE:
        if source.startswith(start):
            text = source.decode(codec, "replace").lstrip("\ufeff").rstrip("\0\ufffd")
            return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
    return source


def declared_encoding(source: bytes) -> str:
    """The encoding that XML in an encoding that contains ASCII declares, in lower case; '' where it does not.

    Raises MediaError(MEDIA_UNSUPPORTED) for one that can hide markup.
    """
    found = _ENCODING.search(source[:400])
    if found and not _PLAIN_ENCODINGS.fullmatch(found[1]):
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, "XML in this encoding is not read", feature="XML encoding")
    return found[1].decode().lower() if found else ""


def _require_harmless(markup: bytes, limits: Limits) -> None:
    declared_encoding(markup)
    if _DOCTYPE.search(markup):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the XML has a document type declaration", what="xml", reason="dtd")
    require_within(ErrorCode.LIMIT_ITEMS, markup.count(b"<"), limits.items, "the number of tags")
    for tag in _LONG_TAG.finditer(markup):
        require_within(ErrorCode.LIMIT_ITEMS, tag[0].count(b"="), _MOST_ATTRIBUTES, "the number of attributes in a tag")
    namespaces = markup.count(b"xmlns")
    require_within(ErrorCode.LIMIT_ITEMS, namespaces, _MOST_ATTRIBUTES, "the number of namespace declarations")


def _markup_only(source: bytes) -> bytes:
    """The ASCII markup of any encoding that XML allows, so that a DTD cannot hide in UTF-16 or UTF-32."""
    return source.replace(b"\0", b"") if b"\0" in source else source


@lru_cache(maxsize=8)
def _deeper_than(depth: int) -> etree.XPath:
    # One step for all elements: a path of many steps merges node sets, which takes quadratic time.
    return etree.XPath(f"boolean(/descendant::*[count(ancestor::*) >= {depth}])")
