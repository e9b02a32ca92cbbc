"""Queries for the inbox: open alarms first, pages of a view's conversations, and which one comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import unseen_by
from inbox.conversations.tags import has_tag, is_tagged
from inbox.conversations.written_since import has_held, waits_for_its_time
from inbox.models import Conversation, ConversationRead, ConversationState, Delivery, Escalation, MemberNotice
from inbox.models.column_types import Timestamp
from intake.practices import Practice
from intake.vocabulary import Priority
from staff.auth.access import Member
from staff.conversations.alarms import count_open, has_open_alarm
from staff.conversations.filters import NOBODY, Filters, Order, View
from staff.conversations.rows import FoundConversation, InboxRow, show_rows
from staff.conversations.topics import is_about, is_written_in
from tasks.samples import is_sample
from web.row_ids import read_row_id

PAGE = 50
MOST_PINNED = 200
UNFINISHED = (ConversationState.OPEN, ConversationState.WAITING)
PRESSING = (Priority.URGENT, Priority.HIGH)
_IS_LISTED = or_(
    Conversation.last_message_id.is_not(None),
    Conversation.priority.is_not(None),  # staff began it, and what they sent did not go out
)
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(2500, 1, 1, tzinfo=UTC)  # nobody waits: behind everyone who does
_MICROSECOND = timedelta(microseconds=1)
_LATEST_MICROSECOND = 10**17
_AMONG_URGENT, _AMONG_OTHERS, _AMONG_SAMPLES, _AMONG_HELD = "u", "", "s", "h"
_HAS_NEWS = and_(
    Conversation.state == ConversationState.OPEN,  # of the others, somebody or an automatic answer has taken care
    Conversation.last_message_id > func.coalesce(ConversationRead.message_id, 0),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    Attributes:
        rows: the conversations.
        next: where the next page starts, None if this is the last.
        pinned: the conversations with an open alarm, above the list that shows everything and the pressing one; if they
            are very many, those that have waited longest, and the others are in the list.
        pinned_count: how many there are.
        alarms: how many conversations have an open alarm, if they are not above.
    """

    rows: list[InboxRow]
    next: str | None
    pinned: list[InboxRow] = field(default_factory=list)
    pinned_count: int = 0
    alarms: int = 0


def list_page(
    session: Session,
    member: Member,
    filters: Filters,
    practices: Mapping[str, Practice],
    moment: datetime,
    known: Mapping[int, str],
) -> Page:
    """Return a page of the conversations that match the filters, samples last.

    If no other list was asked for, those with an open alarm come before the page, whatever their state.

    Args:
        session: an open transaction.
        member: the member, whose practices and read positions count.
        filters: the filters, and where the page starts.
        practices: the member's practices, by slug.
        moment: the current time, aware.
        known: the names of members that are known already, by id.
    """
    pinned = find_pinned(session, member, moment) if filters.pins_alarms else []
    others = Conversation.id.not_in([hit.conversation.id for hit in pinned])
    found = find_conversations(session, member, filters, moment, PAGE + 1, others)
    more, found = len(found) > PAGE, found[:PAGE]
    shown = show_rows(session, member, [*pinned, *found], practices, moment, known)
    rows = shown[len(pinned) :]
    place = None
    if more:
        is_first = filters.view is View.SCHEDULED and rows[-1].held
        is_last = rows[-1].is_sample
        place = cursor(found[-1].conversation, filters.order, is_of_samples=is_last, is_of_held=is_first)
    count = len(pinned) if len(pinned) < MOST_PINNED else _count_pinned(session, member, moment)
    alarms = 0 if filters.pins_alarms else count_open(session, member.reachable)
    return Page(rows, place, shown[: len(pinned)], count, alarms)


def count_unread(session: Session, member: Member, filters: Filters, moment: datetime, most: int) -> int:
    """Count the conversations of a list that the member has not read, up to a number."""
    unread = matching(session, member, replace(filters, unread=True), moment)
    return (
        session.scalar(
            select(func.count()).select_from(unread.with_only_columns(Conversation.id).limit(most).subquery())
        )
        or 0
    )


def next_in_list(
    session: Session, member: Member, filters: Filters, place: str | None, moment: datetime, done: int
) -> int | None:
    """Return the conversation after a place in the list, or else the list's first; None if nothing is left.

    Without a place, it is the most pressing one: an open alarm, or else the list's first.

    Args:
        session: an open transaction.
        member: the member whose list it is.
        filters: the list.
        place: the place, as `cursor` says; None for the top.
        moment: the current time, aware.
        done: the conversation that the member has dealt with.
    """
    above = session.scalars(
        _pinned(session, member, moment).with_only_columns(Conversation.id).limit(MOST_PINNED)
    ).all()
    alarm = next((row_id for row_id in above if row_id != done), None)
    if place is None and alarm is not None:
        return alarm
    others = Conversation.id.not_in([*(above if filters.pins_alarms else ()), done])
    for start in (place, "") if place else ("",):
        found = find_conversations(session, member, filters, moment, 1, others, after=start)
        if found:
            return found[0].conversation.id
    return alarm


