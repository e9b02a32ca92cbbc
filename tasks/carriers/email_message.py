"""Composing a reply as an email, with the headers for threading and for automatic replies."""

from __future__ import annotations

import hashlib
import hmac
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from intake import email_address
from intake.mail_syntax import MESSAGE_ID, REPLY_MARK, default_subject
from tasks.carriers.protocol import OutgoingMessage
from tasks.carriers.staff_mail import sign_staff_mail

LONGEST_SUBJECT = 200


def compose(text: OutgoingMessage, service: str, secret: str = "") -> EmailMessage:
    """Return a reply as an email.

    Automatic replies are marked as such (RFC 3834, section 3.1.7, and Microsoft's X-Auto-Response-Suppress), so that
    no other program replies to them. Lines are short and ASCII, so that every server accepts them.

    Args:
        text: the reply.
        service: the host of the service's public URL.
        secret: what makes its Message-ID one that nobody can guess.

    Raises:
        IntakeError: the sender or the recipient is not a valid email address, or a file is lost.
    """
    for address in (text.sender, text.to):
        email_address.normalise(address)  # raises
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_one_line(text.from_name), addr_spec=text.sender)
    mail["To"] = Address(addr_spec=text.to)
    mail["Subject"] = _subject(text)
    mail["Date"] = format_datetime(text.sending_at)
    mail["Message-ID"] = f"<{delivery_key(text, service, secret)}@{text.sender.rpartition('@')[2]}>"
    if text.in_reply_to and MESSAGE_ID.fullmatch(text.in_reply_to):
        mail["In-Reply-To"] = text.in_reply_to
        mail["References"] = text.in_reply_to
    if text.automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text.body + "\n", cte="quoted-printable")
    for file in text.files:
        kind, _, subtype = file.content_type.partition("/")
        mail.add_attachment(file.read(), maintype=kind, subtype=subtype, filename=file.name)
    return mail


def delivery_key(text: OutgoingMessage, service: str, secret: str = "") -> str:
    """Return the local part of the Message-ID, 40 hexadecimal digits, which is the same for every attempt.

    That of mail to staff says what it is about. Who has not seen a mail can't guess it, and so can't report it as lost.

    If an email is sent twice in spite of everything, most mail programs then show it once. The id of the message that
    it answers is included, because a service that starts over with an empty database numbers deliveries from 1 again.
    """
    if text.staff_mail:
        return sign_staff_mail(text.staff_mail, secret)
    named = f"{service}\n{text.delivery_id}\n{text.in_reply_to or ''}"
    return hmac.new(secret.encode(), named.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:40]


def _subject(text: OutgoingMessage) -> str:
    subject = _one_line(text.subject)
    if text.staff_mail or not text.is_answer:
        return subject[:LONGEST_SUBJECT]
    if not subject:
        return _one_line(default_subject(text.from_name))[:LONGEST_SUBJECT]
    return (subject if REPLY_MARK.match(subject) else f"Re: {subject}")[:LONGEST_SUBJECT]


def _one_line(value: str) -> str:
    """Return a value that is safe in a header: on one line, with printable characters only.

    What looks like an encoded word (RFC 2047) is broken up, as the library would decode it, with line ends and all.
    """
    shown = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(shown.replace("=?", "= ?").split())
