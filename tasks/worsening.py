"""Raising what goes on or gets worse soon after a symptom or a loss: "bleeding a lot still", "it's worse now"."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from classifier.plain_words import tells_of_worsening
from inbox.models import Decision, Message
from intake.vocabulary import Intent, Route, TriageLevel

if TYPE_CHECKING:
    from classifier import Understanding

WORSENS_WITHIN = timedelta(hours=12)
"""How long after a symptom or a loss one that goes on must be seen the same day."""

_CLINICAL = (Intent.CLINICAL_CONCERN, Route.SAME_DAY, Route.URGENT, Route.PREGNANCY_LOSS)
_TOLD_BEFORE = (
    select(Message.id)
    .join(Decision, Decision.message_id == Message.id)
    .where(
        Message.conversation_id == bindparam("conversation"),
        Message.id < bindparam("message"),
        Message.received_at > bindparam("since", type_=Message.received_at.type),
        Decision.route.in_(_CLINICAL),
    )
    .limit(1)
)


def raise_worsening(session: Session, message: Message, understanding: Understanding) -> Understanding:
    """Return what the model understood, for the same day if a symptom goes on or gets worse that was told before it.

    Args:
        session: an open transaction.
        message: the message.
        understanding: what the model understood of the message alone.
    """
    if understanding.triage is not TriageLevel.ROUTINE or not tells_of_worsening(message.text):
        return understanding
    since = message.received_at - WORSENS_WITHIN
    values = {"conversation": message.conversation_id, "message": message.id, "since": since}
    was_told = session.scalar(_TOLD_BEFORE, values) is not None
    return replace(understanding, triage=TriageLevel.SAME_DAY) if was_told else understanding
