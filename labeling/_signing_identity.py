"""Who signs: a checked chain, and how this process gets a c2pa signer for it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import c2pa
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from labeling._certificates import check_chain
from labeling._signing_keys import PublicKey, algorithm_for, cose_signature, public_key_of, read_private_key
from labeling._signing_problems import Problem, require_fit
from labeling.errors import ErrorCode, SigningError

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
SignCallback = Callable[[bytes], bytes]

_LONGEST_REASON = 300
_ADDRESS = re.compile(r"https?://[^\s)]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """A checked chain and the way to a c2pa signer for it."""

    #: When the chain has to be looked at again.
    expires: datetime
    make: Callable[[], Any] = field(repr=False)
    #: What went wrong in the caller's callback on this thread, if anything did.
    callback_failure: Callable[[], SigningError | None] = field(default=lambda: None, repr=False)

    def failure(self, error: Exception) -> SigningError:
        """The error for what c2pa said: bounded, and without addresses, which may hold a password."""
        reason = _ADDRESS.sub("(address)", str(error))[:_LONGEST_REASON]
        return self.callback_failure() or SigningError(
            ErrorCode.SIGNING_FAILED, f"the credential could not be made: {reason}", reason=reason
        )


def pem_identity(chain_pem: bytes, key_pem: bytes, ta_url: str | None, now: datetime) -> Identity:
    """An identity whose key is at hand; raises SigningError that names every problem of chain and key."""
    chain = _checked(chain_pem, key_pem, now, None)
    algorithm = algorithm_for(_public_key(chain))
    pkcs8 = _pkcs8(key_pem)

    def make() -> Any:
        return c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, _to_pem(chain), pkcs8, ta_url or None))

    return Identity(_end(chain), make)


def callback_identity(
    chain_pem: bytes, algorithm: str, sign: SignCallback, ta_url: str | None, now: datetime
) -> Identity:
    """An identity whose key lies elsewhere; raises SigningError that names every problem of the chain."""
    chain = _checked(chain_pem, None, now, algorithm)
    callback = _CheckedCallback(sign, _public_key(chain), algorithm)
    number = c2pa.C2paSigningAlg[algorithm.upper()]

    def make() -> Any:
        return c2pa.Signer.from_callback(callback, number, _to_pem(chain).decode("ascii"), ta_url or None)

    return Identity(_end(chain), make, callback.take_failure)


def require_time_stamp_url(ta_url: str | None) -> None:
    """Refuse an address that is no http or https URL, before the first signature finds out."""
    if ta_url and not ta_url.startswith(("http://", "https://")):
        detail = "the time-stamp authority's address is no http or https URL"
        raise SigningError(ErrorCode.SIGNING_FAILED, detail, reason="time_stamp_url")


class _CheckedCallback:
    """Calls the caller's `sign`, verifies what it returns and puts it into COSE form.

    c2pa swallows what a callback raises, so a failure is kept for the thread that signs.
    """

    def __init__(self, sign: SignCallback, key: PublicKey, algorithm: str) -> None:
        self._sign = sign
        self._key = key
        self._algorithm = algorithm
        self._local = threading.local()

    def __call__(self, message: bytes) -> bytes:
        try:
            return cose_signature(self._sign(message), message, self._key, self._algorithm)
        except InvalidSignature:
            detail = f"the callback's signature does not verify with the certificate as {self._algorithm}"
            self._local.failure = SigningError(ErrorCode.SIGNING_KEY_MISMATCH, detail, algorithm=self._algorithm)
        except Exception as error:  # noqa: BLE001  # whatever a key service raises
            reason = type(error).__name__
            failure = SigningError(ErrorCode.SIGNING_FAILED, f"the signing callback raised {reason}", reason=reason)
            failure.__cause__ = error
            self._local.failure = failure
        return b""

    def take_failure(self) -> SigningError | None:
        """What went wrong on this thread since the last call."""
        failure: SigningError | None = self._local.__dict__.pop("failure", None)
        return failure


def _checked(chain_pem: bytes, key_pem: bytes | None, now: datetime, algorithm: str | None) -> list[x509.Certificate]:
    problems = check_chain(chain_pem, key_pem, now, algorithm=algorithm)
    require_fit(problems)
    for problem in problems:
        _log.warning("signing certificate: %s", problem.detail)
    return x509.load_pem_x509_certificates(chain_pem)


def _public_key(chain: list[x509.Certificate]) -> PublicKey:
    key = public_key_of(chain[0])
    assert key is not None  # noqa: S101  # check_chain found its kind
    return key


def _end(chain: list[x509.Certificate]) -> datetime:
    return min(certificate.not_valid_after_utc for certificate in chain)


def _to_pem(chain: list[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)


def _pkcs8(key_pem: bytes) -> bytes:
    """c2pa reads PKCS #8 only; keys also come as SEC 1 ('EC PRIVATE KEY') or PKCS #1 ('RSA PRIVATE KEY')."""
    key = read_private_key(key_pem)
    assert not isinstance(key, Problem)  # noqa: S101  # check_chain read it
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
