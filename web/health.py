"""Health checks, and the OpenAPI description."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify

from web.openapi import description
from web.readiness import read_readiness
from web.services import services_of

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process is running."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 if messages can be stored, and say which part is away; those other parts only delay them."""
    found = read_readiness(services_of(current_app))
    response = jsonify(status=found.status, **asdict(found))
    response.status_code = 200 if found.database else 503
    return response


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the HTTP interface."""
    return jsonify(description())
