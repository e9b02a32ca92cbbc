"""Finding words among the files of an email: a phone's carrier sends those of a text message as `text_0.txt`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from webhooks.email.inbound_email import MailFile, decode
from webhooks.email.text import enriched_to_text, html_to_text

LONGEST_WORDS = 1024 * 1024
DATA = ("text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/css", "text/xml")
"""Texts that programs write for programs, such as a calendar's answer to an invitation."""
_ALWAYS_WORDS = ("text/plain", "text/enriched")
_WORDS_ALONE = (*_ALWAYS_WORDS, "text/html")
"""Texts of which no file is kept beside their words."""


@dataclass(frozen=True, slots=True)
class AttachedPart:
    """A file with its declared content type, and the charset that is declared for it, if any."""

    kind: str
    file: MailFile = field(repr=False)
    charset: str | None = None


def take_words(parts: Sequence[AttachedPart], *, has_words: bool) -> tuple[list[str], list[AttachedPart]]:
    """Return the words that came as files, and what stays a file.

    HTML among the files is often a copy, or a notice of a program, and other texts are often data, so they are read
    only in the place of words. Data, and texts with their own markup, such as RTF, stay a file as well.

    Args:
        parts: the files.
        has_words: whether the email itself says anything.
    """
    texts: list[str] = []
    rest: list[AttachedPart] = []
    for part in parts:
        contents = part.file.contents
        is_text = part.kind in _ALWAYS_WORDS or (not has_words and part.kind.startswith("text/"))
        if is_text and contents is not None and len(contents) <= LONGEST_WORDS:
            texts.append(to_text(part.kind, decode_text(contents, part.charset)))
            if part.kind in _WORDS_ALONE:
                continue
        rest.append(part)
    return texts, rest


def to_text(kind: str, text: str) -> str:
    """Return the words of a decoded part: of HTML and enriched text (RFC 1896) without their tags."""
    if kind == "text/html":
        return html_to_text(text)
    return enriched_to_text(text) if kind == "text/enriched" else text


def decode_text(body: bytes, charset: str | None) -> str:
    """Decode a text in its declared charset; without a usable one, as UTF-8 or else as Windows does."""
    if charset and charset not in ("us-ascii", "unknown-8bit"):
        return decode(body, charset)
    try:
        return body.decode()
    except UnicodeDecodeError:
        return decode(body, "cp1252")
