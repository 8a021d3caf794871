"""`/api/v1/verifications`: say what labels a file carries."""

from __future__ import annotations

import hashlib

from flask import Response, jsonify, request
from flask_smorest import Blueprint

from app.api import answers, document
from app.labelings import verify_content
from app.reading import JSON, MULTIPART, read_body
from app.schemas.labels import VerifyForm, VerifyJson
from app.service import current_service
from labeling.report_json import report_to_dict

_BODIES = {MULTIPART: VerifyForm(), JSON: VerifyJson()}

blueprint = Blueprint("verifications", __name__, description="Verify labelled content.")


@blueprint.route("", methods=["POST"])
@blueprint.doc(**document.operation(400, 401, 403, 413, 415, 422, 500, 503, bodies=_BODIES))
@blueprint.response(200, answers.VerificationReport)
def create_verification() -> Response:
    """Verify one file or text.

    Nothing is written down. `not_found` does not prove that the content was not made by an AI.
    """
    asked = read_body(request, _BODIES)
    report = verify_content(current_service(), asked)
    digest = hashlib.sha256(asked.data).hexdigest()
    return jsonify(report_to_dict(report) | {"input": {"sha256": digest, "bytes": len(asked.data)}})
