"""The bounded readers under the C2PA check: CBOR, the boxes of a store, time stamps; and the chain to an anchor."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.limits import DEFAULT_LIMITS
from labeling.verification._c2pa_anchors import anchored
from labeling.verification._c2pa_results import codes_of, ingredient_failures
from labeling.verification._c2pa_sources import generator, ingredient_labels, source_types
from labeling.verification._c2pa_stamps import is_anchored
from labeling.verification._c2pa_store import StoreError, signature_of
from labeling.verification._cbor import CborError, decode
from tests.labeling.chains import AUTHORITY, DAY, NOW, SIGNER, make, root, signer
from tests.labeling.verification.credential_files import STAMPED, intact, old_root, stamp, stranger
from tests.labeling.verification.credential_files import anchored as trusting
from tests.labeling.verification.forged import AI, cbor, der, time_stamp_token

# --- CBOR ------------------------------------------------------------------------------------------------------------


def decoded(data: bytes, items: int = 1000, nesting: int = 8) -> Any:
    return decode(data, items=items, nesting=nesting)


_SCALARS = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text()
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text() | st.integers(0, 99), inner, max_size=30),
    max_leaves=40,
)


@given(_VALUES)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(value: Any) -> None:
    assert decoded(cbor(value), items=10_000, nesting=64) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("9f0102ff", [1, 2]),
        ("9fff", []),
        ("bf0102ff", {1: 2}),
        ("5f41014102ff", b"\x01\x02"),
        ("7f61616162ff", "ab"),
        ("d28101", [1]),
        ("d2d205", 5),
        ("82f93c00fb3ff8000000000000", [None, None]),
        ("82f7f5", [None, True]),
        ("f8ff", None),
        ("0102", 1),
        ("62c328", "\ufffd("),
    ],
    ids="list empty-list map bytes text tag tags floats simple simple-by-byte first-item bad-utf8".split(),
)
def test_forms_that_others_write_are_read(data: str, value: Any) -> None:
    assert decoded(bytes.fromhex(data)) == value


@pytest.mark.parametrize(
    "data",
    [
        "",
        "18",
        "42 01",
        "82 01",
        "9f 01",
        "ff",
        "81 ff",
        "1c",
        "3f",
        "df 01",
        "a2 01 02 01 03",
        "bf 01 ff",
        "a1 80 01",
        "5f 61 61 ff",
        "7f 41 01 ff",
        "9b ff ff ff ff ff ff ff ff",
        "bb 80 00 00 00 00 00 00 00",
        "5b ff ff ff ff ff ff ff ff",
        "fb 00",
    ],
)
def test_what_is_not_well_formed_is_refused(data: str) -> None:
    with pytest.raises(CborError):
        decoded(bytes.fromhex(data))


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xd2", b"\xa1\x00"], ids=["list", "endless", "tag", "map"])
def test_nesting_has_an_end(opening: bytes) -> None:
    assert decoded(opening * 8 + b"\x00" + b"\xff" * 8) is not None
    with pytest.raises(CborError, match="deep"):
        decoded(opening * 100_000 + b"\x00")


def test_the_number_of_items_has_an_end() -> None:
    with pytest.raises(CborError, match="many"):
        decoded(b"\x9f" + b"\x00" * 2000 + b"\xff")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(CborError):
        decoded(data)


# --- the store -------------------------------------------------------------------------------------------------------


def store() -> tuple[bytes, str]:
    """The manifest store of a signed file, and the label of its manifest."""
    data = intact()
    start = data.index(b"jumb") - 4
    label = data[data.index(b"urn:c2pa:") :].partition(b"\0")[0].decode()
    return data[start : start + int.from_bytes(data[start : start + 4], "big")], label


def test_the_chain_of_a_manifest_is_read() -> None:
    found = signature_of(*store(), DEFAULT_LIMITS)
    assert found.chain == tuple(made.certificate.public_bytes(Encoding.DER) for made in (signer(), root()))
    assert found.stamps == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-200],
        lambda data: data + data,
        lambda data: data.replace(b"c2pa.signature\0", b"c2pa.signatura\0"),
        lambda data: data.replace(b"jumdc2cs", b"jumxc2cs"),
        lambda data: bytes(4) + data[4:],
        lambda data: data[:4] + b"free" + data[8:],
    ],
    ids=["empty", "head", "cut", "twice", "no-signature", "no-description", "no-size", "no-superbox"],
)
def test_a_store_without_one_signature_is_refused(change: Callable[[bytes], bytes]) -> None:
    data, label = store()
    with pytest.raises(StoreError):
        signature_of(change(data), label, DEFAULT_LIMITS)


def test_another_manifest_has_no_signature_here() -> None:
    with pytest.raises(StoreError):
        signature_of(store()[0], "urn:c2pa:another", DEFAULT_LIMITS)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_store_is_read_or_refused(data: st.DataObject) -> None:
    original, label = store()
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(StoreError):
        signature_of(bytes(changed[: data.draw(st.integers(0, len(changed)))]), label, DEFAULT_LIMITS)


# --- time stamps -----------------------------------------------------------------------------------------------------


@cache
def token() -> bytes:
    return time_stamp_token(b"message", stamp(stranger))


@pytest.mark.parametrize("in_response", [False, True], ids=["token", "response"])
def test_an_authority_under_an_anchor_is_anchored(in_response: bool) -> None:
    stamped = der(0x30, der(0x30, der(0x02, b"\0")), token()) if in_response else token()
    assert is_anchored(stamped, trusting(stranger()), STAMPED.isoformat())
    assert not is_anchored(stamped, trusting(old_root()), STAMPED.isoformat())


@pytest.mark.parametrize("moment", ["", "now", "9999-99-99", "0001-01-01T00:00:00+23:59"])
def test_a_stamp_without_a_moment_is_not_anchored(moment: str) -> None:
    assert not is_anchored(token(), trusting(stranger()), moment)


def test_an_authority_is_anchored_while_it_is_valid() -> None:
    assert not is_anchored(token(), trusting(stranger()), (NOW + 4000 * DAY).isoformat())


@pytest.mark.parametrize(
    "stamped",
    [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x00", b"\x04\x00", b"\x30\x02\x06\x00"],
)
def test_what_is_no_stamp_is_not_anchored(stamped: bytes) -> None:
    assert not is_anchored(stamped, trusting(stranger()), STAMPED.isoformat())


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_stamp_is_never_an_error(data: st.DataObject) -> None:
    changed = bytearray(token())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    is_anchored(bytes(changed[: data.draw(st.integers(0, len(changed)))]), trusting(stranger()), STAMPED.isoformat())


# --- the way to an anchor --------------------------------------------------------------------------------------------


def test_only_authorities_lead_to_an_anchor() -> None:
    between = make(replace(AUTHORITY, subject="between", authority_key_id=True), root())
    leaf, under_leaf = make(SIGNER, between), make(replace(SIGNER, subject="under"), signer())
    chain = [made.certificate for made in (under_leaf, signer(), leaf, between, stranger())]
    found = anchored(chain, [root().certificate], NOW)
    assert set(found) == {signer().certificate, leaf.certificate, between.certificate}


def test_an_anchor_that_is_not_valid_leads_nowhere() -> None:
    assert anchored([signer().certificate], [root().certificate], NOW + 400 * DAY) == ()


def test_a_cross_signed_anchor_is_still_the_anchor() -> None:
    crossed = make(replace(AUTHORITY, subject="root", authority_key_id=True), stranger(), root().key)
    assert anchored([crossed.certificate], [root().certificate], NOW) == (crossed.certificate,)


def test_many_certificates_take_little_time() -> None:
    chain: list[x509.Certificate] = [signer().certificate] * 16
    started = time.perf_counter()
    anchored(chain, [stranger().certificate] * 200, NOW)
    assert time.perf_counter() - started < 4


# --- reports of c2pa -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", [{}, {"validation_results": None}, {"validation_results": {"activeManifest": None}}])
def test_a_report_without_results_answers_nothing(report: dict[str, Any]) -> None:
    codes = codes_of(report)
    assert (codes.success, codes.failure) == (frozenset(), ())
    assert ingredient_failures(report, ()) == ()


def test_what_an_ingredient_recorded_is_bounded() -> None:
    statuses = [{"code": "x" * 1000}, {"code": 7}, {}, {"code": "a b"}, *({"code": f"c.{n}"} for n in range(1000))]
    found = ingredient_failures({}, [{"validation_status": statuses}])
    assert (len(found), found[0]) == (100, "c.0")


def test_successes_that_an_ingredient_recorded_are_no_failures() -> None:
    statuses = [{"code": code} for code in ("claimSignature.validated", "assertion.dataHash.match", "general.error")]
    assert ingredient_failures({}, [{"validation_status": statuses}]) == ("general.error",)


def test_failures_in_the_depth_of_an_ingredient_are_told() -> None:
    deltas = [{"validationDeltas": {"failure": [{"code": "claim.missing"}]}}]
    ingredient = {"validation_results": {"activeManifest": {"failure": [{"code": "claim.multiple"}]}}}
    ingredient["validation_results"]["ingredientDeltas"] = deltas  # type: ignore[assignment]
    assert ingredient_failures({}, [ingredient]) == ("claim.multiple", "claim.missing")


def test_source_types_have_an_end() -> None:
    actions = [{"digitalSourceType": f"{number}" * 300} for number in range(500)]
    found = source_types([{"assertions": [{"label": "c2pa.actions", "data": actions}]}], DEFAULT_LIMITS)
    assert len(found) == 100
    assert max(map(len, found)) <= DEFAULT_LIMITS.trace_characters


@pytest.mark.parametrize(
    "data",
    [
        {"Iptc4xmpExt:DigitalSourceType": {"@id": AI}},
        {"a": [{"b": {"digitalSourceType": AI}}]},
        {"digitalSourceType": AI, "other": {"digitalSourceType": ["no", 7, None]}},
    ],
    ids=["reference", "nested", "other-kinds"],
)
def test_forms_of_a_source_type(data: dict[str, Any]) -> None:
    assert source_types([{"assertions": [{"label": "stds.iptc", "data": data}]}], DEFAULT_LIMITS) == (AI,)


def test_ingredients_that_name_each_other_are_told_once() -> None:
    def made_from(*labels: str | None) -> dict[str, Any]:
        return {"ingredients": [{"active_manifest": label} for label in labels]}

    manifests = {"a": made_from("b", None, "gone"), "b": made_from("a", "c"), "c": made_from("c"), "d": made_from("a")}
    assert ingredient_labels(manifests, "a") == ("b", "c")


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ({"claim_generator_info": [{"name": "camera", "version": "7"}]}, "camera 7"),
        ({"claim_generator_info": [{"name": "camera"}, {"name": "second"}]}, "camera"),
        ({"claim_generator": "camera/7"}, "camera/7"),
        ({"claim_generator_info": [], "claim_generator": "x" * 1000}, "x" * 500),
        ({}, ""),
    ],
)
def test_the_generator_is_named(manifest: dict[str, Any], name: str) -> None:
    assert generator(manifest, DEFAULT_LIMITS) == name
