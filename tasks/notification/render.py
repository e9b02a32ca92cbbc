"""How a notice reads: a title and a body for those who get both, and one short text for telephones."""

from __future__ import annotations

from dataclasses import dataclass, field

from intake.vocabulary import words_of
from tasks.notification.models import Digest, Notice, describe

LONGEST_QUOTE = 500


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice in words.

    Attributes:
        title: one line.
        body: what stands below it.
        text: all of it for a telephone.
    """

    title: str
    body: str = field(repr=False)
    text: str = field(repr=False)


def word(notice: Notice | Digest, public_url: str) -> Wording:
    """Write a notice, or a digest of several."""
    return _word_digest(notice, public_url) if isinstance(notice, Digest) else _word_notice(notice, public_url)


def _word_notice(notice: Notice, public_url: str) -> Wording:
    title = f"[{notice.priority}] {describe(notice.reason)} at {notice.practice}"
    if notice.escalation_id is None:
        link, answer = f"{public_url}/staff/conversations/{notice.conversation_id}", ""
    else:
        link, answer = f"{public_url}/staff/escalations/{notice.escalation_id}", " Answer ACK to take it on."
    quote = "" if notice.text is None else f"\n\n{_shorten(notice.text)}"
    body = f"For {_people(notice.team)}. Open it: {link}"
    return Wording(title, body + quote, f"{title}.{answer} {link}{quote}")


def _word_digest(digest: Digest, public_url: str) -> Wording:
    number = digest.reasons.total()
    title = f"[low] {number} {'message' if number == 1 else 'messages'} at {digest.practice}"
    counted = ", ".join(f"{describe(reason)}: {count}" for reason, count in sorted(digest.reasons.items()))
    link = f"{public_url}/staff/?team={digest.team}"
    return Wording(title, f"For {_people(digest.team)}. {counted}. Open them: {link}", f"{title}. {counted}. {link}")


def _people(team: str | None) -> str:
    return "you" if team is None else words_of(team).lower()


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"
