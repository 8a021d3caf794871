"""The C2PA credential: signs a finished file so that any later change shows.

Nothing here touches the network, with one exception: a signer with `ta_url` asks that time-stamp authority
(RFC 3161) once for each file. Manifests that a file only points to (`dcterms:provenance`) are never fetched.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4

import c2pa

from labeling._certificates import check_chain
from labeling._development_chain import development_chain
from labeling._likeness import Likeness
from labeling._manifest import MANIFEST_STORE, PARENT, ManifestContent, definition
from labeling._signing_identity import (
    Clock,
    Identity,
    SignCallback,
    callback_identity,
    pem_identity,
    require_time_stamp_url,
)
from labeling._signing_problems import Problem, ProblemCode
from labeling.errors import ErrorCode, SigningError
from labeling.model import MEDIA_TYPES, Format

__all__ = [
    "SIGNABLE",
    "ManifestContent",
    "Problem",
    "ProblemCode",
    "Signed",
    "Signer",
    "callback_signer",
    "check_chain",
    "development_signer",
    "pem_signer",
]

_log = logging.getLogger(__name__)

#: Formats whose files can carry a manifest store (C2PA, 'Embedding manifests into assets').
SIGNABLE = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.GIF, Format.TIFF, Format.AVIF, Format.HEIC})

#: No thumbnail: it costs up to 90 ms and half a megabyte a file. No check after signing: it would double the cost of a
#: small file, and what it could find is found before, once: that key, chain and algorithm fit (`check_chain`), and that
#: a callback's signature verifies. Nothing is fetched: not the manifest that an upload points to, not OCSP.
_SETTINGS: dict[str, Any] = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "core": {"allowed_network_hosts": []},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed file."""

    data: bytes
    #: Label of the new active manifest, `urn:c2pa:` and a UUID.
    manifest: str
    #: True when an earlier manifest store was kept, as the parent ingredient's.
    has_parent: bool


class Signer(Protocol):
    """Signs finished files."""

    @property
    def development(self) -> bool:
        """True when nobody trusts the certificate."""

    def sign(self, data: bytes | Likeness, fmt: Format, content: ManifestContent, parent: bytes | None) -> Signed:
        """The file with a manifest; `parent` is the file as it came in, where it had a manifest or was edited.

        A `Likeness` is for large files that have much in common with the one they came from.

        An earlier manifest is never dropped and never contradicted: where there is a parent, or `data` itself still
        carries a manifest, the new manifest says `c2pa.opened` and `c2pa.edited` even for content that was declared
        created. `c2pa.edited` without a parent takes `data` as the parent. Raises SigningError.
        """


def pem_signer(chain_pem: bytes, key_pem: bytes, *, ta_url: str | None = None, clock: Clock | None = None) -> Signer:
    """A signer from a certificate chain (leaf first) and its unencrypted private key, both PEM.

    The algorithm follows from the key: ES256, ES384, ES512, Ed25519, or PS256 for RSA. `ta_url` is the address of a
    time-stamp authority. Raises SigningError that names everything that is wrong with chain or key.
    """
    require_time_stamp_url(ta_url)
    return _C2paSigner(lambda now: pem_identity(chain_pem, key_pem, ta_url, now), clock=clock, eager=True)


def callback_signer(
    chain_pem: bytes,
    algorithm: str,
    sign: SignCallback,
    *,
    ta_url: str | None = None,
    clock: Clock | None = None,
) -> Signer:
    """A signer whose key lies elsewhere (a key service, a token): `sign(message)` returns the signature.

    `algorithm` is one of es256, es384, es512, ps256, ps384, ps512, ed25519 and says how the message is hashed and
    signed. ECDSA may be DER or r || s; RSA is PSS with a salt as long as the hash. Each signature is verified with the
    certificate before it is used. Raises SigningError as `pem_signer` does. c2pa reserves about 12 KB a file for a
    callback's signature, where a key in PEM needs 3 KB.
    """
    require_time_stamp_url(ta_url)
    return _C2paSigner(lambda now: callback_identity(chain_pem, algorithm, sign, ta_url, now), clock=clock, eager=True)


