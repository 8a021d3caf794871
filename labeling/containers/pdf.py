"""PDF: the record is the entry `AIGC` of the document information dictionary (TC260-PG-20258A); XMP is read as well.

Only the newest revision counts. A file whose tables are broken is searched for its objects, as readers do; where even
that finds no information dictionary, it cannot be said that there is no record. An encrypted file is refused, also one
that opens without a password. XMP of pages and pictures, and manifest stores that only an annotation names, are not
looked for.

Units: 'Info', 'Root' and 'trailer' (an entry that belongs into Info), 'Metadata', 'AF' (the manifest store). Offsets
are those of the object; 0, 0 where it lies in an object stream or in the trailer.

Notes: 'object-stream', 'direct' (Info stands in the trailer itself), 'hex-string', 'not-a-string', 'utf-16',
'utf-16-le', 'utf-8' (with a byte order mark, as PDF 2.0 has it), 'utf-8-unmarked', 'not-in-info', 'compressed',
'other-case', 'rebuilt' (the tables are broken), 'unreadable'.

Source: ISO 32000-2, 14.3 (metadata) and 14.13 (associated files); C2PA 2.2, embedding manifests into PDFs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labeling.containers._block_list import BlockList
from labeling.containers._key_word import may_name_a_record
from labeling.containers._pdf_document import Document, Found, open_document, recover_document
from labeling.containers._pdf_syntax import Allowance, Dictionary, Name, Reference, String, Value, malformed
from labeling.containers._pdf_text import decode_text
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content, whole
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits, require_within
from labeling.model import Carrier, Format

REBUILT: Final = "rebuilt"
#: Entries of an information dictionary that are objects of their own; each is looked up in all revisions.
_MOST_REFERENCES: Final = 100
_MANIFEST: Final = Name("C2PA_Manifest")


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the trailer, the information dictionary and the catalogue of a PDF, and the XMP to which it leads.

    Raises MediaError: MEDIA_ENCRYPTED, MEDIA_TRUNCATED, MEDIA_MALFORMED, MEDIA_UNSUPPORTED (a filter of the tables);
    LimitError: LIMIT_INFLATED, LIMIT_ITEMS, LIMIT_NESTING, LIMIT_METADATA.
    """
    source = whole(content, limits)
    allowance = Allowance(limits)
    try:
        return _anatomy(open_document(source, allowance, limits), limits)
    except LimitError:
        raise
    except MediaError as damage:
        if damage.code is ErrorCode.MEDIA_ENCRYPTED:
            raise
        return _recovered(source, damage, allowance, limits)


def _recovered(source: bytes, damage: MediaError, allowance: Allowance, limits: Limits) -> Anatomy:
    """What can be read without tables; raises `damage` where that is not enough to tell that there is no record."""
    try:
        document = recover_document(source, allowance, limits)
        if document.resolve(document.trailer.get("Info")).dictionary.entries:
            return _anatomy(document, limits, REBUILT)
    except MediaError as error:
        if isinstance(error, LimitError) or error.code is ErrorCode.MEDIA_ENCRYPTED:
            raise
    raise damage


def _anatomy(document: Document, limits: Limits, *notes: str) -> Anatomy:
    trailer = document.trailer
    # 1. What is encrypted says nothing.
    if trailer.get("Encrypt") is not None:
        raise MediaError(ErrorCode.MEDIA_ENCRYPTED, "the PDF is encrypted", what="pdf")
    blocks = BlockList(limits)
    # 2. The information dictionary.
    _read_info(document, blocks, limits, notes)
    # 3. Records in the neighbouring dictionaries.
    root = document.resolve(trailer.get("Root"))
    if not isinstance(root.value, Dictionary):
        raise malformed("the PDF has no catalogue")
    _read_misplaced(document, Found(trailer), "trailer", blocks, notes)
    _read_misplaced(document, root, "Root", blocks, notes)
    # 4. The XMP of the document, and its manifest store.
    _read_packet(document, root.dictionary, blocks, notes)
    for store in _manifest_stores(document, root.dictionary, limits):
        blocks.credential("AF", (store.start, document.end_of(store)))
    return Anatomy(Format.PDF, blocks=blocks.blocks)


