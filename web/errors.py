"""Error responses: `{"error": {"code", "message"}}`, never a traceback."""

from __future__ import annotations

import structlog
from flask import Flask, Response, jsonify
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from inbox.attachments.file_store import StoreAwayError
from intake.errors import MissingKeyError
from web.services import services_of

log = structlog.get_logger(__name__)

RETRY_SECONDS = "30"
_UNREADABLE = "This can’t be read right now. Try again later."
_FILES_AWAY = "Pictures and files can’t be reached right now. Try again in a minute."


class RequestError(Exception):
    """A refused request.

    Attributes:
        status: the HTTP status.
        code: a stable name for programs.
        message: what is wrong and what to do about it.
        spanish: the same for a patient who reads Spanish; empty if no patient reads it.
    """

    def __init__(self, status: int, code: str, message: str, spanish: str = "") -> None:
        super().__init__(message)
        self.spanish = spanish
        self.status = status
        self.code = code
        self.message = message


def error_response(status: int, code: str, message: str) -> Response:
    """Return an error in the format that clients expect."""
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    return response


def register_errors(app: Flask) -> None:
    """Send every kind of error in that format."""

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        return error_response(error.status, error.code, error.message)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        code = error.name.lower().replace(" ", "_")
        response = error_response(error.code or 500, code, error.description or error.name)
        if error.code == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
        return response

    @app.errorhandler(StoreAwayError)
    def files_away(error: StoreAwayError) -> Response:
        log.warning("files_away", error=error.strerror)
        response: Response = app.make_response(app.handle_http_exception(ServiceUnavailable(_FILES_AWAY)))
        response.headers["Retry-After"] = RETRY_SECONDS
        return response

    @app.errorhandler(MissingKeyError)
    def key_missing(_error: MissingKeyError) -> Response:
        services_of(app).log_once("encryption_key_missing")
        response = error_response(503, "encryption_key_missing", _UNREADABLE)
        response.headers["Retry-After"] = RETRY_SECONDS
        return response

    @app.errorhandler(SQLAlchemyError)
    def database_error(error: SQLAlchemyError) -> Response:
        if not isinstance(error, (DBAPIError, TimeoutError)):
            raise error  # a fault of this program, to be reported as one
        log.error("database_unavailable", error=type(error).__name__)
        response = error_response(503, "database_unavailable", "The message could not be stored. Send it again.")
        response.headers["Retry-After"] = "5"
        return response
