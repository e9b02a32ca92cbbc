"""Checking which sites may use the chat and the forms, and sending the CORS headers that browsers require."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Request, Response, current_app, request

from intake.practices import Practice
from intake.settings import Settings
from web.errors import RequestError
from web.services import Services, services_of

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
_READABLE = "Chat-Token, Retry-After"


def require_origin(request: Request, practice: Practice, settings: Settings) -> None:
    """Check that a request comes from a page of the practice or of the service itself.

    Browsers send the origin with every cross-origin request. For pages of the service itself, they may instead send
    only `Sec-Fetch-Site: same-origin`.

    Raises:
        RequestError: 403 if the request comes from another site, or its origin is unknown.
    """
    origin = request.headers.get("Origin")
    if origin is None and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    if origin is None or not _allows(practice, origin, settings):
        raise RequestError(
            403,
            "origin_not_allowed",
            f"Pages from {origin or 'an unnamed origin'} are not allowed to use {practice.name}."
            " Add the site to allowed_origins in the practices file.",
        )


def site_of(request: Request, settings: Settings) -> str | None:
    """Return the origin of a request that comes from a site other than the service's own pages."""
    origin = request.headers.get("Origin")
    return origin if origin != origin_of(settings.public_url) else None


def answer_preflights(blueprint: Blueprint) -> None:
    """Answer preflight requests to a blueprint's routes, and let allowed pages read its responses."""

    @blueprint.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        if not _is_known(request, services_of(current_app)):
            raise RequestError(403, "origin_not_allowed", "No practice allows this origin.")
        return Response(status=204, headers=_PREFLIGHT)

    @blueprint.after_request
    def readable(response: Response) -> Response:
        response.vary.add("Origin")
        if _is_known(request, services_of(current_app)):
            response.headers.setdefault("Access-Control-Allow-Origin", request.headers["Origin"])
            response.headers.setdefault("Access-Control-Expose-Headers", _READABLE)
        return response


def _is_known(request: Request, services: Services) -> bool:
    """Return whether any practice allows the origin; `require_origin` checks the request's own practice later."""
    origin = request.headers.get("Origin")
    return origin is not None and any(
        _allows(practice, origin, services.settings) for practice in services.practices.all
    )


def _allows(practice: Practice, origin: str, settings: Settings) -> bool:
    return origin in practice.allowed_origins or origin == origin_of(settings.public_url)


def origin_of(url: str) -> str:
    """Return the origin of a URL."""
    services = urlsplit(url)
    return f"{services.scheme}://{services.netloc}"
