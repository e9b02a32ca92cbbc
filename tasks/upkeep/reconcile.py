"""Finding unfinished rows from the database alone, and queuing another job for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import redis
import structlog
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from inbox.attachments.rows import due_attachments
from inbox.audit.trail import due_check
from inbox.incoming.voicemail import store_overdue, unheard_of
from inbox.models import Delivery, DeliveryState, Escalation, Message, Notification, NotificationState, now
from inbox.retention.limits import due_runs
from inbox.search.index import first_unindexed
from inbox.storage.carrier_erasures import claim_due_erasures
from intake.errors import MissingKeyError
from intake.vocabulary import Medium, Priority
from tasks.context import Context
from tasks.mail.accounts import due_announcements, due_links
from tasks.mail.notices import due_mail, requeue_interrupted_mail
from tasks.notification.outbox import is_due_notice, requeue_interrupted
from tasks.queues.due import is_left, is_planned_due, is_ripe
from tasks.queues.queue import Job, Ticket
from tasks.understanding.entities import waiting_messages
from tasks.upkeep.clock_changes import bring_forward

log = structlog.get_logger(__name__)

BATCH = 100
PER_ROUND = 500  # of each kind; the next round takes the next ones
LOOK_AGAIN = timedelta(seconds=30)
STATUS_CHECKS_END = timedelta(days=2)
# Built once, as building a statement takes longer than running it.
_MOMENT, _YOUNG, _SENT, _END = (
    bindparam(name, type_=Delivery.created_at.type) for name in ("moment", "young", "sent", "end")
)
_ESCALATIONS = (
    select(Escalation.id)
    .where(Escalation.acknowledged_at.is_(None), Escalation.next_step_at <= _MOMENT)
    .order_by(Escalation.id)
)
_MESSAGES = (
    select(Message.id)
    .where(
        Message.handled_at.is_(None),
        is_ripe(Message.next_attempt_at, Message.failures, Message.received_at, _MOMENT, _YOUNG),
    )
    .order_by(Message.id)
)
_DELIVERIES = (
    select(Delivery.id)
    .where(
        Delivery.state == DeliveryState.PENDING,
        is_planned_due(Delivery.next_attempt_at, Delivery.attempts, Delivery.created_at, _MOMENT),
        is_left(Delivery.attempts, Delivery.created_at, _MOMENT, _YOUNG),
    )
    .order_by(Delivery.id)
)
_LINKS = due_links(_MOMENT, _YOUNG)
_ANNOUNCEMENTS = due_announcements(_MOMENT, _YOUNG)
_NOTICES = (
    select(Notification.id)
    .where(
        Notification.state == NotificationState.PENDING,
        is_due_notice(_MOMENT),
        is_ripe(Notification.next_attempt_at, Notification.attempts, Notification.created_at, _MOMENT, _YOUNG),
    )
    .order_by(Notification.id)
)
_URGENT_NOTICES = _NOTICES.where(Notification.priority == Priority.URGENT)
_OTHER_NOTICES = _NOTICES.where(Notification.priority != Priority.URGENT)
_MAIL = due_mail(_MOMENT, _YOUNG)
_UNREAD = waiting_messages(_MOMENT, _YOUNG)
_UNANSWERED = (
    select(Delivery.id)
    .where(
        Delivery.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN)),
        Delivery.sending_at <= _SENT,
        Delivery.next_attempt_at <= _MOMENT,
    )
    .order_by(Delivery.next_attempt_at)
)
UNFINISHED = (
    select(Delivery.id)
    .where(
        Delivery.state == DeliveryState.SENT,
        Delivery.medium != Medium.CHAT,  # which no carrier knows of
        Delivery.next_attempt_at <= _MOMENT,
        Delivery.next_attempt_at > _END,  # else all that was ever sent is read
        Delivery.created_at > _END,
    )
    .order_by(Delivery.next_attempt_at)
)


def reconcile(context: Context, *, grace: timedelta) -> int:
    """Queue a job for each row that is due and for which no job waits, the oldest rows first.

    A row whose job waits is passed over, however long the queue is, so every round gets to rows that lack a job.

    Args:
        context: the worker's context.
        grace: skip rows younger than this, because their own jobs may still be on their way.

    Returns:
        The number of jobs added.
    """
    try:
        waiting = context.queue.waiting()
    except redis.RedisError:
        return 0
    _store_overdue_voicemails(context)
    with context.database.write() as session:
        bring_forward(session, context.practices, now())
        requeue_interrupted(session, now())
        requeue_interrupted_mail(session, now())
        settle_after = timedelta(seconds=context.settings.settle_after_seconds)
        erasures = claim_due_erasures(session, now(), BATCH)
        runs = due_runs(session, context.practices, now())
        last = [
            *_to_settle(session, now(), settle_after, waiting),
            *(Ticket("look_for_recording", row_id) for row_id in unheard_of(session, now(), BATCH)),
            *(Ticket("retain", row_id) for row_id in runs if ("retain", row_id) not in waiting),
            *(Ticket("erase_at_carrier", row_id) for row_id in erasures),
        ]
    with context.database.read() as session:
        fetched = due_attachments(session, now(), BATCH)
        last += [Ticket("fetch_attachment", row) for row in fetched if ("fetch_attachment", row) not in waiting]
        last += [*_to_index(session, waiting), *_to_verify(session, waiting)]
        tickets = [*_due(session, now(), now() - grace, waiting), *last]
    added = sum(context.queue.put_tickets(tickets[start : start + BATCH]) for start in range(0, len(tickets), BATCH))
    if added:
        log.info("reconciled", jobs=added)
    return added


def _to_index(session: Session, waiting: frozenset[tuple[str, int]]) -> list[Ticket]:
    """Return a job that indexes a batch for the search, if there is anything to index and no such job waits."""
    if any(job == "index_texts" for job, _ in waiting):
        return []
    first = first_unindexed(session)
    return [] if first is None else [Ticket("index_texts", first)]


def _to_verify(session: Session, waiting: frozenset[tuple[str, int]]) -> list[Ticket]:
    """Return a job that verifies the audit trail, if that is due and no such job waits."""
    if any(job == "verify_trail" for job, _ in waiting):
        return []
    newest = due_check(session, now())
    return [] if newest is None else [Ticket("verify_trail", newest)]


def _store_overdue_voicemails(context: Context) -> None:
    try:
        with context.database.write() as session:
            store_overdue(session, now(), BATCH)
    except MissingKeyError as error:
        log.error("voicemails_not_stored", reason=str(error))


def _due(session: Session, moment: datetime, young: datetime, waiting: frozenset[tuple[str, int]]) -> list[Ticket]:
    """Return a job for each due row, the most dangerous to miss first.

    Args:
        session: an open transaction.
        moment: the current time, aware.
        young: rows stored after this are left to their own jobs.
        waiting: the jobs that wait.
    """
    find = partial(_oldest, session, waiting=waiting, moments={"moment": moment, "young": young})
    return [
        *find("escalate", _ESCALATIONS),
        *(replace(ticket, is_urgent=True) for ticket in find("notify", _URGENT_NOTICES)),
        *find("handle_message", _MESSAGES),
        *find("notify", _OTHER_NOTICES),
        *find("deliver", _DELIVERIES),
        *find("mail_link", _LINKS),
        *find("announce_emergency", _ANNOUNCEMENTS),
        *find("mail_notice", _MAIL),
        *find("find_entities", _UNREAD),
    ]


def _oldest(
    session: Session,
    job: Job,
    query: Select[int],
    *,
    waiting: frozenset[tuple[str, int]],
    moments: Mapping[str, datetime],
) -> list[Ticket]:
    """Return jobs for the first rows of a query that lack one."""
    tickets: list[Ticket] = []
    with session.scalars(query, moments, execution_options={"yield_per": BATCH}) as found:
        for row_id in found:
            if (job, row_id) not in waiting:
                tickets.append(Ticket(job, row_id))
            if len(tickets) == PER_ROUND:
                break
    return tickets


def _to_settle(
    session: Session, moment: datetime, settle_after: timedelta, waiting: frozenset[tuple[str, int]]
) -> list[Ticket]:
    """Return the deliveries to check with the carrier, and postpone their next check."""
    find = partial(_oldest, session, "settle", waiting=waiting)
    asked = find(_UNANSWERED, moments={"moment": moment, "sent": moment - settle_after})
    checked = find(UNFINISHED, moments={"moment": moment, "end": moment - STATUS_CHECKS_END})
    for tickets, pause in ((asked, LOOK_AGAIN), (checked, timedelta(hours=1))):
        row_ids = [ticket.row_id for ticket in tickets]
        if not row_ids:
            continue
        session.execute(update(Delivery).where(Delivery.id.in_(row_ids)).values(next_attempt_at=moment + pause))
    return [*asked, *checked]
