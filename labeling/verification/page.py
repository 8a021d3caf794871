"""The report as a page to read and to print: one HTML file without scripts, in English or Simplified Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from labeling.verification.page_words import WORDS

#: Values of answers that are good, bad, or neither: colour and sign on the page.
_SIGNS: dict[str, str] = {
    "conformant": "good",
    "yes": "good",
    "authentic": "good",
    "trusted": "good",
    "present_conforming": "good",
    "pass": "good",
    "nonconformant": "bad",
    "no": "bad",
    "failure": "bad",
    "error": "bad",
    "broken": "bad",
    "inconclusive": "doubt",
    "unknown": "doubt",
    "warning": "doubt",
    "present_deficient": "doubt",
}


class Language(StrEnum):
    """Languages of the page, as in `<html lang>`."""

    ENGLISH = "en"
    CHINESE = "zh"


def render_page(document: Mapping[str, Any], language: Language = Language.ENGLISH, name: str = "") -> str:
    """The page of a report document (`labeling.verification.document`); `name` is what the reader calls the file.

    Everything that comes from the file is escaped; the page loads nothing.
    """
    return _template().render(
        report=document,
        name=name.encode("utf-8", "replace").decode(),
        lang=str(language),
        language="zh-CN" if language is Language.CHINESE else "en",
        say=lambda key: WORDS.get(key, {}).get(language, key.rpartition(".")[2].replace("_", " ")),
        sign=lambda value: _SIGNS.get(value, "neutral"),
        raw=json.dumps(document, ensure_ascii=False, indent=2),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("labeling.verification"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
