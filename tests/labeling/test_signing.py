"""The C2PA credential as c2pa's own reader sees it afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from labeling._likeness import Likeness
from labeling.errors import ErrorCode, SigningError
from labeling.model import MEDIA_TYPES, AigcRecord, ContentAction, Format, SourceType
from labeling.record import to_fields
from labeling.signing import SIGNABLE, ManifestContent, Signed, Signer, callback_signer, pem_signer
from tests.labeling.chains import (
    KEYS,
    SIGNER,
    Made,
    active,
    assertion,
    chain,
    defective,
    failures,
    make,
    read_manifests,
    root,
    signer,
)

CONTENT = ManifestContent(
    record=AigcRecord("1", "001191110102MACQD9K64010000", "id-1", "", "001191110102MACQD9K64010000", "id-1", ""),
    action=ContentAction.CREATED,
    source_type=SourceType.TRAINED_ALGORITHMIC_MEDIA,
    software_agent="画家 7B",
    when=datetime(2026, 11, 21, 20, 0, 5, tzinfo=timezone(timedelta(hours=8))),
)
EDIT = replace(CONTENT, action=ContentAction.EDITED, source_type=SourceType.COMPOSITE_WITH_TRAINED)
UNTRUSTED = ["signingCredential.untrusted"]


def picture(fmt: Format, colour: str = "teal", **options: Any) -> bytes:
    stream = BytesIO()
    kind = "AVIF" if fmt is Format.HEIC else fmt.value.upper()
    Image.new("RGB", (48, 32), colour).save(stream, kind, **options)
    # c2pa reads boxes, not pixels: the brand alone makes a HEIC of an AVIF.
    return stream.getvalue().replace(b"ftypavif", b"ftypheic", 1 if fmt is Format.HEIC else 0)


def es256() -> Signer:
    return pem_signer(chain(signer(), root()), signer().key_pem)


def actions(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = assertion(active(read_manifests(data)), "c2pa.actions.v2")["actions"]
    return found


# --- what is signed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", sorted(SIGNABLE))
def test_a_signed_file_reads_back_valid_in_every_format(fmt: Format) -> None:
    signed = es256().sign(picture(fmt), fmt, CONTENT, None)
    manifests = read_manifests(signed.data, MEDIA_TYPES[fmt])
    assert manifests["validation_state"] == "Valid"
    assert failures(manifests) == UNTRUSTED
    assert signed == Signed(signed.data, manifests["active_manifest"], has_parent=False)
    assert signed.manifest.startswith("urn:c2pa:")


@pytest.mark.parametrize("content", [CONTENT, EDIT], ids=["created", "edited"])
@pytest.mark.parametrize("fmt", [Format.TIFF, Format.PNG])
def test_a_file_that_is_given_as_the_likeness_of_another_is_signed_as_it_is(fmt: Format, content: Any) -> None:
    data = picture(fmt)
    signed = es256().sign(Likeness(picture(fmt, "red"), data), fmt, content, None).data
    manifests = read_manifests(signed, MEDIA_TYPES[fmt])
    assert manifests["validation_state"] == "Valid"
    with Image.open(BytesIO(signed)) as after:
        assert after.convert("RGB").getpixel((5, 5)) == (0, 128, 128)
    assert len(signed) == len(es256().sign(data, fmt, content, None).data)


def test_a_reader_that_trusts_the_root_finds_no_fault() -> None:
    signed = es256().sign(picture(Format.PNG), Format.PNG, CONTENT, None)
    manifests = read_manifests(signed.data, "image/png", anchors=root().pem)
    assert manifests["validation_state"] == "Trusted"
    assert failures(manifests) == []


def test_the_manifest_says_who_what_when_and_repeats_the_record() -> None:
    signed = es256().sign(picture(Format.JPEG), Format.JPEG, replace(CONTENT, title="封面"), None)
    manifest = active(read_manifests(signed.data))
    assert assertion(manifest, "c2pa.actions.v2")["actions"] == [
        {
            "action": "c2pa.created",
            "digitalSourceType": SourceType.TRAINED_ALGORITHMIC_MEDIA.value,
            "softwareAgent": {"name": "画家 7B"},
            "when": "2026-11-21T12:00:05Z",
        }
    ]
    assert assertion(manifest, "cn.tc260.aigc") == to_fields(CONTENT.record)
    assert manifest["claim_generator_info"][0]["name"] == "mingbiao"
    assert manifest["claim_generator_info"][0]["version"]
    assert manifest["title"] == "封面"
    assert "thumbnail" not in manifest


def test_an_unnamed_software_agent_and_title_are_left_out() -> None:
    signed = es256().sign(picture(Format.JPEG), Format.JPEG, replace(CONTENT, software_agent=""), None)
    assert "softwareAgent" not in actions(signed.data)[0]
    assert "title" not in active(read_manifests(signed.data))


@pytest.mark.parametrize("fmt", [Format.JPEG, Format.PNG])
def test_signing_inserts_under_4_kib_in_one_place_and_changes_no_other_byte(fmt: Format) -> None:
    data = picture(fmt)
    signed = es256().sign(data, fmt, CONTENT, None).data
    prefix = next(index for index, pair in enumerate(zip(data, signed, strict=False)) if pair[0] != pair[1])
    assert signed.endswith(data[prefix:])
    assert 0 < len(signed) - len(data) < 4096


def test_any_later_change_is_found() -> None:
    signed = bytearray(es256().sign(picture(Format.JPEG), Format.JPEG, CONTENT, None).data)
    signed[-3] ^= 1
    assert "assertion.dataHash.mismatch" in failures(read_manifests(bytes(signed)))


@pytest.mark.parametrize("algorithm", ["es256", "es384", "es512", "ps256", "ed25519"])
def test_the_algorithm_follows_from_the_key(algorithm: str) -> None:
    made = signer(algorithm)
    signed = pem_signer(chain(made, root()), made.key_pem).sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    manifests = read_manifests(signed.data)
    assert failures(manifests) == UNTRUSTED
    assert active(manifests)["signature_info"]["alg"].lower() == algorithm


@pytest.mark.parametrize("algorithm", ["es256", "ps256"])
def test_a_key_in_the_older_pem_form_signs_too(algorithm: str) -> None:
    made = signer(algorithm)
    older = made.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    signed = pem_signer(chain(made, root()), older).sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert failures(read_manifests(signed.data)) == UNTRUSTED


@pytest.mark.parametrize("fmt", sorted(set(Format) - SIGNABLE))
def test_a_format_that_carries_no_manifest_is_refused(fmt: Format) -> None:
    with pytest.raises(SigningError) as caught:
        es256().sign(b"text", fmt, CONTENT, None)
    assert caught.value.code is ErrorCode.SIGNING_UNSUPPORTED
    assert caught.value.params == {"format": fmt.value}


@pytest.mark.parametrize(
    ("data", "content"),
    [(b"", CONTENT), (b"no picture", CONTENT), (picture(Format.PNG), CONTENT),
     (picture(Format.JPEG), replace(CONTENT, software_agent="\ud800"))],
    ids=["empty", "no-picture", "other-format", "lone-surrogate"],
)  # fmt: skip
def test_what_c2pa_refuses_is_a_signing_error_with_its_reason(data: bytes, content: ManifestContent) -> None:
    with pytest.raises(SigningError) as caught:
        es256().sign(data, Format.JPEG, content, None)
    assert caught.value.code is ErrorCode.SIGNING_FAILED
    assert isinstance(caught.value.params["reason"], str)
    assert caught.value.params["reason"]


# --- what was there before -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first() -> Signed:
    return es256().sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)


@pytest.mark.parametrize("content", [CONTENT, EDIT], ids=["declared-created", "declared-edited"])
@pytest.mark.parametrize("parent_given", [True, False], ids=["parent-given", "parent-forgotten"])
def test_an_earlier_manifest_becomes_the_parent_and_nothing_claims_creation(
    first: Signed, content: ManifestContent, parent_given: bool
) -> None:
    signed = es256().sign(first.data, Format.JPEG, content, first.data if parent_given else None)
    manifests = read_manifests(signed.data)
    assert signed.has_parent
    assert failures(manifests) == UNTRUSTED
    assert set(manifests["manifests"]) == {first.manifest, signed.manifest}
    (ingredient,) = active(manifests)["ingredients"]
    assert ingredient["relationship"] == "parentOf"
    assert ingredient["active_manifest"] == first.manifest
    assert [action["action"] for action in actions(signed.data)] == ["c2pa.opened", "c2pa.edited"]
    assert actions(signed.data)[1]["digitalSourceType"] == content.source_type.value


def test_the_parent_may_differ_from_the_file_that_is_signed(first: Signed) -> None:
    signed = es256().sign(picture(Format.JPEG, "red"), Format.JPEG, EDIT, first.data)
    manifests = read_manifests(signed.data)
    assert failures(manifests) == UNTRUSTED
    assert set(manifests["manifests"]) == {first.manifest, signed.manifest}
    found = active(manifests)["ingredients"][0]["validation_results"]["activeManifest"]["failure"]
    assert failures({"validation_status": found}) == UNTRUSTED


def test_a_tampered_parent_is_kept_and_reported_as_tampered(first: Signed) -> None:
    tampered = first.data[:-3] + bytes([first.data[-3] ^ 1]) + first.data[-2:]
    signed = es256().sign(picture(Format.JPEG), Format.JPEG, EDIT, tampered)
    manifests = read_manifests(signed.data)
    assert manifests["validation_state"] == "Valid"
    assert "assertion.dataHash.mismatch" in str(active(manifests)["ingredients"][0]["validation_results"])


def test_an_edit_of_a_file_without_manifest_has_a_parent_without_manifest() -> None:
    signed = es256().sign(picture(Format.JPEG), Format.JPEG, EDIT, None)
    manifests = read_manifests(signed.data)
    assert failures(manifests) == UNTRUSTED
    assert not signed.has_parent
    assert "active_manifest" not in active(manifests)["ingredients"][0]
    assert [action["action"] for action in actions(signed.data)] == ["c2pa.opened", "c2pa.edited"]


def test_a_manifest_that_cannot_be_read_stops_the_signing(first: Signed) -> None:
    start = first.data.index(b"c2pa.claim")
    broken = first.data[:start] + b"?" * 400 + first.data[start + 400 :]
    with pytest.raises(SigningError) as caught:
        es256().sign(broken, Format.JPEG, EDIT, broken)
    assert caught.value.code is ErrorCode.SIGNING_FAILED


# --- the network -----------------------------------------------------------------------------------------------------


@contextmanager
def listening(answer: Callable[[bytes], bytes] = lambda body: b"") -> Iterator[tuple[str, list[str]]]:
    """A loopback HTTP server: its address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def pointing_to(address: str) -> bytes:
    """A JPEG whose XMP says that its manifest lies at `address`."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'dcterms:provenance="{address}/manifest.c2pa"/></rdf:RDF></x:xmpmeta>'
    )
    return picture(Format.JPEG, xmp=xmp.encode())


@pytest.mark.parametrize("content", [CONTENT, EDIT], ids=["created", "edited"])
@pytest.mark.parametrize("as_parent", [True, False], ids=["as-parent", "as-file"])
def test_a_manifest_that_an_upload_points_to_is_never_fetched(content: ManifestContent, as_parent: bool) -> None:
    with listening() as (address, asked):
        data = pointing_to(address)
        signed = es256().sign(data, Format.JPEG, content, data if as_parent else None)
        assert asked == []
        assert failures(read_manifests(signed.data)) == UNTRUSTED
        assert not signed.has_parent


def test_c2pa_left_to_its_defaults_would_fetch_it() -> None:
    """The test above can fail: the same file makes c2pa's default settings connect."""
    with listening() as (address, asked), c2pa.Context.from_dict({}) as context:
        with pytest.raises(c2pa.C2paError), c2pa.Reader("image/jpeg", BytesIO(pointing_to(address)), context=context):
            pass
        assert asked == ["/manifest.c2pa"]


