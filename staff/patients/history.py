"""What a patient and the practice wrote on all channels: the newest page first, each in a thread's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.unsafe_contact import is_held_back
from inbox.models import AuditEntry, Conversation, Delivery, Message, Note, Patient
from inbox.patients.book import FIELDS, conversations_of_patient
from staff import display
from staff.conversations.people import names_of

SHOWN = 50
_Dated = TypeVar("_Dated", Delivery, Note)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LABELS = {
    "name": "Name",
    "pronouns": "Pronouns",
    "birth_date": "Birth date",
    "language": "Language",
    "notes": "Notes",
}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One message, reply, or note."""

    key: str
    kind: str
    author: str
    channel: str
    conversation_id: int
    text: str = field(repr=False)
    at: datetime
    shown_at: str
    status: str = ""
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """One page: its entries, oldest first, and where the next page begins, None on the last."""

    entries: list[HistoryEntry]
    earlier: int | None


def read_history(session: Session, patient: Patient, zone: str, before: int | None) -> History:
    """Return one page of a patient's history on all channels.

    Args:
        session: an open transaction.
        patient: the record.
        zone: the practice's time zone.
        before: where the page begins, in microseconds since 1970; None for the newest.
    """
    ids = conversations_of_patient(session, patient)
    kinds = select(Conversation.id, Conversation.channel).where(Conversation.id.in_(ids))
    channels = {row_id: display.CHANNELS[channel] for row_id, channel in session.execute(kinds)}
    until = None if before is None else _moment(before)
    found = [
        *(_said(row, channels[row.conversation_id], zone) for row in _messages(session, ids, until)),
        *_answered(session, _newest(session, Delivery, ids, until), channels, zone),
        *_noted(session, _newest(session, Note, ids, until), channels, zone),
    ]
    found.sort(key=lambda entry: entry.at, reverse=True)
    shown = found[:SHOWN]
    while len(shown) < len(found) and found[len(shown)].at == shown[-1].at:
        shown.append(found[len(shown)])
    more = len(found) > len(shown)
    return History(shown[::-1], _cursor(shown[-1].at) if more else None)


def changes_since(session: Session, patient: Patient, version: int) -> list[tuple[str, list[str]]]:
    """Return who changed which fields of a record after a version, oldest first, in display words."""
    query = select(AuditEntry).where(
        AuditEntry.subject == f"patient:{patient.id}",
        AuditEntry.action.in_(("record_changed", "records_merged", "found_added")),
    )
    entries = [
        entry
        for entry in session.scalars(query.order_by(AuditEntry.id))
        if entry.detail.get("version", 0) > version and entry.detail.get("fields")
    ]
    names = names_of(session, [entry.staff_id for entry in entries])
    return [
        (
            names.get(entry.staff_id or 0, "Someone"),
            [
                f"{LABELS[name]}: {getattr(patient, name) or 'empty'}"
                for name in FIELDS
                if name in entry.detail["fields"]
            ],
        )
        for entry in entries
    ]


def _messages(session: Session, ids: Sequence[int], until: datetime | None) -> Sequence[Message]:
    query = select(Message).where(Message.conversation_id.in_(ids))
    if until is not None:
        query = query.where(Message.received_at < until)
    return session.scalars(query.order_by(Message.received_at.desc()).limit(SHOWN + 1)).all()


def _newest(session: Session, table: type[_Dated], ids: Sequence[int], until: datetime | None) -> Sequence[_Dated]:
    query = select(table).where(table.conversation_id.in_(ids))
    if until is not None:
        query = query.where(table.created_at < until)
    return session.scalars(query.order_by(table.created_at.desc()).limit(SHOWN + 1)).all()


def _said(message: Message, channel: str, zone: str) -> HistoryEntry:
    return HistoryEntry(
        key=f"message-{message.id}",
        kind="patient",
        author="Patient",
        channel=channel,
        conversation_id=message.conversation_id,
        text=message.text,
        at=message.received_at,
        shown_at=display.clock(message.received_at, zone),
        emptied=message.emptied_at is not None,
    )


def _answered(
    session: Session, deliveries: Sequence[Delivery], channels: dict[int, str], zone: str
) -> list[HistoryEntry]:
    names = names_of(session, [delivery.staff_id for delivery in deliveries])
    return [
        HistoryEntry(
            key=f"delivery-{delivery.id}",
            kind="robot" if delivery.message_id else "staff",
            author="Automatic reply" if delivery.message_id else names.get(delivery.staff_id or 0, "Staff"),
            channel=channels[delivery.conversation_id],
            conversation_id=delivery.conversation_id,
            text=delivery.body,
            at=delivery.created_at,
            shown_at=display.clock(delivery.created_at, zone),
            status=display.delivery_state(delivery, zone, is_held=is_held_back(session, delivery)),
            emptied=delivery.emptied_at is not None,
        )
        for delivery in deliveries
    ]


def _noted(session: Session, notes: Sequence[Note], channels: dict[int, str], zone: str) -> list[HistoryEntry]:
    names = names_of(session, [note.staff_id for note in notes])
    return [
        HistoryEntry(
            key=f"note-{note.id}",
            kind="note",
            author=f"Note by {names.get(note.staff_id, 'Staff')}",
            channel=channels[note.conversation_id],
            conversation_id=note.conversation_id,
            text=note.text,
            at=note.created_at,
            shown_at=display.clock(note.created_at, zone),
        )
        for note in notes
    ]


def _cursor(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(cursor: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=cursor)
    except OverflowError:
        return None
