"""The alarms that the console shows: who was told and when, who is next, and who ended them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from inbox.models import (
    AlarmEnd,
    Conversation,
    Delivery,
    Escalation,
    Message,
    Notification,
    NotificationState,
)
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, Practice, is_plain_mail
from intake.settings import Settings
from intake.vocabulary import SAMPLE, words_of
from staff import display
from staff.conversations.no_word import NoWord, read_owed
from tasks.notification.escalation_policy import NEVER, Unpaged, next_reached, why_unpaged
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import (
    CONSOLE,
    has_carrier,
    paged_addresses,
    personal_address,
    settings_of_notice,
    targets_for,
)
from tasks.routing.silence import NEVER_REACHED
from tasks.routing.way_to_patient import Way
from tasks.samples import is_sample
from web.services import services_of

MOST_COUNTED = 100
ADD_ADDRESS = "A manager can add one in Settings."
SET_UP_CARRIER = "The setup checklist in Settings says what is missing."
TEXT_START = "To get notices there again, text START from it to the practice."
IS_SAMPLE = "This patient is fictional."
UNACKNOWLEDGED = "Nobody has acknowledged this urgent message."
COLLECTING = "to be notified, together with any other unverified senders"
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
        where: the address, if it may be shown.
        is_told: whether it went out.
        has_failed: whether it could not go out.
    """

    who: str
    state: str
    at: str
    why: str = ""
    where: str = ""
    is_told: bool = False
    has_failed: bool = False


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
        newest_id: the newest urgent message in it.
        lead: that the patient got no reply, or has had no word since, as a sentence without its period; empty if they
            have, or if nobody owes them any.
        way: how to reach the patient; None if it was not asked for, or if the patient has had a word.
        unreachable: why nobody was and nobody will be notified; empty if somebody was, or will be.
        reached_nobody: whether it is open, and nobody has been notified yet.
        is_owed: whether it is open, or no person has written to or called the patient since.
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
    newest_id: int
    lead: str = ""
    way: Way | None = None
    unreachable: str = ""
    reached_nobody: bool = False
    is_owed: bool = False

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
        stands = self.pages if self.is_open else self.ended
        if not (self.lead and self.way):
            return stands
        return f"{'No reply' if self.is_open else 'No word yet'}. {self.way.words} {stands}"

    @property
    def pages(self) -> str:
        """Who was reached, who was not, and who is next, in a line."""
        if self.unreachable:
            return self.unreachable
        told = say_who_was_told(self.steps) or "Nobody was paged"
        return f"{told}. Next: {self.next_words} {self.next_in}" if self.next_who else f"{told}. Nobody is next"

    @property
    def next_words(self) -> str:
        """Who is notified next, and whether again."""
        return f"{self.next_who} again" if self.next_again else self.next_who


def say_who_was_told(steps: Sequence[Step]) -> str:
    """Return in one sentence who was reached and when last, and then who was not; each once."""
    newest = {step.where or step.who: step for step in steps}
    told = [f"{name} {step.at}" for name, step in newest.items() if step.is_told]
    if not told:
        return "; ".join(dict.fromkeys(f"{step.who} {step.state}, {step.at}" for step in newest.values()))
    missed = [name for name, step in newest.items() if step.has_failed]
    waiting = [f"{name} {step.state}" for name, step in newest.items() if not step.is_told and not step.has_failed]
    not_reached = f"not reached: {', '.join(missed)}" if missed else ""
    return "; ".join(filter(None, [f"Paged {', '.join(told)}", *waiting, not_reached]))


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
    session: Session,
    conversation_ids: Iterable[int],
    practices: Mapping[str, Practice],
    moment: datetime,
    own: Collection[str],
) -> dict[int, Alarm]:
    """Return the newest alarm of each conversation that has had one.

    Args:
        session: an open transaction.
        conversation_ids: the conversations.
        practices: their practices, by slug.
        moment: the current time, aware.
        own: the practices whose patient records the member may open.
    """
    newest = (
        select(func.max(Escalation.id))
        .where(Escalation.conversation_id.in_(list(conversation_ids)))
        .group_by(Escalation.conversation_id)
    )
    return _show_found(session, Escalation.id.in_(newest), practices, moment, own)


def read_alarm(session: Session, row: Escalation, practice: Practice, moment: datetime, own: Collection[str]) -> Alarm:
    """Return an alarm in display words; see `read_alarms`."""
    return _show_found(session, Escalation.id == row.id, {practice.slug: practice}, moment, own)[row.conversation_id]


