"""Sending notifications from the outbox: claim what is due, send it, and store the outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.audit import record_action
from inbox.consent import is_opted_out
from inbox.database import MISSING_KEY
from inbox.key_registry import lacks_keys
from inbox.models import Conversation, Escalation, Message, Notification, NotificationState, now
from intake.practices import TEXT_PREFIX, Practice, TeamSettings
from intake.vocabulary import Priority
from tasks.carriers.backoff import retry_delay
from tasks.carriers.protocol import Accepted, NotSent, Outcome, Refused, Retryable
from tasks.metrics import NOTIFICATIONS, Measure
from tasks.notification.models import CONSOLE, Digest, Notice, targets_for, team_settings, telephone_of
from tasks.notification.quiet_hours import is_gathered
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

HOLD = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A notification that this worker has claimed.

    Attributes:
        row_ids: the outbox rows that it covers.
        notice: the notification; None if the practice is not in the practices file.
        address: the recipient; None if it is no longer in the practices file.
        texts_from: the number or messaging service to send texts from.
    """

    row_ids: tuple[int, ...]
    notice: Notice | Digest | None
    address: str | None
    texts_from: str | None


def notify(context: Context, notification_id: int) -> AfterCommit:
    """Send a notification that is due. It may be sent twice, because a repeat does less harm than a loss."""
    with context.database.write() as session:
        claim = _claim(session, notification_id, context)
    if claim is None:
        return AfterCommit()
    outcome = _tell(context, claim)
    with context.database.write() as session:
        rows = session.scalars(select(Notification).where(Notification.id.in_(claim.row_ids)))
        return AfterCommit(measures=tuple(measure for row in rows for measure in _write_outcome(row, outcome)))


def _tell(context: Context, claim: _Claim) -> Outcome:
    if claim.notice is None:
        return Retryable("the practice is not in the practices file")
    if claim.address is None:
        return Refused("the address is not in the practices file any more")
    return context.notifier.notify(claim.notice, claim.address, claim.texts_from)


def _claim(session: Session, notification_id: int, context: Context) -> _Claim | None:
    """Claim a due notification, or all of a digest; return None if there is nothing to send."""
    moment = now()
    row = session.get(Notification, notification_id)
    if row is None or row.state != NotificationState.PENDING or row.next_attempt_at > moment:
        return None
    slug = row.message.conversation.practice
    practice = context.practices.by_slug(slug)
    settings = team_settings(practice, row.team, row.escalation_step) if practice is not None else None
    address = targets_for(settings).get(row.target) if settings is not None else None
    if practice is not None and address is not None and address.startswith(TEXT_PREFIX):
        if lacks_keys(session) and row.priority != Priority.URGENT:
            _hold(row, moment)
            return None
        if is_opted_out(session, slug, address.removeprefix(TEXT_PREFIX)):
            _skip(session, row, slug)
            return None
    gathered = settings is not None and row.target != CONSOLE and is_gathered(settings, row.priority)
    taken = _take(session, _due_with(session, row, slug, moment) if gathered else [row.id], moment)
    if not taken:
        return None
    if practice is None or settings is None:
        return _Claim(taken, None, None, None)
    escalation = _escalation(session, row)
    if escalation is not None and escalation.acknowledged_at is not None and row.target != CONSOLE:
        _drop(session, taken)
        return None
    notice = _digest(session, taken, practice, row.team) if gathered else _notice(row, practice, settings, escalation)
    return _Claim(taken, notice, address, practice.texts_from)


def _hold(row: Notification, moment: datetime) -> None:
    """Leave a text pending because this process cannot tell whether its recipient opted out; urgent ones do not wait.

    Twilio keeps its own list of opt-outs, and refuses an urgent text to a number on it.
    """
    row.next_attempt_at = moment + HOLD
    log.error("notification_held", notification_id=row.id, reason=MISSING_KEY)


def _skip(session: Session, row: Notification, practice: str) -> None:
    """Send nothing to a staff number that texted STOP."""
    row.state = NotificationState.DROPPED
    log.warning("notification_skipped", notification_id=row.id, reason="opted out")
    record_action(
        session,
        staff_id=None,
        practice=practice,
        action="notice_skipped",
        subject=f"conversation:{row.message.conversation_id}",
        notification=row.id,
        reason="opted out",
    )


def _take(session: Session, row_ids: Sequence[int], moment: datetime) -> tuple[int, ...]:
    """Claim the rows that are still due, so that only one of several workers gets each."""
    taken = session.scalars(
        update(Notification)
        .where(
            Notification.id.in_(row_ids),
            Notification.state == NotificationState.PENDING,
            Notification.next_attempt_at <= moment,
        )
        .values(state=NotificationState.SENDING, attempts=Notification.attempts + 1)
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return tuple(taken)


def _due_with(session: Session, row: Notification, practice: str, moment: datetime) -> Sequence[int]:
    """Return the ids of all rows that belong in the same digest."""
    query = (
        select(Notification.id)
        .join(Message)
        .join(Conversation)
        .where(
            Conversation.practice == practice,
            Notification.team == row.team,
            Notification.target == row.target,
            Notification.priority == row.priority,
            Notification.state == NotificationState.PENDING,
            Notification.next_attempt_at <= moment,
        )
    )
    return session.scalars(query).all()


def _escalation(session: Session, row: Notification) -> Escalation | None:
    """Return the escalation of an urgent notification."""
    if row.priority != Priority.URGENT:
        return None
    return session.scalar(select(Escalation).where(Escalation.message_id == row.message_id))


def _drop(session: Session, row_ids: tuple[int, ...]) -> None:
    """Drop rows whose message has been acknowledged, so that no one else is notified."""
    session.execute(
        update(Notification)
        .where(Notification.id.in_(row_ids))
        .values(state=NotificationState.DROPPED)
        .execution_options(synchronize_session=False)
    )
    log.info("notification_dropped", notification_ids=list(row_ids))


def _digest(session: Session, row_ids: tuple[int, ...], practice: Practice, team: str) -> Digest:
    reasons = session.scalars(select(Notification.reason).where(Notification.id.in_(row_ids)))
    return Digest(practice.name, team, Counter(reasons))


def _notice(row: Notification, practice: Practice, settings: TeamSettings, escalation: Escalation | None) -> Notice:
    return Notice(
        conversation_id=row.message.conversation_id,
        message_id=row.message_id,
        practice=practice.name,
        reason=row.reason,
        priority=row.priority,
        team=row.team if telephone_of(practice, row.escalation_step) is None else None,
        escalation_id=escalation.id if escalation else None,
        text=row.message.text if settings.include_text and row.target != CONSOLE else None,
    )


def _write_outcome(row: Notification, outcome: Outcome) -> tuple[Measure, ...]:
    delay = retry_delay(row.attempts)
    if isinstance(outcome, Accepted):
        row.state = NotificationState.SENT
    elif isinstance(outcome, Refused | NotSent) or delay is None:
        row.state = NotificationState.FAILED
        log.error("notification_failed", notification_id=row.id, team=row.team, outcome=type(outcome).__name__)
    else:
        row.state = NotificationState.PENDING
        row.next_attempt_at = now() + delay
        return ()
    labels = (row.message.conversation.practice, row.priority, str(row.state))
    return () if row.target == CONSOLE else (Measure(NOTIFICATIONS, labels),)
