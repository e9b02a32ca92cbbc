"""The accounts page: administrators invite members of their practices, change their rights, and help them back in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts.administration import (
    awaits_password,
    change_rights,
    disable_member,
    enable_member,
    invite_member,
    may_administer,
    may_keep_out,
    members_of,
    remove_member,
    renew_link,
    reset_member,
)
from inbox.accounts.members import find_member_to_change
from inbox.accounts.passwords import NO_PASSWORD
from inbox.accounts.second_factor import has_second_factor
from inbox.accounts.sign_in_failures import are_codes_locked
from inbox.accounts.staff_links import address_of_link, give_token, newest_links
from inbox.models import LinkPurpose, Role, StaffLink, StaffMember, now
from intake.errors import IntakeError
from staff import display
from staff.auth.access import member, open_to
from tasks.mail.accounts import practice_that_mails
from web.services import services_of

blueprint = Blueprint("accounts", __name__, url_prefix="/staff/accounts")

ROLES = {
    Role.STAFF: "Staff: answer patients",
    Role.MANAGER: "Manager: also settings and quality",
    Role.ADMIN: "Admin: also accounts and everything about a patient",
}
LONGEST_NAME = 100
NOT_YOURSELF = "You cannot change your own account here. Ask another administrator."


@blueprint.get("")
@open_to(Role.ADMIN)
def page() -> Response:
    """Show the accounts of the member's practices, and a form to invite someone."""
    return _page()


@blueprint.post("")
@open_to(Role.ADMIN)
def invite() -> Response:
    """Create an account and mail its owner a link to set a password, or show the link once."""
    name = request.form.get("name", "").strip()
    role, practices = _rights()
    if not 0 < len(name) <= LONGEST_NAME:
        return _page(f"Enter the person’s name, up to {LONGEST_NAME} characters.")
    if role is None or not practices:
        return _page("Choose a role and at least one practice.")
    try:
        with services_of(current_app).database.write() as writing:
            _acting_admin(writing)
            link = invite_member(
                writing,
                member().id,
                email=request.form.get("email", ""),
                name=name,
                role=role,
                practices=practices,
                moment=now(),
            )
            handed = _hand_over(link, practices)
    except IntakeError as error:
        reason = str(error).partition(": use")[0]
        return _page(f"{reason[:1].upper()}{reason[1:]}.")
    return _handed_over(link, handed, f"Invited {name}.")


@blueprint.post("/<int:staff_id>/invitation")
@open_to(Role.ADMIN)
def repeat_invitation(staff_id: int) -> Response:
    """Give a member who was invited or reset, and has no password yet, a new link in place of the last one."""
    with services_of(current_app).database.write() as writing:
        account = _own_account(writing, staff_id)
        name = account.name
        if not awaits_password(account):
            return _done(f"{name} needs no invitation. Reset the password if they cannot sign in.")
        link = renew_link(writing, member().id, account, now())
        handed = _hand_over(link, [row.practice for row in account.practices])
    done = f"Invited {name} again." if link.purpose == LinkPurpose.INVITE else f"Reset {name}’s password again."
    return _handed_over(link, handed, f"{done} The earlier link no longer works.")


@blueprint.post("/<int:staff_id>/rights")
@open_to(Role.ADMIN)
def change(staff_id: int) -> Response:
    """Set a member's role and practices, which signs them out."""
    with services_of(current_app).database.write() as writing:
        account = _own_account(writing, staff_id)
        role, practices = _rights()
        if staff_id == member().id:
            return _done(NOT_YOURSELF)
        if role is None or not practices:
            return _done("Choose a role and at least one practice.")
        changed = change_rights(writing, member().id, account, role, practices)
        name = account.name
    return _done(f"Changed {name}’s account and signed them out." if changed else "Nothing changed.")


@blueprint.post("/<int:staff_id>/disable")
@open_to(Role.ADMIN)
def disable(staff_id: int) -> Response:
    """Sign a member out everywhere, and keep them out."""
    with services_of(current_app).database.write() as writing:
        account = _own_account(writing, staff_id, may=_may_disable)
        if staff_id == member().id:
            return _done(NOT_YOURSELF)
        disable_member(writing, member().id, account, now())
        name = account.name
    return _done(f"Disabled {name}’s account and signed them out everywhere.")


@blueprint.post("/<int:staff_id>/enable")
@open_to(Role.ADMIN)
def enable(staff_id: int) -> Response:
    """Let a member in again who was disabled or locked."""
    with services_of(current_app).database.write() as writing:
        account = _own_account(writing, staff_id)
        enable_member(writing, member().id, account)
        name = account.name
    return _done(f"{name} can sign in again.")


@blueprint.post("/<int:staff_id>/remove")
@open_to(Role.ADMIN)
def remove(staff_id: int) -> Response:
    """End a member's account for good; what they wrote keeps their name."""
    try:
        with services_of(current_app).database.write() as writing:
            account = _own_account(writing, staff_id)
            if staff_id == member().id:
                return _done(NOT_YOURSELF)
            name = account.name
            remove_member(writing, member().id, account, now())
    except IntakeError as error:
        return _done(f"{error}.")
    return _done(f"Removed {name}’s account. What they wrote keeps their name.")


