"""Storing an email for a practice: once, however often and by whatever way it comes in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

import structlog

from inbox.accounts.members import find_member
from inbox.incoming.earlier_words import EarlierWords, find_earlier_words
from inbox.incoming.inbound import Contact, InboundMessage, Media, RecordedMessage, find_known_id
from inbox.models import Refusal
from inbox.models.column_types import keyring
from intake.practices import Practice
from intake.vocabulary import BELIEVED, BY_PROGRAM, FROM_STAFF, Channel, SenderDoubt
from tasks.attachments.content import refuse_unlooked
from tasks.carriers.staff_mail import find_staff_mail
from tasks.delivery.reports import record_report
from web.services import Services
from webhooks.email.inbound_email import InboundEmail, MailFile, shorten
from webhooks.email.news import add_news, may_have_news
from webhooks.email.reports import DeliveryReport

log = structlog.get_logger(__name__)

MOST_MEDIA, MOST_FILES = 50, 10


def record_email(services: Services, practice: Practice, email: InboundEmail) -> RecordedMessage | None:
    """Store and queue an email, unless a program wrote it about mail that was sent from here.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    if email.report is not None and _take_report(services, practice, email.report):
        return None
    doubt = _doubt(services, practice, email)
    if doubt in BY_PROGRAM and _answers_notice(services, email):
        log.info("notice_answered_by_program", practice=practice.slug)  # such as that a nurse is on vacation
        return None
    is_known = doubt in BELIEVED or (doubt in FROM_STAFF and email.may_be_answered)
    earlier = EarlierWords()
    if email.sender and may_have_news(email):
        earlier = find_earlier_words(services.database, practice.slug, email.sender)
    inbound = InboundMessage(
        practice=practice.slug,
        channel=Channel.EMAIL,
        provider="email",
        provider_id=find_known_id(services.database, "email", identify_email(practice.slug, email)),
        # without an address, nothing is sent; staff still see the sender in the contact
        patient_address=email.sender if is_known else None,
        received_on=practice.email or "",
        text=shorten(add_news(email, earlier, practice.sender_name)),
        trimmed=email.trimmed or None,
        media=_media(email),
        sender_message_id=email.message_id,
        subject=email.subject or None,
        contact=Contact(name=email.sender_name, email=email.sender),
        doubt=doubt,
    )
    return services.receive(inbound)


def _take_report(services: Services, practice: Practice, report: DeliveryReport) -> bool:
    """Note what became of a mail; return whether it was sent from here."""
    keys, secrets = _keys_of(report.message_ids), services.settings.secret_keys
    after_commit = record_report(
        services.database, services.practices, practice.slug, keys, secrets, has_failed=report.has_failed
    )
    if after_commit is None:
        return False
    services.queue.put_all(after_commit)
    return True


def _keys_of(message_ids: Iterable[str]) -> list[str]:
    """Return the local parts of Message-IDs, by which mail that was sent from here is known."""
    return [message_id.strip("<>").rpartition("@")[0] for message_id in message_ids]


def _answers_notice(services: Services, email: InboundEmail) -> bool:
    """Return whether an email answers mail to staff, which only those can name who got it."""
    return any(find_staff_mail(_keys_of(email.references), services.settings.secret_keys))


def _is_of_staff(services: Services, practice: Practice, address: str | None) -> bool:
    """Return whether notices go to an address, or a member of the practice signs in with it."""
    if address is None or address in practice.staff_addresses:
        return address is not None
    with services.database.read() as session:
        member = find_member(session, address)
        if member is None or member.disabled_at is not None:
            return False
        return practice.slug in [row.practice for row in member.practices]


def _media(email: InboundEmail) -> tuple[Media, ...]:
    """Return what came with an email; of the files beyond the first ten, only the names."""
    listed = list(zip_longest(email.attachments, email.files, fillvalue=None))[:MOST_MEDIA]
    return tuple(_medium(kind or "", file, number) for number, (kind, file) in enumerate(listed))


def _medium(content_type: str, file: MailFile | None, number: int) -> Media:
    if file is None:
        return Media("", content_type)
    refusal = Refusal.TOO_MANY if number >= MOST_FILES else _refuse(file.contents)
    contents = file.contents if refusal is None else None
    return Media("", content_type, " ".join(file.name.split()) or None, contents, refusal)


def _refuse(contents: bytes | None) -> Refusal | None:
    """Return why a file is not kept, None if it is to be checked: its first answer can then be true."""
    return Refusal.TOO_LARGE if contents is None else refuse_unlooked(contents)


def _doubt(services: Services, practice: Practice, email: InboundEmail) -> SenderDoubt | None:
    """Return why nothing may be sent to an email's sender by itself, None if it may be answered."""
    if email.report is not None:
        return SenderDoubt.BOUNCE
    if services.practices.by_email(email.sender or "") is not None:
        return SenderDoubt.OWN_ADDRESS
    if email.is_by_program:
        return SenderDoubt.AUTO_REPLY if email.is_auto_reply else SenderDoubt.PROGRAM
    if _answers_notice(services, email):
        return SenderDoubt.STAFF_ANSWER
    if _is_of_staff(services, practice, email.sender):
        return SenderDoubt.STAFF
    if email.may_be_answered:
        return SenderDoubt.LATE if email.is_late else None
    return SenderDoubt.AUTOMATIC if email.is_automatic and email.is_verified else SenderDoubt.UNVERIFIED


def identify_email(practice: str, email: InboundEmail) -> list[str]:
    """Return the IDs that an email may have if it came in before: one under each key, the newest first.

    A Message-ID or headers alone are not enough: programs use them twice, and whoever knows a Message-ID could have a
    later email with it taken for a repeat. Headers and texts are private, so the hash is keyed.
    """
    return keyring().indexes(f"{practice}\n{email.message_id or email.raw_headers}\n{email.text}")
