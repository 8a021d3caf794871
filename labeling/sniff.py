"""First bytes -> Format, and the refusal of files that two readers would take for two things."""

from __future__ import annotations

import re
from collections.abc import Callable

from labeling.archive import office_format
from labeling.containers._mpeg_audio import after_id3, is_mpeg_audio
from labeling.containers._recognise import iso_format, matroska_format
from labeling.content import Content, whole
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import STREAMED_FORMATS, TEXT_FORMATS, Format

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"%PDF-", Format.PDF),
    (b"fLaC", Format.FLAC),
    (b"OggS", Format.OGG),
    (b"FLV\x01", Format.FLV),
)
#: Form types of RIFF files; RF64 and BW64 are the large ones (EBU Tech 3306), RIFX the big-endian one.
_RIFF_NAMES = frozenset({b"RIFF", b"RIFX", b"RF64", b"BW64"})
_RIFF_FORMS: dict[bytes, Format] = {b"WEBP": Format.WEBP, b"WAVE": Format.WAV, b"AVI ": Format.AVI}
#: ISO/IEC 23008-12 and AVIF: brands by which the file says what it is.
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

#: A film may name these as well; it is a picture where it names one of them first.
_PICTURE_BRANDS = _AVIF_BRANDS | _HEIC_BRANDS | {b"miaf", b"MA1A", b"MA1B", b"MiHA", b"MiHB", b"MiHE"}

#: Containers that are known and not handled, so that the error can name them.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted or legacy Office file"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "PE"),
    (b"ID3", "ID3 tag in front of something unknown"),
    (b"\x1a\x45\xdf\xa3", "EBML file of another kind than Matroska"),
    (b"\0\0\1\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"8BPS", "PSD"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x1f\x8b", "gzip"),
    (b"wOF", "WOFF"),
)

_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?"
    rb"<(?:!--|(?:!doctype\s+html|html|head|body|meta|title|div|p|section|article|main|h[1-6]|span|ul|ol|table)\b)",
    re.IGNORECASE,
)
#: Instructions, comments and a document type may stand before the root element; a prefix is rare and allowed.
_SVG_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s++|<\?[^>]*+>|<!--(?:[^\-]|-(?!->))*+-->"
    rb"|<!DOCTYPE\s+(?:\w+:)?svg\b[^>\[]*+(?:\[(?:[^\]\"'<]++|\"[^\"]*+\"|'[^']*+'|<!--(?:[^\-]|-(?!->))*+-->|<(?!!--))*+\]\s*+)?>"
    rb")*+<(?:\w+:)?svg[\s>]"
)
_FRONT_MATTER_START = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
_EBML = b"\x1a\x45\xdf\xa3"
#: Sizes of the header behind the file header: BITMAPCOREHEADER, OS/2 2, BITMAPINFOHEADER and its later versions.
_BITMAP_HEADERS = frozenset(size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124))
_ARCHIVES = frozenset({Format.DOCX, Format.XLSX, Format.PPTX})
_PICTURES = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.GIF, Format.TIFF, Format.AVIF, Format.HEIC})
#: Bytes that are looked at to tell text from binary and one kind of text from another.
_HEAD = 4096
#: The same where XML may have a long comment or declaration in front: licences of drawings fill pages.
_LONG_HEAD = 64 * 1024
_BEFORE_ROOT = frozenset({b"<!--", b"<?xm", b"<!DO", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<"})
_ZIP_END = b"PK\x05\x06"
#: A ZIP archive ends with a record of 22 bytes and a comment of at most 65,535 (APPNOTE 4.3.16).
_ZIP_TAIL = 22 + 65_535
#: PDF readers accept a header anywhere in this many bytes.
_PDF_HEAD = 1024
_PDF_HEADER = re.compile(rb"%PDF-\d\.\d")
#: ... and the address of its table at the end.
_PDF_TAIL = 2048


def sniff(content: Content, limits: Limits, hint: Format | None = None) -> Format:
    """Tell the format of a file from its content: its first bytes, and its last where two readers could differ.

    `hint` decides among the text formats, whose content can be read as either; for all others it must agree.
    Raises MediaError: MEDIA_EMPTY, MEDIA_UNRECOGNISED, MEDIA_AMBIGUOUS (a polyglot), MEDIA_FORMAT_MISMATCH,
    MEDIA_UNSUPPORTED; LimitError(LIMIT_BYTES) above `Limits.file_bytes`, for audio and video `Limits.stream_bytes`.
    """
    if not len(content):
        raise MediaError(ErrorCode.MEDIA_EMPTY, "there are no bytes")
    head = content[0:_HEAD]
    # 1. Binary formats say what they are.
    found = _binary(head, content, limits)
    # 2. Everything else is text or unknown.
    if found is None:
        _refuse_foreign(head)
        found = _text(content[0:_LONG_HEAD] if head.lstrip()[:4] in _BEFORE_ROOT else head, hint)
    # 3. Bounds.
    bound = limits.stream_bytes if found in STREAMED_FORMATS else limits.file_bytes
    require_within(ErrorCode.LIMIT_BYTES, len(content), bound, "the size in bytes")
    # 4. One thing at a time.
    if found in TEXT_FORMATS:
        _refuse_hidden_pdf(content, head, found)
    elif found not in _ARCHIVES:
        _refuse_polyglot(content, head, found)
    # 5. What the caller believes must be so.
    if hint is not None and hint is not found:
        raise MediaError(
            ErrorCode.MEDIA_FORMAT_MISMATCH,
            f"this is said to be {hint} and its content is {found}",
            expected=str(hint),
            actual=str(found),
        )
    return found


def _binary(head: bytes, content: Content, limits: Limits) -> Format | None:
    for signature, fmt in _SIGNATURES:
        if head.startswith(signature):
            return fmt
    for recognise in _RECOGNISERS:
        found = recognise(head, content, limits)
        if found is not None:
            return found
    return None


def _riff(head: bytes, _content: Content, _limits: Limits) -> Format | None:
    return _RIFF_FORMS.get(head[8:12]) if head[:4] in _RIFF_NAMES else None


def _image_of_boxes(head: bytes, _content: Content, _limits: Limits) -> Format | None:
    if head[4:8] != b"ftyp" or head[8:12] not in _PICTURE_BRANDS:
        return None
    end = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    return Format.HEIC if brands & _HEIC_BRANDS else None


def _bitmap(head: bytes, _content: Content, _limits: Limits) -> Format | None:
    """A bitmap has two zero words behind its size and one of the known header sizes behind its offset."""
    is_bitmap = head[:2] == b"BM" and head[6:10] == bytes(4) and head[14:18] in _BITMAP_HEADERS
    return Format.BMP if is_bitmap else None


def _office(head: bytes, content: Content, limits: Limits) -> Format | None:
    return office_format(whole(content, limits), limits) if head[:4] == b"PK\x03\x04" else None


def _boxes(head: bytes, content: Content, limits: Limits) -> Format | None:
    return iso_format(content, limits)


def _matroska(head: bytes, content: Content, limits: Limits) -> Format | None:
    return matroska_format(content, limits) if head[:4] == _EBML else None


def _mpeg_audio(head: bytes, content: Content, limits: Limits) -> Format | None:
    if head[:3] == b"ID3" and content[(start := after_id3(content)) : start + 4] == b"fLaC":
        return Format.FLAC
    might = head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] > b"\xe0")
    return Format.MP3 if might and is_mpeg_audio(content, limits) else None


