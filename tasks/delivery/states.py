"""The outbox state machine: which moves a delivery may make, and when it is tried again.

    pending → sending → sent → delivered | failed
                      ↘ unknown → sent …      settled by looking at the carrier
                                → pending     it never got there
    pending → suppressed                      the number is opted out, or staff took over
    sending → not_sent                        there are no credentials

A delivery moves forward only; callbacks arrive unordered and repeated.
"""

from __future__ import annotations

from datetime import timedelta

from inbox.models import DeliveryState

FIRST_STATUS_CHECK = timedelta(minutes=10)

FINAL = frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.NOT_SENT})
IN_FLIGHT = frozenset({DeliveryState.SENDING, DeliveryState.UNKNOWN})

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
_STATE_BY_STATUS = {
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}


def state_for_status(status: str) -> DeliveryState | None:
    """Return the state that a carrier's status means, None for one that is not known."""
    return _STATE_BY_STATUS.get(status.lower())


def advance(current: DeliveryState, reported: DeliveryState) -> DeliveryState:
    """Return the state after a report, which is the current one unless the report moves it forward."""
    if current in FINAL:
        return current
    if current == DeliveryState.SENT and reported not in FINAL:
        return current
    return reported
