"""The counts behind a practice's figures, grouped by the database in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from inbox.models import (
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Delivery,
    Escalation,
    Message,
    OptOut,
    Review,
    StaffMember,
)
from inbox.models.column_types import Timestamp
from intake.practices import Practice
from intake.vocabulary import SETUP_TEXT, Priority, Route
from staff.figures.answer_times import (
    CONFIRMATIONS,
    AnswerTimes,
    has_left,
    read_automatic,
    read_human,
)
from staff.figures.arrivals import Arrivals, read_arrivals
from staff.figures.period import Period
from staff.figures.row_age import came_in, is_of, is_staffs, was_written_since
from tasks.samples import sample_ids

AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=3))
"""Where the groups of those who wait now end; the last group has no end."""

RAISED = (Route.URGENT, Route.SAME_DAY)
"""The routes that say how soon somebody must look, but not what a message is about."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages that are alike.

    Attributes:
        channel: how they came in.
        route: how they were routed, None if they have not been yet.
        intent: what the model took those to be about whose route does not say it, else None.
        label: what staff said that they are about, if they did.
        count: how many.
    """

    channel: str
    route: str | None
    intent: str | None
    label: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote to patients: a member, or Intake.

    Attributes:
        name: the member's name, None for automatic replies.
        conversations: in how many conversations.
        replies: how many replies, without those that did not arrive.
    """

    name: str | None
    conversations: int
    replies: int


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Open conversations that are alike.

    Attributes:
        group: which group of `AGES` the wait is in, None if nobody waits.
        is_urgent: whether its priority is urgent.
        count: how many.
        since: since when the first of them has waited.
    """

    group: int | None
    is_urgent: bool
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Consents:
    """Numbers whose consent to texts changed last in a period: opted out by the patient or by staff, or back in."""

    by_patient: int
    by_staff: int
    opted_in: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page shows, as it was counted."""

    arrivals: list[Arrivals]
    kinds: list[Kind]
    writers: list[Writer]
    automatic: AnswerTimes
    human: AnswerTimes
    consents: Consents
    waiting: list[WaitingGroup]
    alarms: int


def read_figures(session: Session, practice: Practice, period: Period, moment: datetime) -> Figures:
    """Count everything about a practice.

    Args:
        session: an open transaction.
        practice: the practice, whose rows alone count.
        period: the days, in the practice's time zone.
        moment: the current time, aware.
    """
    slug = practice.slug
    return Figures(
        arrivals=read_arrivals(session, practice, period),
        kinds=_read_kinds(session, slug, period),
        writers=_read_writers(session, slug, period),
        automatic=read_automatic(session, slug, period),
        human=read_human(session, slug, period),
        consents=_read_consents(session, slug, period),
        waiting=_read_waiting(session, slug, moment),
        alarms=_count_alarms(session, slug),
    )


def _read_kinds(session: Session, practice: str, period: Period) -> list[Kind]:
    """Return the messages by kind; what the model took them for is looked up only where nothing else says it."""
    intent = select(Classification.intent).where(Classification.message_id == Message.id).scalar_subquery()
    alike = (
        select(
            Conversation.channel.label("channel"),
            Decision.route.label("route"),
            case((Decision.route.in_(RAISED), intent)).label("intent"),
            Review.label.label("label"),
        )
        .select_from(Message)
        .join(Conversation, Message.conversation_id == Conversation.id)
        .outerjoin(Decision, Decision.message_id == Message.id)
        .outerjoin(Review, Review.message_id == Message.id)
        .where(is_of(practice), came_in(period))
        .subquery()
    )
    kinds = (alike.c.channel, alike.c.route, alike.c.intent, alike.c.label)
    found = session.execute(select(*kinds, func.count()).group_by(*kinds))
    return [Kind(channel, route, intent, label, count) for channel, route, intent, label, count in found]


def _read_writers(session: Session, practice: str, period: Period) -> list[Writer]:
    """Return the members who replied, and Intake; what is going out now counts when it was written."""
    writer = case((is_staffs(), Delivery.staff_id))
    by_conversation = (
        select(writer.label("staff_id"), func.count().label("replies"))
        .join(Conversation, Delivery.conversation_id == Conversation.id)
        .where(
            is_of(practice),
            was_written_since(period.start),
            Delivery.created_at < period.end,
            has_left(),
            Delivery.reply.not_in((*CONFIRMATIONS, SETUP_TEXT)),
        )
        .group_by(writer, Delivery.conversation_id)
        .subquery()
    )
    replies = by_conversation.c.replies
    by_writer = (
        select(by_conversation.c.staff_id, func.count().label("conversations"), func.sum(replies).label("replies"))
        .group_by(by_conversation.c.staff_id)
        .subquery()
    )
    named = select(by_writer.c.staff_id, StaffMember.name, by_writer.c.conversations, by_writer.c.replies).outerjoin(
        StaffMember, StaffMember.id == by_writer.c.staff_id
    )
    return [
        Writer(None if staff_id is None else name or f"Member {staff_id}", conversations, int(replies))
        for staff_id, name, conversations, replies in session.execute(named)
    ]


def _read_waiting(session: Session, practice: str, moment: datetime) -> list[WaitingGroup]:
    since = Conversation.waiting_since
    ends = [(since > literal(moment - end, Timestamp()), place) for place, end in enumerate(AGES)]
    rows = (
        select(
            case((since.is_(None), None), *ends, else_=len(AGES)).label("age"),
            case((Conversation.priority == Priority.URGENT, 1), else_=0).label("urgent"),
            since.label("since"),
        )
        .where(
            Conversation.practice == practice,
            Conversation.id.not_in(sample_ids()),
            Conversation.state == ConversationState.OPEN,
            or_(since.is_not(None), Conversation.priority == Priority.URGENT),
        )
        .subquery()
    )
    query = select(rows.c.age, rows.c.urgent, func.count(), func.min(rows.c.since)).group_by(rows.c.age, rows.c.urgent)
    return [WaitingGroup(group, bool(urgent), count, first) for group, urgent, count, first in session.execute(query)]


def _count_alarms(session: Session, practice: str) -> int:
    is_open = Escalation.practice == practice, Escalation.acknowledged_at.is_(None)
    query = select(func.count()).where(*is_open, Escalation.conversation_id.not_in(sample_ids()))
    return session.scalar(query) or 0


def _read_consents(session: Session, practice: str, period: Period) -> Consents:
    by_staff = and_(OptOut.active, OptOut.recorded_by.is_not(None))
    by_patient = and_(OptOut.active, OptOut.recorded_by.is_(None))
    query = select(
        func.count(case((by_patient, 1))), func.count(case((by_staff, 1))), func.count(case((~OptOut.active, 1)))
    ).where(OptOut.practice == practice, OptOut.changed_at >= period.start, OptOut.changed_at < period.end)
    patients, staffs, opted_in = session.execute(query).one()
    return Consents(patients, staffs, opted_in)
