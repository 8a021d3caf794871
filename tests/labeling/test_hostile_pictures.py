"""Pictures that were made to hide a record, to hide another picture, or to cost more than they weigh."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import numpy as np
import pytest
from PIL import Image

from labeling import Declaration, ErrorCode, ImageNotice, LabelingError, LimitError, MediaError, Verdict
from labeling.carriers import exif, xmp
from labeling.containers._png_chunks import AFTER_HEADER, build
from labeling.containers.tiff import parse as parse_tiff
from labeling.engine import label
from labeling.limits import DEFAULT_LIMITS
from labeling.record import parse as parse_record
from labeling.verification import verify
from labeling.visible.layout import lay_out
from labeling.visible.stamp import ColourSpace

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DECLARATION = Declaration("Example", produce_id="NEW-1")
OLD = "OLD-4711"
RECORD = (
    f'{{"Label":"1","ContentProducer":"x","ProduceID":"{OLD}","ReservedCode1":"",'
    f'"ContentPropagator":"x","PropagateID":"{OLD}","ReservedCode2":""}}'
)
WRAPPED = f'{{"AIGC":{RECORD}}}'
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def saved(kind: str, size: tuple[int, int] = (120, 100), **options: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def png(*chunks: bytes) -> bytes:
    plain = saved("PNG")
    return plain[:AFTER_HEADER] + b"".join(chunks) + plain[AFTER_HEADER:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes) -> bytes:
    plain = saved("JPEG")
    return plain[:20] + b"".join(segments) + plain[20:]


def gif(extension: bytes, text: bytes) -> bytes:
    plain = saved("GIF")
    sub_blocks = b"".join(bytes([len(text[i : i + 255])]) + text[i : i + 255] for i in range(0, len(text), 255))
    return plain[:-1] + extension + sub_blocks + b"\0;"


def riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: bytes, flags: int = 0) -> bytes:
    size = b"".join((side - 1).to_bytes(3, "little") for side in (120, 100))
    body = b"".join((riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size), saved("WEBP")[12:], *chunks))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def packet(inner: str) -> bytes:
    head = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="' + RDF
    return f'{head}" xmlns:T="http://www.tc260.org.cn/ns/AIGC/1.0/">{inner}</r:RDF></x:xmpmeta>'.encode()


def png_with_xmp(source: bytes) -> bytes:
    return png(build(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0", source))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(build(b"tEXt", b"Comment\0" + WRAPPED.encode())), id="png-comment"),
        pytest.param(png(build(b"zTXt", b"Description\0\0" + zlib.compress(RECORD.encode()))), id="png-description"),
        pytest.param(jpeg(segment(0xFE, RECORD.encode())), id="jpeg-comment"),
        pytest.param(jpeg(segment(0xE9, b"aigc:" + RECORD.encode())), id="jpeg-lower-case-key"),
        pytest.param(gif(b"!\xfe", WRAPPED.encode()), id="gif-comment"),
        pytest.param(gif(b"!\xff\x0bAIGC  1.000", RECORD.encode()), id="gif-application"),
        pytest.param(webp(riff_chunk(b"AIGC", RECORD.encode())), id="webp-chunk"),
    ],
)
def test_a_record_in_a_place_made_for_anything_is_found_and_replaced(data: bytes) -> None:
    report = verify(data)
    assert [site.record and site.record.produce_id for site in report.sites] == [OLD]
    labelled = label(data, DECLARATION, signer=None, now=NOW, visible=None).data
    assert OLD.encode() not in labelled
    assert [site.record and site.record.produce_id for site in verify(labelled).sites] == ["NEW-1"]


def test_a_comment_in_words_stays_in_every_format() -> None:
    for data in (
        png(build(b"tEXt", b"Comment\0AIGC is what I like")),
        jpeg(segment(0xFE, b"AIGC is what I like")),
        gif(b"!\xfe", b"AIGC is what I like"),
    ):
        assert verify(data).verdict is Verdict.NOT_FOUND
        assert b"AIGC is what I like" in label(data, DECLARATION, signer=None, now=NOW, visible=None).data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(webp(saved("WEBP")[12:]), id="two-pictures"),
        pytest.param(webp(webp()[12:30]), id="two-headers"),
        pytest.param(webp(flags=2), id="picture-beside-frames"),
        pytest.param(webp(riff_chunk(b"ANMF", bytes(16))), id="frames-in-a-still"),
        pytest.param(
            saved("WEBP")[:4] + struct.pack("<I", len(saved("WEBP")) + 10) + saved("WEBP")[8:] + webp()[12:30],
            id="late-header",
        ),
    ],
)
def test_a_webp_with_another_picture_for_other_readers_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        label(data, DECLARATION, signer=None, now=NOW)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


@pytest.mark.parametrize("marker", [0x02, 0xA0, 0xC8, 0xDE, 0xF0, 0xFD])
def test_a_jpeg_with_a_marker_that_stops_decoders_is_refused(marker: int) -> None:
    with pytest.raises(MediaError, match=f"FF{marker:02X}"):
        label(jpeg(segment(marker, b"abc")), DECLARATION, signer=None, now=NOW, visible=None)


def test_a_jpeg_of_fill_bytes_is_refused() -> None:
    few, many = (jpeg(b"\xff" * count) for count in (1_000, 100_000))
    assert label(few, DECLARATION, signer=None, now=NOW).visible is not None
    with pytest.raises(MediaError, match="belong to no segment"):
        label(many, DECLARATION, signer=None, now=NOW)


def test_a_jpeg_of_a_thousand_scans_is_not_painted() -> None:
    plain = saved("JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    with pytest.raises(LimitError) as caught:
        label(plain[:-2] + last * 1_000 + plain[-2:], DECLARATION, signer=None, now=NOW)
    assert caught.value.code is ErrorCode.LIMIT_ITEMS


def frame_control(number: int) -> bytes:
    return build(b"fcTL", struct.pack(">IIIIIHHBB", number, 1, 1, 0, 0, 1, 10, 0, 0))


def description(attributes: list[str]) -> bytes:
    return png_with_xmp(packet(f"<r:Description {' '.join(attributes)}/>"))


COSTLY: dict[str, Callable[[], bytes]] = {
    "records-in-chunks": lambda: png(build(b"tEXt", b"AIGC\0{}") * 1_001),
    "records-in-a-packet": lambda: png_with_xmp(packet(f"<r:Description>{'<T:AIGC/>' * 1_001}</r:Description>")),
    "packets": lambda: png(build(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet("")) * 1_001),
    "compressed-texts": lambda: png(build(b"zTXt", b"Title\0\0" + zlib.compress(b"a")) * 5_000),
    "attributes": lambda: description([f'a{i}=""' for i in range(50_000)]),
    "namespaces": lambda: description([f'xmlns:a{i}="u"' for i in range(1_200)]),
    "tags": lambda: png_with_xmp(packet("<r:Description/>" * 200_001)),
    "utf-7": lambda: png_with_xmp(b'<?xml version="1.0" encoding="UTF-7"?>' + packet("")),
    "directories": lambda: tiff_of_directories(2_500),
}


def tiff_of_directories(count: int) -> bytes:
    plain = saved("TIFF")
    table = len(plain)
    offsets = struct.pack(f"<{count}I", *(table + 4 * count + 6 * i for i in range(count)))
    first = struct.unpack_from("<I", plain, 4)[0]
    entries = struct.unpack_from("<H", plain, first)[0]
    rows = [plain[first + 2 + 12 * i : first + 14 + 12 * i] for i in range(entries)]
    rows.append(struct.pack("<HHII", 330, 4, count, table))
    directory = struct.pack("<H", len(rows)) + b"".join(sorted(rows, key=lambda row: row[:2][::-1])) + bytes(4)
    moved = plain[:4] + struct.pack("<I", table + 10 * count) + plain[8:]
    return moved + offsets + bytes(6 * count) + directory


@pytest.mark.parametrize("name", list(COSTLY))
def test_what_costs_more_than_it_weighs_is_refused_by_name(name: str) -> None:
    data = COSTLY[name]()
    assert verify(data).verdict is Verdict.INCONCLUSIVE
    with pytest.raises(LabelingError) as caught:
        label(data, DECLARATION, signer=None, now=NOW, visible=None)
    code = caught.value.code
    assert isinstance(caught.value, LimitError) or (name == "utf-7" and code is ErrorCode.MEDIA_UNSUPPORTED)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(f'<r:Description r:about="record{"." * 2_000_000}"/>', id="the-mark-of-an-earlier-version"),
        pytest.param(f"<r:Description>{'<T:a/> words ' * 1_000}</r:Description>", id="text-after-what-goes"),
        pytest.param("<r:Description/> words " * 60_000, id="text-after-empty-descriptions"),
        pytest.param("<r:li>" * 20 + "<r:li/>" * 60_000 + "</r:li>" * 20, id="deep-and-wide"),
    ],
)
def test_a_packet_is_written_in_linear_time(inner: str) -> None:
    written = xmp.write([packet(inner)], RECORD, "source", DEFAULT_LIMITS)
    assert [found.text for found in xmp.read(written, DEFAULT_LIMITS).properties] == [RECORD]
    assert written.count(b"words") == inner.count("words")
    assert escape(RECORD, {'"': "&quot;"}).encode() in written


def test_exif_texts_that_share_their_bytes_are_bounded() -> None:
    row = struct.pack("<HHII", exif.IMAGE_DESCRIPTION, 2, 60_000, 2_000)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 100) + row * 100
    with pytest.raises(LimitError) as caught:
        exif.read(block.ljust(62_000, b"a"), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.LIMIT_METADATA


def test_tiff_pages_that_share_one_packet_are_bounded() -> None:
    count, packet_size = 10, 1_000_000
    step = 2 + 12 * 7 + 4
    pixels = 8 + count * step
    data = bytearray(b"II*\0\x08\0\0\0")
    for page in range(count):
        tags = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, pixels), (279, 4, 1, 1)]
        rows = [struct.pack("<HHII", *tag) for tag in (*tags, (700, 1, packet_size, pixels + 2))]
        following = 8 + (page + 1) * step if page + 1 < count else 0
        data += struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", following)
    with pytest.raises(LimitError) as caught:
        parse_tiff(bytes(data) + bytes(2 + packet_size), DEFAULT_LIMITS)
    assert caught.value.code is ErrorCode.LIMIT_METADATA


def test_an_animation_with_more_frames_than_announced_is_refused_at_once() -> None:
    plain = saved("PNG")
    pixel = build(b"fdAT", struct.pack(">I", 2) + b"this is never inflated")
    first = struct.pack(">IIIIIHHBB", 0, 120, 100, 0, 0, 1, 10, 0, 0)
    head = plain[:AFTER_HEADER] + build(b"acTL", struct.pack(">II", 1, 0)) + build(b"fcTL", first)
    wrong = frame_control(1) + pixel + frame_control(3) + frame_control(99) * 1_000
    data = head + plain[AFTER_HEADER:-12] + wrong + plain[-12:]
    with pytest.raises(MediaError):
        label(data, DECLARATION, signer=None, now=NOW)


def test_the_remarks_on_a_record_are_bounded() -> None:
    further = ",".join(f'"k{i}":1' for i in range(5_000))
    assert len(parse_record("{" + further + "}", DEFAULT_LIMITS).remarks) < 50
    assert len(parse_record("{" + '"a":1,' * 5_000 + '"a":1}', DEFAULT_LIMITS).remarks) < 50


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
@pytest.mark.parametrize("size", [(40, 40), (100, 70), (300, 200)], ids=str)
def test_the_label_is_legible_on_the_final_pixels_of_a_coarse_jpeg(quality: int, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(quality).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    source = io.BytesIO()
    Image.fromarray(noise).save(source, "JPEG", quality=quality)
    labelled = label(source.getvalue(), DECLARATION, signer=None, now=NOW)
    stamp = lay_out(*size, ImageNotice()).stamp
    with Image.open(io.BytesIO(labelled.data)) as picture:
        final = np.asarray(picture.crop((stamp.x, stamp.y, stamp.box.right, stamp.box.bottom)))
    assert stamp.contrast(final, ColourSpace.RGB, aside=0.05) >= 4.5


def test_a_damaged_tiff_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    out = io.BytesIO()
    Image.effect_noise((120, 100), 90).convert("1").save(out, "TIFF", compression="group4")
    data = bytearray(out.getvalue())
    data[40:400] = b"\x5a" * 360
    with suppress(LabelingError):
        label(bytes(data), DECLARATION, signer=None, now=NOW)
    assert not capfd.readouterr().err


def test_a_damaged_exif_block_does_not_disturb_the_measuring() -> None:
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x0112, 3, 9_000, 60_000) + bytes(4)
    noise = np.random.default_rng(1).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    source = io.BytesIO()
    Image.fromarray(noise).save(source, "JPEG", quality=30)
    data = source.getvalue()
    labelled = label(data[:20] + segment(0xE1, block) + data[20:], DECLARATION, signer=None, now=NOW)
    assert block in labelled.data
