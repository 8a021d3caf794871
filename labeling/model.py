"""The values that the package takes and returns: frozen, without behaviour beyond their own shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Format(StrEnum):
    """The file formats that the package knows, by their content and never by their name."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    TIFF = "tiff"
    AVIF = "avif"
    HEIC = "heic"
    SVG = "svg"
    BMP = "bmp"
    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    PDF = "pdf"
    MP3 = "mp3"
    WAV = "wav"
    FLAC = "flac"
    #: Vorbis, Opus and whatever else an Ogg stream carries.
    OGG = "ogg"
    M4A = "m4a"
    MP4 = "mp4"
    MOV = "mov"
    MKV = "mkv"
    WEBM = "webm"
    AVI = "avi"
    FLV = "flv"


#: Formats that are told apart by what the caller says as much as by their content.
TEXT_FORMATS = frozenset({Format.PLAIN, Format.MARKDOWN, Format.HTML})
#: Pictures whose pixels can be decoded.
IMAGE_FORMATS = frozenset(
    {Format.JPEG, Format.PNG, Format.WEBP, Format.GIF, Format.TIFF, Format.AVIF, Format.HEIC, Format.BMP}
)
DOCUMENT_FORMATS = frozenset({Format.DOCX, Format.XLSX, Format.PPTX, Format.PDF})
AUDIO_FORMATS = frozenset({Format.MP3, Format.WAV, Format.FLAC, Format.OGG, Format.M4A})
VIDEO_FORMATS = frozenset({Format.MP4, Format.MOV, Format.MKV, Format.WEBM, Format.AVI, Format.FLV})
#: Formats that are read by seeking, however large the file is.
STREAMED_FORMATS = AUDIO_FORMATS | VIDEO_FORMATS

MEDIA_TYPES: dict[Format, str] = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.WEBP: "image/webp",
    Format.GIF: "image/gif",
    Format.TIFF: "image/tiff",
    Format.AVIF: "image/avif",
    Format.HEIC: "image/heic",
    Format.SVG: "image/svg+xml",
    Format.BMP: "image/bmp",
    Format.PLAIN: "text/plain",
    Format.MARKDOWN: "text/markdown",
    Format.HTML: "text/html",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Format.PDF: "application/pdf",
    Format.MP3: "audio/mpeg",
    Format.WAV: "audio/wav",
    Format.FLAC: "audio/flac",
    Format.OGG: "audio/ogg",
    Format.M4A: "audio/mp4",
    Format.MP4: "video/mp4",
    Format.MOV: "video/quicktime",
    Format.MKV: "video/x-matroska",
    Format.WEBM: "video/webm",
    Format.AVI: "video/x-msvideo",
    Format.FLV: "video/x-flv",
}


class LabelValue(StrEnum):
    """Annex E c) of GB 45438-2025: the value of `Label`."""

    GENERATED = "1"
    POSSIBLE = "2"
    SUSPECTED = "3"


class SourceType(StrEnum):
    """IPTC digital source types for content that an AI made, the value as it is written (full URI)."""

    TRAINED_ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    COMPOSITE_WITH_TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    COMPOSITE_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
    ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


class ContentAction(StrEnum):
    """What the service did, as a C2PA action."""

    CREATED = "c2pa.created"
    EDITED = "c2pa.edited"
    #: Of a platform that passes content on (`propagate`).
    PUBLISHED = "c2pa.published"


class RecordForm(StrEnum):
    """Where the implicit record goes: the format's first place, or Annex B of the image guide (TC260-PG-20259A)."""

    STANDARD = "standard"
    ANNEX_B = "annex-b"


class Carrier(StrEnum):
    """How a record is written, whatever file lies around it."""

    XMP = "xmp"
    XMP_ATTRIBUTE = "xmp-attribute"
    EXIF_USER_COMMENT = "exif-user-comment"
    EXIF_IMAGE_DESCRIPTION = "exif-image-description"
    PNG_TEXT = "png-text"
    APP_SEGMENT = "app-segment"
    FRONT_MATTER = "front-matter"
    HTML_META = "html-meta"
    HTML_COMMENT = "html-comment"
    OOXML_PROPERTY = "ooxml-property"
    PDF_INFO = "pdf-info"
    ID3_TXXX = "id3-txxx"
    VORBIS_COMMENT = "vorbis-comment"
    RIFF_CHUNK = "riff-chunk"
    RIFF_INFO = "riff-info"
    MP4_KEYS = "mp4-keys"
    #: An `ilst` item without a key name (`hdlr` type mdir), or a freeform `----` item.
    MP4_ITEM = "mp4-item"
    MATROSKA_TAG = "matroska-tag"
    FLV_METADATA = "flv-metadata"
    #: Text behind the end of the file proper.
    TRAILER = "trailer"


