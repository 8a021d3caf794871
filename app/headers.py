"""Headers that every answer has."""

from __future__ import annotations

from flask import Flask, Response, request

DOCUMENTATION_PATH = "/docs"

#: An answer of the API is data: nothing in it may load, run or be framed, even where a labelled HTML file is opened.
API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
#: Swagger UI starts from a script in its page and draws icons from data: addresses; all of it comes from this server.
DOCUMENTATION_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register(app: Flask) -> None:
    """Add the headers to every answer."""
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Answers are not to be stored on the way; the files of the documentation may be. A page may bring its policy."""
    documentation = request.path.startswith(DOCUMENTATION_PATH)
    response.headers.extend(HEADERS)
    response.headers.setdefault("Content-Security-Policy", DOCUMENTATION_POLICY if documentation else API_POLICY)
    if not documentation:
        response.headers["Cache-Control"] = "no-store"
    return response
