"""Calling members to a conversation, which is then unread for them until they open it.

A colleague calls them by a mention or an assignment, and Intake as it holds a message that was scheduled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from inbox.models import (
    Conversation,
    Delivery,
    MemberNotice,
    NoticePreference,
    NoticeReason,
    NotificationState,
    StaffMember,
    now,
)

MAIL_PAUSE = timedelta(minutes=15)


def call_members(
    session: Session,
    conversation: Conversation,
    staff_ids: Sequence[int],
    reason: NoticeReason,
    by: int,
    hold: timedelta = timedelta(),
) -> list[int]:
    """Mark a conversation as unread for members whom a colleague calls to it, and plan the mail to those who want it.

    Return the ids of the notices.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation.
        staff_ids: members of its practice; whoever calls is left out.
        reason: why they are called.
        by: who calls them.
        hold: how long it can still be undone, for which no mail goes out.
    """
    others = [staff_id for staff_id in staff_ids if staff_id != by]
    return _add_notices(session, conversation, others, reason, by, hold)


def call_about_held(session: Session, conversation: Conversation, delivery: Delivery) -> None:
    """Call who scheduled a message, and who has the conversation, as the message is held.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation.
        delivery: the message.
    """
    concerned = [staff_id for staff_id in (delivery.staff_id, conversation.assigned_to) if staff_id is not None]
    by = delivery.staff_id or conversation.assigned_to
    if by is not None:
        _add_notices(session, conversation, concerned, NoticeReason.HELD, by, timedelta())


def _add_notices(
    session: Session,
    conversation: Conversation,
    staff_ids: Sequence[int],
    reason: NoticeReason,
    by: int,
    hold: timedelta,
) -> list[int]:
    wanting = select(StaffMember).where(
        StaffMember.id.in_(staff_ids),
        StaffMember.notices != NoticePreference.NOTHING,
        StaffMember.disabled_at.is_(None),
    )
    notices = [
        MemberNotice(
            staff_id=called.id,
            conversation_id=conversation.id,
            reason=reason,
            by_staff_id=by,
            mail_state=NotificationState.PENDING if called.notices == NoticePreference.EMAIL else None,
            next_attempt_at=next_mail_at(session, called.id, conversation.id, now() + hold),
        )
        for called in session.scalars(wanting).all()
    ]
    session.add_all(notices)
    session.flush()
    return [notice.id for notice in notices]


def take_back_calls(session: Session, notice_ids: Sequence[int]) -> None:
    """Forget that members were called, as what called them is undone; who has had the mail by then keeps the call."""
    unsent = or_(MemberNotice.mail_state.is_(None), MemberNotice.mail_state == NotificationState.PENDING)
    session.execute(delete(MemberNotice).where(MemberNotice.id.in_(notice_ids), unsent))


def next_mail_at(session: Session, staff_id: int, conversation_id: int, moment: datetime) -> datetime:
    """Return when the next mail to a member about a conversation may go out: not within 15 minutes of the last."""
    query = select(func.max(MemberNotice.mailed_at)).where(
        MemberNotice.staff_id == staff_id,
        MemberNotice.conversation_id == conversation_id,
        MemberNotice.mail_state.in_((NotificationState.SENDING, NotificationState.SENT)),
    )
    last = session.scalar(query)
    return moment if last is None else max(moment, last + MAIL_PAUSE)


def pending_mail(session: Session, conversation_ids: Sequence[int], moment: datetime) -> list[int]:
    """Return the ids of the notices of these conversations that can be mailed now."""
    query = select(MemberNotice.id).where(
        MemberNotice.conversation_id.in_(conversation_ids),
        MemberNotice.mail_state == NotificationState.PENDING,
        MemberNotice.next_attempt_at <= moment,
    )
    return list(session.scalars(query.order_by(MemberNotice.id)))


def note_seen(session: Session, staff_id: int, conversation_id: int, *reasons: NoticeReason) -> None:
    """Note that a member has opened a conversation that they were called to, or for some reasons no longer needs to."""
    unseen = (MemberNotice.staff_id == staff_id, MemberNotice.conversation_id == conversation_id)
    wanted = MemberNotice.reason.in_(reasons or tuple(NoticeReason))
    session.execute(update(MemberNotice).where(*unseen, wanted, MemberNotice.seen_at.is_(None)).values(seen_at=now()))


def is_called(staff_id: int, conversation_id: int) -> ColumnElement[bool]:
    """Return the condition that a member has been called to a conversation and has not opened it since."""
    return unseen_by(staff_id).where(MemberNotice.conversation_id == conversation_id).exists()


def read_calls(session: Session, staff_id: int, conversation_ids: Sequence[int]) -> dict[int, MemberNotice]:
    """Return the latest notice that calls a member to each of these conversations, until they have opened it."""
    query = select(MemberNotice).where(
        MemberNotice.staff_id == staff_id,
        MemberNotice.seen_at.is_(None),
        MemberNotice.conversation_id.in_(conversation_ids),
    )
    return {call.conversation_id: call for call in session.scalars(query.order_by(MemberNotice.id))}


def unseen_by(staff_id: int) -> Select[int]:
    """Return a query for the conversations that a member has been called to and has not opened since."""
    return select(MemberNotice.conversation_id).where(MemberNotice.staff_id == staff_id, MemberNotice.seen_at.is_(None))


def count_unseen(staff_id: int, practices: Sequence[str]) -> ScalarSelect[int]:
    """Return a query for the number of conversations of these practices that a member is called to."""
    own = (MemberNotice.staff_id == staff_id, MemberNotice.seen_at.is_(None))
    counted = select(func.count(MemberNotice.conversation_id.distinct())).join(MemberNotice.conversation)
    return counted.where(*own, Conversation.practice.in_(practices)).scalar_subquery()