def cursor(conversation: Conversation, order: Order, *, is_of_samples: bool = False, is_of_held: bool = False) -> str:
    """Return the place after a conversation: what the list is sorted by, in microseconds, and its id.

    Those that are urgent come before the others of the newest first, samples come after all, and in the view of what is
    scheduled, those with a held message come first; the place's first letter says among which it is.
    """
    newest = conversation.listed_at or conversation.created_at
    at = newest if order is Order.NEWEST else conversation.waiting_since or _NEVER
    is_first = order is Order.NEWEST and conversation.priority == Priority.URGENT
    among = _AMONG_SAMPLES if is_of_samples else _AMONG_URGENT if is_first else _AMONG_OTHERS
    among = _AMONG_HELD if is_of_held else among
    return f"{among}{(at - _EPOCH) // _MICROSECOND}-{conversation.id}"


def find_conversations(
    session: Session,
    member: Member,
    filters: Filters,
    moment: datetime,
    limit: int,
    *conditions: ColumnElement[bool],
    after: str | None = None,
) -> list[FoundConversation]:
    """Return the conversations that match the filters, in their order, from where the page starts.

    Args:
        session: an open transaction.
        member: the member, whose practices and read positions count.
        filters: the filters.
        moment: the current time, aware.
        limit: how many at most.
        conditions: what else must hold.
        after: where to start instead.
    """
    start = filters.after if after is None else after
    query = matching(session, member, filters, moment).where(*conditions)
    parts = _parts(filters)
    among = start[:1] if start[:1] in (_AMONG_URGENT, _AMONG_SAMPLES, _AMONG_HELD) else _AMONG_OTHERS
    start = start.removeprefix(among)
    if not _after(start, filters.order) or among not in parts:
        among, start = next(iter(parts)), ""
    found: list[FoundConversation] = []
    for part in list(parts)[list(parts).index(among) :]:  # a query for each, as it then follows an index
        if len(found) < limit:
            found += _run(session, _page_of(query.where(*parts[part]), start, filters.order, limit - len(found)))
        start = ""
    return found


def _parts(filters: Filters) -> dict[str, tuple[ColumnElement[bool], ...]]:
    """Return the parts of a list, in their order, by the letter that a place among them begins with."""
    if filters.view is not View.SCHEDULED:
        return _parts_by_order(filters.order)
    others = {among: (*part, ~has_held()) for among, part in _parts_by_order(filters.order).items()}
    return {_AMONG_HELD: (has_held(),), **others}


def _parts_by_order(order: Order) -> dict[str, tuple[ColumnElement[bool], ...]]:
    real, samples = ~is_sample(), is_sample()
    if order is not Order.NEWEST:
        return {_AMONG_OTHERS: (real,), _AMONG_SAMPLES: (samples,)}
    urgent = Conversation.priority == Priority.URGENT
    others = func.coalesce(Conversation.priority, "") != Priority.URGENT
    return {_AMONG_URGENT: (urgent, real), _AMONG_OTHERS: (others, real), _AMONG_SAMPLES: (samples,)}


def is_pinned() -> ColumnElement[bool]:
    """Return the condition that a conversation has an open alarm, and is no sample."""
    return and_(has_open_alarm(), ~is_sample())


def find_pinned(session: Session, member: Member, moment: datetime) -> list[FoundConversation]:
    """Return the conversations with an open alarm, up to `MOST_PINNED`; who has waited longest comes first."""
    return _run(session, _pinned(session, member, moment).limit(MOST_PINNED))


def _count_pinned(session: Session, member: Member, moment: datetime) -> int:
    query = _pinned(session, member, moment).with_only_columns(Conversation.id).order_by(None)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _pinned(session: Session, member: Member, moment: datetime) -> Select[Conversation, bool]:
    since = (
        select(func.min(Escalation.created_at))
        .where(Escalation.conversation_id == Conversation.id, Escalation.acknowledged_at.is_(None))
        .scalar_subquery()
    )
    query = matching(session, member, Filters(view=View.EVERY), moment).where(is_pinned())
    return query.order_by(since, Conversation.id)


def _run(session: Session, query: Select[Conversation, bool]) -> list[FoundConversation]:
    return [FoundConversation(conversation, bool(unread)) for conversation, unread in session.execute(query)]


def matching(session: Session, member: Member, filters: Filters, moment: datetime) -> Select[Conversation, bool]:
    """Return the query for the conversations that match the filters, and whether the member has not read each."""
    conditions = conditions_of(session, member, filters, moment)
    return select(Conversation, is_unread(member)).outerjoin(ConversationRead, has_opened(member)).where(*conditions)


