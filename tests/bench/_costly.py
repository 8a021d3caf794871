"""Files of up to 1 MB that are made to cost: as many parts, records, names or levels as a megabyte holds."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

from labeling.limits import MIB
from labeling.model import Format
from tests.labeling import iso_files, matroska_files, media_files, office_files, pdf_files
from tests.labeling._corpus_record import element
from tests.labeling.format_files import photo, saved

SIZE = 1_000_000
Costly = tuple[Format, str, bytes]


def costly() -> Iterator[Costly]:
    """Format, what there is much of, and the file."""
    yield from _pictures()
    yield from _texts()
    yield from _documents()
    yield from _sound()
    yield from _films()


def _filled(head: bytes, part: bytes, tail: bytes = b"") -> bytes:
    return head + part * ((SIZE - len(head) - len(tail)) // len(part)) + tail


@cache
def _plain(kind: str) -> bytes:
    return saved(photo(), kind)


def _inside(kind: str, at: int, part: bytes) -> bytes:
    """A picture with a part again and again at an offset."""
    data = _plain(kind)
    return _filled(data[:at], part, data[at:])


def _pictures() -> Iterator[Costly]:
    entry = struct.pack(">HHII", 0x9286, 7, 4, 0)
    for name, part in {
        "comments": _segment(0xFE, b""),
        "AIGC segments": _segment(0xE9, b"AIGC{}"),
        "EXIF blocks": _segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\1" + entry + bytes(4)),
        "EXIF entries": _segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\x13\x88" + entry * 5000 + bytes(4)),
        "XMP packets": _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + element()),
        "pieces of extended XMP": _segment(
            0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 10, 0) + b"x"
        ),
        "C2PA segments": _segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb"),
        "fill bytes": b"\xff",
    }.items():
        yield Format.JPEG, name, _inside("JPEG", 20, part)
    for name, part in {
        "empty chunks": _png_chunk(b"prVt"),
        "records": _png_chunk(b"tEXtAIGC\0{}"),
        "comments": _png_chunk(b'tEXtComment\0{"AIGC":{}}'),
        "XMP packets": _png_chunk(b"iTXtXML:com.adobe.xmp\0\0\0\0\0<a/>"),
        "compressed records": _png_chunk(b"zTXtAIGC\0\0" + zlib.compress(b"{}")),
        "compressed zeros": _png_chunk(b"zTXtAIGC\0\0" + zlib.compress(bytes(3 * MIB), 9)),
    }.items():
        yield Format.PNG, name, _inside("PNG", 33, part)
    for name, part in {
        "elements": b"<a/>",
        "records": b"<TC260:AIGC>{}</TC260:AIGC>",
        "open elements": b"<b>",
        "descriptions": b'<rdf:Description rdf:about="" TC260:AIGC="{}"/>',
        "character references": b"&#65;",
    }.items():
        packet = element().replace(b"<TC260:AIGC>", part * (900_000 // len(part)) + b"<TC260:AIGC>", 1)
        data = _plain("PNG")
        chunk = _png_chunk(b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + packet)
        yield Format.PNG, f"{name} in XMP", data[:33] + chunk + data[33:]
    little = struct.pack("<HHII", 0x9286, 7, 4, 0)
    directory = b"II*\0\x08\0\0\0\xff\xff"
    yield Format.TIFF, "entries", directory + little * 65_535 + bytes(100_000)
    yield Format.TIFF, "long values", directory + struct.pack("<HHII", 270, 2, 700_000, 8) * 65_535 + bytes(200_000)
    chained = (struct.pack("<HHHIII", 1, 256, 4, 1, 1, 8 + 18 * (place + 1)) for place in range(50_000))
    yield Format.TIFF, "directories", b"II*\0\x08\0\0\0" + b"".join(chained)
    yield Format.GIF, "comments", _filled(_plain("GIF")[:-1], b"!\xfe\1{\0", b";")
    yield Format.GIF, "XMP packets", _filled(_plain("GIF")[:-1], b"!\xff\x0bXMP DataXMP\1<\0", b";")
    webp = b"RIFF" + struct.pack("<I", SIZE - 8) + _plain("WEBP")[8:]
    yield Format.WEBP, "chunks", _filled(webp, b"AIGC\2\0\0\0{}")
    svg, manifest = b'<svg xmlns="http://www.w3.org/2000/svg">', b'<c:manifest xmlns:c="http://c2pa.org/manifest">'
    for part in (b"<metadata/>", b"<a>", b"<!---->", b"<g/>"):
        yield Format.SVG, part.decode(), _filled(svg, part, b"</svg>")
    yield (
        Format.SVG,
        "runs of Base64",
        _filled(svg + b"<metadata>" + manifest, b"A" * 1023 + b"!", b"</metadata></svg>"),
    )
    yield Format.SVG, "braces", _filled(svg + b"<!-- AIGC: ", b"{", b"--></svg>")


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _png_chunk(body: bytes) -> bytes:
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _texts() -> Iterator[Costly]:
    page = b"<!doctype html><html><head></head><body>"
    for part in (
        *("<a>", "<p>x</p>", "<div>", "</a>", "<b>AI生成</b>", '<meta name=AIGC content="{}">', '<meta name="AIGC">'),
        *("<!-- AIGC: {} -->", '<a b=c d="e">', "<span>x</span>", "<", '<a b="', "<style>p{}</style>", "<ul><li>x"),
        *("<table><tr><td>x", "<svg>", "<template>", "<p hidden>AI</p>", "&amp;"),
    ):
        yield Format.HTML, part, _filled(page, part.encode())
    for part in (
        "# AI生成\n",
        "本文由AI生成\n\n",
        "- a\n",
        "> ",
        "```\n",
        "|a|b|\n",
        "<b>x</b>\n",
        "[a](b)",
        "*a* ",
        "`",
    ):
        yield Format.MARKDOWN, part.strip(), _filled(b"", part.encode())
    for part in (
        "a: b\n",
        "[",
        "{a: ",
        "? ",
        "- ",
        "&a ",
        "AIGC: {}\n",
        "a: |\n  x\n",
        "AIGC:\n  a: b\n",
        "a: &a\n  b: *a\n",
    ):
        for head in ("", "AIGC:\n  "):
            front = head.encode() + part.encode() * (250_000 // len(part.encode()))
            yield Format.MARKDOWN, f"{(head + part).strip()!r} in front", b"---\n" + front + b"\n---\n\nx\n"
    # As many brackets on one line as a YAML scanner looks ahead.
    yield Format.MARKDOWN, "brackets in front", b"---\nAIGC:\n  " + b"[" * 1_100 + b"\n---\n\nx\n"
    for part in ("本文由AI生成", "AI生成\n", "生成", "AI ", "\n"):
        yield Format.PLAIN, part.strip() or "lines", _filled(b"", part.encode())


def _documents() -> Iterator[Costly]:
    number = 24_000
    for name, custom in {
        "properties": office_files.custom_part(*(office_files.a_property("x", f"k{n}") for n in range(number))),
        "records": office_files.custom_part(*[office_files.a_property("{}")] * number),
        "elements": b"<Properties>" + b"<a/>" * (MIB - 10) + b"</Properties>",
    }.items():
        yield Format.DOCX, name, _with_custom_part(custom)
    info = b"".join(b"/k%d ({}) " % key for key in range(70_000))
    yield Format.PDF, "keys", pdf_files.with_info(b"<< " + info + b">>")
    yield Format.PDF, "records", pdf_files.with_info(b"<< " + b"/AIGC ({}) " * 80_000 + b">>")
    yield Format.PDF, "parentheses", pdf_files.with_info(b"<< /AIGC " + b"(" * 900_000 + b">>")
    yield Format.PDF, "objects", pdf_files.with_table(dict.fromkeys(range(3, 20_000), b"<<>>"))
    yield Format.PDF, "unlisted objects", _filled(pdf_files.HEADER, b"1 0 obj\n<<>>\nendobj\n", b"startxref\n9\n%%EOF")
    yield Format.PDF, "dictionaries in each other", _filled(pdf_files.HEADER + b"1 0 obj\n", b"<<")
    yield Format.PDF, "updates", pdf_files.with_info() * 900
    bomb = pdf_files.with_streams({3: pdf_files.INFO}, padding=b" " * (100 * MIB))
    yield Format.PDF, "spaces in a stream", bomb


def _with_custom_part(custom: bytes) -> bytes:
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(office_files.package()))
    with source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, custom if name == "docProps/custom.xml" else source.read(name))
    return out.getvalue()


def _sound() -> Iterator[Costly]:
    record, entry = media_files.chunk(b"AIGC", b"{}"), media_files.txxx(value=b"{}")
    marks = media_files.frame(b"TXXX", b"\3AIGC\0" + b"\xff\0" * 450_000, version=3)
    yield Format.MP3, "frames", media_files.id3(*[entry] * 40_000) + media_files.SOUND
    yield Format.MP3, "tags", _filled(b"", media_files.id3(entry), media_files.SOUND)
    yield Format.MP3, "APE items", media_files.SOUND + media_files.ape(*[("AIGC", b"{}", 0)] * 60_000)
    yield Format.MP3, "unsynchronised bytes", media_files.id3(marks, version=3, flags=0x80) + media_files.SOUND
    yield Format.WAV, "records", media_files.wav(*[record] * 99_000)
    yield Format.WAV, "entries", media_files.wav(media_files.listed(b"INFO", *[record] * 99_000))
    yield Format.WAV, "lists", media_files.wav(*[media_files.listed(b"INFO")] * 80_000)
    comment = media_files.vorbis_comment(*[b"AIGC={}"] * 80_000)
    yield Format.FLAC, "comments", media_files.flac((4, comment))
    yield Format.FLAC, "blocks", media_files.flac(*[(1, b"")] * 240_000)
    yield (
        Format.OGG,
        "comments",
        media_files.ogg(media_files.VORBIS[0], b"\3vorbis" + comment + b"\1", *media_files.VORBIS[2:]),
    )
    yield Format.OGG, "pages", _filled(media_files.ogg(*media_files.VORBIS), media_files.ogg_page(b"", b""))
    yield Format.OGG, "links", b"".join(media_files.ogg(*media_files.OPUS, serial=link) for link in range(1200))
    yield Format.OGG, "false pages", _filled(media_files.ogg(*media_files.VORBIS), b"OggS")


def _films() -> Iterator[Costly]:
    iso, label = iso_files, iso_files.meta(*iso_files.labelled(b"{}"))
    items = iso.ilst(*[iso.item(1, iso.data(b"{}"))] * 30_000)
    yield Format.MP4, "boxes", iso.mp4(iso.box(b"free") * 120_000, iso.movie())
    yield Format.MP4, "records", iso.mp4(iso.movie(*[iso.user_data(label)] * 5_000))
    yield Format.MP4, "items", iso.mp4(iso.movie(iso.user_data(iso.meta(iso.keys(b"AIGC"), items))))
    yield Format.MP4, "keys", iso.mp4(iso.movie(iso.user_data(iso.meta(iso.keys(*[b"AIGC"] * 75_000), iso.ilst()))))
    yield Format.MP4, "tracks", iso.mp4(iso.movie(tracks=(iso.track(),) * 4_000))
    yield Format.MP4, "fragments", iso.mp4(iso.movie(), iso.fragment() * 25_000)
    yield Format.MP4, "XMP packets", iso.mp4(iso.movie(), *[iso.box(b"uuid", iso.XMP_UUID, b"<a/>")] * 30_000)
    yield Format.MP4, "texts", iso.mp4(iso.movie(iso.user_data(*[iso.text_atom(b"\xa9cmt", b"{}")] * 60_000)))
    mkv, simple = matroska_files, matroska_files.simple_tag(b"AIGC", b"{}")
    yield Format.MKV, "tags", mkv.mkv(mkv.tracks(), mkv.tags(*[simple] * 55_000))
    yield Format.MKV, "clusters", mkv.mkv(mkv.tracks(), *[mkv.element(mkv.CLUSTER)] * 190_000)
    yield Format.MKV, "voids", mkv.mkv(mkv.tracks(), *[mkv.element(mkv.VOID)] * 490_000)
    yield Format.WEBM, "blocks", mkv.live(mkv.open_cluster(*[mkv.block(b"")] * 140_000))
    yield (
        Format.AVI,
        "chunks",
        media_files.riff(b"AVI ", media_files.AVI_HEADERS, media_files.chunk(b"JUNK", b"") * 120_000),
    )
    yield Format.AVI, "lists", media_files.riff(b"AVI ", *[media_files.listed(b"hdrl")] * 80_000)
    name, sound = media_files.amf_string(b"onMetaData"), media_files.flv_tag(9, b"")
    yield Format.FLV, "tags", media_files.flv(*[sound] * 66_000)
    yield Format.FLV, "script tags", media_files.flv(*[media_files.script(name, media_files.METADATA)] * 2_400)
    yield Format.FLV, "objects in each other", media_files.flv(media_files.script(name, b"\3\0\1a" * 240_000))
    values = media_files.amf_array(*[(b"AIGC", b"\5")] * 110_000)
    yield Format.FLV, "values", media_files.flv(media_files.script(name, values))
