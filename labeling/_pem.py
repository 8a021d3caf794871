"""PEM blocks (RFC 7468) as kind and DER, for keys and certificates that cryptography does not load."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

#: The longest is a certificate with an RSA-8192 key and a page of extensions.
_LONGEST: Final = 64 * 1024
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{3,40})-----([A-Za-z0-9+/=\s]*+)-----END \1-----")


def blocks(pem: bytes) -> tuple[tuple[str, bytes], ...]:
    """(kind, DER) of each block, such as ('PUBLIC KEY', b'0Y0...'). Raises ValueError for Base64 that is none."""
    found = []
    for match in _BLOCK.finditer(pem):
        body = b"".join(match.group(2).split())
        if len(body) > _LONGEST:
            raise ValueError("a PEM block is too long")
        try:
            found.append((match.group(1).decode("ascii"), base64.b64decode(body, validate=True)))
        except binascii.Error as error:
            raise ValueError("a PEM block is no Base64") from error
    return tuple(found)