@blueprint.post("/<int:staff_id>/reset")
@open_to(Role.ADMIN)
def reset(staff_id: int) -> Response:
    """Sign a member out and give them a link to set a new password; also remove a lost second factor if asked to."""
    second_factor = bool(request.form.get("second_factor"))
    with services_of(current_app).database.write() as writing:
        account = _own_account(writing, staff_id)
        if staff_id == member().id:
            return _done(NOT_YOURSELF)
        link = reset_member(writing, member().id, account, now(), second_factor=second_factor)
        handed = _hand_over(link, [row.practice for row in account.practices])
        name = account.name
    return _handed_over(link, handed, f"Reset {name}’s account and signed them out.")


def _may_change(account: StaffMember) -> bool:
    return may_administer(account, member().practices)


def _may_disable(account: StaffMember) -> bool:
    existing = [practice.slug for practice in services_of(current_app).practices.all]
    return may_keep_out(account, member().practices, existing)


def _own_account(session: Session, staff_id: int, may: Callable[[StaffMember], bool] = _may_change) -> StaffMember:
    """Return an account with which the signed-in administrator may do something, locked, or abort with 404."""
    if session.get(StaffMember, staff_id) is None:
        abort(404)
    # both locked, the older first: of two administrators who end each other's rights at once, one stays
    locked = {found: find_member_to_change(session, found) for found in sorted({member().id, staff_id})}
    _acting_admin(session)
    if not may(locked[staff_id]):
        abort(404)
    return locked[staff_id]


def _acting_admin(session: Session) -> None:
    """Abort with 403 unless the signed-in member is still an administrator of their practices; lock their account."""
    account = find_member_to_change(session, member().id)
    kept = {row.practice for row in account.practices}
    if account.disabled_at is not None or account.role != Role.ADMIN or not kept.issuperset(member().practices):
        abort(403, "Your account has just been changed. Sign in again.")


def _rights() -> tuple[Role | None, list[str]]:
    """Return the role and the practices that the form names; only the administrator's own practices count."""
    role = request.form.get("role", "")
    chosen = [slug for slug in request.form.getlist("practices") if slug in member().practices]
    return Role(role) if role in set(Role) else None, chosen


def _hand_over(link: StaffLink, practices: list[str]) -> str:
    """Return a link to show once, or an empty text if it will be mailed."""
    services = services_of(current_app)
    if practice_that_mails(services.settings, services.practices, practices) is not None:
        return ""
    return address_of_link(services.settings.public_url, give_token(link))


def _handed_over(link: StaffLink, address: str, done: str) -> Response:
    if not address:
        services_of(current_app).queue.put("mail_link", link.id)
        return _done(f"{done} A link to set a password is on its way by email.")
    days = "three days" if link.purpose == LinkPurpose.INVITE else "an hour"
    return make_response(render_template("staff/account_link.html", done=done, address=address, lasts=days))


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for(".page"), 303)


def _page(problem: str = "") -> Response:
    services = services_of(current_app)
    practices = {slug: services.practices.require(slug).name for slug in member().practices}
    with services.database.read() as reading:
        members = members_of(reading, member().practices)
        links = newest_links(reading, [account.id for account in members if account.password_hash == NO_PASSWORD])
        accounts = [_shown(account, links.get(account.id)) for account in members]
    shown = render_template(
        "staff/accounts.html",
        accounts=accounts,
        practices=practices,
        roles={role.value: words for role, words in ROLES.items()},
        problem=problem,
        typed=request.form,
    )
    return make_response(shown, 400 if problem else 200)


def _say_link(link: StaffLink | None, zone: str) -> str:
    """Return when a member without a password was sent a link, what for, and until when it can be used."""
    if link is None:
        return "Has no link to choose a password."
    sent, ends = display.dated_clock(link.created_at, zone), display.dated_clock(link.expires_at, zone)
    is_reset = link.purpose == LinkPurpose.RESET
    if link.token_hash is None:
        return f"The {'link' if is_reset else 'invitation'} of {sent} is still waiting for the mail server."
    begin = f"Password reset, link sent {sent}." if is_reset else f"Invited {sent}."
    return f"{begin} The link {'expired' if link.expires_at <= now() else 'expires'} {ends}."


def _shown(account: StaffMember, link: StaffLink | None) -> dict[str, Any]:
    services = services_of(current_app)
    slugs = [row.practice for row in account.practices if row.practice in member().practices]
    has_none = account.password_hash == NO_PASSWORD and account.oidc_subject is None
    was_reset = link is not None and link.purpose == LinkPurpose.RESET
    states = {
        "Disabled": account.disabled_at is not None,
        "Invited": has_none and not was_reset,
        "Password reset": has_none and was_reset,
        "Locked": are_codes_locked(account, now()),
        "Two-step sign-in": has_second_factor(account),
        "Single sign-on": account.oidc_subject is not None,
    }
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "role": account.role,
        "slugs": slugs,
        "practices": ", ".join(services.practices.require(slug).name for slug in slugs),
        "link": _say_link(link, services.practices.require(slugs[0]).time_zone) if awaits_password(account) else "",
        "renews": "Send a new link" if was_reset else "Invite again",
        "states": [words for words, holds in states.items() if holds],
        "disabled": account.disabled_at is not None,
        "is_self": account.id == member().id,
        "may_change": account.id != member().id and _may_change(account),
        "may_disable": account.id != member().id and _may_disable(account),
    }