def conditions_of(
    session: Session, member: Member, filters: Filters, moment: datetime, words: Mapping[str, str] = _NO_WORDS
) -> list[ColumnElement[bool]]:
    """Return the conditions that a conversation matches the filters, joined with what the member has read of it.

    Args:
        session: an open transaction.
        member: the member, whose practices and read positions count.
        filters: the filters.
        moment: the current time, aware.
        words: the tags that are known already, by their codes.
    """
    practices = [filters.practice] if filters.practice else member.reachable
    conditions: list[ColumnElement[bool]] = [
        Conversation.practice.in_(practices),
        *_in_view(filters.view, member, moment),
    ]
    for name in ("triage", "priority", "team", "channel"):
        if value := getattr(filters, name):
            conditions.append(getattr(Conversation, name) == value)
    if filters.intent:
        conditions.append(is_about(filters.intent))
    if filters.assigned:
        holder = None if filters.assigned == NOBODY else int(filters.assigned)
        conditions.append(Conversation.assigned_to.is_(None) if holder is None else Conversation.assigned_to == holder)
    if filters.language:
        conditions.append(is_written_in(filters.language))
    if filters.tag:
        word = words.get(filters.tag)
        tagged = is_tagged(member.reachable, word) if word else has_tag(session, member.reachable, filters.tag)
        conditions.append(tagged)
    if filters.unread:
        conditions.append(is_unread(member))
    return conditions


def has_opened(member: Member) -> ColumnElement[bool]:
    """Return the condition that joins a conversation to how far a member has read it."""
    return and_(ConversationRead.conversation_id == Conversation.id, ConversationRead.staff_id == member.id)


def is_unread(member: Member) -> ColumnElement[bool]:
    """Return the condition that a member has not read a conversation's last message, or is called to it."""
    return or_(_HAS_NEWS, Conversation.id.in_(unseen_by(member.id)))


def in_practices(practices: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a conversation is of one of these practices, and is listed."""
    return Conversation.practice.in_(practices), _IS_LISTED


def is_snoozed(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a conversation is snoozed at a moment."""
    return and_(Conversation.snoozed_until.is_not(None), Conversation.snoozed_until > moment)


def _in_view(view: View, member: Member, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    if view is View.MENTIONS:  # one that staff began may have no message yet
        calls = select(MemberNotice.conversation_id).where(MemberNotice.staff_id == member.id)
        return (Conversation.id.in_(calls),)
    if view is View.SCHEDULED:
        return (Conversation.id.in_(select(Delivery.conversation_id).where(waits_for_its_time())),)
    return _IS_LISTED, *_among_messages(view, member, moment)


def _among_messages(view: View, member: Member, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    state, awake = Conversation.state, ~is_snoozed(moment)
    match view:
        case View.URGENT:
            return state == ConversationState.OPEN, awake, Conversation.priority.in_(PRESSING)
        case View.MINE:
            return state == ConversationState.OPEN, awake, Conversation.assigned_to == member.id
        case View.UNASSIGNED:
            return state == ConversationState.OPEN, awake, Conversation.assigned_to.is_(None)
        case View.WAITING:
            return state == ConversationState.WAITING, awake
        case View.ALL:
            return state.in_(UNFINISHED), awake
        case View.SNOOZED:
            return state.in_(UNFINISHED), is_snoozed(moment)
        case View.CLOSED:
            return (state == ConversationState.CLOSED,)
        case _:
            return ()


def _page_of(query: Select[Conversation, bool], start: str, order: Order, limit: int) -> Select[Conversation, bool]:
    return query.where(*_after(start, order)).order_by(*_sorted_by(order)).limit(limit)


def _sorted_by(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order is Order.NEWEST:
        return Conversation.listed_at.desc(), Conversation.id.desc()
    return _waiting_since().asc(), Conversation.id.asc()


def _after(after: str, order: Order) -> list[ColumnElement[bool]]:
    at, _, conversation_id = after.partition("-")
    since, row_id = read_row_id(at), read_row_id(conversation_id)
    if since is None or row_id is None or since > _LATEST_MICROSECOND:
        return []
    moment = literal(_EPOCH + since * _MICROSECOND, Timestamp())
    if order is Order.NEWEST:
        listed = Conversation.listed_at
        return [or_(listed < moment, and_(listed == moment, Conversation.id < row_id))]
    waiting = _waiting_since()
    return [or_(waiting > moment, and_(waiting == moment, Conversation.id > row_id))]


def _waiting_since() -> ColumnElement[Any]:
    return func.coalesce(Conversation.waiting_since, literal(_NEVER, Timestamp()))
