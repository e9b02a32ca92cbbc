"""Reading an email posted by SendGrid's Inbound Parse.

The fields: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email#default-parameters
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import Message

from webhooks.email.alignment import is_aligned
from webhooks.email.attached_words import AttachedPart, take_words
from webhooks.email.inbound_email import (
    LONGEST_HEADER,
    InboundEmail,
    MailFile,
    decode,
    find_addresses,
    find_message_id,
    find_name,
    find_sender,
    is_auto_reply,
    is_automatic,
    is_by_program,
    mark_not_read,
    read_headers,
    shorten,
    tidy_subject,
    usable_address,
    without_files,
)
from webhooks.email.raw_email import EMAILS, read_enclosed
from webhooks.email.reports import LOOKED_THROUGH, find_references, read_report
from webhooks.email.text import has_words, html_to_text, is_garbled, read_words, reconcile
from webhooks.multipart import LONGEST_FIELD, PostedFile, PostedForm

# `{@example.com : pass, @other.com : fail}`
_DKIM_RESULT = re.compile(r"@?([a-z0-9._-]{1,253})\s*:\s*([a-z]+)")


def read_email(posted: PostedForm) -> InboundEmail:
    """Read the webhook's fields, whatever they contain."""
    html = without_files(posted.fields.get("html", b""))
    decoded = decode_fields({**posted.fields, "html": html[:LONGEST_FIELD]})
    cut = posted.cut | ({"html"} if len(html) > LONGEST_FIELD else frozenset())
    headers = read_headers(decoded.get("headers", ""))
    envelope = _json_object(decoded.get("envelope", ""))
    given = envelope.get("from")
    return_path = given if isinstance(given, str) else None
    written_from = (decoded.get("from") or str(headers.get("From", "")))[:LONGEST_HEADER]
    subject = tidy_subject(decoded.get("subject", ""))
    sender = find_sender(written_from, return_path)
    proved = proved_domains(decoded.get("dkim", "")[:LONGEST_HEADER], decoded.get("SPF", ""), return_path)
    text = decoded.get("text", "")
    body = reconcile([text, html_to_text(decoded.get("html", ""))])
    attached, files = take_words([_attached(file) for file in posted.files], has_words=has_words(body))
    enclosed = [read_enclosed(part.file.contents) for part in files if part.kind in EMAILS and part.file.contents]
    attached += [words for texts, _ in enclosed for words in texts]
    words = read_words(subject, body, "", attached)
    is_whole = all(is_whole for _, is_whole in enclosed)
    email = InboundEmail(
        sender=sender,
        sender_name=find_name(written_from),
        recipients=_recipients(envelope, decoded),
        message_id=find_message_id(headers),
        subject=subject,
        text=shorten(words.patients),
        trimmed=shorten(words.trimmed),
        raw_headers=decoded.get("headers", ""),
        is_automatic=is_automatic(headers, sender, return_path),
        is_verified=sender is not None and is_aligned(sender, proved=proved, dmarc=decoded.get("dmarc", "")),
        attachments=tuple(part.kind for part in files),
        files=tuple(part.file for part in files),
        is_readable=not is_garbled(words.patients) and is_whole,
        is_by_program=is_by_program(headers),
        is_auto_reply=is_auto_reply(headers, sender, subject),
        references=find_references(headers),
        report=read_report(headers, sender, return_path, [text, *map(_beginning, posted.files)]),
    )
    read = {"headers", "subject", "text" if body == text else "html"}
    return email if email.is_readable and cut.isdisjoint(read) else mark_not_read(email)


def _beginning(file: PostedFile) -> str:
    return (file.contents or b"")[:LOOKED_THROUGH].decode("latin-1")


def _attached(file: PostedFile) -> AttachedPart:
    declared = Message()
    declared["Content-Type"] = " ".join(file.content_type.split())
    is_text = declared.get_content_maintype() == "text" and "/" in file.content_type
    kind = declared.get_content_type() if is_text else file.content_type
    return AttachedPart(kind, MailFile(file.name, file.contents), declared.get_content_charset())


def decode_fields(fields: Mapping[str, bytes]) -> dict[str, str]:
    """Decode each field with the charset that the field `charsets` names for it, or UTF-8.

    Unknown charsets and invalid bytes are not errors; whatever cannot be decoded is replaced.
    """
    charsets = _json_object(fields.get("charsets", b"").decode("utf-8", "replace"))
    return {name: decode(value, str(charsets.get(name) or "utf-8")) for name, value in fields.items()}


def proved_domains(dkim: str, spf: str, envelope_sender: str | None) -> list[str]:
    """Return the domains that a valid signature or the SPF result proves.

    Args:
        dkim: the signatures' domains and results: `{@example.com : pass, @other.com : fail}`.
        spf: the result for the envelope's sender.
        envelope_sender: the address in the envelope.
    """
    proved = [domain for domain, result in _DKIM_RESULT.findall(dkim.lower()) if result == "pass"]
    if spf.strip().lower() == "pass" and envelope_sender and "@" in envelope_sender:
        proved.append(envelope_sender.strip().strip("<>").rpartition("@")[2])
    return proved


def _recipients(envelope: Mapping[str, object], decoded: Mapping[str, str]) -> tuple[str, ...]:
    """Return the envelope's recipients, which are the actual ones, or those in the headers if there are none."""
    delivered_to = envelope.get("to")
    in_headers = ", ".join(decoded.get(name, "")[:LONGEST_HEADER] for name in ("to", "cc"))
    written = delivered_to if isinstance(delivered_to, list) else find_addresses(in_headers)
    return tuple(dict.fromkeys(address for address in map(usable_address, written) if address))


def _json_object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