def _show_found(
    session: Session,
    wanted: ColumnElement[bool],
    practices: Mapping[str, Practice],
    moment: datetime,
    own: Collection[str],
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
    real = {row: notices for row, is_fictional, notices in raised.values() if not is_fictional}
    owed = read_owed(session, real, moment, own)
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
            no_word=owed.no_word.get(row.id),
            is_owed=row.acknowledged_at is None or row.id in owed.of_person,
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
        .having(func.sum(case((Delivery.state.in_(NEVER_REACHED), 0), else_=1)) == 0)
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
    no_word: NoWord | None,
    is_owed: bool,
) -> Alarm:
    is_open = row.acknowledged_at is None
    settings = services_of(current_app).settings
    is_next = is_open and not is_fictional
    step, next_at = next_reached(practice, row.step, row.next_step_at, settings, stopped) if is_next else (0, NEVER)
    told = [notice for notice in notices if notice.target != CONSOLE]
    steps = _steps(told, practice, settings, moment, is_open=is_open)
    message_ids = {row.message_id, *(notice.message_id for notice in notices if notice.message_id is not None)}
    return Alarm(
        id=row.id,
        code=row.code,
        is_open=is_open,
        since=display.age(row.created_at, moment, practice.time_zone),
        messages=len(message_ids),
        steps=steps,
        next_who=_contact(practice, step) if step else "",
        next_again=0 < step <= row.step,
        next_in=display.until(next_at, moment) if step else "",
        next_at=next_at if step else None,
        ended=_ended(row, practice.time_zone, is_unsent=is_unsent),
        message_id=row.message_id,
        newest_id=max(message_ids),
        lead=no_word.lead if no_word else "",
        way=no_word.way if no_word else None,
        unreachable=_unreachable(practice, settings, stopped, is_fictional=is_fictional)
        if is_open and not steps and not step
        else "",
        reached_nobody=is_open and not any(notice.state in _REACHING for notice in told),
        is_owed=is_owed,
    )


def _unreachable(practice: Practice, settings: Settings, stopped: frozenset[str], *, is_fictional: bool) -> str:
    """Return why nobody was and nobody will be paged, and what to do about it."""
    if is_fictional:
        return f"Nobody was paged and nobody will be. {IS_SAMPLE}"
    return f"Nobody was paged and nobody will be: {_UNPAGED[why_unpaged(practice, settings, stopped)]}"


def _steps(
    notices: Sequence[Notification], practice: Practice, settings: Settings, moment: datetime, *, is_open: bool
) -> tuple[Step, ...]:
    """Return what became of each page, also of those that were sent once more since, by time."""
    shown = [found for notice in notices for found in _rounds(notice, practice, settings, moment, is_open=is_open)]
    return tuple(step for _, step in sorted(shown, key=lambda found: found[0]))


def _rounds(
    notice: Notification, practice: Practice, settings: Settings, moment: datetime, *, is_open: bool
) -> list[tuple[datetime, Step]]:
    at = notice.next_attempt_at if _is_collecting(notice, moment) else notice.updated_at
    earlier = [(datetime.fromisoformat(found["at"]), NotificationState(found["state"])) for found in notice.rounds]
    address = _address_of(notice, practice)
    person = personal_address(practice, notice.escalation_step)
    who, where = _person(person) if person else words_of(notice.team), _spoken(address)
    steps = [
        Step(who, _STATES[state], display.clock(when, practice.time_zone), "", where, *_outcome(state))
        for when, state in earlier
    ]
    state = NotificationState(notice.state)
    why = _failure(notice, address, practice, settings) if state in _FAILED else ""
    said, shown_at = _state(notice, moment, is_open=is_open), display.clock(at, practice.time_zone)
    steps.append(Step(who, said, shown_at, why, where, *_outcome(state)))
    return list(zip([*(when for when, _ in earlier), at], steps, strict=True))


def _outcome(state: NotificationState) -> tuple[bool, bool]:
    """Return whether a notice went out, and whether it could not."""
    return state == NotificationState.SENT, state in _FAILED


def _address_of(notice: Notification, practice: Practice) -> str | None:
    """Return where a notice goes; None if that has been removed in Settings."""
    team = settings_of_notice(practice, notice.team, notice.escalation_step, notice.target)
    return targets_for(team).get(notice.target)


def _spoken(address: str | None) -> str:
    """Return an address as people read it; empty for one that may not be shown, as those of services hold a key."""
    if address is None or not (address.startswith(TEXT_PREFIX) or is_plain_mail(address)):
        return ""
    return display.spoken(address.removeprefix(TEXT_PREFIX).removeprefix(MAIL_PREFIX))


def _state(notice: Notification, moment: datetime, *, is_open: bool) -> str:
    if _is_collecting(notice, moment):
        return COLLECTING
    if notice.state == NotificationState.DROPPED and not is_open:
        return "not notified: already acknowledged"
    return _STATES[NotificationState(notice.state)]


def _failure(notice: Notification, address: str | None, practice: Practice, settings: Settings) -> str:
    """Return where a failed notification should have gone, and what is known of why it did not."""
    if address is None:
        return "Its address has been removed in Settings."
    where = _spoken(address) or "its address"
    if notice.state == NotificationState.OPTED_OUT:
        return f"Call {where}. {TEXT_START}"
    if not has_carrier(practice, address, settings):
        kind = "texts" if address.startswith(TEXT_PREFIX) else "emails"
        return f"Nothing was sent to {where}: {kind} are not set up yet. {SET_UP_CARRIER}"
    return f"What carries it did not take it for {where}. Call them, and check the address in Settings."


def _is_collecting(notice: Notification, moment: datetime) -> bool:
    """Return whether a notice still waits for its time, to go out with any others that come until then."""
    is_waiting = notice.state == NotificationState.PENDING and not notice.attempts
    return notice.collected and is_waiting and notice.next_attempt_at > moment


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


def whom_to_call(practice: Practice) -> str:
    """Return what to do about those on call that no page reaches: call their phones, as far as Intake knows any."""
    phones = [address for address in paged_addresses(practice).values() if address.startswith(TEXT_PREFIX)]
    numbers = " or ".join(display.spoken(address.removeprefix(TEXT_PREFIX)) for address in phones)
    return f"call {numbers}" if numbers else "call them"