def test_with_a_time_stamp_authority_it_alone_is_asked() -> None:
    with listening() as (address, asked):
        stamped = pem_signer(chain(signer(), root()), signer().key_pem, ta_url=f"{address}/tsa")
        data = pointing_to(address)
        with pytest.raises(SigningError) as caught:
            stamped.sign(data, Format.JPEG, EDIT, data)
        assert set(asked) == {"/tsa"}
    assert caught.value.code is ErrorCode.SIGNING_FAILED


def test_the_address_of_a_time_stamp_authority_that_does_not_answer_is_not_told() -> None:
    with listening() as (address, _):
        pass
    stamped = pem_signer(chain(signer(), root()), signer().key_pem, ta_url=address)
    with pytest.raises(SigningError) as caught:
        stamped.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert "sending request" in caught.value.params["reason"]
    assert "secret" not in caught.value.detail
    assert "secret" not in str(caught.value.params)


def test_an_address_that_is_no_url_is_refused_at_once() -> None:
    with pytest.raises(SigningError) as caught:
        pem_signer(chain(signer(), root()), signer().key_pem, ta_url="tsa.example")
    assert caught.value.params == {"reason": "time_stamp_url"}


def test_an_empty_address_means_no_time_stamp() -> None:
    made = pem_signer(chain(signer(), root()), signer().key_pem, ta_url="")
    assert failures(read_manifests(made.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None).data)) == UNTRUSTED


