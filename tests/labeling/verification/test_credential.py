"""What a C2PA credential says and proves, every answer for itself; the files are signed here, by c2pa or anew."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import c2pa
import pytest
from cryptography.x509 import ocsp

from labeling.limits import DEFAULT_LIMITS
from labeling.model import MEDIA_TYPES, Format
from labeling.report import Answer, Certificate, CredentialPresence, CredentialReading
from labeling.trust import NO_TRUST, Trust
from labeling.verification._c2pa_reader import READABLE
from tests.labeling.chains import AUTHORITY, DAY, NOW, SIGNER, make, root, signer
from tests.labeling.verification.credential_files import (
    NO,
    UNKNOWN,
    YES,
    allowed,
    anchored,
    by,
    expired,
    flipped,
    intact,
    old_root,
    read,
    stamp,
    stapled,
    stranger,
    time_stamper,
)
from tests.labeling.verification.forged import (
    AI,
    CAMERA,
    UNKNOWN_ALGORITHM,
    Stamp,
    action,
    cbor,
    content_of,
    picture,
    resigned,
    signed,
)

# --- every answer for itself -----------------------------------------------------------------------------------------


def test_an_intact_file_of_an_unknown_signer() -> None:
    reading = read(intact())
    label = reading.active_manifest
    assert label.startswith("urn:c2pa:")
    assert reading == CredentialReading(
        CredentialPresence.EMBEDDED,
        readable=YES,
        hash_intact=YES,
        signature_valid=YES,
        certificate=Certificate.UNTRUSTED,
        time_stamped=NO,
        issuer="O",
        common_name="signer",
        generator="camera 7",
        active_manifest=label,
        manifests=1,
        source_types=(AI,),
        failures=("signingCredential.untrusted",),
    )


#: hash_intact, signature_valid, certificate, time_stamped of a file that can be read.
ANSWERS: dict[str, tuple[Callable[[], bytes], Callable[[], Trust], tuple[Answer, Answer, Certificate, Answer]]] = {
    "trusted-by-anchor": (intact, lambda: anchored(root()), (YES, YES, Certificate.TRUSTED, NO)),
    "trusted-by-allowed-list": (intact, lambda: allowed(signer()), (YES, YES, Certificate.TRUSTED, NO)),
    "another-anchor": (intact, lambda: anchored(stranger()), (YES, YES, Certificate.UNTRUSTED, NO)),
    "an-anchor-is-no-leaf": (intact, lambda: allowed(root()), (YES, YES, Certificate.UNTRUSTED, NO)),
    "content-changed": (lambda: flipped(intact(), -3), lambda: NO_TRUST, (NO, YES, Certificate.UNTRUSTED, NO)),
    "content-changed-under-trust": (
        lambda: flipped(intact(), -3),
        lambda: anchored(root()),
        (NO, YES, Certificate.TRUSTED, NO),
    ),
    "assertion-changed": (
        lambda: intact().replace(b"trainedAlgorithmic", b"trainedAlgorithmix"),
        lambda: anchored(root()),
        (NO, YES, Certificate.TRUSTED, NO),
    ),
    "content-hash-changed": (
        lambda: flipped(intact(), content_of(intact(), b"c2pa.hash.data")[1] - 30),
        lambda: NO_TRUST,
        (NO, YES, Certificate.UNTRUSTED, NO),
    ),
    "signature-damaged": (
        lambda: resigned(intact(), signer(), root(), spoil=True),
        lambda: anchored(root()),
        (YES, NO, Certificate.TRUSTED, NO),
    ),
    "claim-changed": (
        lambda: flipped(intact(), intact().rindex(b"instanceID") + 20),
        lambda: NO_TRUST,
        (YES, NO, Certificate.UNTRUSTED, NO),
    ),
    "expired": (
        lambda: resigned(intact(), expired(), old_root()),
        lambda: anchored(old_root()),
        (YES, YES, Certificate.EXPIRED, NO),
    ),
    "expired-and-untrusted": (
        lambda: resigned(intact(), expired(), old_root()),
        lambda: NO_TRUST,
        (YES, YES, Certificate.EXPIRED, NO),
    ),
    "expired-and-content-changed": (
        lambda: flipped(resigned(intact(), expired(), old_root()), -3),
        lambda: NO_TRUST,
        (NO, YES, Certificate.EXPIRED, NO),
    ),
    "expired-and-signature-damaged": (
        lambda: resigned(intact(), expired(), old_root(), spoil=True),
        lambda: NO_TRUST,
        (YES, NO, Certificate.EXPIRED, NO),
    ),
    "expired-in-the-allowed-list": (
        lambda: resigned(intact(), expired(), old_root()),
        lambda: allowed(expired()),
        (YES, YES, Certificate.EXPIRED, NO),
    ),
    "not-yet-valid": (lambda: by(start=NOW + DAY), lambda: anchored(root()), (YES, YES, Certificate.EXPIRED, NO)),
    "stamped-in-time": (
        lambda: resigned(intact(), expired(), old_root(), stamp=stamp(old_root)),
        lambda: anchored(old_root()),
        (YES, YES, Certificate.TRUSTED, YES),
    ),
    "stamped-in-time-by-an-anchor-of-its-own": (
        lambda: resigned(intact(), expired(), old_root(), stamp=stamp(stranger)),
        lambda: anchored(old_root(), stranger()),
        (YES, YES, Certificate.TRUSTED, YES),
    ),
    "stamped-by-nobody-known": (
        lambda: resigned(intact(), expired(), old_root(), stamp=stamp(stranger)),
        lambda: anchored(old_root()),
        (YES, YES, Certificate.EXPIRED, UNKNOWN),
    ),
    "stamp-of-something-else": (
        lambda: resigned(intact(), expired(), old_root(), stamp=stamp(old_root, of_something_else=True)),
        lambda: anchored(old_root()),
        (YES, YES, Certificate.EXPIRED, NO),
    ),
    "stamp-on-a-valid-certificate": (
        lambda: resigned(intact(), signer(), root(), stamp=Stamp(time_stamper(stranger), NOW, (stranger(),))),
        lambda: anchored(root()),
        (YES, YES, Certificate.TRUSTED, UNKNOWN),
    ),
    "revoked": (
        lambda: stapled(ocsp.OCSPCertStatus.REVOKED),
        lambda: anchored(root()),
        (YES, YES, Certificate.REVOKED, NO),
    ),
    "not-revoked": (
        lambda: stapled(ocsp.OCSPCertStatus.GOOD),
        lambda: anchored(root()),
        (YES, YES, Certificate.TRUSTED, NO),
    ),
    "no-authority-key-identifier": (
        lambda: by(authority_key_id=False),
        lambda: anchored(root()),
        (YES, YES, Certificate.INVALID, NO),
    ),
    "an-authority-as-signer": (lambda: by(ca=True), lambda: anchored(root()), (YES, YES, Certificate.INVALID, NO)),
    "key-of-another-algorithm": (
        lambda: resigned(intact(), signer(), root(), algorithm=-8),
        lambda: anchored(root()),
        (YES, NO, Certificate.INVALID, NO),
    ),
    "issued-by-another-signer": (
        lambda: resigned(intact(), make(SIGNER, signer()), signer(), root()),
        lambda: anchored(root()),
        (YES, YES, Certificate.UNTRUSTED, NO),
    ),
    "root-of-the-same-name": (
        lambda: resigned(intact(), make(SIGNER, make(AUTHORITY)), root()),
        lambda: anchored(root()),
        (YES, YES, Certificate.UNTRUSTED, NO),
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_no_answer_hides_another(case: str) -> None:
    file, trust, (hash_intact, signature_valid, certificate, time_stamped) = ANSWERS[case]
    reading = read(file(), trust())
    assert reading.readable is YES
    assert reading.hash_intact is hash_intact
    assert reading.signature_valid is signature_valid
    assert reading.certificate is certificate
    assert reading.time_stamped is time_stamped


def test_an_intermediate_authority_leads_to_its_root() -> None:
    between = make(replace(AUTHORITY, subject="between", authority_key_id=True), root())
    data = resigned(intact(), make(SIGNER, between), between)
    assert read(data, anchored(root())).certificate is Certificate.TRUSTED


# --- what the manifests say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_the_source_types_of_actions_are_told_in_order_and_once(version: int) -> None:
    actions = (action(AI), action(CAMERA, "c2pa.edited"), action(AI, "c2pa.edited"))
    assert read(signed(actions=actions, claim_version=version)).source_types == (AI, CAMERA)


def test_templates_of_actions_are_told() -> None:
    data = {
        "actions": [{"action": "c2pa.created", "digitalSourceType": CAMERA}, {"action": "c2pa.edited"}],
        "templates": [{"action": "c2pa.edited", "digitalSourceType": AI}],
    }
    reading = read(signed(actions=(), assertions=({"label": "c2pa.actions.v2", "data": data, "created": True},)))
    assert reading.source_types == (CAMERA, AI)


def test_metadata_in_a_manifest_are_told() -> None:
    data = {
        "@context": {"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"},
        "Iptc4xmpExt:DigitalSourceType": AI,
    }
    metadata = {"label": "c2pa.metadata", "data": data, "kind": "Json"}
    assert read(signed(actions=(action(CAMERA),), assertions=(metadata,))).source_types == (CAMERA, AI)


def test_other_assertions_name_no_source_type() -> None:
    other = {"label": "org.example.note", "data": {"digitalSourceType": AI}}
    assert read(signed(actions=(action(CAMERA),), assertions=(other,))).source_types == (CAMERA,)


def test_the_source_type_may_stand_in_an_ingredient_only() -> None:
    generated = signed(actions=(action(AI),))
    reading = read(signed(actions=(action(CAMERA),), ingredients=(("componentOf", generated),)))
    assert (reading.source_types, reading.ingredient_source_types) == ((CAMERA,), (AI,))
    assert reading.manifests == 2


def test_ingredients_of_ingredients_are_told() -> None:
    first = signed(actions=(action(AI),))
    second = signed(actions=(action(CAMERA),), ingredients=(("componentOf", first),))
    third = signed(actions=(action(CAMERA),), ingredients=(("componentOf", second), ("inputTo", first)))
    reading = read(third)
    assert reading.manifests == 3
    assert reading.ingredient_source_types == (CAMERA, AI)


def test_an_update_manifest_keeps_the_answers_about_the_content() -> None:
    updated = update(intact())
    reading = read(updated, anchored(root()))
    assert (reading.manifests, reading.source_types, reading.ingredient_source_types) == (2, (), (AI,))
    assert (reading.hash_intact, reading.signature_valid) == (YES, YES)
    assert read(flipped(updated, -3)).hash_intact is NO


def update(data: bytes) -> bytes:
    """The file with an update manifest, which binds no content of its own."""
    output = io.BytesIO()
    info = c2pa.C2paSignerInfo("es256", signer().pem + root().pem, signer().key_pem, None)
    with (
        c2pa.Context.from_dict({"version": 1, "builder": {"thumbnail": {"enabled": False}}}) as context,
        c2pa.Signer.from_info(info) as native,
        c2pa.Builder('{"claim_generator_info": [{"name": "updater"}]}', context) as builder,
    ):
        builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
        builder.sign(native, "image/jpeg", io.BytesIO(data), output)
    return output.getvalue()


def test_an_ingredient_whose_signature_was_bad_when_it_was_taken_up() -> None:
    bad = resigned(intact(), signer(), root(), spoil=True)
    reading = read(signed(ingredients=(("componentOf", bad),)), anchored(root()))
    assert (reading.hash_intact, reading.signature_valid, reading.failures) == (YES, YES, ())
    assert "claimSignature.mismatch" in reading.ingredient_failures


def test_an_ingredient_that_was_changed_afterwards() -> None:
    data = signed(actions=(action(CAMERA),), ingredients=(("componentOf", intact()),))
    reading = read(data.replace(b"trainedAlgorithmic", b"trainedAlgorithmix"))
    assert (reading.hash_intact, reading.signature_valid) == (YES, YES)
    assert "assertion.hashedURI.mismatch" in reading.ingredient_failures
    assert "assertion.hashedURI.mismatch" not in reading.failures


def test_an_assertion_that_cannot_be_read_leaves_the_other_answers() -> None:
    note = {"label": "org.example.note", "data": {"text": "x" * 1000}, "created": True}
    data = signed(assertions=(note,))
    start, end = content_of(data, b"org.example.note")
    nested = data[:start] + b"\x81" * (end - start - 1) + b"\0" + data[end:]
    reading = read(nested)
    assert (reading.readable, reading.hash_intact, reading.signature_valid) == (NO, NO, YES)
    assert "cannot be shown" in reading.detail


def test_a_hash_that_leaves_out_more_than_the_store_counts() -> None:
    """c2pa leaves an entry of TIFF and the free boxes of AVIF out of its own hashes, and says so."""
    data = signed(picture("TIFF"), media_type="image/tiff")
    assert read(data, fmt=Format.TIFF).hash_intact is YES


# --- what c2pa cannot read -------------------------------------------------------------------------------------------


def unreadable(detail: str) -> CredentialReading:
    return CredentialReading(
        CredentialPresence.EMBEDDED,
        readable=NO,
        hash_intact=UNKNOWN,
        signature_valid=UNKNOWN,
        certificate=Certificate.NOT_CHECKED,
        time_stamped=UNKNOWN,
        detail=detail,
    )


def with_store(change: Callable[[bytes], bytes]) -> bytes:
    start = intact().index(b"jumb") - 4
    end = start + int.from_bytes(intact()[start : start + 4], "big")
    return intact()[:start] + change(intact()[start:end]) + intact()[end:]


@pytest.mark.parametrize(
    "file",
    [
        lambda: resigned(intact(), signer(), root(), algorithm=UNKNOWN_ALGORITHM),
        lambda: with_store(lambda store: b"\xa5" * len(store)),
        lambda: with_store(lambda store: store[:60] + b"\xa5" * (len(store) - 60)),
        lambda: with_store(lambda store: store.replace(b"jumb", b"jumc")),
        lambda: intact().replace(b"c2pa.claim.v2\0", b"c2pa.claim.v9\0"),
        lambda: intact().replace(b"claim_generator_info", b"claim_generator_infp"),
        lambda: intact()[: len(intact()) // 2],
        lambda: intact()[:100],
        lambda: b"",
        picture,
    ],
    ids=[
        "unknown-algorithm",
        "garbage",
        "garbage-behind-the-head",
        "no-boxes",
        "claim-of-a-later-version",
        "claim-without-a-field",
        "cut-in-the-store",
        "cut-at-its-start",
        "empty",
        "none-there-after-all",
    ],
)
def test_a_store_that_cannot_be_read_is_not_absent(file: Callable[[], bytes]) -> None:
    reading = read(file())
    assert reading.detail
    assert reading == unreadable(reading.detail)


def test_a_signature_that_is_no_cose_is_not_absent() -> None:
    start, _ = content_of(intact(), b"c2pa.signature")
    assert read(intact()[:start] + b"\0" + intact()[start + 1 :]).readable is NO


def test_a_reason_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("x" * 10_000)

    monkeypatch.setattr(c2pa, "Reader", fail)
    assert read(intact()) == unreadable("x" * 300)


# --- what is not looked at -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"limits": replace(DEFAULT_LIMITS, credential_bytes=1000)}, "hashing"),
        ({"limits": replace(DEFAULT_LIMITS, manifest_bytes=1000), "store_bytes": 1001}, "manifest store"),
        ({"fmt": Format.PLAIN}, "plain"),
        ({"fmt": Format.DOCX}, "docx"),
        ({"fmt": Format.MKV}, "mkv"),
    ],
    ids=["large-file", "large-store", "text", "office", "matroska"],
)
def test_what_is_not_looked_at_is_unknown(options: dict[str, Any], words: str) -> None:
    reading = read(intact(), **options)
    assert words in reading.detail
    assert reading == replace(unreadable(reading.detail), readable=UNKNOWN)


def test_a_report_above_the_limit_is_not_read() -> None:
    assert "1000 bytes" in read(intact(), limits=replace(DEFAULT_LIMITS, manifest_bytes=1000)).detail


def test_every_format_that_is_given_to_c2pa_is_one_that_it_reads() -> None:
    assert {MEDIA_TYPES[fmt] for fmt in READABLE} <= set(c2pa.Reader.get_supported_mime_types())


def test_a_store_elsewhere_is_told_and_no_more() -> None:
    reading = read(b"", embedded=False, remote_addresses=("https://manifests.example/1", "self#jumbf=/c2pa/x"))
    assert reading == CredentialReading(CredentialPresence.REMOTE, remote_addresses=("https://manifests.example/1",))


def test_an_address_beside_an_embedded_store_is_told() -> None:
    reading = read(intact(), remote_addresses=("https://manifests.example/" + "1" * 10_000,))
    assert (reading.presence, reading.readable) == (CredentialPresence.EMBEDDED, YES)
    assert [len(address) for address in reading.remote_addresses] == [DEFAULT_LIMITS.trace_characters]


def test_a_pointer_to_a_store_of_its_own_that_is_gone_is_no_credential() -> None:
    assert read(b"", embedded=False, remote_addresses=("self#jumbf=/c2pa/x",)) == CredentialReading()


def test_a_file_without_a_credential_does_not_load_c2pa() -> None:
    code = (
        "import sys; from labeling.limits import DEFAULT_LIMITS; from labeling.model import Format;"
        "from labeling.trust import NO_TRUST; from labeling.verification.credential import read_credential;"
        "read_credential(b'', Format.JPEG, embedded=False, remote_addresses=(), trust=NO_TRUST, limits=DEFAULT_LIMITS);"
        "sys.exit('c2pa' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_forged_cbor_is_what_c2pa_reads() -> None:
    """A file that is signed anew without any change is as good as before."""
    assert cbor({1: -7}) == b"\xa1\x01\x26"
    assert read(resigned(intact(), signer(), root()), anchored(root())).certificate is Certificate.TRUSTED
