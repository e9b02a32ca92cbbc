"""Searching the carrier's list for a text whose send was not answered: what was found, and what to do then.

A text that is not listed is sent again only after several clean searches in a row, spread over more than ten minutes,
because lists lag and a carrier may accept a text long after the request timed out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from tasks.carriers.protocol import ListedMessage, MessageList, OutgoingMessage, ProviderStatus
from tasks.delivery.folding import fold_body

# The first search comes `SETTLE_AFTER_SECONDS` after the send began; these are the pauses before the other three.
PAUSES = (timedelta(seconds=90), timedelta(minutes=3), timedelta(minutes=6, seconds=30))
PAUSE_WITHOUT_ANSWER = timedelta(minutes=1)
UNCLEAR_AT_MOST = sum(PAUSES, timedelta(0))
UNREACHABLE_AT_MOST = timedelta(hours=4)
# Ages are measured on one clock each, so a wrong clock does no harm. This is how far ours may be set back in between.
LARGEST_CLOCK_CHANGE = timedelta(minutes=30)


class Miss(Enum):
    """Why a search did not find the text."""

    NOT_LISTED = auto()
    UNCLEAR = auto()
    UNREACHABLE = auto()


class Verdict(Enum):
    """What to do after a search that did not find the text."""

    SEARCH_AGAIN = auto()
    SEND_AGAIN = auto()
    UNCONFIRMED = auto()


@dataclass(frozen=True, slots=True)
class Searches:
    """The clean searches so far, in a row.

    Attributes:
        count: how many there were.
        last_at: when the last one was, by the carrier's clock; None if there was none.
    """

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do after a search, the clean searches that now count, and how long to wait before the next one."""

    verdict: Verdict
    searches: Searches
    wait: timedelta = timedelta(0)


def find_reach(age: timedelta) -> timedelta:
    """Return how far back the carrier's list must go to have a text whose send began so long ago."""
    return age + LARGEST_CLOCK_CHANGE


def find_text(
    text: OutgoingMessage,
    listed: MessageList,
    age: timedelta,
    claimed: Collection[str],
    other_bodies: Collection[str],
    confirmed: Collection[str],
) -> ProviderStatus | Miss:
    """Find a text in the carrier's list by its whole body, recipient, and sender.

    A listed message that belongs to no delivery and has no known body may be this text: its body may have been
    redacted, or changed by the carrier. So may one to a hidden number, whatever its body. A list that shows nothing
    that the carrier is known to have sent to this patient does not show what it has.

    Args:
        text: the text.
        listed: the carrier's list.
        age: how long ago the send began, by this machine's clock.
        claimed: provider IDs that belong to other deliveries.
        other_bodies: bodies of other texts to this patient that have no provider ID yet.
        confirmed: provider IDs of the newest texts from this sender to this patient that the carrier has.
    """
    earliest = listed.at - find_reach(age)
    unclaimed = [
        message
        for message in listed.messages
        if message.status.provider_id not in claimed and text.sender in message.senders and _is_since(message, earliest)
    ]
    candidates = [message for message in unclaimed if message.to == text.to]
    if found := _match_body(text.body, candidates, other_bodies):
        return found.status
    visible = {message.status.provider_id for message in listed.messages if message.to == text.to}
    is_blind = bool(confirmed) and visible.isdisjoint(confirmed)
    is_cut_off = listed.complete_since >= earliest
    is_hidden = any(message.may_be_to(text.to) for message in unclaimed)
    others = {fold_body(body) for body in other_bodies} - {fold_body(text.body), ""}
    is_unexplained = any(fold_body(message.body or "") not in others for message in candidates)
    is_unclear = is_blind or is_cut_off or is_hidden or is_unexplained
    return Miss.UNCLEAR if is_unclear else Miss.NOT_LISTED


def _match_body(body: str, candidates: Sequence[ListedMessage], other_bodies: Collection[str]) -> ListedMessage | None:
    """Return the message with this body, or with one that the carrier may have made of it.

    If other texts under way differ from it in nothing but such signs, the carrier must show one for each of them: with
    fewer, nobody can say whose they are. An empty body says nothing, as redacted ones are empty, too: only pictures
    without words, with no other such reply under way, are found by it.
    """
    if not body:
        pictures = [message for message in candidates if message.body == "" and message.has_files]
        return next(iter(pictures), None) if "" not in other_bodies else None
    folded = fold_body(body)
    alike = [message for message in candidates if message.body and fold_body(message.body) == folded]
    rivals = [other for other in other_bodies if fold_body(other) == folded]
    if any(rival != body for rival in rivals) and len(alike) <= len(rivals):
        return None
    return next((message for message in alike if message.body == body), next(iter(alike), None))


def decide_next(miss: Miss, searches: Searches, at: datetime | None, age: timedelta) -> NextStep:
    """Return what to do after a search that did not find the text.

    Args:
        miss: why it was not found.
        searches: the clean searches before this one.
        at: when the carrier answered, by its own clock; None if it did not.
        age: how long ago the send began, by this machine's clock.
    """
    if miss is Miss.UNREACHABLE or at is None:
        return _without_answer(searches, is_over=age >= UNREACHABLE_AT_MOST)
    if miss is Miss.UNCLEAR:
        return _without_answer(Searches(), is_over=age >= UNCLEAR_AT_MOST)
    if searches.last_at is not None:
        remaining = searches.last_at + PAUSES[searches.count - 1] - at
        if remaining > timedelta(0):
            return NextStep(Verdict.SEARCH_AGAIN, searches, remaining)
    clean = Searches(searches.count + 1, at)
    if clean.count > len(PAUSES):
        return NextStep(Verdict.SEND_AGAIN, Searches())  # the next send is searched for from the start
    return NextStep(Verdict.SEARCH_AGAIN, clean, PAUSES[clean.count - 1])


def _without_answer(searches: Searches, *, is_over: bool) -> NextStep:
    return NextStep(Verdict.UNCONFIRMED if is_over else Verdict.SEARCH_AGAIN, searches, PAUSE_WITHOUT_ANSWER)


def _is_since(message: ListedMessage, earliest: datetime) -> bool:
    return message.created_at is None or message.created_at >= earliest
