"""Whether the service is up, and whether it can work."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from web.openapi import description
from web.services import services_of

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer while the process lives."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 when messages can be stored; a queue that is down delays them and loses none."""
    services = services_of(current_app)
    database, queue = services.database.is_ready(), services.queue.is_ready()
    response = jsonify(status="ready" if database else "not ready", database=database, queue=queue)
    response.status_code = 200 if database else 503
    return response


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the HTTP interface."""
    return jsonify(description())