#: In this order; each looks at the first bytes, and further only where these are promising.
_RECOGNISERS: tuple[Callable[[bytes, Content, Limits], Format | None], ...] = (
    _riff,
    _image_of_boxes,
    _boxes,
    _matroska,
    _office,
    _bitmap,
    _mpeg_audio,
)


def _refuse_foreign(head: bytes) -> None:
    binary = b"\0" in head
    for signature, name in _FOREIGN:
        if head.startswith(signature) and (binary or not signature.isalnum()):
            raise _unsupported(name)
    if binary and head[:4] in _RIFF_NAMES:
        raise _unsupported("RIFF file of another kind than WebP, WAV and AVI")


def _unsupported(name: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{name} is not handled", feature=name)


def _refuse_polyglot(content: Content, head: bytes, found: Format) -> None:
    """Refuse a file that is an archive or a PDF as well."""
    other = None
    if found is not Format.PDF and b"%PDF-" in head[:_PDF_HEAD]:
        other = "PDF"
    elif _ends_as_zip(content, strictly=found not in _PICTURES):
        other = "ZIP"
    if other:
        raise MediaError(ErrorCode.MEDIA_AMBIGUOUS, f"this is {found} and {other} at once", formats=[str(found), other])


def _refuse_hidden_pdf(content: Content, head: bytes, found: Format) -> None:
    """Refuse a text behind which a PDF begins: readers look for its header in the first 1,024 bytes."""
    if not _PDF_HEADER.search(head[:_PDF_HEAD]):
        return
    if b"startxref" in content[max(0, len(content) - _PDF_TAIL) : len(content)]:
        raise MediaError(
            ErrorCode.MEDIA_AMBIGUOUS, f"this is {found} and PDF at once", formats=[str(found), str(Format.PDF)]
        )


def _ends_as_zip(content: Content, *, strictly: bool) -> bool:
    """Whether an archive reader would open the file: an end record whose directory lies where it says.

    A document may hold an archive inside: there the record must also end where the file ends (`strictly`).
    """
    start = max(0, len(content) - _ZIP_TAIL)
    tail = content[start : len(content)]
    at = tail.rfind(_ZIP_END)
    if at < 0 or len(tail) - at < 22:
        return False
    size, offset = (int.from_bytes(tail[at + place : at + place + 4], "little") for place in (12, 16))
    if strictly and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") != len(tail):
        return False
    end = start + at
    return size + offset <= end and (size == 0 or content[end - size : end - size + 4] == b"PK\x01\x02")


def _text(raw: bytes, hint: Format | None) -> Format:
    if hint in TEXT_FORMATS:
        return hint
    head = _ascii_head(raw)
    if _SVG_START.match(head):
        return Format.SVG
    if _HTML_START.match(head):
        return Format.HTML
    if _FRONT_MATTER_START.match(head):
        return Format.MARKDOWN
    if b"\0" in head:
        raise MediaError(ErrorCode.MEDIA_UNRECOGNISED, "the content is of no known format")
    return Format.PLAIN


def _ascii_head(head: bytes) -> bytes:
    """The first bytes with UTF-16 reduced to its ASCII part."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace").encode("ascii", "replace")
    return head
