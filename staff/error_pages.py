"""Errors under `/staff/` as pages, in words for staff; what asks for JSON gets JSON."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound

from intake.errors import MissingKeyError
from web.errors import error_response

PREFIX = "/staff/"
SIGNED_OUT = "You were signed out, so nothing was sent or saved."
CHANGED = (
    "Nothing was sent or saved: your session has changed since this page was opened. Go back, reload the page, and try"
    " again."
)
NOWHERE = "There is nothing here that you can open: it may have been removed, or it is another practice’s."
NO_KEY = (
    "Intake can’t read its records, because an encryption key is missing. Nothing is lost. Ask whoever runs the server"
    " to put the key back into ENCRYPTION_KEYS, after the new one, and to restart every process; “intake keys status”"
    " says which one it is. Incoming messages are stored meanwhile, and no reply or notice goes out."
)
AWAY = (
    "Intake’s records can’t be reached. What you did last may not have been saved: look at it once they are back, in a"
    " minute or two. Incoming calls and texts are not answered meanwhile."
)


def show_errors_as_pages(app: Flask) -> None:
    """Show each error under `/staff/` as a page, and leave others as they are."""
    answer_others = app.error_handler_spec[None][None][HTTPException]
    answer_away = app.error_handler_spec[None][None][SQLAlchemyError]
    answer_unreadable = app.error_handler_spec[None][None][MissingKeyError]

    @app.errorhandler(HTTPException)
    def as_page(error: HTTPException) -> Response | tuple[str, int]:
        if not request.path.startswith(PREFIX):
            return answer_others(error)  # type: ignore[return-value]
        try:
            return _show(error) or answer_others(error)  # type: ignore[return-value]
        except SQLAlchemyError as away:  # every page shows what the database holds
            return as_away(away)
        except MissingKeyError as missing:
            return as_unreadable(missing)

    @app.errorhandler(SQLAlchemyError)
    def as_away(error: SQLAlchemyError) -> Response:
        answered: Response = answer_away(error)  # type: ignore[assignment]
        return _say_away(app, answered, AWAY) if request.path.startswith(PREFIX) else answered

    @app.errorhandler(MissingKeyError)
    def as_unreadable(error: MissingKeyError) -> Response:
        answered: Response = answer_unreadable(error)  # type: ignore[assignment]
        return _say_away(app, answered, NO_KEY) if request.path.startswith(PREFIX) else answered


def _show(error: HTTPException) -> Response | tuple[str, int] | None:
    """Return the page of an error under `/staff/`, None for what everything else gets."""
    if not _wants_page():
        is_signed_out = isinstance(error, CSRFError) and not current_user.is_authenticated
        return error_response(400, "signed_out", SIGNED_OUT) if is_signed_out else None
    if isinstance(error, CSRFError):
        return _explain_token()
    message = NOWHERE if error.description == NotFound.description else error.description or error.name
    page = render_template("staff/error.html", status=error.code, name=error.name, message=message)
    return page, error.code or 500


def _say_away(app: Flask, answered: Response, message: str) -> Response:
    """Say why nothing can be read or saved, on a page that reads nothing itself."""
    if not _wants_page():
        code = answered.get_json()["error"]["code"]
        answered.set_data(error_response(503, code, message).get_data())
        return answered
    address = request.full_path.removesuffix("?") if request.method == "GET" else PREFIX
    page = app.jinja_env.get_template("staff/away.html")  # no context processor, as these read the database
    answered.set_data(page.render(message=message, address=address))
    answered.mimetype = "text/html"
    return answered


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "text/html"


def _explain_token() -> tuple[str, int]:
    """Say that a form's token is not the session's, and lead to the sign-in page if there is no session any more."""
    if current_user.is_authenticated:
        return render_template("staff/error.html", name="Nothing was sent or saved", message=CHANGED), 400
    way_in = url_for("sign_in.sign_in", next=urlsplit(request.referrer or "").path or None)
    return render_template("staff/error.html", name="You were signed out", message=SIGNED_OUT, way_in=way_in), 400
