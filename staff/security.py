"""Protecting the console in a browser: CSRF tokens, a strict Content-Security-Policy, and error pages."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from web.errors import error_response

PREFIX = "/staff/"
SIGNED_OUT = "You were signed out, so nothing was sent or saved."
CHANGED = (
    "Nothing was sent or saved: your session has changed since this page was opened. Go back, reload the page, and try"
    " again."
)
AWAY = (
    "Intake’s records can’t be reached. What you did last may not have been saved: look at it once they are back, in a"
    " minute or two. Incoming calls and texts are not answered meanwhile."
)
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


def allow_large_bodies(endpoint: str, most_bytes: int) -> None:
    """Let a route take more than a form's size, which has to be known before its token is looked for."""
    _LARGE_BODIES[endpoint] = most_bytes


def protect(app: Flask, secret_keys: Sequence[str]) -> None:
    """Protect every route under `/staff/`; webhooks authenticate in other ways.

    Args:
        app: the application.
        secret_keys: what tokens in forms are signed with, the newest first; all verify.
    """
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SECRET_KEY=secret_keys[::-1])
    csrf = CSRFProtect(app)

    @app.before_request
    def check_token() -> None:
        if request.path.startswith(PREFIX):
            request.max_content_length = _LARGE_BODIES.get(request.endpoint or "", app.config["MAX_CONTENT_LENGTH"])
            csrf.protect()

    @app.after_request
    def harden(response: Response) -> Response:
        if request.path.startswith(PREFIX):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers["Referrer-Policy"] = "same-origin"  # CSRF protection reads it over HTTPS
            response.headers.update(_ISOLATED)
        return response

    answer_away = app.error_handler_spec[None][None][SQLAlchemyError]

    @app.errorhandler(SQLAlchemyError)
    def say_away(error: SQLAlchemyError) -> Response:
        """Say under `/staff/` that nothing can be read or saved, on a page that reads nothing itself."""
        answered: Response = answer_away(error)  # type: ignore[assignment]
        if not request.path.startswith(PREFIX):
            return answered
        if _wants_page():
            address = request.full_path.removesuffix("?") if request.method == "GET" else PREFIX
            page = app.jinja_env.get_template("staff/away.html")  # no context processor, as these read the database
            answered.set_data(page.render(message=AWAY, address=address))
            answered.mimetype = "text/html"
        else:
            answered.set_data(error_response(503, "database_unavailable", AWAY).get_data())
        return answered

    answer_others = app.error_handler_spec[None][None][HTTPException]

    @app.errorhandler(HTTPException)
    def as_page(error: HTTPException) -> Response | tuple[str, int]:
        """Show an error under `/staff/` as a page, and leave others unchanged."""
        try:
            return show(error)
        except SQLAlchemyError as away:  # every page shows what the database holds
            return say_away(away)

    def show(error: HTTPException) -> Response | tuple[str, int]:
        wants_page = _wants_page()
        is_console = request.path.startswith(PREFIX)
        if is_console and not wants_page and isinstance(error, CSRFError) and not current_user.is_authenticated:
            return error_response(400, "signed_out", SIGNED_OUT)
        if not is_console or not wants_page:
            answered: Response = answer_others(error)  # type: ignore[assignment]
            return answered
        if isinstance(error, CSRFError):
            return _explain_token()
        message = error.description or error.name
        return render_template(
            "staff/error.html", status=error.code, name=error.name, message=message
        ), error.code or 500


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "text/html"


def _explain_token() -> tuple[str, int]:
    """Say that a form's token is not the session's, and lead to the sign-in page if there is no session any more."""
    if current_user.is_authenticated:
        return render_template("staff/error.html", name="Nothing was sent or saved", message=CHANGED), 400
    way_in = url_for("sign_in.sign_in", next=urlsplit(request.referrer or "").path or None)
    return render_template("staff/error.html", name="You were signed out", message=SIGNED_OUT, way_in=way_in), 400
