"""What c2pa says of one file: its report as it stands, and the active manifest's signature, which it leaves out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO, UnsupportedOperation
from typing import Any, BinaryIO

from labeling.content import StreamContent
from labeling.limits import Limits
from labeling.model import MEDIA_TYPES, Format
from labeling.report import Certificate
from labeling.trust import Trust
from labeling.verification._c2pa_contexts import context_for
from labeling.verification._c2pa_results import Codes, codes_of
from labeling.verification._c2pa_store import Signature, StoreError, signature_of

#: Formats in which c2pa 0.91 finds a manifest store. Of office documents it only reads those that are not compressed,
#: which no office writes.
READABLE = frozenset(
    {
        Format.JPEG,
        Format.PNG,
        Format.WEBP,
        Format.GIF,
        Format.TIFF,
        Format.AVIF,
        Format.HEIC,
        Format.SVG,
        Format.PDF,
        Format.MP3,
        Format.WAV,
        Format.FLAC,
        Format.M4A,
        Format.MP4,
        Format.MOV,
        Format.AVI,
    }
)


class ReportTooLargeError(ValueError):
    """c2pa's report is longer than `Limits.manifest_bytes`."""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """One manifest store as c2pa read and validated it."""

    #: `Reader.json()` of c2pa: active_manifest, manifests, validation_results.
    report: dict[str, Any]
    codes: Codes
    #: None where it could not be read from the store, or need not be.
    signature: Signature | None

    @property
    def active(self) -> str:
        """Label of the active manifest, or ''."""
        label = self.report.get("active_manifest")
        return label if isinstance(label, str) else ""

    @property
    def manifests(self) -> dict[str, dict[str, Any]]:
        """The manifests that c2pa could show, by label; one whose assertions it cannot read is missing."""
        found: dict[str, dict[str, Any]] = self.report.get("manifests") or {}
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        """The active manifest; empty where c2pa could not show it."""
        return self.manifests.get(self.active, {})


def read_store(content: bytes | StreamContent, fmt: Format, trust: Trust, limits: Limits) -> StoreReport:
    """Let c2pa read and validate a file, as a stream. Raises whatever c2pa raises; fetches nothing."""
    import c2pa  # noqa: PLC0415  # a file without a credential does not pay for loading it

    stream = BytesIO(content) if isinstance(content, bytes) else _ReadOnly(content.stream)
    with c2pa.Reader(MEDIA_TYPES[fmt], stream, context=context_for(trust, limits)) as reader:
        text = reader.json()
        if len(text) > limits.manifest_bytes:
            raise ReportTooLargeError(f"the manifests take more than {limits.manifest_bytes} bytes")
        report = json.loads(text)
        codes = codes_of(report)
        manifest = str(report.get("active_manifest"))
        return StoreReport(report, codes, _signature(reader, manifest, limits) if _matters(codes, trust) else None)


def _matters(codes: Codes, trust: Trust) -> bool:
    """False where nothing better could be said of a certificate than that nobody was named who would vouch for it."""
    return bool(trust.anchors_pem or trust.allowed_pem) or codes.certificate is not Certificate.UNTRUSTED


def _signature(reader: Any, manifest: str, limits: Limits) -> Signature | None:
    sink = _Sink(limits.manifest_bytes)
    try:
        # c2pa answers any address within a manifest with the store whose last manifest it is.
        reader.resource_to_stream(f"self#jumbf=/c2pa/{manifest}", sink)
        return signature_of(sink.getvalue(), manifest, limits)
    except StoreError:
        return None
    except Exception:  # noqa: BLE001  # c2pa has no base class for all that it raises
        return None


class _ReadOnly:
    """A stream as c2pa wants it, which asks for methods that it does not use: any seekable stream will do."""

    readinto: Any

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell
        if isinstance(stream, BufferedIOBase):
            self.readinto = stream.readinto  # a third less time for a large file

    def write(self, data: bytes) -> int:
        raise UnsupportedOperation("read only")

    def flush(self) -> None:
        pass


class _Sink(BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > self._limit:
            raise OSError("larger than the limit")
        return super().write(data)
