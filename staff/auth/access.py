"""Sign-in and access control: members can reach only their own practices' data.

Routes find rows through these functions, which answer 404 for another practice's rows, as if they did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_url
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts.emergency_access import open_accesses
from inbox.accounts.members import IDLE_ENDS, find_session, is_running, is_stale
from inbox.accounts.second_factor import lacks_second_factor
from inbox.audit.trail import record_action
from inbox.models import Conversation, Escalation, Message, Role, StaffSession, now
from intake.practices import Practice
from staff.live import is_refresh
from web.services import Services, services_of

REPLY_UNSENT = "reply"
NO_ALARM = (
    "There is no emergency here that you can open. Its patient’s data has been erased since, and nobody is paged for it"
    " anymore; or it is another practice’s."
)
View = TypeVar("View", bound=Callable[..., Any])
_WITHOUT_SECOND_FACTOR = ("account", "passkeys", "sign_in")
_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Member(UserMixin):  # type: ignore[misc]
    """The signed-in staff member.

    Attributes:
        id: the account's id.
        session_id: the id of the browser's session.
        token: the session token from the cookie.
        email: the email address.
        name: the name that colleagues see.
        role: the role.
        practices: the slugs of the member's practices that are in the practices file.
        emergency: the slugs of other practices whose conversations the member may open in an emergency, for now.
        lacks_second_factor: whether a practice requires two-step sign-in, and the member has not set it up.
    """

    id: int
    session_id: int
    token: str
    email: str
    name: str
    role: Role
    practices: tuple[str, ...]
    emergency: tuple[str, ...] = ()
    lacks_second_factor: bool = False

    @property
    def reachable(self) -> tuple[str, ...]:
        """The slugs of all practices whose conversations the member may open."""
        return self.practices + self.emergency

    def get_id(self) -> str:
        """Return the cookie's content: the session token, not the account's id, so that it can be revoked."""
        return self.token

    def may(self, role: Role) -> bool:
        """Return whether the member has a role's permissions."""
        return _RANK[self.role] >= _RANK[role]


def manage_sign_ins(app: Flask) -> None:
    """Identify browsers by the token in their cookie, and send unknown ones to the sign-in page."""
    manager = LoginManager(app)
    manager.session_protection = None  # sessions are rows here, and can be revoked

    @manager.unauthorized_handler  # type: ignore[untyped-decorator]
    def lead_to_sign_in() -> Response:
        return redirect(_way_in())

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Member | None:
        return load_member(services_of(app), token)


def _way_in() -> str:
    """Return the sign-in page's address, which leads back to the page; of a form, it also says that it was not sent."""
    if request.method in ("GET", "HEAD"):
        return str(login_url("sign_in.sign_in", request.url))
    if request.endpoint == "sign_in.sign_out":
        return url_for("sign_in.sign_in")
    if request.endpoint == "conversation.reply":
        place = url_for("conversation.page", **(request.view_args or {}))
        return url_for("sign_in.sign_in", next=place, unsent=REPLY_UNSENT)
    return url_for("sign_in.sign_in", next=urlsplit(request.referrer or "").path or None, unsent="form")


def load_member(services: Services, token: str) -> Member | None:
    """Return the member who is signed in with a token, if any."""
    moment = now()
    with services.database.read() as session:
        found = find_session(session, token, moment)
        if found is None:
            return None
        account = found.member
        known = tuple(row.practice for row in account.practices if services.practices.by_slug(row.practice))
        own = [services.practices.require(slug) for slug in known]
        if not is_running(found, moment, idle_limit(own)):
            return None
        granted = (slug for slug in open_accesses(session, account.id, moment) if slug not in known)
        emergency = tuple(slug for slug in granted if _still_allows(services, slug))
        lacks = any(practice.access.require_second_factor for practice in own) and lacks_second_factor(account)
    if is_stale(found, moment) and not _is_by_itself():
        with services.database.write() as session:
            session.get_one(StaffSession, found.id).last_seen_at = moment
    return Member(
        account.id,
        found.id,
        token,
        account.email,
        account.name,
        Role(account.role),
        known,
        emergency,
        lacks_second_factor=lacks,
    )


