"""Protecting the console in a browser: CSRF tokens, and a strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from staff.error_pages import PREFIX, show_errors_as_pages

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# No other site's page may hold a console page's window or read its answers, and no page asks for a device.
_ISOLATED = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_LARGE_BODIES: dict[str, int] = {}
_LARGE_FORMS: dict[str, int] = {}
_BYTES_OF_A_CHARACTER = 12  # at most, as a form encodes it
_BYTES_BESIDE = 4096  # of a form's other fields


def allow_large_bodies(endpoint: str, most_bytes: int) -> None:
    """Let a route take more than a form's size, which has to be known before its token is looked for."""
    _LARGE_BODIES[endpoint] = most_bytes


def allow_long_words(endpoint: str, most_characters: int) -> None:
    """Let a route's form hold so many characters in any script, of which some take many bytes each."""
    _LARGE_BODIES[endpoint] = _LARGE_FORMS[endpoint] = _BYTES_OF_A_CHARACTER * most_characters + _BYTES_BESIDE


def protect(app: Flask, secret_keys: Sequence[str]) -> None:
    """Protect every route under `/staff/`; webhooks authenticate in other ways.

    Args:
        app: the application.
        secret_keys: what tokens in forms are signed with, the newest first; all verify.
    """
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SECRET_KEY=secret_keys[::-1])
    csrf = CSRFProtect(app)
    show_errors_as_pages(app)

    @app.before_request
    def check_token() -> None:
        if request.path.startswith(PREFIX):
            endpoint = request.endpoint or ""
            request.max_content_length = _LARGE_BODIES.get(endpoint, app.config["MAX_CONTENT_LENGTH"])
            request.max_form_memory_size = _LARGE_FORMS.get(endpoint, app.config["MAX_FORM_MEMORY_SIZE"])
            csrf.protect()

    @app.after_request
    def harden(response: Response) -> Response:
        if request.path.startswith(PREFIX):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers["Referrer-Policy"] = "same-origin"  # CSRF protection reads it over HTTPS
            response.headers.update(_ISOLATED)
        return response
