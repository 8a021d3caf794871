"""First bytes -> Format, and the refusal of files that two readers would take for two things."""

from __future__ import annotations

import re

from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within
from labeling.model import TEXT_FORMATS, Format

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
)
#: ISO/IEC 23008-12 and AVIF: brands by which the file says what it is.
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

#: Containers that are known and not handled, so that the error can name them.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "PE"),
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
    (b"ID3", "MP3"),
    (b"FLV\x01", "FLV"),
    (b"\x1a\x45\xdf\xa3", "Matroska"),
    (b"BM", "BMP"),
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
_FRONT_MATTER_START = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
#: Bytes that are looked at to tell text from binary and one kind of text from another.
_HEAD = 4096
_ZIP_END = b"PK\x05\x06"
#: A ZIP archive ends with a record of 22 bytes and a comment of at most 65,535 (APPNOTE 4.3.16).
_ZIP_TAIL = 22 + 65_535
#: PDF readers accept a header anywhere in this many bytes.
_PDF_HEAD = 1024


def sniff(data: bytes, limits: Limits, hint: Format | None = None) -> Format:
    """Tell the format of `data` from its content.

    `hint` decides among the text formats, whose content can be read as either; for all others it must agree.
    Raises MediaError: MEDIA_EMPTY, MEDIA_UNRECOGNISED, MEDIA_AMBIGUOUS (a polyglot), MEDIA_FORMAT_MISMATCH,
    MEDIA_UNSUPPORTED; LimitError(LIMIT_BYTES).
    """
    # 1. Bounds.
    require_within(ErrorCode.LIMIT_BYTES, len(data), limits.file_bytes, "the size in bytes")
    if not data:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "there are no bytes")
    # 2. Binary formats say what they are.
    found = _binary(data)
    if found is not None:
        _refuse_polyglot(data, found)
    # 3. Everything else is text or unknown.
    else:
        _refuse_foreign(data)
        found = _text(data, hint)
    # 4. What the caller believes must be so.
    if hint is not None and hint is not found:
        raise MediaError(
            ErrorCode.MEDIA_FORMAT_MISMATCH,
            f"this is said to be {hint} and its content is {found}",
            expected=str(hint),
            actual=str(found),
        )
    return found


def _binary(data: bytes) -> Format | None:
    for signature, fmt in _SIGNATURES:
        if data.startswith(signature):
            return fmt
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp":
        return _isobmff(data)
    return None


def _isobmff(data: bytes) -> Format:
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    if brands & _HEIC_BRANDS:
        return Format.HEIC
    raise _unsupported(f"ISO base media file of brand {data[8:12].decode('ascii', 'replace')}")


def _refuse_foreign(data: bytes) -> None:
    binary = b"\0" in data[:_HEAD]
    for signature, name in _FOREIGN:
        if data.startswith(signature) and (binary or not signature.isalnum()):
            raise _unsupported(name)
    if binary and data[:4] in (b"RIFF", b"RIFX"):
        raise _unsupported("RIFF file of another kind than WebP")


def _unsupported(name: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{name} is not handled", feature=name)


def _refuse_polyglot(data: bytes, found: Format) -> None:
    """Refuse a picture that is an archive or a PDF as well."""
    other = None
    if b"%PDF-" in data[:_PDF_HEAD]:
        other = "PDF"
    elif _ends_as_zip(data):
        other = "ZIP"
    if other:
        raise MediaError(ErrorCode.MEDIA_AMBIGUOUS, f"this is {found} and {other} at once", formats=[str(found), other])


def _ends_as_zip(data: bytes) -> bool:
    """Whether an archive reader would open `data`: an end record whose directory lies where it says."""
    end = data.rfind(_ZIP_END, max(0, len(data) - _ZIP_TAIL))
    if end < 0 or len(data) - end < 22:
        return False
    size, offset = (int.from_bytes(data[end + start : end + start + 4], "little") for start in (12, 16))
    return size + offset <= end and (size == 0 or data[end - size : end - size + 4] == b"PK\x01\x02")


def _text(data: bytes, hint: Format | None) -> Format:
    if hint in TEXT_FORMATS:
        return hint
    head = _ascii_head(data)
    if _HTML_START.match(head):
        return Format.HTML
    if _FRONT_MATTER_START.match(head):
        return Format.MARKDOWN
    if b"\0" in head:
        raise MediaError(ErrorCode.MEDIA_UNRECOGNISED, "the content is of no known format")
    return Format.PLAIN


def _ascii_head(data: bytes) -> bytes:
    """The first bytes with UTF-16 reduced to its ASCII part."""
    head = data[:_HEAD]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace").encode("ascii", "replace")
    return head
