"""Python libraries that know nothing of this package and write the record into a small file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pikepdf
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin, features
from PIL.ExifTags import IFD, Base

from tests.labeling._corpus_record import BARE, WRAPPED, attribute, element, fields
from tests.labeling.format_files import photo, saved

#: Takes the workshop of the programs, which a library does not need.
Maker = Callable[[object], bytes]

# Pillow


def plain(kind: str, **options: Any) -> bytes:
    """A small photograph."""
    if kind in ("AVIF", "WEBP") and not features.check(kind.lower()):
        pytest.skip(f"Pillow was built without {kind}")
    return saved(photo(), kind, **options)


def pillow(kind: str, **options: Any) -> Maker:
    """A picture with these options of `Image.save`; a function makes what Pillow changes while it saves."""
    return lambda _: plain(kind, **{name: value() if callable(value) else value for name, value in options.items()})


def comment(code: bytes = b"ASCII\0\0\0", codec: str = "ascii", text: str = WRAPPED) -> Callable[[], Image.Exif]:
    """EXIF with a user comment in the Exif sub-IFD."""

    def make() -> Image.Exif:
        tags = Image.Exif()
        tags.get_ifd(IFD.Exif)[Base.UserComment] = code + text.encode(codec)
        return tags

    return make


def comment_bytes() -> bytes:
    """The same as bytes, from which Pillow drops nothing."""
    return comment()().tobytes()


def description() -> Image.Exif:
    """EXIF with an image description."""
    tags = Image.Exif()
    tags[Base.ImageDescription] = WRAPPED
    return tags


def entry(
    value: str = BARE, *, key: str = "AIGC", compressed: bool = False, international: bool = False
) -> Callable[[], PngImagePlugin.PngInfo]:
    """A chunk tEXt, zTXt or iTXt."""

    def make() -> PngImagePlugin.PngInfo:
        info = PngImagePlugin.PngInfo()
        (info.add_itxt if international else info.add_text)(key, value, zip=compressed)
        return info

    return make


def tag(number: int, kind: int, value: bytes | str) -> Callable[[], TiffImagePlugin.ImageFileDirectory_v2]:
    """A tag of the first directory, in one of the types of TIFF 6.0."""

    def make() -> TiffImagePlugin.ImageFileDirectory_v2:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags.tagtype[number] = kind
        tags[number] = value
        return tags

    return make


# pikepdf

_NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"


def blank_pdf() -> bytes:
    """One empty page."""
    return _pdf(lambda _: None)


def pdf_info(text: str = BARE, **options: Any) -> Maker:
    """The key in the document's information dictionary, saved with these options."""
    return lambda _: _pdf(lambda pdf: pdf.docinfo.__setitem__("/AIGC", pikepdf.String(text)), **options)


def pdf_metadata(**options: Any) -> Maker:
    """The property in the document's XMP."""

    def write(pdf: pikepdf.Pdf) -> None:
        with pdf.open_metadata() as metadata:
            metadata.register_xml_namespace(_NAMESPACE, "TC260")
            metadata[f"{{{_NAMESPACE}}}AIGC"] = BARE

    return lambda _: _pdf(write, **options)


def _pdf(write: Callable[[pikepdf.Pdf], None], **options: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        write(pdf)
        pdf.save(out, **options)
    return out.getvalue()


# Office documents

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="AIGC">'
    "<vt:lpwstr>{}</vt:lpwstr></property></Properties>"
)


def docx(_: object) -> bytes:
    """A Word document, by python-docx."""
    module = pytest.importorskip("docx", reason="python-docx is not installed")
    opc = pytest.importorskip("docx.opc.part")
    document = module.Document()
    name = pytest.importorskip("docx.opc.packuri").PackURI("/docProps/custom.xml")
    return _related(document, opc.Part(name, _MEDIA_TYPE, _properties(), document.part.package))


def pptx(_: object) -> bytes:
    """A presentation, by python-pptx."""
    module = pytest.importorskip("pptx", reason="python-pptx is not installed")
    opc = pytest.importorskip("pptx.opc.package")
    document = module.Presentation()
    name = pytest.importorskip("pptx.opc.packuri").PackURI("/docProps/custom.xml")
    return _related(document, opc.Part(name, _MEDIA_TYPE, document.part.package, _properties()))


def _properties() -> bytes:
    return _PROPERTIES.format(escape(BARE)).encode()


def _related(document: Any, part: Any) -> bytes:
    """The two libraries have no words for custom properties, but for parts of the package and relations to them."""
    document.part.package.relate_to(part, _RELATION)
    return _saved(document)


def xlsx(_: object) -> bytes:
    """A workbook, by openpyxl."""
    module = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    custom = pytest.importorskip("openpyxl.packaging.custom")
    book = module.Workbook()
    book.custom_doc_props.append(custom.StringProperty(name="AIGC", value=BARE))
    return _saved(book)


def _saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# Text


def front_matter(**options: Any) -> Maker:
    """Markdown with front matter, by PyYAML with these options of `dump`."""

    def make(_: object) -> bytes:
        yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
        head = yaml.safe_dump({"title": "A note", "AIGC": fields()}, allow_unicode=True, sort_keys=False, **options)
        return f"---\n{head}---\n\n# A note\n\nWords.\n".encode()

    return make


def html(method: str) -> Maker:
    """A page whose head names the record, by the standard library's XML writer (`method` html or xml)."""

    def make(_: object) -> bytes:
        page = ElementTree.Element("html")
        head = ElementTree.SubElement(page, "head")
        ElementTree.SubElement(head, "meta", name="AIGC", content=BARE)
        ElementTree.SubElement(head, "title").text = "A note"
        ElementTree.SubElement(ElementTree.SubElement(page, "body"), "p").text = "Words."
        return b"<!doctype html>\n" + ElementTree.tostring(page, encoding="utf-8", method=method)

    return make


def svg(_: object) -> bytes:
    """A drawing whose metadata hold the packet, which the XML writer gives prefixes of its own."""
    return _drawing(element())


def svg_attribute(_: object) -> bytes:
    """The same with the property as an attribute."""
    return _drawing(attribute())


def _drawing(packet: bytes) -> bytes:
    root = ElementTree.Element("{http://www.w3.org/2000/svg}svg", width="8", height="8")
    ElementTree.SubElement(root, "{http://www.w3.org/2000/svg}metadata").append(ElementTree.fromstring(packet))
    ElementTree.SubElement(root, "{http://www.w3.org/2000/svg}rect", width="8", height="8", fill="red")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
