"""The development chain: made once, private, renewed, and loud about being worth nothing."""

from __future__ import annotations

import multiprocessing
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from PIL import Image

from labeling._development_chain import FILE_NAME, LIFETIME, RENEWAL, development_chain
from labeling.errors import ErrorCode, SigningError
from labeling.model import AigcRecord, ContentAction, Format, SourceType
from labeling.signing import ManifestContent, check_chain, development_signer, pem_signer
from tests.labeling.chains import chain, failures, read_manifests, root, signer

NOW = datetime.now(UTC)
CONTENT = ManifestContent(
    AigcRecord("1", "p", "i"), ContentAction.CREATED, SourceType.TRAINED_ALGORITHMIC_MEDIA, "model", NOW
)


def jpeg() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "JPEG")
    return stream.getvalue()


def leaf_of(chain_pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificates(chain_pem)[0]


def test_a_development_signer_signs_and_says_what_it_is(tmp_path: Path) -> None:
    made = development_signer(tmp_path / "made" / "for us")
    signed = made.sign(jpeg(), Format.JPEG, CONTENT, None)
    manifests = read_manifests(signed.data)
    assert made.development
    assert manifests["validation_state"] == "Valid"
    assert failures(manifests) == ["signingCredential.untrusted"]
    assert "not to be trusted" in str(manifests["manifests"])


def test_a_signer_from_pem_is_no_development_signer() -> None:
    assert not pem_signer(chain(signer(), root()), signer().key_pem).development


def test_nothing_is_made_before_the_first_signature(tmp_path: Path) -> None:
    development_signer(tmp_path / "later")
    assert list(tmp_path.iterdir()) == []


def test_the_chain_is_sound_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    chain_pem, key_pem = development_chain(folder, NOW)
    assert check_chain(chain_pem, key_pem, NOW) == ()
    assert b"PRIVATE" not in chain_pem
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert (folder / FILE_NAME).read_bytes().count(b"PRIVATE KEY-----\n") == 2  # one key: its begin and its end


def test_a_second_use_finds_the_same_chain(tmp_path: Path) -> None:
    assert development_chain(tmp_path, NOW) == development_chain(tmp_path, NOW + LIFETIME - 2 * RENEWAL)


@pytest.mark.parametrize(
    "later",
    [LIFETIME - RENEWAL + timedelta(seconds=1), LIFETIME, LIFETIME * 9],
    ids=["near-end", "at-end", "long-past"],
)
def test_a_chain_that_runs_out_is_renewed(tmp_path: Path, later: timedelta) -> None:
    old, _ = development_chain(tmp_path, NOW)
    new, key = development_chain(tmp_path, NOW + later)
    assert leaf_of(new).not_valid_after_utc > NOW + later + RENEWAL
    assert leaf_of(new).serial_number != leaf_of(old).serial_number
    assert check_chain(new, key, NOW + later) == ()


def test_a_signer_outlives_its_expired_chain(tmp_path: Path) -> None:
    expired, _ = development_chain(tmp_path, NOW - 2 * LIFETIME)
    signed = development_signer(tmp_path).sign(jpeg(), Format.JPEG, CONTENT, None)
    assert failures(read_manifests(signed.data)) == ["signingCredential.untrusted"]
    assert development_chain(tmp_path, NOW)[0] != expired


@pytest.mark.parametrize("text", [b"", b"half a fi", b"-----BEGIN CERTIFICATE-----\n"], ids=["empty", "cut", "broken"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, text: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(text)
    assert check_chain(*development_chain(tmp_path, NOW), NOW) == ()


def test_a_folder_that_cannot_be_made_is_a_signing_error_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SigningError) as caught:
        development_signer(tmp_path / "file" / "folder").sign(jpeg(), Format.JPEG, CONTENT, None)
    assert caught.value.code is ErrorCode.SIGNING_KEY_UNREADABLE
    assert str(tmp_path) not in caught.value.detail + str(caught.value.params)


def make_at_once(folder: Path, barrier: Any, results: Any) -> None:
    barrier.wait(30)
    results.put(development_chain(folder, NOW))


def test_processes_that_start_at_once_get_the_same_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(4), context.Queue()
    arguments = (tmp_path / "shared", barrier, results)
    processes = [context.Process(target=make_at_once, args=arguments) for _ in range(4)]
    for process in processes:
        process.start()
    found = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join(60)
    assert found == {development_chain(tmp_path / "shared", NOW)}
    assert [path.name for path in (tmp_path / "shared").glob("[!.]*")] == [FILE_NAME]


WARNS = """
import sys
from pathlib import Path
from tests.labeling.test_signing_development import CONTENT, jpeg
from labeling.model import Format
from labeling.signing import development_signer
for _ in range(2):
    signer = development_signer(Path(sys.argv[1]))
    for _ in range(2):
        signer.sign(jpeg(), Format.JPEG, CONTENT, None)
"""


def test_it_warns_once_in_each_process(tmp_path: Path) -> None:
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", WARNS, tmp_path], capture_output=True, text=True, check=True)
        assert run.stderr.splitlines() == ["development certificate: nobody trusts it"]
