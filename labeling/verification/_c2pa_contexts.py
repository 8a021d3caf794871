"""How c2pa is set up to read untrusted files: nothing is fetched, and trusted is only what the operator names."""

from __future__ import annotations

import os
import threading
from typing import Any

from labeling.limits import MIB, Limits
from labeling.trust import Trust

#: Nothing is fetched: not the manifest that XMP points to, not OCSP, not the document of a decentralised identity
#: (which c2pa's CAWG decoder resolves by https), and no host is allowed in case something else tries.
_SETTINGS: dict[str, Any] = {
    "version": 1,
    "core": {"allowed_network_hosts": [], "allow_redirects": False, "decode_identity_assertions": False},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
#: Contexts that a thread keeps: one for each trust configuration, of which a service has one.
_KEPT = 4
_local = threading.local()


def settings_for(trust: Trust, limits: Limits) -> dict[str, Any]:
    """The settings of c2pa for this trust configuration."""
    lists: dict[str, Any] = {"trust_config": "\n".join(trust.usages)}
    if trust.anchors_pem:
        lists["trust_anchors"] = trust.anchors_pem.decode()
    if trust.allowed_pem:
        # c2pa 0.91 reads `trust.allowed_list` and never looks at it; in an entry of `trust.anchors` it counts.
        allowed = {"trust_anchors": "", "allowed_list": trust.allowed_pem.decode(), "trust_kind": "manifest"}
        lists["anchors"] = [allowed | {"trust_uri": "allowed certificates"}]
    core = {"max_decompressed_manifest_size_in_mb": max(1, limits.manifest_bytes // MIB)}
    return _SETTINGS | {"core": _SETTINGS["core"] | core, "trust": lists}


def make_context(trust: Trust, limits: Limits) -> Any:
    """A new context; raises C2paError where c2pa cannot read the trust lists. Loads c2pa, which takes a moment."""
    import c2pa  # noqa: PLC0415  # a file without a credential does not pay for loading it

    return c2pa.Context.from_dict(settings_for(trust, limits))


def context_for(trust: Trust, limits: Limits) -> Any:
    """The context of this thread, made when it is first asked for; one that came over a fork is made anew."""
    contexts: dict[Any, Any] = _local.__dict__.setdefault("contexts", {})
    key = (os.getpid(), trust.anchors_pem, trust.allowed_pem, trust.usages, limits.manifest_bytes)
    context = contexts.get(key)
    if context is None:
        if len(contexts) >= _KEPT:
            contexts.clear()
        context = contexts[key] = make_context(trust, limits)
    return context
