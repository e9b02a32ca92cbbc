"""Dates that a clock wrote while it was ahead: once it is put right, nobody in danger waits until it has caught up.

What was never tried needs no mending, as `tasks.queues.due` takes it for due. Here is the rest: the next contact of an
alarm, what is tried again, and what a worker had begun. A date that is further away than it can be under a right clock
is brought forward. Machines whose clocks differ by seconds are no reason for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import CursorResult, Update, and_, or_, select, update
from sqlalchemy.orm import Session

from inbox.models import (
    Delivery,
    DeliveryState,
    EmergencyAccess,
    Escalation,
    Message,
    Notification,
    NotificationState,
    StaffLink,
)
from intake.practices import Practices
from intake.vocabulary import Priority
from tasks.carriers.backoff import LONGEST_DELAY
from tasks.delivery.search import PAUSES
from tasks.delivery.states import IN_FLIGHT
from tasks.mail.accounts import ATTEMPT
from tasks.messages.attempts import WITHOUT_PRACTICE as MESSAGE_WAITS
from tasks.notification.escalation import WITHOUT_PRACTICE as ALARM_WAITS
from tasks.notification.escalation_policy import NEVER, next_step_at

log = structlog.get_logger(__name__)

SKEW = timedelta(minutes=1)
"""How far the clocks of two machines may differ."""


def bring_forward(session: Session, practices: Practices, moment: datetime) -> None:
    """Bring forward what was dated by a clock that has been set back since.

    Args:
        session: an open write transaction.
        practices: all practices.
        moment: the current time, aware.
    """
    _bring_alarms_forward(session, practices, moment)
    retried = (_retried_notices(moment), _failed_messages(moment), *_interrupted_mail(moment))
    for statement in (*retried, *_begun_deliveries(moment)):
        changed = session.execute(statement.execution_options(synchronize_session=False))
        if isinstance(changed, CursorResult) and changed.rowcount:
            log.warning("brought_forward", table=statement.table.description, rows=changed.rowcount)


def _bring_alarms_forward(session: Session, practices: Practices, moment: datetime) -> None:
    """Let the next contact of each open alarm be due after its own delay from now at the latest."""
    is_waiting = (
        Escalation.acknowledged_at.is_(None),
        Escalation.next_step_at > moment,
        Escalation.next_step_at < NEVER,
    )
    columns = (Escalation.id, Escalation.practice, Escalation.step, Escalation.created_at, Escalation.next_step_at)
    for row_id, slug, step, created_at, due_at in session.execute(select(*columns).where(*is_waiting)).all():
        practice = practices.by_slug(slug)
        latest = moment + ALARM_WAITS
        if practice is not None:
            latest = next_step_at(practice.escalation, step, moment, created_at)
        if due_at > latest:
            same = (Escalation.id == row_id, Escalation.next_step_at == due_at, Escalation.acknowledged_at.is_(None))
            session.execute(update(Escalation).where(*same).values(next_step_at=latest))
            log.warning("alarm_brought_forward", escalation_id=row_id)


def _retried_notices(moment: datetime) -> Update:
    is_tried = or_(Notification.attempts > 0, Notification.priority == Priority.URGENT)
    is_ahead = and_(is_tried, Notification.updated_at > moment + SKEW)
    is_too_far = and_(Notification.attempts > 0, Notification.next_attempt_at > moment + LONGEST_DELAY + SKEW)
    return (
        update(Notification)
        .where(
            Notification.state == NotificationState.PENDING,
            Notification.next_attempt_at > moment,
            or_(is_ahead, is_too_far),
        )
        .values(next_attempt_at=moment)
    )


def _failed_messages(moment: datetime) -> Update:
    is_too_far = (Message.failures > 0, Message.next_attempt_at > moment + MESSAGE_WAITS + SKEW)
    return update(Message).where(Message.handled_at.is_(None), *is_too_far).values(next_attempt_at=moment)


def _interrupted_mail(moment: datetime) -> tuple[Update, Update]:
    too_far = moment + ATTEMPT + SKEW
    links = update(StaffLink).where(StaffLink.mail_again_at > too_far).values(mail_again_at=moment)
    again_at = EmergencyAccess.announce_again_at
    return links, update(EmergencyAccess).where(again_at > too_far).values(announce_again_at=moment)


def _begun_deliveries(moment: datetime) -> tuple[Update, ...]:
    """Let what was tried be tried again, and look for what was not answered as for something that was sent just now."""
    is_ahead = Delivery.sending_at > moment + SKEW
    is_retried = and_(Delivery.attempts > 0, Delivery.next_attempt_at > moment + LONGEST_DELAY + SKEW)
    waits = (Delivery.state == DeliveryState.PENDING, Delivery.next_attempt_at > moment)
    is_sought_late = Delivery.next_attempt_at > moment + max(PAUSES) + SKEW
    return (
        update(Delivery).where(*waits, or_(is_ahead, is_retried)).values(next_attempt_at=moment),
        update(Delivery).where(Delivery.state.in_(IN_FLIGHT), is_ahead).values(sending_at=moment),
        update(Delivery).where(Delivery.state.in_(IN_FLIGHT), is_sought_late).values(next_attempt_at=moment),
    )
