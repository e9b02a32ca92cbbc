"""Finding unfinished rows from the database alone, and queuing another job for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import redis
import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from inbox.carrier_erasures import claim_due_erasures
from inbox.models import Delivery, DeliveryState, Escalation, Message, Notification, NotificationState, now
from inbox.retention import due_runs
from inbox.voicemail import store_overdue, unheard_of
from intake.vocabulary import Priority
from tasks.context import Context
from tasks.queue import Job

log = structlog.get_logger(__name__)

BATCH = 100
BUSY_QUEUE = 50
LOOK_AGAIN = timedelta(seconds=30)
STALE_NOTIFICATION = timedelta(minutes=2)
STALE_URGENT_NOTIFICATION = timedelta(seconds=30)  # staff would rather hear twice than two minutes late
STATUS_CHECKS_END = timedelta(days=2)


def reconcile(context: Context, *, grace: timedelta) -> int:
    """Queue a job for each row that is due.

    Jobs are idempotent, so queuing a row twice does no harm. While many jobs are waiting, nothing is added.

    Args:
        context: the worker's context.
        grace: skip rows younger than this, because their own jobs may still be queued.

    Returns:
        The number of jobs added.
    """
    try:
        if context.queue.waiting() > BUSY_QUEUE:
            return 0
    except redis.RedisError:
        return 0
    with context.database.write() as session:
        store_overdue(session, now(), BATCH)
        due = _due(session, now(), grace, timedelta(seconds=context.settings.settle_after_seconds))
        due["retain"] = due_runs(session, context.practices, now())
        due["erase_at_carrier"] = claim_due_erasures(session, now(), BATCH)
    added = 0
    for job, row_ids in due.items():
        for row_id in row_ids:
            added += context.queue.put(job, row_id)
    if added:
        log.info("reconciled", **{job: len(row_ids) for job, row_ids in due.items() if row_ids})
    return added


def _due(session: Session, moment: datetime, grace: timedelta, settle_after: timedelta) -> dict[Job, Sequence[int]]:
    young = moment - grace
    messages = select(Message.id).where(
        Message.handled_at.is_(None),
        Message.next_attempt_at <= moment,
        or_(Message.received_at <= young, Message.failures > 0),
    )
    deliveries = select(Delivery.id).where(
        Delivery.state == DeliveryState.PENDING,
        Delivery.next_attempt_at <= moment,
        or_(Delivery.created_at <= young, Delivery.attempts > 0),
    )
    return {
        "handle_message": session.scalars(messages.order_by(Message.id).limit(BATCH)).all(),
        "deliver": session.scalars(deliveries.order_by(Delivery.id).limit(BATCH)).all(),
        "settle": _to_settle(session, moment, settle_after),
        "notify": _to_notify(session, moment, young),
        "escalate": _to_escalate(session, moment),
        "look_for_recording": unheard_of(session, moment, BATCH),
    }


def _to_settle(session: Session, moment: datetime, settle_after: timedelta) -> Sequence[int]:
    """Return the deliveries to check with the carrier, and postpone their next check."""
    unanswered = select(Delivery.id).where(
        Delivery.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN)),
        Delivery.sending_at <= moment - settle_after,
        Delivery.next_attempt_at <= moment,
    )
    unfinished = select(Delivery.id).where(
        Delivery.state == DeliveryState.SENT,
        Delivery.next_attempt_at <= moment,
        Delivery.created_at > moment - STATUS_CHECKS_END,
    )
    asked = session.scalars(unanswered.limit(BATCH)).all()
    checked = session.scalars(unfinished.limit(BATCH)).all()
    for row_ids, pause in ((asked, LOOK_AGAIN), (checked, timedelta(hours=1))):
        session.execute(update(Delivery).where(Delivery.id.in_(row_ids)).values(next_attempt_at=moment + pause))
    return [*asked, *checked]


def _to_notify(session: Session, moment: datetime, young: datetime) -> Sequence[int]:
    session.execute(
        update(Notification)
        .where(
            Notification.state == NotificationState.SENDING,
            or_(
                Notification.updated_at <= moment - STALE_NOTIFICATION,
                and_(
                    Notification.priority == Priority.URGENT,
                    Notification.updated_at <= moment - STALE_URGENT_NOTIFICATION,
                ),
            ),
        )
        .values(state=NotificationState.PENDING)
    )
    query = select(Notification.id).where(
        Notification.state == NotificationState.PENDING,
        Notification.next_attempt_at <= moment,
        or_(Notification.created_at <= young, Notification.attempts > 0),
    )
    return session.scalars(query.order_by(Notification.id).limit(BATCH)).all()


def _to_escalate(session: Session, moment: datetime) -> Sequence[int]:
    """Return the escalations whose next step is due; nothing else queues these."""
    query = select(Escalation.id).where(Escalation.acknowledged_at.is_(None), Escalation.next_step_at <= moment)
    return session.scalars(query.order_by(Escalation.id).limit(BATCH)).all()
