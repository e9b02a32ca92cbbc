"""The alarms that the console shows: who was told and when, who is next, and who ended them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from inbox.models import (
    UNDELIVERED,
    AlarmEnd,
    Conversation,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Notification,
    NotificationState,
)
from intake.practices import TEXT_PREFIX, Practice, is_plain_mail
from intake.settings import Settings
from intake.vocabulary import SAMPLE, words_of
from staff import display
from tasks.notification.escalation_policy import NEVER, Unpaged, next_reached, why_unpaged
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import (
    CONSOLE,
    has_carrier,
    personal_address,
    settings_of_notice,
    targets_for,
)
from tasks.samples import is_sample
from web.services import services_of

MOST_COUNTED = 100
ADD_ADDRESS = "A manager can add one in Settings."
SET_UP_CARRIER = "The setup checklist in Settings says what is missing."
TEXT_START = "To get notices there again, text START from it to the practice."
IS_SAMPLE = "This patient is fictional."
UNACKNOWLEDGED = "Nobody has acknowledged this urgent message."
_STATES = {
    NotificationState.PENDING: "notifying",
    NotificationState.SENDING: "notifying",
    NotificationState.SENT: "notified",
    NotificationState.FAILED: "could not be notified",
    NotificationState.DROPPED: "not notified",
    NotificationState.OPTED_OUT: "could not be notified: this phone texted STOP",
}
_UNPAGED = {
    Unpaged.NO_ADDRESS: f"no on-call contact has an address. {ADD_ADDRESS}",
    Unpaged.NO_CARRIER: f"no texts or emails can be sent to the on-call addresses. {SET_UP_CARRIER}",
    Unpaged.STOPPED: f"every on-call phone texted STOP. Tell them yourself. {TEXT_START}",
    None: "the on-call addresses were added later. Tell them yourself.",
}
_FAILED = (NotificationState.FAILED, NotificationState.OPTED_OUT)
_REACHING = (NotificationState.PENDING, NotificationState.SENDING, NotificationState.SENT)
_NOT_SENT = tuple(state for state in UNDELIVERED if state is not DeliveryState.UNCONFIRMED)
_ENDS = {
    AlarmEnd.BUTTON: "took charge",
    AlarmEnd.TEXT: "by text",
    AlarmEnd.REPLY: "replied",
    AlarmEnd.TAKE_OVER: "took over",
    AlarmEnd.ASSIGN: "took it on",
    AlarmEnd.WAITING: "marked it as waiting on the patient",
    AlarmEnd.CLOSE: "closed it",
    AlarmEnd.FALSE_ALARM: "not an emergency",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One notification of a contact, in display words.

    Attributes:
        who: the contact.
        state: what became of it.
        at: when.
        why: where it could not go, and what to do, in sentences; empty for one that did not fail.
    """

    who: str
    state: str
    at: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A conversation's newest alarm, in display words.

    Attributes:
        id: the escalation's id.
        code: the code to acknowledge it with by text.
        is_open: whether nobody has acknowledged it.
        since: how long ago it was raised.
        messages: the number of urgent messages in it.
        steps: whom Intake notified, in order.
        next_who: who is notified next; empty if no one is.
        next_again: whether they have been notified before.
        next_in: how long until then, such as "in 6 min".
        next_at: when that is, None if no one is.
        message_id: the message that raised it.
        unreachable: why nobody was and nobody will be notified; empty if somebody was, or will be.
        reached_nobody: whether it is open, and nobody has been notified yet.
        ended: who ended it, how, and when; empty while it is open.
    """

    id: int
    code: str
    is_open: bool
    since: str
    messages: int
    steps: tuple[Step, ...]
    next_who: str
    next_again: bool
    next_in: str
    next_at: datetime | None
    ended: str
    message_id: int
    unreachable: str = ""
    reached_nobody: bool = False

    @property
    def stops(self) -> str:
        """Who is paged no more once it ends, as a sentence; empty if nobody would be."""
        who = list(dict.fromkeys(filter(None, (*(step.who for step in self.steps), self.next_who))))
        if not self.is_open or not who:
            return ""
        *others, last = (name if at == 0 else name[:1].lower() + name[1:] for at, name in enumerate(who))
        return f"{', '.join(others)} and {last} get no more pages." if others else f"{last} gets no more pages."

    @property
    def summary(self) -> str:
        """The alarm in a line of a list."""
        if not self.is_open:
            return self.ended
        if self.unreachable:
            return self.unreachable
        told = "; ".join(f"{step.who} {step.state}, {step.at}" for step in self.steps) or "Nobody was paged"
        return f"{told}. Next: {self.next_words} {self.next_in}" if self.next_who else f"{told}. Nobody is next"

    @property
    def next_words(self) -> str:
        """Who is notified next, and whether again."""
        return f"{self.next_who} again" if self.next_again else self.next_who


def has_open_alarm() -> ColumnElement[bool]:
    """Return the condition that a conversation has an open alarm."""
    alarm = select(Escalation.id).where(
        Escalation.conversation_id == Conversation.id, Escalation.acknowledged_at.is_(None)
    )
    return alarm.exists()


def count_open_of(session: Session, conversation_id: int) -> int:
    """Count the open alarms of a conversation."""
    query = select(func.count()).select_from(Escalation)
    own = (Escalation.conversation_id == conversation_id, Escalation.acknowledged_at.is_(None))
    return session.scalar(query.where(*own)) or 0


def count_open(session: Session, practices: Sequence[str]) -> int:
    """Count the conversations of these practices with an open alarm, up to `MOST_COUNTED`; samples don't count."""
    query = (
        select(Escalation.conversation_id)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(Escalation.practice.in_(practices), Escalation.acknowledged_at.is_(None), ~is_sample())
    )
    return session.scalar(select(func.count()).select_from(query.distinct().limit(MOST_COUNTED).subquery())) or 0


