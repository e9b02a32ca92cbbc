"""What a row of the inbox says, decided from values alone: topic, initials, and how long a person has waited."""

from __future__ import annotations

from datetime import datetime, timedelta

from inbox.models import NoticeReason
from intake.practices import Practice
from intake.vocabulary import GUESS_SHOWN_FROM, Priority, Route, words_of
from tasks.routing.decide import is_answer

NOT_SURE = Route.REVIEW.words
COMMON_QUESTION = "Common question"
MAYBE_OPT_OUT = "May want no more texts"
CALL_THEM = "Opted out of texts: call"
# how long a person may wait before the row turns red; the last two count while the practice is open
PATIENCE = {
    Priority.URGENT: timedelta(minutes=10),
    Priority.HIGH: timedelta(hours=1),
    Priority.NORMAL: timedelta(hours=4),
    Priority.LOW: timedelta(hours=24),
}
_TITLES = ("dr", "mr", "mrs", "ms", "mx", "prof", "sr", "sra")
_AT_ANY_HOUR = (Priority.URGENT, Priority.HIGH)


def topic(
    intent: str | None,
    *,
    route: str | None,
    guess: str | None,
    confidence: float | None,
    corrected: bool,
    reply: str | None = None,
    may_opt_out: bool = False,
) -> str:
    """Return what a conversation is about: "Not sure" rather than a guess that Intake itself does not trust.

    Args:
        intent: what the conversation is about, None if nothing has shown it.
        route: how the last message was routed, None if it has not been yet.
        guess: the model's most likely intent for the last message.
        confidence: the guess's calibrated probability.
        corrected: whether staff labeled the last message.
        reply: the automatic reply to it, None for none.
        may_opt_out: whether it may ask for no more texts.
    """
    if corrected:
        return words_of(intent)
    if route == Route.PERSON and may_opt_out:
        return MAYBE_OPT_OUT
    if route in (Route.WRONG_NUMBER, Route.IN_CONFIDENCE, Route.AUTO_REPLY, Route.OPT_OUT):
        return words_of(route)
    if is_answer(reply):
        return COMMON_QUESTION
    if route in (Route.FOLLOW_UP, Route.NUDGE):  # it is about what it follows
        return words_of(intent)
    if route == Route.ACKNOWLEDGEMENT:
        return words_of(intent) or words_of(route)
    is_weak = confidence is not None and confidence < GUESS_SHOWN_FROM and intent == guess
    return NOT_SURE if route == Route.REVIEW or is_weak else words_of(intent)


def initials(name: str | None) -> str:
    """Return the initials of a name without its title, at most two; empty for none, a number, and an address."""
    words = [word for word in (name or "").split() if word[0].isalpha()]
    words = [word for word in words if word.rstrip(".").lower() not in _TITLES] or words
    if not words or "@" in (name or ""):
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def called_by(reason: NoticeReason, name: str) -> str:
    """Return who called the member to a conversation, and how; empty for a held message, of which the row says more."""
    if reason == NoticeReason.HELD:
        return ""
    what = "Mentioned" if reason == NoticeReason.MENTIONED else "Assigned to you"
    return f"{what} by {name}" if name else what


def wait(since: datetime, moment: datetime) -> str:
    """Return how long a person has waited, short enough for a list."""
    passed = max(moment - since, timedelta())
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} h"
    return f"{passed.days} d"


def waits_too_long(since: datetime, priority: str | None, practice: Practice, moment: datetime) -> bool:
    """Return whether a person has waited too long for an answer.

    The night does not count unless it is pressing: someone who wrote in the evening is late by noon, not at the door.
    """
    level = Priority(priority or Priority.NORMAL)
    if level not in _AT_ANY_HOUR and practice.hours:
        opened = practice.last_opening(moment)
        if opened is None or not practice.is_open(moment):
            return False
        since = max(since, opened)
    return moment - since >= PATIENCE[level]
