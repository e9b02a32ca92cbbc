"""At which hours of the day a patient asks to be written to: "only text me before 4 please, I work nights".

It is a wish, and nothing falls silent for it. It stands beside the reply box, and staff confirm a reply outside of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.contact.named_hours import EARLIEST, MIDNIGHT, read_named_hours
from classifier.text.normalise import normalised, without_accents
from inbox.contact.safe_hours import SafeHours, clock_of
from inbox.models import Conversation, Message, now
from intake.channels import PROVEN
from intake.practices import Practice
from staff import display
from tasks.messages.marked_emergencies import is_emergency

DECIDE: Final = "Choose another time, or check the box to send it all the same."
_SEARCHED: Final = 100
_ANY_TIME: Final = re.compile(
    r"\b(?:text|write|message|contact|reach|call)\w* (?:me )?(?:at )?any ?time\b|\ba cualquier hora\b"
)


def read_wish(texts: Iterable[str], zone: str) -> SafeHours | None:
    """Return at which hours a patient wants to be written to, None if they plainly name none.

    Args:
        texts: what they wrote, the newest first.
        zone: the practice's time zone.
    """
    for text in texts:
        if (hours := read_named_hours(text)) is not None:
            return SafeHours(*hours, zone)
        if _ANY_TIME.search(without_accents(normalised(text))):
            return None
    return None


def may_wish(conversation: Conversation) -> bool:
    """Return whether a conversation is one whose patient is written to later: by text or email."""
    return conversation.channel in PROVEN


def wish_of(session: Session, conversation: Conversation, practice: Practice) -> SafeHours | None:
    """Return the same for a conversation."""
    if not may_wish(conversation):
        return None
    query = select(Message.text).where(Message.conversation_id == conversation.id)
    return read_wish(session.scalars(query.order_by(Message.id.desc()).limit(_SEARCHED)), practice.time_zone)


def wish_words(wish: SafeHours) -> str:
    """Return a wish as staff read it."""
    start, end = map(clock_of, (wish.start, wish.end))
    if wish.end == MIDNIGHT:
        span = f"after {start}"
    else:
        span = f"before {end}" if wish.start == EARLIEST else f"between {start} and {end}"
    return f"The patient asked to be written to only {span}."


def why_untimely(
    session: Session, conversation: Conversation, practice: Practice, at: datetime | None, decide: str = DECIDE
) -> str:
    """Return why a message should not go out at a time; empty if nothing speaks against it.

    An emergency is answered at any hour.

    Args:
        session: an open transaction.
        conversation: the conversation.
        practice: its practice.
        at: the time, None for now.
        decide: what the member can do about it.
    """
    wish = None if is_emergency(conversation) else wish_of(session, conversation, practice)
    moment = at or now()
    if wish is None or wish.include(moment):
        return ""
    words = wish_words(wish)
    shown = display.clock(moment, practice.time_zone)
    return f"Not sent: {words[0].lower()}{words[1:-1]}, and that would be {shown}. {decide}"
