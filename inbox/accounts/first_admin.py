"""The first admin: a one-time link makes the first account of a service that has none."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.accounts.members import add_member
from inbox.audit.trail import record_action
from inbox.models import FirstAdminLink, PracticeSetup, Role, StaffMember
from intake.errors import IntakeError

LASTS = timedelta(hours=1)
LONGEST_NAME = 100
SAMPLE_COLLEAGUE = "ada.cole@sample.invalid"
VOID = "this link has expired, or an account exists already: sign in, or start the service again to get a new link"


def has_members(session: Session) -> bool:
    """Return whether any account exists; a removed one counts, as only a new service may be claimed by a link.

    The fictional colleague of the samples does not count: nobody can sign in as her.
    """
    return session.scalar(select(StaffMember.id).where(StaffMember.email != SAMPLE_COLLEAGUE).limit(1)) is not None


def offer_link(session: Session, moment: datetime) -> str | None:
    """Return the token of a new link, which voids the earlier ones; None if any account exists."""
    if has_members(session):
        return None
    session.execute(update(FirstAdminLink).where(FirstAdminLink.used_at.is_(None)).values(expires_at=moment))
    token = secrets.token_urlsafe(32)
    session.add(FirstAdminLink(token_hash=_digest(token), created_at=moment, expires_at=moment + LASTS))
    return token


def make_first_admin(
    session: Session, token: str, *, email: str, name: str, password: str, practices: Sequence[str], moment: datetime
) -> StaffMember:
    """Make the first account with a link's token, an administrator of every practice.

    Every unused link is locked until the transaction ends, so that of several browsers one makes the account.

    Raises:
        IntakeError: the link is not or no longer valid, or the name, the address, or the password cannot be used.
    """
    unused = select(FirstAdminLink).where(FirstAdminLink.used_at.is_(None)).order_by(FirstAdminLink.id)
    links = {link.token_hash: link for link in session.scalars(unused.with_for_update())}
    link = links.get(_digest(token))
    if link is None or link.expires_at <= moment or has_members(session):
        raise IntakeError(VOID)
    if not 0 < len(name) <= LONGEST_NAME:
        raise IntakeError(f"enter your name, up to {LONGEST_NAME} characters")
    member = add_member(session, email, name, Role.ADMIN, practices, password)
    link.used_at = moment
    session.add_all(PracticeSetup(practice=slug, started_at=moment) for slug in practices)
    record_action(
        session,
        staff_id=member.id,
        practice=None,
        action="first_admin_made",
        subject=f"staff:{member.id}",
        practices=sorted(practices),
    )
    return member


def address_of_link(public_url: str, token: str) -> str:
    """Return a link; the token comes after the #, which browsers send to nobody, so that it gets into no log."""
    return f"{public_url}/staff/first-admin#{token}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
