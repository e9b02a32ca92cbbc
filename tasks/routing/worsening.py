"""Raising what means more after what the same conversation told before.

What goes on or gets worse soon after a symptom or a loss ("bleeding a lot still", "it's worse now") is for the same
day. A mild symptom within days of a heart attack, a stroke, or surgery ("kind of sweaty too") is an emergency. What
befalls whoever swallowed something ("kinda grey and sleepy") is about that: the reply names Poison Control again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from classifier.rules.plain_words import tells_of_violence, tells_of_worsening
from classifier.rules.relapses import is_relapse, may_be_relapse
from classifier.rules.screen import break_sentences, screen_text
from inbox.models import Decision, Message
from intake.vocabulary import DangerKind, Intent, Route, TriageLevel
from tasks.routing.said_before import read_back

if TYPE_CHECKING:
    from classifier import Understanding

WORSENS_WITHIN = timedelta(hours=12)
"""How long after a symptom or a loss one that goes on must be seen the same day."""
RELAPSES_WITHIN = timedelta(days=7)
"""How long after a message that tells of a heart attack, a stroke, or surgery a mild symptom is an emergency."""
POISONS_WITHIN = timedelta(hours=24)
"""How long after something was swallowed another emergency may come of it."""

_IS_BACK = re.compile(
    r"\b(?:(?:its|it is|is|came|come|coming|comes|started|happening|doing it) (?:back|again|up again)"
    r"|(?:ya )?(?:me |le |se )?(?:volvio|regreso|empezo otra vez|esta volviendo|otra vez))\b"
)
"""What says that something told before is back, without a word of what."""

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


def keep_kind(session: Session, message: Message, understanding: Understanding) -> Understanding:
    """Return what the model understood, as a danger of the kind of an open alarm if it is about that.

    Whatever happens to whoever swallowed something that day may come of it. The network hears self-harm in "it's 2 am
    and it's back", whatever is back. The reply names 988 all the same.

    Args:
        session: an open transaction.
        message: the message, in its conversation as it was before.
        understanding: what the model understood of the message alone.
    """
    if _comes_of_swallowing(session, message, understanding):
        return replace(understanding, danger=DangerKind.INGESTION)
    conversation = message.conversation
    is_open = conversation.triage == TriageLevel.EMERGENCY and conversation.danger == DangerKind.OTHER
    if (
        not is_open
        or understanding.danger is not DangerKind.SELF_HARM
        or not _IS_BACK.search(break_sentences(message.text))
    ):
        return understanding
    screening = screen_text(message.text)
    is_told = DangerKind.SELF_HARM in (screening.certain, screening.possible)
    return understanding if is_told else replace(understanding, danger=DangerKind.OTHER)


def _comes_of_swallowing(session: Session, message: Message, understanding: Understanding) -> bool:
    """Return whether a message is another emergency, soon after an open one in which something was swallowed."""
    if understanding.danger is not DangerKind.OTHER or tells_of_violence(message.text):
        return False
    conversation = message.conversation
    if (conversation.triage, conversation.danger) != (TriageLevel.EMERGENCY, DangerKind.INGESTION):
        return False
    return any(True for _ in read_back(session, message, POISONS_WITHIN))


def raise_in_place(session: Session, message: Message, understanding: Understanding) -> Understanding:
    """Return what the model understood, raised if what was said before the message makes more of it.

    Args:
        session: an open transaction.
        message: the message.
        understanding: what the model understood of the message alone.
    """
    if understanding.urgent:
        return understanding
    if _is_relapse(session, message):
        return replace(understanding, triage=TriageLevel.EMERGENCY, danger=DangerKind.OTHER)
    return _raise_worsening(session, message, understanding)


def _is_relapse(session: Session, message: Message) -> bool:
    """Return whether a message tells of a symptom of the heart attack, stroke, or surgery that was told before it."""
    if not may_be_relapse(message.text):  # in few messages, so that few are read back
        return False
    return is_relapse(message.text, read_back(session, message, RELAPSES_WITHIN))


def _raise_worsening(session: Session, message: Message, understanding: Understanding) -> Understanding:
    if understanding.triage is not TriageLevel.ROUTINE or not tells_of_worsening(message.text):
        return understanding
    since = message.received_at - WORSENS_WITHIN
    values = {"conversation": message.conversation_id, "message": message.id, "since": since}
    was_told = session.scalar(_TOLD_BEFORE, values) is not None
    return replace(understanding, triage=TriageLevel.SAME_DAY) if was_told else understanding
