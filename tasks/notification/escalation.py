"""Escalating an alarm from contact to contact until someone acknowledges it, by text among other ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.audit import record_action
from inbox.models import AlarmEnd, Escalation, Notification, now
from intake.practices import TEXT_PREFIX, Practice
from intake.vocabulary import NotificationReason, Priority, Team
from tasks.notification.ack_codes import TextedAck
from tasks.notification.alarms import acknowledge
from tasks.notification.escalation_policy import NEVER, next_step_at
from tasks.notification.models import add_notifications
from tasks.notification.targets import key_of
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from inbox.database import Database
    from tasks.context import Context

log = structlog.get_logger(__name__)

WITHOUT_PRACTICE = timedelta(minutes=5)
MEANT_FOR = timedelta(minutes=10)


def escalate(context: Context, escalation_id: int) -> AfterCommit:
    """Notify the next contact if one is due and no one has acknowledged the alarm."""
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
            alarm=row,
        )
        record_action(
            session,
            staff_id=None,
            practice=row.practice,
            action="escalated",
            subject=f"conversation:{row.conversation_id}",
            escalation=row.id,
            step=row.step,
            contact=step.team or ("telephone" if step.number else "email"),
        )
        log.warning("escalated", escalation_id=row.id, step=row.step)
        return AfterCommit(notifications=notifications, topics=topics_of(row.conversation_id, row.practice))


def acknowledge_by_text(database: Database, practice: Practice, number: str, codes: Sequence[str]) -> TextedAck:
    """End the alarms that a member of staff names by text, or without a code the only one that they can mean.

    Args:
        database: the database.
        practice: the practice that was texted.
        number: the member's number.
        codes: the codes in the text, in capitals.
    """
    told = select(Notification.escalation_id).where(
        Notification.target == key_of(TEXT_PREFIX + number), Notification.attempts > 0
    )
    with database.write() as session:
        is_open = (Escalation.practice == practice.slug, Escalation.acknowledged_at.is_(None))
        found = session.scalars(select(Escalation).where(*is_open).order_by(Escalation.id)).all()
        told_ids = set(session.scalars(told.where(Notification.escalation_id.in_([row.id for row in found]))))
        known = [row for row in found if row.id in told_ids]
        is_clear = len(known) == 1 and not _ended_by_another(session, practice.slug, number)
        answered = [row for row in found if row.code in codes] if codes else known if is_clear else []
        ended = [row for row in answered if acknowledge(session, row.id, number, None, AlarmEnd.TEXT)]
        return TextedAck(
            ended=tuple(row.code for row in ended),
            wrong=tuple(code for code in codes if code not in {row.code for row in found}),
            still_open=tuple(row.code for row in known if row not in ended),
            conversations=tuple(row.conversation_id for row in ended),
        )


def _ended_by_another(session: Session, practice: str, number: str) -> bool:
    """Return whether someone else has just ended an alarm that a number was told of, which a bare ACK may mean."""
    query = (
        select(Escalation.acknowledged_by)
        .join(Notification, Notification.escalation_id == Escalation.id)
        .where(
            Escalation.practice == practice,
            Escalation.acknowledged_at > now() - MEANT_FOR,
            Notification.target == key_of(TEXT_PREFIX + number),
            Notification.attempts > 0,
        )
    )
    return any(name != number for name in session.scalars(query))  # encrypted, so the database can't compare it
