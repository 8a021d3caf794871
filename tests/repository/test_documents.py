"""The documents say what the code does: every sample, error code, command and decision is in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from labeling.errors import ErrorCode

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_sample_has_a_line_that_says_why_it_is_there() -> None:
    folder = ROOT / "sample_media"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"README.md"}
    listed = set(re.findall(r"^\| `([^`]+)` \|", read("sample_media/README.md"), re.MULTILINE))
    assert listed == files


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_code_is_documented(code: ErrorCode) -> None:
    assert f"`{code}`" in read("docs/api.md")


def test_the_two_commands_come_first_in_both_readmes() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        head = read(name).split("```")[1]
        assert "make demo" in head
        assert "make test" in head


def test_both_readmes_have_the_same_shape() -> None:
    shapes = [
        [len(line) - len(line.lstrip("#")) for line in read(name).splitlines() if line.startswith("#")]
        for name in ("README.md", "README.zh-CN.md")
    ]
    english = [level for level in shapes[0] if level]
    chinese = [level for level in shapes[1] if level]
    assert english == chinese


def test_links_in_documents_lead_somewhere() -> None:
    for name in tracked():
        if not name.endswith(".md") or name.startswith("sample_media/article"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", read(name)):
            if "://" not in target:
                assert (ROOT / name).parent.joinpath(target).exists(), f"{name} -> {target}"


def test_make_help_names_every_target() -> None:
    makefile = read("Makefile")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    described = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert phony == described


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_file_is_larger_than_a_sample_may_be() -> None:
    large = [name for name in tracked() if (ROOT / name).stat().st_size > 1_000_000]
    assert large == []


def test_nothing_depends_on_where_it_was_written() -> None:
    pattern = re.compile(r"/work/|/root/|\.\./shared|/tmp/team")
    offenders = [
        name
        for name in tracked()
        if Path(name).suffix in {".py", ".md", ".toml", ".txt", ".yml", ".html", ".mako", ""}
        and name not in {"tests/repository/test_documents.py", "LICENSE", "sample_media/article.txt"}
        and pattern.search(read(name))
    ]
    assert offenders == []


def test_requirements_are_pinned_with_hashes() -> None:
    for name in ("requirements/runtime.txt", "requirements/dev.txt"):
        entries = re.split(r"\n(?=[a-zA-Z0-9])", read(name).strip())
        for entry in entries:
            assert "==" in entry.splitlines()[0], entry.splitlines()[0]
            assert "--hash=sha256:" in entry
