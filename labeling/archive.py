"""Office packages (ISO/IEC 29500-2): the parts of a ZIP archive, their content types and their relations.

`open_archive` of `labeling._zip` bounds the archive, `labeling.carriers.xml` the XML. Nothing outside the package is
followed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from labeling._zip import Archive, Entry, lists_entry, open_archive
from labeling.carriers.xml import parse_xml
from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Format

__all__ = ["Package", "office_format", "open_archive", "open_package"]

CONTENT_TYPES = "[Content_Types].xml"
RELATIONS = "_rels/.rels"

_TYPES_NAMESPACE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONS_NAMESPACE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
#: With the namespace that the standard wants, and without, as some writers have it.
_OVERRIDE = frozenset({_TYPES_NAMESPACE + "Override", "Override"})
_DEFAULT = frozenset({_TYPES_NAMESPACE + "Default", "Default"})
_RELATIONSHIP = frozenset({_RELATIONS_NAMESPACE + "Relationship", "Relationship"})
#: A reference that needs no decoding.
_PLAIN_NAME = re.compile(r"/?(?:[\w-]+(?:\.[\w-]+)*/)*[\w-]+(?:\.[\w-]+)*")

#: ISO/IEC 29500-1, 15.2 (and part 4 for the transitional name): the main part of a document.
_MAIN_PART = frozenset({
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
})  # fmt: skip
#: What the main part of a document, template, show or add-in is, with and without macros (ISO/IEC 29500-1, 11.3.10,
#: 12.3.23, 13.3.6; [MS-OFFMACRO2]).
_MAIN_TYPES: dict[str, Format] = {
    name.casefold(): fmt
    for fmt, names in {
        Format.DOCX: (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
            "application/vnd.ms-word.document.macroEnabled.main+xml",
            "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
        ),
        Format.XLSX: (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            "application/vnd.ms-excel.template.macroEnabled.main+xml",
            "application/vnd.ms-excel.addin.macroEnabled.main+xml",
            "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
        ),
        Format.PPTX: (
            "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
            "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
            "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
            "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
            "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
            "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
            "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml",
        ),
    }.items()
    for name in names
}


#: Tags and attributes in all the XML that is read of one package, some 1 µs each; 20,000 parts take 60,000.
_MOST_MARKUP = 128 * 1024


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of the package itself to a part inside it."""

    kind: str
    #: Name of the part, without the first slash.
    target: str


class Package:
    """An archive with the types of its parts and the relations of the whole.

    Reading a part raises MediaError as `Archive.read` and `parse_xml` do, and LimitError(LIMIT_ITEMS) where all parts
    together hold too many tags and attributes.
    """

    def __init__(self, archive: Archive, limits: Limits) -> None:
        self.archive = archive
        self._limits = limits
        self._markup = 0
        #: Content type by folded part name, and by folded extension.
        self._overrides: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        self._read_content_types()
        self.relations = tuple(self._read_relations())

    def parse(self, entry: Entry) -> etree._Element:
        """The root element of a part."""
        source = self.archive.read(entry)
        self._markup += source.count(b"<") + source.count(b"=")
        require_within(ErrorCode.LIMIT_ITEMS, self._markup, _MOST_MARKUP, "the number of tags and attributes")
        return parse_xml(source, self._limits)

    def content_type(self, name: str) -> str:
        """The content type of a part (ISO/IEC 29500-2, content types), folded; empty where none is stated."""
        folded = name.casefold()
        extension = posixpath.splitext(folded)[1].removeprefix(".")
        return self._overrides.get(folded) or self._defaults.get(extension, "")

    def related(self, kinds: Collection[str]) -> tuple[str, ...]:
        """The names of the parts to which relations of these kinds point, each once, in any case."""
        targets = (relation.target for relation in self.relations if relation.kind in kinds)
        return tuple({target.casefold(): target for target in targets}.values())

    @property
    def format(self) -> Format | None:
        """What the main part says the document is; None where it is no text, table or presentation.

        Without a relation to a main part, the only part of such a type counts.
        """
        types = [self.content_type(name) for name in self.related(_MAIN_PART)] or self._overrides.values()
        found = {_MAIN_TYPES[name] for name in types if name in _MAIN_TYPES}
        return found.pop() if len(found) == 1 else None

    def _read_content_types(self) -> None:
        for element in self._elements(CONTENT_TYPES):
            kind = element.get("ContentType", "").strip().casefold()
            if element.tag in _OVERRIDE:
                self._overrides[_part_name(element.get("PartName", "")).casefold()] = kind
            elif element.tag in _DEFAULT:
                self._defaults[element.get("Extension", "").strip().casefold()] = kind

    def _read_relations(self) -> Iterator[Relation]:
        for element in self._elements(RELATIONS):
            if element.tag in _RELATIONSHIP and element.get("TargetMode", "Internal") != "External":
                yield Relation(element.get("Type", "").strip(), _part_name(element.get("Target", "")))

    def _elements(self, name: str) -> Iterator[etree._Element]:
        """The children of the root element of a part; none where the part is missing."""
        entry = self.archive.find(name)
        return iter(()) if entry is None else iter(self.parse(entry))


def open_package(data: bytes, limits: Limits) -> Package:
    """Open the archive and read its content types and relations.

    Raises MediaError as `open_archive` does, and where either is broken XML; LimitError where a bound is reached.
    """
    return Package(open_archive(data, limits), limits)


def office_format(data: bytes, limits: Limits) -> Format | None:
    """The format of an office document in a ZIP archive; None for an archive of another kind.

    Raises MediaError and LimitError where `data` is no sound archive, as `open_package` does.
    """
    if not lists_entry(data, CONTENT_TYPES):
        return None
    return open_package(data, limits).format


def _part_name(reference: str) -> str:
    """A reference from the root of the package as the name of an entry."""
    if _PLAIN_NAME.fullmatch(reference):
        return reference.lstrip("/")
    return posixpath.normpath("/" + unquote(reference.strip()).replace("\\", "/")).lstrip("/")