def read_alarms(
    session: Session, conversation_ids: Iterable[int], practices: Mapping[str, Practice], moment: datetime
) -> dict[int, Alarm]:
    """Return the newest alarm of each conversation that has had one.

    Args:
        session: an open transaction.
        conversation_ids: the conversations.
        practices: their practices, by slug.
        moment: the current time, aware.
    """
    newest = (
        select(func.max(Escalation.id))
        .where(Escalation.conversation_id.in_(list(conversation_ids)))
        .group_by(Escalation.conversation_id)
    )
    return _show_found(session, Escalation.id.in_(newest), practices, moment)


def read_alarm(session: Session, row: Escalation, practice: Practice, moment: datetime) -> Alarm:
    """Return an alarm in display words; see `read_alarms`."""
    return _show_found(session, Escalation.id == row.id, {practice.slug: practice}, moment)[row.conversation_id]


def _show_found(
    session: Session, wanted: ColumnElement[bool], practices: Mapping[str, Practice], moment: datetime
) -> dict[int, Alarm]:
    """Return the alarms that meet a condition in display words, by the conversation's id."""
    query = (
        select(Escalation, Message.provider, Notification)
        .outerjoin(Message, Message.id == Escalation.message_id)  # whatever becomes of it, no alarm is left out
        .outerjoin(Notification, Notification.escalation_id == Escalation.id)
        .where(wanted)
        .order_by(Escalation.id, Notification.id)
    )
    raised: dict[int, tuple[Escalation, bool, list[Notification]]] = {}
    for row, provider, notice in session.execute(query):
        notices = raised.setdefault(row.id, (row, provider == SAMPLE, []))[2]
        if notice is not None:
            notices.append(notice)
    unsent = _replies_not_sent(session, [row for row, _, _ in raised.values()])
    stopped = {
        slug: find_stopped(session, practices[slug])
        for slug in {row.practice for row, _, _ in raised.values() if row.acknowledged_at is None}
    }
    return {
        row.conversation_id: _show(
            row,
            notices,
            practices[row.practice],
            moment,
            stopped.get(row.practice, frozenset()),
            is_fictional=fictional,
            is_unsent=row.id in unsent,
        )
        for row, fictional, notices in raised.values()
    }


def _replies_not_sent(session: Session, rows: Iterable[Escalation]) -> set[int]:
    """Return the alarms that a reply ended which was not sent, as no later one was."""
    ids = [row.id for row in rows if row.acknowledged_how == AlarmEnd.REPLY]
    if not ids:
        return set()
    answered = (Delivery.conversation_id == Escalation.conversation_id) & (Delivery.created_at >= Escalation.created_at)
    query = (
        select(Escalation.id)
        .join(Delivery, answered)
        .where(Escalation.id.in_(ids), Delivery.message_id.is_(None))
        .group_by(Escalation.id)
        .having(func.sum(case((Delivery.state.in_(_NOT_SENT), 0), else_=1)) == 0)
    )
    return set(session.scalars(query))


