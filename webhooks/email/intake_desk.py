"""What becomes of a raw email that a mail server hands over: stored for each practice, or refused with a reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import structlog
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from intake.logs import where_raised
from intake.practices import Practice
from web.services import Services
from webhooks.email.inbound_email import InboundEmail
from webhooks.email.raw_email import read_raw_email
from webhooks.email.recording import record_email

log = structlog.get_logger(__name__)

# Nobody writes that often, and a server whose mail is put off tries again later.
BY_SENDER = parse("30 per minute")
BY_PRACTICE = parse("300 per minute")
SETTINGS_HOLD_SECONDS = 1.0


class SmtpReply(StrEnum):
    """What a mail server is told (RFC 5321, RFC 3463). After anything that begins with 4, it keeps the email."""

    TAKEN = "250 2.0.0 Stored"
    SENDER_TAKEN = "250 2.1.0 OK"
    RECIPIENT_TAKEN = "250 2.1.5 OK"
    UNKNOWN = "550 5.1.1 No practice has this address"
    TOO_OFTEN = "451 4.7.1 Too much mail at once, try again later"
    TRY_LATER = "451 4.3.0 Not stored, try again later"
    TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
    TOO_LARGE = "552 5.3.4 The message is too large"
    ENCRYPT = "530 5.7.0 Issue a STARTTLS command first"
    NOT_ADMITTED = "554 5.7.1 Not one of MAIL_PEERS"
    TOO_BUSY = "421 4.3.2 Too many connections, try again later"

    @property
    def is_refusal(self) -> bool:
        """Whether the email was not taken."""
        return not self.startswith("2")


class IntakeDesk:
    """Takes raw emails in."""

    def __init__(self, services: Services, trusted: Collection[str]) -> None:
        """Take the mail servers whose word on a sender counts."""
        self._services = services
        self._trusted = trusted
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def admit_sender(self, sender: str) -> SmtpReply:
        """Answer for an envelope's sender, which is empty for a bounce."""
        return SmtpReply.SENDER_TAKEN if self._limiter.hit(BY_SENDER, sender.lower()) else SmtpReply.TOO_OFTEN

    def admit_recipient(self, address: str) -> SmtpReply:
        """Answer for a recipient."""
        practice = self._practice(address)
        if practice is None:
            log.warning("unknown_address")
            return SmtpReply.UNKNOWN
        return SmtpReply.RECIPIENT_TAKEN if self._limiter.hit(BY_PRACTICE, practice.slug) else SmtpReply.TOO_OFTEN

    def take(self, raw: bytes, recipients: Sequence[str], sender: str) -> list[SmtpReply]:
        """Store an email, and answer for each recipient in order: taken only once it is committed."""
        email = read_raw_email(raw, recipients=tuple(recipients), return_path=sender, trusted=self._trusted)
        answers: dict[str, SmtpReply] = {}
        for address in recipients:
            practice = self._practice(address)
            if practice is None:
                answers[address] = SmtpReply.UNKNOWN
            elif address not in answers:
                answers[address] = self._store(practice, email)
        return [answers[address] for address in recipients]

    def _practice(self, address: str) -> Practice | None:
        self._services.live.refresh(older_than=SETTINGS_HOLD_SECONDS)
        return next(iter(self._services.practices_for_mail([address])), None)

    def _store(self, practice: Practice, email: InboundEmail) -> SmtpReply:
        try:
            record_email(self._services, practice, email)
        except SQLAlchemyError as error:
            log.error("mail_not_stored", error=type(error).__name__)
            return SmtpReply.TRY_LATER
        except Exception as error:
            log.error("mail_not_stored", error=where_raised(error, error.__traceback__))
            return SmtpReply.TRY_LATER
        return SmtpReply.TAKEN
