"""Staff notifications: what they contain, whom they go to, and when they are due."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.insurance.missing import BillingFields
from inbox.models import Conversation, Escalation, Message, Notification, NotificationState, now
from intake.practices import Practice
from intake.vocabulary import SAMPLE, Channel, Priority, Route, words_of
from tasks.due import NO_HOLD
from tasks.notification.alarms import join_alarm, told_so_far
from tasks.notification.collecting import collect_notice, is_unvouched
from tasks.notification.escalation_policy import is_news
from tasks.notification.quiet_hours import due_at, is_gathered
from tasks.notification.targets import CONSOLE, targets_for, team_settings
from tasks.queue import Ticket

log = structlog.get_logger(__name__)

_ROUTES: dict[str, str] = {
    Route.REVIEW: "Message to review",
    Route.URGENT: "Urgent message",  # the kind of danger is health information, which only the console shows
    Route.SAME_DAY: "Message for a nurse to see today",
    Route.PERSON: "Request to talk to a person",
    Route.OPT_OUT: "Opt-out that may have been an appointment cancellation",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification about one message, or about a conversation in which the patient has not written yet.

    Attributes:
        conversation_id: the conversation to open.
        message_id: the message, None if there is none.
        practice: the practice's name.
        reason: an intent, a `Route`, or a `NotificationReason`.
        priority: how soon staff must look.
        team: the team, None for a single on-call phone.
        escalation_id: the alarm to acknowledge, if any.
        code: the code to acknowledge it with by text, if any.
        text: the patient's text, None unless the practice allows it at the team's addresses.
        billing: which facts of a billing question the message states; None if it is none.
    """

    conversation_id: int
    message_id: int | None
    practice: str
    reason: str
    priority: Priority
    team: str | None
    escalation_id: int | None = None
    code: str | None = None
    text: str | None = field(default=None, repr=False)
    billing: BillingFields | None = None


@dataclass(frozen=True, slots=True)
class AlarmBundle:
    """One notification about the alarms of several people, for none of whom a carrier or mail server vouches.

    Attributes:
        practice: the practice's name.
        team: the team, None for a single on-call phone.
        reason: a `Route`, or a `NotificationReason`.
        channels: the number of alarms for each channel.
        codes: the codes to acknowledge them with by text.
    """

    practice: str
    team: str | None
    reason: str
    channels: Counter[Channel]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """One notification about several messages that are not urgent.

    Attributes:
        practice: the practice's name.
        team: the team.
        reasons: the number of messages for each reason.
        priority: how soon staff must look.
    """

    practice: str
    team: str
    reasons: Counter[str]
    priority: Priority = Priority.LOW


AnyNotice = Notice | AlarmBundle | Digest


def add_notifications(
    session: Session,
    about: Message | Conversation,
    practice: Practice,
    *,
    team: str | None,
    priority: Priority | None,
    reason: str,
    alarm: Escalation | None = None,
    hold: timedelta = NO_HOLD,
    together: bool = False,
) -> tuple[Ticket, ...]:
    """Add one outbox row for each address of a team.

    An urgent notification raises the conversation's alarm, or joins the open one. If staff already know of the alarm
    all that the message adds, only the console's row is added.

    Args:
        session: an open write transaction; for an urgent notification, it holds the conversation's lock.
        about: the message; a conversation in which the patient has not written yet, which raises no alarm.
        practice: the practice whose staff are notified.
        team: the team to notify, None for no one.
        priority: how soon they must look, None for no one.
        reason: an intent, a `Route`, or a `NotificationReason`.
        alarm: the alarm whose current step is notified; None for a first notification.
        hold: how long the cause can still be undone, so that nobody is notified before.
        together: whether it goes out as one notice with others like it that are due at the same time.

    Returns:
        The jobs for the notices that are due now, or once that time is over.
    """
    if team is None or priority is None:
        return ()
    message, conversation = (about, about.conversation) if isinstance(about, Message) else (None, about)
    moment, step = now(), alarm.step if alarm else 0
    settings = team_settings(practice, team, step)
    is_sample = message is not None and message.provider == SAMPLE
    targets = [CONSOLE] if is_sample else list(targets_for(settings))
    if alarm is not None and message is not None:  # a step that another one has replaced may have told some already
        told = _told_at(session, message, reason, step, team)
        targets = [target for target in targets if target not in told]
    if priority == Priority.URGENT and alarm is None and message is not None:
        alarm = join_alarm(session, message, practice)
        danger = message.classification.danger if message.classification else None
        if not is_news(told_so_far(session, alarm, message), team, danger):
            targets = [CONSOLE]
    first = moment + hold
    due = max(first, due_at(settings, practice.time_zone, priority, moment))
    rows = []
    for target in targets:
        row = Notification(
            message_id=message.id if message else None,
            conversation_id=None if message else conversation.id,
            reason=reason,
            escalation_step=step,
            escalation_id=alarm.id if alarm else None,
            team=team,
            target=target,
            priority=priority,
            collected=together and target != CONSOLE,
            next_attempt_at=moment if target == CONSOLE else due,
            # the console reads this very row, so nothing remains to be done
            state=NotificationState.SENT if target == CONSOLE else NotificationState.PENDING,
        )
        if target != CONSOLE and is_unvouched(conversation) and not is_gathered(settings, priority):
            collect_notice(session, row, practice.slug)
        rows.append(row)
    session.add_all(rows)
    session.flush()
    log.info(
        "staff_notified",
        team=team,
        priority=priority,
        reason=reason,
        conversation_id=conversation.id,
        message_id=message.id if message else None,
    )
    is_urgent = priority == Priority.URGENT
    pending = [row for row in rows if row.state == NotificationState.PENDING]
    not_before = first if hold else None
    return tuple(Ticket("notify", row.id, is_urgent, not_before) for row in pending if row.next_attempt_at <= first)


def _told_at(session: Session, message: Message, reason: str, step: int, team: str) -> set[str]:
    """Return whom a step of a message's alarm has a notice for."""
    query = select(Notification.target).where(
        Notification.message_id == message.id,
        Notification.reason == reason,
        Notification.escalation_step == step,
        Notification.team == team,
    )
    return set(session.scalars(query))


def describe(reason: str) -> str:
    """Return the display words of a reason."""
    return _ROUTES.get(reason) or words_of(reason)
