"""Collecting the notices about senders for whom nobody vouches, so that a stranger cannot drown a phone in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Message, Notification, NotificationState, now
from intake.channels import UNVOUCHED
from intake.vocabulary import Channel
from tasks.notification.escalation_policy import AT_ONCE, COLLECTED_FOR, collected_until

# An email whose sender nothing proves is in a conversation without an address; see `webhooks.email`.
_UNVOUCHED = or_(
    Conversation.channel.in_(UNVOUCHED),
    and_(Conversation.channel == Channel.EMAIL, Conversation.patient_index.is_(None)),
)


def is_unvouched(conversation: Conversation) -> bool:
    """Return whether anyone can have written this, without an address that a carrier or a mail server vouches for."""
    is_doubted_email = conversation.channel == Channel.EMAIL and conversation.patient_index is None
    return conversation.channel in UNVOUCHED or is_doubted_email


def collect_notice(session: Session, notice: Notification, practice: str) -> None:
    """Let a notice go out with others if several like it went out just before; the first ones go out at once.

    Args:
        session: an open write transaction.
        notice: a notice to an address, about someone for whom nobody vouches; one that was sent before counts as new.
        practice: the practice's slug.
    """
    moment = now()
    until = collected_until(_last_rounds(session, notice, practice, moment), moment)
    if until is not None:
        notice.collected, notice.next_attempt_at = True, max(until, notice.next_attempt_at)


def _last_rounds(session: Session, notice: Notification, practice: str, moment: datetime) -> Sequence[datetime]:
    """Return when the last other such notices to the same address were or will be due, unless that is long ago."""
    query = (
        select(Notification.next_attempt_at)
        .join(Message, Notification.message_id == Message.id)
        .join(Conversation)
        .where(
            Conversation.practice == practice,
            _UNVOUCHED,
            Notification.team == notice.team,
            Notification.target == notice.target,
            Notification.next_attempt_at > moment - COLLECTED_FOR,  # with the target, the columns of an index
            Notification.priority == notice.priority,
            Notification.escalation_step == notice.escalation_step,
            Notification.state.not_in((NotificationState.DROPPED, NotificationState.OPTED_OUT)),
        )
        .order_by(Notification.next_attempt_at.desc())
        .limit(AT_ONCE)
    )
    if notice.id is not None:  # which is renewed: it is no round of its own
        query = query.where(Notification.id != notice.id)
    return session.scalars(query).all()
