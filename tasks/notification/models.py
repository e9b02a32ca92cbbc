"""Staff notifications: what they contain, whom they go to, and when they are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.insurance.missing import BillingFields
from inbox.models import Conversation, Escalation, Message, Notification, NotificationState, now
from intake.practices import Practice, TeamSettings
from intake.vocabulary import SAMPLE, Channel, NotificationReason, Priority, Route, words_of
from tasks.notification.alarms import join_alarm, told_so_far
from tasks.notification.collecting import collect_notice, is_unvouched
from tasks.notification.escalation_policy import is_news
from tasks.notification.quiet_hours import due_at, is_gathered
from tasks.notification.targets import CONSOLE, targets_for, team_settings
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import Ticket

log = structlog.get_logger(__name__)

_ROUTES: dict[str, str] = {
    Route.REVIEW: "Message to review",
    Route.FOLLOW_UP: "Follow-up to an earlier message",
    Route.NUDGE: "Patient who asks again",
    Route.URGENT: "Urgent message",  # the kind of danger is health information, which only the console shows
    Route.SAME_DAY: "Message for a nurse to see today",
    Route.BEREAVEMENT: "Report of a death",
    Route.PREGNANCY_LOSS: "Message for a nurse to see today",  # as above
    Route.PERSON: "Request to talk to a person",
    Route.IN_CONFIDENCE: "Message for a person to answer",  # nothing more of it leaves the console
    Route.OPT_OUT: "Opt-out that may have been an appointment cancellation",
}
_OVER = (NotificationState.SENT, NotificationState.FAILED, NotificationState.OPTED_OUT)


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
        unsafe: whether the patient said that it is not safe to contact them there.
        way: how to reach the patient, without number or address, if it is about an alarm to which they got no reply.
        opted_out: whether they got no reply as they opted out of texts, and it is about no alarm.
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
    unsafe: bool = False
    way: str = ""
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class AlarmBundle:
    """One notification about the alarms of several people, for none of whom a carrier or mail server vouches.

    Attributes:
        practice: the practice's name.
        team: the team, None for a single on-call phone.
        reason: a `Route`, or a `NotificationReason`.
        channels: the number of alarms for each channel.
        codes: the codes to acknowledge them with by text.
        unsafe: the codes of those whose patient said that it is not safe to contact them there.
    """

    practice: str
    team: str | None
    reason: str
    channels: Counter[Channel]
    codes: tuple[str, ...]
    unsafe: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class _Cause:
    """What the rows of one team are about, which they share.

    Attributes:
        message: the message; None for a conversation in which the patient has not written yet.
        conversation: the conversation.
        team: the team.
        priority: how soon it must look.
        reason: an intent, a `Route`, or a `NotificationReason`.
        step: the step of the escalation, counted from 1; 0 for a first notification.
    """

    message: Message | None
    conversation: Conversation
    team: str
    priority: Priority
    reason: str
    step: int = 0


def add_notifications(
    session: Session,
    about: Message | Conversation,
    practice: Practice,
    *,
    team: str | None,
    priority: Priority | None,
    reason: str,
    hold: timedelta = NO_HOLD,
    together: bool = False,
    again: bool = False,
    regardless: bool = False,
) -> list[Notification]:
    """Add one outbox row for each address of a team; `tickets_for` has their jobs.

    An urgent notification raises the conversation's alarm, or joins the open one. If staff already know of the alarm
    all that the message adds, only the console's row is added.

    Args:
        session: an open write transaction; for an urgent notification, it holds the conversation's lock.
        about: the message; a conversation in which the patient has not written yet, which raises no alarm.
        practice: the practice whose staff are notified.
        team: the team to notify, None for no one.
        priority: how soon they must look, None for no one.
        reason: an intent, a `Route`, or a `NotificationReason`.
        hold: how long the cause can still be undone, so that nobody is notified before.
        together: whether it goes out as one notice with others like it that are due at the same time.
        again: whether who was notified of it for this reason before is notified once more.
        regardless: whether who knows of the alarm is told of this, too.
    """
    if team is None or priority is None:
        return []
    message, conversation = (about, about.conversation) if isinstance(about, Message) else (None, about)
    cause = _Cause(message, conversation, team, priority, reason)
    settings = team_settings(practice, team, cause.step)
    _warn_if_unreachable(cause, settings)
    alarm, targets = None, _targets_of(cause, settings)
    if priority == Priority.URGENT and message is not None:
        alarm = join_alarm(session, message, practice)
        danger = message.classification.danger if message.classification else None
        if not (regardless or is_news(told_so_far(session, alarm, message), team, danger)):
            targets = [CONSOLE]
    earlier = _earlier_notices(session, cause) if again else {}
    rows = _renew_rows(cause, alarm, targets, earlier)
    _schedule_rows(session, rows, cause, practice, hold)
    for row in rows:
        row.collected |= together and row.target != CONSOLE
    return _store_rows(session, rows, cause)


def notify_step(
    session: Session,
    alarm: Escalation,
    practice: Practice,
    *,
    team: str,
    step: int,
    again: bool,
    at_once: Collection[str] | None = None,
) -> list[Notification]:
    """Add one outbox row for each address of a step of an alarm, except for those that were told as another step.

    Args:
        session: an open write transaction.
        alarm: the alarm.
        practice: its practice.
        team: the step's team.
        step: the step, counted from 1; 0 for those who are told first.
        again: whether who was told as this step is told once more.
        at_once: the targets that a person wants told now, so that nothing is collected and nothing waits; None if this
            is a step whose time has come.
    """
    message = alarm.message
    cause = _Cause(message, alarm.conversation, team, Priority.URGENT, NotificationReason.ESCALATION, step)
    told, moment = _earlier_notices(session, cause), now()
    settings = team_settings(practice, team, step)
    _warn_if_unreachable(cause, settings)
    targets = [
        target
        for target in _targets_of(cause, settings)
        if target not in told or (again and not _is_on_its_way(told[target], None if at_once is None else moment))
    ]
    if at_once is not None:
        targets = [target for target in targets if target in at_once]
    rows = _renew_rows(cause, alarm, targets, told)
    _schedule_rows(session, rows, cause, practice, NO_HOLD, at_once=at_once is not None)
    return _store_rows(session, rows, cause)


def tickets_for(rows: Sequence[Notification], hold: timedelta = NO_HOLD) -> tuple[Ticket, ...]:
    """Return the jobs for the notices that are due now, or once their cause can't be undone any more."""
    first = now() + hold
    return tuple(
        Ticket("notify", row.id, row.priority == Priority.URGENT, row.next_attempt_at if hold else None)
        for row in rows
        if row.state == NotificationState.PENDING and row.next_attempt_at <= first
    )


