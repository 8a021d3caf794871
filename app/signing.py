"""The signer of this service: from PEM files, or the development one that nobody trusts."""

from __future__ import annotations

import binascii
import os
from dataclasses import dataclass
from functools import cached_property

from app import clock
from app.config import Settings
from labeling.errors import ErrorCode, SigningError
from labeling.model import AigcRecord, ContentAction, Format, SourceType
from labeling.signing import ManifestContent, Signer, development_signer, pem_signer


@dataclass
class SignerSource:
    """Builds the signer on first use in each process; native handles do not survive a fork."""

    settings: Settings
    #: The signer that was last seen to sign.
    probed: Signer | None = None
    _built_by: int = 0

    @property
    def development(self) -> bool:
        """True where no certificate was configured."""
        return self.settings.c2pa_chain is None

    def get(self) -> Signer:
        """The signer of this process. Raises SigningError that says what is wrong with the certificate or key."""
        if self._built_by != os.getpid():
            self.__dict__.pop("_signer", None)
            self._built_by = os.getpid()
        return self._signer

    @cached_property
    def _signer(self) -> Signer:
        chain, key = self.settings.c2pa_chain, self.settings.c2pa_key
        if chain is None or key is None:
            return development_signer(self.settings.data_dir)
        return pem_signer(_read(chain), _read(key), ta_url=self.settings.c2pa_tsa_url or None)


def _read(path: os.PathLike[str]) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        detail = f"{path} cannot be read: {error.strerror}"
        raise SigningError(ErrorCode.SIGNING_KEY_UNREADABLE, detail, path=str(path)) from error


#: 1 x 1 pixel, grey.
_PIXEL = binascii.a2b_base64(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def probe(source: SignerSource) -> None:
    """Sign one pixel, once in each process. Raises SigningError where that fails."""
    signer = source.get()
    if source.probed is not signer:
        record = AigcRecord("1", "probe", "probe")
        made = ContentAction.CREATED, SourceType.ALGORITHMIC_MEDIA
        signer.sign(_PIXEL, Format.PNG, ManifestContent(record, *made, "", clock.now()), None)
        source.probed = signer
