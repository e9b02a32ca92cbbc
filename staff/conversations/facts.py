"""What other tables say about a conversation, for its page: read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import is_called
from inbox.conversations.reviews import needs_label
from inbox.models import Conversation, TextConsent
from staff.auth.access import Member
from tasks.samples import is_sample


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """What other tables say about a conversation.

    Attributes:
        is_sample: whether it is a fictional one of a new service.
        is_called: whether a colleague called the member to it, who has not opened it since.
        needs_label: whether one of its messages waits for a label by the member.
        agreed_at: when the patient last agreed to texts in it, None if they didn't.
    """

    is_sample: bool
    is_called: bool
    needs_label: bool
    agreed_at: datetime | None


_ERASED = ConversationFacts(is_sample=False, is_called=False, needs_label=False, agreed_at=None)


def read_facts(session: Session, conversation: Conversation, member: Member) -> ConversationFacts:
    """Return what other tables say about a conversation that the member may open."""
    agreed_at = select(func.max(TextConsent.given_at)).where(TextConsent.conversation_id == conversation.id)
    query = (
        select(
            is_sample(),
            is_called(member.id, conversation.id),
            needs_label(member.practices, conversation.id),
            agreed_at.scalar_subquery(),
        )
        .select_from(Conversation)
        .where(Conversation.id == conversation.id)
    )
    found = session.execute(query).one_or_none()
    return ConversationFacts(*found) if found else _ERASED
