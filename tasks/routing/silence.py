"""Emergencies that got no reply: which silences leave the patient alone, and what whoever is on call reads."""

from __future__ import annotations

from collections.abc import Collection

from inbox.models import UNDELIVERED, DeliveryState
from intake.vocabulary import NotificationReason, Route, Silence

_LEFT_ALONE = (
    Silence.UNSAFE,
    Silence.NO_ADDRESS,
    Silence.LATE,
    Silence.OWN_NUMBER,
    Silence.OPTED_OUT,
    Silence.ROUTE_OFF,
    Silence.FOREIGN,
    Silence.CAPPED,
)
"""With any other reason, the patient was told whom to call a short while before."""


UNANSWERED = (NotificationReason.UNANSWERED_EMERGENCY, NotificationReason.UNANSWERED_UNSAFE)
"""What on-call is told of an emergency to which the patient got no reply."""
NEVER_REACHED = frozenset(UNDELIVERED) - {DeliveryState.UNCONFIRMED}


def is_left_alone(reasons: Collection[str], answers: Collection[str]) -> bool:
    """Return whether the patient got no reply to the emergencies of an alarm, as far as is known now.

    Args:
        reasons: why staff were told of them.
        answers: the states of the automatic replies to them.
    """
    return not set(reasons).isdisjoint(UNANSWERED) or (bool(answers) and NEVER_REACHED.issuperset(answers))


def unanswered_reason(route: str, silence: Silence | None) -> NotificationReason | None:
    """Return what on-call is told of a message if it is an emergency whose sender nobody told anything, else None."""
    if route != Route.URGENT or silence not in _LEFT_ALONE:
        return None
    return (
        NotificationReason.UNANSWERED_UNSAFE if silence is Silence.UNSAFE else NotificationReason.UNANSWERED_EMERGENCY
    )


def read_silence(silence: str | None, reply: str | None, why: str) -> Silence | None:
    """Return why a stored decision is silent, None if it is not, or its route has no reply.

    This is the one place that reads it from the words for staff: until migration 0043, there was nothing else.

    Args:
        silence: the stored reason, None in rows from before.
        reply: the stored reply.
        why: the words for staff.
    """
    if silence is not None:
        return Silence(silence)
    if reply is not None:
        return None
    return next((reason for reason in Silence if why.endswith(f"; no reply: {reason.words}")), None)
