"""Reading what a mail server reports of a mail that it could not deliver: which mail, and whether it is given up.

Servers report as RFC 3464 says, or in words of their own, such as qmail's. Either way they return the mail, or its
headers, and with them its Message-ID, which only those know who got the mail or carried it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message

from intake.mail_syntax import MESSAGE_ID

LOOKED_THROUGH = 1024 * 1024
MOST_IDS = 50
_REFERENCES = ("In-Reply-To", "References")
_SERVER = re.compile(r"mailer-?daemon(?:[+._-].*)?@.*")
_POSTMASTER = re.compile(r"postmaster@.*")
_RETURNED_ID = re.compile(rf"message-id:\s{{0,20}}({MESSAGE_ID.pattern})", re.IGNORECASE)
_ACTION = re.compile(r"^action:\s{0,20}([a-z]{1,20})", re.IGNORECASE | re.MULTILINE)
_SOFT_LINE_END = re.compile(r"=\r?\n")
# what is only late; sendmail, Exim, and Postfix write so into the subject
_DELAYED = re.compile(r"\b(?:warning|delay(?:ed)?|still being retried)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A report on a mail.

    Attributes:
        message_ids: the Message-IDs of the mail that it is about.
        has_failed: whether that mail is given up; if not, it may still arrive.
    """

    message_ids: tuple[str, ...] = field(repr=False)
    has_failed: bool


def read_report(
    headers: Message, sender: str | None, return_path: str | None, parts: Iterable[str]
) -> DeliveryReport | None:
    """Return what an email reports of another, None if it is no such report.

    A patient's answer names a mail of ours, too. It is no report, as no person's program writes `multipart/report`, and
    nobody writes as a mail server's daemon. A postmaster may be a person, and has an envelope sender then.

    Args:
        headers: the email's headers.
        sender: the address in its From header.
        return_path: the envelope's sender, None if unknown.
        parts: its parts, as far as they are text.
    """
    kind = str(headers.get_param("report-type") or "").lower()
    is_standard = headers.get_content_type() == "multipart/report" and kind in ("", "delivery-status")
    is_returned = return_path is not None and return_path.strip() in ("", "<>")
    address = (sender or "").lower()
    if not (is_standard or _SERVER.fullmatch(address) or (is_returned and _POSTMASTER.fullmatch(address))):
        return None
    texts = [_SOFT_LINE_END.sub("", part[:LOOKED_THROUGH]) for part in parts]
    actions = {action.lower() for text in texts for action in _ACTION.findall(text)}
    subject = str(headers.get("Subject", ""))
    has_failed = "failed" in actions if actions else _DELAYED.search(subject) is None
    return DeliveryReport(tuple(dict.fromkeys(_find_ids(headers, texts)))[:MOST_IDS], has_failed)


def find_references(headers: Message) -> tuple[str, ...]:
    """Return the Message-IDs of the mail that an email answers, as its headers name them."""
    named = (found for name in _REFERENCES for found in MESSAGE_ID.findall(str(headers.get(name, ""))))
    return tuple(dict.fromkeys(named))[:MOST_IDS]


def _find_ids(headers: Message, texts: Iterable[str]) -> Iterator[str]:
    yield from find_references(headers)
    for text in texts:
        yield from _RETURNED_ID.findall(text)
