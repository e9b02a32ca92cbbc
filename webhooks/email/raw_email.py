"""Reading a raw email (RFC 5322, MIME) without ever failing: what cannot be read is marked, for a person to look at."""

from __future__ import annotations

import re
from collections.abc import Collection
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

import structlog

from inbox.attachments.rows import MOST_BYTES
from intake.logs import where_raised
from webhooks.email.attached_words import DATA, AttachedPart, decode_text, take_words, to_text
from webhooks.email.authentication_results import proves_sender
from webhooks.email.inbound_email import (
    LONGEST_HEADER,
    InboundEmail,
    MailFile,
    decode,
    find_message_id,
    find_name,
    find_sender,
    is_auto_reply,
    is_automatic,
    is_by_program,
    mark_not_read,
    shorten,
    tidy_subject,
    usable_address,
)
from webhooks.email.mime_parts import LONGEST_HEADERS, MimePart, open_part
from webhooks.email.reports import LOOKED_THROUGH, find_references, read_report
from webhooks.email.text import has_words, is_garbled, patient_words, read_words, reconcile

log = structlog.get_logger(__name__)

MOST_PARTS = 500
DEEPEST = 20
LONGEST_SALVAGED = 8000
LONGEST_CONTENT_TYPE = 100
_WORD = r"=\?[!->@-~]{1,60}\?[BbQq]\?[ -~]*?\?="
_ENCODED_WORDS = re.compile(rf"{_WORD}(?:[ \t]*{_WORD})*", re.ASCII)
EMAILS = ("message/rfc822", "message/global")


def read_raw_email(
    raw: bytes,
    *,
    recipients: tuple[str, ...],
    return_path: str | None,
    trusted: Collection[str] = (),
    is_whole: bool = True,
) -> InboundEmail:
    """Read an email, whatever it contains.

    Args:
        raw: the email as it was sent.
        recipients: the addresses it was delivered to.
        return_path: the envelope's sender, empty for a bounce; None takes the header's.
        trusted: the mail servers whose Authentication-Results count.
        is_whole: whether these are all of its bytes.
    """
    try:
        email = _read(open_part(_with_line_ends(raw)), recipients, return_path, trusted)
    except Exception as error:
        # whatever nobody thought of: a person reads the beginning
        log.error("email_not_readable", error=where_raised(error, error.__traceback__))
        email = _salvage(raw, recipients)
    if is_whole and email.is_readable:
        return email
    return mark_not_read(email)


def _read(
    email: MimePart, recipients: tuple[str, ...], return_path: str | None, trusted: Collection[str]
) -> InboundEmail:
    headers = email.headers
    returned_to = return_path if return_path is not None else _header(headers, "Return-Path")
    written_from = _header(headers, "From") or ""
    sender = find_sender(written_from, returned_to)
    subject = tidy_subject(decode_words(_header(headers, "Subject") or ""))
    body = _BodyReader()
    text = body.read(email)
    attached, files = take_words(body.files, has_words=has_words(text))
    words = read_words(subject, text, "", [*body.enclosed, *attached])
    # of two senders, the server that vouches for one may have read the other
    is_one = len(_headers(headers, "From")) == 1
    return InboundEmail(
        sender=sender,
        sender_name=find_name(decode_words(written_from)),
        recipients=tuple(address for address in map(usable_address, recipients) if address),
        message_id=find_message_id(headers),
        subject=subject,
        text=shorten(words.patients),
        trimmed=shorten(words.trimmed),
        raw_headers=decode(email.header_bytes[:LONGEST_HEADERS], "utf-8"),
        is_automatic=is_automatic(headers, sender, returned_to),
        is_verified=sender is not None
        and is_one
        and proves_sender(sender, _headers(headers, "Authentication-Results"), trusted),
        attachments=tuple(part.kind[:LONGEST_CONTENT_TYPE] for part in files),
        files=tuple(part.file for part in files),
        is_readable=body.is_whole and not is_garbled(words.patients),
        is_by_program=is_by_program(headers),
        is_auto_reply=is_auto_reply(headers, sender, subject),
        references=find_references(headers),
        report=read_report(headers, sender, returned_to, [email.body[:LOOKED_THROUGH].decode("latin-1")]),
    )


