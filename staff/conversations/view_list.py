"""A member's saved views in the navigation: their addresses, and how many conversations each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import unseen_by
from inbox.conversations.saved_views import read_views
from inbox.conversations.tags import codes_of_tags
from inbox.models import Conversation, ConversationRead, SavedView
from staff.auth.access import Member
from staff.conversations.filters import Filters, View
from staff.conversations.inbox_queries import UNFINISHED, conditions_of, has_opened

_NOT_COUNTED = (View.CLOSED, View.EVERY)  # as in the built-in views: closed ones are not worth a count


@dataclass(frozen=True, slots=True)
class ShownView:
    """A saved view as the navigation shows it.

    Attributes:
        id: the row.
        name: the name that the member gave it.
        filters: its filters.
        count: how many conversations it holds, 0 for none or if they are not counted.
    """

    id: int
    name: str = field(repr=False)
    filters: Filters
    count: int

    @property
    def query(self) -> dict[str, str]:
        """Its filters, as an address has them."""
        return self.filters.as_query()


def show_views(session: Session, member: Member, moment: datetime) -> list[ShownView]:
    """Return a member's saved views with their counts."""
    views = read_views(session, member.id)
    codes = codes_of_tags(session, member.reachable, {view.tag for view in views if view.tag})
    filters = [_read_filters(view, codes, member) for view in views]
    words = {codes[view.tag]: view.tag for view in views if view.tag}
    counts = _count(session, member, filters, words, moment)
    return [
        ShownView(view.id, view.name, wanted, count) for view, wanted, count in zip(views, filters, counts, strict=True)
    ]


def filters_of(session: Session, view: SavedView, member: Member) -> Filters:
    """Return a view's filters; those that the member may not use any more are left out."""
    return _read_filters(view, codes_of_tags(session, member.reachable, [view.tag] if view.tag else []), member)


def _read_filters(view: SavedView, codes: Mapping[str, str], member: Member) -> Filters:
    stored = dict(parse_qsl(view.query))
    if view.tag:
        stored["tag"] = codes[view.tag]
    return Filters.read(stored, member.reachable)


def _count(
    session: Session, member: Member, views: Sequence[Filters], words: Mapping[str, str], moment: datetime
) -> list[int]:
    """Count all views in one query; of mentions, those that the member has not opened since."""
    columns = []
    for filters in views:
        if filters.view not in _NOT_COUNTED:
            conditions = conditions_of(session, member, filters, moment, words)
            columns.append(func.sum(case((and_(*conditions, *_news(filters, member)), 1), else_=0)))
    if not columns:
        return [0] * len(views)
    query = select(*columns).select_from(Conversation).outerjoin(ConversationRead, has_opened(member))
    among = Conversation.practice.in_(member.reachable), Conversation.state.in_(UNFINISHED)
    found = iter(session.execute(query.where(*among)).one())
    return [0 if filters.view in _NOT_COUNTED else next(found) or 0 for filters in views]


def _news(filters: Filters, member: Member) -> tuple[ColumnElement[bool], ...]:
    return (Conversation.id.in_(unseen_by(member.id)),) if filters.view is View.MENTIONS else ()
