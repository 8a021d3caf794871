"""Reading a C2PA credential makes no connection, whatever addresses the file holds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID

from labeling.report import Answer, Certificate, CredentialReading
from labeling.trust import Trust
from tests.labeling.chains import SIGNER, Made, make, root
from tests.labeling.verification.credential_files import anchored, read
from tests.labeling.verification.forged import picture, signed


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """A loopback socket that takes every connection and answers none: its port, and what came first in each."""
    heard: list[bytes] = []

    def hear(server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                first = connection.recv(200)
                if first == b"stop":
                    return
                heard.append(first)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=hear, args=(server,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{port}", heard
        # Whatever connected before this did so first: connections are taken in order.
        with socket.create_connection(("127.0.0.1", port)) as last:
            last.sendall(b"stop")
        thread.join()


def with_xmp(address: str) -> bytes:
    """A JPEG whose XMP says that its manifest lies at `address`."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'dcterms:provenance="{address}"/></rdf:RDF></x:xmpmeta>'
    )
    plain = picture()
    segment = b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode()
    return plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:]


def with_ocsp_address(address: str) -> Made:
    """A signer's certificate that says where its revocation can be asked for (RFC 5280, 4.2.2.1)."""
    sound = make(SIGNER, root())
    builder = (
        x509.CertificateBuilder()
        .subject_name(sound.certificate.subject)
        .issuer_name(sound.certificate.issuer)
        .public_key(sound.certificate.public_key())
        .serial_number(sound.certificate.serial_number)
        .not_valid_before(sound.certificate.not_valid_before_utc)
        .not_valid_after(sound.certificate.not_valid_after_utc)
    )
    for extension in sound.certificate.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    where = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(address))
    builder = builder.add_extension(x509.AuthorityInformationAccess([where]), critical=False)
    return Made(builder.sign(root().key, hashes.SHA256()), sound.key)


FILES: dict[str, Callable[[str], bytes]] = {
    "address-alone": lambda host: signed(remote=f"http://{host}/alone.c2pa", embed=False),
    "address-in-xmp-alone": lambda host: with_xmp(f"http://{host}/xmp.c2pa"),
    "address-beside-a-store": lambda host: signed(remote=f"http://{host}/beside.c2pa"),
    "address-in-xmp-beside-a-store": lambda host: signed(with_xmp(f"http://{host}/xmp.c2pa")),
    "address-in-an-ingredient": lambda host: signed(
        ingredients=(("componentOf", with_xmp(f"http://{host}/ingredient.c2pa")),)
    ),
    "address-beside-the-store-of-an-ingredient": lambda host: signed(
        remote=f"http://{host}/outer.c2pa",
        ingredients=(("componentOf", signed(remote=f"http://{host}/inner.c2pa")),),
    ),
    "cloud-data": lambda host: signed(
        assertions=({"label": "c2pa.cloud-data", "data": cloud_data(f"http://{host}/data")},)
    ),
    "decentralised-identity": lambda host: signed(
        assertions=({"label": "cawg.identity", "data": identity(f"did:web:{host.replace(':', '%3A')}")},)
    ),
}


def cloud_data(address: str) -> dict[str, Any]:
    location = {"url": address, "alg": "sha256", "hash": "AAAA"}
    return {"label": "c2pa.thumbnail.claim", "size": 1, "location": location, "content_type": "image/jpeg"}


def identity(subject: str) -> dict[str, Any]:
    payload = {"referenced_assertions": [], "sig_type": "cawg.identity_claims_aggregation", "subject": subject}
    return {"signer_payload": payload, "signature": "AAAA", "pad1": "AAAA"}


@pytest.fixture
def read_alone(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CredentialReading]:
    """Reads a credential while Python's own sockets are refused; c2pa's are its own and show at the listener."""

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    def read_it(*arguments: Any, **options: Any) -> CredentialReading:
        with monkeypatch.context() as within:
            within.setattr(socket.socket, "connect", refuse)
            return read(*arguments, **options)

    return read_it


@pytest.mark.parametrize("trust", [Trust(), anchored(root())], ids=["no-trust", "anchored"])
@pytest.mark.parametrize("file", FILES)
def test_no_connection_is_made(file: str, trust: Trust, read_alone: Callable[..., CredentialReading]) -> None:
    with listening() as (host, heard):
        data = FILES[file](host)
        assert host.encode() in data or host.replace(":", "%3A").encode() in data
        read_alone(data, trust, remote_addresses=(f"http://{host}/told.c2pa",))
    assert heard == []


def test_an_address_alone_is_unreadable_where_a_store_was_expected() -> None:
    with listening() as (host, heard):
        reading = read(signed(remote=f"http://{host}/alone.c2pa", embed=False))
        assert reading.readable is Answer.NO
        assert "remote" in reading.detail
    assert heard == []


def test_revocation_is_not_asked_for(read_alone: Callable[..., CredentialReading]) -> None:
    with listening() as (host, heard):
        data = signed(made=with_ocsp_address(f"http://{host}/ocsp"))
        assert read_alone(data, anchored(root())).certificate is Certificate.TRUSTED
    assert heard == []


# --- the tests above can fail ----------------------------------------------------------------------------------------


def bare_c2pa(data: bytes, settings: dict[str, Any]) -> None:
    with (
        suppress(c2pa.C2paError),
        c2pa.Context.from_dict({"version": 1} | settings) as context,
        c2pa.Reader("image/jpeg", BytesIO(data), context=context),
    ):
        pass


def test_left_to_its_defaults_c2pa_would_fetch_the_manifest() -> None:
    with listening() as (host, heard):
        bare_c2pa(signed(remote=f"http://{host}/alone.c2pa", embed=False), {})
    assert [line.split(b"\r\n")[0] for line in heard] == [b"GET /alone.c2pa HTTP/1.1"]


def test_told_to_c2pa_would_ask_for_revocation() -> None:
    with listening() as (host, heard):
        bare_c2pa(signed(made=with_ocsp_address(f"http://{host}/ocsp")), {"verify": {"ocsp_fetch": True}})
    assert [line[:4] for line in heard] == [b"GET "]
