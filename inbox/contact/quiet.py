"""Keeping automatic replies out of a conversation for a while, as somebody else may see them there (ADR 29).

In a chat they go on, as whoever writes has its page open, but staff are asked before they answer by text or email.

Nothing is marked on the number. It ends after `QUIET_FOR`, or before that once staff answer, or once the patient or
staff say that it is safe.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.models import NEVER_ARRIVED, Conversation, Delivery
from inbox.patients.conversations import conversations_of
from intake.vocabulary import Medium

QUIET_FOR = timedelta(hours=24)
_ANSWERED = (
    select(Delivery.id)
    .where(
        Delivery.conversation_id == bindparam("conversation"),
        Delivery.message_id.is_(None),
        Delivery.medium != Medium.CHAT,  # which says nothing of the phone
        Delivery.created_at > bindparam("since", type_=Delivery.created_at.type),
        Delivery.state.not_in(NEVER_ARRIVED),
    )
    .limit(1)
)


def keep_quiet(conversation: Conversation, since: datetime) -> None:
    """Keep automatic replies out of a conversation from a moment on."""
    until = since + QUIET_FOR
    conversation.quiet_until = until if conversation.quiet_until is None else max(conversation.quiet_until, until)


def end_quiet(conversation: Conversation) -> bool:
    """Let automatic replies go out again, and return whether that changes anything."""
    was_quiet = conversation.quiet_until is not None
    conversation.quiet_until = None
    return was_quiet


def kept_quiet_until(session: Session, conversation: Conversation, moment: datetime) -> datetime | None:
    """Return until when automatic replies stay out of a conversation, None if they may go out."""
    until = conversation.quiet_until
    if until is None or until <= moment:
        return None
    values = {"conversation": conversation.id, "since": until - QUIET_FOR}
    return until if session.scalar(_ANSWERED, values) is None else None


def may_others_see(session: Session, conversation: Conversation, medium: Medium, moment: datetime) -> bool:
    """Return whether somebody else may see what is sent from a conversation by a medium, so that staff are asked."""
    return medium is not Medium.CHAT and kept_quiet_until(session, conversation, moment) is not None


def may_others_see_address(session: Session, practice: str, patient_address: str, moment: datetime) -> bool:
    """Return whether somebody else may see what is sent to an address, by any conversation that it began."""
    quiet = select(Conversation).where(conversations_of(practice, patient_address), Conversation.quiet_until > moment)
    return any(kept_quiet_until(session, conversation, moment) for conversation in session.scalars(quiet))
