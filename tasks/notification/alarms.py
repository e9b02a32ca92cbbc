"""The alarm of a conversation: raising it, joining it, and ending it when someone deals with the patient."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import (
    AlarmEnd,
    Classification,
    Escalation,
    Message,
    Notification,
    NotificationState,
    now,
)
from intake.practices import EscalationStep, Practice
from intake.vocabulary import SAMPLE, DangerKind, Priority
from tasks.notification.ack_codes import make_code
from tasks.notification.escalation_policy import ToldSoFar, follow_change, left_open, next_step_at
from tasks.notification.targets import CONSOLE
from tasks.queues.queue import Ticket

log = structlog.get_logger(__name__)

_TRIES = 5


def join_alarm(session: Session, message: Message, practice: Practice) -> Escalation:
    """Return the open alarm of a message's conversation, raising one if there is none.

    Args:
        session: an open write transaction that holds the conversation's lock.
        message: the urgent message.
        practice: the conversation's practice.
    """
    known = open_alarms(session, message.conversation_id, lock=True)  # nobody ends it before the message has joined
    return known[0] if known else _raise_alarm(session, message, practice)


def open_alarms(session: Session, conversation_id: int, *, lock: bool = False) -> list[Escalation]:
    """Return a conversation's open alarms: one at most, unless an older version of Intake raised more.

    Args:
        session: an open transaction.
        conversation_id: the conversation.
        lock: whether they stay open until the transaction ends, unless it ends them itself.
    """
    query = (
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id, Escalation.acknowledged_at.is_(None))
        .order_by(Escalation.id)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(query))


def told_so_far(session: Session, alarm: Escalation, message: Message) -> ToldSoFar:
    """Return what staff know of an alarm from its other messages, and from this one's notices to other teams."""
    own = Notification.escalation_id == alarm.id
    was_told = Notification.state.not_in((NotificationState.FAILED, NotificationState.OPTED_OUT))
    told = select(Notification.team).where(own, Notification.target != CONSOLE, was_told)
    dangers = (
        select(Classification.danger)
        .join(Notification, Notification.message_id == Classification.message_id)
        .where(own, Notification.message_id != message.id)
    )
    return ToldSoFar(
        frozenset(session.scalars(told)),
        frozenset(danger or DangerKind.OTHER for danger in session.scalars(dangers)),
    )


def end_alarms(session: Session, conversation_id: int, by: str, staff_id: int, how: AlarmEnd) -> bool:
    """End a conversation's open alarms because a member deals with it, and return whether there was one.

    Args:
        session: an open write transaction.
        conversation_id: the conversation.
        by: the member's name, which colleagues see.
        staff_id: the member.
        how: what the member did.
    """
    ended = [acknowledge(session, alarm.id, by, staff_id, how) for alarm in open_alarms(session, conversation_id)]
    return any(ended)


def acknowledge(session: Session, escalation_id: int, by: str, staff_id: int | None, how: AlarmEnd) -> bool:
    """End an alarm, drop its unsent notices, and return whether this call ended it.

    Args:
        session: an open write transaction.
        escalation_id: the alarm.
        by: the name that colleagues see.
        staff_id: the staff member, None for an acknowledgment by text.
        how: what ended it.
    """
    row = session.get_one(Escalation, escalation_id, with_for_update=True, populate_existing=True)
    if row.acknowledged_at is not None:
        return False
    row.acknowledged_at, row.acknowledged_by, row.acknowledged_how = now(), by[:80], how
    _drop_unsent(session, row)
    record_action(
        session,
        staff_id=staff_id,
        practice=row.practice,
        action="acknowledged",
        subject=f"conversation:{row.conversation_id}",
        escalation=row.id,
        step=row.step,
        how=how,
    )
    log.info("acknowledged", escalation_id=row.id, step=row.step, how=str(how))
    return True


