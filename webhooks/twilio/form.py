"""Reading the form of a Twilio webhook: what is needed is checked, everything else is ignored."""

from __future__ import annotations

import re

from flask import Request

from web.errors import RequestError


def required(name: str, request: Request, pattern: re.Pattern[str] | None = None) -> str:
    """Return a parameter.

    Raises:
        RequestError: 400, it is missing, too long, or not of the form that it has to have.
    """
    value = request.form.get(name, "").strip()
    if not value or len(value) > 64 or (pattern and not pattern.fullmatch(value)):
        raise RequestError(400, "invalid_parameter", f"{name} is missing or is not in Twilio's format.")
    return value


def optional(name: str, request: Request, pattern: re.Pattern[str]) -> str | None:
    """Return a parameter that may be missing or empty.

    Raises:
        RequestError: 400, it is there and not of the form that it has to have.
    """
    return required(name, request, pattern) if request.form.get(name, "").strip() else None
