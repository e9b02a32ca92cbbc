"""The wording of a notification: a title and a body, and one short text for phones."""

from __future__ import annotations

from dataclasses import dataclass, field

from intake.vocabulary import words_of
from tasks.notification.models import Digest, Notice, describe

LONGEST_QUOTE = 500


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a notification.

    Attributes:
        title: one line.
        body: the text below the title.
        text: title and body as one short text.
    """

    title: str
    body: str = field(repr=False)
    text: str = field(repr=False)


def word(notice: Notice | Digest, public_url: str) -> Wording:
    """Return the words of a notification or a digest."""
    return _word_digest(notice, public_url) if isinstance(notice, Digest) else _word_notice(notice, public_url)


def _word_notice(notice: Notice, public_url: str) -> Wording:
    title = f"[{notice.priority}] {describe(notice.reason)} at {notice.practice}"
    if notice.escalation_id is None:
        link, answer = f"{public_url}/staff/conversations/{notice.conversation_id}", ""
    else:
        link, answer = f"{public_url}/staff/escalations/{notice.escalation_id}", " Reply ACK to acknowledge."
    quote = "" if notice.text is None else f"\n\n{_shorten(notice.text)}"
    body = f"{_recipient(notice.team)} View it: {link}"
    return Wording(title, body + quote, f"{title}.{answer} {link}{quote}")


def _word_digest(digest: Digest, public_url: str) -> Wording:
    number = digest.reasons.total()
    title = f"[low] {number} {'message' if number == 1 else 'messages'} at {digest.practice}"
    counted = ", ".join(f"{describe(reason)}: {count}" for reason, count in sorted(digest.reasons.items()))
    link = f"{public_url}/staff/?team={digest.team}"
    body = f"{_recipient(digest.team)} {counted}. View them: {link}"
    return Wording(title, body, f"{title}. {counted}. {link}")


def _recipient(team: str | None) -> str:
    return "For you." if team is None else f"Team: {words_of(team)}."


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"
