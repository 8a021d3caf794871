"""The provider code, on codes that stand in real files."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labeling.errors import DeclarationError, ErrorCode
from labeling.provider_code import (
    ProviderCode,
    ServiceKind,
    build,
    check,
    credit_code_check_character,
    examine_provider,
    parse,
)
from labeling.record import outside_charset

REAL_CREDIT_CODES = {
    "doubao": "91110102MACQD9K640",
    "jimeng": "9144030008867405X2",
    "kling": "91110108335469089C",
    "qwen": "91440101MA9Y9T4H7A",
    "tencent": "91440300708461136T",
    "zhipu": "91110108MA01KP2T5U",
    "stepfun": "91310104MACE0YX639",
    "honor": "91440300MA5G49LC9K",
    "liblib": "91110105MACJ6K1C8A",
    "runninghub": "91340100MAEB4N8H76",
    "baidu": "91110000802100433B",
    "hangzhou": "91330106MA2CFLDG4R",
    "agent": "91110102MAD55U9H0F",
}
REAL_CODES = {
    "doubao": "001191110102MACQD9K64010000",
    "jimeng-producer": "00119144030008867405X210001",
    "jimeng-propagator": "00119144030008867405X220001",
    "kling": "001191110108335469089C10100",
    "qwen": "001191440101MA9Y9T4H7A00000",
    "tencent-1": "001191440300708461136T1XGW3",
    "tencent-2": "001191440300708461136T1308L",
    "tencent-3": "001191440300708461136T1WFUO",
    "stepfun": "001191310104MACE0YX63918020",
    "honor": "001191440300MA5G49LC9K1YO01",
    "hangzhou": "001191330106MA2CFLDG4R10001",
}
CODE_TEXT = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17)
JIMENG = REAL_CODES["jimeng-producer"]


@pytest.mark.parametrize("credit_code", REAL_CREDIT_CODES.values(), ids=REAL_CREDIT_CODES)
def test_the_check_character_of_real_credit_codes(credit_code: str) -> None:
    assert credit_code_check_character(credit_code[:17]) == credit_code[17]


@pytest.mark.parametrize("code", REAL_CODES.values(), ids=REAL_CODES)
def test_real_codes_pass_without_remark_and_build_again(code: str) -> None:
    assert examine_provider(code) == ()
    parts = parse(code)
    assert build(parts.credit_code, parts.extension) == code == str(parts)


def test_a_code_falls_into_its_parts() -> None:
    assert parse(JIMENG) == ProviderCode("00", "1", "1", "9144030008867405X2", "10001")


@pytest.mark.parametrize(
    ("extension", "kind"),
    [
        ("00000", ServiceKind.UNSPECIFIED),
        ("1ABC9", ServiceKind.GENERATION),
        ("20001", ServiceKind.PROPAGATION),
        ("90001", None),
    ],
)
def test_the_extension_says_the_kind_of_service(extension: str, kind: ServiceKind | None) -> None:
    assert parse(JIMENG[:22] + extension).service_kind == kind


@given(CODE_TEXT, st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_the_check_character_finds_every_single_wrong_character(first17: str, position: int, other: str) -> None:
    assume(first17[position] != other)
    changed = first17[:position] + other + first17[position + 1 :]
    assert credit_code_check_character(changed) != credit_code_check_character(first17)


@given(CODE_TEXT)
def test_what_is_built_is_parsed_and_checked_without_remark(first17: str) -> None:
    code = build(first17 + credit_code_check_character(first17), "1A2B3")
    assert check(code) == ()
    assert parse(code).credit_code[:17] == first17


@pytest.mark.parametrize(
    ("credit_code", "extension", "params"),
    [
        ("9144030008867405X3", "10001", {"position": 17, "character": "3", "expected": "2"}),
        ("9144030008867405X", "10001", {"length": 17, "expected_length": 18}),
        ("9144030008867405X2", "1001", {"length": 4, "expected_length": 5}),
        ("9144030008867405X2", "1000a", {"position": 26, "character": "a", "expected": "0-9 or A-Z"}),
        ("914403000886740IX2", "10001", {"position": 15, "character": "I"}),
        ("9144030008867405X2", "30001", {"position": 0, "character": "3"}),
        ("9144030008867405X2", "00001", {"position": 0, "character": "0"}),
    ],
    ids=["check-character", "short", "short-extension", "small-letter", "letter-I", "kind-3", "kind-0-with-number"],
)
def test_build_refuses_what_would_be_wrong(credit_code: str, extension: str, params: dict[str, object]) -> None:
    with pytest.raises(DeclarationError) as caught:
        build(credit_code, extension)
    assert caught.value.code is ErrorCode.PROVIDER_CODE_INVALID
    assert params.items() <= caught.value.params.items()


def test_build_leaves_other_subjects_credentials_alone() -> None:
    assert build("110101199003070000", subject_type="2", binding_method="3") == "0023" + "110101199003070000" + "00000"


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", {"length": 0, "expected_length": 27}),
        (JIMENG[:-1], {"length": 26}),
        (JIMENG + "0", {"length": 28}),
        ("10" + JIMENG[2:], {"position": 0, "character": "1", "expected": "0"}),
        (JIMENG[:10] + "-" + JIMENG[11:], {"position": 10, "character": "-"}),
        (JIMENG.lower(), {"position": 20, "character": "x"}),
        (JIMENG[:-1] + "１", {"position": 26, "character": "１"}),
    ],
    ids=["empty", "short", "long", "other-format", "dash", "small-letters", "full-width-digit"],
)
def test_parse_names_the_place_and_what_was_expected(text: str, params: dict[str, object]) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(text)
    assert caught.value.code is ErrorCode.PROVIDER_CODE_INVALID
    assert params.items() <= caught.value.params.items()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Example_AI(Beijing)", "provider.plain_name"),
        ("doubao", "provider.plain_name"),
        ("TwentySevenCharacterCompany", "provider.plain_name"),
        ("0" * 19, "provider.plain_name"),
        ("91110102MACQD9K640", "provider.bare_credit_code"),
        ("91110102MACQD9K641", "provider.plain_name"),
        (JIMENG.lower(), "provider.code_malformed"),
        (JIMENG[:-1], "provider.code_malformed"),
        ("0" * 29, "provider.code_malformed"),
        ("00-------------------------", "provider.code_malformed"),
        (JIMENG[:21] + "3" + JIMENG[22:], "provider.credit_code_check"),
        (JIMENG[:19] + "O" + JIMENG[20:], "provider.credit_code_alphabet"),
        ("0021" + JIMENG[4:21] + "3" + JIMENG[22:], "provider.not_checked"),
        ("0012" + JIMENG[4:], "provider.not_checked"),
        (JIMENG[:22] + "30001", "provider.service_kind"),
        (JIMENG[:22] + "00001", "provider.service_kind"),
    ],
)
def test_what_is_odd_about_a_provider_is_a_notice(text: str, code: str) -> None:
    (notice,) = examine_provider(text)
    assert notice.code == code
    assert notice.detail


def test_a_bare_credit_code_is_answered_with_the_code_to_use() -> None:
    (notice,) = examine_provider("91110102MACQD9K640")
    assert notice.params == {"provider_code": "001191110102MACQD9K64000000"}


def test_an_empty_provider_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        examine_provider("")
    assert caught.value.code is ErrorCode.PROVIDER_EMPTY


@pytest.mark.parametrize(
    ("text", "position"),
    [("示例公司", 0), ("Example AI", 7), ("a\\b", 1), ("tab\t", 3), ("\x7f", 0), (JIMENG + "\n", 27)],
    ids=["chinese", "space", "backslash", "tab", "delete", "line-end"],
)
def test_a_character_outside_annex_e_is_named_with_its_place(text: str, position: int) -> None:
    with pytest.raises(DeclarationError) as caught:
        examine_provider(text)
    assert caught.value.code is ErrorCode.PROVIDER_CHARSET
    assert caught.value.params["position"] == position
    assert caught.value.params["character"] == text[position]


@given(st.text(max_size=40) | st.from_regex(r"00[0-9A-Za-z]{16,30}", fullmatch=True))
def test_any_text_is_judged_or_refused_by_name(text: str) -> None:
    assert isinstance(check(text), tuple)
    if text and outside_charset(text) is None:
        assert examine_provider(text) == check(text)
        return
    with pytest.raises(DeclarationError) as caught:
        examine_provider(text)
    assert caught.value.code is (ErrorCode.PROVIDER_CHARSET if text else ErrorCode.PROVIDER_EMPTY)
