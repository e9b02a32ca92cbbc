"""Where a sign-in comes from: a network address, or a browser in which the member has signed in before.

The browser keeps a signed cookie that names it and those who signed in with it. It opens nothing by itself.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from inbox.accounts.sign_in_failures import SignInSource
from web.client_address import network_of
from web.services import services_of

COOKIE = "intake_device"
KEPT_SECONDS = 180 * 24 * 3600
MOST_MEMBERS = 20


def client_address() -> str:
    """Return the network address of the request."""
    return network_of(request.remote_addr or "")


def source_of(staff_id: int) -> SignInSource:
    """Return what wrong passwords for an account count for in this request."""
    device, members = _read()
    return (
        SignInSource.device(device, client_address()) if staff_id in members else SignInSource.address(client_address())
    )


def remember_device(response: Response, staff_id: int) -> None:
    """Let the browser prove from now on that the member has signed in with it."""
    device, members = _read()
    known = [*(member_id for member_id in members if member_id != staff_id), staff_id][-MOST_MEMBERS:]
    response.set_cookie(
        COOKIE,
        str(_serializer().dumps([device, known])),
        max_age=KEPT_SECONDS,
        path="/staff",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )


def _read() -> tuple[str, list[int]]:
    try:
        value: Any = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=KEPT_SECONDS)
    except BadData:
        return secrets.token_hex(16), []
    device, members = value
    return device, members


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services_of(current_app).settings.secret_key, salt="known device")
