"""Opening a session in a browser once a member has proved who they are, however they did."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, redirect, request, session
from flask_login import login_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from inbox.accounts.members import find_member_to_change, open_session
from inbox.accounts.sign_in_failures import forget_failures
from inbox.audit.trail import record_action
from inbox.models import Role
from staff.auth.access import load_member, member
from staff.auth.source import remember_device, source_of
from staff.setup.progress import find_unseen
from web.services import Services, services_of

HOME = "/staff/"
SETUP = "/staff/setup"


def enter(staff_id: int, factor: str) -> Response:
    """Sign a member in, and redirect to the page that they first asked for.

    Args:
        staff_id: the account.
        factor: how the member proved who they are, for the audit trail.
    """
    return enter_at(staff_id, factor, request.args.get("next", ""))


def enter_at(staff_id: int, factor: str, wanted: str) -> Response:
    """Sign a member in, and redirect to a page if it is one of the console's."""
    services = services_of(current_app)
    with services.database.write() as writing:
        account = find_member_to_change(writing, staff_id)
        token = open_session(writing, account, request.user_agent.string)
        forget_failures(writing, staff_id, source_of(staff_id))
        record_action(
            writing,
            staff_id=staff_id,
            practice=None,
            action="signed_in",
            subject=f"staff:{staff_id}",
            factor=factor,
        )
    session.clear()  # keep nothing from before the sign-in, above all not the CSRF token
    login_user(load_member(services, token))
    response = redirect(page_or_home(wanted or _first_page(services)), 303)
    remember_device(response, staff_id)
    return response


def _first_page(services: Services) -> str:
    """Return the page after a sign-in that asked for none: for managers, a checklist that nobody has seen."""
    found = member()
    slug = find_unseen(services, found.practices) if found.may(Role.MANAGER) else None
    return f"{SETUP}/{slug}" if slug else HOME


def page_or_home(wanted: str) -> str:
    """Return an address if it is one of the console's pages, else the inbox."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith(HOME) or "\\" in wanted or not wanted.isprintable():
        return HOME
    try:
        current_app.url_map.bind("").match(parts.path, "GET")
    except HTTPException:  # not a page, but for example the target of a form
        return HOME
    return wanted
