"""Mail to staff about their accounts: one-time links, and word of emergency access. It never names a patient."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import BindParameter, Select, and_, or_, select, update

from inbox.accounts.emergency_access import admins_of
from inbox.accounts.staff_links import address_of_link, give_token, has_token
from inbox.models import EmergencyAccess, LinkPurpose, StaffLink, now
from intake.practices import Practice, Practices
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.protocol import NotSent, Outcome, OutgoingMessage, Postponed, Refused, Retryable
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

ATTEMPT = timedelta(minutes=2)
"""An attempt that takes longer has died with its worker."""
ANNOUNCED_WITHIN = timedelta(days=1)
"""How long after an emergency access its administrators are still mailed, if the mail server takes nothing."""
_SUBJECTS = {LinkPurpose.INVITE: "Your Intake account", LinkPurpose.RESET: "Reset your Intake password"}
_BODIES = {
    LinkPurpose.INVITE: (
        "{practice} has given you an account in Intake, where the practice answers its patients.\n\n"
        "Open this link within three days to choose a password:\n{link}\n\n"
        "Your email address to sign in is {email}."
    ),
    LinkPurpose.RESET: (
        "Someone asked to reset the password of your Intake account at {practice}.\n\n"
        "Open this link within an hour to choose a new password:\n{link}\n\n"
        "If it was not you, ignore this email: your password stays the same."
    ),
}
_EMERGENCY = (
    "{who} has opened emergency access to the conversations of {practice}, until {until} (UTC).\n\n"
    "Read the reason and review it here:\n{link}"
)


def practice_that_mails(settings: Settings, practices: Practices, slugs: Iterable[str]) -> Practice | None:
    """Return the first practice that can send mail to its staff; None if the service or the practices cannot."""
    if settings.smtp_url is None:
        return None
    known = (practices.by_slug(slug) for slug in slugs)
    return next((practice for practice in known if practice is not None and practice.email is not None), None)


def mail_link(context: Context, link_id: int) -> AfterCommit:
    """Make a one-time link and mail it; the link is in the mail alone, and its hash in the database."""
    moment = now()
    with context.database.write() as session:
        link = session.get(StaffLink, link_id, with_for_update=True)
        if link is None or link.used_at is not None or link.expires_at <= moment:
            return AfterCommit()
        if link.token_hash is not None and not _is_over(link.mail_again_at, moment):
            return AfterCommit()
        slugs = [row.practice for row in link.member.practices]
        practice = practice_that_mails(context.settings, context.practices, slugs)
        purpose, email = LinkPurpose(link.purpose), link.member.email
        token = give_token(link)
        link.mail_again_at = moment + ATTEMPT
    if practice is None:
        outcome: Outcome = NotSent()
    else:
        address = address_of_link(context.settings.public_url, token)
        body = _BODIES[purpose].format(practice=practice.name, link=address, email=email)
        outcome = _send(context, practice, email, _SUBJECTS[purpose], body, f"link-{link_id}")
    with context.database.write() as session:
        link = session.get(StaffLink, link_id, with_for_update=True)
        if link is not None and has_token(link, token):  # no other attempt has begun
            link.mail_again_at = None
            if isinstance(outcome, Retryable | Postponed):
                link.token_hash = None  # the reconciler tries again
    if isinstance(outcome, Refused | NotSent):
        log.error("account_mail_failed", link_id=link_id, outcome=type(outcome).__name__)
    return AfterCommit()


def announce_emergency(context: Context, access_id: int) -> AfterCommit:
    """Mail a practice's administrators that someone opened emergency access, each of them once."""
    moment = now()
    with context.database.write() as session:
        access = session.get(EmergencyAccess, access_id, with_for_update=True)
        if access is None or access.announced_at is not None or access.reviewed_at is not None:
            return AfterCommit()
        if access.announce_again_at is not None and not _is_over(access.announce_again_at, moment):
            return AfterCommit()
        practice = practice_that_mails(context.settings, context.practices, [access.practice])
        if practice is None:
            access.announced_at = moment
            return AfterCommit()
        access.announce_again_at = moment + ATTEMPT
        is_last = moment > access.expires_at + ANNOUNCED_WITHIN
        admins = {admin.id: admin.email for admin in admins_of(session, access.practice)}
        link = f"{context.settings.public_url}/staff/accounts/emergency"
        until = f"{access.expires_at:%b %d, %H:%M}"
        body = _EMERGENCY.format(who=access.member.name, practice=practice.name, until=until, link=link)
        left = [staff_id for staff_id in admins if staff_id not in access.announced_to]
    is_done, subject = True, f"Emergency access at {practice.name}"
    for staff_id in left:
        outcome = _send(context, practice, admins[staff_id], subject, body, f"emergency-{access_id}-{staff_id}")
        if isinstance(outcome, Retryable | Postponed | Refused):
            log.error("account_mail_failed", access_id=access_id, outcome=type(outcome).__name__)
        if isinstance(outcome, Retryable | Postponed):
            is_done = is_last
        else:
            _note_told(context, access_id, staff_id)
    if is_done:
        with context.database.write() as session:
            session.execute(update(EmergencyAccess).where(EmergencyAccess.id == access_id).values(announced_at=now()))
    return AfterCommit()


def due_links(moment: BindParameter[datetime], young: BindParameter[datetime]) -> Select[int]:
    """Return a query for the links whose mail was not taken, or whose job or worker is likely lost."""
    is_left = or_(StaffLink.created_at <= young, StaffLink.created_at > moment)
    return (
        select(StaffLink.id)
        .where(
            StaffLink.used_at.is_(None),
            StaffLink.expires_at > moment,
            or_(and_(StaffLink.token_hash.is_(None), is_left), StaffLink.mail_again_at <= moment),
        )
        .order_by(StaffLink.id)
    )


def due_announcements(moment: BindParameter[datetime], young: BindParameter[datetime]) -> Select[int]:
    """Return a query for the emergency accesses of which some administrator may have had no word."""
    again_at = EmergencyAccess.announce_again_at
    is_left = or_(EmergencyAccess.created_at <= young, EmergencyAccess.created_at > moment)
    return (
        select(EmergencyAccess.id)
        .where(
            EmergencyAccess.announced_at.is_(None),
            EmergencyAccess.reviewed_at.is_(None),
            or_(and_(again_at.is_(None), is_left), again_at <= moment),
        )
        .order_by(EmergencyAccess.id)
    )


def _is_over(again_at: datetime | None, moment: datetime) -> bool:
    """Return whether an attempt to mail has taken so long that its worker must have died."""
    return again_at is not None and again_at <= moment


def _note_told(context: Context, access_id: int, staff_id: int) -> None:
    with context.database.write() as session:
        access = session.get_one(EmergencyAccess, access_id, with_for_update=True)
        access.announced_to = [*access.announced_to, staff_id]
        access.announce_again_at = now() + ATTEMPT


def _send(context: Context, practice: Practice, to: str, subject: str, body: str, key: str) -> Outcome:
    return context.senders[Medium.EMAIL].send(
        OutgoingMessage(
            delivery_id=None,
            to=to,
            sender=practice.email or "",
            body=body,
            sending_at=now(),
            from_name=practice.sender_name,
            subject=subject,
            staff_mail=f"{key}-{now():%Y%m%d%H%M%S%f}",
        )
    )
