"""label() end to end on every format: what must be there is there, what must stay stays, what is wrong is named."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from labeling import (
    ConformityError,
    ContentAction,
    Declaration,
    DeclarationError,
    ErrorCode,
    Format,
    ImageMark,
    ImageNotice,
    LabelingError,
    LabelValue,
    Place,
    RecordForm,
    SourceType,
    TextMark,
    TextNotice,
    TextPlace,
    Verdict,
    VisibleOptions,
    label,
    verify,
)
from labeling.carriers import xmp
from labeling.limits import DEFAULT_LIMITS
from labeling.naming import promised_format
from labeling.report import CredentialPresence
from labeling.signing import Signer, development_signer
from labeling.sniff import sniff
from tests.labeling.kept import source_types

SAMPLES = Path(__file__).parents[2] / "sample_media"

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROVIDER = "001191110102MACQD9K64010000"
DECLARATION = Declaration(provider=PROVIDER, produce_id="content-1")

PICTURES = [
    "photo.jpg",
    "photo.png",
    "photo.webp",
    "scan.tiff",
    "palette.png",
    "cmyk.jpg",
    "sideways.jpg",
    "animation.gif",
    "animation.webp",
    "animation.png",
]
TEXTS = ["article.md", "article.html", "article.txt"]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return development_signer(tmp_path_factory.mktemp("certificate"))


def label_plainly(data: bytes, **options: object):  # type: ignore[no-untyped-def]
    return label(data, DECLARATION, signer=None, now=NOW, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*PICTURES, "photo.avif"])
def test_a_picture_gets_all_labels_and_reads_back(name: str, signer: Signer) -> None:
    labelled = label(sample(name), DECLARATION, signer=signer, now=NOW)
    report = verify(labelled.data)
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == [labelled.record]
    assert source_types(report) == {SourceType.TRAINED_ALGORITHMIC_MEDIA}
    assert report.credential.presence is CredentialPresence.EMBEDDED
    assert labelled.credential is not None
    assert labelled.credential.development
    assert isinstance(labelled.visible, ImageMark)
    assert labelled.visible.ink_ratio >= 0.05
    assert labelled.visible.contrast >= 4.5


@pytest.mark.parametrize("name", PICTURES)
def test_implicit_only_touches_no_pixel(name: str) -> None:
    labelled = label_plainly(sample(name), visible=None)
    assert labelled.visible is None
    before, after = (Image.open(io.BytesIO(data)) for data in (sample(name), labelled.data))
    frames = list(zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True))
    assert frames
    for one, other in frames:
        assert one.mode == other.mode
        assert one.tobytes() == other.tobytes()
        assert one.info.get("duration") == other.info.get("duration")


@pytest.mark.parametrize("name", [name for name in PICTURES if name not in ("photo.webp", "animation.webp")])
def test_pixels_outside_the_box_stay(name: str) -> None:
    labelled = label_plainly(sample(name))
    assert isinstance(labelled.visible, ImageMark)
    box = labelled.visible.box
    before, after = (Image.open(io.BytesIO(data)) for data in (sample(name), labelled.data))
    for one, other in zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True):
        if name == "sideways.jpg":
            one, other = (frame.transpose(Image.Transpose.ROTATE_270) for frame in (one, other))  # noqa: PLW2901
        pair = [frame.convert("RGBA" if "transparency" in frame.info else "RGB") for frame in (one, other)]
        for frame in pair:
            margin = 16 if name.endswith(".jpg") else 0
            frame.paste(0, (box.x - margin, box.y - margin, box.right + margin, box.bottom + margin))
        if name.endswith(".jpg"):
            assert _psnr(*pair) >= 48
        else:
            assert pair[0].tobytes() == pair[1].tobytes()


def _psnr(one: Image.Image, other: Image.Image) -> float:
    import numpy as np

    error = np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


@pytest.mark.parametrize("name", [*PICTURES, *TEXTS])
def test_labelling_twice_keeps_one_record_and_the_later_one(name: str) -> None:
    once = label_plainly(sample(name), format=promised_format(name))
    again = Declaration(provider="00119144030008867405X210001", produce_id="content-2", label=LabelValue.POSSIBLE)
    twice = label(once.data, again, signer=None, now=NOW, format=promised_format(name))
    report = verify(twice.data, format=promised_format(name))
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == ([twice.record] if twice.record else [])


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "scan.tiff", "sideways.jpg"])
@pytest.mark.parametrize("first", list(RecordForm))
@pytest.mark.parametrize("then", list(RecordForm))
def test_a_record_moves_between_forms_and_stays_one(name: str, first: RecordForm, then: RecordForm) -> None:
    once = label_plainly(sample(name), visible=None, form=first)
    twice = label(once.data, Declaration(PROVIDER, produce_id="second"), signer=None, now=NOW, visible=None, form=then)
    report = verify(twice.data)
    assert report.verdict is Verdict.CONFORMANT
    assert [site.record for site in report.sites] == [twice.record]
    assert report.sites[0].wrapped == (then is RecordForm.ANNEX_B and not name.endswith(".png"))
    assert b"content-1" not in twice.data
    assert source_types(report) == {SourceType.TRAINED_ALGORITHMIC_MEDIA}


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "animation.gif", "scan.tiff"])
def test_foreign_xmp_survives(name: str) -> None:
    foreign = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="the archive"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    from labeling.containers.base import Changes, container_for

    data = sample(name)
    container = container_for(sniff(data, DEFAULT_LIMITS))
    assert container is not None
    with_xmp = container.splice(data, container.parse(data, DEFAULT_LIMITS), Changes(xmp=foreign), DEFAULT_LIMITS)
    labelled = label_plainly(with_xmp)
    assert b"the archive" in labelled.data
    assert verify(labelled.data).verdict is Verdict.CONFORMANT


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("place", list(TextPlace))
def test_a_text_gets_its_label_at_the_place(name: str, place: TextPlace) -> None:
    options = VisibleOptions(text=TextNotice(place=place))
    fmt = promised_format(name)
    labelled = label_plainly(sample(name), visible=options, format=fmt)
    report = verify(labelled.data, format=fmt)
    assert report.verdict is Verdict.CONFORMANT
    assert isinstance(labelled.visible, TextMark)
    assert place in [found.place for found in report.visible.in_text]
    encoding = "gb18030" if name.endswith(".txt") else "utf-8"
    assert labelled.data[labelled.visible.offset :].decode(encoding).startswith(labelled.visible.words)


def test_plain_text_without_a_visible_label_has_nothing_to_write() -> None:
    with pytest.raises(DeclarationError) as caught:
        label_plainly(sample("article.txt"), visible=None)
    assert caught.value.code is ErrorCode.NOTHING_TO_WRITE


def test_plain_text_has_no_record() -> None:
    assert label_plainly(sample("article.txt")).record is None


@pytest.mark.parametrize("name", ["photo.avif"])
def test_a_record_alone_in_avif_is_a_named_error(name: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        label_plainly(sample(name), visible=None)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED


def test_gif_has_no_second_form() -> None:
    with pytest.raises(DeclarationError) as caught:
        label_plainly(sample("animation.gif"), form=RecordForm.ANNEX_B)
    assert caught.value.code is ErrorCode.RECORD_FORM_UNSUPPORTED
    assert caught.value.params["allowed"] == ["standard"]


def test_the_producer_is_the_propagator_at_the_first_write() -> None:
    record = label_plainly(sample("photo.jpg"), visible=None).record
    assert record is not None
    assert (record.content_propagator, record.propagate_id) == (record.content_producer, record.produce_id)


def test_generated_ids_are_unique_and_in_order_of_time() -> None:
    ids = [
        label(sample("palette.png"), Declaration(PROVIDER), signer=None, now=NOW, visible=None).record.produce_id  # type: ignore[union-attr]
        for _ in range(50)
    ]
    assert len(set(ids)) == 50
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        (Declaration("", produce_id="x"), ErrorCode.PROVIDER_EMPTY),
        (Declaration("某公司", produce_id="x"), ErrorCode.PROVIDER_CHARSET),
        (Declaration(PROVIDER, produce_id=""), ErrorCode.PRODUCE_ID_EMPTY),
        (Declaration(PROVIDER, produce_id="a b"), ErrorCode.PRODUCE_ID_CHARSET),
        (Declaration(PROVIDER, reserved_code1="\\"), ErrorCode.RESERVED_CODE_CHARSET),
    ],
    ids=["no-provider", "chinese-name", "empty-id", "space-in-id", "backslash"],
)
def test_wrong_declarations_are_refused_by_name(declaration: Declaration, code: ErrorCode) -> None:
    with pytest.raises(DeclarationError) as caught:
        label(sample("photo.jpg"), declaration, signer=None, now=NOW, visible=None)
    assert caught.value.code is code


def test_a_plain_name_is_accepted_with_a_warning() -> None:
    labelled = label(sample("photo.jpg"), Declaration("doubao"), signer=None, now=NOW, visible=None)
    assert "provider.plain_name" in [notice.code for notice in labelled.notices]


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("broken/truncated.jpg", {ErrorCode.MEDIA_TRUNCATED}),
        ("broken/truncated.png", {ErrorCode.MEDIA_TRUNCATED}),
        ("broken/flipped-bit.png", {ErrorCode.MEDIA_MALFORMED}),
        ("broken/no-trailer.gif", {ErrorCode.MEDIA_TRUNCATED}),
        ("broken/empty.jpg", {ErrorCode.MEDIA_EMPTY}),
        ("broken/named-png-is-jpeg.png", {ErrorCode.MEDIA_FORMAT_MISMATCH}),
        ("hostile/jpeg-and-zip.jpg", {ErrorCode.MEDIA_AMBIGUOUS}),
        ("hostile/inflate-bomb.png", {ErrorCode.MEDIA_MALFORMED, ErrorCode.LIMIT_INFLATED}),
        ("hostile/huge-canvas.png", {ErrorCode.LIMIT_PIXELS}),
        ("hostile/text-bomb.png", {ErrorCode.LIMIT_INFLATED}),
        ("hostile/xml-entities.jpg", {ErrorCode.MEDIA_MALFORMED}),
    ],
)
def test_bad_files_are_refused_by_name(path: str, codes: set[ErrorCode]) -> None:
    with pytest.raises(LabelingError) as caught:
        label_plainly(sample(path), format=promised_format(path))
    assert caught.value.code in codes


@pytest.mark.parametrize(
    "path", sorted(path.name for path in (SAMPLES / "broken").iterdir() if "named" not in path.name)
)
def test_what_cannot_be_read_is_never_not_found(path: str) -> None:
    assert verify(sample(f"broken/{path}")).verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_FOUND)
    if "flipped" not in path:
        assert verify(sample(f"broken/{path}")).verdict is Verdict.INCONCLUSIVE


def test_two_records_in_one_file_are_nonconformant() -> None:
    from labeling.containers.base import Changes, container_for

    labelled = label_plainly(sample("photo.png"), visible=None)
    container = container_for(Format.PNG)
    assert container is not None
    anatomy = container.parse(labelled.data, DEFAULT_LIMITS)
    record = b'{"Label":"1","ContentProducer":"x","ProduceID":"y","ContentPropagator":"x","PropagateID":"y"}'
    doubled = container.splice(labelled.data, anatomy, Changes(text=("AIGC", record)), DEFAULT_LIMITS)
    report = verify(doubled)
    assert report.verdict is Verdict.NONCONFORMANT
    assert len(report.sites) == 2
    # Labelling again leaves one.
    assert len(verify(label_plainly(doubled, visible=None).data).sites) == 1


def test_an_ordinary_photograph_has_no_label() -> None:
    assert verify(sample("photo.jpg")).verdict is Verdict.NOT_FOUND


def test_an_existing_credential_becomes_the_parent(signer: Signer) -> None:
    once = label(sample("photo.jpg"), DECLARATION, signer=signer, now=NOW)
    edited = Declaration(PROVIDER, produce_id="second", action=ContentAction.EDITED)
    twice = label(once.data, edited, signer=signer, now=NOW)
    assert twice.credential is not None
    assert twice.credential.has_parent


def test_a_credential_that_no_longer_matches_is_said(signer: Signer) -> None:
    once = label(sample("photo.jpg"), DECLARATION, signer=signer, now=NOW)
    twice = label_plainly(once.data)
    assert "credential.broken" in [notice.code for notice in twice.notices]


def test_the_credential_verifies(signer: Signer) -> None:
    import c2pa

    for name in ("photo.jpg", "photo.png", "photo.webp", "animation.gif", "scan.tiff"):
        labelled = label(sample(name), DECLARATION, signer=signer, now=NOW)
        mime = f"image/{labelled.format}"
        with c2pa.Reader(mime, io.BytesIO(labelled.data)) as reader:
            store = json.loads(reader.json())
        failures = {status["code"] for status in store.get("validation_status", [])}
        assert failures <= {"signingCredential.untrusted"}, name


def test_a_file_that_does_not_read_back_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A writer with a defect, as encoders have had: the record is lost on its way into the packet.
    written = xmp.write

    def lossy(packets: list[bytes], _record: str, *others: object) -> bytes:
        return written(packets, None, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(xmp, "write", lossy)
    with pytest.raises(ConformityError) as caught:
        label_plainly(sample("photo.jpg"), visible=None)
    assert caught.value.code is ErrorCode.READ_BACK_FAILED


def test_a_label_is_upright_for_the_viewer() -> None:
    labelled = label_plainly(sample("sideways.jpg"), visible=VisibleOptions(ImageNotice(place=Place.TOP_LEFT)))
    assert isinstance(labelled.visible, ImageMark)
    box = labelled.visible.box
    from PIL import ImageOps

    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(labelled.data)))
    assert seen is not None
    assert (seen.width, seen.height) == (300, 200)
    assert box.x < 20
    assert box.y < 20
    plate = seen.convert("L").crop((box.x + 2, box.y + 2, box.right - 2, box.bottom - 2))
    assert plate.getextrema()[1] > 220


def test_a_manifest_elsewhere_becomes_the_parent_and_is_not_fetched(signer: Signer) -> None:
    import socket

    from labeling.containers import container_for
    from labeling.containers.base import Changes

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
            f'dcterms:provenance="http://127.0.0.1:{listener.getsockname()[1]}/manifest"/></rdf:RDF></x:xmpmeta>'
        ).encode()
        container = container_for(Format.JPEG)
        assert container is not None
        data = sample("photo.jpg")
        source = container.splice(data, container.parse(data, DEFAULT_LIMITS), Changes(xmp=packet), DEFAULT_LIMITS)
        labelled = label(source, DECLARATION, signer=signer, now=NOW)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert b"c2pa.opened" in labelled.data
    assert b"c2pa.created" not in labelled.data


def test_a_tiff_of_several_pages_is_labelled_without_a_credential(signer: Signer) -> None:
    pages = [Image.new("L", (200, 150), shade) for shade in (0, 120)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    labelled = label(file.getvalue(), DECLARATION, signer=signer, now=NOW)
    assert labelled.credential is None
    assert "credential.not_for_pages" in [notice.code for notice in labelled.notices]
    assert verify(labelled.data).verdict is Verdict.CONFORMANT
    # Files that others signed carry a directory for the manifest alone.
    from labeling.signing import ManifestContent

    assert labelled.record is not None
    content = ManifestContent(labelled.record, ContentAction.CREATED, SourceType.TRAINED_ALGORITHMIC_MEDIA, "", NOW)
    signed = signer.sign(labelled.data, Format.TIFF, content, None).data
    assert verify(signed).verdict is Verdict.CONFORMANT
    assert verify(signed).credential.presence is CredentialPresence.EMBEDDED
