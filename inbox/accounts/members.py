"""Staff accounts and their sessions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.orm import Session, joinedload

from inbox.accounts.passwords import NO_PASSWORD, hash_password, words_about
from inbox.accounts.sign_in_failures import forget_failures
from inbox.accounts.staff_links import void_links
from inbox.models import Role, StaffMember, StaffPractice, StaffSession, now
from intake import email_address
from intake.errors import IntakeError

IDLE_ENDS = timedelta(hours=8)
SESSION_ENDS = timedelta(days=7)
PROOF_LASTS = timedelta(minutes=5)
_SEEN_EVERY = timedelta(minutes=1)


def add_member(
    session: Session, email: str, name: str, role: Role, practices: Iterable[str], password: str | None
) -> StaffMember:
    """Add a staff account.

    Args:
        session: an open write transaction.
        email: the email address.
        name: the name that colleagues see.
        role: the role.
        practices: the slugs of the member's practices.
        password: the password; None if the account cannot sign in with one yet.

    Raises:
        IntakeError: the email address is invalid or taken, or the password is too short, too long, or easy to guess.
    """
    address, slugs = email_address.normalise(email), list(dict.fromkeys(practices))
    if find_member(session, address) is not None:
        raise IntakeError(f"{email.strip()} already has an account: use `intake staff reset` to set a new password")
    member = StaffMember(
        email=address,
        name=name,
        role=role,
        password_hash=NO_PASSWORD if password is None else hash_password(password, words_about(address, name, slugs)),
        practices=[StaffPractice(practice=slug) for slug in slugs],
    )
    session.add(member)
    session.flush()
    return member


def find_member(session: Session, email: str) -> StaffMember | None:
    """Return the account of an email address, if there is one that was not removed."""
    return session.scalar(
        select(StaffMember).where(StaffMember.email == email.strip().lower(), StaffMember.removed_at.is_(None))
    )


def find_member_to_change(session: Session, staff_id: int) -> StaffMember:
    """Return an account, locked until the transaction ends."""
    return session.get_one(StaffMember, staff_id, with_for_update=True)


def all_members(session: Session) -> list[StaffMember]:
    """Return all accounts that were not removed, sorted by email address."""
    return list(
        session.scalars(select(StaffMember).where(StaffMember.removed_at.is_(None)).order_by(StaffMember.email))
    )


def set_password(session: Session, member: StaffMember, password: str) -> None:
    """Set a member's password, void the links to set another, and end any lock.

    Raises:
        IntakeError: the password is too short, too long, or easy to guess.
    """
    known = words_about(member.email, member.name, [row.practice for row in member.practices])
    member.password_hash = hash_password(password, known)
    void_links(session, member.id, now())
    unlock_member(session, member)


def unlock_member(session: Session, member: StaffMember) -> None:
    """Forget all failed sign-ins of a member."""
    member.failed_sign_ins, member.locked_until = 0, None
    forget_failures(session, member.id)


def open_session(session: Session, member: StaffMember, browser: str) -> str:
    """Open a session, delete the member's expired ones, and return the token for the cookie: 256 random bits."""
    token = secrets.token_urlsafe(32)
    member.failed_sign_ins, member.locked_until = 0, None
    session.execute(
        delete(StaffSession).where(StaffSession.staff_id == member.id, StaffSession.created_at < now() - SESSION_ENDS)
    )
    session.add(StaffSession(staff_id=member.id, token_hash=_digest(token), browser=browser[:200]))
    return token


@cache
def _session_of() -> Select[StaffSession]:
    """Return the query for the session of a token; every request asks it."""
    whose = joinedload(StaffSession.member, innerjoin=True).joinedload(StaffMember.practices)
    return select(StaffSession).where(StaffSession.token_hash == bindparam("token_hash")).options(whose)


def find_session(session: Session, token: str, moment: datetime) -> StaffSession | None:
    """Return the session of a token, None if it is revoked, expired, or idle too long, or its member is disabled."""
    found = find_ended(session, token)
    if found is None or found.member.disabled_at is not None or not is_running(found, moment):
        return None
    return found


def find_ended(session: Session, token: str) -> StaffSession | None:
    """Return the session of a token, whether or not it is over, None if it is unknown; it lets nobody in."""
    return session.scalars(_session_of(), {"token_hash": _digest(token)}).unique().one_or_none()


def is_running(found: StaffSession, moment: datetime, idle_ends: timedelta = IDLE_ENDS) -> bool:
    """Return whether a session is not revoked, not expired, and not idle too long."""
    idle, age = moment - found.last_seen_at, moment - found.created_at
    return found.revoked_at is None and idle <= idle_ends and age <= SESSION_ENDS


def running_sessions(
    session: Session, staff_id: int, moment: datetime, idle_ends: timedelta = IDLE_ENDS
) -> list[StaffSession]:
    """Return a member's running sessions, most recently used first."""
    query = select(StaffSession).where(StaffSession.staff_id == staff_id).order_by(StaffSession.last_seen_at.desc())
    return [found for found in session.scalars(query) if is_running(found, moment, idle_ends)]


def has_proof(found: StaffSession, moment: datetime) -> bool:
    """Return whether the member signed in anew at the identity provider so lately that it still proves a change."""
    return found.proved_at is not None and timedelta(0) <= moment - found.proved_at <= PROOF_LASTS


def is_stale(found: StaffSession, moment: datetime) -> bool:
    """Return whether a session's last-seen time is due for an update."""
    return moment - found.last_seen_at > _SEEN_EVERY


def revoke_sessions(session: Session, staff_id: int, *, but: int | None = None) -> None:
    """Sign a member out everywhere, or everywhere but in one session."""
    query = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.revoked_at.is_(None))
    if but is not None:
        query = query.where(StaffSession.id != but)
    session.execute(query.values(revoked_at=now()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