def _read_info(document: Document, blocks: BlockList, limits: Limits, notes: tuple[str, ...]) -> None:
    value = document.trailer.get("Info")
    info = document.resolve(value)
    if info.value is not None and not isinstance(info.value, Dictionary):
        blocks.unreadable("Info", (info.start, info.end), *notes)
    entries = info.dictionary.entries
    references = sum(isinstance(value, Reference) for _, value in entries)
    require_within(ErrorCode.LIMIT_ITEMS, len(entries), limits.records, "the number of entries in Info")
    require_within(ErrorCode.LIMIT_ITEMS, references, _MOST_REFERENCES, "the number of references in Info")
    notes = (*notes, *_storage(value, info))
    for key, entry in entries:
        _read_entry(document, info, "Info", key, entry, blocks, notes)


def _read_misplaced(document: Document, holder: Found, unit: str, blocks: BlockList, notes: tuple[str, ...]) -> None:
    for key, entry in holder.dictionary.entries:
        if may_name_a_record(key):
            _read_entry(document, holder, unit, key, entry, blocks, (*notes, "not-in-info"))


def _storage(value: Value, found: Found) -> tuple[str, ...]:
    """How an object is stored that a reader expects as an indirect object in the file itself."""
    if isinstance(value, Dictionary):
        return ("direct",)
    return () if found.start else ("object-stream",)


def _read_entry(
    document: Document, holder: Found, unit: str, key: str, entry: Value, blocks: BlockList, notes: tuple[str, ...]
) -> None:
    """One entry as a text; of what is no string only that which may be a record."""
    found = document.resolve(entry)
    place = found if isinstance(entry, Reference) else holder
    span = (place.start, place.end)
    text, oddities = _text_of(found.value)
    if not isinstance(found.value, String) and not (entry is not None and may_name_a_record(key)):
        return
    if text is None:
        blocks.unreadable(unit, span, *notes, *oddities, keyword=key)
        return
    payload = text.encode("utf-8", "replace")
    if blocks.admits(unit, key, len(payload)):
        blocks.text(unit, span, key, payload, Carrier.PDF_INFO, *notes, *oddities)


def _text_of(value: Value) -> tuple[str | None, tuple[str, ...]]:
    """The text of a value and notes on its form; None where it has none."""
    if isinstance(value, String):
        text, notes = decode_text(value.value)
        return text, (("hex-string", *notes) if value.hexadecimal else notes)
    if isinstance(value, Name):
        return value.text, ("not-a-string",)
    if isinstance(value, bool | int | float):
        return str(value), ("not-a-string",)
    return None, () if value is None else ("not-a-string",)


def _read_packet(document: Document, root: Dictionary, blocks: BlockList, notes: tuple[str, ...]) -> None:
    found = document.resolve(root.get("Metadata"))
    if found.value is None:
        return
    span = (found.start, document.end_of(found))
    try:
        packet = document.stream(found)
    except LimitError:
        raise
    except MediaError:
        blocks.unreadable("Metadata", span, *notes)
        return
    compressed = () if found.dictionary.get("Filter") is None else ("compressed",)
    blocks.packet("Metadata", span, packet, *notes, *compressed)


def _manifest_stores(document: Document, root: Dictionary, limits: Limits) -> Iterator[Found]:
    """The embedded files that the catalogue associates as C2PA manifest stores."""
    associated = document.resolve(root.get("AF")).value
    items = associated if isinstance(associated, tuple) else (associated,)
    require_within(ErrorCode.LIMIT_ITEMS, len(items), limits.records, "the number of associated files")
    for item in items:
        specification = document.resolve(item).dictionary
        if document.resolve(specification.get("AFRelationship")).value == _MANIFEST:
            files = document.resolve(specification.get("EF")).dictionary
            yield document.resolve(files.get("F") or files.get("UF"))


register(Reader(Format.PDF, parse, frozenset({Carrier.PDF_INFO, Carrier.XMP, Carrier.XMP_ATTRIBUTE})))
