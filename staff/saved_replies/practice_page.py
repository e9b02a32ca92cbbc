"""The saved replies of a practice, which its managers write and all of its members use."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Role
from inbox.replies.saved import Owner
from staff.auth.access import open_to, own_practice
from staff.saved_replies.editing import Desk, change_starter, delete_reply, preview_reply, save_reply, show_page
from staff.settings.page_actions import record_audit

blueprint = Blueprint("saved_replies", __name__, url_prefix="/staff/settings/<slug>/replies")


@blueprint.get("")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show them."""
    return show_page(_desk(slug))


@blueprint.post("")
@open_to(Role.MANAGER)
def add(slug: str) -> Response | tuple[str, int]:
    """Add one."""
    return save_reply(_desk(slug), None)


@blueprint.post("/preview")
@open_to(Role.MANAGER)
def preview(slug: str) -> str:
    """Show a text that is being typed as a patient would read it."""
    return preview_reply(_desk(slug))


@blueprint.post("/<int:reply_id>")
@open_to(Role.MANAGER)
def save(slug: str, reply_id: int) -> Response | tuple[str, int]:
    """Change one."""
    return save_reply(_desk(slug), reply_id)


@blueprint.post("/<int:reply_id>/delete")
@open_to(Role.MANAGER)
def delete(slug: str, reply_id: int) -> Response:
    """Delete one."""
    return delete_reply(_desk(slug), reply_id)


@blueprint.post("/starters/<starter>")
@open_to(Role.MANAGER)
def save_starter(slug: str, starter: str) -> Response | tuple[str, int]:
    """Put one of the starter set into other words."""
    return save_reply(_desk(slug), None, starter)


@blueprint.post("/starters/<starter>/state")
@open_to(Role.MANAGER)
def set_starter(slug: str, starter: str) -> Response:
    """Hide one of the starter set, show it again, or give it its first words back."""
    return change_starter(_desk(slug), starter, request.form.get("wanted", ""))


def _desk(slug: str) -> Desk:
    practice = own_practice(slug)

    def record(session: Session, action: str, reply_id: int) -> None:
        record_audit(session, slug, action, reply=reply_id)

    return Desk(Owner(practice=slug), practice, url_for("saved_replies.page", slug=slug), record)