# --- a key that lies elsewhere ---------------------------------------------------------------------------------------

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def key_service(made: Made, algorithm: str, *, der: bool = True) -> Callable[[bytes], bytes]:
    """What a key service does: signs a message with a key that it keeps."""

    def sign(message: bytes) -> bytes:
        if algorithm == "ed25519":
            return bytes(made.key.sign(message))
        digest = HASHES[algorithm[2:]]()
        if algorithm.startswith("ps"):
            return bytes(made.key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest))
        signature = bytes(made.key.sign(message, ec.ECDSA(digest)))
        size = (made.key.curve.key_size + 7) // 8
        return signature if der else b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(signature))

    return sign


@pytest.mark.parametrize(
    ("algorithm", "der"),
    [*((algorithm, True) for algorithm in KEYS), ("es256", False), ("es384", False), ("es512", False)],
)
def test_a_callback_signs_with_every_algorithm(algorithm: str, der: bool) -> None:
    made = signer(algorithm)
    elsewhere = callback_signer(chain(made, root()), algorithm, key_service(made, algorithm, der=der))
    manifests = read_manifests(elsewhere.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None).data)
    assert failures(manifests) == UNTRUSTED
    assert active(manifests)["signature_info"]["alg"].lower() == algorithm


@pytest.mark.parametrize(
    "returned",
    [b"", b"\0" * 64, b"short", b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\1" * 100_000],
    ids=["empty", "zeros", "short", "der-of-nothing", "huge"],
)
def test_a_signature_that_does_not_verify_is_never_written(returned: bytes) -> None:
    elsewhere = callback_signer(chain(signer(), root()), "es256", lambda message: returned)
    with pytest.raises(SigningError) as caught:
        elsewhere.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert caught.value.code is ErrorCode.SIGNING_KEY_MISMATCH


def test_a_failing_key_service_is_named_by_kind_and_the_next_file_is_signed() -> None:
    answers = iter([OSError("cannot open /run/keys/1"), None])
    service = key_service(signer(), "es256")

    def sometimes(message: bytes) -> bytes:
        if failure := next(answers):
            raise failure
        return service(message)

    elsewhere = callback_signer(chain(signer(), root()), "es256", sometimes)
    with pytest.raises(SigningError) as caught:
        elsewhere.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert caught.value.code is ErrorCode.SIGNING_FAILED
    assert caught.value.params == {"reason": "OSError"}
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(SigningError) as caught:
        elsewhere.sign(b"no picture", Format.JPEG, CONTENT, None)
    assert "JPEG" in caught.value.params["reason"]
    signed = elsewhere.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert failures(read_manifests(signed.data)) == UNTRUSTED


# --- processes, threads, time ----------------------------------------------------------------------------------------


def test_a_certificate_that_runs_out_while_the_process_runs_is_named() -> None:
    made, now = defective(), datetime.now(UTC)
    times = iter([now, now, now, now + timedelta(days=31)])
    signing = pem_signer(chain(made, root()), made.key_pem, clock=lambda: next(times))
    for _ in range(2):
        signing.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    with pytest.raises(SigningError) as caught:
        signing.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
    assert {told["code"] for told in caught.value.params["problems"]} == {"expired"}


def test_many_threads_share_one_signer() -> None:
    signing = es256()
    data = picture(Format.PNG)
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda _: signing.sign(data, Format.PNG, CONTENT, None), range(80)))
    assert len({one.manifest for one in signed}) == 80
    for one in signed:
        assert read_manifests(one.data, "image/png")["active_manifest"] == one.manifest


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("elsewhere", [False, True], ids=["pem", "callback"])
def test_a_signer_that_has_signed_signs_again_after_a_fork(elsewhere: bool) -> None:
    signing = (
        callback_signer(chain(signer(), root()), "es256", key_service(signer(), "es256")) if elsewhere else es256()
    )
    data = picture(Format.JPEG)
    signing.sign(data, Format.JPEG, CONTENT, None)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(write_end, signing.sign(data, Format.JPEG, CONTENT, None).data)
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        signed = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert failures(read_manifests(signed)) == UNTRUSTED
    assert failures(read_manifests(signing.sign(data, Format.JPEG, CONTENT, None).data)) == UNTRUSTED


