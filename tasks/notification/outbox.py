"""Sending notifications from the outbox: claim what is due, send it, and store the outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import BindParameter, ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from classifier.rules.remarks import asks_in_confidence
from inbox.audit.trail import record_action
from inbox.contact.consent import is_opted_out_for_sure
from inbox.contact.unsafe_contact import flag_on
from inbox.conversations.state import note_untold
from inbox.incoming.chat import CHAT_COPIES
from inbox.models import Conversation, Delivery, DeliveryState, Message, Notification, NotificationState, now
from inbox.patients.found_entities import stored_entities
from inbox.storage.carrier_erasures import parts_of_texts, queue_erasures
from inbox.storage.database import MISSING_KEY, Database
from inbox.storage.key_registry import lacks_keys
from intake.practices import TEXT_PREFIX, Practice, TeamSettings
from intake.vocabulary import ABOUT_FILES, Channel, Medium, NotificationReason, Priority, Silence
from tasks.carriers.backoff import retry_delay
from tasks.carriers.protocol import Accepted, NotSent, Outcome, Postponed, Refused, Retryable
from tasks.metrics import NOTIFICATIONS, Measure
from tasks.notification.contents import facts_for, quote_for
from tasks.notification.models import AlarmBundle, AnyNotice, Digest, Notice
from tasks.notification.quiet_hours import PRESSING, is_gathered
from tasks.notification.targets import CONSOLE, personal_address, settings_of_notice, targets_for
from tasks.pubsub import topics_of
from tasks.queues.due import is_due
from tasks.queues.queue import AfterCommit
from tasks.routing.silence import is_left_alone
from tasks.routing.way_to_patient import read_known, way_to

if TYPE_CHECKING:
    from intake.settings import Settings
    from tasks.context import Context

log = structlog.get_logger(__name__)

STALE_NOTIFICATION = timedelta(minutes=2)
STALE_URGENT_NOTIFICATION = timedelta(seconds=30)  # staff would rather hear twice than two minutes late
MAX_INTERRUPTIONS = 5
HOLD = timedelta(seconds=30)
HEARD_IN_CONFIDENCE = 20
"""How many of a conversation's messages are looked through for one that asks so; the notice's own is the last."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A notification that this worker has claimed.

    Attributes:
        row_ids: the outbox rows that it covers.
        notice: the notification; None if the practice is not in the practices file.
        address: the recipient; None if it is no longer in the practices file.
        practice: whose number or address it is sent from, likewise.
    """

    row_ids: tuple[int, ...]
    notice: AnyNotice | None
    address: str | None
    practice: Practice | None


def notify(context: Context, notification_id: int) -> AfterCommit:
    """Send a notification that is due. It may be sent twice, because a repeat does less harm than a loss."""
    with context.database.write() as session:
        claim = _claim(session, notification_id, context)
    if isinstance(claim, AfterCommit):
        return claim
    outcome = _tell(context, claim)
    with context.database.write() as session:
        rows = session.scalars(select(Notification).where(Notification.id.in_(claim.row_ids))).all()
        measures = tuple(measure for row in rows for measure in _write_outcome(session, row, outcome))
        if isinstance(outcome, Accepted) and len(rows) < len(claim.row_ids):  # erased while it was being sent
            queue_erasures(session, parts_of_texts([outcome.provider_id]))
        return AfterCommit(measures=measures, topics=_topics_of_alarms(rows))


def is_due_notice(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition under which a notice may be sent; one that must not wait is due whatever the clock did."""
    columns = Notification.next_attempt_at, Notification.attempts, Notification.created_at
    return or_(
        Notification.next_attempt_at <= moment, and_(Notification.priority.in_(PRESSING), is_due(*columns, moment))
    )


