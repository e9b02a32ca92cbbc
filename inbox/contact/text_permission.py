"""Whether a practice may text a number first: only with consent on record, and never after an opt-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from inbox.contact.consent import is_opted_out
from inbox.contact.unsafe_contact import read_flag
from inbox.models import Conversation, LineType, Message, Patient, PatientAddress, TextConsent
from inbox.models.column_types import keyring
from inbox.patients.book import conversations_of_patient
from inbox.patients.conversations import conversations_of
from intake.vocabulary import Channel

OPTED_OUT = "This number opted out of texts. Call instead, or wait until the patient texts START to the practice."
NO_CONSENT = (
    "No consent to texts is on record for this number. If the patient agreed, record it under “Numbers and email "
    "addresses”, or call instead."
)
LANDLINE = "This number is a landline and cannot receive texts. Call it instead."
FIND_SAFE_WAY = "Find a safe way to reach them: the patient said that it is not safe to call or text."
UNSAFE_TO_CALL = {
    OPTED_OUT: f"This number opted out of texts. {FIND_SAFE_WAY}",
    NO_CONSENT: f"No consent to texts is on record for this number. {FIND_SAFE_WAY}",
    LANDLINE: f"This number is a landline and cannot receive texts. {FIND_SAFE_WAY}",
}
"""What is said in place of words that tell staff to call, where the patient said that it is not safe."""
_SAME_FORM = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A patient's own consent to texts, given with a number in a chat or a form."""

    given_at: datetime
    channel: Channel
    conversation_id: int


def why_not_text(session: Session, practice: str, number: str, records: Sequence[Patient]) -> str:
    """Return why staff must not text a number unasked, in display words; empty if they may.

    A patient who texted the practice from a number agreed to answers there. Otherwise, the patient must have agreed
    with this number in a chat or a form that belongs to a record, or staff must have recorded that they did.

    Args:
        session: an open transaction.
        practice: the practice's slug.
        number: the number.
        records: the patient's record, or those that share the number.
    """
    why = _why_not_text(session, practice, number, records)
    is_safe = not why or read_flag(session, practice, number) is None
    return why if is_safe else UNSAFE_TO_CALL[why]


def _why_not_text(session: Session, practice: str, number: str, records: Sequence[Patient]) -> str:
    """Return what `why_not_text` does where it is safe to call."""
    if is_opted_out(session, practice, number):
        return OPTED_OUT
    texts = (conversations_of(practice, number), Conversation.channel == Channel.SMS)
    if session.scalar(select(exists().where(*texts, Conversation.line_type == LineType.LANDLINE))):
        return LANDLINE
    if has_texted(session, practice, number):
        return ""
    agreed = exists().where(
        PatientAddress.practice == practice,
        PatientAddress.patient_index.in_(keyring().indexes(number)),
        PatientAddress.consent_at.is_not(None),
    )
    is_given = any(number in given_consents(session, patient) for patient in records)
    return "" if is_given or session.scalar(select(agreed)) else NO_CONSENT


def has_texted(session: Session, practice: str, number: str) -> bool:
    """Return whether a patient texted a practice from a number."""
    texts = (conversations_of(practice, number), Conversation.channel == Channel.SMS)
    return bool(session.scalar(select(exists().where(Message.conversation_id == Conversation.id, *texts))))


def given_consents(session: Session, patient: Patient) -> dict[str, list[GivenConsent]]:
    """Return the consents that came with numbers in the chats and forms of a record, by number, newest first.

    Each counts for the number that it was given with, and for no other that the same conversation names.
    """
    query = select(TextConsent, Conversation).join(Conversation, Conversation.id == TextConsent.conversation_id)
    rows = session.execute(
        query.where(TextConsent.conversation_id.in_(conversations_of_patient(session, patient))).order_by(
            TextConsent.given_at.desc(), TextConsent.id.desc()
        )
    )
    found: dict[str, list[GivenConsent]] = {}
    for consent, conversation in rows:
        number = _number_given(session, consent, conversation)
        if number is not None:
            given = GivenConsent(consent.given_at, Channel(conversation.channel), conversation.id)
            found.setdefault(number, []).append(given)
    return found


def _number_given(session: Session, consent: TextConsent, conversation: Conversation) -> str | None:
    """Return the number that a consent came with.

    A chat has one number, which it began with. Each form has its own, in the message that was stored just before.
    """
    if conversation.channel == Channel.CHAT:
        return conversation.contact_phone
    message = session.scalar(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.received_at <= consent.given_at,
            Message.received_at > consent.given_at - _SAME_FORM,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return message.claimed_phone if message is not None else None
