"""An incoming email, however it came in, and what its headers say of its sender."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import HeaderParser

from intake import email_address
from intake.errors import IntakeError
from intake.mail_syntax import MESSAGE_ID
from webhooks.email.reports import DeliveryReport

LONGEST_NAME = 100
LONGEST_SUBJECT = 500
LONGEST_TEXT = 50_000
LONGEST_HEADER = 4000
CUT_OFF = "\n[…]"
NOT_READ = "an email that could not be read in full"
"""What staff see among the attachments of such an email."""
# By these two names, mail programs mean the Windows superset.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}
# Python's codecs for domain names take quadratic time.
_NOT_FOR_TEXT = frozenset({"idna", "punycode"})
# The standard library's parser is not used: a thousand opening brackets crash it, and it splits addresses at a comma in
# a name that SendGrid has decoded.
_IN_BRACKETS = re.compile(r"<([^<>\s]{1,254})>\s*\Z")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"@]{1,254}")
# A picture that is written into HTML: `src="data:image/png;base64,…"`. It ends with its attribute, or with its tag.
_FILE_IN_HTML = re.compile(rb"""(?<=["'(=])\s{0,20}data:[\w.+-]{1,100}/[\w.+-]{1,100}[;,][^"'()<>]*""", re.IGNORECASE)
_ROBOT = re.compile(
    r"(?:(?:mailer-?daemon|no[-_.]?reply|do[-_.]?not[-_.]?reply|auto[-_.]?(?:reply|respond(?:er)?))(?:[+._-].*)?"
    r"|bounces?(?:[+=-].*)?)@.*"
)
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_MADE_BY_RESPONDERS = ("X-Autoreply", "X-Autorespond")
_MADE_BY_PROGRAMS = ("List-Id", "List-Unsubscribe", *_MADE_BY_RESPONDERS)
_POSTMASTER = re.compile(r"postmaster@", re.IGNORECASE)
_RESPONDERS_SUBJECT = re.compile(
    r"(?:auto(?:matic)?[- ]?(?:reply|response)|out[- ]of[- ](?:the[- ])?office|respuesta autom[aá]tica"
    r"|fuera de (?:la )?oficina)\b",
    re.IGNORECASE,
)
_SUPPRESSES_REPLIES = frozenset({"all", "autoreply", "oof"})


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that came with an email: its name, and its contents, None if they are too long."""

    name: str = field(repr=False)
    contents: bytes | None = field(repr=False)


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
        is_by_program: whether it is certain that no person wrote it.
        is_auto_reply: whether it is also one that a responder sends to whoever writes, such as during a vacation.
        references: the Message-IDs of the mail that it answers.
        is_late: whether it waited so long that an automatic reply would only confuse.
        report: what it reports of a mail that was sent from here; None if it is no report.
        is_verified: whether it is proved to come from the domain of its sender.
        attachments: the content types of the files that came with it.
        files: those files, each in the place of its content type; None for what is no file.
        is_readable: whether all of its text could be read; if not, a person has to look at it.
        trimmed: what the text leaves out: quoted messages, and what a mail program added.
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
    attachments: tuple[str, ...] = ()
    files: tuple[MailFile | None, ...] = field(default=(), repr=False)
    is_readable: bool = True
    trimmed: str = field(default="", repr=False)
    is_by_program: bool = False
    is_auto_reply: bool = False
    references: tuple[str, ...] = field(default=(), repr=False)
    is_late: bool = False
    report: DeliveryReport | None = field(default=None, repr=False)

    @property
    def may_be_answered(self) -> bool:
        """Whether it may get an automatic reply; two programs that reply to each other would never stop."""
        return self.sender is not None and not self.is_automatic and self.is_verified and self.is_readable


def decode(value: bytes, charset: str) -> str:
    """Decode bytes, replacing each invalid one, and each half of a character, with a replacement character."""
    try:
        known = codecs.lookup(charset.strip()).name
        if known in _NOT_FOR_TEXT:
            known = "utf-8"
        text = value.decode(_MEANT.get(known, known), "replace")
    except (LookupError, ValueError):  # ValueError: a name with a zero byte, or Python's "undefined" codec
        text = value.decode("utf-8", "replace")
    # some charsets, such as UTF-7, can write half a character, which no database takes
    return text.encode("utf-8", "replace").decode()


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
    suppressed = str(headers.get("X-Auto-Response-Suppress", "")).lower().replace(" ", "").split(",")
    return (
        _auto_submitted(headers) != "no"
        or _precedence(headers) in _BULK
        or any(name in headers for name in _MADE_BY_PROGRAMS)
        or not _SUPPRESSES_REPLIES.isdisjoint(suppressed)
        or headers.get_content_type() == "multipart/report"
        or (return_path is not None and return_path.strip() in ("", "<>"))
        or any(_ROBOT.fullmatch(address.lower()) for address in (sender or "", return_path or ""))
    )


def is_by_program(headers: Message) -> bool:
    """Return whether no person wrote the email, by what only responders and mail servers write into headers.

    Lists, newsletters, and Microsoft's servers mark what people write with the other signs of `is_automatic`, and some
    servers forward people's mail with an empty envelope sender: none of that proves anything. A website's form is
    mailed as `auto-generated`, and holds a person's words, so that says enough only of what answers another email.
    """
    submitted = _auto_submitted(headers)
    answers = "In-Reply-To" in headers or "References" in headers
    return (
        (submitted != "no" and (submitted != "auto-generated" or answers))
        or _precedence(headers) == "auto_reply"
        or any(name in headers for name in _MADE_BY_RESPONDERS)
        or headers.get_content_type() == "multipart/report"
    )


def is_auto_reply(headers: Message, sender: str | None, subject: str) -> bool:
    """Return whether a responder wrote the email, such as one for vacations; what a postmaster's wrote may be a report.

    Microsoft's mark theirs as other programs do, and in the subject.
    """
    if headers.get_content_type() == "multipart/report" or _POSTMASTER.match(sender or ""):
        return False
    return (
        _auto_submitted(headers) == "auto-replied"
        or _precedence(headers) == "auto_reply"
        or any(name in headers for name in _MADE_BY_RESPONDERS)
        or (is_by_program(headers) and _RESPONDERS_SUBJECT.match(subject) is not None)
    )


def _auto_submitted(headers: Message) -> str:
    return str(headers.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()


def _precedence(headers: Message) -> str:
    return str(headers.get("Precedence", "")).strip().lower()


def find_sender(written: str, return_path: object) -> str | None:
    """Return the address in a From header, or the envelope's if there is none."""
    bracketed = _IN_BRACKETS.search(written)
    candidates = [bracketed[1]] if bracketed else find_addresses(written)[:1]
    return next((address for address in map(usable_address, [*candidates, return_path]) if address), None)


def find_name(written: str) -> str | None:
    """Return the name in a From header."""
    bracketed = _IN_BRACKETS.search(written)
    name = written[: bracketed.start()] if bracketed else ""
    return " ".join(name.replace('"', "").split())[:LONGEST_NAME] or None


def find_addresses(written: str) -> list[str]:
    """Return what looks like an address in a header."""
    return _ADDRESS.findall(written)


def usable_address(value: object) -> str | None:
    """Return an address in the form in which it is stored; None if mail cannot be sent to it."""
    try:
        return email_address.normalise(value.strip().strip("<>")) if isinstance(value, str) else None
    except IntakeError:
        return None


def find_message_id(headers: Message) -> str | None:
    """Return the Message-ID, with its angle brackets."""
    found = MESSAGE_ID.search(str(headers.get("Message-ID", "")))
    return found[0] if found else None


def tidy_subject(subject: str) -> str:
    """Return a decoded subject on one line of bounded length."""
    return " ".join(subject.split())[:LONGEST_SUBJECT]


def without_files(html: bytes) -> bytes:
    """Leave out the pictures that are written into HTML, after which the words may go on."""
    return _FILE_IN_HTML.sub(b"", html)


def mark_not_read(email: InboundEmail) -> InboundEmail:
    """Return an email as one that could not be read in full, for a person to look at."""
    return replace(email, is_readable=False, attachments=(NOT_READ, *email.attachments), files=(None, *email.files))


def shorten(text: str) -> str:
    """Return a text of at most 50,000 characters, which says where it was cut off."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(CUT_OFF)] + CUT_OFF