def requeue_interrupted(session: Session, moment: datetime) -> None:
    """Release the notices whose worker died before it recorded an outcome; after a few deaths, give up.

    One that was begun as far in the future is as old: the clock was set back meanwhile.
    """
    is_urgent = Notification.priority == Priority.URGENT
    patience = case((is_urgent, moment - STALE_URGENT_NOTIFICATION), else_=moment - STALE_NOTIFICATION)
    ahead = case((is_urgent, moment + STALE_URGENT_NOTIFICATION), else_=moment + STALE_NOTIFICATION)
    is_last = Notification.interruptions >= MAX_INTERRUPTIONS - 1
    is_over = or_(Notification.updated_at <= patience, Notification.updated_at >= ahead)
    is_stale = and_(Notification.state == NotificationState.SENDING, is_over)
    for row in session.scalars(select(Notification).where(is_stale, is_last)).all():
        _note_failure(session, row)
    rows = session.execute(
        update(Notification)
        .where(is_stale)
        .values(
            state=case((is_last, NotificationState.FAILED.value), else_=NotificationState.PENDING.value),
            interruptions=Notification.interruptions + 1,
            told_at=func.coalesce(Notification.told_at, moment),  # as it may have gone out
        )
        .returning(Notification.id, Notification.state)
        .execution_options(synchronize_session=False)
    ).all()
    for notification_id, state in rows:
        log.warning("notification_interrupted", notification_id=notification_id, state=state)


def _note_failure(session: Session, row: Notification) -> None:
    """Bring a conversation to staff because a notice of it is given up; its lock is taken before the row's."""
    conversation = session.get_one(Conversation, row.about.id, with_for_update=True, populate_existing=True)
    note_untold(conversation, row.team, Priority(row.priority))


def record_returned(database: Database, practice: str, row_ids: Collection[int]) -> AfterCommit:
    """Mark notices as failed whose mail came back, and bring their conversations to staff."""
    with database.write() as session:
        query = select(Notification).where(Notification.id.in_(row_ids), Notification.state == NotificationState.SENT)
        rows = [row for row in session.scalars(query) if row.about.practice == practice]
        for row in rows:
            _note_failure(session, row)
            row.state = NotificationState.FAILED
        topics = [topic for row in rows for topic in topics_of(row.about.id, practice)]
        return AfterCommit(topics=tuple(topics))


def _tell(context: Context, claim: _Claim) -> Outcome:
    if claim.notice is None:
        return Retryable("the practice is not in the practices file")
    if claim.address is None:
        return Refused("the address is not in the practices file any more")
    return context.notifier.notify(claim.notice, claim.address, claim.practice, claim.row_ids)


def _claim(session: Session, notification_id: int, context: Context) -> _Claim | AfterCommit:
    """Claim a due notification, or all of a digest; if there is nothing to send, return what to do after the commit."""
    moment = now()
    row = session.get(Notification, notification_id)
    if row is None or row.state != NotificationState.PENDING:
        return AfterCommit()
    slug = row.about.practice
    practice = context.practices.by_slug(slug)
    settings = None
    if practice is not None:
        settings = settings_of_notice(practice, row.team, row.escalation_step, row.target)
    address = targets_for(settings).get(row.target) if settings is not None else None
    if practice is not None and address is not None and address.startswith(TEXT_PREFIX):
        if lacks_keys(session) and row.priority != Priority.URGENT:
            _hold(row, moment)
            return AfterCommit()
        if is_opted_out_for_sure(session, slug, address.removeprefix(TEXT_PREFIX)):
            return _skip(session, row, slug)
    gathered = settings is not None and row.target != CONSOLE and is_gathered(settings, row.priority)
    is_shared = gathered or row.collected
    taken = _take(session, _due_with(session, row, slug, moment) if is_shared else [row.id], moment)
    if not taken:
        return AfterCommit()
    if practice is None or settings is None:
        return _Claim(taken, None, None, None)
    if gathered:
        return _Claim(taken, _digest(session, taken, practice, row), address, practice)
    rows = _drop_ended(session, taken) if row.target != CONSOLE else [row]
    if not rows:
        return AfterCommit()
    row_ids = tuple(row.id for row in rows)
    notice = _notice_of(session, rows, practice, settings, context.settings)
    return _Claim(row_ids, notice, address, practice)


def _notice_of(
    session: Session, rows: Sequence[Notification], practice: Practice, team: TeamSettings, settings: Settings
) -> AnyNotice:
    """Return one notice for claimed rows: an ordinary one if there is only one row, or one alarm."""
    if len({row.escalation_id or -row.id for row in rows}) == 1:
        return _notice(session, rows[-1], practice, team, settings)
    if rows[0].priority == Priority.URGENT:
        return _bundle(session, rows, practice)
    return _digest(session, [row.id for row in rows], practice, rows[0])


def _hold(row: Notification, moment: datetime) -> None:
    """Leave a text pending because this process cannot tell whether its recipient opted out; urgent ones do not wait.

    Twilio keeps its own list of opt-outs, and refuses an urgent text to a number on it.
    """
    row.next_attempt_at = moment + HOLD
    log.error("notification_held", notification_id=row.id, reason=MISSING_KEY)


