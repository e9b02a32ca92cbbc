"""Turning the marks in conversations on and off in one browser; a link does, so no script is needed."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from inbox.models import Role
from staff.auth.access import open_to, own_conversation
from staff.conversations.actions import finish_action
from web.services import services_of

blueprint = Blueprint("marks", __name__, url_prefix="/staff/conversations/<int:conversation_id>")

_COOKIE = "intake_marks"
_ON = "on"
_KEPT = timedelta(days=365)


def shows_marks() -> bool:
    """Return whether this browser shows the marks."""
    return request.cookies.get(_COOKIE) == _ON


@blueprint.get("/marks")
@open_to(Role.STAFF)
def switch(conversation_id: int) -> Response:
    """Turn the marks on with `show=on`, off with anything else, and return to the conversation."""
    with services_of(current_app).database.read() as session:
        own_conversation(session, conversation_id)
    response = finish_action(conversation_id)
    response.set_cookie(
        _COOKIE,
        _ON if request.args.get("show") == _ON else "off",
        max_age=_KEPT,
        path="/staff",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return response
