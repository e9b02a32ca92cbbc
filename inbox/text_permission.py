"""Whether a practice may text a number first: only with consent on record, and never after an opt-out."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from inbox.column_types import keyring
from inbox.consent import is_opted_out
from inbox.models import Conversation, LineType, Message, PatientAddress
from inbox.patients import conversations_of
from intake.vocabulary import Channel

OPTED_OUT = "This number opted out of texts. Call instead, or wait until the patient texts START to the practice."
NO_CONSENT = "No consent to texts is on record for this number. Record it below if the patient agreed, or call instead."
LANDLINE = "This number is a landline and cannot receive texts. Call it instead."


def why_not_text(session: Session, practice: str, number: str) -> str:
    """Return why staff must not text a number, in display words; empty if they may.

    A patient who texted the practice from a number agreed to answers there. Otherwise, staff must have recorded that
    the patient agreed.
    """
    if is_opted_out(session, practice, number):
        return OPTED_OUT
    texts = (conversations_of(practice, number), Conversation.channel == Channel.SMS)
    if session.scalar(select(exists().where(*texts, Conversation.line_type == LineType.LANDLINE))):
        return LANDLINE
    texted = exists().where(Message.conversation_id == Conversation.id, *texts)
    agreed = exists().where(
        PatientAddress.practice == practice,
        PatientAddress.patient_index.in_(keyring().indexes(number)),
        PatientAddress.consent_at.is_not(None),
    )
    return "" if session.scalar(select(texted)) or session.scalar(select(agreed)) else NO_CONSENT
