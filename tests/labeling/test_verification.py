"""Checks and verdicts on records as real files have them, carried by a small PNG or Markdown file."""

from __future__ import annotations

import io
import json
import time
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import Format, Outcome, Report, Verdict, verify
from labeling.carriers import exif
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import AigcRecord
from labeling.record import to_fields
from labeling.report_json import report_to_dict

CODE = "001191110102MACQD9K64010000"
GOOD = to_fields(AigcRecord("1", CODE, "id-1", "", CODE, "id-1", ""))


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(*entries: tuple[bytes, bytes]) -> bytes:
    header = chunk(b"IHDR", (8).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0]))
    texts = b"".join(chunk(b"tEXt", keyword + b"\0" + value) for keyword, value in entries)
    return b"\x89PNG\r\n\x1a\n" + header + texts + chunk(b"IDAT", zlib.compress(b"\0" * 9 * 8)) + chunk(b"IEND", b"")


def of(fields: object) -> Report:
    text = fields if isinstance(fields, str) else json.dumps(fields)
    return verify(png((b"AIGC", text.encode())))


def outcomes(report: Report, check_id: str) -> set[Outcome]:
    return {check.outcome for check in report.checks if check.id == check_id}


def test_a_good_record_passes_every_check() -> None:
    report = of(GOOD)
    assert report.verdict is Verdict.CONFORMANT
    assert {check.outcome for check in report.checks} <= {Outcome.PASS, Outcome.NOTE}


@pytest.mark.parametrize(
    ("change", "check_id", "outcome", "verdict"),
    [
        ({"Label": "AIGC"}, "record.label", Outcome.FAILURE, Verdict.NONCONFORMANT),
        ({"Label": "4"}, "record.label", Outcome.FAILURE, Verdict.NONCONFORMANT),
        ({"Label": 1}, "record.fields", Outcome.WARNING, Verdict.CONFORMANT),
        ({"Label": None}, "record.label", Outcome.FAILURE, Verdict.NONCONFORMANT),
        ({"ContentProducer": ""}, "record.empty_field", Outcome.FAILURE, Verdict.NONCONFORMANT),
        ({"ContentPropagator": "", "PropagateID": ""}, "record.empty_field", Outcome.WARNING, Verdict.CONFORMANT),
        ({"ContentProducer": "Minimax Agent AI"}, "record.charset", Outcome.WARNING, Verdict.CONFORMANT),
        ({"ContentProducer": "某某公司"}, "record.charset", Outcome.WARNING, Verdict.CONFORMANT),
        ({"ContentProducer": "doubao"}, "record.provider_code", Outcome.WARNING, Verdict.CONFORMANT),
        ({"ContentProducer": CODE[:21] + "1" + CODE[22:]}, "record.provider_code", Outcome.WARNING, Verdict.CONFORMANT),
        ({"AIGCType": "image"}, "record.fields", Outcome.NOTE, Verdict.CONFORMANT),
        ({"ReservedCode1": None}, "record.fields", Outcome.NOTE, Verdict.CONFORMANT),
        ({"ReservedCode1": {"SecurityData": {}}}, "record.fields", Outcome.NOTE, Verdict.CONFORMANT),
    ],
)
def test_deviations(change: dict[str, object], check_id: str, outcome: Outcome, verdict: Verdict) -> None:
    report = of(GOOD | change)
    assert outcome in outcomes(report, check_id)
    assert report.verdict is verdict


@pytest.mark.parametrize("name", ["Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID"])
def test_a_missing_mandatory_field_is_nonconformant_and_still_a_label(name: str) -> None:
    report = of({key: value for key, value in GOOD.items() if key != name})
    assert report.verdict is Verdict.NONCONFORMANT
    assert len(report.sites) == 1


