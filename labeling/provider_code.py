"""The 27-character code of a provider (TC260-PG-20252A): build, parse, check.

Layout: `00`, subject type, binding method, unified social credit code (18), service extension (5). The code has no
check character of its own; the credit code's last character is one (GB 32100-2015). Positions count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from labeling.errors import DeclarationError, ErrorCode
from labeling.model import Notice
from labeling.record import require_charset

LENGTH = 27
#: The part that names the provider; the extension names its service.
CODE_WITHOUT_EXTENSION = 22
FORMAT_CODE = "00"
ORGANISATION = "1"
CREDIT_CODE_BINDING = "1"
NO_EXTENSION = "00000"

#: GB 32100-2015: digits and capitals without I, O, S, V, Z.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_LENGTH = 18
_CODE_CHARACTER = re.compile(r"[0-9A-Z]")
#: What somebody wrote who meant a code: the format code, then a credit code's length or more of digits and letters.
_MEANT_AS_CODE = re.compile(r"00[0-9A-Za-z]{18,60}")
_LAYOUT = "00, subject type, binding method, credit code (18), extension (5)"


class ServiceKind(StrEnum):
    """First character of the service extension."""

    UNSPECIFIED = "0"
    GENERATION = "1"
    PROPAGATION = "2"


@dataclass(frozen=True, slots=True)
class ProviderCode:
    """The parts of a code; `str()` of it is the code."""

    format_code: str
    subject_type: str
    binding_method: str
    credit_code: str
    extension: str

    @property
    def service_kind(self) -> ServiceKind | None:
        """What the extension is for; None for a digit that the rule does not know."""
        return ServiceKind(self.extension[0]) if self.extension[0] in {*ServiceKind} else None

    @property
    def binds_credit_code(self) -> bool:
        """True for an organisation bound by its credit code, the only kind whose rules are public."""
        return (self.subject_type, self.binding_method) == (ORGANISATION, CREDIT_CODE_BINDING)

    def __str__(self) -> str:
        return self.format_code + self.subject_type + self.binding_method + self.credit_code + self.extension


def credit_code_check_character(first17: str) -> str:
    """The check character of a unified social credit code (GB 32100-2015: weights 3^i modulo 31).

    Raises DeclarationError(PROVIDER_CODE_INVALID) for another length or a character outside the alphabet.
    """
    _require_length("the credit code without its check character", first17, _CREDIT_LENGTH - 1)
    total = 0
    for position, character in enumerate(first17):
        value = _CREDIT_ALPHABET.find(character)
        if value < 0:
            raise _invalid("a credit code", position, character, _CREDIT_ALPHABET)
        total += value * pow(3, position, 31)
    return _CREDIT_ALPHABET[-total % 31]


def build(
    credit_code: str,
    extension: str = NO_EXTENSION,
    *,
    subject_type: str = ORGANISATION,
    binding_method: str = CREDIT_CODE_BINDING,
) -> str:
    """The code of a provider with this credit code and service extension.

    Raises DeclarationError(PROVIDER_CODE_INVALID) for anything that `check` would remark on, unless subject type or
    binding method say that the rules of organisations do not apply.
    """
    _require_length("the credit code", credit_code, _CREDIT_LENGTH)
    _require_length("the service extension", extension, len(NO_EXTENSION))
    code = parse(FORMAT_CODE + subject_type + binding_method + credit_code + extension)
    if code.binds_credit_code:
        expected = credit_code_check_character(credit_code[:-1])
        if credit_code[-1] != expected:
            raise _invalid("the credit code", _CREDIT_LENGTH - 1, credit_code[-1], expected)
    if not _extension_is_known(code):
        raise _invalid("the service extension", 0, extension[0], "0 (only as 00000), 1 (generation) or 2 (propagation)")
    return str(code)


def parse(text: str) -> ProviderCode:
    """The parts of a code; raises DeclarationError(PROVIDER_CODE_INVALID) that names position and expectation."""
    _require_length("a provider code", text, LENGTH)
    for position, character in enumerate(text):
        expected = FORMAT_CODE[position] if position < len(FORMAT_CODE) else "0-9 or A-Z"
        fits = character == expected if position < len(FORMAT_CODE) else _CODE_CHARACTER.fullmatch(character)
        if not fits:
            raise _invalid("a provider code", position, character, expected)
    return ProviderCode(text[:2], text[2], text[3], text[4:22], text[22:])


def check(text: str) -> tuple[Notice, ...]:
    """What is odd about a text that may be a code; empty for a code without fault. Never raises."""
    if _MEANT_AS_CODE.fullmatch(text) is None and len(text) != LENGTH:
        return tuple(_name_notices(text))
    return _check_code(text)


@lru_cache(maxsize=256)
def _check_code(text: str) -> tuple[Notice, ...]:
    """The same for a text that is as long as a code or begins like one; a service sees the same few all day."""
    try:
        code = parse(text)
    except DeclarationError as error:
        if not text.startswith(FORMAT_CODE):
            return tuple(_name_notices(text))
        return (Notice("provider.code_malformed", f"meant as a provider code? {error.detail}", error.params),)
    return (*_binding_notices(code), *_extension_notices(code))


def examine_provider(text: str) -> tuple[Notice, ...]:
    """Refuse a provider that cannot be written, and say what is odd about one that can.

    Raises DeclarationError: PROVIDER_EMPTY, or PROVIDER_CHARSET for a character outside Annex E j) of GB 45438-2025.
    """
    if not text:
        raise DeclarationError(ErrorCode.PROVIDER_EMPTY, "the provider is empty; Annex E d) wants a code or a name")
    require_charset(text, "content_producer")
    return check(text)


def _name_notices(text: str) -> Iterator[Notice]:
    if _is_credit_code(text):
        code = build(text)
        detail = f"this is a bare credit code; the provider code made from it is {code}"
        yield Notice("provider.bare_credit_code", detail, {"provider_code": code})
    else:
        yield Notice("provider.plain_name", "a plain name; a 27-character provider code identifies the provider better")


def _is_credit_code(text: str) -> bool:
    try:
        return len(text) == _CREDIT_LENGTH and credit_code_check_character(text[:-1]) == text[-1]
    except DeclarationError:
        return False


def _binding_notices(code: ProviderCode) -> Iterator[Notice]:
    if not code.binds_credit_code:
        detail = "subject type or binding method is not that of an organisation with a credit code: not checked"
        params: dict[str, object] = {"subject_type": code.subject_type, "binding_method": code.binding_method}
        yield Notice("provider.not_checked", detail, params)
        return
    try:
        expected = credit_code_check_character(code.credit_code[:-1])
    except DeclarationError as error:
        yield Notice("provider.credit_code_alphabet", error.detail, error.params)
        return
    if code.credit_code[-1] != expected:
        detail = f"the credit code ends in {code.credit_code[-1]}, its check character would be {expected}"
        yield Notice("provider.credit_code_check", detail, {"found": code.credit_code[-1], "expected": expected})


def _extension_notices(code: ProviderCode) -> Iterator[Notice]:
    if not _extension_is_known(code):
        detail = f"the service extension {code.extension} is neither 00000 nor begins with 1 (generation) or 2"
        yield Notice("provider.service_kind", detail, {"extension": code.extension})


def _extension_is_known(code: ProviderCode) -> bool:
    unused = code.extension == NO_EXTENSION
    return unused or code.service_kind in (ServiceKind.GENERATION, ServiceKind.PROPAGATION)


def _require_length(what: str, text: str, length: int) -> None:
    if len(text) != length:
        detail = f"{what} has {len(text)} characters, {length} are needed"
        if length == LENGTH:
            detail = f"{detail}: {_LAYOUT}"
        raise DeclarationError(ErrorCode.PROVIDER_CODE_INVALID, detail, length=len(text), expected_length=length)


def _invalid(what: str, position: int, found: str, expected: str) -> DeclarationError:
    detail = f"{what} has {found!r} at position {position}, expected {expected}"
    return DeclarationError(
        ErrorCode.PROVIDER_CODE_INVALID, detail, position=position, character=found, expected=expected
    )
