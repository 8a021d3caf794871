"""`/api/v1/report-keys`: the public keys with which anybody can check a signed report offline."""

from __future__ import annotations

import json

from flask import Response
from flask_smorest import Blueprint

from app.api import answers, document
from app.service import current_service

#: RFC 7517, section 8.5.2.
JWK_SET = "application/jwk-set+json"

blueprint = Blueprint("report_keys", __name__, description="Check signed reports.")


@blueprint.route("", methods=["GET"])
@blueprint.doc(security=[], **document.operation(500))
@blueprint.response(200, answers.JwkSet, content_type=JWK_SET)
def list_report_keys() -> Response:
    """The keys that sign reports, as a JWK Set; empty where reports are not signed. No API key is needed."""
    signer = current_service().report_signer.get()
    keys = {"keys": []} if signer is None else signer.public_keys()
    return Response(json.dumps(keys), content_type=JWK_SET)
