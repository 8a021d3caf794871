"""One file for each cell of the table of formats and carriers that says 'read' or 'written', with a record there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from labeling.carriers import exif
from labeling.ifd import ASCII, UNDEFINED, Dialect
from labeling.ifd_edit import Value, build
from labeling.limits import DEFAULT_LIMITS
from labeling.model import Carrier, Format
from tests.labeling import heif_files, iso_files, matroska_files, media_files, office_files, pdf_files
from tests.labeling import real_world as rw
from tests.labeling.format_files import assembled_tiff, file, samples
from tests.labeling.media_files import chunk

Build = Callable[[], bytes]

TEXT = rw.compact(rw.fields())
RECORD = TEXT.encode()
ELEMENT = rw.packet(rw.fields())
ATTRIBUTE = rw.description("", f' TC260:AIGC="{rw.quoted(TEXT)}"').encode()
PACKETS = {Carrier.XMP: ELEMENT, Carrier.XMP_ATTRIBUTE: ATTRIBUTE}
EXIF = {
    Carrier.EXIF_USER_COMMENT: exif.write(None, TEXT, DEFAULT_LIMITS),
    Carrier.EXIF_IMAGE_DESCRIPTION: build(
        Dialect(">"), {exif.IMAGE_DESCRIPTION: Value(ASCII, len(RECORD) + 1, RECORD + b"\0")}, {}
    ),
}
BARE = b"AIGC" + RECORD


def each(make: Callable[[bytes], bytes], payloads: dict[Carrier, bytes]) -> dict[Carrier, Build]:
    return {carrier: partial(make, payload) for carrier, payload in payloads.items()}


# Pictures


def exif_segment(block: bytes) -> bytes:
    return rw.jpeg(rw.segment(0xE1, b"Exif\0\0" + block))


def riff_picture(name: bytes, payload: bytes) -> bytes:
    source = file("webp-lossy-everything")
    body = source[8:] + chunk(name, payload)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def gif(label: int, payload: bytes) -> bytes:
    """A picture with an extension; a packet of XMP ends in the magic trailer."""
    source = file("gif-256-colours")
    at = 13 + (3 << (source[10] & 7) + 1)
    if label == 0xFF:
        extension = b"\x21\xff\x0bXMP DataXMP" + payload + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    else:
        pieces = [payload[start : start + 255] for start in range(0, len(payload), 255)]
        extension = bytes((0x21, label)) + b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0"
    return source[:at] + extension + source[at:]


def tiff(tag: int, kind: int, value: bytes) -> bytes:
    """One strip of a photograph, and a tag more in its directory."""
    source = assembled_tiff("<", 8, {278: [120]}, [samples(2, 8).astype("u1").tobytes()], 273)
    at = int.from_bytes(source[4:8], "little")
    count = int.from_bytes(source[at : at + 2], "little")
    entries = [source[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count)]
    table_at = len(source) + len(value) + len(value) % 2
    entry = b"".join(
        number.to_bytes(size, "little") for number, size in ((tag, 2), (kind, 2), (len(value), 4), (len(source), 4))
    )
    table = (count + 1).to_bytes(2, "little") + b"".join(sorted([*entries, entry], key=lambda row: row[1::-1]))
    return (
        source[:4]
        + table_at.to_bytes(4, "little")
        + source[8:]
        + value.ljust(table_at - len(source), b"\0")
        + (table + bytes(4))
    )


def heif(brand: bytes, kind: bytes, media_type: bytes, payload: bytes) -> bytes:
    """A picture with one item of metadata in `idat`."""
    tail = b"\0" + media_type + b"\0" if kind == b"mime" else b"\0"
    location = heif_files.iloc(1, 1, (2, [(0, len(payload))]))
    items = (heif_files.infe(2, kind, tail),)
    return heif_files.heif(brand=brand, locations=location, items=items, idat=payload)


def bmp(behind: bytes) -> bytes:
    return (
        b"BM"
        + (58).to_bytes(4, "little")
        + bytes(4)
        + (54).to_bytes(4, "little")
        + (b"\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0" + bytes(24) + bytes(4) + behind)
    )


def svg(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg">{inside}<path d="M0 0"/></svg>'.encode()


def drawn_packet(payload: bytes) -> bytes:
    return svg(f"<metadata>{payload.decode().partition('?>')[2]}</metadata>")


def of_heif(brand: bytes) -> dict[Carrier, Build]:
    return {
        **each(partial(heif, brand, b"mime", b"application/rdf+xml"), PACKETS),
        **each(lambda block: heif(brand, b"Exif", b"", bytes(4) + block), EXIF),
        Carrier.APP_SEGMENT: partial(heif, brand, b"mime", b"application/json", RECORD),
        Carrier.TRAILER: lambda: heif(brand, b"mime", b"text/plain", b"words") + BARE,
    }


PICTURES: dict[Format, dict[Carrier, Build]] = {
    Format.JPEG: {
        **each(lambda packet: rw.jpeg(rw.xmp_segment(packet)), PACKETS),
        **each(exif_segment, EXIF),
        Carrier.APP_SEGMENT: rw.byte_dance,
        Carrier.TRAILER: lambda: rw.jpeg() + BARE,
    },
    Format.PNG: {
        **each(lambda packet: rw.png(rw.itxt(packet)), PACKETS),
        **each(lambda block: rw.png((b"eXIf", block)), EXIF),
        Carrier.PNG_TEXT: lambda: rw.png(rw.text(rw.fields())),
        Carrier.APP_SEGMENT: lambda: rw.png((b"prVt", BARE)),
        Carrier.TRAILER: lambda: rw.png() + BARE,
    },
    Format.WEBP: {
        **each(partial(riff_picture, b"XMP "), PACKETS),
        **each(partial(riff_picture, b"EXIF"), EXIF),
        Carrier.RIFF_CHUNK: partial(riff_picture, b"AIGC", RECORD),
        Carrier.TRAILER: lambda: file("webp-lossy") + BARE,
    },
    Format.GIF: {
        **each(partial(gif, 0xFF), PACKETS),
        Carrier.APP_SEGMENT: partial(gif, 0xFE, BARE),
        Carrier.TRAILER: lambda: file("gif-89a-comment") + BARE,
    },
    Format.TIFF: {
        **each(partial(tiff, 700, UNDEFINED), PACKETS),
        Carrier.EXIF_USER_COMMENT: partial(tiff, exif.USER_COMMENT, UNDEFINED, b"ASCII\0\0\0" + RECORD),
        Carrier.EXIF_IMAGE_DESCRIPTION: partial(tiff, exif.IMAGE_DESCRIPTION, ASCII, RECORD + b"\0"),
    },
    Format.AVIF: of_heif(b"avif"),
    Format.HEIC: of_heif(b"heic"),
    Format.SVG: {
        **each(drawn_packet, PACKETS),
        Carrier.HTML_COMMENT: lambda: svg(f"<!-- AIGC: {TEXT} -->"),
        Carrier.APP_SEGMENT: lambda: svg(f"<metadata>{TEXT}</metadata>"),
    },
    Format.BMP: {**each(bmp, PACKETS), Carrier.TRAILER: partial(bmp, BARE)},
}

# Texts and documents


def page(head: str) -> bytes:
    return f"<!doctype html>{head}<p>x".encode()


def office(main: str) -> dict[Carrier, Build]:
    def custom() -> bytes:
        part = office_files.custom_part(office_files.a_property(TEXT))
        types = office_files.content_types(office_files.CUSTOM_OVERRIDE, main=main)
        return office_files.package({"docProps/custom.xml": part}, types)

    def with_packet(packet: bytes) -> bytes:
        types = office_files.content_types(main=main)
        return office_files.package({"docProps/meta.xmp": packet}, types, office_files.relations())

    return {Carrier.OOXML_PROPERTY: custom, **each(with_packet, PACKETS)}


def pdf_with_packet(packet: bytes) -> bytes:
    catalogue = b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>"
    store = pdf_files.stream(b"/Type /Metadata /Subtype /XML", packet)
    objects = {**pdf_files.CATALOGUE, 1: catalogue, 3: b"<< /Producer (x) >>", 4: store}
    return pdf_files.with_table(objects)


_OFFICE = "application/vnd.openxmlformats-officedocument."
TEXTS: dict[Format, dict[Carrier, Build]] = {
    Format.MARKDOWN: {Carrier.FRONT_MATTER: rw.agents},
    Format.HTML: {
        Carrier.HTML_META: partial(page, f'<meta name="AIGC" content="{rw.quoted(TEXT)}">'),
        Carrier.HTML_COMMENT: partial(page, f"<!-- AIGC: {TEXT} -->"),
    },
    Format.DOCX: office(_OFFICE + "wordprocessingml.document.main+xml"),
    Format.XLSX: office(_OFFICE + "spreadsheetml.sheet.main+xml"),
    Format.PPTX: office(_OFFICE + "presentationml.presentation.main+xml"),
    Format.PDF: {
        Carrier.PDF_INFO: lambda: pdf_files.with_info(b"<< /AIGC (" + RECORD + b") >>"),
        **each(pdf_with_packet, PACKETS),
    },
}

# Sound and film


def private(packet: bytes) -> bytes:
    """The frame of ID3 that holds XMP."""
    return media_files.id3(media_files.frame(b"PRIV", b"XMP\0" + packet))


def tagged() -> bytes:
    return media_files.id3(media_files.txxx(value=RECORD))


def ape() -> bytes:
    return media_files.ape(("AIGC", RECORD, 0))


def application(body: bytes) -> tuple[int, bytes]:
    """What a WAV file was, kept in FLAC."""
    return 2, b"riff" + body


def flac_in_ogg(body: bytes) -> bytes:
    comments = media_files.flac_block(4, media_files.vorbis_comment())
    first = media_files.OGG_FLAC[0]
    kept = media_files.flac_block(*application(body), last=True)
    return media_files.ogg(first[:7] + bytes(2) + first[9:], comments, kept)


CHUNK = chunk(b"AIGC", RECORD)
INFO = media_files.listed(b"INFO", CHUNK)


def iso(brand: bytes, kind: bytes) -> dict[Carrier, Build]:
    track = iso_files.track(kind)

    def film(*parts: bytes) -> bytes:
        return iso_files.mp4(iso_files.movie(*parts, tracks=(track,)), brand=brand)

    item = iso_files.ilst(iso_files.item(1, iso_files.data(RECORD)))
    return {
        Carrier.MP4_KEYS: lambda: film(iso_files.user_data(iso_files.meta(*iso_files.labelled(RECORD)))),
        Carrier.MP4_ITEM: lambda: film(iso_files.user_data(iso_files.meta(item, kind=b"mdir"))),
        **each(lambda packet: film(iso_files.box(b"uuid", iso_files.XMP_UUID, packet)), PACKETS),
    }


def matroska(kind: bytes) -> dict[Carrier, Build]:
    tags = matroska_files.tags(matroska_files.simple_tag(b"AIGC", RECORD))
    return {
        Carrier.MATROSKA_TAG: partial(
            matroska_files.mkv, matroska_files.tracks(), tags, matroska_files.cluster(), doc_type=kind
        )
    }


RECORDINGS: dict[Format, dict[Carrier, Build]] = {
    Format.MP3: {
        Carrier.ID3_TXXX: lambda: tagged() + media_files.SOUND,
        Carrier.TRAILER: lambda: media_files.SOUND + ape(),
        **each(lambda packet: private(packet) + media_files.SOUND, PACKETS),
    },
    Format.WAV: {
        Carrier.RIFF_CHUNK: lambda: media_files.wav(media_files.WAV_SOUND, CHUNK),
        Carrier.RIFF_INFO: lambda: media_files.wav(media_files.WAV_SOUND, INFO),
        Carrier.ID3_TXXX: lambda: media_files.wav(media_files.WAV_SOUND, chunk(b"id3 ", tagged())),
        **each(lambda packet: media_files.wav(media_files.WAV_SOUND, chunk(b"_PMX", packet)), PACKETS),
    },
    Format.FLAC: {
        Carrier.VORBIS_COMMENT: lambda: media_files.flac((4, media_files.vorbis_comment(b"AIGC=" + RECORD))),
        Carrier.ID3_TXXX: lambda: tagged() + media_files.flac(),
        Carrier.RIFF_CHUNK: lambda: media_files.flac(application(CHUNK)),
        Carrier.RIFF_INFO: lambda: media_files.flac(application(INFO)),
        Carrier.TRAILER: lambda: media_files.flac() + ape(),
        **each(lambda packet: media_files.flac(application(chunk(b"_PMX", packet))), PACKETS),
    },
    Format.OGG: {
        Carrier.VORBIS_COMMENT: lambda: media_files.ogg(
            b"OpusHead" + bytes(11), b"OpusTags" + media_files.vorbis_comment(b"AIGC=" + RECORD), bytes(300)
        ),
        Carrier.RIFF_CHUNK: partial(flac_in_ogg, CHUNK),
        Carrier.RIFF_INFO: partial(flac_in_ogg, INFO),
        **each(lambda packet: flac_in_ogg(chunk(b"_PMX", packet)), PACKETS),
    },
    Format.M4A: iso(b"M4A ", b"soun"),
    Format.MP4: iso(b"isom", b"vide"),
    Format.MOV: iso(b"qt  ", b"vide"),
    Format.MKV: matroska(b"matroska"),
    Format.WEBM: matroska(b"webm"),
    Format.AVI: {
        Carrier.RIFF_INFO: lambda: media_files.riff(b"AVI ", media_files.AVI_HEADERS, INFO, media_files.AVI_MOVIE),
        Carrier.RIFF_CHUNK: lambda: media_files.riff(b"AVI ", media_files.AVI_HEADERS, CHUNK, media_files.AVI_MOVIE),
        **each(
            lambda packet: media_files.riff(
                b"AVI ", media_files.AVI_HEADERS, chunk(b"_PMX", packet), media_files.AVI_MOVIE
            ),
            PACKETS,
        ),
    },
    Format.FLV: {
        Carrier.FLV_METADATA: lambda: media_files.flv(
            media_files.script(
                media_files.amf_string(b"onMetaData"),
                media_files.amf_array((b"AIGC", media_files.amf_string(RECORD))),
            )
        )
    },
}

CELLS: dict[Format, dict[Carrier, Build]] = {**PICTURES, **TEXTS, **RECORDINGS, Format.PLAIN: {}}