class _BodyReader:
    """Reads the text out of an email's parts.

    Attributes:
        files: the parts that are not text, or are declared as attachments.
        enclosed: the emails inside, such as one that is forwarded as an attachment, with who wrote them.
        is_whole: whether every part was read to its end.
    """

    def __init__(self) -> None:
        self.files: list[AttachedPart] = []
        self.enclosed: list[str] = []
        self.is_whole = True
        self._parts = 0

    def read(self, part: MimePart, depth: int = 0) -> str:
        """Return the text of a part and of those inside."""
        self._parts += 1
        if self._parts > MOST_PARTS or depth > DEEPEST or len(part.header_bytes) > LONGEST_HEADERS:
            self.is_whole = False
            return ""
        if part.content_type in EMAILS:
            self.enclose(open_part(part.decode_body()), depth + 1)
            return ""
        chunks = part.split()
        if chunks is None:
            return self._read_leaf(part)
        texts = [text for chunk in chunks if has_words(text := self.read(open_part(chunk), depth + 1))]
        return reconcile(texts) if part.content_type == "multipart/alternative" else "\n\n".join(texts)

    def enclose(self, email: MimePart, depth: int = 0) -> None:
        """Read an email inside, below who wrote it and about what."""
        text = self.read(email, depth)
        named = [(name, decode_words(_header(email.headers, name) or "")) for name in ("From", "Subject")]
        lines = "\n".join(f"{name}: {value}" for name, value in named if value)
        self.enclosed.append("\n\n".join(filter(None, (lines, text))))

    def _read_leaf(self, part: MimePart) -> str:
        kind = part.content_type
        if kind.startswith("multipart/"):  # without any boundary
            kind = "text/plain"
        if part.is_attached or not kind.startswith("text/") or kind in DATA:
            file = MailFile(part.file_name, part.decode_file(MOST_BYTES))
            self.files.append(AttachedPart(kind, file, part.headers.get_content_charset()))
            return ""
        body, is_whole = part.decode_text()
        self.is_whole = self.is_whole and is_whole
        return to_text(kind, decode_text(body, part.headers.get_content_charset()))


def read_enclosed(raw: bytes) -> tuple[list[str], bool]:
    """Return what an email says that is inside another, with who wrote it, and whether that is all of it."""
    body = _BodyReader()
    body.enclose(open_part(raw))
    return body.enclosed, body.is_whole and not body.files


def _with_line_ends(raw: bytes) -> bytes:
    """Return an email whose lines end in CR alone as others are written."""
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def decode_words(value: str) -> str:
    """Decode the encoded words of a header (RFC 2047), raw letters beside them too; all else stays as it is."""
    return _ENCODED_WORDS.sub(lambda found: _decode_ascii(found[0]), value)


def _decode_ascii(value: str) -> str:
    try:
        decoded = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    words = (word if isinstance(word, str) else decode(word, charset or "utf-8") for word, charset in decoded)
    return "".join(words)


def _header(headers: Message, name: str) -> str | None:
    return next(iter(_headers(headers, name)), None)


def _headers(headers: Message, name: str) -> list[str]:
    """Return the values of a header, each on one line, not decoded, of bounded length; bytes beyond ASCII are UTF-8."""
    values = [value for known, value in headers.raw_items() if known.lower() == name.lower()]
    as_sent = [value[:LONGEST_HEADER].encode("utf-8", "surrogateescape") for value in values]
    return [" ".join(decode(value, "utf-8").splitlines()) for value in as_sent]


def _salvage(raw: bytes, recipients: tuple[str, ...]) -> InboundEmail:
    return InboundEmail(
        sender=None,
        sender_name=None,
        recipients=recipients,
        message_id=None,
        subject="",
        text=patient_words("", decode(raw[:LONGEST_SALVAGED], "utf-8"), "")[:LONGEST_SALVAGED],
        raw_headers=decode(raw[:LONGEST_HEADERS], "utf-8"),
        is_automatic=True,
        is_verified=False,
        is_readable=False,
    )
