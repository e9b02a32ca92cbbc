"""Extracting the patient's own words from an email, without what mail programs add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import TYPE_CHECKING

from intake.mail_syntax import REPLY_MARK

if TYPE_CHECKING:
    from mailparser_reply.parser import EmailReply

LANGUAGES = ("en", "es")
# The parser takes quadratic time for long lines and for runs of empty lines, which an attacker could exploit. Quoted
# history that begins beyond this limit stays in the text.
LONGEST_LINE = 300
LOOKED_THROUGH = 10_000
DEEPEST_HTML = 200

_NOT_TEXT = frozenset({"head", "script", "style"})
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_FOLD = "\u2060\n\u2060"  # word joiners, because the parser strips spaces from the ends of lines
# The parser's own pattern for this line never matches.
_SPANISH_HEADER = re.compile(r"^((?:> ?)*)El (?=.{0,80}\d)[^\n]{1,200}(?:\n[^\n]{1,200})?\sescribió:\s*$", re.MULTILINE)
_ENGLISH_HEADER = r"\1On 1 wrote:"
_QUOTED = re.compile(r"^>.*\n?", re.MULTILINE)
_QUOTED_BLOCK = re.compile(r"(?:^>.*\n?){2,}", re.MULTILINE)
# Mail programs mark the start of a signature with "-- " (RFC 3676, section 4.3).
_SIGNATURE = re.compile(r"^--\s*$.*\Z", re.MULTILINE | re.DOTALL)
_ADVERTISEMENT = re.compile(
    r"^(?:Sent (?:from|via) (?:my|the|Yahoo|Outlook|Mail|Gmail|Proton)\b|Get Outlook for |Yahoo Mail: "
    r"|Enviado (?:desde|por|con) (?:mi|el|Yahoo|Outlook|Correo|Gmail|Proton)\b|Obtener Outlook para ).{0,80}$",
    re.MULTILINE | re.IGNORECASE,
)
_HEADER_FIELD = re.compile(r"^[>*\s]*[A-Za-zó]+:", re.MULTILINE)
_SENDER_FIELD = re.compile(r"^[>*\s]*(?:From|De):", re.MULTILINE | re.IGNORECASE)
_FORWARD_MARK = re.compile(r"(?:fwd?|rv|reenv[ií]o?)\s*:", re.IGNORECASE)
_SAYS_NOTHING = frozenset({"", "no subject", "(no subject)", "sin asunto", "(sin asunto)", "(none)"})
_ENDS_SENTENCE = (".", "!", "?", "…", ":", ";", ",")


def patient_words(subject: str, text: str, html: str) -> str:
    """Return the patient's words: the subject, then the text part, or the HTML part if there is no text.

    Only what a program added is removed: quoted history, marked signatures, and lines like "Sent from my phone".
    Greetings and closing lines stay, because `Thank you, but my chest hurts` starts like one. If nothing would be left,
    or if the message is forwarded, everything stays.

    Args:
        subject: the decoded subject.
        text: the decoded text part, which may be empty.
        html: the decoded HTML part, which may be empty.
    """
    written = _tidy(text) or _tidy(html_to_text(html))
    if not _FORWARD_MARK.match(subject.strip()):
        written = without_history(written)
    return with_subject(subject, written)


def html_to_text(html: str) -> str:
    """Return the visible text of an HTML part.

    The parser gives up on elements nested 250 deep, as the quotes of a long thread can be. Of those, all text is read.
    """
    if not html.strip():
        return ""
    from inscriptis import get_text  # slow to import, and many services get no email
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    text: str = get_text(html, ParserConfig(css=CSS_PROFILES["strict"]))
    if not text.strip() and html.count("<") > DEEPEST_HTML:
        return unescape(" ".join(_between_tags(html)))
    return text


def _between_tags(html: str) -> Iterator[str]:
    first, *rest = html.split("<")
    yield first
    inside = ""
    for piece in rest:
        tag, _, text = piece.partition(">")
        name = tag[:20].split(" ")[0].lower()
        if inside and name != f"/{inside}":
            continue
        inside = name if name in _NOT_TEXT else ""
        if not inside and text.strip():
            yield text


def without_history(text: str) -> str:
    """Return a message without quoted messages and without what mail programs add."""
    from mailparser_reply.parser import EmailMessage  # as above

    head, rest = text[:LOOKED_THROUGH], text[LOOKED_THROUGH:]
    readable = _SPANISH_HEADER.sub(_ENGLISH_HEADER, _fold(head))
    replies = EmailMessage(text=readable, languages=list(LANGUAGES), keep_hyphen_lists=True).read().replies
    own = "\n".join(_own_parts(replies)).replace(_FOLD, "")
    if not any(_is_header(reply.headers) for reply in replies):
        own += head[len(head.rstrip()) :] + rest  # without a header, it may not be history
    own = _tidy(_ADVERTISEMENT.sub("", _SIGNATURE.sub("", _QUOTED_BLOCK.sub("", own))))
    return own or text


def with_subject(subject: str, body: str) -> str:
    """Put an informative subject before the text, as `Subject. Text`.

    The subject of a reply belongs to an older message, so it is left out, as is one that the text starts with.
    """
    line = " ".join(subject.replace("\x00", "").split())
    if not body:
        return line
    if line.lower() in _SAYS_NOTHING or REPLY_MARK.match(line) or body.lower().startswith(line.lower()):
        return body
    return f"{line} {body}" if line.endswith(_ENDS_SENTENCE) else f"{line}. {body}"


def _own_parts(replies: Iterable[EmailReply]) -> Iterator[str]:
    """Yield what the patient wrote above, between, and below quoted lines.

    Some programs, such as Outlook, do not mark quoted lines, so where they end is unknown. People write above them.
    """
    for reply in replies:
        if not _is_header(reply.headers):
            yield reply.content
            continue
        below = reply.content.removeprefix(reply.headers)
        if not _QUOTED.search(reply.content):
            return
        yield _QUOTED.sub("", below).strip()


def _is_header(headers: str) -> bool:
    """Return whether a mail program wrote these header lines.

    A person may write `On Tuesday my doctor wrote:`, or `Date:` above `To:`. Programs write the date in digits and
    name the sender.
    """
    if len(_HEADER_FIELD.findall(headers)) > 1:
        return _SENDER_FIELD.search(headers) is not None
    return headers.startswith("-") or any(character.isdecimal() for character in headers)


def _fold(text: str) -> str:
    return "\n".join(
        _FOLD.join(line[start : start + LONGEST_LINE] for start in range(0, max(len(line), 1), LONGEST_LINE))
        for line in text.split("\n")
    )


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return _EMPTY_LINES.sub("\n\n", lines).strip()
