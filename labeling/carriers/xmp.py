"""The record as a property of an XMP packet (TC260-PG-20259A; ISO 16684-1 for the packet).

Works on packets only: where a packet sits in a JPEG, PNG, WebP, GIF, TIFF or PDF is the container's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from xml.sax.saxutils import escape

from lxml import etree

from labeling.carriers._xmp_properties import (
    RDF,
    Property,
    may_hold_one,
    properties,
    statements,
    text_of,
)
from labeling.carriers.xml import in_utf_8, parse_xml
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

__all__ = ["IPTC_EXTENSION", "RDF", "TC260", "Property", "XmpReading", "read", "write"]

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_RDF = f"{{{RDF}}}RDF"
_DESCRIPTION = f"{{{RDF}}}Description"
_ABOUT = f"{{{RDF}}}about"
_RESOURCE = f"{{{RDF}}}resource"
_SOURCE_TYPE = f"{{{IPTC_EXTENSION}}}DigitalSourceType"
#: C2PA, 'Embedding manifests': the address of an external manifest.
_PROVENANCE = "{http://purl.org/dc/terms/}provenance"
#: Properties in which generators name themselves or what they were asked for.
_STATEMENTS = {
    "{http://ns.adobe.com/xap/1.0/}CreatorTool": "CreatorTool",
    "{http://ns.adobe.com/photoshop/1.0/}Credit": "Credit",
    "{http://purl.org/dc/elements/1.1/}description": "description",
    "{http://ns.adobe.com/exif/1.0/}UserComment": "UserComment",
}

_HEADER = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_TRAILER = '<?xpacket end="w"?>'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{{}}</rdf:RDF></x:xmpmeta>'


@dataclass(frozen=True, slots=True)
class XmpReading:
    """What a packet says of AI generation."""

    properties: tuple[Property, ...]
    #: Values of Iptc4xmpExt:DigitalSourceType.
    source_types: tuple[str, ...]
    #: Values of dcterms:provenance: where a C2PA manifest lies that is not in the file. Never fetched.
    remote_manifests: tuple[str, ...] = ()
    #: (name, text) of properties in which generators name themselves or what they were asked for.
    statements: tuple[tuple[str, str], ...] = ()


def read(packet: bytes, limits: Limits) -> XmpReading:
    """Find every record, in element and attribute form and in any namespace, and the IPTC source types.

    Raises MediaError or LimitError where the packet is not XML within the bounds, LimitError(LIMIT_ITEMS) above
    `Limits.records`.
    """
    source = in_utf_8(packet)
    root = _root(source, limits)
    source_types: list[str] = []
    remote: list[str] = []
    statements: list[tuple[str, str]] = []
    for description in root.iter(_DESCRIPTION):
        source_types += _values(description, _SOURCE_TYPE)
        remote += _values(description, _PROVENANCE)
        statements += [(name, text) for full, name in _STATEMENTS.items() for text in _values(description, full)]
    return XmpReading(_records(root, source, limits), tuple(source_types), tuple(remote), tuple(statements))


def write(packets: Sequence[bytes], record: str | None, source_type: str | None, limits: Limits) -> bytes:
    """One packet that holds exactly this record and source type, and everything else that `packets` held.

    `record` is the JSON text of the bare object; None is for files whose record lies in another carrier. Where
    `source_type` is None, what the packets say of it stays. What stands in further packets (against the rules, yet
    seen) moves into the first.
    UTF-8, without padding. Raises MediaError or LimitError where a packet is not XML within the bounds.
    """
    if not packets:
        return _wrapped(_EMPTY.format(_description("", record, source_type)))
    root, *others = (_root(in_utf_8(packet), limits) for packet in packets)
    about = _about(root)
    for other in others:
        _move_descriptions(other, root, about)
    _drop(root, limits, keep_source_type=source_type is None)
    return _wrapped(_appended(root, _description(about, record, source_type)))


def _records(root: etree._Element, source: bytes, limits: Limits) -> tuple[Property, ...]:
    if not may_hold_one(source):
        return ()
    found = tuple(islice(properties(root, limits), limits.records + 1))
    require_within(ErrorCode.LIMIT_ITEMS, len(found), limits.records, "the number of records in a packet")
    return found


def _root(packet: bytes, limits: Limits) -> etree._Element:
    """The root element; bytes around it (padding, NULs, a stray declaration) are not part of the packet's meaning."""
    source = packet.strip(b"\0 \t\r\n")
    try:
        return parse_xml(source, limits)
    except MediaError as error:
        core = _core(source)
        if error.code is not ErrorCode.MEDIA_MALFORMED or core is None:
            raise
        return parse_xml(core, limits)


