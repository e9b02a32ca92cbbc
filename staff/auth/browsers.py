"""The browsers in which a member is signed in, and signing out of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, flash, redirect, session, url_for
from flask_login import logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts.members import revoke_sessions, running_sessions
from inbox.audit.trail import record_action
from inbox.models import Role, now
from staff.auth.access import idle_limit, member, open_to
from staff.display import clock
from web.services import services_of

# Browsers whose User-Agent also names other browsers come first.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A browser in which the member is signed in, in display words."""

    id: int
    name: str
    since: str
    seen: str
    is_this: bool


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes that sign out of browsers to the account's blueprint."""
    blueprint.post("/sessions/<int:session_id>/end")(end_session)
    blueprint.post("/sessions/end-others")(end_other_sessions)
    blueprint.post("/sessions/end-all")(end_all_sessions)


@open_to(Role.STAFF)
def end_session(session_id: int) -> Response:
    """Sign out in another browser."""
    with services_of(current_app).database.write() as writing:
        running = {found.id: found for found in running_sessions(writing, member().id, now())}
        if session_id not in running:
            abort(404)
        running[session_id].revoked_at = now()
        _record(writing, "session_ended", browser=session_id)
    return _done("That browser has been signed out.")


@open_to(Role.STAFF)
def end_other_sessions() -> Response:
    """Sign out in every other browser."""
    with services_of(current_app).database.write() as writing:
        revoke_sessions(writing, member().id, but=member().session_id)
        _record(writing, "other_sessions_ended")
    return _done("You have been signed out everywhere else.")


@open_to(Role.STAFF)
def end_all_sessions() -> Response:
    """Sign out in every browser, this one included."""
    with services_of(current_app).database.write() as writing:
        revoke_sessions(writing, member().id)
        _record(writing, "all_sessions_ended")
    logout_user()
    session.clear()
    return redirect(url_for("sign_in.sign_in"), 303)


def list_browsers(reading: Session, zone: str) -> list[SignedInBrowser]:
    """Return the browsers in which the member is signed in, most recently used first."""
    practices = [services_of(current_app).practices.require(slug) for slug in member().practices]
    return [
        SignedInBrowser(
            id=found.id,
            name=describe_browser(found.browser),
            since=clock(found.created_at, zone),
            seen=clock(found.last_seen_at, zone),
            is_this=found.id == member().session_id,
        )
        for found in running_sessions(reading, member().id, now(), idle_limit(practices))
    ]


def describe_browser(agent: str) -> str:
    """Return the browser that a User-Agent header names, such as `Firefox on Windows`."""
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if system else browser


def _record(writing: Session, action: str, **detail: object) -> None:
    record_action(writing, staff_id=member().id, practice=None, action=action, subject=f"staff:{member().id}", **detail)


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for("account.show"), 303)
