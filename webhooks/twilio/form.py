"""Reading the form of a Twilio webhook: validate the parameters in use and ignore all others."""

from __future__ import annotations

import re

from flask import Request

from web.errors import RequestError


def required(name: str, request: Request, pattern: re.Pattern[str] | None = None) -> str:
    """Return a required parameter.

    Raises:
        RequestError: 400 if it is missing, too long, or does not match the pattern.
    """
    value = request.form.get(name, "").strip()
    if not value or len(value) > 64 or (pattern and not pattern.fullmatch(value)):
        raise RequestError(400, "invalid_parameter", f"{name} is missing or is not in Twilio's format.")
    return value


def optional(name: str, request: Request, pattern: re.Pattern[str]) -> str | None:
    """Return a parameter, None if it is missing or empty.

    Raises:
        RequestError: 400 if it is too long or does not match the pattern.
    """
    return required(name, request, pattern) if request.form.get(name, "").strip() else None
