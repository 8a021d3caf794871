"""The C2PA check against c2pa-python alone: the same settings, the same file, `Reader` and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO

import c2pa

from labeling.limits import DEFAULT_LIMITS
from labeling.model import MEDIA_TYPES, Format
from labeling.trust import NO_TRUST, Trust
from labeling.verification import _c2pa_certificate, _c2pa_store
from labeling.verification._c2pa_contexts import make_context
from labeling.verification.credential import read_credential
from tests.bench import bare_c2pa, subjects
from tests.bench.measure import compare
from tests.labeling.chains import root

_FORMATS = {"JPEG": Format.JPEG, "PNG": Format.PNG, "WebP": Format.WEBP}


def verification() -> Iterator[tuple[object, ...]]:
    """The C2PA check of one file, against c2pa-python alone with the same settings."""
    yield "format", "trust", "ours ms", "bare ms", "ours / bare", "bar"
    anchored = Trust(anchors_pem=root().pem)
    for kind, fmt in _FORMATS.items():
        data = bare_c2pa.sign(subjects.encoded(kind, subjects.SIZES["1 MP"]), fmt)
        for name, trust, prepare in (
            ("no lists", NO_TRUST, _nothing),
            ("anchored", anchored, _nothing),
            ("anchored, a new signer each time", anchored, _forget_signers),
        ):
            result = compare(_ours(data, fmt, trust, prepare), _bare(data, fmt, trust))
            yield kind, name, f"{result.ours:.2f}", f"{result.theirs:.2f}", f"{result.ratio:.3f}", 1.2


def _ours(data: bytes, fmt: Format, trust: Trust, prepare: Callable[[], None]) -> Callable[[], object]:
    def run() -> object:
        prepare()
        return read_credential(data, fmt, embedded=True, remote_addresses=(), trust=trust, limits=DEFAULT_LIMITS)

    return run


def _bare(data: bytes, fmt: Format, trust: Trust) -> Callable[[], object]:
    context = make_context(trust, DEFAULT_LIMITS)

    def run() -> object:
        with c2pa.Reader(MEDIA_TYPES[fmt], BytesIO(data), context=context) as reader:
            return json.loads(reader.json())

    return run


def _nothing() -> None:
    pass


def _forget_signers() -> None:
    _c2pa_certificate._misuse.cache_clear()
    _c2pa_store._protected.cache_clear()
