"""Health checks, and the OpenAPI description."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from web.openapi import description
from web.services import services_of

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process is running."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 if messages can be stored; a queue outage only delays them."""
    services = services_of(current_app)
    database, queue = services.database.is_ready(), services.queue.is_ready()
    response = jsonify(status="ready" if database else "not ready", database=database, queue=queue)
    response.status_code = 200 if database else 503
    return response


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the HTTP interface."""
    return jsonify(description())