def _still_allows(services: Services, slug: str) -> bool:
    """Return whether a practice exists and has not turned emergency access off since it began."""
    practice = services.practices.by_slug(slug)
    return practice is not None and practice.access.emergency_access


def idle_limit(practices: Sequence[Practice]) -> timedelta:
    """Return after how much idle time a member of these practices is signed out: the strictest limit counts."""
    limits = [practice.access.idle_minutes for practice in practices if practice.access.idle_minutes]
    return min(IDLE_ENDS, *(timedelta(minutes=minutes) for minutes in limits)) if limits else IDLE_ENDS


def _is_by_itself() -> bool:
    """Return whether an open page sent the request by itself, which must not keep the session alive."""
    return is_refresh() or request.accept_mimetypes.best == "text/event-stream"


def member() -> Member:
    """Return the signed-in member; call it only in views decorated with `open_to`."""
    found: Member = current_user._get_current_object()
    return found


def open_to(role: Role) -> Callable[[View], View]:
    """Restrict a view to members with a role's permissions; others must sign in or get a 403."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            if not member().may(role):
                abort(403, "Your account does not have permission to do this. Ask your practice's administrator.")
            if member().lacks_second_factor and request.blueprint not in _WITHOUT_SECOND_FACTOR:
                if request.method == "GET":
                    return redirect("/staff/account")
                abort(403, "Your practice requires two-step sign-in. Set it up on your account page first.")
            return view(*arguments, **named)

        guarded.open_to = role  # type: ignore[attr-defined]
        return login_required(guarded)  # type: ignore[no-any-return]

    return guard


def record_on_conversation(session: Session, conversation_id: int, practice: str, action: str, **detail: Any) -> None:
    """Record the signed-in member's action on a conversation in the audit trail, as `record_action()` does."""
    if practice in member().emergency:
        detail["emergency"] = True
    record_action(
        session,
        staff_id=member().id,
        practice=practice,
        action=action,
        subject=f"conversation:{conversation_id}",
        **detail,
    )


def own_practice(slug: str) -> Practice:
    """Return one of the signed-in member's practices, or abort with 404."""
    if slug not in member().practices:
        abort(404)
    return services_of(current_app).practices.require(slug)


def first_practice() -> str:
    """Return the slug of the signed-in member's first practice, or abort with 404 if there is none."""
    return member().practices[0] if member().practices else abort(404)


def own_conversation(session: Session, conversation_id: int, *, lock: bool = False) -> Conversation:
    """Return a conversation of the signed-in member's practices, or abort with 404."""
    query = select(Conversation).where(
        Conversation.id == conversation_id, Conversation.practice.in_(member().reachable)
    )
    return session.scalar(query.with_for_update() if lock else query) or abort(404)


def own_conversations(session: Session, conversation_ids: Collection[int]) -> Sequence[Conversation]:
    """Return and lock those of some conversations that are of the signed-in member's practices; others are left out."""
    own = (Conversation.id.in_(conversation_ids), Conversation.practice.in_(member().reachable))
    return session.scalars(select(Conversation).where(*own).order_by(Conversation.id).with_for_update()).all()


def own_message(session: Session, message_id: int) -> Message:
    """Return a message to the signed-in member's practices, or abort with 404."""
    query = (
        select(Message)
        .join(Conversation)
        .where(Message.id == message_id, Conversation.practice.in_(member().reachable))
    )
    return session.scalar(query) or abort(404)


def own_escalation(session: Session, escalation_id: int) -> Escalation:
    """Return an escalation of the signed-in member's practices, or abort with 404; links to it outlive it."""
    query = select(Escalation).where(Escalation.id == escalation_id, Escalation.practice.in_(member().reachable))
    return session.scalar(query) or abort(404, NO_ALARM)
