"""A report as a page: in the reader's language, and with a policy that lets it load nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from labeling.verification.page import Language, render_page

HTML = "text/html"
_LANGUAGES = [language.value for language in Language]


def wants_page(other: str) -> bool:
    """Whether `Accept` prefers a page to the media type `other`."""
    accept = request.accept_mimetypes
    return accept[HTML] > accept[other]


def report_page(report: Mapping[str, Any], status: int = 200) -> Response:
    """The page of a report document."""
    language = Language(request.accept_languages.best_match(_LANGUAGES, Language.ENGLISH.value))
    page = render_page(report, language)
    response = Response(page, status, content_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = _policy(page)
    response.headers["Content-Language"] = language.value
    response.headers["Content-Disposition"] = f'inline; filename="report-{report["input"]["sha256"][:16]}.html"'
    return response


def _policy(page: str) -> str:
    """Nothing but the page's own style sheet (CSP 3, hash-source); content of the file cannot come before it."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox"
    )
