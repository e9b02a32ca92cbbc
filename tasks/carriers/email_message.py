"""Writing a reply as an email: who it is from, which message it answers, and whether a program wrote it."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from intake import email_address
from intake.mail_syntax import MESSAGE_ID, REPLY_MARK
from tasks.carriers.protocol import OutgoingMessage

LONGEST_SUBJECT = 200


def compose(text: OutgoingMessage, service: str) -> EmailMessage:
    """Return the email that a reply goes out as.

    What a program wrote is marked as an automatic answer (RFC 3834, section 3.1.7, and Microsoft's
    X-Auto-Response-Suppress), so that no other program answers it. Its lines are ASCII and short, so that
    every server takes them.

    Args:
        text: the reply.
        service: host of the service's public address.

    Raises:
        IntakeError: an address is none that mail can be sent to or from.
    """
    for address in (text.sender, text.to):
        email_address.normalise(address)  # raises
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_one_line(text.from_name), addr_spec=text.sender)
    mail["To"] = Address(addr_spec=text.to)
    mail["Subject"] = _subject(text)
    mail["Date"] = format_datetime(text.sending_at)
    mail["Message-ID"] = f"<{delivery_key(text, service)}@{text.sender.rpartition('@')[2]}>"
    if text.in_reply_to and MESSAGE_ID.fullmatch(text.in_reply_to):
        mail["In-Reply-To"] = text.in_reply_to
        mail["References"] = text.in_reply_to
    if text.automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text.body + "\n", cte="quoted-printable")
    return mail


def delivery_key(text: OutgoingMessage, service: str) -> str:
    """Return the part of a Message-ID that is this delivery's at every attempt, 40 hexadecimal digits.

    A mail that went out twice in spite of everything is then shown once by most mail programs. The id that it answers
    is part of it, because a service that begins again with an empty database counts deliveries from 1 again.
    """
    named = f"{service}\n{text.delivery_id}\n{text.in_reply_to or ''}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _subject(text: OutgoingMessage) -> str:
    subject = _one_line(text.subject)
    if not subject:
        return _one_line(f"Your message to {text.from_name}")[:LONGEST_SUBJECT]
    return (subject if REPLY_MARK.match(subject) else f"Re: {subject}")[:LONGEST_SUBJECT]


def _one_line(value: str) -> str:
    """Return a value that can stand in a header: on one line, and of characters that can be encoded."""
    shown = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(shown.split())
