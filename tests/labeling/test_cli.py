"""The command, run as a process: files in, files out, exit codes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from labeling import cli

SAMPLES = Path(__file__).parents[2] / "sample_media"
PROVIDER = "001191110102MACQD9K64010000"


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    environment.pop("MINGBIAO_PROVIDER", None)

    def call(*arguments: object, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "labeling", *map(str, arguments)],
            input=data,
            capture_output=True,
            env=environment,
            check=False,
            timeout=60,
        )

    return call


def test_label_then_verify(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out.jpg"
    labelled = run("label", SAMPLES / "photo.jpg", "-o", out, "--provider", PROVIDER, "--produce-id", "x-1", "--json")
    assert labelled.returncode == 0, labelled.stderr
    said = json.loads(labelled.stdout)
    assert said["record"]["ProduceID"] == "x-1"
    assert said["visible"]["ink_ratio"] >= 0.05
    assert said["credential"]["development"] is True
    verified = run("verify", out, "--json")
    assert verified.returncode == 0
    report = json.loads(verified.stdout)
    assert {"file", "format", "verdict", "sites", "checks"} <= set(report)
    assert report["verdict"] == "conformant"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("photo.jpg", 2),
        ("hostile/text-bomb.png", 3),
        ("broken/truncated.jpg", 3),
        ("broken/empty.jpg", 3),
        ("no-such-file.jpg", 10),
        ("broken", 3),
    ],
)
def test_exit_codes_of_verify(run, name: str, code: int) -> None:  # type: ignore[no-untyped-def]
    assert run("verify", SAMPLES / name).returncode == code


def test_the_gravest_of_several_decides(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bad = tmp_path / "bad.md"
    bad.write_text("---\nAIGC: {Label: '9'}\n---\n")
    assert run("verify", bad).returncode == 1
    assert run("verify", SAMPLES / "photo.jpg", bad).returncode == 1
    assert run("verify", SAMPLES / "photo.jpg", bad, SAMPLES / "broken/empty.jpg").returncode == 3
    several = run("verify", SAMPLES / "photo.jpg", "nowhere", "--json")
    assert several.returncode == 10
    assert [sorted(json.loads(line))[0] for line in several.stdout.splitlines()] == ["answers", "error"]


def test_wrong_usage_is_an_error_and_never_not_found(run) -> None:  # type: ignore[no-untyped-def]
    assert run("verify").returncode == 10
    assert run("verify", "--no-such-option", "x").returncode == 10
    assert run("label", SAMPLES / "photo.jpg", "-o", "x.jpg").returncode == 10


def test_standard_input_and_output(run) -> None:  # type: ignore[no-untyped-def]
    data = (SAMPLES / "photo.png").read_bytes()
    labelled = run("label", "-", "-o", "-", "--provider", PROVIDER, "--no-c2pa", data=data)
    assert labelled.returncode == 0, labelled.stderr
    assert labelled.stdout.startswith(b"\x89PNG")
    assert run("verify", "-", data=labelled.stdout).returncode == 0


def test_many_files_into_a_folder_go_on_after_an_error(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    names = ["photo.jpg", "broken/truncated.jpg", "article.md"]
    labelled = run("label", *(SAMPLES / name for name in names), "-o", out, "--provider", PROVIDER, "--no-c2pa")
    assert labelled.returncode == 10
    assert sorted(path.name for path in out.iterdir()) == ["article.md", "photo.jpg"]
    assert b"media.truncated" in labelled.stderr
    assert run("verify", out / "photo.jpg", out / "article.md").returncode == 0


def test_lines_stand_above_the_progress_bar_of_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 400, 0, 0))
    names = [str(SAMPLES / "article.md"), str(SAMPLES / "article.txt")]
    command = [sys.executable, "-m", "labeling", "label", *names, "-o", str(tmp_path / "out"), "--provider", PROVIDER]
    with subprocess.Popen([*command, "--no-c2pa"], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        process.wait(60)
        os.close(theirs)
        shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    lines = [line.strip() for line in shown.splitlines()]
    assert [sum(line.startswith(f"{name} -> ") for line in lines) for name in names] == [1, 1]
    assert "2/2" in shown


def test_names_that_would_overwrite_each_other_are_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    copy = tmp_path / "photo.jpg"
    copy.write_bytes((SAMPLES / "photo.jpg").read_bytes())
    labelled = run("label", SAMPLES / "photo.jpg", copy, "-o", tmp_path / "out", "--provider", PROVIDER)
    assert labelled.returncode == 10
    assert b"overwrite" in labelled.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--words", "智能创作"], b"visible.words_missing_element"),
        (["--ink-ratio", "0.04"], b"visible.height_below_minimum"),
        (["--plate-opacity", "0", "--ink-colour", "#808080"], b"visible.contrast_below_minimum"),
        (["--provider", "某公司"], b"declaration.provider_charset"),
        (["--produce-id", "a b"], b"declaration.produce_id_charset"),
        (["--format", "png"], b"media.format_mismatch"),
        (["--position", "nowhere"], b"--position"),
        (["--position", "start"], b"start is no place in jpeg"),
        (["--ink-colour", "red"], b"#RRGGBB"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_written(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, options: list[str], code: bytes
) -> None:
    out = tmp_path / "out.jpg"
    refused = run("label", SAMPLES / "photo.jpg", "-o", out, "--provider", PROVIDER, "--no-c2pa", *options)
    assert refused.returncode == 10
    assert code in refused.stderr
    assert not out.exists()
    assert b"Traceback" not in refused.stderr


def test_what_cannot_be_written_is_told_of_the_target(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "nowhere" / "out.md"
    refused = run("label", SAMPLES / "article.md", "-o", target, "--provider", PROVIDER, "--json")
    assert refused.returncode == 10
    assert json.loads(refused.stdout)["error"]["code"] == "file.unwritable"
    assert f"{target}: No such file or directory".encode() in refused.stderr


def test_several_files_to_something_that_is_no_folder_are_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    refused = run("label", SAMPLES / "article.md", SAMPLES / "article.txt", "-o", file, "--provider", PROVIDER)
    assert refused.returncode == 10
    assert b"need a folder" in refused.stderr
    assert file.read_bytes() == b"kept"


def test_one_number_is_not_given_to_several_files(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    names = [SAMPLES / "article.md", SAMPLES / "article.txt"]
    refused = run("label", *names, "-o", tmp_path / "out", "--provider", PROVIDER, "--produce-id", "x-1")
    assert refused.returncode == 10
    assert b"--produce-id" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_standard_input_has_no_name_in_a_folder(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    refused = run("label", "-", "-o", tmp_path, "--provider", PROVIDER, data=b"x")
    assert refused.returncode == 10
    assert b"no name in a folder" in refused.stderr


def test_a_pipe_is_written_to_and_not_replaced(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("label", SAMPLES / "article.md", "-o", pipe, "--provider", PROVIDER).returncode == 0
        assert pipe.is_fifo()
        assert b"AIGC" in os.read(reader, 1 << 16)
    finally:
        os.close(reader)


def test_a_link_is_followed_and_a_file_keeps_its_mode(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file, link = tmp_path / "file.md", tmp_path / "link.md"
    file.write_bytes(b"old")
    file.chmod(0o600)
    link.symlink_to(file)
    assert run("label", SAMPLES / "article.md", "-o", link, "--provider", PROVIDER).returncode == 0
    assert link.is_symlink()
    assert b"AIGC" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_time_stamp_authority_without_a_certificate_is_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    options = ["--provider", PROVIDER, "--time-stamp-authority", "http://127.0.0.1:1"]
    refused = run("label", SAMPLES / "photo.jpg", "-o", tmp_path / "out.jpg", *options)
    assert refused.returncode == 10
    assert b"--time-stamp-authority needs" in refused.stderr


def test_no_failure_reads_as_a_verdict() -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("a fault of ours")

    with pytest.raises(SystemExit) as ended:
        cli.run(fail)
    assert ended.value.code == 10


def test_a_file_beyond_the_limit_is_not_read_whole(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(2 * 1024**3)
    assert run("verify", huge).returncode == 3
    refused = run("label", huge, "-o", tmp_path / "out.jpg", "--provider", PROVIDER)
    assert refused.returncode == 10
    assert b"limit.bytes" in refused.stderr


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91110102MACQD9K640", "001191110102MACQD9K64000000"),
        ("001191110102MACQD9K64010000", "001191110102MACQD9K64010000"),
    ],
)
def test_provider_code(run, text: str, code: str) -> None:  # type: ignore[no-untyped-def]
    said = run("provider-code", text, "--json")
    assert said.returncode == 0
    assert json.loads(said.stdout)["code"] == code


def test_a_wrong_credit_code_is_refused(run) -> None:  # type: ignore[no-untyped-def]
    refused = run("provider-code", "91110102MACQD9K641")
    assert refused.returncode == 10
    assert b"declaration.provider_code_invalid" in refused.stderr
