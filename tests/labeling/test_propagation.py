"""What a platform does with content that it passes on: the producer's record stays the producer's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from labeling import (
    AigcRecord,
    Declaration,
    DeclarationError,
    ErrorCode,
    Format,
    LabelValue,
    MediaError,
    Platform,
    Propagated,
    RecordForm,
    Verdict,
    label,
    propagate,
    verify,
)
from labeling.model import Carrier
from labeling.record_signing import RsaRecordSigner
from labeling.report import Integrity
from labeling.signing import Signer, development_signer
from tests.labeling.kept import facts_of
from tests.labeling.test_verification import png

SAMPLES = Path(__file__).parents[2] / "sample_media"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PRODUCER = "001191110102MACQD9K64010000"
PLATFORM = Platform("00119144030008867405X220001", "platform-1")
WRITABLE = ["photo.jpg", "photo.png", "photo.webp", "animation.gif", "scan.tiff", "article.md", "article.html"]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return development_signer(tmp_path_factory.mktemp("certificate"))


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def labelled(data: bytes, form: RecordForm = RecordForm.STANDARD, **options: object) -> bytes:
    declaration = Declaration(PRODUCER, produce_id="made-1")
    return label(data, declaration, signer=None, now=NOW, form=form, visible=None, **options).data  # type: ignore[arg-type]


def passed_on(data: bytes, **options: object) -> Propagated:
    return propagate(data, PLATFORM, signer=None, now=NOW, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WRITABLE)
def test_the_producers_fields_stay_and_the_platforms_are_set(name: str) -> None:
    result = passed_on(labelled(sample(name)))
    wanted = AigcRecord("1", PRODUCER, "made-1", "", PLATFORM.propagator, "platform-1", "")
    assert result.record == wanted
    assert result.kept_record
    report = verify(result.data)
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == [wanted]


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "scan.tiff"])
def test_a_record_in_the_form_of_annex_b_stays_in_it(name: str) -> None:
    source = labelled(sample(name), RecordForm.ANNEX_B)
    [before], [after] = verify(source).sites, verify(passed_on(source).data).sites
    assert before.carrier is after.carrier
    assert after.carrier in (Carrier.EXIF_USER_COMMENT, Carrier.PNG_TEXT)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "animation.gif", "scan.tiff"])
def test_nothing_but_the_record_changes(name: str) -> None:
    source = labelled(sample(name))
    result = passed_on(source)
    assert facts_of(result.data, result.format) == facts_of(source, result.format)


def test_only_the_packet_differs_byte_for_byte() -> None:
    source = labelled(sample("photo.png"))
    result = passed_on(source).data
    assert source[-200_000:] == result[-200_000:]
    assert result.replace(b"TC260", b"", 1) != source


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize(
    ("grounds", "value"),
    [({"declared_ai": True}, LabelValue.POSSIBLE), ({"suspected": True}, LabelValue.SUSPECTED)],
    ids=["declared", "suspected"],
)
def test_a_file_without_a_record_gets_one(name: str, grounds: dict[str, bool], value: LabelValue) -> None:
    result = passed_on(sample(name), **grounds)
    assert not result.kept_record
    assert result.record == AigcRecord(value, "", "", "", PLATFORM.propagator, "platform-1", "")
    report = verify(result.data)
    assert report.verdict is Verdict.CONFORMANT
    assert report.article6.label is value


def test_a_declaration_is_stronger_than_a_suspicion() -> None:
    assert passed_on(sample("photo.jpg"), declared_ai=True, suspected=True).record.label == "2"


def test_a_trace_in_the_file_is_enough_for_a_suspicion() -> None:
    data = png((b"parameters", b"a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"))
    assert passed_on(data).record.label == "3"


def test_without_any_ground_nothing_is_written() -> None:
    with pytest.raises(DeclarationError) as caught:
        passed_on(sample("photo.jpg"))
    assert caught.value.code is ErrorCode.PROPAGATION_NOT_DUE


def test_a_second_platform_replaces_the_first() -> None:
    first = passed_on(labelled(sample("photo.jpg"))).data
    second = propagate(first, Platform("other-platform", "other-1"), signer=None, now=NOW)
    assert second.record == AigcRecord("1", PRODUCER, "made-1", "", "other-platform", "other-1", "")


def record(**changes: object) -> bytes:
    fields = {
        "Label": "1",
        "ContentProducer": PRODUCER,
        "ProduceID": "made-1",
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return json.dumps(fields | changes, ensure_ascii=False).encode()


def test_equal_records_become_one() -> None:
    result = passed_on(png((b"AIGC", record()), (b"AIGC", record())))
    assert len(verify(result.data).sites) == 1


def test_records_that_differ_are_for_a_person_to_decide() -> None:
    with pytest.raises(DeclarationError) as caught:
        passed_on(png((b"AIGC", record()), (b"AIGC", record(ProduceID="made-2"))))
    assert caught.value.code is ErrorCode.PROPAGATION_AMBIGUOUS


@pytest.mark.parametrize("text", [b"{", b"[]", record(Label="AIGC"), record(ContentProducer="")])
def test_a_record_that_does_not_hold_is_not_carried_on(text: bytes) -> None:
    with pytest.raises(DeclarationError) as caught:
        passed_on(png((b"AIGC", text)))
    assert caught.value.code is ErrorCode.PROPAGATION_NOT_READABLE


def test_a_producers_chinese_name_is_carried_on_unchanged() -> None:
    result = passed_on(png((b"AIGC", record(ContentProducer="某某科技有限公司", ProduceID="图/1"))))
    assert (result.record.content_producer, result.record.produce_id) == ("某某科技有限公司", "图/1")
    assert "record.charset_kept" in [notice.code for notice in result.notices]
    assert verify(result.data).sites[0].record == result.record


def test_a_nested_reserved_code_is_carried_on() -> None:
    result = passed_on(png((b"AIGC", record(ReservedCode1={"SecurityData": {"Type": "x y"}}))))
    assert json.loads(result.record.reserved_code1) == {"SecurityData": {"Type": "x y"}}


def test_the_credential_is_continued_with_the_file_as_parent(signer: Signer) -> None:
    made = label(
        sample("photo.jpg"), Declaration(PRODUCER, produce_id="made-1"), signer=signer, now=NOW, visible=None
    ).data
    result = propagate(made, PLATFORM, signer=signer, now=NOW)
    assert result.credential is not None
    assert result.credential.has_parent
    credential = verify(result.data).credential
    assert credential.manifests == 2
    assert any(name.endswith("trainedAlgorithmicMedia") for name in credential.ingredient_source_types)


def test_a_credential_that_is_not_continued_is_said_to_be_broken(signer: Signer) -> None:
    made = label(
        sample("photo.jpg"), Declaration(PRODUCER, produce_id="made-1"), signer=signer, now=NOW, visible=None
    ).data
    assert "credential.broken" in [notice.code for notice in passed_on(made).notices]


def test_the_platforms_signature_verifies_and_the_producers_still_does() -> None:
    producer, platform = (RsaRecordSigner(rsa.generate_private_key(65537, 2048)) for _ in range(2))
    source = labelled(sample("photo.jpg"), record_signer=producer)
    result = passed_on(source, record_signer=platform)
    readings = verify(result.data).integrity
    assert [(one.field, one.result) for one in readings] == [
        ("ReservedCode1", Integrity.CONSISTENT),
        ("ReservedCode2", Integrity.CONSISTENT),
    ]


@pytest.mark.parametrize(
    ("platform", "code"),
    [
        (Platform(""), ErrorCode.PROVIDER_EMPTY),
        (Platform("某某"), ErrorCode.PROVIDER_CHARSET),
        (Platform("p", ""), ErrorCode.PRODUCE_ID_EMPTY),
        (Platform("p", "a b"), ErrorCode.PRODUCE_ID_CHARSET),
        (Platform("p", "a", "b c"), ErrorCode.RESERVED_CODE_CHARSET),
    ],
)
def test_a_platform_that_cannot_be_written_is_refused(platform: Platform, code: ErrorCode) -> None:
    with pytest.raises(DeclarationError) as caught:
        propagate(labelled(sample("photo.jpg")), platform, signer=None, now=NOW)
    assert caught.value.code is code


def test_a_number_is_made_where_none_is_given() -> None:
    result = propagate(labelled(sample("photo.jpg")), Platform("p"), signer=None, now=NOW)
    assert result.record.propagate_id
    assert result.record.propagate_id != result.record.produce_id


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"plain text", DeclarationError), (b"", MediaError), (b"\0\1\2", MediaError)],
    ids=["plain", "empty", "noise"],
)
def test_what_cannot_hold_a_record_is_refused(data: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        passed_on(data, declared_ai=True)


def test_the_format_may_be_given_for_texts() -> None:
    result = passed_on(b"# Title\n\ntext\n", format=Format.MARKDOWN, declared_ai=True)
    assert result.format is Format.MARKDOWN


@pytest.mark.parametrize(
    "text",
    [
        record(ReservedCode1=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]),
        record(ReservedCode1="x" * 70_000),
    ],
    ids=["deep", "long"],
)
def test_a_record_that_could_not_be_read_is_never_overwritten(text: bytes) -> None:
    with pytest.raises(DeclarationError) as caught:
        passed_on(png((b"AIGC", text)), declared_ai=True)
    assert caught.value.code is ErrorCode.PROPAGATION_NOT_READABLE


def test_a_record_that_lacks_only_what_the_platform_sets_is_carried_on() -> None:
    fields = json.loads(record())
    del fields["ContentPropagator"], fields["PropagateID"]
    result = passed_on(png((b"AIGC", json.dumps(fields).encode())))
    assert (result.record.produce_id, result.record.propagate_id) == ("made-1", "platform-1")


def test_numbers_in_a_nested_reserved_code_stay_numbers() -> None:
    result = passed_on(png((b"AIGC", record(ReservedCode1={"Version": 1, "n": 1.50}))))
    assert result.record.reserved_code1 == '{"Version":1,"n":1.5}'


def test_what_is_not_carried_on_is_said() -> None:
    result = passed_on(png((b"AIGC", record(AIGCType="image"))))
    assert [notice.params for notice in result.notices if notice.code == "record.further_fields"] == [
        {"fields": ["AIGCType"]}
    ]


def test_a_producers_signature_that_does_not_verify_is_carried_on_and_said() -> None:
    signer = RsaRecordSigner(rsa.generate_private_key(65537, 2048))
    result = passed_on(png((b"AIGC", record(ReservedCode1=signer.security_data(b"something else")))))
    assert result.record.label == "1"
    assert "record.integrity_broken" in [notice.code for notice in result.notices]


def test_a_reserved_code_is_given_or_signed_and_never_both() -> None:
    signer = RsaRecordSigner(rsa.generate_private_key(65537, 2048))
    with pytest.raises(DeclarationError) as caught:
        propagate(labelled(sample("photo.jpg")), Platform("p", "x", "code"), signer=None, now=NOW, record_signer=signer)
    assert caught.value.code is ErrorCode.DECLARATION_INVALID
