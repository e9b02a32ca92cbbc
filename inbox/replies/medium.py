"""Which way a staff reply goes: as the conversation does, or after the visitor of a chat has left, by text or email."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import has_left
from inbox.contact.consent import is_opted_out
from inbox.contact.unsafe_contact import is_silenced
from inbox.models import Conversation, LineType, TextConsent
from intake.channels import medium_for
from intake.vocabulary import Medium


def staff_medium(session: Session, conversation: Conversation, moment: datetime) -> Medium:
    """Return how a staff reply goes out now; exactly one way, also if the visitor comes back.

    A visitor who has left a chat is texted if they agreed, else emailed. What they said is not safe comes last.
    """
    usual = medium_for(conversation.channel, conversation.patient_address)
    if not has_left(conversation, moment):
        return usual
    ways = [*_ways_after_leaving(session, conversation)]
    safe = (medium for medium in ways if len(ways) == 1 or not is_silenced(session, conversation, medium))
    return next(safe, ways[0] if ways else usual)


def _ways_after_leaving(session: Session, conversation: Conversation) -> Iterator[Medium]:
    """Yield how an answer can reach a visitor who has left the chat, best first."""
    number = conversation.contact_phone
    if (
        number
        and conversation.line_type != LineType.LANDLINE
        and _agreed_to_texts(session, conversation)
        and not is_opted_out(session, conversation.practice, number)
    ):
        yield Medium.SMS
    if conversation.contact_email:
        yield Medium.EMAIL


def _agreed_to_texts(session: Session, conversation: Conversation) -> bool:
    query = select(TextConsent.id).where(TextConsent.conversation_id == conversation.id)
    return session.scalar(query.limit(1)) is not None
