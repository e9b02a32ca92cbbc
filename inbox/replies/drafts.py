"""Drafts of replies and notes: one of each kind for each member and conversation, kept until it is sent or emptied."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, delete, select, union
from sqlalchemy.orm import Session

from inbox.models import Conversation, DraftKind, ReplyDraft, now
from inbox.replies.files import conversations_with_draft_files

LONGEST_DRAFT = 20_000
"""No medium takes a longer reply, and no note is longer."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A member's draft for a conversation, or that there is none.

    Attributes:
        text: what was typed, empty if there is no draft.
        mark: what changes with each save, empty if there is no draft.
        at: when it was last changed, None if there is no draft.
    """

    text: str = field(default="", repr=False)
    mark: str = ""
    at: datetime | None = None


def read_draft(session: Session, conversation_id: int, staff_id: int, kind: DraftKind = DraftKind.REPLY) -> KeptDraft:
    """Return a member's draft for a conversation."""
    return read_drafts(session, conversation_id, staff_id)[kind]


def read_drafts(session: Session, conversation_id: int, staff_id: int) -> Mapping[DraftKind, KeptDraft]:
    """Return a member's drafts for a conversation by their kind, those that there are none of included."""
    own = ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id
    found = {DraftKind(draft.kind): draft for draft in session.scalars(select(ReplyDraft).where(*own))}
    kept = {kind: KeptDraft(draft.text, draft.mark, draft.updated_at) for kind, draft in found.items()}
    return {kind: kept.get(kind, KeptDraft()) for kind in DraftKind}


def save_draft(
    session: Session,
    conversation_id: int,
    staff_id: int,
    text: str,
    seen: str | None,
    kind: DraftKind = DraftKind.REPLY,
) -> tuple[KeptDraft, bool]:
    """Keep a draft, or forget it if it is empty; return what is kept now, and whether it is this one.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation_id: the conversation.
        staff_id: the member.
        text: what was typed.
        seen: the mark of the draft that this one continues, empty for none; another one is newer, and stays. None
            replaces whatever is kept.
        kind: what it becomes.
    """
    draft = session.scalar(_own(conversation_id, staff_id, kind))
    kept = KeptDraft(draft.text, draft.mark) if draft else KeptDraft()
    text = text.replace("\r\n", "\n") if text.strip() else ""
    if kept.text == text:
        return kept, True
    if seen is not None and seen != kept.mark:
        return kept, False
    if not text:
        forget_draft(session, conversation_id, staff_id, kind)
        return KeptDraft(), True
    if draft is None:
        draft = ReplyDraft(conversation_id=conversation_id, staff_id=staff_id, kind=kind)
        session.add(draft)
    draft.text, draft.mark, draft.updated_at = text, secrets.token_hex(8), now()
    session.flush()
    return KeptDraft(text, draft.mark), True


def add_to_draft(
    session: Session, conversation_id: int, staff_id: int, words: str, kind: DraftKind, longest: int = LONGEST_DRAFT
) -> None:
    """Put words that were sent and taken back before what was typed since."""
    kept = read_draft(session, conversation_id, staff_id, kind).text
    together = f"{words}\n\n{kept}" if kept else words
    save_draft(session, conversation_id, staff_id, together[:longest], None, kind)


def set_aside(session: Session, conversation_id: int, staff_id: int, before: datetime) -> None:
    """Set a reply aside that a member began before a moment and has not touched since.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation_id: the conversation.
        staff_id: the member.
        before: the moment, aware.
    """
    draft = session.scalar(_own(conversation_id, staff_id, DraftKind.REPLY))
    if draft is None or draft.updated_at >= before:
        return
    forget_draft(session, conversation_id, staff_id, DraftKind.EARLIER)
    draft.kind = DraftKind.EARLIER
    session.flush()


def forget_draft(session: Session, conversation_id: int, staff_id: int, kind: DraftKind = DraftKind.REPLY) -> None:
    """Delete a member's draft for a conversation."""
    own = ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id, ReplyDraft.kind == kind
    session.execute(delete(ReplyDraft).where(*own))


def forget_drafts_of(session: Session, *, staff_id: int) -> None:
    """Delete all drafts of a member."""
    session.execute(delete(ReplyDraft).where(ReplyDraft.staff_id == staff_id))


def overdue_drafts(practice: str, before: datetime) -> Select[ReplyDraft]:
    """Return the query for the drafts of a practice that nobody has changed since, but none under legal hold."""
    query = select(ReplyDraft).join(Conversation, Conversation.id == ReplyDraft.conversation_id)
    return query.where(
        ReplyDraft.updated_at <= before, Conversation.practice == practice, Conversation.held_at.is_(None)
    )


def drafted_conversations(session: Session, staff_id: int, conversation_ids: Sequence[int]) -> set[int]:
    """Return for which of these conversations a member has a draft."""
    own = ReplyDraft.staff_id == staff_id, ReplyDraft.conversation_id.in_(conversation_ids)
    words = select(ReplyDraft.conversation_id).where(*own)
    return set(session.scalars(union(words, conversations_with_draft_files(staff_id, conversation_ids))))


def _own(conversation_id: int, staff_id: int, kind: DraftKind) -> Select[ReplyDraft]:
    own = ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id
    return select(ReplyDraft).where(*own, ReplyDraft.kind == kind)
