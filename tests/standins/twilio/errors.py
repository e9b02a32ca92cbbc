"""Twilio's error answers. Source of codes and wording: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

import json

from tests.standins.loopback import Response

CODE_OF_STATUS = {401: 20003, 403: 20403, 404: 20404, 405: 20004, 429: 20429, 500: 20500, 503: 20503}
MESSAGE_OF_CODE = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20403: "Forbidden",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
}


class ApiError(Exception):
    """A request that Twilio refuses, as the answer that says so."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status}/{code}")
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        """The answer in Twilio's JSON."""
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if self.status == 401 else {}
        payload = {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        return json_response(self.status, payload, headers)


def json_response(status: int, payload: object, headers: dict[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(status, json.dumps(payload).encode(), {"Content-Type": "application/json", **(headers or {})})


def bad_request(code: int, message: str) -> ApiError:
    """A parameter that Twilio will not take."""
    return ApiError(400, code, message)


def not_found(path: str) -> ApiError:
    """A path or a resource that is not there, or not this account's."""
    return ApiError(404, 20404, f"The requested resource {path} was not found")
