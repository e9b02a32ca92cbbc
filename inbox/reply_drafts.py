"""Drafts of replies: one for each member and conversation, kept until it is sent or emptied."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, ReplyDraft, now
from inbox.reply_files import conversations_with_draft_files

LONGEST_DRAFT = 20_000
"""No medium takes a longer reply."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A member's draft for a conversation, or that there is none.

    Attributes:
        text: what was typed, empty if there is no draft.
        mark: what changes with each save, empty if there is no draft.
    """

    text: str = field(default="", repr=False)
    mark: str = ""


def read_draft(session: Session, conversation_id: int, staff_id: int) -> KeptDraft:
    """Return a member's draft for a conversation."""
    draft = session.scalar(_own(conversation_id, staff_id))
    return KeptDraft(draft.text, draft.mark) if draft else KeptDraft()


def save_draft(
    session: Session, conversation_id: int, staff_id: int, text: str, seen: str | None
) -> tuple[KeptDraft, bool]:
    """Keep a draft, or forget it if it is empty; return what is kept now, and whether it is this one.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation_id: the conversation.
        staff_id: the member.
        text: what was typed.
        seen: the mark of the draft that this one continues, empty for none; another one is newer, and stays. None
            replaces whatever is kept.
    """
    draft = session.scalar(_own(conversation_id, staff_id))
    kept = KeptDraft(draft.text, draft.mark) if draft else KeptDraft()
    text = text.replace("\r\n", "\n") if text.strip() else ""
    if kept.text == text:
        return kept, True
    if seen is not None and seen != kept.mark:
        return kept, False
    if not text:
        forget_draft(session, conversation_id, staff_id)
        return KeptDraft(), True
    if draft is None:
        draft = ReplyDraft(conversation_id=conversation_id, staff_id=staff_id)
        session.add(draft)
    draft.text, draft.mark, draft.updated_at = text, secrets.token_hex(8), now()
    session.flush()
    return KeptDraft(text, draft.mark), True


def forget_draft(session: Session, conversation_id: int, staff_id: int) -> None:
    """Delete a member's draft for a conversation."""
    own = ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id
    session.execute(delete(ReplyDraft).where(*own))


def forget_drafts_of(session: Session, *, staff_id: int) -> None:
    """Delete all drafts of a member."""
    session.execute(delete(ReplyDraft).where(ReplyDraft.staff_id == staff_id))


def delete_overdue_drafts(session: Session, practice: str, before: datetime) -> None:
    """Delete the drafts of a practice that nobody has changed since, but none under legal hold."""
    ours = select(Conversation.id).where(Conversation.practice == practice, Conversation.held_at.is_(None))
    overdue = ReplyDraft.updated_at <= before, ReplyDraft.conversation_id.in_(ours)
    session.execute(delete(ReplyDraft).where(*overdue))


def drafted_conversations(session: Session, staff_id: int, conversation_ids: Sequence[int]) -> set[int]:
    """Return for which of these conversations a member has a draft."""
    own = ReplyDraft.staff_id == staff_id, ReplyDraft.conversation_id.in_(conversation_ids)
    words = set(session.scalars(select(ReplyDraft.conversation_id).where(*own)))
    return words | conversations_with_draft_files(session, staff_id, conversation_ids)


def _own(conversation_id: int, staff_id: int) -> Select[ReplyDraft]:
    return select(ReplyDraft).where(ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id)
