"""Put the application together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

import structlog
from flask import Flask

from app import auth, errors, headers, observability, operations
from app.api import PREFIX, labels, propagations, report_keys, unlabelled_copies, verifications
from app.api.document import OPENAPI_VERSION, ProblemApi, complete, document_blueprint
from app.api.swagger import swagger_blueprint
from app.auth import NOTHING, requires, state
from app.config import load_settings
from app.database import open_engine
from app.key_files import require_files
from app.keys import Scope
from app.reading import InMemoryRequest
from app.schema_version import upgrade_embedded
from app.service import EXTENSION, make_service

log = structlog.get_logger(__name__)


def assemble(config: Mapping[str, str] | None = None) -> Flask:
    """The WSGI application; `config` stands in for the environment (names as in `app.config.SETTINGS`).

    Raises `app.config.ConfigurationError` with every problem of the settings.

    1. Read the settings, and see that the files that they name can be used.
    2. Connect what every request needs: log, errors, headers, authentication.
    3. Open the database; the embedded one is made and upgraded, any other is left alone. Say who signs.
    4. Register the routes, each blueprint with what it requires.
    """
    # 1.
    settings = load_settings(config)
    require_files(settings)
    app = Flask(__name__, static_folder=None, template_folder=None, instance_path=str(settings.data_dir))
    app.request_class = InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    # 2.
    observability.configure_logging(settings.log_level)
    observability.register(app)
    errors.register(app)
    headers.register(app)
    app.before_request(auth.check_request)
    # 3.
    engine = open_engine(settings.engine_url, settings.threads)
    app.extensions[EXTENSION] = current = make_service(engine, settings)
    if settings.embedded_database:
        upgrade_embedded(engine, settings.data_dir)
    if current.signers.development:
        log.warning("development_signer", meaning="credentials are signed by a certificate that nobody trusts")
    # 4.
    _register_routes(app, metrics_open=settings.metrics_open)
    return app


def _register_routes(app: Flask, *, metrics_open: bool) -> None:
    """Every blueprint, where it lives and what it requires."""
    api = ProblemApi()
    spec = {"title": "Mingbiao", "version": version("mingbiao"), "openapi_version": OPENAPI_VERSION}
    api.init_app(app, spec_kwargs=spec)
    document = document_blueprint(api)
    swagger = swagger_blueprint(f"{PREFIX}/openapi.json")

    state(app, labels.blueprint, requires(POST=Scope.LABELS_WRITE, GET=Scope.LABELS_READ))
    api.register_blueprint(labels.blueprint, url_prefix=f"{PREFIX}/labels")
    state(app, propagations.blueprint, requires(POST=Scope.PROPAGATIONS_WRITE))
    api.register_blueprint(propagations.blueprint, url_prefix=f"{PREFIX}/propagations")
    state(app, unlabelled_copies.of_label, requires(POST=Scope.COPIES_WRITE, GET=Scope.COPIES_READ))
    api.register_blueprint(unlabelled_copies.of_label, url_prefix=f"{PREFIX}/labels")
    state(app, unlabelled_copies.blueprint, requires(GET=Scope.COPIES_READ))
    api.register_blueprint(unlabelled_copies.blueprint, url_prefix=f"{PREFIX}/unlabelled-copies")
    state(app, unlabelled_copies.exports, requires(GET=Scope.COPIES_EXPORT))
    api.register_blueprint(unlabelled_copies.exports, url_prefix=f"{PREFIX}/unlabelled-copies")
    state(app, verifications.blueprint, requires(POST=Scope.VERIFICATIONS_WRITE, GET=Scope.VERIFICATIONS_READ))
    api.register_blueprint(verifications.blueprint, url_prefix=f"{PREFIX}/verifications")
    state(app, report_keys.blueprint, NOTHING)
    api.register_blueprint(report_keys.blueprint, url_prefix=f"{PREFIX}/report-keys")
    state(app, operations.public, NOTHING)
    app.register_blueprint(operations.public)
    state(app, operations.monitoring, NOTHING if metrics_open else requires(GET=Scope.METRICS_READ))
    app.register_blueprint(operations.monitoring)
    state(app, document, NOTHING)
    app.register_blueprint(document, url_prefix=PREFIX)
    state(app, swagger, NOTHING)
    app.register_blueprint(swagger)
    complete(api)