def _core(source: bytes) -> bytes | None:
    """The outermost known element, for packets with bytes around it that no XML parser accepts."""
    for name in (b"x:xmpmeta", b"x:xapmeta", b"rdf:RDF"):
        start, end = source.find(b"<" + name), source.rfind(b"</" + name + b">")
        if 0 <= start < end and (start, end + len(name) + 3) != (0, len(source)):
            return source[start : end + len(name) + 3]
    return None


def _values(description: etree._Element, name: str) -> Iterator[str]:
    """The values of a property, in attribute and element form."""
    attribute = description.get(name)
    if attribute is not None:
        yield attribute.strip()
    for child in description.iterchildren(name):
        yield (child.get(_RESOURCE) or text_of(child)).strip()


def _move_descriptions(source: etree._Element, target: etree._Element, about: str) -> None:
    for description in list(source.iter(_DESCRIPTION)):
        parent = description.getparent()
        if parent is not None and parent.tag == _RDF:
            description.set(_ABOUT, about)
            _rdf(target).append(description)


def _drop(root: etree._Element, limits: Limits, *, keep_source_type: bool) -> None:
    """Take earlier records out, the source type unless it is to stay, and descriptions that are empty then."""
    descriptions = list(root.iter(_DESCRIPTION))
    found = list(statements(root, limits))
    for element, attribute in found:
        if attribute is not None:
            del element.attrib[attribute]
    gone = {statement.property for statement in found if statement.attribute is None}
    for description in () if keep_source_type else descriptions:
        description.attrib.pop(_SOURCE_TYPE, "")
        gone.update(description.iterchildren(_SOURCE_TYPE))
    _take_out(gone)
    _take_out({description for description in descriptions if _says_nothing(description)})


def _take_out(elements: set[etree._Element]) -> None:
    for parent in dict.fromkeys(element.getparent() for element in elements):
        if parent is not None:
            _remove(parent, elements.__contains__)


def _says_nothing(element: etree._Element) -> bool:
    empty = not len(element) and not (element.text or "").strip()
    return empty and element.tag == _DESCRIPTION and set(element.attrib) <= {_ABOUT}


def _remove(parent: etree._Element, goes: Callable[[etree._Element], bool]) -> None:
    """Take children out and leave the text after them (indentation, mostly) in place, in linear time."""
    tails: dict[etree._Element | None, list[str]] = {}
    stays = None
    for child in list(parent):
        if goes(child):
            tails.setdefault(stays, []).append(child.tail or "")
            parent.remove(child)
        else:
            stays = child
    for element, texts in tails.items():
        if element is None:
            parent.text = "".join((parent.text or "", *texts)) or None
        else:
            element.tail = "".join((element.tail or "", *texts)) or None


def _about(root: etree._Element) -> str:
    """The subject of the packet; ISO 16684-1, 7.4 wants the same one on every description."""
    description = next(root.iter(_DESCRIPTION), None)
    return "" if description is None else description.get(_ABOUT, "")


def _description(about: str, record: str | None, source_type: str | None) -> str:
    prefixes, content = f' xmlns:rdf="{RDF}"', ""
    if source_type is not None:
        prefixes += f' xmlns:Iptc4xmpExt="{IPTC_EXTENSION}"'
        content = f"<Iptc4xmpExt:DigitalSourceType>{escape(source_type)}</Iptc4xmpExt:DigitalSourceType>"
    if record is not None:
        prefixes += f' xmlns:TC260="{TC260}"'
        content = f"<TC260:AIGC>{escape(record, {chr(34): '&quot;'})}</TC260:AIGC>" + content
    about = escape(about, {'"': "&quot;"})
    return f'<rdf:Description rdf:about="{about}"{prefixes}>{content}</rdf:Description>'


def _appended(root: etree._Element, description: str) -> str:
    """The XML with one more description at the end of its RDF element.

    The text goes in by way of a comment that no packet can hold, its own digest, because lxml would write the quotation
    marks of the JSON bare, and simple readers look for the entity that the guide shows.
    """
    before = _serialise(root)
    mark = sha256(before.encode()).hexdigest()
    _rdf(root).append(etree.Comment(mark))
    return _serialise(root).replace(f"<!--{mark}-->", description)


def _rdf(root: etree._Element) -> etree._Element:
    rdf = next(root.iter(_RDF), None)
    if rdf is None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the XMP packet has no rdf:RDF element", what="xmp")
    return rdf


def _serialise(root: etree._Element) -> str:
    return etree.tostring(root, encoding="unicode", with_tail=False)


def _wrapped(body: str) -> bytes:
    return f"{_HEADER}{body}{_TRAILER}".encode()
