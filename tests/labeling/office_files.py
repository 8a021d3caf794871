"""Office documents as other libraries write them, and packages written part by part."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import docx
import openpyxl
import pptx
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from openpyxl.packaging.custom import StringProperty
from pptx.opc.package import Part as PresentationPart
from pptx.opc.packuri import PackURI as PresentationURI

RECORD = (
    '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"P-1","ReservedCode1":"",'
    '"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"P-1","ReservedCode2":""}'
)
CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
STRICT_CUSTOM = "http://purl.oclc.org/ooxml/officeDocument/customProperties"
VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
STRICT_VALUES = "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"
FMTID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def a_property(
    value: str = RECORD, name: str = "AIGC", kind: str = "lpwstr", fmtid: str = FMTID, pid: int = 2, **names: str
) -> str:
    """One property of a custom properties part; the prefix of the value is `vt`."""
    content = f"<vt:{kind}>{escape(value)}</vt:{kind}>"
    return f'<property fmtid="{fmtid}" pid="{pid}" name={quoteattr(name)}>{content}</property>'


def custom_part(*properties: str, namespace: str = CUSTOM, values: str = VALUES) -> bytes:
    """A custom properties part."""
    body = "".join(properties or [a_property()])
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<Properties xmlns="{namespace}" xmlns:vt="{values}">{body}</Properties>'.encode()


def override(name: str, kind: str) -> str:
    return f'<Override PartName="/{name}" ContentType="{kind}"/>'


def relation(target: str, kind: str, number: int = 9, mode: str = "") -> str:
    return f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"{mode}/>'


def content_types(*overrides: str, main: str = MAIN_TYPE) -> bytes:
    """A content types part, with that of the main part."""
    body = "".join([override("word/document.xml", main), *overrides])
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<Types xmlns="{namespace}"><Default Extension="xml" ContentType="application/xml"/>{body}</Types>'.encode()


def relations(*others: str, main: str = OFFICE + "officeDocument") -> bytes:
    """The relations of a package, with that to the main part."""
    body = "".join([relation("word/document.xml", main, 1), *others])
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{body}</Relationships>'.encode()


CUSTOM_OVERRIDE = override("docProps/custom.xml", CUSTOM_TYPE)
CUSTOM_RELATION = relation("docProps/custom.xml", OFFICE + "custom-properties")


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def package(
    parts: Mapping[str, bytes] | None = None,
    types: bytes | None = None,
    related: bytes | None = None,
    **options: int,
) -> bytes:
    """A document with a main part and whatever else; with a record where nothing else is said."""
    default = {"docProps/custom.xml": custom_part()}
    return zipped(
        {
            "[Content_Types].xml": content_types(CUSTOM_OVERRIDE) if types is None else types,
            "_rels/.rels": relations(CUSTOM_RELATION) if related is None else related,
            "word/document.xml": b"<document/>",
            **(default if parts is None else parts),
        },
        **options,
    )


@dataclass
class RawEntry:
    """An entry of an archive, written byte by byte; what is None is as it should be."""

    name: bytes
    content: bytes
    method: int = 8
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    #: Where the directory says that the local header lies.
    start: int | None = None
    packed: bytes | None = None

    def stored(self) -> bytes:
        if self.packed is not None:
            return self.packed
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush() if self.method == 8 else self.content

    def fields(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return crc, len(self.stored()), len(self.content) if self.size is None else self.size


def raw_zip(entries: Iterable[RawEntry], comment: bytes = b"", count: int | None = None, disk: int = 0) -> bytes:
    """An archive by the letter of PKWARE's note, or against it."""
    out, directory, total = bytearray(), bytearray(), 0
    for entry in entries:
        start = len(out) if entry.start is None else entry.start
        local = entry.name if entry.local_name is None else entry.local_name
        head = struct.pack("<HHHHH", 20, entry.flags, entry.method, 0, 33) + struct.pack("<III", *entry.fields())
        out += b"PK\3\4" + head + struct.pack("<HH", len(local), 0) + local + entry.stored()
        directory += b"PK\1\2" + b"\x14\0" + head + struct.pack("<HHHHHI", len(entry.name), 0, 0, 0, 0, 0)
        directory += struct.pack("<I", start) + entry.name
        total += 1
    end = struct.pack("<HHHHIIH", disk, disk, *[total if count is None else count] * 2, len(directory), len(out), 0)
    return bytes(out + directory) + b"PK\5\6" + end[:-2] + struct.pack("<H", len(comment)) + comment


def with_part(document: docx.document.Document | pptx.presentation.Presentation, blob: bytes) -> bytes:
    """A document of python-docx or python-pptx with a custom properties part."""
    package_ = document.part.package
    if isinstance(document, docx.document.Document):
        part = Part(PackURI("/docProps/custom.xml"), CONTENT_TYPE.OFC_CUSTOM_PROPERTIES, blob, package_)
    else:
        uri = PresentationURI("/docProps/custom.xml")
        part = PresentationPart(uri, CONTENT_TYPE.OFC_CUSTOM_PROPERTIES, package_, blob)
    package_.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)
    return saved(document.save)


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def word(blob: bytes | None = None) -> bytes:
    """A text of python-docx, with custom properties if these are given."""
    document = docx.Document()
    document.add_paragraph("Some text.")
    document.core_properties.title = "A title"
    return saved(document.save) if blob is None else with_part(document, blob)


def slides(blob: bytes | None = None) -> bytes:
    """A presentation of python-pptx, with custom properties if these are given."""
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    presentation.core_properties.title = "A title"
    return saved(presentation.save) if blob is None else with_part(presentation, blob)


def sheet(record: str | None = None) -> bytes:
    """A table of openpyxl, with a record if it is given."""
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.properties.title = "A title"
    if record is not None:
        book.custom_doc_props.append(StringProperty(name="AIGC", value=record))
    return saved(book.save)
