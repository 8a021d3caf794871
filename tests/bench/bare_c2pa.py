"""c2pa-python called directly, with the chain, the settings and the manifest that our signer uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import c2pa

from labeling.model import AigcRecord, ContentAction, Format, SourceType
from labeling.record import to_fields
from labeling.signing import ManifestContent, Signer, pem_signer
from tests.labeling.chains import chain, root, signer

CONTENT = ManifestContent(
    AigcRecord("1", "001191110102MACQD9K64010000", "id-1", "", "001191110102MACQD9K64010000", "id-1"),
    ContentAction.CREATED,
    SourceType.TRAINED_ALGORITHMIC_MEDIA,
    "model",
    datetime(2026, 11, 21, tzinfo=UTC),
)
_ACTION = {
    "action": "c2pa.created",
    "digitalSourceType": CONTENT.source_type.value,
    "softwareAgent": {"name": "model"},
    "when": "2026-11-21T00:00:00Z",
}
_DEFINITION = {
    "claim_generator_info": [{"name": "mingbiao", "version": "0.1.0"}],
    "assertions": [
        {"label": "c2pa.actions.v2", "data": {"actions": [_ACTION]}, "created": True},
        {"label": "cn.tc260.aigc", "data": to_fields(CONTENT.record), "created": True},
    ],
}
_SETTINGS = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "core": {"allowed_network_hosts": []},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}


@cache
def bare() -> Callable[[bytes, str], bytes]:
    """sign(data, media type) by c2pa-python alone."""
    context = c2pa.Context.from_dict(_SETTINGS)
    info = c2pa.C2paSignerInfo("es256", chain(signer(), root()), signer().key_pem, None)
    native = c2pa.Signer.from_info(info)

    def sign(data: bytes, media_type: str) -> bytes:
        output = BytesIO()
        with c2pa.Builder(_DEFINITION, context) as builder:
            builder.sign(native, media_type, BytesIO(data), output)
        return output.getvalue()

    return sign


@cache
def ours() -> Signer:
    """Our signer with the same chain and key."""
    return pem_signer(chain(signer(), root()), signer().key_pem)


def sign(data: bytes, fmt: Format) -> bytes:
    """The file signed by our signer."""
    return ours().sign(data, fmt, CONTENT, None).data
