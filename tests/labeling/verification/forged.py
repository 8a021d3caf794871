"""Files whose C2PA manifest is signed anew by any certificate, with any time stamp: c2pa itself refuses most of these.

The manifest store keeps its length, so the hash of the content, which leaves the store out, still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import c2pa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from labeling.model import SourceType
from tests.labeling.chains import Made, chain, root, signer

AI = SourceType.TRAINED_ALGORITHMIC_MEDIA.value
CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
ES256, UNKNOWN_ALGORITHM = -7, -999
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False}
_SETTINGS = {"version": 1, "builder": {"thumbnail": {"enabled": False}}, "verify": _OFFLINE}


# --- files that c2pa signs -------------------------------------------------------------------------------------------


def picture(kind: str = "JPEG", colour: str = "teal", size: tuple[int, int] = (48, 32)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


def action(source: str = AI, name: str = "c2pa.created") -> dict[str, Any]:
    return {"action": name, "digitalSourceType": source}


def signed(  # what a manifest is made of
    data: bytes | None = None,
    *,
    media_type: str = "image/jpeg",
    actions: tuple[dict[str, Any], ...] = (action(),),
    assertions: tuple[dict[str, Any], ...] = (),
    ingredients: tuple[tuple[str, bytes], ...] = (),
    claim_version: int = 2,
    remote: str = "",
    embed: bool = True,
    made: Made | None = None,
    settings: dict[str, Any] | None = None,
) -> bytes:
    """A file with a manifest by a sound ES256 chain; `ingredients` are (relationship, JPEG).

    A callback signs, because c2pa then leaves room for a larger signature.
    """
    made = made or signer()
    label = "c2pa.actions.v2" if claim_version > 1 else "c2pa.actions"
    definition = {
        "claim_version": claim_version,
        "claim_generator_info": [{"name": "camera", "version": "7"}],
        "assertions": [
            *([{"label": label, "data": {"actions": list(actions)}, "created": True}] if actions else []),
            *assertions,
        ],
    }
    output = BytesIO()
    with (
        c2pa.Context.from_dict(_SETTINGS | (settings or {})) as context,
        c2pa.Signer.from_callback(
            lambda message: _cose(made, message), c2pa.C2paSigningAlg.ES256, chain(made, root()).decode(), None
        ) as native,
        c2pa.Builder(json.dumps(definition), context) as builder,
    ):
        for number, (relationship, ingredient) in enumerate(ingredients):
            builder.add_ingredient(
                {"relationship": relationship, "title": f"part {number}"}, "image/jpeg", BytesIO(ingredient)
            )
        if not embed:
            builder.set_no_embed()
        if remote:
            builder.set_remote_url(remote)
        builder.sign(native, media_type, BytesIO(data or picture()), output)
    return output.getvalue()


def _cose(made: Made, message: bytes) -> bytes:
    first, second = decode_dss_signature(made.key.sign(message, ec.ECDSA(hashes.SHA256())))
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


# --- signed anew -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stamp:
    """A time stamp by this authority; `parents` are the certificates above its own that go into the token."""

    authority: Made
    at: datetime
    parents: tuple[Made, ...] = ()
    #: Certificates that stand before its own.
    first: tuple[Made, ...] = ()
    #: Makes the stamp one of something else.
    of_something_else: bool = False


def resigned(
    data: bytes,
    *certificates: Made,
    algorithm: int = ES256,
    stamp: Stamp | None = None,
    protected: dict[Any, Any] | None = None,
    unprotected: dict[Any, Any] | None = None,
    spoil: bool = False,
) -> bytes:
    """The file with its last manifest signed by the first of `certificates` (P-256); `spoil` flips a bit of it."""
    start, end = content_of(data, b"c2pa.signature")
    second_version = b"c2pa.claim.v2\0" in data
    claim_start, claim_end = content_of(data, b"c2pa.claim.v2" if second_version else b"c2pa.claim")
    claim = data[claim_start:claim_end]
    header = cbor({1: algorithm, 33: [made.certificate.public_bytes(Encoding.DER) for made in certificates]})
    header = header if protected is None else cbor(protected)
    signature = _cose(certificates[0], cbor(["Signature1", header, b"", claim]))
    others = dict(unprotected or {})
    if stamp is not None and second_version:
        message = cbor(["CounterSignature", header, b"", cbor(signature)])
        others["sigTst2"] = {"tstTokens": [{"val": time_stamp_token(message, stamp)}]}
    elif stamp is not None:
        message = cbor(["CounterSignature", header, b"", claim])
        granted = der(0x30, integer(0))
        others["sigTst"] = {"tstTokens": [{"val": der(0x30, granted, time_stamp_token(message, stamp))}]}
    if spoil:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return data[:start] + _padded(end - start, header, others, signature) + data[end:]


def _padded(size: int, header: bytes, others: dict[Any, Any], signature: bytes) -> bytes:
    """A tagged COSE_Sign1 of exactly this size."""
    for padding in range(size, -1, -1):
        cose = b"\xd2" + cbor([header, {**others, "pad": bytes(padding)}, None, signature])
        if len(cose) == size:
            return cose
    raise AssertionError("there is no room for this signature")


def content_of(data: bytes, label: bytes) -> tuple[int, int]:
    """Start and end of the CBOR in the last box with this label."""
    at = data.rindex(label + b"\0") + len(label) + 1
    while data[at + 4 : at + 8] != b"cbor":
        at += int.from_bytes(data[at : at + 4], "big")
    return at + 8, at + int.from_bytes(data[at : at + 4], "big")


# --- CBOR and DER ----------------------------------------------------------------------------------------------------


def cbor(value: Any) -> bytes:
    """A value as CBOR (RFC 8949)."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(cbor(item) for item in value)
        case dict():
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())
    raise TypeError(type(value))


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << 8 * size)
    return bytes([major << 5 | 24 + size.bit_length() - 1]) + argument.to_bytes(size, "big")


