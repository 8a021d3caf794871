"""What a correct verifier says of labels as products and tools really write them: one table, one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from labeling import Outcome, Report, Verdict, verify
from labeling.model import AigcRecord, Carrier
from labeling.report import Answer, Article6Class, Integrity, TraceKind
from tests.labeling import iso_files
from tests.labeling import real_world as rw
from tests.labeling.real_world import NUMBER, compact, fields, itxt, jpeg, packet, png, text, xmp_segment

YES, NO, UNKNOWN, NOT_APPLICABLE = Answer.YES, Answer.NO, Answer.UNKNOWN, Answer.NOT_APPLICABLE
NAMED, ODD, CHARSET = "record.provider_named", "record.provider_odd", "record.outside_charset"
EMPTY, OTHER_PLACE = "record.propagator_empty", "record.place_other"
RESERVED, UNCHECKED, CONSISTENT = (
    "record.reserved_not_a_string",
    "integrity.not_checkable",
    "integrity.internally_consistent",
)
NOT_JSON, OTHER_NAMESPACE = "record.not_json", "record.namespace_other"


@dataclass(frozen=True)
class Variant:
    """A file and the answers that it must get."""

    data: Callable[[], bytes]
    verdict: Verdict
    #: Where the records are.
    carriers: tuple[Carrier, ...]
    #: Codes of all checks that do not simply pass, 'stored:...' for notes on how it is stored.
    said: set[str]
    #: (Label, ContentProducer, ProduceID) of the record; None where there is none that can be read.
    record: tuple[str, str, str] | None = ("1", rw.DOUBAO, NUMBER)
    placed: Answer = YES
    integrity: tuple[Integrity, ...] = ()
    traces: tuple[TraceKind, ...] = ()
    article6: Article6Class = Article6Class.CONFIRMED
    #: Other fields of the record.
    also: dict[str, str] = field(default_factory=dict)


def conformant(data: Callable[[], bytes], carrier: Carrier, said: set[str], **other: object) -> Variant:
    return Variant(data, Verdict.CONFORMANT, (carrier,), said, **other)  # type: ignore[arg-type]


def nonconformant(data: Callable[[], bytes], carrier: Carrier, said: set[str], **other: object) -> Variant:
    return Variant(data, Verdict.NONCONFORMANT, (carrier,), said, **other)  # type: ignore[arg-type]


def unlabelled(data: Callable[[], bytes], **other: object) -> Variant:
    unknown = {"record": None, "placed": NOT_APPLICABLE, "article6": Article6Class.SUSPECTED}
    return Variant(data, Verdict.NOT_FOUND, (), set(), **unknown | other)  # type: ignore[arg-type]


#: The product's own words for a number are what makes it unique: every one of them must come out as it went in.
MEASURED = {
    "Doubao PNG: packet behind IHDR, doubled question mark, empty fields": conformant(
        rw.doubao, Carrier.XMP, {NAMED, EMPTY}, also={"content_propagator": "", "propagate_id": ""}
    ),
    "Jimeng PNG: a path as number, a propagator of its own": conformant(
        rw.jimeng,
        Carrier.XMP,
        {NAMED},
        record=("1", rw.JIMENG, f"tos-cn-i-tb4s082cfz/{NUMBER}"),
        also={"content_propagator": rw.JIMENG_SPREAD},
    ),
    "Hangzhou company PNG: tEXt with line ends, Base64 in both codes": conformant(
        rw.hangzhou,
        Carrier.PNG_TEXT,
        {UNCHECKED},
        record=("1", rw.HANGZHOU, NUMBER),
        integrity=(Integrity.NOT_CHECKABLE,) * 2,
    ),
    **{
        f"StepFun Markdown {index + 1}: SM2 over the digest": conformant(
            partial(rw.step_fun, index),
            Carrier.FRONT_MATTER,
            {NAMED, CHARSET, CONSISTENT},
            record=("1", rw.VECTORS[index].record.content_producer, rw.VECTORS[index].produce_id),
            integrity=(Integrity.CONSISTENT,),
        )
        for index in (0, 1)
    },
}
REPORTED = {
    "Doubao PNG, another path: tEXt, the producer by name": conformant(
        rw.doubao_tool, Carrier.PNG_TEXT, {ODD}, record=("1", "doubao", NUMBER)
    ),
    "Doubao iOS MP4: meta directly under moov, QuickTime form": conformant(
        partial(rw.doubao_phone, False),
        Carrier.MP4_KEYS,
        {NAMED, OTHER_PLACE, "stored:not-under-udta", "stored:quicktime-form"},
        placed=NO,
    ),
    "Doubao iOS MP4: an item without a key": conformant(
        partial(rw.doubao_phone, True), Carrier.MP4_ITEM, {NAMED, OTHER_PLACE, "stored:keyless"}, placed=NO
    ),
    "Doubao Markdown: Chinese characters in the number, another propagator": conformant(
        rw.doubao_markdown,
        Carrier.FRONT_MATTER,
        {NAMED, CHARSET},
        record=("1", rw.DOUBAO, "thread/7493/文档/报告.md"),
        also={"content_propagator": rw.DOUBAO[:22] + "28705", "propagate_id": "7493016#1757401022"},
    ),
    "ByteDance JPEG: bare in an application segment": conformant(
        rw.byte_dance, Carrier.APP_SEGMENT, {NAMED, OTHER_PLACE}, placed=NO
    ),
    "ByteDance JPEG: the app's own mark in EXIF": unlabelled(rw.byte_dance_app, traces=(TraceKind.PRIVATE_LABEL,)),
    "Kling MP4: null in the reserved codes": conformant(
        rw.kling,
        Carrier.MP4_KEYS,
        {NAMED, RESERVED},
        record=("1", rw.KLING, "KLingMuse_3f1d9b7e-6f0c-4a3c-9e57-9d0f5b7a2c11"),
        also={"reserved_code1": "", "reserved_code2": ""},
    ),
    "Qwen PNG: another order of keys, a task as number": conformant(
        rw.qwen,
        Carrier.PNG_TEXT,
        {NAMED, UNCHECKED},
        record=("1", rw.QWEN, "u:8a7c21/task:5d0e"),
        integrity=(Integrity.NOT_CHECKABLE,) * 2,
    ),
    "Tencent JPEG: wrapped in UserComment, an object as reserved code": conformant(
        rw.tencent,
        Carrier.EXIF_USER_COMMENT,
        {NAMED, RESERVED, UNCHECKED},
        record=("1", rw.TENCENT, NUMBER),
        integrity=(Integrity.NOT_CHECKABLE,),
        also={"reserved_code1": '{"SecurityData":{"Type":"TC260PG","Version":1,"PubSD":[]}}'},
    ),
    "Tencent Cloud JPEG: private keys in ImageDescription": unlabelled(
        rw.tencent_cloud, traces=(TraceKind.PRIVATE_LABEL,)
    ),
    "PicWish JPEG: attribute form, the producer by name": conformant(
        rw.pic_wish, Carrier.XMP_ATTRIBUTE, {ODD}, record=("1", "picwish", NUMBER)
    ),
    "Vidu: 32 digits in the reserved codes": conformant(
        partial(rw.with_codes, "9e107d9d372bb6826bd81d3542a419d6", "e4d909c290d0fb1ca068ffaddf22cbd0"),
        Carrier.XMP,
        {NAMED, UNCHECKED},
        integrity=(Integrity.NOT_CHECKABLE,) * 2,
    ),
    "Wan, HappyHorse: codes that begin with L- and K-": conformant(
        partial(rw.with_codes, "L-20251103-8841", "K-20251103-1177"),
        Carrier.XMP,
        {NAMED, UNCHECKED},
        integrity=(Integrity.NOT_CHECKABLE,) * 2,
        also={"reserved_code1": "L-20251103-8841", "reserved_code2": "K-20251103-1177"},
    ),
    **{
        f"MiniMax {name}: SM2 over the label, the key's first coordinate": conformant(
            data,
            carrier,
            {ODD, CHARSET, CONSISTENT},
            record=("1", "MiniMax", NUMBER),
            integrity=(Integrity.CONSISTENT,),
        )
        for name, data, carrier in (
            ("MP3", rw.mini_max_song, Carrier.ID3_TXXX),
            ("MP4", rw.mini_max_film, Carrier.MP4_KEYS),
        )
    },
    "MiniMax Agent Markdown: Label is AIGC": nonconformant(
        rw.mini_max_agent,
        Carrier.FRONT_MATTER,
        {ODD, CHARSET, UNCHECKED, "record.label_unknown"},
        record=("AIGC", "Minimax Agent AI", "0" * 32),
        integrity=(Integrity.NOT_CHECKABLE,),
        article6=Article6Class.SUSPECTED,
    ),
    "Zhipu Markdown: JSON on one line": conformant(
        partial(rw.zhipu, True), Carrier.FRONT_MATTER, {NAMED}, record=("1", rw.ZHIPU, NUMBER)
    ),
    "Zhipu Markdown: block map": conformant(
        partial(rw.zhipu, False), Carrier.FRONT_MATTER, {NAMED}, record=("1", rw.ZHIPU, NUMBER)
    ),
    "other agents' Markdown: alphabetical, single quotes, other keys before": conformant(
        rw.agents, Carrier.FRONT_MATTER, {NAMED}
    ),
    "Markdown without quotes": conformant(
        rw.unquoted,
        Carrier.FRONT_MATTER,
        {NAMED, RESERVED, "stored:unquoted"},
        record=("1", rw.DOUBAO, "00119111010211202234567"),
    ),
    "Honor: objects as reserved codes": conformant(
        rw.honor,
        Carrier.XMP,
        {NAMED, CHARSET, RESERVED, UNCHECKED},
        record=("1", rw.HONOR, NUMBER),
        integrity=(Integrity.NOT_CHECKABLE,) * 2,
    ),
}
SEVERAL = {
    "namespace without the last slash": conformant(
        lambda: png(itxt(packet(fields(), rw.TC260[:-1]))), Carrier.XMP, {NAMED, "record.namespace_slip"}
    ),
    "ReserveCode1": conformant(
        lambda: png(text({name.replace("ReservedCode1", "ReserveCode1"): value for name, value in fields().items()})),
        Carrier.PNG_TEXT,
        {NAMED, "record.misspelt_field"},
    ),
    "a Chinese company's name as producer": conformant(
        lambda: png(text(fields("北京某某科技有限公司"))),
        Carrier.PNG_TEXT,
        {ODD, CHARSET},
        record=("1", "北京某某科技有限公司", NUMBER),
    ),
    "the fields as properties of the namespace": nonconformant(rw.fields_apart, Carrier.XMP, {NAMED, NOT_JSON}),
    "AIGCType and AIGCModel, in the record and beside it": conformant(
        rw.further_properties, Carrier.XMP, {NAMED, "record.unknown_field"}
    ),
    "a number as Label": conformant(
        lambda: png(text(fields(Label=1))), Carrier.PNG_TEXT, {NAMED, "record.not_a_string"}
    ),
    "packet after IDAT": conformant(
        lambda: png(after=(itxt(packet(fields())),)), Carrier.XMP, {NAMED, "stored:after-image-data"}
    ),
    "tEXt after IDAT": conformant(
        lambda: png(after=(text(fields()),)), Carrier.PNG_TEXT, {NAMED, "stored:after-image-data"}
    ),
    "compressed iTXt": conformant(
        lambda: png(itxt(packet(fields()), compressed=True)), Carrier.XMP, {NAMED, "stored:compressed"}
    ),
    "zTXt": conformant(
        lambda: png((b"zTXt", b"AIGC\0\0" + rw.zlib.compress(compact(fields()).encode()))),
        Carrier.PNG_TEXT,
        {NAMED, "stored:compressed"},
    ),
    "after mdat": conformant(
        lambda: iso_files.mp4(
            iso_files.movie(iso_files.user_data(iso_files.meta(*iso_files.labelled(compact(fields()).encode()))))
        ),
        Carrier.MP4_KEYS,
        {NAMED},
    ),
    "two records that say the same": Variant(
        lambda: png(itxt(packet(fields())), text(fields())),
        Verdict.NONCONFORMANT,
        (Carrier.XMP, Carrier.PNG_TEXT),
        {NAMED, "record.many"},
    ),
    "two records that differ": Variant(
        lambda: jpeg(xmp_segment(packet(fields())), rw.exif_segment(compact({"AIGC": fields(Label="2")}))),
        Verdict.NONCONFORMANT,
        (Carrier.XMP, Carrier.EXIF_USER_COMMENT),
        {NAMED, "record.many"},
    ),
}
TOOLS = {
    "a property of another namespace, attribute form": nonconformant(
        rw.wrong_namespace, Carrier.XMP_ATTRIBUTE, {NAMED, OTHER_NAMESPACE, OTHER_PLACE}, placed=NO
    ),
    "a property of Dublin Core": nonconformant(
        rw.under_dublin_core, Carrier.XMP, {NAMED, OTHER_NAMESPACE, OTHER_PLACE}, placed=NO
    ),
    "a literal of Python": nonconformant(
        rw.python_literal, Carrier.PNG_TEXT, {NOT_JSON}, record=None, article6=Article6Class.SUSPECTED
    ),
    "a quotation mark missing, as in a kit's example": nonconformant(
        rw.sample_of_a_kit, Carrier.PNG_TEXT, {NOT_JSON}, record=None, article6=Article6Class.SUSPECTED
    ),
    "a string where the object should be": nonconformant(
        rw.double_encoded, Carrier.PNG_TEXT, {NOT_JSON}, record=None, article6=Article6Class.SUSPECTED
    ),
}
VARIANTS = {**MEASURED, **REPORTED, **SEVERAL, **TOOLS}


def said(report: Report) -> set[str]:
    """The codes of checks that do not simply pass."""
    checks = [check.params for check in report.checks if check.outcome is not Outcome.PASS]
    return {f"stored:{params['note']}" if "note" in params else str(params["code"]) for params in checks}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_real_label_gets_its_answers(name: str) -> None:
    variant = VARIANTS[name]
    report = verify(variant.data())
    assert report.verdict is variant.verdict
    assert tuple(site.carrier for site in report.sites) == variant.carriers
    assert said(report) == variant.said
    assert report.answers.placed is variant.placed
    assert tuple(reading.result for reading in report.integrity) == variant.integrity
    assert tuple(trace.kind for trace in report.traces) == variant.traces
    assert report.article6.kind is variant.article6
    for site in report.sites[:1]:
        assert names_of(site.record) == variant.record
        assert {name: getattr(site.record, name) for name in variant.also} == variant.also


def names_of(record: AigcRecord | None) -> tuple[str, str, str] | None:
    return (record.label, record.content_producer, record.produce_id) if record else None


def test_the_packet_of_a_real_writer_stands_directly_behind_the_header() -> None:
    (site,) = verify(rw.doubao()).sites
    assert site.offset == 33


@pytest.mark.parametrize("spoilt", ["Label", "ContentProducer", "ProduceID"])
def test_a_signed_label_that_was_changed_is_no_longer_consistent(spoilt: str) -> None:
    fields_of_it = {**rw.mini_max_fields(), spoilt: "2"}
    report = verify(png(text(fields_of_it)))
    assert [reading.result for reading in report.integrity] == [Integrity.BROKEN]
    assert report.article6.kind is Article6Class.SUSPECTED