@pytest.mark.parametrize("name", ["ReservedCode1", "ReservedCode2"])
def test_reserved_codes_may_be_absent(name: str) -> None:
    assert of({key: value for key, value in GOOD.items() if key != name}).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(
    "text",
    [json.dumps({"AIGC": GOOD}), json.dumps(GOOD, indent=2), json.dumps(dict(reversed(GOOD.items())))],
    ids=["wrapped", "newlines", "other-order"],
)
def test_tolerated_shapes_conform(text: str) -> None:
    assert of(text).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"Label":"1","Label":"1"}', "[]", json.dumps(GOOD)[:-10]],
    ids=["empty", "brace", "twice", "array", "cut"],
)
def test_a_broken_record_is_nonconformant_and_never_absent(text: str) -> None:
    assert of(text).verdict is Verdict.NONCONFORMANT


def test_two_records_fail_even_when_equal() -> None:
    entry = (b"AIGC", json.dumps(GOOD).encode())
    report = verify(png(entry, entry))
    assert report.verdict is Verdict.NONCONFORMANT
    assert outcomes(report, "record.single") == {Outcome.FAILURE}


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\1\2", png()[:-12], png()[:40], b"%PDF-1.7", b"RIFF\x10\0\0\0WEBPVP8 "],
    ids=["empty", "noise", "no-end", "cut", "pdf", "cut-webp"],
)
def test_unreadable_is_inconclusive_with_a_code(data: bytes) -> None:
    report = verify(data)
    assert report.verdict is Verdict.INCONCLUSIVE
    [check] = [check for check in report.checks if check.outcome is Outcome.ERROR]
    assert check.id == "file.readable"
    assert "." in str(check.params["code"])


def test_a_file_over_the_limit_is_inconclusive() -> None:
    report = verify(b"x" * 100, limits=Limits(file_bytes=99))
    assert report.verdict is Verdict.INCONCLUSIVE


def with_exif(block: bytes) -> bytes:
    data = png()
    return data[:33] + chunk(b"eXIf", block) + data[33:]


def test_an_exif_comment_that_lies_outside_its_block_is_inconclusive() -> None:
    block = bytearray(exif.write(None, json.dumps({"AIGC": GOOD}), DEFAULT_LIMITS))
    assert verify(with_exif(bytes(block))).verdict is Verdict.CONFORMANT
    at = block.index(b"\x92\x86")
    block[at + 8 : at + 12] = b"\x7f\xff\xff\xff"
    report = verify(with_exif(bytes(block)))
    assert report.verdict is Verdict.INCONCLUSIVE
    [check] = [check for check in report.checks if check.outcome is Outcome.ERROR]
    assert (check.params["tag"], check.params["place"]) == (0x9286, "eXIf")


@pytest.mark.parametrize("keyword", [b"AIGC", b"XML:com.adobe.xmp", b"Raw profile type xmp", b"raw profile type exif"])
def test_a_text_that_cannot_be_inflated_and_may_hold_a_record_is_inconclusive(keyword: bytes) -> None:
    data = png()
    damaged = data[:33] + chunk(b"zTXt", keyword + b"\0\0damaged") + data[33:]
    assert verify(damaged).verdict is Verdict.INCONCLUSIVE


def test_a_picture_that_speaks_of_aigc_carries_no_label() -> None:
    entries = [(b"Title", b"AIGC art"), (b"Comment", b"AIGC"), (b"Description", b"made with AIGC {tools}")]
    assert verify(png(*entries)).verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize("keyword", [b"AIGC", b"aigc", b"TC260:AIGC", b"com.example.AIGC", b" AIGC "])
def test_the_key_word_is_known_in_any_form(keyword: bytes) -> None:
    assert len(verify(png((keyword, json.dumps(GOOD).encode()))).sites) == 1


