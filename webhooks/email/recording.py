"""Storing an email for a practice: once, however often and by whatever way it comes in."""

from __future__ import annotations

from itertools import zip_longest

from inbox.column_types import keyring
from inbox.inbound import Contact, InboundMessage, Media, Recorded, find_known_id
from inbox.models import Refusal
from intake.practices import Practice
from intake.vocabulary import BELIEVED, Channel, SenderDoubt
from tasks.delivery.reports import record_report
from web.services import Services
from webhooks.email.inbound_email import InboundEmail, MailFile
from webhooks.email.reports import DeliveryReport

MOST_MEDIA, MOST_FILES = 50, 10


def record_email(services: Services, practice: Practice, email: InboundEmail) -> Recorded | None:
    """Store and queue an email, unless it reports what became of a mail that was sent from here.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    if email.report is not None and _take_report(services, practice, email.report):
        return None
    doubt = _doubt(services, email)
    inbound = InboundMessage(
        practice=practice.slug,
        channel=Channel.EMAIL,
        provider="email",
        provider_id=find_known_id(services.database, "email", identify_email(practice.slug, email)),
        # without an address, nothing is sent; staff still see the sender in the contact
        patient_address=email.sender if doubt in BELIEVED else None,
        received_on=practice.email or "",
        text=email.text,
        media=_media(email),
        sender_message_id=email.message_id,
        subject=email.subject or None,
        contact=Contact(name=email.sender_name, email=email.sender),
        doubt=doubt,
    )
    return services.receive(inbound)


def _take_report(services: Services, practice: Practice, report: DeliveryReport) -> bool:
    """Note what became of a mail; return whether it was sent from here."""
    keys = [message_id.strip("<>").rpartition("@")[0] for message_id in report.message_ids]
    secrets = services.settings.secret_keys
    after_commit = record_report(
        services.database, services.practices, practice.slug, keys, secrets, has_failed=report.has_failed
    )
    if after_commit is None:
        return False
    services.queue.put_all(after_commit)
    return True


def _media(email: InboundEmail) -> tuple[Media, ...]:
    """Return what came with an email; files beyond the first ten are only named."""
    listed = list(zip_longest(email.attachments, email.files, fillvalue=None))[:MOST_MEDIA]
    return tuple(
        _medium(kind or "", file if number < MOST_FILES else None) for number, (kind, file) in enumerate(listed)
    )


def _medium(content_type: str, file: MailFile | None) -> Media:
    if file is None:
        return Media("", content_type)
    refusal = Refusal.TOO_LARGE if file.contents is None else None
    return Media("", content_type, " ".join(file.name.split()) or None, file.contents, refusal)


def _doubt(services: Services, email: InboundEmail) -> SenderDoubt | None:
    """Return why nothing may be sent to an email's sender by itself, None if it may be answered."""
    if email.report is not None:
        return SenderDoubt.BOUNCE
    if services.practices.by_email(email.sender or "") is not None:
        return SenderDoubt.OWN_ADDRESS
    if email.is_by_program:
        return SenderDoubt.PROGRAM
    if email.may_be_answered:
        return SenderDoubt.LATE if email.is_late else None
    return SenderDoubt.AUTOMATIC if email.is_automatic and email.is_verified else SenderDoubt.UNVERIFIED


def identify_email(practice: str, email: InboundEmail) -> list[str]:
    """Return the IDs that an email may have if it came in before: one under each key, the newest first.

    A Message-ID or headers alone are not enough: programs use them twice, and whoever knows a Message-ID could have a
    later email with it taken for a repeat. Headers and texts are private, so the hash is keyed.
    """
    return keyring().indexes(f"{practice}\n{email.message_id or email.raw_headers}\n{email.text}")
