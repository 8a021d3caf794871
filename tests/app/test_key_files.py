"""The files of keys and trust that settings name: read, refused with one line each, checked at the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.config import ConfigurationError, load_settings
from app.key_files import (
    KEY_FILES,
    SETTING_NAMES,
    file_problems,
    read_record_signer,
    read_report_signer,
    read_trust,
)
from labeling.trust import NO_TRUST
from tests.app.key_material import private_file, public_pem, record_keys_file


def test_nothing_is_trusted_and_nothing_signed_by_default() -> None:
    settings = load_settings({})
    assert read_trust(settings) == NO_TRUST
    assert read_report_signer(settings) is None
    assert read_record_signer(settings) is None
    assert file_problems(settings) == []


@pytest.mark.parametrize(("kind", "algorithm"), [("ed25519", "Ed25519"), ("p256", "ES256")])
def test_a_report_key_signs(tmp_path: Path, kind: str, algorithm: str) -> None:
    settings = load_settings({"MINGBIAO_REPORT_KEY": str(private_file(tmp_path, kind))})
    signer = read_report_signer(settings)
    assert signer is not None
    assert signer.algorithm == algorithm


def test_keys_of_providers_are_pinned(tmp_path: Path) -> None:
    settings = load_settings({"MINGBIAO_RECORD_KEYS": str(record_keys_file(tmp_path, "Example-AI", "rsa"))})
    assert [key.provider for key in read_trust(settings).record_keys] == ["Example-AI"]


#: For each setting a file that is none, and the words that say so.
WRONG = {
    "MINGBIAO_REPORT_KEY": (b"no key", "no PEM private key"),
    "MINGBIAO_RECORD_KEY": (b"no key", "no PEM private key"),
    "MINGBIAO_TRUST_ANCHORS": (b"no list", ""),
    "MINGBIAO_TRUST_ALLOWED": (b"no list", ""),
    "MINGBIAO_RECORD_KEYS": (b"{", "no JSON"),
}


def test_every_file_of_a_key_is_tried_here() -> None:
    assert set(WRONG) == {SETTING_NAMES[field] for field in KEY_FILES}


@pytest.mark.parametrize(("name", "content", "words"), [(name, *wrong) for name, wrong in WRONG.items()], ids=WRONG)
def test_a_wrong_file_is_one_line_with_what_to_type(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    file = tmp_path / "wrong"
    file.write_bytes(content)
    (problem,) = file_problems(load_settings({name: str(file)}))
    assert problem.startswith(f"{name}: {file}: ")
    assert words in problem
    assert "to make such a file: " in problem
    assert "\n" not in problem


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("there", [False, True], ids=["missing", "folder"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, there: bool) -> None:
    path = tmp_path if there else tmp_path / "none"
    (problem,) = file_problems(load_settings({name: str(path)}))
    assert problem.startswith(f"{name}: {path}: cannot be read: ")


UNFIT = {
    "report-p384": ("MINGBIAO_REPORT_KEY", "p384"),
    "report-rsa": ("MINGBIAO_REPORT_KEY", "rsa"),
    "record-p256": ("MINGBIAO_RECORD_KEY", "p256"),
}


@pytest.mark.parametrize(("name", "kind"), UNFIT.values(), ids=UNFIT)
def test_a_key_of_another_kind_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    (problem,) = file_problems(load_settings({name: str(private_file(tmp_path, kind))}))
    assert "must be" in problem


def test_a_public_key_is_no_anchor(tmp_path: Path) -> None:
    file = tmp_path / "public.pem"
    file.write_text(public_pem("p256"))
    assert len(file_problems(load_settings({"MINGBIAO_TRUST_ANCHORS": str(file)}))) == 1


def test_the_service_does_not_start_on_wrong_files_and_names_them_all(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as error:
        app_with(MINGBIAO_REPORT_KEY=tmp_path / "a", MINGBIAO_RECORD_KEYS=tmp_path / "b")
    assert len(error.value.problems) == 2