def set_apart(session: Session, escalation_id: int, target: str, practice: Practice) -> Escalation | None:
    """Give what a number was not told of an alarm of its own, which stays open; None if it was told of everything.

    Args:
        session: an open write transaction that holds the lock of the alarm's conversation.
        escalation_id: the alarm that the number acknowledges.
        target: the key of the number's address.
        practice: the alarm's practice.
    """
    alarm = session.get_one(Escalation, escalation_id, with_for_update=True, populate_existing=True)
    if alarm.acknowledged_at is not None:
        return None
    query = select(Notification).where(Notification.escalation_id == alarm.id).order_by(Notification.id)
    notices = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    left = left_open(notices, target)
    stay = [notice for notice in notices if (notice.message_id, notice.reason) in left]
    messages = sorted({notice.message_id for notice in stay if notice.message_id is not None})
    if not messages:
        return None
    own = _raise_alarm(session, session.get_one(Message, messages[0]), practice)
    for notice in stay:
        notice.escalation_id = own.id
    session.flush()
    log.info("alarm_set_apart", escalation_id=own.id, from_escalation_id=alarm.id, messages=len(messages))
    return own


def follow_escalation(
    session: Session, practice: str, before: Sequence[EscalationStep], after: Sequence[EscalationStep]
) -> bool:
    """Let the open alarms of a practice go on by a changed escalation, and return whether there are any.

    Args:
        session: an open write transaction.
        practice: the practice's slug.
        before: the steps so far.
        after: the steps from now on.
    """
    is_open = Escalation.practice == practice, Escalation.acknowledged_at.is_(None)
    query = select(Escalation).join(Escalation.message).where(*is_open, Message.provider != SAMPLE)
    alarms = session.scalars(query.order_by(Escalation.id).with_for_update(of=Escalation)).all()
    moment = now()
    for alarm in alarms:
        alarm.step, alarm.next_step_at = follow_change(before, after, alarm.step, alarm.next_step_at, moment)
    return bool(alarms)


def reopen_alarms(session: Session, conversation_id: int, alarm_ids: Sequence[int]) -> tuple[Ticket, ...]:
    """Open alarms again that a member ended by mistake, and return the jobs of their notices that are due.

    An alarm that the conversation has got since stays the only one.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation_id: the conversation.
        alarm_ids: those that were open before.
    """
    alarms = session.scalars(select(Escalation).where(Escalation.id.in_(alarm_ids)).with_for_update()).all()
    ended = [alarm for alarm in alarms if alarm.acknowledged_at is not None]
    if not ended or open_alarms(session, conversation_id):
        return ()
    for alarm in ended:
        taken = _open_codes(session, alarm.practice)
        alarm.code = make_code(taken) if alarm.code in taken else alarm.code
        alarm.acknowledged_at = alarm.acknowledged_by = alarm.acknowledged_how = None
        session.flush()
    own = Notification.escalation_id.in_([alarm.id for alarm in ended])
    dropped = own, Notification.state == NotificationState.DROPPED
    notices = session.scalars(select(Notification).where(*dropped).with_for_update()).all()
    for notice in notices:
        notice.state = NotificationState.PENDING
    moment = now()
    return tuple(
        Ticket("notify", notice.id, notice.priority == Priority.URGENT)
        for notice in notices
        if notice.next_attempt_at <= moment
    )


def _open_codes(session: Session, practice: str) -> set[str]:
    query = select(Escalation.code).where(Escalation.practice == practice, Escalation.acknowledged_at.is_(None))
    return set(session.scalars(query))


def _raise_alarm(session: Session, message: Message, practice: Practice) -> Escalation:
    """Raise an alarm, trying again if another worker takes the same code at the same moment.

    If the message has raised one before, whoever was told of it as a step is not told again.
    """
    taken = session.scalar(select(func.max(Escalation.step)).where(Escalation.message_id == message.id)) or 0
    moment = now()
    for attempt in range(_TRIES):
        alarm = Escalation(
            message_id=message.id,
            conversation_id=message.conversation_id,
            practice=practice.slug,
            code=make_code(_open_codes(session, practice.slug)),
            step=taken,
            next_step_at=next_step_at(practice.escalation, taken, moment, moment),
        )
        try:
            with session.begin_nested():
                session.add(alarm)
            break
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
    return alarm


def _drop_unsent(session: Session, alarm: Escalation) -> None:
    session.execute(
        update(Notification)
        .where(
            Notification.escalation_id == alarm.id,
            Notification.state == NotificationState.PENDING,
            Notification.target != CONSOLE,
        )
        .values(state=NotificationState.DROPPED)
        .execution_options(synchronize_session="fetch")
    )
