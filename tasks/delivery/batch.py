"""Sending several replies in a row, with one transaction between two of them.

Each reply is claimed just before it is sent, in the transaction that stores the outcome of the one before. A worker
that dies therefore leaves one reply of which nobody knows whether it was sent, however long the batch is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import IntegrityError

from intake.vocabulary import Medium
from tasks.carriers.protocol import Outcome, OutgoingMessage
from tasks.delivery.line_type import learn_line_type, unproven_among
from tasks.delivery.locks import lock_conversations_of
from tasks.delivery.outbox import claim_delivery, store_outcome
from tasks.queues.queue import AfterCommit, Ticket

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

BATCH_SECONDS = 1.0


def deliver(
    context: Context, delivery_ids: Sequence[int], within_seconds: float = BATCH_SECONDS
) -> Mapping[int, Exception]:
    """Send each delivery once if it is pending.

    If a carrier is slow, the rest goes back to the queue, so that no other work waits for it.

    Args:
        context: the worker's context.
        delivery_ids: the deliveries.
        within_seconds: how long to begin sending further ones.

    Returns:
        Delivery id → the error that sending it ended with.
    """
    batch = _Batch(context)
    # those whose carrier must be asked something first hold up nobody else
    unproven = unproven_among(context, delivery_ids)
    waiting = sorted(delivery_ids, key=lambda delivery_id: delivery_id in unproven)
    until = time.monotonic() + within_seconds
    while waiting:
        delivery_id = waiting.pop(0)
        batch.send(delivery_id, ask_first=delivery_id in unproven)
        if time.monotonic() > until:
            break
    batch.store()
    context.queue.put_all(batch.after)
    context.queue.put_tickets([Ticket("deliver", delivery_id) for delivery_id in waiting], at_front=True)
    return batch.errors


@dataclass(slots=True)
class _Batch:
    """Deliveries that are sent one after the other.

    Attributes:
        context: the worker's context.
        after: what follows from everything that was stored.
        errors: delivery id → the error that sending it ended with.
        answered: the delivery that was sent last and whose outcome is not stored yet.
    """

    context: Context
    after: AfterCommit = field(default_factory=AfterCommit)
    errors: dict[int, Exception] = field(default_factory=dict)
    answered: tuple[int, Outcome] | None = None

    def send(self, delivery_id: int, *, ask_first: bool) -> None:
        """Send a delivery if it can be claimed."""
        try:
            if ask_first:
                self.store()
                learn_line_type(self.context, delivery_id)
            claimed = self._store_and_claim(delivery_id)
            if claimed is not None:
                medium, text = claimed
                self.answered = delivery_id, self.context.senders[medium].send(text)
        except Exception as error:
            self.errors[delivery_id] = error

    def store(self) -> None:
        """Store the outcome of the delivery that was sent last."""
        if self.answered is None:
            return
        (delivery_id, outcome), self.answered = self.answered, None
        try:
            with self.context.database.write() as session:
                after = store_outcome(self.context, session, delivery_id, outcome)
            self.after |= after
        except IntegrityError:
            log.warning("text_claimed_elsewhere", delivery_id=delivery_id)
        except Exception as error:
            self.errors[delivery_id] = error

    def _store_and_claim(self, delivery_id: int) -> tuple[Medium, OutgoingMessage] | None:
        try:
            return self._claim(delivery_id, self.answered)
        except Exception:
            if self.answered is None:
                raise
        # nothing of either was stored, as one of them failed: so each by itself
        self.store()
        return self._claim(delivery_id, None)

    def _claim(self, delivery_id: int, answered: tuple[int, Outcome] | None) -> tuple[Medium, OutgoingMessage] | None:
        with self.context.database.write() as session:
            lock_conversations_of(session, [delivery_id, *([] if answered is None else answered[:1])])
            after = AfterCommit() if answered is None else store_outcome(self.context, session, *answered)
            claimed = claim_delivery(self.context, session, delivery_id)
        self.after |= after
        self.answered = None
        if isinstance(claimed, AfterCommit):
            self.after |= claimed
            return None
        return claimed
