"""Escalating an alarm from contact to contact until someone acknowledges it, by text among other ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import AlarmEnd, AuditEntry, Conversation, Escalation, Notification, NotificationState, now
from intake.practices import TEXT_PREFIX, Practice
from intake.vocabulary import Team
from tasks.notification.ack_codes import TextedAck
from tasks.notification.alarms import acknowledge, set_apart
from tasks.notification.escalation_policy import NEVER, Unpaged, next_step_at, repeated_step, steps_to_take, why_untold
from tasks.notification.models import notify_step, tickets_for
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import first_paged_team, key_of, reached_addresses
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from inbox.storage.database import Database
    from intake.settings import Settings
    from tasks.context import Context

log = structlog.get_logger(__name__)

WITHOUT_PRACTICE = timedelta(minutes=5)
MEANT_FOR = timedelta(minutes=10)
PAGED_AGAIN_EVERY = timedelta(minutes=2)
"""How often staff can page everyone again about one conversation."""


def escalate(context: Context, escalation_id: int) -> AfterCommit:
    """Notify the next contact, or the last one again, if that is due and no one has acknowledged the alarm."""
    with context.database.write() as session:
        moment = now()
        row = session.get(Escalation, escalation_id, with_for_update=True)
        if row is None or row.acknowledged_at is not None or row.next_step_at > moment:
            return AfterCommit()
        practice = context.practices.by_slug(row.practice)
        if practice is None:
            row.next_step_at = moment + WITHOUT_PRACTICE  # the practice may be added to the file again
            log.error("alarm_without_practice", escalation_id=row.id, practice=row.practice)
            return AfterCommit()
        steps = practice.escalation
        if not steps:
            row.next_step_at = NEVER  # they were removed from the file
            return AfterCommit()
        stopped = find_stopped(session, practice)
        numbers = steps_to_take(practice, row.step, context.settings, stopped)
        row.step = numbers[-1] if numbers else len(steps)
        row.next_step_at = next_step_at(steps, row.step, moment, row.created_at)
        if numbers:
            untold = {number: why_untold(practice, number, context.settings, stopped) for number in numbers}
            rows = [
                notice for number in numbers for notice in _take_step(session, row, practice, number, untold[number])
            ]
        elif again := repeated_step(practice, context.settings, stopped):
            rows = _take_step(session, row, practice, again, is_repeat=True)
        else:
            return AfterCommit()
        return AfterCommit(notifications=tickets_for(rows), topics=topics_of(row.conversation_id, row.practice))


def _take_step(
    session: Session,
    alarm: Escalation,
    practice: Practice,
    number: int,
    untold: Unpaged | None = None,
    *,
    is_repeat: bool = False,
) -> list[Notification]:
    """Notify an escalation step, and record that, or why it reaches nobody."""
    step = practice.escalation[number - 1]
    rows = notify_step(session, alarm, practice, team=step.team or Team.ON_CALL, step=number, again=is_repeat)
    record_action(
        session,
        staff_id=None,
        practice=alarm.practice,
        action="escalated",
        subject=f"conversation:{alarm.conversation_id}",
        escalation=alarm.id,
        step=number,
        contact=step.team or ("telephone" if step.number else "email"),
        **({"again": True} if is_repeat else {}),
        **({"untold": untold.value} if untold else {}),
    )
    log.warning("escalated", escalation_id=alarm.id, step=number, again=is_repeat)
    return rows


def page_again(session: Session, alarm: Escalation, practice: Practice, settings: Settings) -> list[Notification]:
    """Notify everyone at once who has been notified of an open alarm, and return their notices; none if nobody can be.

    An address of several steps is notified once.

    Args:
        session: an open write transaction that holds the lock of the alarm's conversation.
        alarm: the alarm.
        practice: its practice.
        settings: which carriers are set up.
    """
    left = set(reached_addresses(practice, settings, find_stopped(session, practice)))
    contacts = [(0, first_paged_team(practice))]
    contacts += [(number, step.team or Team.ON_CALL) for number, step in enumerate(practice.escalation, start=1)]
    rows: list[Notification] = []
    for number, team in contacts[: alarm.step + 1]:
        told = notify_step(session, alarm, practice, team=team, step=number, again=True, at_once=left)
        left -= {row.target for row in told}
        rows += told
    return rows


def was_paged_lately(session: Session, conversation_id: int) -> bool:
    """Return whether a member has paged everyone about a conversation again a moment ago."""
    query = select(AuditEntry.id).where(
        AuditEntry.subject == f"conversation:{conversation_id}",
        AuditEntry.action == "paged_again",
        AuditEntry.at > now() - PAGED_AGAIN_EVERY,
    )
    return session.scalar(query.limit(1)) is not None


def acknowledge_by_text(database: Database, practice: Practice, number: str, codes: Sequence[str]) -> TextedAck:
    """End the alarms that a member of staff names by text, or without a code the only one that they can mean.

    What the number was not told of stays open, as an alarm of its own: nobody has read of it.

    Args:
        database: the database.
        practice: the practice that was texted.
        number: the member's number.
        codes: the codes in the text, in capitals.
    """
    told = select(Notification.escalation_id).where(*_was_told(number))
    with database.write() as session:
        is_open = (Escalation.practice == practice.slug, Escalation.acknowledged_at.is_(None))
        found = session.scalars(select(Escalation).where(*is_open).order_by(Escalation.id)).all()
        told_ids = set(session.scalars(told.where(Notification.escalation_id.in_([row.id for row in found]))))
        known = [row for row in found if row.id in told_ids]
        is_clear = len(known) == 1 and not _ended_by_another(session, practice.slug, number)
        answered = [row for row in found if row.code in codes] if codes else known if is_clear else []
        _lock_conversations(session, answered)
        left = [set_apart(session, row.id, key_of(TEXT_PREFIX + number), practice) for row in answered]
        ended = [row for row in answered if acknowledge(session, row.id, number, None, AlarmEnd.TEXT)]
        return TextedAck(
            ended=tuple(row.code for row in ended),
            wrong=tuple(code for code in codes if code not in {row.code for row in found}),
            still_open=tuple(row.code for row in known if row not in ended),
            others=tuple(row.code for row in found if row not in known and row not in ended),
            later=tuple(row.code for row in left if row is not None),
            conversations=tuple(row.conversation_id for row in ended),
        )


def _lock_conversations(session: Session, alarms: Sequence[Escalation]) -> None:
    """Let no message join these alarms meanwhile; always in one order, so that nobody waits for each other."""
    of_alarms = Conversation.id.in_([alarm.conversation_id for alarm in alarms])
    session.execute(select(Conversation.id).where(of_alarms).order_by(Conversation.id).with_for_update(key_share=True))


def _ended_by_another(session: Session, practice: str, number: str) -> bool:
    """Return whether someone else has just ended an alarm that a number was told of, which a bare ACK may mean."""
    query = (
        select(Escalation.acknowledged_by)
        .join(Notification, Notification.escalation_id == Escalation.id)
        .where(
            Escalation.practice == practice,
            Escalation.acknowledged_at > now() - MEANT_FOR,
            *_was_told(number),
        )
    )
    return any(name != number for name in session.scalars(query))  # encrypted, so the database can't compare it


def _was_told(number: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a notice went to a number, or is going there now."""
    is_out = or_(Notification.told_at.is_not(None), Notification.state == NotificationState.SENDING)
    return Notification.target == key_of(TEXT_PREFIX + number), is_out
