"""Escalating an urgent message from contact to contact until someone acknowledges it, and recording every step."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.audit import record_action
from inbox.models import Escalation, Notification, now
from intake.practices import TEXT_PREFIX, Practice
from intake.vocabulary import NotificationReason, Priority, Team
from tasks.notification.escalation_policy import NEVER, next_step_at
from tasks.notification.models import add_notifications, key_of
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from inbox.database import Database
    from tasks.context import Context

log = structlog.get_logger(__name__)

WITHOUT_PRACTICE = timedelta(minutes=5)


def escalate(context: Context, escalation_id: int) -> AfterCommit:
    """Notify the next contact if one is due and no one has acknowledged the message."""
    with context.database.write() as session:
        moment = now()
        row = session.get(Escalation, escalation_id, with_for_update=True)
        if row is None or row.acknowledged_at is not None or row.next_step_at > moment:
            return AfterCommit()
        practice = context.practices.by_slug(row.practice)
        if practice is None:
            row.next_step_at = moment + WITHOUT_PRACTICE  # the practice may be added to the file again
            return AfterCommit()
        steps = practice.escalation
        if row.step >= len(steps):
            row.next_step_at = NEVER  # steps were removed from the file
            return AfterCommit()
        row.step += 1
        row.next_step_at = next_step_at(steps, row.step, moment)
        step = steps[row.step - 1]
        notifications = add_notifications(
            session,
            row.message,
            practice,
            team=step.team or Team.ON_CALL,
            priority=Priority.URGENT,
            reason=NotificationReason.ESCALATION,
            escalation_step=row.step,
        )
        record_action(
            session,
            staff_id=None,
            practice=row.practice,
            action="escalated",
            subject=f"conversation:{row.message.conversation_id}",
            escalation=row.id,
            step=row.step,
            contact=step.team or "telephone",
        )
        log.warning("escalated", escalation_id=row.id, step=row.step)
        return AfterCommit(notifications=notifications)


def acknowledge(session: Session, escalation_id: int, by: str, staff_id: int | None) -> bool:
    """End an escalation and return whether this call ended it.

    Args:
        session: an open write transaction.
        escalation_id: the escalation.
        by: the name that colleagues see.
        staff_id: the staff member, None for an acknowledgment by text.
    """
    row = session.get_one(Escalation, escalation_id, with_for_update=True, populate_existing=True)
    if row.acknowledged_at is not None:
        return False
    row.acknowledged_at, row.acknowledged_by = now(), by[:80]
    record_action(
        session,
        staff_id=staff_id,
        practice=row.practice,
        action="acknowledged",
        subject=f"conversation:{row.message.conversation_id}",
        escalation=row.id,
        step=row.step,
        by_text=staff_id is None,
    )
    log.info("acknowledged", escalation_id=row.id, step=row.step, by_text=staff_id is None)
    return True


def is_acknowledgement(text: str) -> bool:
    """Return whether a text from a staff member acknowledges an urgent message."""
    return re.fullmatch(r"\W*ack(nowledged?)?\W*", text, re.IGNORECASE) is not None


def acknowledge_by_text(database: Database, practice: Practice, number: str) -> int:
    """End every open escalation that this number was notified about, and return how many there were."""
    told = select(Notification.message_id).where(
        Notification.target == key_of(TEXT_PREFIX + number), Notification.attempts > 0
    )
    with database.write() as session:
        open_ones = session.scalars(
            select(Escalation.id)
            .where(
                Escalation.practice == practice.slug,
                Escalation.acknowledged_at.is_(None),
                Escalation.message_id.in_(told),
            )
            .order_by(Escalation.id)
        ).all()
        return sum(acknowledge(session, row_id, f"{number} by text", None) for row_id in open_ones)
