"""Reviewed messages in an inbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.incoming.inbound import record_message
from inbox.models import Classification, Review, ReviewReason
from inbox.storage.database import Database
from intake.vocabulary import Disposition, Language, TriageLevel
from tests.inbox.conftest import inbound

FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


def add_reviewed(
    database: Database,
    text: str,
    label: str | None,
    *,
    hours: int = 0,
    language: Language = Language.EN,
    chance: float = 1.0,
    **changes: Any,
) -> None:
    """Stores a message, and what a person said of it.

    Args:
        database: where.
        text: the message's.
        label: what was chosen; None while nobody has chosen anything.
        hours: how long after `FIRST` it was.
        language: what the model took it for.
        chance: how likely it was to be reviewed.
        changes: of the message that came in, such as its practice.
    """
    message = inbound(text, **changes)
    stored = record_message(database, message)
    with database.write() as session:
        session.add(
            Classification(
                message_id=stored.message_id,
                model_version="cffa0e1fa809",
                intent="complaint",
                confidence=0.4,
                probabilities={},
                triage=TriageLevel.ROUTINE,
                language=language,
                disposition=Disposition.REVIEW,
            )
        )
        session.add(
            Review(
                message_id=stored.message_id,
                practice=message.practice,
                reason=ReviewReason.LOW_CONFIDENCE,
                model_version="cffa0e1fa809",
                intent="complaint",
                confidence=0.4,
                threshold=0.8,
                sampling_rate=chance,
                label=label,
                decided_at=None if label is None else FIRST + timedelta(hours=hours),
            )
        )
