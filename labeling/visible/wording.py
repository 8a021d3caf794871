"""Which words make a visible label (GB 45438-2025, 5.1 to 5.6): an AI element and a generation element."""

from __future__ import annotations

import unicodedata

from labeling.errors import DeclarationError, ErrorCode
from labeling.profiles import gb45438


def has_elements(words: str) -> bool:
    """Say whether both elements are there; full-width letters count as their plain forms."""
    return not _missing(words)


def require_elements(words: str) -> None:
    """Refuse words without both elements, or with characters that do not belong in one line."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in words):
        raise DeclarationError(
            ErrorCode.OPTION_OUT_OF_RANGE, "the words hold a control character or a line break", option="words"
        )
    missing = _missing(words)
    if missing:
        raise DeclarationError(
            ErrorCode.WORDS_MISSING_ELEMENT,
            f"the words lack {' and '.join(missing)}",
            missing=missing,
            words=words,
        )


def _missing(words: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", words)
    elements = (("人工智能 / AI", gb45438.AI_ELEMENT), ("生成 / 合成", gb45438.GENERATION_ELEMENT))
    return [name for name, pattern in elements if not pattern.search(folded)]
