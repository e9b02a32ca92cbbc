"""What a mail has to be like so that every server takes it (RFC 5321, RFC 5322), and what tests read of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses, parsedate_to_datetime

LONGEST_LINE = 998
NEEDED = ("From", "To", "Date", "Message-ID", "Subject")
ONCE = (*NEEDED, "Sender", "Reply-To", "Cc", "In-Reply-To", "References")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


@dataclass(frozen=True)
class Mail:
    """A mail that was accepted.

    Attributes:
        sender: of the envelope.
        recipient: of the envelope.
        raw: as it came in, lines ended by CRLF.
        over_tls: whether the connection was encrypted.
        user: who had signed in.
    """

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    raw: bytes = field(repr=False)
    over_tls: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return parse(self.raw)

    @property
    def text(self) -> str:
        """Its text part, lines ended by LF, without the last one's end."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n").rstrip("\n")


def parse(raw: bytes) -> EmailMessage:
    """Parse a mail."""
    return message_from_bytes(raw, policy=SMTP)


def flaw(raw: bytes, sender: str, recipients: list[str], *, eight_bit: bool) -> str | None:
    """What a strict server refuses a mail for, as its answer says it; None when it is well made.

    Args:
        raw: the mail.
        sender: of the envelope.
        recipients: of the envelope.
        eight_bit: whether BODY=8BITMIME was declared.
    """
    if _BARE.search(raw):
        return "550 5.6.11 Bare line feed or carriage return"
    if any(len(line) > LONGEST_LINE for line in raw.split(b"\r\n")):
        return "550 5.6.0 Line longer than 998 characters"
    headers, separator, _ = raw.partition(b"\r\n\r\n")
    if not separator or not headers.isascii():
        return "550 5.6.7 Headers have to be ASCII and end with an empty line"
    if not raw.isascii() and not eight_bit:
        return "550 5.6.1 8-bit content without BODY=8BITMIME"
    return _flaw_of_headers(parse(raw), sender, recipients)


def _flaw_of_headers(message: EmailMessage, sender: str, recipients: list[str]) -> str | None:
    for name in NEEDED:
        if not str(message.get(name, "")).strip():
            return f"550 5.7.1 {name} is missing"
    for name in ONCE:
        if len(message.get_all(name, [])) > 1:
            return f"550 5.7.1 {name} is there twice"
    if not _MESSAGE_ID.fullmatch(str(message["Message-ID"])):
        return "550 5.7.1 Message-ID is malformed"
    try:
        parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        return "550 5.7.1 Date is malformed"
    if _addresses(message, "From") != [sender]:
        return "550 5.7.1 From is not the sender of the envelope"
    if _addresses(message, "To", "Cc") != recipients:
        return "550 5.7.1 To is not the recipient of the envelope"
    return None


def _addresses(message: EmailMessage, *names: str) -> list[str]:
    written = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(written)]
