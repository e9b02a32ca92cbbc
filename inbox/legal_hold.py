"""Legal holds: while a conversation is held, nothing of it is deleted or erased."""

from __future__ import annotations

from datetime import datetime

from inbox.models import Conversation, now


def hold_conversation(conversation: Conversation, staff_id: int | None) -> bool:
    """Place a hold, and return whether there was none.

    Args:
        conversation: the conversation, locked.
        staff_id: the member who places it, None for the command line.
    """
    if conversation.held_at is not None:
        return False
    conversation.held_at, conversation.held_by = now(), staff_id
    return True


def release_conversation(conversation: Conversation) -> datetime | None:
    """Release a hold, and return when it was placed; None if there was none."""
    since = conversation.held_at
    conversation.held_at = conversation.held_by = None
    return since
