"""Mail to staff about their accounts: one-time links, and word of emergency access. It never names a patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from inbox.emergency_access import admins_of
from inbox.models import EmergencyAccess, LinkPurpose, StaffLink, now
from inbox.staff_links import address_of_link, give_token
from intake.practices import Practice, Practices
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.protocol import NotSent, Outcome, OutgoingMessage, Postponed, Refused, Retryable
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

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
    with context.database.write() as session:
        link = session.get(StaffLink, link_id, with_for_update=True)
        if link is None or link.token_hash is not None or link.used_at is not None or link.expires_at <= now():
            return AfterCommit()
        slugs = [row.practice for row in link.member.practices]
        practice = practice_that_mails(context.settings, context.practices, slugs)
        purpose, email = LinkPurpose(link.purpose), link.member.email
        token = give_token(link)
    if practice is None:
        outcome: Outcome = NotSent()
    else:
        address = address_of_link(context.settings.public_url, token)
        body = _BODIES[purpose].format(practice=practice.name, link=address, email=email)
        outcome = _send(context, practice, email, _SUBJECTS[purpose], body, f"link {link_id}")
    if isinstance(outcome, Retryable | Postponed):
        with context.database.write() as session:
            session.get_one(StaffLink, link_id).token_hash = None  # the reconciler tries again
    elif isinstance(outcome, Refused | NotSent):
        log.error("account_mail_failed", link_id=link_id, outcome=type(outcome).__name__)
    return AfterCommit()


def announce_emergency(context: Context, access_id: int) -> AfterCommit:
    """Mail a practice's administrators that someone opened emergency access."""
    with context.database.read() as session:
        access = session.get(EmergencyAccess, access_id)
        if access is None:
            return AfterCommit()
        who, until = access.member.name, f"{access.expires_at:%b %d, %H:%M}"
        practice = practice_that_mails(context.settings, context.practices, [access.practice])
        addresses = [member.email for member in admins_of(session, access.practice)]
    if practice is None:
        return AfterCommit()
    link = f"{context.settings.public_url}/staff/accounts/emergency"
    body = _EMERGENCY.format(who=who, practice=practice.name, until=until, link=link)
    for address in addresses:
        subject = f"Emergency access at {practice.name}"
        outcome = _send(context, practice, address, subject, body, f"emergency {access_id} {address}")
        if isinstance(outcome, Retryable | Postponed | Refused):
            log.error("account_mail_failed", access_id=access_id, outcome=type(outcome).__name__)
    return AfterCommit()


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
            staff_mail=f"{key} {now().isoformat()}",
        )
    )
