"""Reading an email posted by SendGrid's Inbound Parse.

The fields: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email#default-parameters
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser

from intake import email_address
from intake.errors import IntakeError
from intake.mail_syntax import MESSAGE_ID
from webhooks.email.alignment import is_aligned
from webhooks.email.text import patient_words

LONGEST_NAME = 100
LONGEST_SUBJECT = 500
LONGEST_TEXT = 50_000
CUT_OFF = "\n[…]"
LONGEST_HEADER = 4000
# SendGrid passes on the charset that the email names. By these two names, mail programs mean the Windows superset.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}
# Python's codecs for domain names take quadratic time.
_NOT_FOR_TEXT = frozenset({"idna", "punycode"})
# The standard library's parser is not used: a thousand opening brackets crash it, and it splits addresses at a comma in
# a name that SendGrid has decoded.
_IN_BRACKETS = re.compile(r"<([^<>\s]{1,254})>\s*\Z")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"@]{1,254}")
_ROBOT = re.compile(
    r"(?:mailer-?daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply|bounces?|auto[-_.]?(?:reply|respond(?:er)?))"
    r"(?:[+._-].*)?@.*"
)
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_MADE_BY_PROGRAMS = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")
_SUPPRESSES_REPLIES = frozenset({"all", "autoreply", "oof"})


@dataclass(frozen=True, slots=True)
class InboundEmail:
    """An incoming email.

    Attributes:
        sender: the patient's address, in lower case; None if there is no usable one.
        sender_name: the sender's name.
        recipients: the addresses it was delivered to, in lower case.
        message_id: the Message-ID, with its angle brackets.
        subject: the decoded subject, on one line.
        text: the patient's own words, after the subject if it is informative. If it was longer than 50,000 characters,
            it ends in `[…]`.
        raw_headers: all headers.
        is_automatic: whether a program sent it, or it asks not to receive automatic replies.
        is_verified: whether it is proved to come from the domain of its sender.
    """

    sender: str | None = field(repr=False)
    sender_name: str | None = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    message_id: str | None = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    raw_headers: str = field(repr=False)
    is_automatic: bool
    is_verified: bool

    @property
    def may_be_answered(self) -> bool:
        """Whether it may get an automatic reply; two programs that reply to each other would never stop."""
        return self.sender is not None and not self.is_automatic and self.is_verified


def read_email(fields: Mapping[str, bytes]) -> InboundEmail:
    """Read the webhook's fields, whatever they contain."""
    decoded = decode_fields(fields)
    headers = read_headers(decoded.get("headers", ""))
    envelope = _json_object(decoded.get("envelope", ""))
    return_path = envelope.get("from")
    written_from = (decoded.get("from") or str(headers.get("From", "")))[:LONGEST_HEADER]
    subject = " ".join(decoded.get("subject", "").split())[:LONGEST_SUBJECT]
    sender = _sender(written_from, return_path)
    return InboundEmail(
        sender=sender,
        sender_name=_name(written_from),
        recipients=_recipients(envelope, decoded),
        message_id=_message_id(headers),
        subject=subject,
        text=_shorten(patient_words(subject, decoded.get("text", ""), decoded.get("html", ""))),
        raw_headers=decoded.get("headers", ""),
        is_automatic=is_automatic(headers, sender, return_path if isinstance(return_path, str) else None),
        is_verified=sender is not None
        and is_aligned(
            sender,
            dkim=decoded.get("dkim", "")[:LONGEST_HEADER],
            spf=decoded.get("SPF", ""),
            envelope_sender=return_path if isinstance(return_path, str) else None,
            dmarc=decoded.get("dmarc", ""),
        ),
    )


def decode_fields(fields: Mapping[str, bytes]) -> dict[str, str]:
    """Decode each field with the charset that the field `charsets` names for it, or UTF-8.

    Unknown charsets and invalid bytes are not errors; whatever cannot be decoded is replaced.
    """
    charsets = _json_object(fields.get("charsets", b"").decode("utf-8", "replace"))
    return {name: decode(value, str(charsets.get(name) or "utf-8")) for name, value in fields.items()}


def decode(value: bytes, charset: str) -> str:
    """Decode bytes, replacing each invalid one with U+FFFD."""
    try:
        known = codecs.lookup(charset.strip()).name
        if known in _NOT_FOR_TEXT:
            known = "utf-8"
        return value.decode(_MEANT.get(known, known), "replace")
    except (LookupError, ValueError):  # ValueError: a name with a zero byte, or Python's "undefined" codec
        return value.decode("utf-8", "replace")


def read_headers(raw: str) -> Message:
    """Parse the headers of an email."""
    return HeaderParser().parsestr(raw, headersonly=True)


def is_automatic(headers: Message, sender: str | None, return_path: str | None) -> bool:
    """Return whether a program sent the email, or whether it asks not to receive automatic replies.

    This follows RFC 3834 (section 2), older headers, and Microsoft's X-Auto-Response-Suppress (MS-OXCMAIL,
    section 2.2.3.2.14).

    Args:
        headers: the email's headers.
        sender: the address in its From header.
        return_path: the envelope's sender, empty for an email that must not be answered; None if unknown.
    """
    submitted = str(headers.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    suppressed = str(headers.get("X-Auto-Response-Suppress", "")).lower().replace(" ", "").split(",")
    return (
        submitted != "no"
        or str(headers.get("Precedence", "")).strip().lower() in _BULK
        or any(name in headers for name in _MADE_BY_PROGRAMS)
        or not _SUPPRESSES_REPLIES.isdisjoint(suppressed)
        or headers.get_content_type() == "multipart/report"
        or (return_path is not None and return_path.strip() in ("", "<>"))
        or any(_ROBOT.fullmatch(address.lower()) for address in (sender or "", return_path or ""))
    )


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(CUT_OFF)] + CUT_OFF


def _sender(written: str, return_path: object) -> str | None:
    """Return the address in the From header, or the envelope's if there is none."""
    bracketed = _IN_BRACKETS.search(written)
    candidates = [bracketed[1]] if bracketed else _ADDRESS.findall(written)[:1]
    return next((address for address in map(_address, [*candidates, return_path]) if address), None)


def _name(written: str) -> str | None:
    bracketed = _IN_BRACKETS.search(written)
    name = written[: bracketed.start()] if bracketed else ""
    return " ".join(name.replace('"', "").split())[:LONGEST_NAME] or None


def _recipients(envelope: Mapping[str, object], decoded: Mapping[str, str]) -> tuple[str, ...]:
    """Return the envelope's recipients, which are the actual ones, or those in the headers if there are none."""
    delivered_to = envelope.get("to")
    in_headers = ", ".join(decoded.get(name, "")[:LONGEST_HEADER] for name in ("to", "cc"))
    written = delivered_to if isinstance(delivered_to, list) else _ADDRESS.findall(in_headers)
    return tuple(dict.fromkeys(address for address in map(_address, written) if address))


def _address(value: object) -> str | None:
    try:
        return email_address.normalise(value.strip().strip("<>")) if isinstance(value, str) else None
    except IntakeError:
        return None


def _message_id(headers: Message) -> str | None:
    found = MESSAGE_ID.search(str(headers.get("Message-ID", "")))
    return found[0] if found else None


def _json_object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
