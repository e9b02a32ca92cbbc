"""Who is signed in, and what they may reach: their own practices, and nothing of anybody else's.

A route finds rows through the functions here, which answer 404 for what belongs to another practice, as for what does
not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from flask_login import LoginManager, UserMixin, current_user, login_required
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.accounts import find_session, is_stale
from inbox.audit import record_action
from inbox.models import Conversation, Escalation, Message, Role, StaffSession, now
from intake.practices import Practice
from staff.live import is_refresh
from web.services import Services, services_of

View = TypeVar("View", bound=Callable[..., Any])
_RANK = {Role.STAFF: 0, Role.MANAGER: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Member(UserMixin):  # type: ignore[misc]
    """The member of staff who is signed in.

    Attributes:
        id: of the account.
        session_id: of the browser's session.
        token: what its cookie holds.
        email: as signed in with.
        name: as others see it.
        role: what they may do.
        practices: slugs of their practices that are in the practices file.
    """

    id: int
    session_id: int
    token: str
    email: str
    name: str
    role: Role
    practices: tuple[str, ...]

    def get_id(self) -> str:
        """Return what the cookie holds: the session's token rather than the account, so that it can be revoked."""
        return self.token

    def may(self, role: Role) -> bool:
        """Return whether they may do what a role may."""
        return _RANK[self.role] >= _RANK[role]


def manage_sign_ins(app: Flask) -> None:
    """Know a browser by the token in its cookie, and send those whom it does not know to the sign-in page."""
    manager = LoginManager(app)
    manager.login_view = "sign_in.sign_in"
    manager.login_message = None
    manager.session_protection = None  # sessions are rows here, and can be revoked

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Member | None:
        return load_member(services_of(app), token)


def load_member(services: Services, token: str) -> Member | None:
    """Return who is signed in with a token, if anybody is."""
    moment = now()
    with services.database.read() as session:
        found = find_session(session, token, moment)
        if found is None:
            return None
        member = found.member
        known = tuple(row.practice for row in member.practices if services.practices.by_slug(row.practice))
    if is_stale(found, moment) and not _is_by_itself():
        with services.database.write() as session:
            session.get_one(StaffSession, found.id).last_seen_at = moment
    return Member(member.id, found.id, token, member.email, member.name, Role(member.role), known)


def _is_by_itself() -> bool:
    """Return whether a page asks without anybody at it: one that is left open must not keep its session alive."""
    return is_refresh() or request.accept_mimetypes.best == "text/event-stream"


def member() -> Member:
    """Return who is signed in; only within a view that is `open_to` somebody."""
    found: Member = current_user._get_current_object()
    return found


def open_to(role: Role) -> Callable[[View], View]:
    """Let a view be seen by those who may do what a role may; others are asked to sign in, or answered 403."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            if not member().may(role):
                abort(403, "Your account does not have permission to do this. Ask your practice's administrator.")
            return view(*arguments, **named)

        guarded.open_to = role  # type: ignore[attr-defined]
        return login_required(guarded)  # type: ignore[no-any-return]

    return guard


def record_on_conversation(session: Session, conversation_id: int, practice: str, action: str, **detail: Any) -> None:
    """Add to the audit trail what whoever is signed in did with a conversation; see `inbox.audit.record_action`."""
    record_action(
        session,
        staff_id=member().id,
        practice=practice,
        action=action,
        subject=f"conversation:{conversation_id}",
        **detail,
    )


def own_practice(slug: str) -> Practice:
    """Return a practice of whoever is signed in; 404 for any other."""
    if slug not in member().practices:
        abort(404)
    return services_of(current_app).practices.require(slug)


def own_conversation(session: Session, conversation_id: int, *, lock: bool = False) -> Conversation:
    """Return a conversation of one's own practices; 404 for any other."""
    query = select(Conversation).where(
        Conversation.id == conversation_id, Conversation.practice.in_(member().practices)
    )
    return session.scalar(query.with_for_update() if lock else query) or abort(404)


def own_message(session: Session, message_id: int) -> Message:
    """Return a message to one of one's own practices; 404 for any other."""
    query = (
        select(Message)
        .join(Conversation)
        .where(Message.id == message_id, Conversation.practice.in_(member().practices))
    )
    return session.scalar(query) or abort(404)


def own_escalation(session: Session, escalation_id: int) -> Escalation:
    """Return an escalation of one of one's own practices; 404 for any other."""
    query = select(Escalation).where(Escalation.id == escalation_id, Escalation.practice.in_(member().practices))
    return session.scalar(query) or abort(404)
