"""One-time links with which a member sets a password: an invitation, or a reset."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.accounts.passwords import NO_PASSWORD
from inbox.models import LinkPurpose, StaffLink, StaffMember

LASTS = {LinkPurpose.INVITE: timedelta(days=3), LinkPurpose.RESET: timedelta(hours=1)}
MAILED_AGAIN_AFTER = timedelta(minutes=5)


def add_link(session: Session, staff_id: int, purpose: LinkPurpose, moment: datetime) -> StaffLink:
    """Add a link for a member, and void the earlier ones."""
    void_links(session, staff_id, moment)
    link = StaffLink(staff_id=staff_id, purpose=purpose, created_at=moment, expires_at=moment + LASTS[purpose])
    session.add(link)
    session.flush()
    return link


def newest_links(session: Session, staff_ids: Collection[int]) -> dict[int, StaffLink]:
    """Return the last link that each of some members got, by their ids."""
    query = select(StaffLink).where(StaffLink.staff_id.in_(staff_ids)).order_by(StaffLink.id)
    return {link.staff_id: link for link in session.scalars(query)}


def next_purpose(session: Session, member: StaffMember) -> LinkPurpose:
    """Return what another link is for: to reset a password, or what the last one was for if that was not used."""
    if member.password_hash != NO_PASSWORD:
        return LinkPurpose.RESET
    last = newest_links(session, [member.id]).get(member.id)
    return LinkPurpose(last.purpose) if last is not None else LinkPurpose.INVITE


def void_links(session: Session, staff_id: int, moment: datetime) -> None:
    """Make a member's unused links worthless."""
    session.execute(
        update(StaffLink)
        .where(StaffLink.staff_id == staff_id, StaffLink.used_at.is_(None), StaffLink.expires_at > moment)
        .values(expires_at=moment)
    )


def give_token(link: StaffLink) -> str:
    """Give a link its token, 256 random bits, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    link.token_hash = _digest(token)
    return token


def has_token(link: StaffLink, token: str) -> bool:
    """Return whether a token is the link's, and not one that another has replaced."""
    return link.token_hash == _digest(token)


def find_link(session: Session, token: str, moment: datetime) -> StaffLink | None:
    """Return the link with a token, locked, unless it was used, has expired, or its member is disabled."""
    query = select(StaffLink).where(StaffLink.token_hash == _digest(token), StaffLink.used_at.is_(None))
    link = session.scalar(query.with_for_update())
    if link is None or link.expires_at <= moment or link.member.disabled_at is not None:
        return None
    return link


def may_reset(member: StaffMember) -> bool:
    """Return whether a member may set a password by mail; whoever has none with single sign-on gets none that way."""
    return member.disabled_at is None and not (member.password_hash == NO_PASSWORD and member.oidc_subject)


def was_asked_lately(session: Session, staff_id: int, moment: datetime) -> bool:
    """Return whether a member got a link so short a time ago that no other is mailed."""
    query = select(StaffLink.id).where(
        StaffLink.staff_id == staff_id, StaffLink.created_at > moment - MAILED_AGAIN_AFTER
    )
    return session.scalar(query.limit(1)) is not None


def address_of_link(public_url: str, token: str) -> str:
    """Return a link; the token comes after the #, which browsers send to nobody, so that it gets into no log."""
    return f"{public_url}/staff/set-password#{token}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
