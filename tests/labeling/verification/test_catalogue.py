"""The table of checks: whole, in two languages, and no graver than it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from labeling.report import Outcome
from labeling.verification.catalogue import MESSAGES, RULES

GRAVITY = [Outcome.PASS, Outcome.NOTE, Outcome.WARNING, Outcome.FAILURE, Outcome.ERROR]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CHECKS = Path(__file__).parents[3] / "labeling" / "verification" / "checks.py"


#: What stands in for an English reason.
CHINESE_ONLY = {"error", "reason_zh"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", MESSAGES)
def test_a_message_belongs_to_a_rule_and_says_the_same_in_both_languages(code: str) -> None:
    message = MESSAGES[code]
    rule = RULES[message.rule]
    assert GRAVITY.index(message.outcome) <= GRAVITY.index(rule.severity)
    assert CHINESE.search(message.words.zh)
    assert not CHINESE.search(message.words.en)
    assert fields(message.words.zh) <= fields(message.words.en) | CHINESE_ONLY


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_title_and_messages(rule: str) -> None:
    assert CHINESE.search(RULES[rule].title.zh)
    assert any(message.rule == rule for message in MESSAGES.values())


def test_every_message_is_said_by_some_check() -> None:
    literals = {node.value for node in ast.walk(ast.parse(CHECKS.read_text())) if isinstance(node, ast.Constant)}
    said_by_result = {code for code in MESSAGES if code.startswith("integrity.")}
    assert set(MESSAGES) - literals - said_by_result == set()


def test_an_unsure_fact_never_fails_a_file() -> None:
    # What rests on neither the standard nor the guide's namespace warns at most.
    for message in MESSAGES.values():
        if message.outcome is Outcome.FAILURE:
            assert RULES[message.rule].basis.startswith(("GB 45438-2025", "TC260-PG-20259A"))
