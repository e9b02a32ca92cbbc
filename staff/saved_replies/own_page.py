"""A member's own saved replies, which nobody else sees."""

from __future__ import annotations

from flask import Blueprint, current_app, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit.trail import record_action
from inbox.models import Role
from inbox.replies.saved import Owner
from staff.auth.access import member, open_to
from staff.saved_replies.editing import Desk, delete_reply, preview_reply, save_reply, show_page
from web.services import services_of

blueprint = Blueprint("own_replies", __name__, url_prefix="/staff/account/replies")


@blueprint.get("")
@open_to(Role.STAFF)
def page() -> str:
    """Show them."""
    return show_page(_desk())


@blueprint.post("")
@open_to(Role.STAFF)
def add() -> Response | tuple[str, int]:
    """Add one."""
    return save_reply(_desk(), None)


@blueprint.post("/preview")
@open_to(Role.STAFF)
def preview() -> str:
    """Show a text that is being typed as a patient would read it."""
    return preview_reply(_desk())


@blueprint.post("/<int:own_reply_id>")
@open_to(Role.STAFF)
def save(own_reply_id: int) -> Response | tuple[str, int]:
    """Change one."""
    return save_reply(_desk(), own_reply_id)


@blueprint.post("/<int:own_reply_id>/delete")
@open_to(Role.STAFF)
def delete(own_reply_id: int) -> Response:
    """Delete one."""
    return delete_reply(_desk(), own_reply_id)


def _desk() -> Desk:
    own = member().practices
    practice = services_of(current_app).practices.require(own[0]) if own else None
    return Desk(Owner(staff_id=member().id), practice, url_for("own_replies.page"), _record)


def _record(session: Session, action: str, reply_id: int) -> None:
    subject = f"saved_reply:{reply_id}"
    record_action(session, staff_id=member().id, practice=None, action=action, subject=subject)