class Place(StrEnum):
    """Where the visible label of a picture stands, as a viewer sees it (after EXIF orientation)."""

    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    LEFT = "left"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"


class TextPlace(StrEnum):
    """Where the visible label of a text stands (GB 45438-2025, 5.1)."""

    START = "start"
    MIDDLE = "middle"
    END = "end"
    CORNER_MARK = "corner-mark"


Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class AigcRecord:
    """The seven fields of Annex E, all strings. Field names in files: `labeling.record.FIELD_NAMES`."""

    label: str
    content_producer: str
    produce_id: str
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the provider says of the content that it made."""

    #: 27-character provider code (TC260-PG-20252A), or a plain name inside the charset of Annex E j).
    provider: str
    label: LabelValue = LabelValue.GENERATED
    #: The provider's own unique number for this content; None lets the package make one.
    produce_id: str | None = None
    reserved_code1: str = ""
    source_type: SourceType = SourceType.TRAINED_ALGORITHMIC_MEDIA
    action: ContentAction = ContentAction.CREATED
    #: Name of the model or product, for the C2PA action; any text.
    software_agent: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """Who passes content on: the propagation elements of Annex E."""

    #: 27-character provider code of the platform's service, or a plain name inside the charset of Annex E j).
    propagator: str
    #: The platform's own unique number for this content; None lets the package make one.
    propagate_id: str | None = None
    reserved_code2: str = ""


@dataclass(frozen=True, slots=True)
class ImageNotice:
    """The visible label of a picture (GB 45438-2025, 5.2)."""

    words: str = "AI生成"
    place: Place = Place.BOTTOM_RIGHT
    #: Ink height of the tallest glyph as a share of the picture's shortest side; at least 0.05.
    ink_ratio: float = 0.055
    ink_colour: Colour = (255, 255, 255)
    plate_colour: Colour = (0, 0, 0)
    #: 0 draws no plate, 1 an opaque one. Whatever is chosen, the contrast on the final pixels must reach 4.5:1.
    plate_opacity: float = 0.7
    #: Distance from the edge to the plate, as a share of the shortest side.
    margin: float = 0.02


@dataclass(frozen=True, slots=True)
class TextNotice:
    """The visible label of a text (GB 45438-2025, 5.1)."""

    words: str = "本内容由AI生成"
    place: TextPlace = TextPlace.START


@dataclass(frozen=True, slots=True)
class VisibleOptions:
    """How the visible label looks, for each kind of content."""

    image: ImageNotice = field(default_factory=ImageNotice)
    text: TextNotice = field(default_factory=TextNotice)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; the origin is the top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column beyond the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row beyond the box."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class ImageMark:
    """The visible label that was drawn, as measured on the mask that was drawn."""

    words: str
    lines: int
    place: Place
    #: As a viewer sees it, that is after EXIF orientation.
    box: Box
    ink_height: int
    shortest_side: int
    #: ink_height / shortest_side; the rule wants at least 0.05 (5.2).
    ink_ratio: float
    #: Lowest WCAG 2.2 contrast between an ink pixel and a pixel behind it. Measured on the decoded result where lossy
    #: coding could take it below the minimum, without the twentieth of the pixels at either end that ringing makes.
    contrast: float
    frames: int
    #: Share of the picture's pixels that lie under the plate.
    covered_share: float


@dataclass(frozen=True, slots=True)
class TextMark:
    """The visible label of a text, as it stands in the result."""

    words: str
    place: TextPlace
    #: Byte offset of the words in the result.
    offset: int
    #: False when the text already had this label and was left alone.
    added: bool


@dataclass(frozen=True, slots=True)
class Credential:
    """The C2PA manifest that was added."""

    #: Label of the new active manifest.
    manifest: str
    #: True when the signer is the development one.
    development: bool
    #: True when an earlier manifest became the parent ingredient.
    has_parent: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the caller should know that is no error: a stable code, one English line, JSON parameters."""

    code: str
    detail: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Propagated:
    """A file as a platform passes it on."""

    data: bytes
    format: Format
    record: AigcRecord
    #: True where the producer's fields were kept; False where there was no record.
    kept_record: bool
    credential: Credential | None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Labeled:
    """A labelled file and what was put into it."""

    data: bytes
    format: Format
    #: None for plain text, which has no place for a record.
    record: AigcRecord | None
    visible: ImageMark | TextMark | None
    credential: Credential | None
    notices: tuple[Notice, ...] = ()