def _skip(session: Session, row: Notification, practice: str) -> AfterCommit:
    """Send nothing to a staff number that texted STOP."""
    row.state = NotificationState.OPTED_OUT
    log.warning("notification_skipped", notification_id=row.id, reason="opted out")
    record_action(
        session,
        staff_id=None,
        practice=practice,
        action="notice_skipped",
        subject=f"conversation:{row.about.id}",
        notification=row.id,
        reason="opted out",
    )
    measure = Measure(NOTIFICATIONS, (practice, row.priority, row.state))
    return AfterCommit(measures=(measure,), topics=_topics_of_alarms([row]))


def _take(session: Session, row_ids: Sequence[int], moment: datetime) -> tuple[int, ...]:
    """Claim the rows that are still due, so that only one of several workers gets each."""
    taken = session.scalars(
        update(Notification)
        .where(
            Notification.id.in_(row_ids),
            Notification.state == NotificationState.PENDING,
            is_due_notice(moment),
        )
        .values(state=NotificationState.SENDING, attempts=Notification.attempts + 1)
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return tuple(taken)


def _due_with(session: Session, row: Notification, practice: str, moment: datetime) -> Sequence[int]:
    """Return the ids of all rows that belong in the same digest or bundle."""
    query = (
        select(Notification.id)
        .outerjoin(Message)
        .join(Conversation, Conversation.id == func.coalesce(Notification.conversation_id, Message.conversation_id))
        .where(
            Conversation.practice == practice,
            Notification.team == row.team,
            Notification.target == row.target,
            Notification.priority == row.priority,
            Notification.escalation_step == row.escalation_step,
            Notification.collected == row.collected,
            Notification.state == NotificationState.PENDING,
            is_due_notice(moment),
        )
    )
    return session.scalars(query).all()


def _drop_ended(session: Session, row_ids: tuple[int, ...]) -> list[Notification]:
    """Drop claimed rows whose alarm has been acknowledged, so that no one else is notified; return the others."""
    query = select(Notification).where(Notification.id.in_(row_ids)).order_by(Notification.id)
    rows = list(session.scalars(query.execution_options(populate_existing=True)))
    ended = [row for row in rows if row.escalation is not None and row.escalation.acknowledged_at is not None]
    for row in ended:
        row.state = NotificationState.DROPPED
    if ended:
        log.info("notification_dropped", notification_ids=[row.id for row in ended])
    return [row for row in rows if row not in ended]


def _topics_of_alarms(rows: Sequence[Notification]) -> tuple[str, ...]:
    """Return the topics of the pages that show who has been told of an alarm."""
    alarms = [row.escalation for row in rows if row.escalation is not None and row.target != CONSOLE]
    return tuple(topic for alarm in alarms for topic in topics_of(alarm.conversation_id, alarm.practice))


def _digest(session: Session, row_ids: Sequence[int], practice: Practice, row: Notification) -> Digest:
    reasons = session.scalars(select(Notification.reason).where(Notification.id.in_(row_ids)))
    return Digest(practice.name, row.team, Counter(reasons), Priority(row.priority))


def _bundle(session: Session, rows: Sequence[Notification], practice: Practice) -> AlarmBundle:
    first = rows[0]
    alarms = {row.escalation_id or -row.id: row for row in rows}.values()
    raised = [row.escalation for row in alarms if row.escalation is not None]
    return AlarmBundle(
        practice=practice.name,
        team=_named_team(first, practice),
        reason=first.reason,
        channels=Counter(Channel(row.about.channel) for row in alarms),
        codes=tuple(alarm.code for alarm in raised),
        unsafe=tuple(alarm.code for alarm in raised if _is_unsafe(session, alarm.conversation)),
    )


def _notice(session: Session, row: Notification, practice: Practice, team: TeamSettings, settings: Settings) -> Notice:
    message = row.message
    entities = stored_entities(session, [message.id]).get(message.id) if message else None
    quoted = message if message and row.target != CONSOLE and not _is_in_confidence(session, message) else None
    is_unsafe = row.reason == NotificationReason.UNANSWERED_UNSAFE or _is_unsafe(session, row.about)
    return Notice(
        conversation_id=row.about.id,
        message_id=row.message_id,
        practice=practice.name,
        reason=row.reason,
        priority=row.priority,
        team=_named_team(row, practice),
        escalation_id=row.escalation_id,
        code=row.escalation.code if row.escalation else None,
        text=quote_for(team.include_text, quoted.text, entities) if quoted else None,
        billing=facts_for(row.reason, message.text, entities) if message else None,
        unsafe=is_unsafe,
        way=_way_to(session, row, is_unsafe=is_unsafe) if _is_unanswered(session, row, settings) else "",
        opted_out=row.escalation_id is None and _got_no_text(row),
    )


def _got_no_text(row: Notification) -> bool:
    """Return whether the patient got no reply to the message of a notice, as they opted out of texts."""
    decision = row.message.decision if row.message else None
    return decision is not None and decision.silence == Silence.OPTED_OUT


def _is_unsafe(session: Session, conversation: Conversation) -> bool:
    """Return whether whoever reads a notice must not contact the patient, as far as this process can tell."""
    return flag_on(session, conversation, named=not lacks_keys(session)) is not None


def _way_to(session: Session, row: Notification, *, is_unsafe: bool) -> str:
    """Return how to reach the patient, without any number or address; the console has those."""
    has_keys = not lacks_keys(session)
    facts = read_known(
        session, row.about, row.message, now(), is_unsafe=is_unsafe, opens_record=True, has_keys=has_keys
    )
    return way_to(facts).in_notices


def _is_unanswered(session: Session, row: Notification, settings: Settings) -> bool:
    """Return whether whoever is told of an alarm must know that the patient got no reply, or will get none.

    A page goes out at the same time as the reply: without what carries that, it is lost before anyone tried.
    """
    if row.escalation_id is None or row.target == CONSOLE:
        return False
    same = or_(Notification.escalation_id == row.escalation_id, Notification.message_id == row.message_id)
    causes = session.execute(select(Notification.reason, Notification.message_id).where(same)).all()
    query = select(Delivery.state, Delivery.medium).where(
        Delivery.message_id.in_({message_id for _, message_id in causes}),
        Delivery.reply.not_in((*CHAT_COPIES.values(), *ABOUT_FILES)),
    )
    answers = [
        DeliveryState.NOT_SENT if state == DeliveryState.PENDING and not _is_carried(medium, settings) else state
        for state, medium in session.execute(query)
    ]
    return is_left_alone({reason for reason, _ in causes}, answers)


def _is_carried(medium: str, settings: Settings) -> bool:
    """Return whether what carries replies by a medium is set up; a chat needs nothing."""
    if medium == Medium.SMS:
        return settings.sends_texts
    return medium == Medium.CHAT or settings.smtp_url is not None


def _is_in_confidence(session: Session, message: Message) -> bool:
    """Return whether a minor asks in confidence in this message or a little before: that stays in the console."""
    earlier = (Message.conversation_id == message.conversation_id, Message.id <= message.id)
    newest = select(Message).where(*earlier).order_by(Message.id.desc()).limit(HEARD_IN_CONFIDENCE)
    return any(asks_in_confidence(said.text) for said in session.scalars(newest))


def _named_team(row: Notification, practice: Practice) -> str | None:
    return row.team if personal_address(practice, row.escalation_step) is None else None


def _write_outcome(session: Session, row: Notification, outcome: Outcome) -> tuple[Measure, ...]:
    if isinstance(outcome, Postponed):
        row.state = NotificationState.PENDING
        row.attempts -= 1
        row.next_attempt_at = now() + outcome.wait
        return ()
    delay = retry_delay(row.attempts)
    if isinstance(outcome, Accepted):
        row.state = NotificationState.SENT
        row.provider_ids = [*row.provider_ids, *(part[1] for part in parts_of_texts([outcome.provider_id]))]
        log.info("staff_notified", notification_id=row.id, team=row.team, priority=row.priority)
    elif isinstance(outcome, Refused | NotSent) or delay is None:
        if not isinstance(outcome, NotSent):  # without a carrier, each page says that nobody is notified
            _note_failure(session, row)
        row.state = NotificationState.FAILED
        log.error("notification_failed", notification_id=row.id, team=row.team, outcome=type(outcome).__name__)
    else:
        row.state = NotificationState.PENDING
        row.next_attempt_at = now() + delay
    row.told_at = row.told_at or now()
    if row.state == NotificationState.PENDING:
        return ()
    labels = (row.about.practice, row.priority, str(row.state))
    return () if row.target == CONSOLE else (Measure(NOTIFICATIONS, labels),)
