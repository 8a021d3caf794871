"""Swagger UI at `/docs`, served from its package; nothing is fetched from anywhere else."""

from __future__ import annotations

from flask import Blueprint
from flask_swagger_ui import get_swaggerui_blueprint

from app.headers import DOCUMENTATION_PATH


def swagger_blueprint(document_url: str) -> Blueprint:
    """The pages that show the document at `document_url`."""
    config = {
        "app_name": "Mingbiao API",
        # Without this the page would ask validator.swagger.io about the document.
        "validatorUrl": None,
        "oauth2RedirectUrl": f"{DOCUMENTATION_PATH}/oauth2-redirect.html",
        "persistAuthorization": False,
    }
    blueprint: Blueprint = get_swaggerui_blueprint(DOCUMENTATION_PATH, document_url, config)
    return blueprint
