"""How many conversations each view holds: one grouped query, summed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, distinct, false, func, literal, null, select
from sqlalchemy.orm import Session

from inbox.conversations.written_since import waits_for_its_time
from inbox.models import Conversation, ConversationRead, ConversationState, Delivery
from staff.auth.access import Member
from staff.conversations.filters import View
from staff.conversations.inbox_queries import PRESSING, UNFINISHED, has_opened, in_practices, is_snoozed, is_unread
from tasks.samples import is_sample

_NOBODY, _ME, _OTHERS = "nobody", "me", "others"


@dataclass(frozen=True, slots=True)
class ConversationGroup:
    """Conversations that are alike in everything that decides which views they are in.

    Attributes:
        holder: whether nobody, the member, or a colleague has them.
        pressing: whether they are urgent or of high priority, and no samples.
        unread: how many of them have a message that the member has not read.
    """

    state: str
    holder: str
    team: str | None
    pressing: bool
    snoozed: bool
    count: int
    unread: int


@dataclass(frozen=True, slots=True)
class ViewCounts:
    """How many conversations are in each view and with each team, and how many of those to look at are unread."""

    views: dict[View, int]
    teams: dict[str, int]
    unread: int = field(default=0)


def read_counts(session: Session, member: Member, calls: int, moment: datetime) -> ViewCounts:
    """Count the conversations of the member's practices that are not closed; closed ones are not worth a count.

    Args:
        session: an open transaction.
        member: the member.
        calls: to how many conversations colleagues called the member, who has not opened them since.
        moment: the current time, aware.
    """
    assigned = Conversation.assigned_to
    holder = case((assigned.is_(None), _NOBODY), (assigned == member.id, _ME), else_=_OTHERS)
    kinds = (
        Conversation.state.label("state"),
        holder.label("holder"),
        Conversation.team.label("team"),
        and_(func.coalesce(Conversation.priority.in_(PRESSING), False), ~is_sample()).label("pressing"),
        is_snoozed(moment).label("snoozed"),
    )
    alike = (
        select(*kinds, case((is_unread(member), 1), else_=0).label("unread"))
        .outerjoin(ConversationRead, has_opened(member))
        .where(*in_practices(member.reachable), Conversation.state.in_(UNFINISHED))
        .subquery()
    )
    names = ("state", "holder", "team", "pressing", "snoozed")
    columns = [alike.c[name] for name in names]
    query = select(*columns, func.count(), func.sum(alike.c.unread)).group_by(*columns)
    found: Iterable[Any] = session.execute(query.union_all(_scheduled(member)))
    groups = [ConversationGroup(*values) for values in found]
    counts = sum_counts(group for group in groups if group.state != View.SCHEDULED)
    counts.views[View.MENTIONS] = calls
    counts.views[View.SCHEDULED] = sum(group.count for group in groups if group.state == View.SCHEDULED)
    return counts


def _scheduled(member: Member) -> Select[str, str, None, bool, bool, int, int]:
    """Return the query for one group more: whatever its state, what has a message that waits for its time."""
    count = func.count(distinct(Delivery.conversation_id))
    return (
        select(literal(View.SCHEDULED.value), literal(_NOBODY), null(), false(), false(), count, literal(0))
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .where(Conversation.practice.in_(member.reachable), waits_for_its_time())
    )


def sum_counts(groups: Iterable[ConversationGroup]) -> ViewCounts:
    """Return the counts of views and teams from groups of conversations that are not closed."""
    views: Counter[View] = Counter()
    teams: Counter[str] = Counter()
    unread = 0
    for group in groups:
        for view in _views_of(group):
            views[view] += group.count
        if group.team and not group.snoozed:
            teams[group.team] += group.count
        unread += 0 if group.snoozed else group.unread
    return ViewCounts(dict(views), dict(teams), unread)


def _views_of(group: ConversationGroup) -> Iterable[View]:
    if group.snoozed:
        yield View.SNOOZED
        return
    yield View.ALL
    if group.state == ConversationState.WAITING:
        yield View.WAITING
        return
    if group.pressing:
        yield View.URGENT
    if group.holder == _ME:
        yield View.MINE
    if group.holder == _NOBODY:
        yield View.UNASSIGNED
