"""Labelled files as other tools write them, and what a verifier must say of each: one table.

A row that loses its label is there as well: some tools drop what they do not know and end without a complaint, and
`not_found` is the true answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import pikepdf

from labeling.model import AigcRecord, Carrier, Format
from labeling.report import Verdict
from tests.labeling import _corpus_libraries as library
from tests.labeling._corpus_libraries import comment, entry, pdf_info, pdf_metadata, pillow
from tests.labeling._corpus_record import NAMED, RECORD, WRAPPED, attribute, bare, element, wrapped
from tests.labeling._corpus_tools import FILM, FLASH, KEY, TAGS, WEB, Maker, exiftool, ffmpeg, mkvmerge, remuxed


@dataclass(frozen=True, slots=True)
class Case:
    """How a file is made, and what is in it."""

    make: Maker
    format: Format
    verdict: Verdict
    #: Carrier and place of each record, in the order of the report.
    sites: tuple[tuple[Carrier, str], ...] = ()
    #: What the report says besides of form and place: the code of the check, and its note, field or reason.
    remarks: frozenset[str] = frozenset()
    record: AigcRecord = RECORD


def _found(make: Maker, fmt: Format, carrier: Carrier, place: str, *remarks: str, record: AigcRecord = RECORD) -> Case:
    return Case(make, fmt, Verdict.CONFORMANT, ((carrier, place),), frozenset(remarks), record)


def _lost(make: Maker, fmt: Format) -> Case:
    return Case(make, fmt, Verdict.NOT_FOUND)


def _twice(make: Maker, fmt: Format, *sites: tuple[Carrier, str], remarks: tuple[str, ...]) -> Case:
    return Case(make, fmt, Verdict.NONCONFORMANT, sites, frozenset({*remarks, "record.many"}))


def _locked(make: Maker) -> Case:
    return Case(make, Format.PDF, Verdict.INCONCLUSIVE, remarks=frozenset({"media.encrypted the PDF is encrypted"}))


OTHER, UNDEFINED = "record.place_other", "record.place_undefined"
COMPRESSED, IN_STREAM = "record.stored compressed", "record.stored object-stream"
OUTSIDE = "record.outside_charset ContentProducer"
_KEYS, _ITEM = Carrier.MP4_KEYS, Carrier.MP4_ITEM
_COMMENT, _DESCRIPTION = Carrier.EXIF_USER_COMMENT, Carrier.EXIF_IMAGE_DESCRIPTION
_MOOV, _TAG = "moov/udta/meta", "Tags/Tag/SimpleTag"
_QUALIFIED = (
    OTHER,
    "record.stored not-under-udta",
    "record.stored quicktime-form",
    "record.stored qualified-key",
)
_PROPERTY = "-XMP-TC260:AIGC"

EXIFTOOL: dict[str, Case] = {
    # XMP: the property of the guide, wherever ExifTool puts it.
    "JPEG XMP": _found(exiftool("JPEG", _PROPERTY), Format.JPEG, Carrier.XMP, "APP1"),
    "JPEG XMP attribute": _found(
        exiftool("JPEG", "-api", "Compact=Shorthand", _PROPERTY), Format.JPEG, Carrier.XMP_ATTRIBUTE, "APP1"
    ),
    "PNG XMP": _found(exiftool("PNG", _PROPERTY), Format.PNG, Carrier.XMP, "iTXt"),
    "GIF XMP": _found(exiftool("GIF", _PROPERTY), Format.GIF, Carrier.XMP, "application extension"),
    "TIFF XMP": _found(exiftool("TIFF", _PROPERTY), Format.TIFF, Carrier.XMP, "IFD0"),
    "AVIF XMP": _found(exiftool("AVIF", _PROPERTY), Format.AVIF, Carrier.XMP, "mime", UNDEFINED),
    "PDF XMP": _found(exiftool("PDF", _PROPERTY), Format.PDF, Carrier.XMP, "Metadata", OTHER),
    "MP4 XMP": _found(exiftool("mp4", _PROPERTY), Format.MP4, Carrier.XMP, "uuid", OTHER),
    "MOV XMP": _found(exiftool("mov", _PROPERTY), Format.MOV, Carrier.XMP, "moov/udta/XMP_", OTHER),
    "JPEG XMP by name": _found(
        exiftool("JPEG", _PROPERTY, value=bare(NAMED)), Format.JPEG, Carrier.XMP, "APP1", OUTSIDE, record=NAMED
    ),
    # EXIF.
    "JPEG comment, little-endian": _found(
        exiftool("JPEG", "-ExifByteOrder=II", "-EXIF:UserComment", value=WRAPPED), Format.JPEG, _COMMENT, "APP1/Exif"
    ),
    "JPEG comment, big-endian": _found(
        exiftool("JPEG", "-ExifByteOrder=MM", "-EXIF:UserComment", value=WRAPPED), Format.JPEG, _COMMENT, "APP1/Exif"
    ),
    "JPEG comment by name": _found(
        exiftool("JPEG", "-EXIF:UserComment", value=wrapped(NAMED)),
        *(Format.JPEG, _COMMENT, "APP1/Exif", OUTSIDE),
        record=NAMED,
    ),
    "PNG comment": _found(
        exiftool("PNG", "-EXIF:UserComment", value=WRAPPED), Format.PNG, _COMMENT, "eXIf/Exif", OTHER
    ),
    "TIFF comment": _found(
        exiftool("TIFF", "-EXIF:UserComment", value=WRAPPED), Format.TIFF, _COMMENT, "IFD0/Exif", OTHER
    ),
    "AVIF comment": _found(
        exiftool("AVIF", "-EXIF:UserComment", value=WRAPPED), Format.AVIF, _COMMENT, "Exif/Exif", UNDEFINED
    ),
    "JPEG description": _found(
        exiftool("JPEG", "-EXIF:ImageDescription", value=WRAPPED), Format.JPEG, _DESCRIPTION, "APP1/IFD0", OTHER
    ),
    "TIFF description": _found(
        exiftool("TIFF", "-EXIF:ImageDescription", value=WRAPPED), Format.TIFF, _DESCRIPTION, "IFD0/IFD0", OTHER
    ),
    # The format's own texts.
    "PNG text": _found(exiftool("PNG", "-PNG:AIGC"), Format.PNG, Carrier.PNG_TEXT, "tEXt"),
    "PNG text, compressed": _found(
        exiftool("PNG", "-z", "-PNG:AIGC"), Format.PNG, Carrier.PNG_TEXT, "zTXt", COMPRESSED
    ),
    "PNG text with a language": _found(exiftool("PNG", "-PNG:AIGC-zh"), Format.PNG, Carrier.PNG_TEXT, "iTXt"),
    "JPEG remark": _found(
        exiftool("JPEG", "-File:Comment", value=WRAPPED), Format.JPEG, Carrier.APP_SEGMENT, "COM", OTHER
    ),
    "GIF remark": _found(
        exiftool("GIF", "-File:Comment", value=WRAPPED), Format.GIF, Carrier.APP_SEGMENT, "comment extension", OTHER
    ),
    "PDF Info": _found(exiftool("PDF", "-PDF:AIGC"), Format.PDF, Carrier.PDF_INFO, "Info"),
    "MP4 key": _found(exiftool("mp4", "-Keys:AIGC"), Format.MP4, _KEYS, "moov/meta", *_QUALIFIED),
    "MOV key": _found(exiftool("mov", "-Keys:AIGC"), Format.MOV, _KEYS, "moov/meta", *_QUALIFIED),
    "MP4 item": _found(exiftool("mp4", "-ItemList:Comment", value=WRAPPED), Format.MP4, _ITEM, _MOOV, OTHER),
    "MOV item": _found(
        exiftool("mov", "-UserData:Comment", value=WRAPPED),
        *(Format.MOV, _ITEM, "moov/udta", OTHER, "record.stored user-data"),
    ),
    "MP4 XMP beside a key": _twice(
        exiftool("mp4", _PROPERTY, source=ffmpeg("mp4", *FILM, *TAGS, *KEY)),
        *(Format.MP4, (_KEYS, _MOOV), (Carrier.XMP, "uuid")),
        remarks=(OTHER,),
    ),
}

FFMPEG: dict[str, Case] = {
    "mp4": _lost(ffmpeg("mp4", *FILM, *KEY), Format.MP4),
    "mov": _lost(ffmpeg("mov", *FILM, *KEY), Format.MOV),
    "m4a": _lost(ffmpeg("m4a", "-vn", *KEY), Format.M4A),
    "mp4 with tags": _found(ffmpeg("mp4", *FILM, *TAGS, *KEY), Format.MP4, _KEYS, _MOOV),
    "mov with tags": _found(ffmpeg("mov", *FILM, *TAGS, *KEY), Format.MOV, _KEYS, _MOOV),
    "m4a with tags": _found(ffmpeg("m4a", "-vn", *TAGS, *KEY), Format.M4A, _KEYS, _MOOV),
    "m4v with tags": _found(ffmpeg("m4v", *FILM, *TAGS, *KEY), Format.MP4, _KEYS, _MOOV),
    "3gp with tags": _lost(ffmpeg("3gp", *FILM, *TAGS, *KEY), Format.MP4),
    "mp4 with tags, wrapped": _found(
        ffmpeg("mp4", *FILM, *TAGS, "-metadata", f"AIGC={WRAPPED}"), Format.MP4, _KEYS, _MOOV
    ),
    "mp4 by name": _found(
        ffmpeg("mp4", *FILM, *TAGS, "-metadata", f"AIGC={bare(NAMED)}"),
        *(Format.MP4, _KEYS, _MOOV, OUTSIDE),
        record=NAMED,
    ),
    "mp4, fast start": _found(
        ffmpeg("mp4", *FILM, "-movflags", "use_metadata_tags+faststart", *KEY), Format.MP4, _KEYS, _MOOV
    ),
    "mp4, fragmented": _found(
        ffmpeg("mp4", *FILM, "-movflags", "use_metadata_tags+frag_keyframe+empty_moov", *KEY),
        *(Format.MP4, _KEYS, _MOOV),
    ),
    "mp4, DASH": _found(
        ffmpeg("mp4", *FILM, "-movflags", "use_metadata_tags+dash+delay_moov", *KEY), Format.MP4, _KEYS, _MOOV
    ),
    "mp4 comment": _found(ffmpeg("mp4", *FILM, "-metadata", f"comment={WRAPPED}"), Format.MP4, _ITEM, _MOOV, OTHER),
    "mkv": _found(ffmpeg("mkv", *FILM, *KEY), Format.MKV, Carrier.MATROSKA_TAG, _TAG),
    "mka": _found(ffmpeg("mka", "-vn", *KEY), Format.MKV, Carrier.MATROSKA_TAG, _TAG),
    "webm": _found(ffmpeg("webm", *WEB, *KEY), Format.WEBM, Carrier.MATROSKA_TAG, _TAG),
    "mkv, on one stream": _found(
        ffmpeg("mkv", *FILM, "-metadata:s:v:0", KEY[1]),
        *(Format.MKV, Carrier.MATROSKA_TAG, _TAG, OTHER, "record.stored not-whole-file"),
    ),
    "flv": _found(ffmpeg("flv", *FLASH, *KEY), Format.FLV, Carrier.FLV_METADATA, "onMetaData"),
    "mp3": _found(ffmpeg("mp3", *KEY), Format.MP3, Carrier.ID3_TXXX, "TXXX"),
    "mp3, ID3v2.3 and ID3v1": _found(
        ffmpeg("mp3", "-id3v2_version", "3", "-write_id3v1", "1", *KEY), Format.MP3, Carrier.ID3_TXXX, "TXXX"
    ),
    "mp3, ID3v2.3 by name": _found(
        ffmpeg("mp3", "-id3v2_version", "3", "-metadata", f"AIGC={bare(NAMED)}"),
        *(Format.MP3, Carrier.ID3_TXXX, "TXXX", OUTSIDE, "record.stored utf-16"),
        record=NAMED,
    ),
    "flac": _found(ffmpeg("flac", *KEY), Format.FLAC, Carrier.VORBIS_COMMENT, "VORBIS_COMMENT"),
    "ogg": _found(
        ffmpeg("ogg", "-vn", "-c:a", "libvorbis", *KEY), Format.OGG, Carrier.VORBIS_COMMENT, "VORBIS_COMMENT"
    ),
    "opus": _found(ffmpeg("opus", "-c:a", "libopus", *KEY), Format.OGG, Carrier.VORBIS_COMMENT, "OpusTags"),
    "flac in ogg": _found(ffmpeg("oga", "-c:a", "flac", *KEY), Format.OGG, Carrier.VORBIS_COMMENT, "VORBIS_COMMENT"),
    "ogv, in both streams": _twice(
        ffmpeg("ogv", "-c:v", "libtheora", "-c:a", "libvorbis", *KEY),
        *(Format.OGG, (Carrier.VORBIS_COMMENT, "VORBIS_COMMENT"), (Carrier.VORBIS_COMMENT, "VORBIS_COMMENT")),
        remarks=("record.stored other-stream",),
    ),
    "wav": _lost(ffmpeg("wav", *KEY), Format.WAV),
    "avi": _lost(ffmpeg("avi", *FILM, *KEY), Format.AVI),
    "wav comment": _found(
        ffmpeg("wav", "-metadata", f"comment={WRAPPED}"),
        *(Format.WAV, Carrier.RIFF_INFO, "LIST/INFO", OTHER, "record.stored list-info"),
    ),
    "avi comment": _found(
        ffmpeg("avi", *FILM, "-metadata", f"comment={WRAPPED}"), Format.AVI, Carrier.RIFF_INFO, "LIST/INFO", OTHER
    ),
    "png": _lost(ffmpeg("png", "-frames:v", "1", *KEY), Format.PNG),
    # From one container into another.
    "mp4 to mp4": _lost(remuxed("mp4", (*FILM, *TAGS), "mp4"), Format.MP4),
    "mp4 to mp4 with tags": _found(remuxed("mp4", (*FILM, *TAGS), "mp4", *TAGS), Format.MP4, _KEYS, _MOOV),
    "mp4 to mov with tags": _found(remuxed("mp4", (*FILM, *TAGS), "mov", *TAGS), Format.MOV, _KEYS, _MOOV),
    "mp4 to mkv": _found(remuxed("mp4", (*FILM, *TAGS), "mkv"), Format.MKV, Carrier.MATROSKA_TAG, _TAG),
    "mp4 to flv": _found(
        remuxed("mp4", (*FILM, *TAGS), "flv", "-c:v", "flv"), Format.FLV, Carrier.FLV_METADATA, "onMetaData"
    ),
    "mkv to mp4": _lost(remuxed("mkv", FILM, "mp4"), Format.MP4),
    "mkv to mp4 with tags": _found(remuxed("mkv", FILM, "mp4", *TAGS), Format.MP4, _KEYS, _MOOV),
    "webm to mkv": _found(remuxed("webm", WEB, "mkv"), Format.MKV, Carrier.MATROSKA_TAG, _TAG),
    "mp3 to flac": _found(
        remuxed("mp3", (), "flac", "-c:a", "flac"), Format.FLAC, Carrier.VORBIS_COMMENT, "VORBIS_COMMENT"
    ),
    "mp3 to m4a with tags": _found(remuxed("mp3", (), "m4a", "-c:a", "aac", *TAGS), Format.M4A, _KEYS, _MOOV),
    "flac to wav": _lost(remuxed("flac", (), "wav", "-c:a", "pcm_s16le"), Format.WAV),
}

MKVMERGE: dict[str, Case] = {
    "mkv": _found(mkvmerge("mkv", FILM), Format.MKV, Carrier.MATROSKA_TAG, _TAG),
    "webm": _found(mkvmerge("webm", WEB, "--webm"), Format.WEBM, Carrier.MATROSKA_TAG, _TAG),
}

_XMP_KEY = "XML:com.adobe.xmp"

PILLOW: dict[str, Case] = {
    "JPEG XMP": _found(pillow("JPEG", xmp=element()), Format.JPEG, Carrier.XMP, "APP1"),
    "JPEG XMP attribute": _found(pillow("JPEG", xmp=attribute()), Format.JPEG, Carrier.XMP_ATTRIBUTE, "APP1"),
    "WebP XMP": _found(pillow("WEBP", xmp=element()), Format.WEBP, Carrier.XMP, "XMP "),
    "WebP XMP attribute": _found(pillow("WEBP", xmp=attribute()), Format.WEBP, Carrier.XMP_ATTRIBUTE, "XMP "),
    "AVIF XMP": _found(pillow("AVIF", xmp=element()), Format.AVIF, Carrier.XMP, "mime", UNDEFINED),
    "AVIF XMP attribute": _found(
        pillow("AVIF", xmp=attribute()), Format.AVIF, Carrier.XMP_ATTRIBUTE, "mime", UNDEFINED
    ),
    "TIFF XMP, option": _lost(pillow("TIFF", xmp=element()), Format.TIFF),
    "GIF XMP, option": _lost(pillow("GIF", xmp=element()), Format.GIF),
    "TIFF XMP, bytes": _found(
        pillow("TIFF", tiffinfo=library.tag(700, 1, element())), Format.TIFF, Carrier.XMP, "IFD0"
    ),
    "TIFF XMP, undefined": _found(
        pillow("TIFF", tiffinfo=library.tag(700, 7, element())), Format.TIFF, Carrier.XMP, "IFD0"
    ),
    "TIFF XMP by name": _found(
        pillow("TIFF", tiffinfo=library.tag(700, 1, element(NAMED))),
        *(Format.TIFF, Carrier.XMP, "IFD0", OUTSIDE),
        record=NAMED,
    ),
    "PNG XMP": _found(
        pillow("PNG", pnginfo=entry(element().decode(), key=_XMP_KEY, international=True)),
        *(Format.PNG, Carrier.XMP, "iTXt"),
    ),
    "PNG XMP, compressed": _found(
        pillow("PNG", pnginfo=entry(element().decode(), key=_XMP_KEY, international=True, compressed=True)),
        *(Format.PNG, Carrier.XMP, "iTXt", COMPRESSED),
    ),
    "PNG iTXt": _found(pillow("PNG", pnginfo=entry(international=True)), Format.PNG, Carrier.PNG_TEXT, "iTXt"),
    "PNG iTXt, compressed": _found(
        pillow("PNG", pnginfo=entry(international=True, compressed=True)),
        *(Format.PNG, Carrier.PNG_TEXT, "iTXt", COMPRESSED),
    ),
    "PNG iTXt by name": _found(
        pillow("PNG", pnginfo=entry(bare(NAMED), international=True)),
        *(Format.PNG, Carrier.PNG_TEXT, "iTXt", OUTSIDE),
        record=NAMED,
    ),
    "PNG tEXt": _found(pillow("PNG", pnginfo=entry()), Format.PNG, Carrier.PNG_TEXT, "tEXt"),
    "PNG tEXt, wrapped": _found(pillow("PNG", pnginfo=entry(WRAPPED)), Format.PNG, Carrier.PNG_TEXT, "tEXt"),
    "PNG zTXt": _found(pillow("PNG", pnginfo=entry(compressed=True)), Format.PNG, Carrier.PNG_TEXT, "zTXt", COMPRESSED),
    "JPEG comment": _found(pillow("JPEG", exif=comment()), Format.JPEG, _COMMENT, "APP1/Exif"),
    "JPEG comment, Unicode": _found(
        pillow("JPEG", exif=comment(b"UNICODE\0", "utf-16-le", wrapped(NAMED))),
        *(Format.JPEG, _COMMENT, "APP1/Exif", OUTSIDE),
        record=NAMED,
    ),
    "JPEG comment, undefined code": _found(pillow("JPEG", exif=comment(bytes(8))), Format.JPEG, _COMMENT, "APP1/Exif"),
    "WebP comment": _found(pillow("WEBP", exif=comment()), Format.WEBP, _COMMENT, "EXIF/Exif"),
    "PNG comment": _lost(pillow("PNG", exif=comment()), Format.PNG),
    "TIFF comment": _lost(pillow("TIFF", exif=comment()), Format.TIFF),
    "AVIF comment": _lost(pillow("AVIF", exif=comment()), Format.AVIF),
    "PNG comment, as bytes": _found(
        pillow("PNG", exif=library.comment_bytes), Format.PNG, _COMMENT, "eXIf/Exif", OTHER
    ),
    "TIFF comment, as bytes": _found(
        pillow("TIFF", exif=library.comment_bytes), Format.TIFF, _COMMENT, "IFD0/Exif", OTHER
    ),
    "AVIF comment, as bytes": _found(
        pillow("AVIF", exif=library.comment_bytes), Format.AVIF, _COMMENT, "Exif/Exif", UNDEFINED
    ),
    **{
        f"{kind} description": _found(pillow(kind, exif=library.description), fmt, _DESCRIPTION, f"{unit}/IFD0", remark)
        for kind, fmt, unit, remark in (
            ("JPEG", Format.JPEG, "APP1", OTHER),
            ("PNG", Format.PNG, "eXIf", OTHER),
            ("WEBP", Format.WEBP, "EXIF", OTHER),
            ("TIFF", Format.TIFF, "IFD0", OTHER),
            ("AVIF", Format.AVIF, "Exif", UNDEFINED),
        )
    },
    "JPEG remark": _found(pillow("JPEG", comment=WRAPPED.encode()), Format.JPEG, Carrier.APP_SEGMENT, "COM", OTHER),
    "GIF remark": _found(
        pillow("GIF", comment=WRAPPED.encode()), Format.GIF, Carrier.APP_SEGMENT, "comment extension", OTHER
    ),
}

_STREAMS = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
_INFO = (Format.PDF, Carrier.PDF_INFO, "Info")
_METADATA = (Format.PDF, Carrier.XMP, "Metadata", OTHER)

PIKEPDF: dict[str, Case] = {
    "Info": _found(pdf_info(), *_INFO),
    "Info, wrapped": _found(pdf_info(WRAPPED), *_INFO),
    "Info, object streams": _found(pdf_info(**_STREAMS), *_INFO, IN_STREAM),
    "Info, linearised": _found(pdf_info(linearize=True), *_INFO),
    "Info, linearised, object streams": _found(pdf_info(linearize=True, **_STREAMS), *_INFO, IN_STREAM),
    "Info, QDF": _found(pdf_info(qdf=True), *_INFO),
    "Info by name": _found(
        pdf_info(bare(NAMED)),
        *(*_INFO, OUTSIDE, "record.stored hex-string", "record.stored utf-16"),
        record=NAMED,
    ),
    "XMP": _found(pdf_metadata(), *_METADATA),
    "XMP, linearised, object streams": _found(pdf_metadata(linearize=True, **_STREAMS), *_METADATA),
    "encrypted": _locked(pdf_info(encryption=pikepdf.Encryption(owner="o", user="u"))),
    "encrypted, no password to open": _locked(pdf_info(encryption=pikepdf.Encryption(owner="o", user=""))),
    "encrypted, AES-128": _locked(pdf_info(encryption=pikepdf.Encryption(owner="o", user="", R=4))),
    "encrypted, XMP in the clear": _locked(
        pdf_metadata(encryption=pikepdf.Encryption(owner="o", user="u", metadata=False))
    ),
}

_CUSTOM = (Carrier.OOXML_PROPERTY, "docProps/custom.xml")

OFFICE: dict[str, Case] = {
    "python-docx": _found(library.docx, Format.DOCX, *_CUSTOM),
    "python-pptx": _found(library.pptx, Format.PPTX, *_CUSTOM),
    "openpyxl": _found(library.xlsx, Format.XLSX, *_CUSTOM),
}

_FRONT = (Format.MARKDOWN, Carrier.FRONT_MATTER, "front matter")

TEXT: dict[str, Case] = {
    "PyYAML": _found(library.front_matter(), *_FRONT),
    "PyYAML, quoted": _found(library.front_matter(default_style='"'), *_FRONT),
    "PyYAML, flow": _found(library.front_matter(default_flow_style=True), *_FRONT),
    "PyYAML, narrow": _found(library.front_matter(width=40), *_FRONT),
    "ElementTree, HTML": _found(library.html("html"), Format.HTML, Carrier.HTML_META, "meta", UNDEFINED),
    "ElementTree, XML": _found(library.html("xml"), Format.HTML, Carrier.HTML_META, "meta", UNDEFINED),
    "ElementTree, SVG": _found(library.svg, Format.SVG, Carrier.XMP, "metadata", UNDEFINED),
    "ElementTree, SVG attribute": _found(
        library.svg_attribute, Format.SVG, Carrier.XMP_ATTRIBUTE, "metadata", UNDEFINED
    ),
}

CORPUS: dict[str, Case] = {
    f"{tool}: {name}": case
    for tool, cases in (
        ("ExifTool", EXIFTOOL),
        ("ffmpeg", FFMPEG),
        ("mkvmerge", MKVMERGE),
        ("Pillow", PILLOW),
        ("pikepdf", PIKEPDF),
        ("office", OFFICE),
        ("text", TEXT),
    )
    for name, case in cases.items()
}
