"""The other conversations of a patient, and how each stands: who has it, until when, and the last note."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Conversation, ConversationState, Note, Patient, PatientConversation
from inbox.patients.conversations import indexes_of
from staff import display
from staff.conversations.people import names_of

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another conversation of the same patient.

    Attributes:
        id: the conversation.
        channel: its channel.
        standing: its state, and who has it or snoozed it, in display words.
        note: the last internal note, shortened; empty if there is none.
        same_address: whether it is from the same number or address, and not only of the same record.
    """

    id: int
    channel: str
    standing: str
    note: str = field(repr=False)
    same_address: bool


def read_siblings(
    session: Session,
    conversation: Conversation,
    records: Sequence[Patient],
    addresses: Collection[str],
    zone: str,
    moment: datetime,
    known: Mapping[int, str],
) -> list[Sibling]:
    """Return the other conversations of a patient, the latest first.

    Args:
        session: an open transaction.
        conversation: the conversation.
        records: the patient's records, none if several people share them.
        addresses: the numbers and addresses on these that are the patient's alone.
        zone: the practice's time zone.
        moment: the current time, aware.
        known: the names of members that are known already, by id.
    """
    own = conversation.patient_address
    if not (own or records):
        return []
    indexes = indexes_of(address for address in {own, *addresses} if address)
    addressed = select(Conversation.id).where(
        Conversation.practice == conversation.practice, Conversation.patient_index.in_(indexes)
    )
    linked = select(PatientConversation.conversation_id).where(
        PatientConversation.patient_id.in_([patient.id for patient in records])
    )
    # found by their keys: one condition with OR looks at every conversation of the practice
    theirs = Conversation.id.in_(union(addressed, linked)) if records else Conversation.id.in_(addressed)
    columns = (Conversation.id, Conversation.channel, Conversation.state, Conversation.assigned_to)
    query = select(*columns, Conversation.snoozed_until, Conversation.patient_index).where(
        theirs, Conversation.id != conversation.id
    )
    rows = session.execute(query.order_by(Conversation.last_activity_at.desc())).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    snoozed = {row.id: row.snoozed_until for row in rows if row.snoozed_until and row.snoozed_until > moment}
    by = _read_snoozers(session, snoozed)
    notes = _read_notes(session, ids)
    names = names_of(session, [*by.values(), *(row.assigned_to for row in rows)], known)
    here = set(indexes_of([own])) if own else set()

    def standing_of(row_id: int, state: str, assigned_to: int | None) -> str:
        if row_id in snoozed:
            who = names.get(by.get(row_id) or 0)
            return f"snoozed until {display.clock(snoozed[row_id], zone)}{f' by {who}' if who else ''}"
        words = display.STATES[ConversationState(state)].lower()
        who = names.get(assigned_to or 0)
        return f"{words}, assigned to {who}" if who else words

    return [
        Sibling(
            row.id,
            row.channel,
            standing_of(row.id, row.state, row.assigned_to),
            notes.get(row.id, ""),
            row.patient_index in here,
        )
        for row in rows
    ]


def _read_snoozers(session: Session, ids: Collection[int]) -> dict[int, int | None]:
    """Return who last snoozed some conversations."""
    if not ids:
        return {}
    subjects = {f"conversation:{row_id}": row_id for row_id in ids}
    query = select(AuditEntry.subject, AuditEntry.staff_id).where(
        AuditEntry.subject.in_(subjects), AuditEntry.action == "snoozed"
    )
    return {subjects[row.subject]: row.staff_id for row in session.execute(query.order_by(AuditEntry.id))}


def _read_notes(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return the last internal notes of some conversations, shortened."""
    newest = select(func.max(Note.id)).where(Note.conversation_id.in_(ids)).group_by(Note.conversation_id)
    found = session.execute(select(Note.conversation_id, Note.text).where(Note.id.in_(newest)))
    return {row_id: display.shorten(text, _LONGEST) for row_id, text in found}