def der(tag: int, *parts: bytes) -> bytes:
    """A DER element (X.690)."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 127]
        while number := number >> 7:
            groups.append(number & 127 | 128)
        body += bytes(reversed(groups))
    return der(0x06, body)


_SHA256 = der(0x30, oid("2.16.840.1.101.3.4.2.1"), der(0x05))
_TST_INFO, _SIGNED_DATA = oid("1.2.840.113549.1.9.16.1.4"), oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _MESSAGE_DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
_ECDSA_SHA256 = der(0x30, oid("1.2.840.10045.4.3.2"))


def time_stamp_token(message: bytes, stamp: Stamp) -> bytes:
    """A TimeStampToken (RFC 3161, 2.4.2) in its SignedData (RFC 5652), signed with a P-256 key."""
    digest: Callable[[bytes], bytes] = lambda data: hashlib.sha256(data).digest()  # noqa: E731
    certificate = stamp.authority.certificate
    imprint = der(0x30, _SHA256, der(0x04, digest(message + b"x" if stamp.of_something_else else message)))
    moment = der(0x18, f"{stamp.at:%Y%m%d%H%M%SZ}".encode())
    info = der(0x30, integer(1), oid("1.2.3.4"), imprint, integer(1), moment)
    attributes = der(0x30, _CONTENT_TYPE, der(0x31, _TST_INFO))
    attributes += der(0x30, _MESSAGE_DIGEST, der(0x31, der(0x04, digest(info))))
    signer_info = der(
        0x30,
        integer(1),
        der(0x30, certificate.issuer.public_bytes(), integer(certificate.serial_number)),
        _SHA256,
        der(0xA0, attributes),
        _ECDSA_SHA256,
        der(0x04, stamp.authority.key.sign(der(0x31, attributes), ec.ECDSA(hashes.SHA256()))),
    )
    certificates = [
        made.certificate.public_bytes(Encoding.DER) for made in (*stamp.first, stamp.authority, *stamp.parents)
    ]
    signed_data = der(
        0x30,
        integer(3),
        der(0x31, _SHA256),
        der(0x30, _TST_INFO, der(0xA0, der(0x04, info))),
        der(0xA0, *certificates),
        der(0x31, signer_info),
    )
    return der(0x30, _SIGNED_DATA, der(0xA0, signed_data))