def _show(
    row: Escalation,
    notices: Sequence[Notification],
    practice: Practice,
    moment: datetime,
    stopped: frozenset[str],
    *,
    is_fictional: bool,
    is_unsent: bool,
) -> Alarm:
    is_open = row.acknowledged_at is None
    settings = services_of(current_app).settings
    step, next_at = next_reached(practice, row.step, row.next_step_at, settings, stopped) if is_open else (0, NEVER)
    steps = tuple(_step(notice, practice, settings, is_open=is_open) for notice in notices if notice.target != CONSOLE)
    return Alarm(
        id=row.id,
        code=row.code,
        is_open=is_open,
        since=display.age(row.created_at, moment, practice.time_zone),
        messages=max(1, len({notice.message_id for notice in notices})),
        steps=steps,
        next_who=_contact(practice, step) if step else "",
        next_again=0 < step <= row.step,
        next_in=display.until(next_at, moment) if step else "",
        next_at=next_at if step else None,
        ended=_ended(row, practice.time_zone, is_unsent=is_unsent),
        message_id=row.message_id,
        unreachable=_unreachable(practice, settings, stopped, is_fictional=is_fictional)
        if is_open and not steps and not step
        else "",
        reached_nobody=is_open and not any(notice.state in _REACHING for notice in notices if notice.target != CONSOLE),
    )


def _unreachable(practice: Practice, settings: Settings, stopped: frozenset[str], *, is_fictional: bool) -> str:
    """Return why nobody was and nobody will be paged, and what to do about it."""
    if is_fictional:
        return f"Nobody was paged and nobody will be. {IS_SAMPLE}"
    return f"Nobody was paged and nobody will be: {_UNPAGED[why_unpaged(practice, settings, stopped)]}"


def _step(notice: Notification, practice: Practice, settings: Settings, *, is_open: bool) -> Step:
    address = personal_address(practice, notice.escalation_step)
    return Step(
        _person(address) if address else words_of(notice.team),
        _state(notice, is_open=is_open),
        display.clock(notice.next_attempt_at if _is_collecting(notice) else notice.updated_at, practice.time_zone),
        _failure(notice, practice, settings) if notice.state in _FAILED else "",
    )


def _state(notice: Notification, *, is_open: bool) -> str:
    if _is_collecting(notice):
        return "notified with others soon"
    if notice.state == NotificationState.DROPPED and not is_open:
        return "not notified: already acknowledged"
    return _STATES[NotificationState(notice.state)]


def _failure(notice: Notification, practice: Practice, settings: Settings) -> str:
    """Return where a failed notification should have gone, and what is known of why it did not."""
    team = settings_of_notice(practice, notice.team, notice.escalation_step, notice.target)
    address = targets_for(team).get(notice.target)
    if address is None:
        return "Its address has been removed in Settings."
    where = display.spoken(address.removeprefix(TEXT_PREFIX)) if _is_personal(address) else "its address"
    if notice.state == NotificationState.OPTED_OUT:
        return f"Call {where}. {TEXT_START}"
    if not has_carrier(practice, address, settings):
        kind = "texts" if address.startswith(TEXT_PREFIX) else "emails"
        return f"Nothing was sent to {where}: {kind} are not set up yet. {SET_UP_CARRIER}"
    return f"What carries it did not take it for {where}. Call them, and check the address in Settings."


def _is_personal(address: str) -> bool:
    """Return whether an address may be shown: those of services such as Slack hold a key."""
    return address.startswith(TEXT_PREFIX) or is_plain_mail(address)


def _is_collecting(notice: Notification) -> bool:
    return notice.collected and notice.state == NotificationState.PENDING and not notice.attempts


def _contact(practice: Practice, step: int) -> str:
    contact = practice.escalation[step - 1]
    return _person(contact.address) if contact.address else words_of(contact.team)


def _person(address: str) -> str:
    return "On-call phone" if address.startswith(TEXT_PREFIX) else "On-call email"


def _ended(row: Escalation, zone: str, *, is_unsent: bool) -> str:
    if row.acknowledged_at is None:
        return ""
    how = f" ({_ENDS[AlarmEnd(row.acknowledged_how)]})" if row.acknowledged_how else ""
    by = display.spoken(row.acknowledged_by or "Staff")
    if is_unsent:
        return f"Acknowledged by {by}, but the reply was not sent, {display.clock(row.acknowledged_at, zone)}"
    return f"Acknowledged by {by}{how}, {display.clock(row.acknowledged_at, zone)}"
