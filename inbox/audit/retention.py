"""How far back the audit trail goes: one chain for all practices, so the longest of their limits counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.audit.trail import prune_trail
from inbox.models import Conversation
from intake.practices import Practice, Practices


def prune_overdue(session: Session, practices: Practices, moment: datetime) -> int:
    """Remove the audit entries that no practice keeps any longer, and return how many.

    Nothing is removed while a practice has no limit, and nothing that may concern a held conversation.
    """
    days = [_days_of(practice) for practice in practices.all]
    kept_days = [limit for limit in days if limit is not None]
    if len(kept_days) < len(days):
        return 0
    before = moment - timedelta(days=max(kept_days))
    held_since = session.scalar(select(func.min(Conversation.created_at)).where(Conversation.held_at.is_not(None)))
    return prune_trail(session, min(before, held_since) if held_since else before)


def _days_of(practice: Practice) -> int | None:
    """Return a practice's limit; without one for its messages, the trail that tells who read them stays too."""
    limits = practice.retention
    return limits.audit_days if limits.message_days is not None else None
