"""Finding words among the files of an email: a phone's carrier sends those of a text message as `text_0.txt`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from webhooks.email.inbound_email import MailFile, decode
from webhooks.email.text import enriched_to_text, html_to_text

LONGEST_WORDS = 1024 * 1024
_ALWAYS_WORDS = ("text/plain", "text/enriched")


@dataclass(frozen=True, slots=True)
class AttachedPart:
    """A file with its declared content type, and the charset that is declared for it, if any."""

    kind: str
    file: MailFile = field(repr=False)
    charset: str | None = None


def take_words(parts: Sequence[AttachedPart], *, has_words: bool) -> tuple[list[str], list[AttachedPart]]:
    """Return the words that came as files, and what stays a file.

    HTML among the files is often a copy, or a notice of a program, so it is read only in the place of words.

    Args:
        parts: the files.
        has_words: whether the email itself says anything.
    """
    kinds = _ALWAYS_WORDS if has_words else (*_ALWAYS_WORDS, "text/html")
    texts: list[str] = []
    rest: list[AttachedPart] = []
    for part in parts:
        contents = part.file.contents
        if part.kind in kinds and contents is not None and len(contents) <= LONGEST_WORDS:
            texts.append(to_text(part.kind, decode_text(contents, part.charset)))
        else:
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
