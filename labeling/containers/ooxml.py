"""Word, Excel and PowerPoint documents: the record is a custom property of the package (TC260-PG-20258A).

`docProps/custom.xml` is only the usual name of that part; what counts is the relation of the package to it, in its
transitional or its strict form. Text fields of the core and the extended properties are handed out beside it, XMP
where the package has any, and the C2PA manifest store. Templates, shows, add-ins and files with macros are read alike.

Notes: 'no-relationship' (a part of the usual name to which no relation points), 'no-content-type' (the part is not
declared to be one of custom properties), 'second-part' (there is more than one), 'other-namespace', 'other-fmtid',
'lpstr' and 'bstr' (the guide's type is lpwstr), 'not-a-string', 'other-case', 'not-custom-property' (a core or
extended property of that name), 'unreadable'.

Source: ISO/IEC 29500-1, 15.2.12 and 22.3; ISO/IEC 29500-2, 8 (core properties); C2PA 2.2, A.6 (ZIP-based formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree

from labeling.archive import Package, open_package
from labeling.containers._block_list import BlockList
from labeling.containers._key_word import may_name_a_record
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content, whole
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format

CUSTOM_PART: Final = "docProps/custom.xml"
CREDENTIAL_PART: Final = "META-INF/content_credential.c2pa"
_XMP_TYPE: Final = "application/rdf+xml"
_CUSTOM_TYPE: Final = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
#: The format identifier of user-defined properties.
_FMTID: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"

_CUSTOM_RELATIONS: Final = frozenset({
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties",
})  # fmt: skip
_CUSTOM_NAMESPACES: Final = frozenset({
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
})  # fmt: skip
#: Usual name of a part with other properties, and the relations that point to it.
_OTHER_PROPERTIES: Final = (
    (
        "docProps/core.xml",
        frozenset({
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
            # As Word 2007 wrote it.
            "http://schemas.openxmlformats.org/officedocument/2006/relationships/metadata/core-properties",
        }),
    ),
    (
        "docProps/app.xml",
        frozenset({
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties",
            "http://purl.oclc.org/ooxml/officeDocument/relationships/extendedProperties",
        }),
    ),
)  # fmt: skip
#: Notes by the type of the value; the guide's own has none, and what is not listed is no string.
_TYPE_NOTES: Final[dict[str, tuple[str, ...]]] = {"lpwstr": (), "lpstr": ("lpstr",), "bstr": ("bstr",)}
#: Properties of other names that are handed out. Reference managers write thousands, a piece of a list in each.
_MOST_OTHERS: Final = 256
#: 22.4.2.4: characters that XML does not admit stand in a bstr as `_x0000_`.
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the properties of an office document; its text, tables and pictures are never inflated.

    A part of custom properties that cannot be read gives an OTHER block with the note 'unreadable'.
    Raises MediaError and LimitError as `labeling.archive.open_package` does, and MediaError(MEDIA_MALFORMED) for a
    package that is no office document.
    """
    # 1. The package, and what it is.
    package = open_package(whole(content, limits), limits)
    fmt = package.format
    if fmt is None:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the package has no main part of an office document", what="ooxml")
    blocks = BlockList(limits)
    # 2. The properties in which the guide puts the record.
    for number, (name, notes) in enumerate(_custom_parts(package)):
        _read_custom(package, name, (*notes, *(("second-part",) if number else ())), blocks)
    # 3. The other properties: title, description, application.
    for usual, relations in _OTHER_PROPERTIES:
        for name in package.related(relations) or (usual,):
            _read_others(package, name, blocks)
    # 4. XMP and the C2PA manifest store.
    _read_packets(package, blocks)
    credential = package.archive.find(CREDENTIAL_PART)
    if credential is not None:
        blocks.credential(credential.name, package.archive.span(credential))
    return Anatomy(fmt, blocks=blocks.blocks)


def _custom_parts(package: Package) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of the parts of custom properties, each with what is odd about how it is reached."""
    related = package.related(_CUSTOM_RELATIONS)
    for name in related:
        yield name, ()
    if CUSTOM_PART.casefold() not in map(str.casefold, related) and package.archive.find(CUSTOM_PART):
        yield CUSTOM_PART, ("no-relationship",)


def _read_custom(package: Package, name: str, notes: tuple[str, ...], blocks: BlockList) -> None:
    entry = package.archive.find(name)
    if entry is None:
        blocks.unreadable(name, (0, 0), *notes)
        return
    if package.content_type(name) != _CUSTOM_TYPE:
        notes = (*notes, "no-content-type")
    span = package.archive.span(entry)
    try:
        root = package.parse(entry)
    except LimitError:
        raise
    except MediaError:
        blocks.unreadable(name, span, *notes)
        return
    for element in _of_interest(root):
        text, oddities = _property(element)
        _add(blocks, name, span, element.get("name", ""), text, (*notes, *oddities))


def _of_interest(root: etree._Element) -> Iterator[etree._Element]:
    """Every property that may be a record, and the first of the others."""
    others = 0
    for element in root.iter("{*}property"):
        is_other = not may_name_a_record(element.get("name", ""))
        others += is_other
        if not is_other or others <= _MOST_OTHERS:
            yield element


def _property(element: etree._Element) -> tuple[str, tuple[str, ...]]:
    """Value and oddities of one custom property."""
    value = next(element.iterchildren("*"), None)
    kind = "" if value is None else _local_name(value)
    text = "" if value is None else _text(value)
    if kind == "bstr":
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    notes = _TYPE_NOTES.get(kind, ("not-a-string",))
    if etree.QName(element).namespace not in _CUSTOM_NAMESPACES:
        notes = (*notes, "other-namespace")
    if element.get("fmtid", "").strip().upper() != _FMTID:
        notes = (*notes, "other-fmtid")
    return text, notes


def _read_others(package: Package, name: str, blocks: BlockList) -> None:
    """The text fields of core or extended properties; that they cannot be read hides no record of the guide."""
    entry = package.archive.find(name)
    if entry is None:
        return
    span = package.archive.span(entry)
    try:
        root = package.parse(entry)
    except MediaError:
        blocks.unreadable(name, span, keyword=name)
        return
    fields = (element for element in root.iterchildren("*") if element.text and not len(element))
    for element in islice(fields, _MOST_OTHERS):
        keyword = _local_name(element)
        notes = ("not-custom-property",) if may_name_a_record(keyword) else ()
        _add(blocks, name, span, keyword, element.text or "", notes)


def _read_packets(package: Package, blocks: BlockList) -> None:
    """XMP packets that belong to the package as a whole: related to it, or beside its properties."""
    related = [relation.target for relation in package.relations]
    beside = (name for name in package.archive.names() if name.casefold().startswith("docprops/"))
    for name in {name.casefold(): name for name in (*related, *beside)}.values():
        entry = package.archive.find(name)
        if entry is not None and (name.casefold().endswith(".xmp") or package.content_type(name) == _XMP_TYPE):
            blocks.require_packet(name, entry.size)
            blocks.packet(name, package.archive.span(entry), package.archive.read(entry))


def _add(blocks: BlockList, unit: str, span: tuple[int, int], keyword: str, text: str, notes: tuple[str, ...]) -> None:
    payload = text.encode("utf-8", "replace")
    if blocks.admits(unit, keyword, len(payload)):
        blocks.text(unit, span, keyword, payload, Carrier.OOXML_PROPERTY, *notes)


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())


def _local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


for _format in (Format.DOCX, Format.XLSX, Format.PPTX):
    register(Reader(_format, parse, frozenset({Carrier.OOXML_PROPERTY, Carrier.XMP, Carrier.XMP_ATTRIBUTE})))
