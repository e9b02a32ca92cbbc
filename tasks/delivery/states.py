"""The outbox state machine: a delivery's transitions and retry delays.

    pending → sending → sent → delivered | failed
                      ↘ unknown → sent …      found in the carrier's list
                                → pending     the carrier does not have it, says its list in several searches
                                → unconfirmed the list cannot tell; never sent again
    pending → sent → delivered                a chat reply that can no longer be undone, then the visitor's page took it
    pending → suppressed                      the patient opted out, staff took over, it is a landline, or not safe
    pending → held                            it was scheduled, and the patient has written since
    held    → pending | suppressed            staff send it anyway, or cancel it
    sending → not_sent                        there are no credentials

By itself, a delivery only moves forward, because callbacks arrive out of order and repeatedly. A late one also moves
an unconfirmed delivery on.
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
    """Return the state for a carrier's status, None if the status is unknown."""
    return _STATE_BY_STATUS.get(status.lower())


def advance(current: DeliveryState, reported: DeliveryState) -> DeliveryState:
    """Return the state after a report; a report that would not move it forward is ignored."""
    if current in FINAL:
        return current
    if current == DeliveryState.SENT and reported not in FINAL:
        return current
    return reported
