"""`verify`, `propagate` and `report` as commands: folders, conditions, signed reports, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from labeling import Verdict, verify
from labeling.cli import commands
from labeling.record import to_json
from tests.labeling.security_vectors import PRODUCER, PUBLIC_KEY, VECTORS
from tests.labeling.test_verification import png

SAMPLES = Path(__file__).parents[2] / "sample_media"


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("MINGBIAO_PROPAGATOR", raising=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


def private(key: Any, path: Path) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def public(key: Any, path: Path) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.png"
    path.write_bytes(png((b"AIGC", to_json(VECTORS[0].record, strict=False).encode())))
    return path


def test_a_folder_is_searched_and_summed_up(tmp_path: Path, labelled: Path) -> None:
    inner = tmp_path / "folder" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "folder" / ".hidden").write_bytes(b"x")
    (tmp_path / "folder" / "empty.jpg").write_bytes(b"")
    (inner / "labelled.png").write_bytes(labelled.read_bytes())
    (inner / "link.png").symlink_to(labelled)
    result = run("verify", tmp_path / "folder")
    assert result.exit_code == 3
    lines = [line.split() for line in result.output.splitlines()]
    assert ["verdict", "conformant", "1"] in lines
    assert ["verdict", "inconclusive", "1"] in lines
    assert ["article", "6", "confirmed", "1"] in lines
    assert ["files", "2"] in lines


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert run("verify", tmp_path).exit_code not in (0, 1)


def test_json_says_everything(labelled: Path) -> None:
    said = json.loads(run("verify", labelled, "--json").stdout)
    assert said["input"]["bytes"] == labelled.stat().st_size
    assert said["answers"]["integrity"] == "internally_consistent"
    assert said["article6"]["kind"] == "confirmed"
    assert {"summary", "visible", "credential", "traces", "checks", "limits", "schema"} <= set(said)


def test_a_declaration_makes_possible() -> None:
    said = json.loads(run("verify", SAMPLES / "photo.jpg", "--declared-ai", "--json").stdout)
    assert (said["article6"]["kind"], said["article6"]["label"]) == ("possible", "2")


def test_a_pinned_key_makes_authentic(tmp_path: Path, labelled: Path) -> None:
    import base64

    body = base64.b64encode(PUBLIC_KEY).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([{"provider": PRODUCER[:22], "pem": pem}]))
    said = json.loads(run("verify", labelled, "--record-keys", keys, "--json").stdout)
    assert said["answers"]["integrity"] == "authentic"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"provider":"x"}]', '[{"provider":"x","pem":"y"}]'])
def test_a_list_of_keys_that_is_none_is_named(tmp_path: Path, labelled: Path, text: str) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(text)
    result = run("verify", labelled, "--record-keys", keys)
    assert result.exit_code != 0
    assert "trust.unreadable" in result.output


@pytest.mark.parametrize(
    ("name", "conditions", "code"),
    [
        ("photo.jpg", ["nonconformant"], 0),
        ("photo.jpg", ["not_found"], 2),
        ("photo.jpg", ["nonconformant", "not_found"], 2),
        ("broken/empty.jpg", ["nonconformant"], 0),
        ("broken/empty.jpg", ["inconclusive"], 3),
        ("article.txt", ["visible"], 1),
        ("photo.jpg", ["integrity", "credential", "untrusted"], 0),
    ],
)
def test_fail_on_decides_what_fails(name: str, conditions: list[str], code: int) -> None:
    options = [part for condition in conditions for part in ("--fail-on", condition)]
    assert run("verify", SAMPLES / name, *options).exit_code == code


def test_a_broken_signature_fails_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "changed.png"
    changed = to_json(VECTORS[0].record, strict=False).replace(VECTORS[0].produce_id, "1")
    path.write_bytes(png((b"AIGC", changed.encode())))
    assert run("verify", path).exit_code == 0
    assert run("verify", path, "--fail-on", "integrity").exit_code == 1


def test_the_page_is_written(tmp_path: Path, labelled: Path) -> None:
    page = tmp_path / "report.html"
    assert run("verify", labelled, "--html", page, "--lang", "zh").exit_code == 0
    assert '<html lang="zh-CN">' in page.read_text(encoding="utf-8")
    assert run("verify", labelled, labelled, "--html", page).exit_code == 2


def test_a_signed_report_checks_offline(tmp_path: Path, labelled: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signed = tmp_path / "report.json"
    signed.write_text(run("verify", labelled, "--json", "--report-key", private(key, tmp_path / "key.pem")).stdout)
    public_key = public(key, tmp_path / "public.pem")
    checked = run("report", "check", signed, "--key", public_key, "--file", labelled)
    assert checked.exit_code == 0, checked.output
    assert "the file is the one of the report" in checked.output
    other = run("report", "check", signed, "--key", public_key, "--file", SAMPLES / "photo.jpg", "--json")
    assert other.exit_code == 10
    assert json.loads(other.stdout)["same_file"] is False
    signed.write_text(signed.read_text().replace('"conformant"', '"not_found"'))
    assert "report.signature_invalid" in run("report", "check", signed, "--key", public_key).output


def test_passing_on_keeps_the_producer(tmp_path: Path, labelled: Path) -> None:
    out = tmp_path / "out.png"
    result = run("propagate", labelled, "-o", out, "--propagator", "p", "--propagate-id", "p-1", "--no-c2pa", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["record"]["ContentProducer"], said["record"]["PropagateID"]) == (PRODUCER, "p-1")
    assert said["kept_record"] is True
    assert verify(out.read_bytes()).verdict is Verdict.CONFORMANT


def test_passing_on_signs_with_a_key(tmp_path: Path, labelled: Path) -> None:
    key = private(rsa.generate_private_key(65537, 2048), tmp_path / "rsa.pem")
    out = tmp_path / "out.png"
    options = ["--propagator", "p", "--no-c2pa", "--record-key", key]
    assert run("propagate", labelled, "-o", out, *options).exit_code == 0
    assert {reading.field for reading in verify(out.read_bytes()).integrity} == {"ReservedCode1", "ReservedCode2"}


def test_passing_on_needs_a_ground(tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    photo = SAMPLES / "photo.jpg"
    refused = run("propagate", photo, "-o", out, "--propagator", "p", "--no-c2pa")
    assert refused.exit_code == 10
    assert "propagation.not_due" in refused.output
    assert not out.exists()
    assert run("propagate", photo, "-o", out, "--propagator", "p", "--no-c2pa", "--declared-ai").exit_code == 0


def test_labelling_signs_with_a_key(tmp_path: Path) -> None:
    key = private(rsa.generate_private_key(65537, 2048), tmp_path / "rsa.pem")
    out = tmp_path / "out.jpg"
    result = run(
        "label", SAMPLES / "photo.jpg", "-o", out, "--provider", "p", "--no-c2pa", "--no-visible", "--record-key", key
    )
    assert result.exit_code == 0, result.output
    assert verify(out.read_bytes()).answers.integrity == "internally_consistent"


def test_a_file_cannot_forge_a_line_or_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil.png"
    producer = "x\nother.png: not_found (png)\x1b[31m\u202e"
    path.write_bytes(png((b"AIGC", json.dumps({"Label": "1", "ContentProducer": producer, "ProduceID": "1"}).encode())))
    output = run("verify", path).output
    assert "\nother.png" not in output
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_what_was_not_read_is_not_signed(tmp_path: Path) -> None:
    key = private(ed25519.Ed25519PrivateKey.generate(), tmp_path / "key.pem")
    arguments = ["verify", "-", "--json", "--report-key", str(key)]
    said = json.loads(CliRunner().invoke(commands, arguments, input=bytes(64 * 1024 * 1024 + 1)).stdout)
    assert said["verdict"] == "inconclusive"
    assert said["input"] is None
    assert "signature" not in said


def test_a_page_that_cannot_be_written_is_not_blamed_on_the_file(tmp_path: Path, labelled: Path) -> None:
    result = run("verify", labelled, "--html", tmp_path / "nowhere" / "x.html")
    assert result.exit_code != 0
    assert f"{labelled}: No such file" not in result.output


def test_a_page_may_go_to_standard_output(labelled: Path) -> None:
    assert run("verify", labelled, "--html", "-").output.startswith("<!doctype html>")
