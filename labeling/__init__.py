"""Lawful labels for AI-generated content: bytes in, a new value out. No Flask, no database, no network."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labeling.errors import (
    ConformityError,
    DeclarationError,
    ErrorCode,
    LabelingError,
    LimitError,
    MediaError,
    ReportError,
    SigningError,
)
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import (
    AigcRecord,
    Carrier,
    ContentAction,
    Credential,
    Declaration,
    Format,
    ImageMark,
    ImageNotice,
    Labeled,
    LabelValue,
    Notice,
    Place,
    Platform,
    Propagated,
    RecordForm,
    SourceType,
    TextMark,
    TextNotice,
    TextPlace,
    VisibleOptions,
)
from labeling.report import Check, Outcome, Report, Site, Verdict, VisibleFinding

if TYPE_CHECKING:
    from labeling.engine import label
    from labeling.propagation import propagate
    from labeling.verification import verify

__all__ = [
    "DEFAULT_LIMITS",
    "AigcRecord",
    "Carrier",
    "Check",
    "ConformityError",
    "ContentAction",
    "Credential",
    "Declaration",
    "DeclarationError",
    "ErrorCode",
    "Format",
    "ImageMark",
    "ImageNotice",
    "LabelValue",
    "Labeled",
    "LabelingError",
    "LimitError",
    "Limits",
    "MediaError",
    "Notice",
    "Outcome",
    "Place",
    "Platform",
    "Propagated",
    "RecordForm",
    "Report",
    "ReportError",
    "SigningError",
    "Site",
    "SourceType",
    "TextMark",
    "TextNotice",
    "TextPlace",
    "Verdict",
    "VisibleFinding",
    "VisibleOptions",
    "label",
    "propagate",
    "verify",
]

#: What decodes pictures is loaded when it is first used (PEP 562), so that a command's `--help` need not wait for it.
_LAZY = {
    "label": "labeling.engine",
    "propagate": "labeling.propagation",
    "verify": "labeling.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
