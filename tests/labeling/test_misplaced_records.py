"""Every record counts, also the second and the misplaced one: it is found, and a new label takes its place."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image, TiffImagePlugin

from labeling import Declaration, ErrorCode, Format, LabelingError, Verdict, ifd, label, verify
from labeling.carriers import exif
from labeling.ifd import BYTE, UNDEFINED, Dialect
from labeling.ifd_edit import Value, build, rewrite
from labeling.limits import DEFAULT_LIMITS
from labeling.model import TEXT_FORMATS, Carrier
from labeling.report import Answer
from tests.labeling import real_world as rw
from tests.labeling.carrier_cells import BARE, RECORD, TEXT, exif_segment, gif, riff_picture
from tests.labeling.format_files import file

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DECLARATION = Declaration(rw.DOUBAO, produce_id="new-1")
PACKET = rw.packet(rw.fields())
GUID = b"0123456789ABCDEF0123456789ABCDEF"
WRAPPED = json.dumps({"AIGC": rw.fields()})
EXIF = exif.write(None, WRAPPED, DEFAULT_LIMITS)
SITE = tuple[Carrier, str, tuple[str, ...]]


def portion(packet: bytes, start: int, end: int, guid: bytes = GUID) -> bytes:
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", len(packet), start)
    return rw.segment(0xE1, head + packet[start:end])


def announcing(guid: bytes = GUID) -> bytes:
    """A main packet that points to an extended one."""
    name = "http://ns.adobe.com/xmp/note/"
    return rw.xmp_segment(rw.description("", f' xmlns:n="{name}" n:HasExtendedXMP="{guid.decode()}"').encode())


def extended(*order: int, guid: bytes = GUID) -> bytes:
    """A record in the extended packet alone, in portions of 200 bytes in some order."""
    parts = [portion(PACKET, at, at + 200, guid) for at in range(0, len(PACKET), 200)]
    return rw.jpeg(announcing(), *(parts[place] for place in order))


def comment(raw: bytes, kind: int = UNDEFINED, *, in_main: bool = False) -> bytes:
    value = {exif.USER_COMMENT: Value(kind, len(raw), raw)}
    return exif_segment(build(Dialect("<"), value if in_main else {}, {} if in_main else value))


def windows_comment() -> bytes:
    value = TEXT.encode("utf-16-le") + b"\0\0"
    return exif_segment(build(Dialect(">"), {exif.XP_COMMENT: Value(BYTE, len(value), value)}, {}))


def raw_profile(name: bytes, content: bytes) -> bytes:
    digits = content.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return (
        b"Raw profile type " + name + b"\0\0" + zlib.compress(b"\n" + name + b"\n%8d\n" % len(content) + lines + b"\n")
    )


def in_sub_blocks() -> bytes:
    whole = gif(0xFF, b"")
    at = whole.index(b"XMP DataXMP") + 11
    pieces = [PACKET[start : start + 200] for start in range(0, len(PACKET), 200)]
    return whole[:at] + b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0" + whole[at + 258 :]


def second_page() -> bytes:
    out, tags = io.BytesIO(), TiffImagePlugin.ImageFileDirectory_v2()
    tags[700] = PACKET
    tags.tagtype[700] = UNDEFINED
    pages = [Image.new("L", (20, 16)), Image.new("L", (20, 16))]
    pages[1].encoderinfo = {"tiffinfo": tags}  # type: ignore[attr-defined]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


OUT_OF_ORDER = (2, 0, 3, 1)
FILES: dict[str, tuple[Callable[[], bytes], list[SITE]]] = {
    "JPEG, extended packet": (lambda: extended(0, 1, 2, 3), [(Carrier.XMP, "APP1", ("extended",))]),
    "JPEG, extended packet out of order": (lambda: extended(*OUT_OF_ORDER), [(Carrier.XMP, "APP1", ("extended",))]),
    "JPEG, extended packet of another name": (
        lambda: extended(0, 1, 2, 3, guid=GUID[::-1]),
        [(Carrier.XMP, "APP1", ("extended", "not-announced"))],
    ),
    "JPEG, comment in IFD0": (
        lambda: comment(b"ASCII\0\0\0" + WRAPPED.encode(), in_main=True),
        [(Carrier.EXIF_USER_COMMENT, "APP1/IFD0", ())],
    ),
    "JPEG, comment in UTF-16": (
        lambda: comment(b"UNICODE\0" + WRAPPED.encode("utf-16-be")),
        [(Carrier.EXIF_USER_COMMENT, "APP1/Exif", ())],
    ),
    "JPEG, comment without a code": (
        lambda: comment(WRAPPED.encode()),
        [(Carrier.EXIF_USER_COMMENT, "APP1/Exif", ())],
    ),
    "JPEG, comment of Windows": (windows_comment, [(Carrier.EXIF_IMAGE_DESCRIPTION, "APP1/IFD0/XPComment", ())]),
    "JPEG, second EXIF segment": (
        lambda: rw.jpeg(rw.exif_segment("a person's words"), rw.segment(0xE1, b"Exif\0\0" + EXIF)),
        [(Carrier.EXIF_USER_COMMENT, "APP1/Exif", ())],
    ),
    "JPEG, comment segment": (
        lambda: rw.jpeg(rw.segment(0xFE, BARE)),
        [(Carrier.APP_SEGMENT, "COM", ())],
    ),
    "JPEG, packet in UTF-16": (
        lambda: rw.jpeg(rw.xmp_segment(PACKET.decode().replace("UTF-8", "UTF-16").encode("utf-16"))),
        [(Carrier.XMP, "APP1", ())],
    ),
    "PNG, hidden EXIF of ImageMagick": (
        lambda: rw.png((b"zTXt", raw_profile(b"exif", b"Exif\0\0" + EXIF))),
        [(Carrier.EXIF_USER_COMMENT, "zTXt/Exif", ("compressed", "raw-profile"))],
    ),
    "PNG, hidden packet of ImageMagick": (
        lambda: rw.png((b"zTXt", raw_profile(b"xmp", PACKET))),
        [(Carrier.XMP, "zTXt", ("compressed", "raw-profile"))],
    ),
    "PNG, under another keyword": (
        lambda: rw.png((b"tEXt", b"Comment\0" + BARE)),
        [(Carrier.PNG_TEXT, "tEXt", ())],
    ),
    "WebP, misspelt chunk": (
        lambda: riff_picture(b"XMP\0", PACKET),
        [(Carrier.XMP, "XMP\0", ("misspelt",))],
    ),
    "GIF, sub-blocks": (in_sub_blocks, [(Carrier.XMP, "application extension", ("sub-blocks",))]),
    "TIFF, second page": (second_page, [(Carrier.XMP, "IFD1", ("not-the-first-page",))]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_misplaced_record_is_found_and_noted(name: str) -> None:
    make, sites = FILES[name]
    report = verify(make())
    assert [(site.carrier, site.place) for site in report.sites] == [(carrier, place) for carrier, place, _ in sites]
    notes = {check.params["note"] for check in report.checks if "note" in check.params}
    assert notes == {note for _, _, kept in sites for note in kept}
    assert report.verdict is Verdict.CONFORMANT


@pytest.mark.parametrize("name", FILES)
def test_a_new_label_takes_its_place(name: str) -> None:
    labelled = label(FILES[name][0](), DECLARATION, signer=None, now=NOW, visible=None)
    (site,) = verify(labelled.data).sites
    assert site.record == labelled.record
    assert rw.NUMBER.encode() not in labelled.data


@pytest.mark.parametrize(
    "name",
    ["JPEG, extended packet of another name", "PNG, hidden packet of ImageMagick", "TIFF, second page"],
)
def test_a_place_that_readers_pass_over_is_not_the_guides(name: str) -> None:
    assert verify(FILES[name][0]()).answers.placed is Answer.NO


def two_comments() -> bytes:
    value = {exif.USER_COMMENT: Value(UNDEFINED, len(RECORD), RECORD)}
    return exif_segment(build(Dialect("<"), value, value))


def two_chunks() -> bytes:
    packet = b"XMP " + struct.pack("<I", len(PACKET)) + PACKET + b"\0" * (len(PACKET) % 2)
    body = riff_picture(b"XMP ", PACKET)[8:] + packet
    return b"RIFF" + struct.pack("<I", len(body)) + body


def two_extensions() -> bytes:
    once = gif(0xFF, PACKET)
    return once[:-1] + b"\x21\xfe" + bytes((len(BARE),)) + BARE + b"\0" + once[-1:]


def two_pages() -> bytes:
    first = {"IFD0": {700: Value(UNDEFINED, len(PACKET), PACKET)}}
    return rewrite(ifd.read(second_page(), DEFAULT_LIMITS), first)


def two_elements() -> bytes:
    return f'<meta name="AIGC" content="{rw.quoted(TEXT)}"><p>x</p><!-- AIGC: {TEXT} -->'.encode()


TWICE: dict[str, tuple[Format, Callable[[], bytes]]] = {
    "JPEG, packets": (Format.JPEG, lambda: rw.jpeg(rw.xmp_segment(PACKET), rw.xmp_segment(PACKET))),
    "JPEG, comments": (Format.JPEG, two_comments),
    "JPEG, segments": (Format.JPEG, lambda: rw.jpeg(rw.segment(0xE2, BARE), rw.segment(0xFE, BARE))),
    "JPEG, one segment": (Format.JPEG, lambda: rw.jpeg(rw.segment(0xE2, BARE + b"\n" + BARE))),
    "PNG, packets": (Format.PNG, lambda: rw.png(rw.itxt(PACKET), after=(rw.itxt(PACKET, compressed=True),))),
    "PNG, texts": (Format.PNG, lambda: rw.png(rw.text(rw.fields()), rw.text(rw.fields(), b"aigc"))),
    "WebP": (Format.WEBP, two_chunks),
    "GIF": (Format.GIF, two_extensions),
    "TIFF": (Format.TIFF, two_pages),
    "Markdown": (Format.MARKDOWN, lambda: rw.markdown(rw.block_map(rw.fields()) + f"b: c\naigc: {TEXT}\n")),
    "HTML": (Format.HTML, two_elements),
}


@pytest.mark.parametrize("name", TWICE)
def test_two_records_are_two_and_become_one(name: str) -> None:
    fmt, make = TWICE[name]
    hint = fmt if fmt in TEXT_FORMATS else None
    report = verify(make(), format=hint)
    assert len(report.sites) == 2
    assert report.verdict is Verdict.NONCONFORMANT
    labelled = label(make(), DECLARATION, signer=None, now=NOW, visible=None, format=hint)
    assert [site.record for site in verify(labelled.data, format=hint).sites] == [labelled.record]


@pytest.mark.parametrize(
    "data",
    [
        lambda: rw.jpeg(rw.segment(0xED, b"Photoshop 3.0\08BIM" + BARE + b"\0\0")),
        lambda: rw.markdown(f"meta:\n  AIGC: {TEXT}\n"),
    ],
    ids=["inside-another-application's-segment", "below-another-key"],
)
def test_a_record_that_cannot_be_cut_out_stops_the_labelling_by_name(data: Callable[[], bytes]) -> None:
    assert len(verify(data()).sites) == 1
    with pytest.raises(LabelingError) as caught:
        label(data(), DECLARATION, signer=None, now=NOW, visible=None)
    assert caught.value.code in {ErrorCode.RECORD_UNSUPPORTED, ErrorCode.MEDIA_UNSUPPORTED}


@pytest.mark.parametrize(
    "data",
    [
        lambda: rw.jpeg(announcing(), portion(PACKET, 0, 200)),
        lambda: rw.png((b"tEXt", b"Raw profile type xmp\0\nxmp\n 9\n4949")),
        lambda: rw.png((b"zTXt", b"AIGC\0\0damaged")),
        lambda: rw.jpeg(rw.xmp_segment(PACKET[:-40])),
        lambda: rw.jpeg(rw.segment(0xE1, b"Exif\0\0" + EXIF[:20])),
        lambda: rw.markdown("x: &x '1'\nAIGC: {Label: *x}\n"),
        lambda: b"+++\nAIGC = '{}'\n+++\n",
    ],
    ids=["extended", "raw-profile", "compressed", "packet", "exif", "alias", "toml"],
)
def test_what_cannot_be_read_is_never_absent(data: Callable[[], bytes]) -> None:
    hint = Format.MARKDOWN if data()[:3] in (b"---", b"+++") else None
    assert verify(data(), format=hint).verdict is Verdict.INCONCLUSIVE


def test_a_photograph_with_everything_else_has_no_label() -> None:
    for name in ("jpeg-everything", "png-everything", "webp-lossy-everything", "tiff-everything", "avif-everything"):
        assert verify(file(name)).verdict is Verdict.NOT_FOUND