def development_signer(folder: Path, *, clock: Clock | None = None) -> Signer:
    """A signer whose chain is made in `folder` on its first signature and renewed when it runs out.

    Nobody trusts it, and it says so once in each process, in the log. Raises SigningError where `folder` is not
    writable, when it signs.
    """
    return _C2paSigner(lambda now: _development_identity(folder, now), clock=clock, development=True)


def _development_identity(folder: Path, now: datetime) -> Identity:
    _warn_of_development(os.getpid())
    return pem_identity(*development_chain(folder, now), None, now)


@cache
def _warn_of_development(_process: int) -> None:
    _log.warning("development certificate: nobody trusts it")


@dataclass(frozen=True, slots=True)
class _Native:
    """What c2pa holds for one process; its handles do not survive a fork."""

    process: int
    identity: Identity
    context: Any
    signer: Any


class _C2paSigner:
    """Signs with an identity that is loaded once in each process, and again when its certificate has run out."""

    def __init__(
        self,
        load: Callable[[datetime], Identity],
        *,
        clock: Clock | None,
        development: bool = False,
        eager: bool = False,
    ) -> None:
        self._load = load
        self._clock = clock or (lambda: datetime.now(UTC))
        self._development = development
        self._native: _Native | None = None
        if eager:
            load(self._clock())

    @property
    def development(self) -> bool:
        return self._development

    def sign(self, data: bytes | Likeness, fmt: Format, content: ManifestContent, parent: bytes | None) -> Signed:
        # 1. Refuse what cannot carry a manifest.
        if fmt not in SIGNABLE:
            raise SigningError(
                ErrorCode.SIGNING_UNSUPPORTED, f"a {fmt} file cannot carry a C2PA manifest", format=fmt.value
            )
        # 2. What was there before: the caller's parent, or the file itself where a manifest or an edit needs one.
        if parent is None and (content.is_edit or MANIFEST_STORE in data):
            parent = data if isinstance(data, bytes) else data.getvalue()
        # 3. Sign with this process's signer.
        label = f"urn:c2pa:{uuid4()}"
        manifest = definition(content, label, opened=parent is not None)
        signed = self._signed(data, MEDIA_TYPES[fmt], manifest, parent)
        return Signed(signed, label, has_parent=parent is not None and MANIFEST_STORE in parent)

    def _signed(self, data: bytes | Likeness, media_type: str, manifest: dict[str, Any], parent: bytes | None) -> bytes:
        native = self._of_this_process()
        source, output, signed = _streams(data)
        try:
            with c2pa.Builder(manifest, native.context) as builder:
                if parent is not None:
                    builder.add_ingredient(PARENT, media_type, BytesIO(parent))
                builder.sign(native.signer, media_type, source, output)
        except c2pa.C2paError as error:
            failure = native.identity.failure(error)
            raise failure from failure.__cause__ or error
        output.flush()
        return signed.getvalue()

    def _of_this_process(self) -> _Native:
        """Made without a lock, which a fork could leave held: two threads may both make one, and either serves."""
        native, now = self._native, self._clock()
        if native is None or native.process != os.getpid() or now >= native.identity.expires:
            native = self._native = _make_native(self._load(now))
        return native


def _streams(data: bytes | Likeness) -> tuple[IO[bytes], IO[bytes], BytesIO | Likeness]:
    """What c2pa reads, where it writes, and what holds that once it is flushed."""
    if isinstance(data, bytes):
        written = BytesIO()
        return BytesIO(data), written, written
    signed = Likeness(data.origin)
    return data.buffered(), signed.buffered(), signed


def _make_native(identity: Identity) -> _Native:
    try:
        return _Native(os.getpid(), identity, c2pa.Context.from_dict(_SETTINGS), identity.make())
    except c2pa.C2paError as error:
        raise identity.failure(error) from error