def _targets_of(cause: _Cause, settings: TeamSettings) -> list[str]:
    """Return where a team is notified; of a sample, the console alone."""
    is_sample = cause.message is not None and cause.message.provider == SAMPLE
    return [CONSOLE] if is_sample else list(targets_for(settings))


def _warn_if_unreachable(cause: _Cause, settings: TeamSettings) -> None:
    """Log that nobody is told of an emergency, as its team has no address."""
    if cause.priority == Priority.URGENT and not settings.notify:
        log.warning("nobody_is_told", team=cause.team, step=cause.step, conversation_id=cause.conversation.id)


def _renew_rows(
    cause: _Cause, alarm: Escalation | None, targets: Sequence[str], earlier: Mapping[str, Notification]
) -> list[Notification]:
    """Return a row for each target: the earlier one, to be sent once more, or a new one."""
    rows = []
    for target in targets:
        row = earlier.get(target) or Notification(
            message_id=cause.message.id if cause.message else None,
            conversation_id=None if cause.message else cause.conversation.id,
            reason=cause.reason,
            escalation_step=cause.step,
            team=cause.team,
            target=target,
        )
        if target != CONSOLE and row.state in _OVER:
            row.rounds = [*row.rounds, {"state": str(row.state), "at": row.updated_at.isoformat()}]
        row.escalation_id, row.priority = alarm.id if alarm else None, cause.priority
        row.attempts = row.interruptions = 0
        row.collected = False
        # the console reads this very row, so nothing remains to be done
        row.state = NotificationState.SENT if target == CONSOLE else NotificationState.PENDING
        rows.append(row)
    return rows


def _schedule_rows(
    session: Session,
    rows: Sequence[Notification],
    cause: _Cause,
    practice: Practice,
    hold: timedelta,
    *,
    at_once: bool = False,
) -> None:
    """Set when each row is due: after the hold, outside quiet hours, and about strangers together with others."""
    moment, settings = now(), team_settings(practice, cause.team, cause.step)
    due = max(moment + hold, due_at(settings, practice.time_zone, cause.priority, moment))
    collects = not at_once and is_unvouched(cause.conversation) and not is_gathered(settings, cause.priority)
    for row in rows:
        row.next_attempt_at = moment if row.target == CONSOLE else due
        if row.target != CONSOLE and collects:
            collect_notice(session, row, practice.slug)


def _store_rows(session: Session, rows: list[Notification], cause: _Cause) -> list[Notification]:
    session.add_all(rows)
    pending = [row for row in rows if row.state == NotificationState.PENDING]
    if pending:  # whose ids the jobs need
        session.flush()
    addresses = sum(row.target != CONSOLE for row in rows)
    log.info(
        "notices_stored" if addresses else "shown_on_console",
        team=cause.team,
        priority=cause.priority,
        reason=cause.reason,
        conversation_id=cause.conversation.id,
        message_id=cause.message.id if cause.message else None,
        addresses=addresses,
    )
    return rows


def _is_on_its_way(notice: Notification, moment: datetime | None) -> bool:
    """Return whether a notice is being sent, or is due by a moment; with None, whenever it is due."""
    is_due = moment is None or notice.next_attempt_at <= moment
    return notice.state == NotificationState.SENDING or (notice.state == NotificationState.PENDING and is_due)


def _earlier_notices(session: Session, cause: _Cause) -> dict[str, Notification]:
    """Return the notices of the same message to the same team, for the same reason and step, by target."""
    if cause.message is None:
        return {}
    query = select(Notification).where(
        Notification.message_id == cause.message.id,
        Notification.reason == cause.reason,
        Notification.escalation_step == cause.step,
        Notification.team == cause.team,
    )
    return {row.target: row for row in session.scalars(query.with_for_update())}


def describe(reason: str) -> str:
    """Return the display words of a reason."""
    return _ROUTES.get(reason) or words_of(reason)
