"""`/api/v1/propagations`: pass content on as a platform does (Labelling Measures, article 6)."""

from __future__ import annotations

from flask import Response, request
from flask_smorest import Blueprint

from app.api import document, propagation_shapes
from app.api.exchange import current_caller, hand_out
from app.api.written_files import file_or_json, summarise
from app.idempotency import KeptAnswer
from app.propagations import propagate_once
from app.reading import JSON, MULTIPART, read_body
from app.schemas.propagations import PropagateForm, PropagateJson
from app.service import current_service
from app.written import Written
from labeling.model import Propagated
from labeling.report_json import propagated_to_dict

_BODIES = {MULTIPART: PropagateForm(), JSON: PropagateJson()}

blueprint = Blueprint("propagations", __name__, description="Pass content on as a platform does.")


@blueprint.route("", methods=["POST"])
@blueprint.doc(
    **document.operation(400, 401, 403, 409, 413, 415, 422, 500, 503, bodies=_BODIES, idempotent=True),
)
@blueprint.response(201, **propagation_shapes.PASSED_ON_FILE)
@blueprint.alt_response(201, schema=propagation_shapes.PassedOnJson, success=True)
def create_propagation() -> Response:
    """Set the platform's elements in the record of one file.

    The producer's elements and the Label stay. Where there is no record, one is written with Label 2 (the user declared
    the content) or 3 (something speaks for generation); where nothing does, the file is refused and may be passed on as
    it is. Answers the file, or JSON where `Accept` prefers `application/json`.
    """
    service, caller = current_service(), current_caller()
    asked = read_body(request, _BODIES, {"propagator": service.settings.propagator})
    return hand_out(propagate_once(service, asked, caller, _negotiated))


def _negotiated(done: Written[Propagated]) -> KeptAnswer:
    propagate_id = done.result.record.propagate_id
    summary = summarise(done, {"propagate_id": propagate_id, **propagated_to_dict(done.result)})
    return file_or_json(done, summary, ("Mingbiao-Propagate-Id", propagate_id))
