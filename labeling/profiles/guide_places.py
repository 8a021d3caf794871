"""Where the practice guides of TC260 (August 2025) put the record, per format. Facts only.

Formats that no guide names (HTML, AVIF, SVG, BMP) are absent: for them every place is as good as another.
"""

from __future__ import annotations

from dataclasses import dataclass

from labeling.model import Carrier, Format

_IMAGE, _VIDEO, _AUDIO, _TEXT = "TC260-PG-20259A", "TC260-PG-20257A", "TC260-PG-202510A", "TC260-PG-20258A"


@dataclass(frozen=True, slots=True)
class GuidePlace:
    """The guide for one format, and the carriers that it names."""

    guide: str
    carriers: frozenset[Carrier]


def _place(guide: str, *carriers: Carrier) -> GuidePlace:
    return GuidePlace(guide, frozenset(carriers))


#: The element and the attribute form of a property are the same statement in RDF.
_XMP = (Carrier.XMP, Carrier.XMP_ATTRIBUTE)

GUIDE_PLACES: dict[Format, GuidePlace] = {
    Format.JPEG: _place(_IMAGE, *_XMP, Carrier.EXIF_USER_COMMENT),
    Format.PNG: _place(_IMAGE, *_XMP, Carrier.PNG_TEXT),
    Format.WEBP: _place(_IMAGE, *_XMP, Carrier.EXIF_USER_COMMENT),
    Format.GIF: _place(_IMAGE, *_XMP),
    Format.TIFF: _place(_IMAGE, *_XMP),
    Format.HEIC: _place(_IMAGE, *_XMP),
    Format.MP4: _place(_VIDEO, Carrier.MP4_KEYS),
    Format.MOV: _place(_VIDEO, Carrier.MP4_KEYS),
    Format.FLV: _place(_VIDEO, Carrier.FLV_METADATA),
    Format.MKV: _place(_VIDEO, Carrier.MATROSKA_TAG),
    Format.WEBM: _place(_VIDEO, Carrier.MATROSKA_TAG),
    Format.AVI: _place(_VIDEO, Carrier.RIFF_INFO),
    Format.WAV: _place(_AUDIO, Carrier.RIFF_CHUNK),
    Format.MP3: _place(_AUDIO, Carrier.ID3_TXXX),
    Format.FLAC: _place(_AUDIO, Carrier.VORBIS_COMMENT),
    Format.OGG: _place(_AUDIO, Carrier.VORBIS_COMMENT),
    Format.M4A: _place(_AUDIO, Carrier.MP4_KEYS),
    Format.DOCX: _place(_TEXT, Carrier.OOXML_PROPERTY),
    Format.XLSX: _place(_TEXT, Carrier.OOXML_PROPERTY),
    Format.PPTX: _place(_TEXT, Carrier.OOXML_PROPERTY),
    Format.PDF: _place(_TEXT, Carrier.PDF_INFO),
    Format.MARKDOWN: _place(_TEXT, Carrier.FRONT_MATTER),
}

#: Notes of containers that say that a record of the right kind lies at the wrong place.
MISPLACED = frozenset(
    {
        "around-flac",
        "file-level",
        "foreign-metadata",
        "freeform",
        "further-riff",
        "in-frame",
        "inside-hdrl",
        "keyless",
        "nested",
        "no-relationship",
        "not-announced",
        "not-custom-property",
        "not-in-info",
        "not-onmetadata",
        "not-the-first-page",
        "not-under-udta",
        "not-whole-file",
        "other-frame",
        "other-key",
        "outside-riff",
        "raw-profile",
        "trailer",
        "user-data",
    }
)