GROWTH = """
import resource, sys
from labeling.model import Format
from tests.labeling.test_signing import CONTENT, es256, picture
signing, data = es256(), picture(Format.JPEG)
def peak_after(count):
    for _ in range(count):
        signing.sign(data, Format.JPEG, CONTENT, None)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
before = peak_after(150)
print(peak_after(500) - before)
"""


def test_signing_500_files_does_not_grow_the_process() -> None:
    run = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 1024  # KiB; a lost manifest (3 KiB) a file would come to 1,500


# --- a real time stamp -----------------------------------------------------------------------------------------------

TSA_CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the time-stamp authority of this test is openssl ts")
def test_a_time_stamp_is_fetched_and_stands_in_the_manifest(tmp_path: Path) -> None:
    authority = make(
        replace(SIGNER, subject="tsa", purposes=(ExtendedKeyUsageOID.TIME_STAMPING,), purposes_critical=True), root()
    )
    files = {"config": TSA_CONFIGURATION.format(folder=tmp_path), "serial": "01", "key": authority.key_pem.decode()}
    files |= {"certificate": authority.pem.decode(), "root": root().pem.decode()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    def answer(query: bytes) -> bytes:
        (tmp_path / "query").write_bytes(query)
        given = {"-config": "config", "-queryfile": "query", "-signer": "certificate", "-inkey": "key",
                 "-chain": "root", "-out": "reply"}  # fmt: skip
        options = [part for option, name in given.items() for part in (option, str(tmp_path / name))]
        subprocess.run(["openssl", "ts", "-reply", *options], check=True, capture_output=True)
        return (tmp_path / "reply").read_bytes()

    with listening(answer) as (address, asked):
        stamped = pem_signer(chain(signer(), root()), signer().key_pem, ta_url=address)
        signed = stamped.sign(picture(Format.JPEG), Format.JPEG, CONTENT, None)
        assert asked == ["/"]
    assert "time" in active(read_manifests(signed.data, anchors=root().pem))["signature_info"]


def test_no_socket_is_opened_for_an_ordinary_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert es256().sign(picture(Format.JPEG), Format.JPEG, CONTENT, None).manifest