def test_an_ordinary_file_has_no_label() -> None:
    assert verify(png((b"Title", b"a picture"))).verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("（AI生成）\n\n正文在这里。", Verdict.CONFORMANT),
        ("正文在这里。\n\n本内容由人工智能生成\n", Verdict.CONFORMANT),
        ("AI生成内容标识办法于2025年9月1日起施行，规定了显式标识和隐式标识的要求。", Verdict.NOT_FOUND),
        ("an ordinary text", Verdict.NOT_FOUND),
    ],
    ids=["start", "end", "an-article-about-it", "plain"],
)
def test_plain_text_is_judged_by_its_visible_label(text: str, verdict: Verdict) -> None:
    assert verify(text.encode(), format=Format.PLAIN).verdict is verdict


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe1",
            b"GIF89a",
            b"II*\0",
            b"RIFF\xff\0\0\0WEBP",
            b"\0\0\0\x14ftypavif",
            b"---\n",
            b"<html>",
        ]
    ),
)
def test_verify_never_raises(data: bytes, head: bytes) -> None:
    verify(head + data)


@pytest.mark.parametrize("size", [2_000, 60_000])
@pytest.mark.parametrize(
    "shape",
    [
        lambda n: png((b"Comment", b"AIGC" + b" " * n)),
        lambda n: png((b"Comment", b" " * n + b"AIGC")),
        lambda n: png((b"XML:com.adobe.xmp", b"AIGC" + b" " * n)),
        lambda n: b"<!doctype html><!--AIGC" + b" " * n + b"-->",
        lambda n: b"<!doctype html>" + b"<!--AIGC          -->" * (n // 20),
    ],
    ids=["behind", "before", "packet", "comment", "comments"],
)
def test_spaces_cost_linear_time(shape: Callable[[int], bytes], size: int) -> None:
    data = shape(size)
    started = time.process_time()
    verify(data)
    assert time.process_time() - started < 4


def test_a_long_name_is_not_repeated_in_every_check() -> None:
    space = "http://" + "x" * 20_000
    packet = f'<x xmlns:a="{space}"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>'
    packet += "<a:AIGC>{}</a:AIGC>" * 900 + "</rdf:Description></rdf:RDF></x>"
    report = verify(png((b"XML:com.adobe.xmp", packet.encode())))
    assert report.verdict is not Verdict.CONFORMANT
    assert len(json.dumps(report_to_dict(report))) < 2_000_000


@pytest.mark.parametrize("head", [b"junk\n" * 10, b"<!-- %PDF-1.7 -->\n", b"---\na: b\n---\n"])
def test_a_pdf_behind_a_text_is_not_taken_for_a_text(head: bytes) -> None:
    report = verify(head + b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n")
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.checks[0].params["error"] == "media.ambiguous"


def test_a_text_about_pdf_is_a_text() -> None:
    assert verify(b"A PDF begins with %PDF-1.7 and ends with %%EOF.").verdict is Verdict.NOT_FOUND


class Unreadable(io.BytesIO):
    def read(self, *_: object) -> bytes:
        raise OSError("the disk is gone")


def closed() -> io.BytesIO:
    stream = io.BytesIO(b"x")
    stream.close()
    return stream


@pytest.mark.parametrize("make", [lambda: Unreadable(b"x" * 99), closed], ids=["broken", "closed"])
def test_a_stream_that_cannot_be_read_is_inconclusive(make: Callable[[], io.BytesIO]) -> None:
    report = verify(make())
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.checks[0].params["error"] == "media.unreadable"


@pytest.mark.parametrize("kind", [bytearray, memoryview, io.BytesIO])
def test_bytes_of_any_kind_are_read(kind: Callable[[bytes], bytes]) -> None:
    assert verify(kind(png((b"AIGC", json.dumps(GOOD).encode())))).verdict is Verdict.CONFORMANT


def test_a_text_stream_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        verify(io.StringIO("x"))  # type: ignore[arg-type]


def test_half_a_surrogate_is_no_text() -> None:
    report = of('{"Label":"1","ContentProducer":"\\ud800","ProduceID":"1"}')
    assert report.verdict is Verdict.NONCONFORMANT


@pytest.mark.parametrize("text", ['{"":""}', '{"":"","":""}', '{"Label":"1","":null}'])
def test_a_field_without_a_name_is_a_field(text: str) -> None:
    assert of(text).verdict is Verdict.NONCONFORMANT
